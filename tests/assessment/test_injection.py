"""Sources put into an image, and which of them a run finds."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table
from scipy.ndimage import gaussian_filter

from skyseg import BandData, Injection, Parameters
from skyseg.assessment import Completeness
from skyseg.assessment.cutouts import Cutout, Cutouts
from skyseg.assessment.good_pixels import GoodPixels
from skyseg.assessment.injecting import InjectedRows, Stamp
from skyseg.assessment.injection import find_places
from skyseg.assessment.noise_light import NoiseLight
from skyseg.assessment.profiles import Psf, see_source
from skyseg.assessment.stars import measure_psf
from skyseg.engine import ArrayRows, Window, make_maps, measure_noise, segment_image
from skyseg.engine.changing import ChangingImage, Place
from skyseg.errors import ImageError, ParameterError
from skyseg.samples import Simulation, simulate_image
from skyseg.samples.profiles import psf_sigma
from skyseg.survey import band_assessment

SHAPE = (640, 640)
PSF = Psf.of_fwhm(4.8)
COLUMNS = ("FLUX_ISO", "FLUX_AUTO", "FLUX_RADIUS", "X_IMAGE", "Y_IMAGE", "ISOAREA_IMAGE")


@pytest.fixture(scope="module")
def field() -> Simulation:
    """A simulated image."""
    return simulate_image("F444W", shape=SHAPE, seed=5)


@pytest.fixture(scope="module")
def band(field: Simulation, tmp_path_factory: pytest.TempPathFactory) -> BandData:
    """A band of that image, segmented."""
    folder = tmp_path_factory.mktemp("injected")
    for name, values in (("sci", field.sci), ("err", field.err)):
        fits.writeto(folder / f"{name}.fits", values, field.header)
    made = BandData.from_files(
        folder / "sci.fits", err=folder / "err.fits", survey="field", band="F444W",
        work_dir=folder / "out",
    )  # fmt: skip
    made.segment()
    return made


def _stamps(places: list[tuple[int, int]], flux: float) -> tuple[Stamp, ...]:
    return tuple(
        Stamp(*see_source(PSF, 4.0, 1.5, 0.6, 0.4).draw(flux, x + 0.3, y - 0.2, 1e-4, 999))
        for y, x in places
    )


@pytest.mark.parametrize(
    ("err_type", "values"),
    [("rms_err", {}), ("rms_err", {"back_type": "AUTO"}), ("wht", {"back_type": "AUTO"})],
)
@pytest.mark.parametrize(
    "places", [[(130, 200), (420, 333)], [(y, 150) for y in range(50, 600, 50)]]
)
def test_what_surrounds_a_place_is_segmented_as_in_a_run_of_the_whole_image(
    field: Simulation, err_type: Any, values: dict[str, Any], places: list[tuple[int, int]]
) -> None:
    parameters = Parameters(**values)
    err = field.err if err_type == "rms_err" else field.wht
    stamps = _stamps(places, 300 * float(np.nanmedian(field.err)))
    changed = InjectedRows(ArrayRows(field.sci), stamps)
    whole = segment_image(changed, err, err_type, parameters, columns=COLUMNS)
    image = ChangingImage.of(make_maps(field.sci, err, err_type), parameters)
    everywhere = Window(0, SHAPE[0], 0, SHAPE[1])
    windows = [cut[0] for stamp in stamps if (cut := stamp.cut(everywhere))]
    asked = [
        Place(Window(y - 3, y + 4, x - 3, x + 4), each)
        for (y, x), each in zip(places, windows, strict=True)
    ]
    seen = 0
    for place, found in zip(asked, image.segment(changed, windows, asked, COLUMNS), strict=True):
        core, view = place.core, place.view
        numbers = np.unique(whole.labels[core.y0 : core.y1, core.x0 : core.x1])
        numbers = numbers[numbers > 0]
        expected = whole.labels[view.y0 : view.y1, view.x0 : view.x1]
        assert ((found.labels > 0) == np.isin(expected, numbers)).all()
        for name in COLUMNS:
            assert (found.columns[name] == whole.columns[name][numbers - 1]).all(), name
        seen += len(numbers)
    assert seen >= len(places) - 2


def test_the_same_seed_puts_the_same_sources_in_and_finds_the_same(band: BandData) -> None:
    asked = Injection(n=60, mags=(24, 29), psf=0.145, seed=2)
    first, second = (band.assess(asked).completeness for _ in range(2))
    assert first is not None and second is not None
    assert first.sources.pformat() == second.sources.pformat()
    other = band.assess(Injection(n=60, mags=(24, 29), psf=0.145, seed=3)).completeness
    assert other is not None
    assert not (other.sources["X_IMAGE"] == first.sources["X_IMAGE"]).any()


def test_labels_are_the_same_however_many_rows_are_read_at_once(
    band: BandData, monkeypatch: pytest.MonkeyPatch
) -> None:
    seg, windows = band.load_seg(), [(0, 640, 0, 640), (60, 70, 3, 9), (63, 129, 600, 640)]
    for name, rows in (("_PIXELS", 2**23), ("_PIXELS", 1), ("_LEAST_ROWS", 64)):
        monkeypatch.setattr(band_assessment, name, rows)
        assert band.products is not None
        labels = band_assessment._Labels(band.products, 640)
        for y0, y1, x0, x1 in windows:
            assert (labels.read(Window(y0, y1, x0, x1)) == seg[y0:y1, x0:x1]).all()


@pytest.fixture(scope="module")
def found(band: BandData) -> Completeness:
    """What 400 sources tell."""
    result = band.assess(Injection(n=400, mags=(23, 30), psf=0.145)).completeness
    assert result is not None
    return result


def test_bright_sources_are_found_and_measured_and_faint_ones_are_not(found: Completeness) -> None:
    known = found.by_mag
    assert known["N"].sum() == 400 == len(found.sources)
    assert known["COMPLETENESS"][:2].min() > 0.85
    assert known["COMPLETENESS"][-2:].max() < 0.1
    assert 26 < found.m50 < 29
    assert np.abs(known["MAG_BIAS"][:3].value).max() < 0.1
    assert np.abs(known["SIZE_BIAS"][:3]).max() < 0.1
    for table in (found.by_size, found.by_sb, found.by_place):
        assert table["N"].sum() == 400
        assert table["FOUND"].sum() == np.count_nonzero(found.sources["FOUND"])
    assert found.map.shape == (4, 4)
    assert repr(found).startswith("Completeness(")


def test_bins_say_what_their_columns_hold_and_in_which_unit(found: Completeness) -> None:
    units = [getattr(found, f"by_{name}")["LOW"].unit for name in ("mag", "size", "sb")]
    assert units == [u.mag, u.arcsec, u.mag / u.arcsec**2]
    assert found.by_mag["MAG_BIAS"].unit == u.mag and found.by_place["X_LOW"].unit == u.pix
    for table in (found.by_mag, found.by_size, found.by_sb, found.by_place):
        assert all(table[name].info.description for name in table.colnames)


def test_no_source_is_put_where_nothing_was_measured(
    found: Completeness, field: Simulation
) -> None:
    x, y = (np.rint(found.sources[name].value - 1).astype(int) for name in ("X_IMAGE", "Y_IMAGE"))
    assert np.isfinite(field.sci[y, x]).all()


def test_a_source_on_a_brighter_one_is_blended_and_a_bright_one_on_it_is_found(
    band: BandData,
) -> None:
    cat = band.load_cat()
    usual = cat[np.argsort(cat["MAG_AUTO"].value)[len(cat) // 2]]
    mag = usual["MAG_AUTO"].value
    places = {"X_IMAGE": [usual["X_IMAGE"].value] * 2, "Y_IMAGE": [usual["Y_IMAGE"].value] * 2}
    asked = Injection(sources=Table({**places, "MAG": [mag + 2, mag - 2]}), psf=0.145)
    result = band.assess(asked).completeness
    assert result is not None
    assert result.sources["FOUND"].tolist() == [False, True]
    assert result.sources["BLENDED"].tolist() == [True, False]
    assert result.n_passes == 2
    assert abs(result.sources["MAG_AUTO"][1].value - (mag - 2)) < 0.5


def test_the_psf_is_measured_of_the_stars_of_the_field(field: Simulation, band: BandData) -> None:
    places = [(y, x) for y in range(60, 600, 120) for x in range(75, 600, 160)]
    psf = Psf(np.array([0.8, 0.2]), np.array([2.0, 5.0]))
    star = see_source(psf, 0.0, 1.0, 1.0, 0.0)
    light = 1000 * float(np.nanmedian(field.err))
    stamps = tuple(Stamp(*star.draw(light, x + 0.3, y - 0.2, 1e-4, 999)) for y, x in places)
    sci = InjectedRows(ArrayRows(field.sci), stamps)
    cat = Table(segment_image(sci, field.err, "rms_err", Parameters()).columns)
    found = measure_psf(sci, cat)
    assert found.fwhm == pytest.approx(psf.fwhm, rel=0.05)
    assert see_source(found, 0.0, 1.0, 1.0, 0.0).half_light == pytest.approx(
        star.half_light, rel=0.05
    )
    with pytest.raises(ParameterError, match="fewer than four stars"):
        band.assess(Injection(n=10))
    told = band.assess(Injection(n=10, kind="star", mags=(24, 25), psf=0.15)).settings
    assert told["psf"] == "a Gaussian, FWHM 0.150 arcsec"
    assert told["magnitudes"] == "24 to 25"
    assert "DETECT_THRESH" in told["values"]
    assert "10 sources" in told["injected"]


@pytest.mark.parametrize(("name", "seed"), [("F200W", 0), ("F200W", 4), ("F444W", 4)])
def test_no_galaxies_are_taken_for_stars(name: str, seed: int) -> None:
    sample = simulate_image(name, shape=(1024, 1024), seed=seed)
    cat = Table(segment_image(sample.sci, sample.err, "rms_err", Parameters()).columns)
    true = 2.3548 * psf_sigma(name, 0.03)
    assert measure_psf(ArrayRows(sample.sci), cat).fwhm == pytest.approx(true, rel=0.05)


def test_a_field_of_few_stars_tells_no_psf() -> None:
    sample = simulate_image("F444W", shape=(1024, 1024), seed=0)
    cat = Table(segment_image(sample.sci, sample.err, "rms_err", Parameters()).columns)
    with pytest.raises(ParameterError, match="fewer than four stars"):
        measure_psf(ArrayRows(sample.sci), cat)


def test_a_psf_as_wide_as_the_image_is_refused(band: BandData) -> None:
    with pytest.raises(ParameterError, match="F444W: psf is 50 arcsec wide"):
        band.assess(Injection(n=10, mags=(24, 25), psf=50.0))


def test_a_psf_of_an_image_is_that_of_its_gaussians(band: BandData, tmp_path: Path) -> None:
    y, x = np.mgrid[-30:31, -30:31]
    header = fits.Header({"PIXELSCL": 0.015})
    fits.writeto(tmp_path / "psf.fits", np.exp(-(x**2 + y**2) / (2 * 4.0**2)), header)
    asked = Injection(n=10, kind="star", mags=(24, 25), psf=tmp_path / "psf.fits")
    told = band.assess(asked).settings["psf"]
    assert float(told.split()[-2]) == pytest.approx(2.3548 * 4 * 0.015, rel=0.02)


def test_cutouts_are_sources_of_the_image_made_fainter(band: BandData) -> None:
    asked = Injection(n=120, kind="cutout")
    result = band.assess(asked).completeness
    assert result is not None
    known, cat = result.sources, band.load_cat()
    row = known["CUTOUT"] - 1
    dimmed = known["MAG"] - cat["MAG_AUTO"][row]
    assert dimmed.value.min() > 1
    assert (cat["FLUX_AUTO"] / cat["FLUXERR_AUTO"])[row].min() > 30
    assert len(set(known["CUTOUT"])) > 5
    shift = (known["X_IMAGE"] - cat["X_IMAGE"][row]).value
    assert np.abs(shift - np.rint(shift)).max() < 1e-6 < np.abs(shift).max()
    bright = known["MAG"].value < np.quantile(known["MAG"].value, 0.3)
    assert known["FOUND"][bright].mean() > 0.65 > known["FOUND"][~bright].mean()
    got = known[known["FOUND"] & bright]
    assert abs(np.median((got["MAG_AUTO"] - got["MAG"]).value)) < 0.1
    assert abs(np.median((got["FLUX_RADIUS"] / got["R_SEEN"]).value) - 1) < 0.1
    again = band.assess(Injection(kind="cutout", sources=known)).completeness
    assert again is not None
    for name in ("X_IMAGE", "Y_IMAGE", "MAG", "R_SEEN"):
        assert again.sources[name].value == pytest.approx(known[name].value)
    assert (again.sources["FOUND"] == known["FOUND"]).mean() > 0.9


def test_cutouts_that_there_are_not_are_refused(band: BandData) -> None:
    with pytest.raises(ParameterError, match="mags go to 1"):
        band.assess(Injection(n=5, kind="cutout", mags=(12, 13)))
    catalogue = band.load_cat()
    labels = lambda window: np.zeros(window.shape, np.int32)  # noqa: E731
    part = Window(0, SHAPE[0], 0, SHAPE[1])
    with pytest.raises(ParameterError, match=r"^no source can be cut out"):
        Cutouts.of(ArrayRows(np.zeros(SHAPE, np.float32)), catalogue[:0], labels, part, 28.0)
    with pytest.raises(ParameterError, match="fewer than four stars"):
        measure_psf(ArrayRows(np.zeros(SHAPE, np.float32)), catalogue[:0])
    with pytest.raises(ParameterError, match="CUTOUT 999999"):
        band.assess(Injection(kind="cutout", sources=_own(CUTOUT=[999999], MAG=[29.0])))
    with pytest.raises(ParameterError, match=r"sources go to 12\.00"):
        band.assess(Injection(kind="cutout", sources=_own(MAG=[12.0])))
    with pytest.raises(ParameterError, match=r"psf is 0\.1; leave it out"):
        Injection(kind="cutout", psf=0.1)
    with pytest.raises(ParameterError, match=r"CUTOUT 1\.5"):
        Injection(kind="cutout", sources=_own(CUTOUT=[1.5]))


def test_another_method_segments_the_whole_image_in_each_pass(
    field: Simulation, tmp_path: Path
) -> None:
    part = slice(0, 200), slice(0, 200)
    for name, values in (("sci", field.sci), ("err", field.err)):
        fits.writeto(tmp_path / f"{name}.fits", values[part], field.header)
    small = BandData.from_files(
        tmp_path / "sci.fits", err=tmp_path / "err.fits", survey="field", band="F444W",
        work_dir=tmp_path / "out",
    )  # fmt: skip
    small.segment(method="sep")
    result = small.assess(Injection(n=8, mags=(23, 24), kind="star", psf=0.145)).completeness
    assert result is not None
    assert result.completeness > 0.7
    assert np.abs(result.by_mag["MAG_BIAS"].value).max() < 0.2


def test_a_part_of_an_image_is_assessed_by_sources_in_it(band: BandData) -> None:
    whole = band.products
    band.segment(region=(slice(100, 300), slice(300, 500)))
    asked = Injection(n=20, mags=(23, 25), psf=0.145)
    result = band.assess(asked).completeness
    assert result is not None
    assert result.completeness > 0.7
    assert result.sources["X_IMAGE"].value.max() < 201
    bright = result.sources[np.argsort(result.sources["MAG"].value)[:3]]
    own = band.assess(Injection(sources=bright, psf=0.145)).completeness
    assert own is not None
    for name in ("X_IMAGE", "Y_IMAGE", "R_HALF"):
        assert own.sources[name].value == pytest.approx(bright[name].value)
    assert own.sources["FOUND"].tolist() == bright["FOUND"].tolist()
    with pytest.raises(ParameterError, match="outside of 200 x 200 pixels"):
        band.assess(Injection(sources=_own(X_IMAGE=[201.0]), psf=0.145))
    band.products = whole


def test_places_are_apart_and_anywhere() -> None:
    reach = np.full(300, 12.0)
    part = Window(100, 500, 200, 600)
    is_good = np.zeros(part.shape, bool)
    is_good[:, :200] = True
    good = GoodPixels(np.packbits(is_good, axis=1), part)
    x, y, number = find_places(reach, good, seed=1)
    assert (x < 400).all() and x.min() < 220 and y.min() < 120 and y.max() > 480
    for each in range(number.max() + 1):
        own = number == each
        away = np.hypot(x[own][:, None] - x[own], y[own][:, None] - y[own])
        assert away[away > 0].min() > 24
    with pytest.raises(ImageError, match="no pixel is good"):
        find_places(reach, GoodPixels(np.zeros_like(good.bits), part), seed=1)


def test_places_are_found_in_a_single_good_pixel_whatever_the_seed() -> None:
    part = Window(3, 43, 11, 64)
    is_good = np.zeros(part.shape, bool)
    is_good[31, 50] = True
    good = GoodPixels(np.packbits(is_good, axis=1), part)
    for seed in range(20):
        x, y, number = find_places(np.full(3, 12.0), good, seed)
        assert (np.rint(x) == 61).all() and (np.rint(y) == 34).all()
        assert sorted(number.tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    "values",
    [
        {"n": 0}, {"n": 10**9}, {"seed": -1}, {"kind": "disc"}, {"mags": (30, 24)},
        {"sizes": (0.0, 1.0)},
        {"axis_ratios": (0.5, 1.5)}, {"indices": (9.0,)}, {"indices": ()}, {"psf": -1.0},
        {"psf": np.inf}, {"psf": np.nan}, {"sources": Table({"MAG": [25.0]})},
        {"sources": "own.csv"}, {"mags": ("24", "30")}, {"axis_ratios": (None, 1)},
        {"indices": 1.0},        {"indices": ("1",)}, {"psf": [0.1]}, {"n": True},
    ],
)  # fmt: skip
def test_what_cannot_be_put_in_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        Injection(**values)


def _own(**columns: Any) -> Table:
    return Table({"X_IMAGE": [5.0], "Y_IMAGE": [7.0], "MAG": [25.0]} | columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"SERSIC_N": [0.1], "R_HALF": [1.0]}, {"SERSIC_N": [30.0], "R_HALF": [1.0]},
        {"SERSIC_N": [np.nan], "R_HALF": [1.0]}, {"R_HALF": [-0.2]}, {"R_HALF": [2.0] * u.pix},
        {"AXIS_RATIO": [0.0]}, {"MAG": [-900.0]}, {"MAG": ["bright"]}, {"X_IMAGE": [[1.0, 2.0]]},
        {"Y_IMAGE": MaskedColumn([7], mask=[True])}, {"THETA_IMAGE": [np.inf]},
    ],
)  # fmt: skip
def test_a_table_of_what_cannot_be_put_in_is_refused(columns: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=next(iter(columns))):
        Injection(sources=_own(**columns))


def test_a_place_that_is_not_known_is_asked_for_as_a_finite_number() -> None:
    with pytest.raises(ParameterError, match="X_IMAGE nan; give finite numbers, or leave such"):
        Injection(sources=_own(X_IMAGE=[np.nan]))


def test_columns_of_sources_of_ones_own_have_their_units() -> None:
    units = {"R_HALF": u.Quantity([200], "mas"), "THETA_IMAGE": u.Quantity([1.0], "rad")}
    table = _own(**units, MAG=u.Magnitude([25.0] * u.ABmag), SERSIC_N=[4])
    for own in (table, QTable(table)):
        drawn = Injection(sources=own).draw((0, 1), 0.05, Window(100, 110, 20, 30))
        assert drawn.half_light == pytest.approx([4.0])
        assert drawn.theta == pytest.approx([1.0])
        assert (drawn.x, drawn.y, drawn.mag, drawn.index) == (24.0, 106.0, 25.0, 4.0)


def test_point_sources_that_were_put_in_are_put_in_again() -> None:
    drawn = Injection(sources=_own(R_HALF=[0.0], SERSIC_N=[np.nan])).draw(
        (0, 1), 0.05, Window(0, 9, 0, 9)
    )
    assert (drawn.half_light, drawn.index) == (0.0, 1.0)


def test_without_magnitudes_those_around_the_limit_are_taken(band: BandData) -> None:
    result = band.assess(Injection(n=30, psf=0.145)).completeness
    assert result is not None
    known = result.sources["MAG"].value
    assert 22 < known.min() < 26.5 and 27 < known.max() < 31


def segment_noise(folder: Path, side: int) -> BandData:
    """Return the band of an image of noise alone, segmented."""
    fits.writeto(folder / "sci.fits", np.random.default_rng(1).normal(size=(side, side)))
    fits.writeto(folder / "err.fits", np.ones((side, side)))
    band = BandData.from_files(
        folder / "sci.fits", err=folder / "err.fits", band="F200W", zero_point=28.0,
        pix_scale=0.03 * u.arcsec, work_dir=folder / "out",
    )  # fmt: skip
    band.segment()
    return band


def test_sources_of_ones_own_need_no_magnitudes_of_the_catalogue(tmp_path: Path) -> None:
    empty = segment_noise(tmp_path, 90)
    assert not len(empty.load_cat())
    own = Table({"X_IMAGE": [40.0], "Y_IMAGE": [30.0], "MAG": [21.0]})
    found = empty.assess(Injection(sources=own, psf=0.1)).completeness
    assert found is not None and found.completeness == 1
    with pytest.raises(ParameterError, match="mags are not given, and no source"):
        empty.assess(Injection(n=5, psf=0.1))


def test_light_far_beyond_the_image_takes_no_more_memory_than_that_in_it(tmp_path: Path) -> None:
    small = segment_noise(tmp_path, 150)
    wide = Injection(n=6, mags=(10, 11), sizes=(200, 300), psf=0.1)
    tracemalloc.start()
    try:
        found = small.assess(wide).completeness
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found is not None and found.n_passes == 6
    assert peak < 30e6


def test_sources_that_lie_beyond_what_is_known_around_a_place_are_left_alone() -> None:
    dense = simulate_image("F200W", shape=(1400, 1400), seed=1)
    parameters = Parameters(detect_thresh=0.7, analysis_thresh=0.7)
    image = ChangingImage.of(make_maps(dense.sci, dense.err, "rms_err"), parameters)
    whole = segment_image(dense.sci, dense.err, "rms_err", parameters, columns=COLUMNS)
    core = Window(397, 404, 1297, 1304)
    (found,) = image.segment(ArrayRows(dense.sci), [], [Place(core, core)], COLUMNS)
    numbers = np.unique(whole.labels[core.y0 : core.y1, core.x0 : core.x1])
    own = whole.columns["FLUX_AUTO"][numbers[numbers > 0] - 1]
    assert (found.columns["FLUX_AUTO"] == own).all()


@pytest.mark.parametrize("thresh", [1.2, 0.6])
def test_noise_that_pixels_share_is_not_taken_for_the_light_of_others(
    tmp_path: Path, thresh: float
) -> None:
    rng = np.random.default_rng(8)
    smooth = gaussian_filter(rng.normal(size=(500, 500)), 0.7)
    fits.writeto(tmp_path / "sci.fits", (smooth / smooth.std()).astype(np.float32))
    fits.writeto(tmp_path / "err.fits", np.ones((500, 500), np.float32))
    noise = BandData.from_files(
        tmp_path / "sci.fits", err=tmp_path / "err.fits", band="F200W", zero_point=28.0,
        pix_scale=0.03 * u.arcsec, work_dir=tmp_path / "out",
    )  # fmt: skip
    noise.segment(parameters=Parameters(detect_thresh=thresh, analysis_thresh=thresh))
    asked = Injection(n=200, kind="star", mags=(23.2, 24.2), psf=0.15)
    result = noise.assess(asked).completeness
    assert result is not None
    found, lost = (np.count_nonzero(result.sources[name]) for name in ("FOUND", "BLENDED"))
    assert found > 100
    assert lost < 0.05 * (found + lost)  # there is nothing that they could be lost in


def test_light_is_noise_as_far_as_there_is_as_much_below_the_sky() -> None:
    rng = np.random.default_rng(2)
    image = rng.normal(0, 2, (300, 300)).astype(np.float32)
    image[::30, ::30] += 40
    own = Parameters(filter=False, back_type="MANUAL")
    maps = make_maps(image, np.ones_like(image), "rms_err")
    measured = measure_noise(image, np.ones_like(image), "rms_err", own)
    noise = NoiseLight.of(ChangingImage.of(maps, own), measured)
    assert noise.sigma == pytest.approx(2, rel=0.03)
    whole = Window(0, 300, 0, 300)
    for low, high in ((0, 1), (2, 3), (5, 9)):
        pixels = (image > low) & (image <= high)
        expected = float(image[pixels].sum(dtype=np.float64))
        if high == 9:
            expected *= np.count_nonzero((image < -5) & (image > -9)) / np.count_nonzero(pixels)
        assert noise.find_light(whole, pixels) == pytest.approx(expected, rel=0.1)
    assert noise.find_light(whole, image > 30) == 0
    assert noise.find_light(whole, image < 0) == 0
    dark = ChangingImage.of(make_maps(np.zeros((40, 40)), np.ones((40, 40)), "rms_err"), own)
    assert NoiseLight.of(dark, measured).find_light(Window(0, 40, 0, 40), pixels[:40, :40]) == 0


def test_half_of_the_light_of_a_large_cutout_is_found_in_little_memory() -> None:
    y, x = np.mgrid[-450:451, -450:451]
    light = np.exp(-((x - 0.3) ** 2 + (y + 0.2) ** 2) / (2 * 40.0**2))
    cutout = Cutout(1, (light / light.sum()).astype(np.float32), 0.3, -0.2)
    tracemalloc.start()
    try:
        assert cutout.half_light == pytest.approx(40 * np.sqrt(2 * np.log(2)), rel=0.01)
        assert tracemalloc.get_traced_memory()[1] < 300e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["star", "cutout"])
@pytest.mark.parametrize(
    "shape", [{"sizes": (0.1, 1.0)}, {"indices": (1.0,)}, {"axis_ratios": [0.5, 1.0]}]
)
def test_stars_and_cutouts_take_no_shapes(kind: Any, shape: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"{next(iter(shape))} is .*{kind}s have"):
        Injection(kind=kind, **shape)
    assert Injection(kind=kind).kind == kind
