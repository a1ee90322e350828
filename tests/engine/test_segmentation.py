"""The whole extraction: what holds for every image, however the work is cut up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skyseg import engine
from skyseg.engine import Parameters, Segmentation, segment_image
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import ErrType
from skyseg.errors import ImageError

FloatImage = npt.NDArray[np.float32]
Maker = Callable[[tuple[int, int], int, int], FloatImage]
DIAMETERS = (4.0, 12.5)
CROWDED = Parameters(deblend_nthresh=64, deblend_mincont=0.0001)


def _maps(maker: Maker, err_type: ErrType) -> tuple[FloatImage, FloatImage]:
    """An image with holes and a noise that varies, and its error map."""
    image = maker((150, 170), 90, 4)
    y, x = np.indices(image.shape)
    rms = (1 + 0.3 * np.sin(x / 40)).astype(np.float32)
    image = image * rms
    bad = ((x - 60) ** 2 + (y - 70) ** 2 < 200) | (x == 111)
    rms[bad] = 0
    image[::29, ::31] = np.nan
    if err_type == "rms_err":
        return image, rms
    weight = np.zeros_like(rms)
    np.divide(5, rms**2, out=weight, where=~bad)
    return image, weight


def _same(one: Segmentation, other: Segmentation) -> bool:
    return (
        one.labels.tobytes() == other.labels.tobytes()
        and one.background.tobytes() == other.background.tobytes()
        and one.columns.keys() == other.columns.keys()
        and all(one.columns[k].tobytes() == other.columns[k].tobytes() for k in one.columns)
        and one.facts == other.facts
    )


def _check_catalogue_against_map(found: Segmentation) -> None:
    labels, columns = found.labels, found.columns
    n = len(columns["NUMBER"])
    assert columns["NUMBER"].tolist() == list(range(1, n + 1))
    in_scan_order = list(dict.fromkeys(labels[labels > 0].tolist()))
    assert in_scan_order == columns["NUMBER"].tolist()
    areas = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    np.testing.assert_array_equal(columns["ISOAREAF_IMAGE"], areas)
    for k, (rows, cols) in enumerate(ndimage.find_objects(labels)):
        box = [columns[f"{side}_IMAGE"][k] for side in ("YMIN", "YMAX", "XMIN", "XMAX")]
        assert box == [rows.start + 1, rows.stop, cols.start + 1, cols.stop]


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    n_sources=st.integers(0, 60),
    back_type=st.sampled_from(["MANUAL", "AUTO"]),
    filtered=st.booleans(),
    clean=st.booleans(),
)
def test_the_catalogue_says_what_the_map_shows(
    crowded_field: Maker, seed: int, n_sources: int, back_type: Any, filtered: bool, clean: bool
) -> None:
    image = crowded_field((70, 60), n_sources, seed)
    parameters = Parameters(
        back_type=back_type, back_size=32, filter=filtered, clean=clean, detect_minarea=5
    )
    found = segment_image(image, np.ones_like(image), "rms_err", parameters, DIAMETERS)
    assert found.labels.dtype == np.int32
    assert found.background.dtype == np.float32
    _check_catalogue_against_map(found)


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
@pytest.mark.parametrize("strip_rows", [1, 7, 64, 1000])
@pytest.mark.parametrize("square", [50, 200])
def test_strips_and_squares_of_any_size_give_the_same_bytes(
    crowded_field: Maker, err_type: ErrType, strip_rows: int, square: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sci, err = _maps(crowded_field, err_type)
    whole = segment_image(sci, err, err_type, CROWDED, DIAMETERS)
    monkeypatch.setattr("skyseg.engine._windows._SQUARE", square)
    cut = segment_image(sci, err, err_type, CROWDED, DIAMETERS, strip_rows=strip_rows)
    assert len(whole.columns["NUMBER"]) > 30
    assert _same(whole, cut)


@pytest.mark.parametrize("workers", [1, 3])
def test_threads_give_the_same_bytes(
    crowded_field: Maker, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sci, err = _maps(crowded_field, "wht")
    alone = segment_image(sci, err, "wht", CROWDED, DIAMETERS)
    monkeypatch.setattr("skyseg.engine._windows._SQUARE", 100)
    shared = segment_image(
        sci, err, "wht", CROWDED, DIAMETERS, strip_rows=20, mapper=ThreadMapper(workers)
    )
    assert _same(alone, shared)


class _Counted:
    """A map in memory that counts how many of its pixels are read."""

    def __init__(self, array: FloatImage) -> None:
        self.array, self.read_pixels = array, 0

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: engine.Window) -> FloatImage:
        self.read_pixels += window.shape[0] * window.shape[1]
        return self.array[window.y0 : window.y1, window.x0 : window.x1].copy()


@pytest.mark.parametrize(
    "values",
    [
        {}, {"back_value": 1.5}, {"weight_type": "MAP_VAR", "rescale_weights": False},
        {"weight_thresh": 1.2}, {"filter": False}, {"gain": 3.0, "weight_gain": False},
        {"detect_thresh": (2.0, 25.0)},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("strip_rows", [8, 30, None])
def test_sky_and_sources_are_the_same_from_one_reading(
    crowded_field: Maker, values: dict[str, Any], strip_rows: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    sci, err = _maps(crowded_field, "rms_err")
    sci[:, 140:] = np.nan  # an edge of what is covered, and one that is not straight
    sci[np.add(*np.indices(sci.shape)) < 60] = np.nan
    parameters = CROWDED.replace(back_size=8, **values)

    def run() -> tuple[Segmentation, int]:
        rows = _Counted(sci)
        found = segment_image(
            rows, err, "rms_err", parameters, DIAMETERS, strip_rows=strip_rows,
            mapper=ThreadMapper(2),
        )  # fmt: skip
        return found, rows.read_pixels

    at_once, fewer = run()
    monkeypatch.setattr("skyseg.engine._finding._MOST_TIMES", 0)
    one_by_one, more = run()
    assert len(at_once.columns["NUMBER"]) > 10
    assert _same(at_once, one_by_one)
    assert fewer < more - 0.5 * sci.size


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        ({"back_type": "AUTO"}, ["FLUX_ISO"]), ({"thresh_unit": "filtered"}, ["FLUX_ISO"]),
        ({"gain": 3.0}, ["FLUXERR_ISO"]), ({"thresh_type": "ABSOLUTE"}, ["FLUX_ISO"]),
        ({"analysis_thresh": (1.8, 25.0), "pixel_scale": 0.03}, ["ISOAREA_IMAGE"]),
        ({}, ["ERRX2_IMAGE"]), ({}, ["ERRX2WIN_IMAGE"]),
        ({"weight_type": "MAP_VAR"}, ["FLUX_ISO"]),
    ],
    ids=str,
)  # fmt: skip
def test_sources_that_depend_on_all_of_the_image_are_the_same_with_strips(
    crowded_field: Maker, values: dict[str, Any], columns: list[str]
) -> None:
    sci, err = _maps(crowded_field, "rms_err")
    one, other = (
        segment_image(
            sci, err, "rms_err", CROWDED.replace(back_size=8, **values), DIAMETERS,
            columns=columns, strip_rows=rows,
        )
        for rows in (8, 1)
    )  # fmt: skip
    assert len(one.columns["NUMBER"]) > 10
    assert _same(one, other)


def test_what_is_asked_for_is_measured_alone_and_as_always(crowded_field: Maker) -> None:
    image = crowded_field((64, 70), 20, 4)
    maps = image, np.ones_like(image), "rms_err", CROWDED, DIAMETERS
    flags = np.arange(image.size).reshape(image.shape) % 8
    everything = segment_image(*maps, columns=engine.MEASUREMENTS, flags=flags)
    assert everything.columns.keys() == engine.MEASUREMENTS
    assert len(everything.columns["NUMBER"]) > 5
    for name in sorted(engine.MEASUREMENTS):
        found = segment_image(*maps, columns=[name], flags=flags)
        assert found.columns.keys() == {"NUMBER", name}
        same = found.columns[name] == everything.columns[name]
        if name == "FLAGS":  # tells of the apertures that are laid, here of none
            same = found.columns[name] & ~everything.columns[name] == 0
        assert same.all() or found.columns[name].tobytes() == everything.columns[name].tobytes()


def test_peaks_are_those_of_the_map_whatever_clean_gave_away() -> None:
    image = np.random.default_rng(4).normal(size=(400, 400)).astype(np.float32)
    rms = np.ones_like(image)
    faint = Parameters(detect_thresh=0.6, analysis_thresh=0.6, detect_minarea=3)
    everything = segment_image(image, rms, "rms_err", faint.replace(clean=False))
    wanted = ["XPEAK_IMAGE", "YPEAK_IMAGE", "FLUX_MAX"]
    found = segment_image(image, rms, "rms_err", faint, columns=wanted)
    columns, labels = found.columns, found.labels
    assert len(columns["NUMBER"]) < len(everything.columns["NUMBER"]) - 9
    filtered = engine.filter_image(image, engine.make_kernel(faint.filter_name))
    places = ndimage.maximum_position(filtered, labels, columns["NUMBER"])
    np.testing.assert_array_equal(columns["YPEAK_IMAGE"], [at[0] + 1 for at in places])
    np.testing.assert_array_equal(columns["XPEAK_IMAGE"], [at[1] + 1 for at in places])
    peaks = ndimage.maximum(image, labels, columns["NUMBER"])
    np.testing.assert_array_equal(columns["FLUX_MAX"], peaks)


def test_processes_give_the_same_bytes(
    crowded_field: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sci, err = _maps(crowded_field, "rms_err")
    alone = segment_image(sci, err, "rms_err", CROWDED, DIAMETERS)
    monkeypatch.setattr("skyseg.engine._windows._SQUARE", 100)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        shared = segment_image(
            sci, err, "rms_err", CROWDED, DIAMETERS, strip_rows=50, mapper=pool.map
        )
    assert _same(alone, shared)


def test_a_second_run_gives_the_same_bytes_and_leaves_the_maps_alone(
    crowded_field: Maker,
) -> None:
    sci, err = _maps(crowded_field, "rms_err")
    before = sci.tobytes(), err.tobytes()
    runs = [segment_image(sci, err, "rms_err", CROWDED, DIAMETERS) for _ in range(2)]
    assert _same(*runs)
    assert before == (sci.tobytes(), err.tobytes())


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), top=st.integers(16, 60), left=st.integers(16, 60))
def test_a_crop_with_margin_gives_the_crop_of_the_map(
    crowded_field: Maker, seed: int, top: int, left: int
) -> None:
    image = np.zeros((140, 800), np.float32)
    image[60:110, 70:125] = crowded_field((50, 55), 25, seed)
    image[20:70, 720:775] = crowded_field((50, 55), 25, seed + 1)
    whole = segment_image(image, np.ones_like(image), "rms_err", CROWDED, DIAMETERS)
    window = slice(60 - top, 110 + 16), slice(70 - left, 125 + 20)
    part = np.ascontiguousarray(image[window])
    crop = segment_image(part, np.ones_like(part), "rms_err", CROWDED, DIAMETERS)
    kept, renumbered = np.unique(whole.labels[window], return_inverse=True)
    np.testing.assert_array_equal(renumbered.reshape(part.shape), crop.labels)
    inside = kept[kept > 0] - 1
    for name in ("FLUX_ISO", "A_IMAGE", "ISOAREA_IMAGE", "FWHM_IMAGE"):
        np.testing.assert_allclose(whole.columns[name][inside], crop.columns[name], rtol=1e-9)
    moved = crop.columns["X_IMAGE"] + window[1].start
    np.testing.assert_allclose(whole.columns["X_IMAGE"][inside], moved, rtol=1e-9)


@pytest.mark.parametrize("sky", ["GLOBAL", "LOCAL"])
@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_the_steps_on_their_own_give_what_the_whole_gives(
    crowded_field: Maker, err_type: ErrType, sky: Any
) -> None:
    sci, err = _maps(crowded_field, err_type)
    parameters = Parameters(back_type="AUTO", back_size=40, backphoto_type=sky, backphoto_thick=9.0)
    found = segment_image(sci, err, err_type, parameters, DIAMETERS)
    bad = engine.mark_bad_pixels(sci, err, err_type)
    mesh = engine.measure_mesh(sci, bad, 40, 3)
    factor = engine.measure_weight_factor(sci, err, bad, 40, 3) if err_type == "wht" else 1.0
    variance = engine.make_variance_map(err, bad, err_type, factor)
    level = engine.draw_background(mesh)
    image, variance = engine.interpolate_bad(sci - level, variance, bad)
    weights = engine.make_kernel(parameters.filter_name)
    threshold = engine.make_threshold_map(engine.filter_image(variance, weights), 1.8)
    detections = engine.detect(engine.filter_image(image, weights), threshold, 9)
    sources = engine.find_sources(detections, parameters)
    columns = engine.measure(image, variance, sources, parameters, DIAMETERS, mesh.global_sigma)
    np.testing.assert_array_equal(sources.draw_labels(), found.labels)
    # the background that is given away is rounded to less than a thousandth of the noise
    np.testing.assert_allclose(level, found.background, atol=mesh.global_sigma / 1000)
    for name, values in found.columns.items():
        np.testing.assert_array_equal(columns[name], values)
    assert found.facts["weight_factor"] == factor
    assert found.facts["n_bad"] == np.count_nonzero(bad)


@pytest.mark.parametrize("dtype", [">f4", "f8", ">f8", "i2", ">i4", "u1"])
def test_any_kind_of_number_is_read_as_single_precision(crowded_field: Maker, dtype: str) -> None:
    image = np.clip(np.round(crowded_field((60, 70), 30, 9)), 0, 200)
    rms = np.ones_like(image)
    plain = segment_image(image, rms, "rms_err", Parameters(), DIAMETERS)
    other = segment_image(
        image.astype(dtype), rms.astype(dtype), "rms_err", Parameters(), DIAMETERS
    )
    assert len(plain.columns["NUMBER"]) > 5
    assert _same(plain, other)


@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_progress_rises_from_the_start_to_the_end(crowded_field: Maker, err_type: ErrType) -> None:
    sci, err = _maps(crowded_field, err_type)
    told: list[float] = []
    segment_image(
        sci, err, err_type, Parameters(), progress=lambda part, what: told.append(part),
        strip_rows=40,
    )  # fmt: skip
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == pytest.approx(1)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_an_image_without_a_good_pixel_is_refused(value: float) -> None:
    sci = np.full((5, 6), value, np.float32)
    with pytest.raises(ImageError, match="no good pixel"):
        segment_image(sci, np.ones_like(sci), "rms_err", Parameters())


def test_maps_of_different_shape_are_refused() -> None:
    with pytest.raises(ImageError, match=r"\(4, 4\).*\(4, 5\)"):
        segment_image(np.ones((4, 4), np.float32), np.ones((4, 5), np.float32), "wht", Parameters())


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (30, 1), (2, 2), (4, 4), (8, 3)])
@pytest.mark.parametrize("value", [0.0, -5.0, 100.0])
def test_an_image_smaller_than_the_kernel_is_all_source_or_all_sky(
    shape: tuple[int, int], value: float
) -> None:
    image = np.full(shape, value, np.float32)
    parameters = Parameters(filter_name="gauss_5.0_9x9", detect_minarea=1)
    found = segment_image(image, np.ones_like(image), "rms_err", parameters, (3.0,))
    assert (found.labels == (value > 0)).all()
    _check_catalogue_against_map(found)


@pytest.mark.parametrize("value", [0.0, 7.0, -1e20])
@pytest.mark.parametrize("back_type", ["MANUAL", "AUTO"])
def test_an_image_of_sky_alone_has_no_source_and_an_empty_catalogue(
    value: float, back_type: Any
) -> None:
    image = np.full((50, 60), value, np.float32)
    parameters = Parameters(back_type=back_type, back_value=max(value, 0.0))
    found = segment_image(image, np.ones_like(image), "wht", parameters, DIAMETERS)
    assert not found.labels.any()
    assert {len(column) for column in found.columns.values()} == {0}
    assert found.columns["FLUX_APER"].shape == (0, 2)


def test_a_single_bright_pixel_is_a_source_as_large_as_the_kernel_makes_it() -> None:
    image = np.zeros((30, 30), np.float32)
    image[14, 17] = 1000
    found = segment_image(image, np.ones_like(image), "rms_err", Parameters(), DIAMETERS)
    assert found.columns["ISOAREAF_IMAGE"].tolist() == [25]
    np.testing.assert_allclose(found.columns["X_IMAGE"], 18, rtol=1e-6)
    np.testing.assert_allclose(found.columns["FLUX_ISO"], 1000, rtol=1e-6)
    np.testing.assert_allclose(found.columns["FLUX_APER"], [[1000, 1000]], rtol=1e-6)


@settings(deadline=None, max_examples=120)
@given(
    shape=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    seed=st.integers(0, 100_000),
    scale=st.integers(-37, 37),
    err_scale=st.integers(-37, 37),
    err_type=st.sampled_from(["rms_err", "wht"]),
    holes=st.sampled_from([0.0, 0.3, 0.95]),
    bad_value=st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -1.0, 3e38, -3e38]),
    minarea=st.sampled_from([1, 9]),
)
@example(
    shape=(1, 13), seed=8, scale=29, err_scale=19, err_type="wht", holes=0.0, bad_value=np.nan,
    minarea=1,
)  # fmt: skip
@example(  # the smallest numbers that single precision has
    shape=(1, 1), seed=211, scale=0, err_scale=-37, err_type="wht", holes=0.0, bad_value=np.nan,
    minarea=1,
)  # fmt: skip
def test_extreme_values_and_holes_do_no_harm(
    shape: tuple[int, int], seed: int, scale: int, err_scale: int, err_type: ErrType,
    holes: float, bad_value: float, minarea: int,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    sci = (rng.normal(size=shape) * 10.0**scale).astype(np.float32)
    err = (np.abs(rng.normal(size=shape)) * 10.0**err_scale).astype(np.float32)
    sci[rng.random(shape) < holes / 2] = bad_value
    err[rng.random(shape) < holes] = bad_value
    parameters = Parameters(
        detect_minarea=minarea, detect_thresh=0.5, deblend_nthresh=64, deblend_mincont=0.0,
        back_type="AUTO", back_size=8, gain=1.0,
    )  # fmt: skip
    try:
        found = segment_image(sci, err, err_type, parameters, DIAMETERS)
    except ImageError as error:
        all_bad = engine.mark_bad_pixels(sci, err, err_type).all()
        light = np.abs(sci[np.isfinite(sci) & (sci != 0)]).max(initial=0)
        noise = err[np.isfinite(err) & (err > 0)].astype(np.float64)
        orders = np.log10(noise) - np.log10(max(float(light), 1e-300))
        apart = err_type == "rms_err" and np.abs(orders).max(initial=0) > 19
        assert (all_bad and "no good pixel" in str(error)) or (apart and "32-bit" in str(error))
        return
    _check_catalogue_against_map(found)
    assert np.isfinite(found.columns["X_IMAGE"]).all()
