"""The threshold of each pixel."""

from __future__ import annotations

import numpy as np
import pytest

from skyseg.engine import make_threshold_map
from skyseg.engine.parameters import Parameters
from skyseg.engine.thresholding import (
    Threshold,
    choose_analysis,
    choose_detection,
    set_thresholds,
)
from skyseg.errors import ParameterError


def test_the_threshold_is_a_multiple_of_the_noise() -> None:
    variance = np.array([[4, 0.25, 1e30]], np.float32)
    np.testing.assert_allclose(make_threshold_map(variance, 1.8), [[3.6, 0.9, 1.8e15]], rtol=1e-6)


def test_a_variance_too_small_for_single_precision_leaves_a_threshold_above_zero() -> None:
    assert (make_threshold_map(np.zeros((2, 2), np.float32), 1.8) > 0).all()


def test_an_absolute_threshold_is_the_same_in_every_pixel() -> None:
    parameters = Parameters(thresh_type="ABSOLUTE", detect_thresh=3.0, analysis_thresh=2.0)
    assert choose_detection(parameters, np.nan, weighted=True) == Threshold(level=3.0)
    assert choose_detection(parameters, 0.5, weighted=False) == Threshold(level=3.0)
    variance = np.array([[0, 1, 4, 1e30]], np.float32)
    assert (set_thresholds(variance, Threshold(level=3.0)) == 3).all()


def test_without_an_error_map_a_number_of_sigma_is_one_of_the_images_noise() -> None:
    parameters = Parameters(detect_thresh=3.0, analysis_thresh=2.0)
    assert choose_detection(parameters, 0.5, weighted=False) == Threshold(level=1.5)
    assert choose_analysis(parameters, 0.5, weighted=False) == Threshold(level=1.0)


def test_a_surface_brightness_is_a_level() -> None:
    parameters = Parameters(
        thresh_type="ABSOLUTE", detect_thresh=(-1.0, 0.0), analysis_thresh=(24.0, 26.5),
        pixel_scale=2.0,
    )  # fmt: skip
    level = choose_detection(parameters, np.nan, weighted=True).level
    np.testing.assert_allclose(level, 10**0.4 * 4, rtol=1e-12)
    np.testing.assert_allclose(choose_analysis(parameters, 0.5, weighted=False).level, 40)
    # the level of a pixel with the global noise
    np.testing.assert_allclose(choose_analysis(parameters, 0.5, weighted=True).factor, 80)


def test_a_surface_brightness_without_a_pixel_scale_is_refused() -> None:
    parameters = Parameters(thresh_type="ABSOLUTE", detect_thresh=(24.0, 26.5))
    with pytest.raises(ParameterError, match="give pixel_scale"):
        choose_detection(parameters, 1.0, weighted=True)


def test_a_surface_brightness_that_sextractor_takes_for_sigma_is_taken_so_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parameters = Parameters(detect_thresh=(24.0, 26.5), pixel_scale=0.03)
    assert choose_detection(parameters, np.nan, weighted=True) == Threshold(factor=24.0)
    assert "set thresh_type to ABSOLUTE for a surface brightness" in caplog.text
    with pytest.raises(ParameterError, match="set thresh_type to ABSOLUTE"):
        choose_detection(parameters.replace(detect_thresh=(-1.0, 26.5)), np.nan, weighted=True)
