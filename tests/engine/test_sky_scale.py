"""Thresholds in units of the scatter of the filtered sky, from place to place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from skyseg.engine import (
    ArrayCanvas,
    Mask,
    Parameters,
    Previewer,
    make_maps,
    measure_facts,
    measure_labels,
    segment_image,
    segment_part,
)
from skyseg.engine.kernels import KernelName
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.rows import Window
from skyseg.engine.sky_scale import SkyScale
from skyseg.engine.types import ErrType
from skyseg.engine.whole_image import prepare_image
from skyseg.errors import ParameterError

SHAPE = (500, 640)
FILTERED = Parameters(thresh_unit="filtered", detect_thresh=4.5, analysis_thresh=4.5)


def _field(smoothed: float = 0.0, *, sources: bool = True, seed: int = 5) -> Any:
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 1, SHAPE)
    if smoothed:
        image = gaussian_filter(image, smoothed)
    image /= image.std()
    y, x = np.mgrid[-15:16, -15:16]
    for _ in range(60 if sources else 0):
        top, left = rng.integers(0, SHAPE[0] - 31), rng.integers(0, SHAPE[1] - 31)
        light = 10 ** rng.uniform(0.3, 1.8) * np.exp(-(y**2 + x**2) / 8)
        image[top : top + 31, left : left + 31] += light
    image[200:203, :] = np.nan
    image[60:90, 300:340] = np.nan
    return image.astype(np.float32)


def _rms(value: float = 1.0) -> Any:
    rms = np.full(SHAPE, value, np.float32)
    rms[:, :250] *= 0.5
    return rms


@pytest.mark.parametrize("err_type", ["rms_err", "wht", "none"])
@pytest.mark.parametrize(
    "values",
    [{}, {"back_type": "AUTO"}, {"filter": False}, {"filter_name": "mexhat_5.0_11x11"}],
)
def test_runs_are_the_same_in_any_strips_by_any_workers_and_in_previews_and_parts(
    err_type: ErrType, values: dict[str, Any]
) -> None:
    sci, parameters = _field(), FILTERED.replace(**values)
    err = {"rms_err": _rms(), "wht": _rms() ** -2, "none": None}[err_type]
    mask = Mask.of(np.pad(np.ones((40, 40), np.int32), ((300, 160), (20, 580))), {"A": 1}, 1)
    whole = segment_image(sci, err, err_type, parameters, (5.0,), mask=mask)
    assert len(whole.columns["NUMBER"]) > 10
    with ThreadPoolExecutor(3) as pool:
        for rows, mapper in ((17, map), (100, pool.map), (499, ThreadMapper(2))):
            again = segment_image(
                sci, err, err_type, parameters, (5.0,), mask=mask, strip_rows=rows, mapper=mapper
            )
            np.testing.assert_array_equal(again.labels, whole.labels)
            for name, values_of in whole.columns.items():
                np.testing.assert_array_equal(again.columns[name], values_of)
            assert again.facts == whole.facts
    part = slice(120, 330), slice(200, 420)
    preview = Previewer(sci, err, err_type, mask=mask).run(parameters, part)
    np.testing.assert_array_equal(preview.labels > 0, whole.labels[part] > 0)
    canvas = ArrayCanvas((210, 220))
    maps = make_maps(sci, err, err_type, mask=mask)
    segment_part(maps, parameters, (5.0,), part, canvas)
    np.testing.assert_array_equal(canvas.labels > 0, whole.labels[part] > 0)


@given(st.sampled_from([1.0, 0.3, 4.0]), st.sampled_from([0.0, 0.8]))
@settings(max_examples=6, deadline=None)
def test_the_scale_of_the_error_map_is_nothing_to_it(factor: float, smoothed: float) -> None:
    sci = _field(smoothed)
    one, other = (
        segment_image(sci, np.full(SHAPE, rms, np.float32), "rms_err", FILTERED)
        for rms in (1.0, factor)
    )
    same = np.count_nonzero((one.labels > 0) != (other.labels > 0))
    assert same <= 1e-4 * one.labels.size


@pytest.mark.parametrize("smoothed", [0.0, 0.6, 0.9])
def test_noise_alone_is_hardly_detected_be_it_white_or_drizzled(smoothed: float) -> None:
    sci = _field(smoothed, sources=False)
    found = segment_image(sci, np.ones(SHAPE), "rms_err", FILTERED)
    assert len(found.columns["NUMBER"]) == 0
    rms = Parameters(detect_thresh=1.2, analysis_thresh=1.2)
    by_rms = segment_image(sci, np.ones(SHAPE), "rms_err", rms).columns["NUMBER"]
    assert bool(len(by_rms)) == (smoothed > 0)


def test_a_half_whose_map_tells_too_little_noise_has_a_threshold_of_its_own() -> None:
    sci = _field(sources=False)
    sci[:, 320:] *= 3
    low = FILTERED.replace(detect_thresh=3.0, analysis_thresh=3.0, detect_minarea=4)
    counts = segment_image(sci, np.ones(SHAPE), "rms_err", low).columns["X_IMAGE"]
    left, right = np.sum(counts < 192), np.sum(counts > 448)
    assert right <= 2 * left + 10
    by_rms = segment_image(sci, np.ones(SHAPE), "rms_err", low.replace(
        thresh_unit="rms", detect_thresh=0.8, analysis_thresh=0.8)).columns["X_IMAGE"]  # fmt: skip
    assert np.sum(by_rms > 448) > 4 * (np.sum(by_rms < 192) + 1)


def test_the_drawn_scale_does_not_depend_on_the_window() -> None:
    scale = SkyScale(
        np.random.default_rng(0).uniform(1, 2, (3, 5)).astype(np.float32),
        np.array([63.5, 191.5, 350.0]), np.arange(5) * 128 + 63.5,
    )  # fmt: skip
    whole = scale.draw(Window(0, *SHAPE[:1], 0, SHAPE[1]))
    part = scale.draw(Window(101, 333, 7, 444))
    np.testing.assert_array_equal(part, whole[101:333, 7:444])


def test_where_no_sky_is_thresholds_are_in_rms_and_it_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    image = np.zeros((60, 60), np.float32)
    image[20:26, 20:26] = 50
    found = segment_image(image, np.ones_like(image), "rms_err", FILTERED)
    assert len(found.columns["NUMBER"]) == 1
    assert "cannot be measured" in caplog.text


def test_drawn_labels_are_measured_in_it() -> None:
    sci, labels = _field(), np.zeros(SHAPE, np.int32)
    labels[100:110, 100:112] = 3
    columns = measure_labels(sci, _rms(), "rms_err", labels, FILTERED)
    assert columns["NUMBER"].tolist() == [3]


@pytest.mark.parametrize(
    "values",
    [
        {"thresh_type": "ABSOLUTE"},
        {"detect_thresh": (24.0, 28.0), "pixel_scale": 0.03},
        {"analysis_thresh": (24.0, 28.0), "pixel_scale": 0.03},
    ],
)
def test_levels_are_refused_with_it(values: dict[str, Any]) -> None:
    maps = make_maps(_field(), _rms(), "rms_err")
    with pytest.raises(ParameterError, match="thresh_unit is 'filtered', and a threshold is a lev"):
        measure_facts(maps, FILTERED.replace(**values))


@pytest.mark.parametrize("name", ["mexhat_2.0_7x7", "mexhat_5.0_11x11"])
def test_a_sigma_is_one_where_noise_changes_with_a_kernel_that_has_negative_weights(
    name: KernelName,
) -> None:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    err = np.where((x - 320) ** 2 + (y - 250) ** 2 < 60**2, 4.0, 1.0).astype(np.float32)
    sci = err * np.random.default_rng(7).normal(0, 1, SHAPE).astype(np.float32)
    hat = FILTERED.replace(filter_name=name)
    image = prepare_image(make_maps(sci, err, "rms_err"), hat)
    whole = Window(0, SHAPE[0], 0, SHAPE[1])
    filtered, threshold = image.filter(*image.read(whole), whole)
    assert np.isfinite(threshold).all()
    sigmas = 4.5 * filtered / threshold
    at_step = np.abs(np.hypot(x - 320, y - 250) - 60) < 2
    assert sigmas[at_step].std() == pytest.approx(1.0, rel=0.1)
    assert sigmas.std() == pytest.approx(1.0, rel=0.03)
