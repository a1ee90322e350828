"""Each run, whatever its method, tells the noise of its image and what speaks against it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from skyseg import methods
from skyseg.engine import Mask
from skyseg.engine.parameters import Parameters
from skyseg.engine.sky_noise import measure_noise
from skyseg.engine.types import ErrType
from skyseg.errors import MethodError, ParameterError
from skyseg.methods.base import Outcome, Request

METHODS = ["skyseg", "sep", "photutils", "sextractor"]


def _field(smoothed: float = 0.0) -> Any:
    pixels = np.random.default_rng(3).normal(0, 1, (500, 500))
    if smoothed:
        pixels = gaussian_filter(pixels, smoothed)
    pixels /= pixels.std()
    y, x = np.mgrid[:500, :500]
    for at in ((100, 200), (350, 80), (300, 420)):
        pixels += 40 * np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 12)
    return pixels.astype(np.float32)


def _run(method: str, *, sci: Any, rms: float = 1.0, err_type: ErrType = "rms_err",
         **values: Any) -> Outcome:  # fmt: skip
    err = None if err_type == "none" else np.full_like(sci, rms)
    try:
        methods.get(method).version()
    except MethodError:
        pytest.skip(f"{method} is not installed")
    request = Request(
        sci=sci, err=err, err_type=err_type, parameters=Parameters(detect_minarea=9, **values),
        aper_diams=(0.3,), pix_scale=0.03, zero_point=28.0, sky=None,
    )  # fmt: skip
    return methods.run(method, request)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_tells_the_noise_within_3_percent(method: str) -> None:
    sci = _field()
    facts = _run(method, sci=sci).facts
    expected = measure_noise(sci, np.ones_like(sci), "rms_err", Parameters())
    for name in ("filtered_sigma", "rms_scale", "aperture_scale"):
        assert facts[name] == pytest.approx(getattr(expected, name), rel=0.03)
    sigmas = 1.8 if method == "sep" else 6.8
    assert facts["detect_sigma"] == pytest.approx(sigmas, rel=0.03)
    assert set(facts) >= {f"noise_corr_{lag}" for lag in (1, 2, 3, 4)} | {"noise_growth"}


@pytest.mark.parametrize("method", ["skyseg", "photutils", "sextractor"])
def test_in_white_noise_that_the_map_tells_nothing_is_said(method: str) -> None:
    assert not [text for text in _run(method, sci=_field()).caveats if "sky" in text]


@pytest.mark.parametrize("method", METHODS)
def test_an_error_map_that_is_off_by_two_is_told_in_numbers(method: str) -> None:
    found = _run(method, sci=_field(), rms=0.5, detect_thresh=6.0, analysis_thresh=6.0)
    (said,) = (text for text in found.caveats if text.startswith("the sky scatters"))
    assert float(said.split()[3]) == pytest.approx(2, rel=0.03)
    found = _run(method, sci=_field(), rms=2.0)
    (said,) = (text for text in found.caveats if text.startswith("the sky scatters"))
    assert float(said.split()[3]) == pytest.approx(0.5, rel=0.03)


def test_a_map_that_is_right_for_apertures_of_drizzled_noise_is_not_doubted() -> None:
    sci = _field(smoothed=0.8)
    circles = measure_noise(sci, np.ones_like(sci), "rms_err", Parameters()).aperture_scale
    found = _run("skyseg", sci=sci, rms=circles)
    assert found.facts["rms_scale"] < 1 / 1.3
    assert found.facts["aperture_scale"] == pytest.approx(1, rel=0.05)
    assert found.caveats == ()


def test_a_threshold_in_the_noise_is_told_in_sigma_of_the_sky() -> None:
    found = _run("skyseg", sci=_field(smoothed=0.8), detect_thresh=0.9)
    assert found.facts["detect_sigma"] == pytest.approx(1.5, rel=0.05)
    (said,) = found.caveats
    assert said == (
        f"detect_thresh 0.9 is {found.facts['detect_sigma']:.2f} sigma of the filtered sky, "
        "so that noise is detected too"
    )


@pytest.mark.parametrize(("method", "scale"), [("skyseg", 1.0), ("sep", 0.2)])
def test_weights_are_scaled_as_the_method_scales_them(method: str, scale: float) -> None:
    facts = _run(method, sci=_field(), rms=0.2**2, err_type="wht").facts
    assert facts["rms_scale"] == pytest.approx(scale, rel=0.03)


@pytest.mark.parametrize("values", [{"thresh_type": "ABSOLUTE"}, {"detect_thresh": (24.0, 28.0)}])
def test_a_level_is_not_told_in_sigma(values: dict[str, Any]) -> None:
    assert "detect_sigma" not in _run("skyseg", sci=_field(), **values).facts


def test_an_image_without_noise_is_segmented_and_nothing_is_told_of_it() -> None:
    sci = np.zeros((300, 300), np.float32)
    sci[100:110, 100:110] = 50
    found = _run("skyseg", sci=sci)
    assert len(found.cat) == 1
    assert "filtered_sigma" not in found.facts
    assert found.caveats == ()


@pytest.mark.parametrize("err_type", ["none", "rms_err"])
@pytest.mark.parametrize("level", [100.0, -4.0])
def test_a_sky_that_is_not_subtracted_is_told_in_numbers(level: float, err_type: ErrType) -> None:
    sci = _field() + np.float32(level)
    found = _run("skyseg", sci=sci, err_type=err_type)
    (said,) = (text for text in found.caveats if "back_value" in text)
    told = re.search(r"near (\S+), (\S+) times its noise from back_value 0, as if its sky", said)
    assert told is not None
    assert float(told[1]) == pytest.approx(level, rel=0.02)
    assert float(told[2]) == pytest.approx(abs(level), rel=0.05)
    for values in ({"back_type": "AUTO"}, {"back_value": level}, {"thresh_type": "ABSOLUTE"}):
        caveats = _run("skyseg", sci=sci, err_type=err_type, **values).caveats
        assert not [text for text in caveats if "back_value" in text]


def test_wings_of_an_image_without_noise_are_no_sky_where_the_map_tells_of_noise() -> None:
    y, x = np.mgrid[:300, :300] - 150.0
    sci = (900 / (1 + (x**2 + y**2) / 4) ** 1.5).astype(np.float32)
    assert not [text for text in _run("skyseg", sci=sci).caveats if "back_value" in text]


def test_what_a_mask_excludes_is_no_sky() -> None:
    sci, left = _field(), np.zeros((500, 500), np.int32)
    left[:, :256] = 1
    sci[:, :256] *= 9
    request = Request(
        sci=sci, err=np.ones_like(sci), err_type="rms_err", parameters=Parameters(),
        aper_diams=(0.3,), pix_scale=0.03, zero_point=28.0, sky=None,
        mask=Mask.of(left, {"STAR": 1}, excluded=1),
    )  # fmt: skip
    assert methods.run("skyseg", request).facts["rms_scale"] == pytest.approx(1, rel=0.04)


@pytest.mark.parametrize("method", METHODS)
def test_thresholds_in_sigma_of_the_filtered_sky_are_refused_where_a_method_has_none(
    method: str,
) -> None:
    values = {"thresh_unit": "filtered", "detect_thresh": 5.0, "analysis_thresh": 5.0}
    if method != "skyseg":
        with pytest.raises(ParameterError, match=f"thresh_unit is 'filtered', and the .*{method}"):
            _run(method, sci=_field(), **values)
        return
    found = _run(method, sci=_field(0.8), rms=3.0, **values)
    assert found.facts["detect_sigma"] == 5
    assert len(found.cat) == 3
