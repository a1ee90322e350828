"""The PSF of CLEAN: turned as the image is, or stacked of its stars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from scipy.ndimage import shift

from skyseg import BandData
from skyseg.engine import Parameters
from skyseg.engine.psf_angle import fit_angle, turn
from skyseg.engine.psf_stack import stack_stars
from skyseg.engine.rows import ArrayRows
from skyseg.errors import DataNotFoundError, ImageError, ParameterError
from skyseg.imaging import MapRef
from skyseg.methods import parameter_sets
from skyseg.survey.aper_corr_cols import measure_enclosed
from skyseg.survey.clean_psf import find_psf

Image = np.ndarray[Any, Any]

SHAPE = (460, 480)
STARS = (120.3, 130.6, 3e5), (330.8, 140.1, 1e5), (130.2, 350.4, 2e5), (340.5, 345.7, 4e5)
"""Rows, columns and light of the stars."""

FAINT = (40, 230), (240, 250), (420, 240)
"""Rows and columns of sources that are no part of a star."""


def blob(shape: tuple[int, int], y: float, x: float, sigma: float) -> Image:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * sigma**2))


def draw_psf(degrees: float = 0.0) -> Image:
    """Draw a core, and knots along two spikes from x towards y by an angle and square to it."""
    side, half = 181, 90
    psf = blob((side, side), half, half, 1.5)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    for away in range(20, half - 8, 12):
        for dx, dy in ((away, 0), (-away, 0), (0, away), (0, -away)):
            x, y = half + dx * cos - dy * sin, half + dx * sin + dy * cos
            psf += 0.1 / away * blob((side, side), y, x, 2.0)
    return (psf / psf.sum()).astype(np.float32)


def draw_field(degrees: float, stars: Any = STARS) -> Image:
    rng = np.random.default_rng(4)
    sci, psf = rng.normal(0, 1, SHAPE), draw_psf(degrees)
    for y, x, light in stars:
        row, column = round(y), round(x)
        moved = shift(psf, (y - row, x - column), order=3)
        sci[row - 90 : row + 91, column - 90 : column + 91] += light * moved
    for y, x in FAINT:
        sci += 12 * blob(SHAPE, y, x, 1.5)
    return sci.astype(np.float32)


def open_band(folder: Path, sci: Image, psf: Image | None = None) -> BandData:
    fits.writeto(folder / "sci.fits", sci)
    fits.writeto(folder / "err.fits", np.ones_like(sci))
    if psf is not None:
        fits.writeto(folder / "psf.fits", psf)
    return BandData.from_files(
        folder / "sci.fits", err=folder / "err.fits", band="F200W", zero_point=28.9,
        pix_scale=0.03 * u.arcsec, work_dir=folder / "work",
    )  # fmt: skip


def is_one_source_a_star(band: BandData) -> bool:
    cat = band.load_cat()
    places = np.stack([cat["Y_IMAGE"].value, cat["X_IMAGE"].value], axis=1) - 1
    asked = np.array([each[:2] for each in (*STARS, *FAINT)], np.float64)
    near = np.hypot(*(places[:, None] - asked).transpose(2, 0, 1)).min(axis=1) < 2
    return bool(near.all()) and len(cat) == len(asked)


@pytest.mark.parametrize("degrees", [-31.4, 0.0, 12.7])
def test_the_angle_of_spikes_is_fitted(degrees: float) -> None:
    rows = ArrayRows(draw_field(degrees))
    found = fit_angle(rows, draw_psf())
    assert found == pytest.approx(degrees, abs=0.15)
    assert fit_angle(rows, turn(draw_psf(), found)) == 0
    assert fit_angle(rows, draw_psf(degrees)) == 0


def test_a_psf_is_turned_from_x_towards_y() -> None:
    assert np.abs(turn(draw_psf(), 20.0) - draw_psf(20.0)).max() < 0.05 * draw_psf().max()
    knots = np.hypot(*(np.mgrid[-90:91, -90:91])) > 10
    seen = np.corrcoef(turn(draw_psf(), 20.0)[knots], draw_psf(20.0)[knots])[0, 1]
    assert seen > 0.98


def test_where_nothing_tells_an_angle_the_psf_stays_as_it_is() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, SHAPE).astype(np.float32)
    galaxy = noise + (5e3 * np.exp(-20 * np.sqrt(np.hypot(*np.mgrid[-230:230, -240:240]) / 400)))
    for image in (noise, galaxy.astype(np.float32), np.zeros_like(noise), noise * np.nan):
        assert fit_angle(ArrayRows(image), draw_psf()) == 0
    round_ = blob((61, 61), 30, 30, 2.0).astype(np.float32)
    assert fit_angle(ArrayRows(draw_field(9.0)), round_) == 0
    point = np.zeros((61, 61), np.float32)
    point[30, 30] = 1
    assert fit_angle(ArrayRows(draw_field(9.0)), point) == 0
    assert fit_angle(ArrayRows(noise), np.ones((2, 2), np.float32)) == 0


def test_a_band_turns_the_psf_as_its_stars_are_and_tells_the_angle(tmp_path: Path) -> None:
    band = open_band(tmp_path, draw_field(25.3), draw_psf())
    band.segment(parameters=Parameters(clean_psf=str(tmp_path / "psf.fits")))
    assert is_one_source_a_star(band)
    header = fits.getheader(band.cat_path, 1)
    assert header["PSF_TURN"] == pytest.approx(25.3, abs=0.15)
    whole = band.load_seg()
    band.segment(
        parameters=Parameters(clean_psf=str(tmp_path / "psf.fits")),
        region=(slice(100, 300), slice(60, 260)),
    )
    assert np.array_equal(band.load_seg() > 0, whole[100:300, 60:260] > 0)
    assert len(np.unique(band.load_seg())) == len(np.unique(whole[100:300, 60:260]))


def test_a_psf_is_stacked_of_stars_with_its_spikes() -> None:
    psf, n_stars = stack_stars(ArrayRows(draw_field(25.3)))
    assert n_stars == len(STARS)
    middle = psf.shape[0] // 2
    assert psf.sum() == pytest.approx(1, abs=1e-5)
    true = draw_psf(25.3)[90 - 60 : 90 + 61, 90 - 60 : 90 + 61]
    seen = psf[middle - 60 : middle + 61, middle - 60 : middle + 61]
    away = np.hypot(*np.mgrid[-60:61, -60:61]) > 10
    assert np.corrcoef(seen[away], true[away])[0, 1] > 0.98
    assert seen[away].sum() == pytest.approx(true[away].sum(), rel=0.1)
    assert seen.max() == pytest.approx(true.max(), rel=0.1)


def test_light_that_two_stars_tell_alike_is_of_the_psf() -> None:
    three = STARS[0], (330.8, 140.1, 4e5), STARS[2]
    sci = draw_field(25.3, three)
    for dy, dx in ((30, -40), (-40, 30)):  # neighbours, of two stars at one place
        for (y, x, light), part in zip(three[:2], (1.0, 8.0), strict=True):
            sci += 2e-4 * part * light * blob(SHAPE, y + dy, x + dx, 1.5).astype(np.float32)
    sci[:, 365:] = np.nan  # the third star is cut
    psf, n_stars = stack_stars(ArrayRows(sci))
    assert n_stars == len(three)
    middle = psf.shape[0] // 2
    side = slice(middle - 60, middle + 61), slice(middle + 18, middle + 61)
    true = draw_psf(25.3)[90 - 60 : 90 + 61, 90 + 18 : 90 + 61]
    assert np.corrcoef(psf[side].ravel(), true.ravel())[0, 1] > 0.95
    assert psf[side].sum() == pytest.approx(true.sum(), rel=0.15)
    assert psf[middle - 43 : middle - 36, middle + 27 : middle + 34].max() < 1e-5


def test_a_band_measures_the_psf_of_its_stars(tmp_path: Path) -> None:
    (tmp_path / "stars.toml").write_text('clean_psf = "measured"\n')
    (tmp_path / "measured").write_text("no PSF")
    band = open_band(tmp_path, draw_field(25.3))
    band.segment(parameters=tmp_path / "stars.toml")
    assert is_one_source_a_star(band)
    header = fits.getheader(band.cat_path, 1)
    assert header["CLEAN_PSF"] == "measured"
    assert "IN3ROLE" not in header
    assert header["PSF_STAR"] == len(STARS)
    assert 60 < header["PSF_FAR"] <= SHAPE[0] // 4
    again = BandData.from_files(
        tmp_path / "sci.fits", err=tmp_path / "err.fits", band="F200W", zero_point=28.9,
        pix_scale=0.03 * u.arcsec, work_dir=tmp_path / "work",
    )  # fmt: skip
    again.segment(parameters=tmp_path / "stars.toml")
    assert not again.products.made
    with pytest.raises(ParameterError, match="clean_psf"):
        again.segment(method="sep", parameters=tmp_path / "stars.toml")
    assert parameter_sets.load(tmp_path / "stars.toml")[1].clean_psf == "measured"


def test_saturated_stars_and_too_few_tell_no_psf(tmp_path: Path) -> None:
    sci = draw_field(0.0)
    for saturated in (np.where(sci > 500, np.nan, sci), np.minimum(sci, 500), sci * np.nan):
        with pytest.raises(ImageError, match="fewer than 3 stars that are bright and alone"):
            stack_stars(ArrayRows(saturated))
    band = open_band(tmp_path, draw_field(0.0, STARS[:2]))
    with pytest.raises(ImageError, match="F200W: has fewer than 3 stars"):
        band.segment(parameters=Parameters(clean_psf="measured"))


def test_faint_stars_tell_no_wings_beyond_their_light() -> None:
    rng = np.random.default_rng(2)
    sci = rng.normal(0, 1, SHAPE)
    for y, x in rng.uniform(10, 450, (250, 2)):
        sci += rng.uniform(8, 60) * blob(SHAPE, y, x, 2.5)
    for y, x, light in STARS:
        sci += light / 4e5 * 600 * blob(SHAPE, y, x, 1.2)
    psf, n_stars = stack_stars(ArrayRows(sci.astype(np.float32)))
    assert n_stars >= 3
    assert psf.shape[0] // 2 < 20


def test_galaxies_are_not_taken_for_the_stars_that_are_too_few() -> None:
    sci = draw_field(0.0, STARS[:2]).astype(np.float64)
    for y, x in ((235, 60), (235, 430), (60, 240), (420, 300)):
        sci += 400 * blob(SHAPE, y, x, 4.0)
    with pytest.raises(ImageError, match="fewer than 3 stars"):
        stack_stars(ArrayRows(sci.astype(np.float32)))


def test_a_word_beside_measured_is_told_of_it() -> None:
    with pytest.raises(DataNotFoundError, match=r"measure does not exist; .* or give 'measured'"):
        find_psf(Parameters(clean_psf="measure"))


def test_an_array_in_place_of_a_name_is_told_shortly() -> None:
    with pytest.raises(ParameterError, match="clean_psf is") as caught:
        Parameters(clean_psf=np.ones((25, 25)))
    assert len(str(caught.value)) < 300


def test_a_psf_without_light_is_named(tmp_path: Path) -> None:
    fits.writeto(tmp_path / "psf.fits", np.zeros((25, 25)))
    with pytest.raises(ImageError, match=r"psf.fits\[0\]: psf has bad pixels or no light"):
        measure_enclosed(MapRef.parse(tmp_path / "psf.fits", None), [3.0], 0.04)
    dark = np.zeros((25, 25), np.float32)
    (tmp_path / "band").mkdir()
    band = open_band(tmp_path / "band", draw_field(0.0), dark)
    asked = Parameters(clean_psf=str(tmp_path / "band" / "psf.fits"))
    with pytest.raises(ImageError, match=r"psf.fits\[0\]: psf has bad pixels or no light"):
        band.segment(parameters=asked)
