"""CLEAN by a PSF: a star with spikes is one source, and what is beside them stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, methods
from skyseg.engine import (
    ArrayCanvas,
    Previewer,
    detect,
    find_sources,
    make_maps,
    segment_image,
    segment_part,
)  # fmt: skip
from skyseg.engine.parameters import Parameters
from skyseg.errors import ImageError, ParameterError, StaleProductError
from skyseg.methods import parameter_sets
from skyseg.methods.base import Request
from skyseg.methods.parameter_texts import write_sex

FAINT = (40, 60), (250, 200), (160, 96)
"""Places x, y of sources that are no part of the star; the last beside a spike."""

Image = np.ndarray[Any, Any]


def blob(shape: tuple[int, int], x: float, y: float, sigma: float) -> Image:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * sigma**2))


def draw_psf(side: int = 241) -> Image:
    """Draw a point source: a core, and knots along two spikes."""
    half = side // 2
    psf = blob((side, side), half, half, 1.5)
    for away in range(24, half - 8, 14):
        for dx, dy in ((away, 0), (-away, 0), (0, away), (0, -away)):
            psf += 0.1 / away * blob((side, side), half + dx, half + dy, 2.0)
    return (psf / psf.sum()).astype(np.float32)


@pytest.fixture(scope="module")
def sky() -> tuple[Image, Image]:
    rng = np.random.default_rng(4)
    sci = rng.normal(0, 1, (300, 320))
    sci[20:261, 30:271] += 2e5 * draw_psf()
    for x, y in FAINT:
        sci += 12 * blob((300, 320), x, y, 1.5)
    return sci.astype(np.float32), np.ones((300, 320), np.float32)


def has_source(columns: Any, x: float, y: float) -> bool:
    away = np.hypot(columns["X_IMAGE"] - 1 - x, columns["Y_IMAGE"] - 1 - y)
    return bool((away < 2).any())


def test_knots_of_a_star_are_its_own_and_faint_sources_stay(sky: tuple[Image, Image]) -> None:
    plain = segment_image(*sky, "rms_err", Parameters())
    assert len(plain.columns["NUMBER"]) > 10
    found = segment_image(*sky, "rms_err", Parameters(), psf=draw_psf())
    assert len(found.columns["NUMBER"]) == 1 + len(FAINT)
    for x, y in FAINT:
        assert has_source(found.columns, x, y)
    assert np.array_equal(found.labels > 0, plain.labels > 0)
    star = found.labels[140, 150]
    assert (found.labels[140, 150 + 24 :: 14][:5] == star).all()


@pytest.mark.parametrize("degrees", [-0.5, 0.5])
def test_a_small_turn_of_the_image_does_no_harm(sky: tuple[Image, Image], degrees: float) -> None:
    from scipy.ndimage import rotate

    turned = rotate(draw_psf(), degrees, reshape=False, order=1)
    found = segment_image(*sky, "rms_err", Parameters(), psf=turned)
    assert len(found.columns["NUMBER"]) == 1 + len(FAINT)


def test_strips_and_parts_give_the_same(sky: tuple[Image, Image]) -> None:
    whole = segment_image(*sky, "rms_err", Parameters(), psf=draw_psf())
    strips = segment_image(*sky, "rms_err", Parameters(), psf=draw_psf(), strip_rows=23)
    assert strips.labels.tobytes() == whole.labels.tobytes()
    part, canvas = np.s_[100:180, 200:300], ArrayCanvas((80, 100))
    maps = make_maps(*sky, "rms_err", psf=draw_psf())
    segment_part(maps, Parameters(), (), part, canvas)
    assert np.array_equal(canvas.labels > 0, whole.labels[part] > 0)
    assert len(np.unique(canvas.labels)) == len(np.unique(whole.labels[part]))


def test_a_galaxy_has_the_wings_of_its_middle_and_keeps_its_companions() -> None:
    rng = np.random.default_rng(5)
    rows, columns = np.ogrid[:200, :200]
    disc = 60 * np.exp(-np.hypot(rows - 100, columns - 100) / 12)
    sci = rng.normal(0, 1, (200, 200)) + disc + 40 * blob((200, 200), 124, 100, 1.5)
    found = segment_image(
        sci, np.ones_like(sci), "rms_err", Parameters(deblend_mincont=0.0001), psf=draw_psf()
    )
    assert has_source(found.columns, 124, 100)


@pytest.mark.parametrize("psf", [np.zeros((9, 9)), np.full((9, 9), np.nan), np.ones(9)])
def test_what_is_no_psf_is_refused(sky: tuple[Image, Image], psf: Image) -> None:
    with pytest.raises(ImageError, match="psf"):
        segment_image(*sky, "rms_err", Parameters(), psf=psf)


def test_the_name_of_a_psf_without_its_image_is_refused() -> None:
    plane = np.zeros((40, 40), np.float32)
    plane[10:14, 20:24] = 50
    maps, named = make_maps(plane, np.ones_like(plane), "rms_err"), Parameters(clean_psf="p.fits")
    for work in (
        lambda: segment_image(plane, np.ones_like(plane), "rms_err", named),
        lambda: segment_part(maps, named, (), np.s_[:20, :30], ArrayCanvas((20, 30))),
        lambda: Previewer(plane, np.ones_like(plane), "rms_err").run(named, np.s_[:20, :30]),
        lambda: find_sources(detect(plane, np.ones_like(plane), 9), named),
    ):
        with pytest.raises(ParameterError, match=r"clean_psf 'p\.fits', and no image of"):
            work()
    segment_image(plane, np.ones_like(plane), "rms_err", named, psf=draw_psf())


@pytest.fixture
def folder(tmp_path: Path, sky: tuple[Image, Image]) -> Path:
    for name, values in zip(("sci", "err", "psf"), (*sky, draw_psf()), strict=True):
        fits.writeto(tmp_path / f"{name}.fits", values)
    (tmp_path / "stars.toml").write_text('clean_psf = "psf.fits"\n')
    return tmp_path


def open_band(folder: Path) -> BandData:
    return BandData.from_files(
        folder / "sci.fits", err=folder / "err.fits", band="F200W", zero_point=28.9,
        pix_scale=0.03 * u.arcsec, work_dir=folder / "work",
    )  # fmt: skip


def test_a_band_follows_the_psf_of_its_set_and_is_stale_when_that_changes(folder: Path) -> None:
    band = open_band(folder)
    band.segment(parameters=folder / "stars.toml")
    assert len(band.load_cat()) == 1 + len(FAINT)
    header = fits.getheader(band.cat_path, 1)
    assert (header["IN3ROLE"], Path(header["IN3PATH"]).name) == ("PSF", "psf.fits")
    again = open_band(folder)
    again.segment(parameters=folder / "stars.toml")
    assert not again.products.made
    fits.writeto(folder / "psf.fits", draw_psf(121), overwrite=True)
    with pytest.raises(StaleProductError, match=r"psf\.fits"):
        open_band(folder).segment(parameters=folder / "stars.toml")


def test_what_cannot_follow_a_psf_refuses_it(folder: Path, sky: tuple[Image, Image]) -> None:
    path = str(folder / "psf.fits")
    with pytest.raises(ParameterError, match="clean is False"):
        open_band(folder).segment(parameters=Parameters(clean_psf=path, clean=False))
    with pytest.raises(ParameterError, match="cannot hold a clean_psf"):
        write_sex(Parameters(clean_psf=path))
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["PIXELSCL"] = 0.0075
    with pytest.raises(ImageError, match=r"pixels of 0\.0075 arcsec"):
        open_band(folder).segment(parameters=Parameters(clean_psf=path))
    request = Request(
        sci=sky[0], err=sky[1], err_type="rms_err", parameters=Parameters(), aper_diams=(),
        pix_scale=0.03, zero_point=28.9, sky=None, psf=draw_psf(),
    )  # fmt: skip
    with pytest.raises(ParameterError, match="does not follow a PSF"):
        methods.run("sep", request)
    assert len(methods.run("skyseg", replace(request, psf=None)).cat) > 10


def test_a_set_names_its_psf_by_its_place(folder: Path) -> None:
    assert parameter_sets.load(folder / "stars.toml")[1].clean_psf == str(folder / "psf.fits")
