"""Maps of any scale give the same map, and the catalogue in their unit."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyseg import Parameters
from skyseg.engine import Previewer, measure_labels, segment_image
from skyseg.engine.measuring import MEASUREMENTS
from skyseg.engine.noise import NoiseSource
from skyseg.engine.scaling import Scale, is_in_image_unit
from skyseg.engine.types import ErrType, FloatImage
from skyseg.errors import ImageError
from skyseg.methods.columns import FLUX_UNIT, known_columns

SHAPE = (90, 110)
MODES: tuple[tuple[ErrType, dict[str, Any]], ...] = (
    ("none", {}), ("none", {"weight_type": "BACKGROUND"}), ("rms_err", {}),
    ("rms_err", {"weight_type": "MAP_VAR"}), ("wht", {}), ("wht", {"rescale_weights": False}),
)  # fmt: skip
# without those of a flag map, which has no unit
WANTED = {name for name in MEASUREMENTS if "IMAFLAGS" not in name}
FAR = st.integers(-113, -42) | st.integers(42, 99)


@cache
def _maps() -> tuple[FloatImage, FloatImage]:
    rng = np.random.default_rng(4)
    y, x = np.indices(SHAPE)
    rms = 1 + 0.3 * np.sin(x / 20)
    image = rng.normal(size=SHAPE) * rms
    for cy, cx in rng.uniform(5, 85, (9, 2)):
        image += 30 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8)
    image[40:44, 20:30] = np.nan
    return image.astype(np.float32), rms.astype(np.float32)


def _err(err_type: ErrType, values: dict[str, Any], rms: FloatImage) -> FloatImage | None:
    if err_type == "none":
        return None
    maps = {"MAP_VAR": rms**2, None: rms if err_type == "rms_err" else 1 / rms**2}
    return maps[values.get("weight_type")]


def _in_unit(parameters: dict[str, Any], unit: float, back_value: float) -> Parameters:
    """Values of the unit of the image, in another unit."""
    in_unit = {"back_value": back_value, "satur_level": 25.0, "back_filtthresh": 0.1}
    scaled = {name: value * unit for name, value in in_unit.items()}
    return Parameters(**parameters, **scaled, gain=2.0 / unit, back_size=32)


@pytest.mark.parametrize(("err_type", "values"), MODES)
@settings(deadline=None, max_examples=8)
@given(exponent=FAR)
def test_a_power_of_two_changes_nothing_but_the_unit(
    err_type: ErrType, values: dict[str, Any], exponent: int
) -> None:
    sci, rms = _maps()
    err, unit = _err(err_type, values, rms), 2.0**exponent
    # a map of variances or weights does not hold the square of any unit
    power = {("rms_err", None): 1}.get((err_type, values.get("weight_type")), 0)
    if not values.get("rescale_weights", True):
        power, unit = -2, 2.0 ** (exponent // 2)
    back_value = 0.25 if exponent < 0 else 0.0  # which may not be above 1e15
    parameters = _in_unit(values, 1.0, back_value)
    one = segment_image(sci, err, err_type, parameters, (5.0,), columns=WANTED)
    scaled_err = None if err is None else (err * np.float32(unit**power)).astype(np.float32)
    parameters = _in_unit(values, unit, back_value)
    other = segment_image(
        sci * np.float32(unit), scaled_err, err_type, parameters, (5.0,), columns=WANTED
    )
    np.testing.assert_array_equal(other.labels, one.labels)
    for name, column in one.columns.items():
        expected = column * unit if is_in_image_unit(name) else column
        # logarithms round otherwise
        np.testing.assert_allclose(other.columns[name], expected, rtol=1e-9, err_msg=name)
    assert other.facts["noise"] == one.facts["noise"] * unit
    assert other.facts["n_bad"] == one.facts["n_bad"]
    np.testing.assert_allclose(other.background, one.background * unit, rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-35, 1e-20, 1e30])
def test_any_unit_gives_the_same_sources_in_previews_and_for_labels_too(unit: float) -> None:
    sci, rms = _maps()
    one = segment_image(sci, rms, "rms_err", Parameters())
    scaled = np.float32(unit) * sci, np.float32(unit) * rms
    other = segment_image(*scaled, "rms_err", Parameters(satur_level=5e5 * unit))
    assert np.array_equal(other.labels, one.labels)
    part = (slice(0, SHAPE[0]), slice(0, SHAPE[1]))
    preview = Previewer(*scaled, "rms_err").run(Parameters(), part)
    assert np.array_equal(preview.labels > 0, one.labels > 0)
    flux = measure_labels(*scaled, "rms_err", one.labels, Parameters())["FLUX_ISO"]
    np.testing.assert_allclose(flux, one.columns["FLUX_ISO"] * unit, rtol=1e-4)


@pytest.mark.parametrize("scale", [1e-33, 1e-10, 1e20, 1e35])
def test_a_weight_may_be_of_any_scale(scale: float) -> None:
    sci, rms = _maps()
    one = segment_image(sci, 1 / rms**2, "wht", Parameters())
    other = segment_image(sci, np.float32(scale) / rms**2, "wht", Parameters())
    assert np.array_equal(other.labels, one.labels)
    expected = one.facts["weight_factor"] * scale**0.5
    assert other.facts["weight_factor"] == pytest.approx(expected, rel=1e-5)


def test_marks_of_bad_pixels_and_stray_values_do_not_choose_the_scale() -> None:
    sci, rms = _maps()
    sci, rms = sci.copy(), rms.copy()
    rms[:, :60] = 1e30
    sci[70, 100] = 1e25
    one = segment_image(sci, rms, "rms_err", Parameters())
    assert one.facts["n_bad"] == (rms == 1e30).sum()
    assert len(one.columns["NUMBER"]) > 2


def test_an_rms_far_below_its_image_is_refused() -> None:
    sci, rms = _maps()
    with pytest.raises(ImageError, match="beyond 32-bit numbers"):
        segment_image(sci, rms * np.float32(1e-30), "rms_err", Parameters())


def test_columns_that_are_scaled_are_those_in_the_unit_of_the_image() -> None:
    for column in known_columns().values():
        if column.unit == FLUX_UNIT:
            assert is_in_image_unit(column.name), column.name


def test_bounds_that_no_value_reaches_are_as_high_as_they_may_be_in_a_scaled_map() -> None:
    bounds: dict[str, Any] = {"weight_thresh": 1e12, "detect_thresh": 1e13, "back_filtthresh": 1e14}
    asked = Parameters(thresh_type="ABSOLUTE", **bounds)
    scaled = Scale(-66, -66, NoiseSource.of("rms_err", asked)).scale_parameters(asked)
    assert {getattr(scaled, name) for name in bounds} == {1e30}
    assert scaled.analysis_thresh == 1.8 * 2.0**66
