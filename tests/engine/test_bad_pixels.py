"""Which pixels are bad, and what is put in their place."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyseg import _loops
from skyseg.engine import interpolate_bad, mark_bad_pixels
from skyseg.engine.image_facts import BadPixels, follow_holes
from skyseg.errors import ImageError

GOOD = np.float32(1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e30, 3e38])
def test_a_value_that_is_no_measurement_is_bad(value: float) -> None:
    sci = np.array([[value, -5, 0, 9e29]], np.float32)
    found = mark_bad_pixels(sci, np.ones_like(sci), "rms_err")
    assert found.tolist() == [[True, False, False, False]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0, -1e-20, -1])
@pytest.mark.parametrize("err_type", ["rms_err", "wht"])
def test_an_error_that_is_not_above_zero_or_not_finite_is_bad(value: float, err_type: str) -> None:
    err = np.array([[value, 1e-20, 9e14]], np.float32)
    found = mark_bad_pixels(np.ones_like(err), err, err_type)  # type: ignore[arg-type]
    assert found.tolist() == [[True, False, False]]


def test_an_rms_above_1e15_is_bad_and_such_a_weight_is_good() -> None:
    err = np.array([[1.01e15, 2e30]], np.float32)
    sci = np.ones_like(err)
    assert mark_bad_pixels(sci, err, "rms_err").all()
    assert not mark_bad_pixels(sci, err, "wht").any()


def test_maps_of_different_shape_are_refused() -> None:
    with pytest.raises(ImageError, match=r"\(2, 3\).*\(3, 2\)"):
        mark_bad_pixels(np.ones((2, 3), np.float32), np.ones((3, 2), np.float32), "wht")


@settings(deadline=None, max_examples=80)
@given(
    bad=arrays(np.bool_, st.tuples(st.integers(1, 45), st.integers(1, 45)), fill=st.booleans()),
    seed=st.integers(0, 1000),
)
def test_a_bad_pixel_has_the_value_from_the_left_else_from_above_within_16_pixels(
    bad: npt.NDArray[np.bool_], seed: int
) -> None:
    sci = np.random.default_rng(seed).normal(size=bad.shape).astype(np.float32)
    variance = np.abs(sci) + GOOD
    filled, filled_variance = interpolate_bad(sci, variance, bad)
    expected = _filled_by_hand(sci, bad, 0.0)
    np.testing.assert_array_equal(filled, expected)
    expected = _filled_by_hand(variance, bad, 1e30)
    np.testing.assert_array_equal(filled_variance, expected)


def test_a_hole_is_filled_16_pixels_deep() -> None:
    bad = np.zeros((60, 60), np.bool_)
    bad[10:55, 10:55] = True
    sci = np.tile(np.arange(1, 61, dtype=np.float32), (60, 1))
    filled, _ = interpolate_bad(sci, sci, bad)
    assert (filled[10:55, 10:26] == 10).all()
    assert (filled[10:26, 26:55] == np.arange(27, 56)).all()
    assert (filled[26:55, 26:55] == 0).all()


def _filled_by_hand(
    image: npt.NDArray[np.float32], bad: npt.NDArray[np.bool_], otherwise: float
) -> npt.NDArray[np.float32]:
    """The rule as a recursion over single pixels."""

    @cache
    def from_left(y: int, x: int) -> int | None:
        """Column of the nearest good pixel on the left, if it is near enough."""
        for column in range(x - 1, max(x - 17, -1), -1):
            if not bad[y, column]:
                return column
        return None

    @cache
    def taken_from_above(y: int, x: int) -> int:
        """How often the column has taken values from above since its last good pixel."""
        if y < 0 or not bad[y, x]:
            return 0 if y >= 0 else 16
        before = taken_from_above(y - 1, x)
        return before + (from_left(y, x) is None and before < 16)

    @cache
    def value(y: int, x: int) -> np.float32:
        if not bad[y, x]:
            return image[y, x]
        if (column := from_left(y, x)) is not None:
            return image[y, column]
        if taken_from_above(y - 1, x) < 16:
            return value(y - 1, x)
        return np.float32(otherwise)

    return np.array(
        [[value(y, x) for x in range(bad.shape[1])] for y in range(bad.shape[0])], np.float32
    )


@pytest.mark.parametrize("seed", range(40))
def test_how_deep_filling_has_come_is_told_as_by_all_rows_above(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(30, 200)), int(rng.integers(1, 150))
    bad = rng.random(shape) < rng.choice([0, 0.3, 0.9])
    for _ in range(int(rng.integers(0, 5))):
        y, x = (int(rng.integers(0, length)) for length in shape)
        bad[y : y + int(rng.integers(1, 150)), x : x + int(rng.integers(1, 60))] = True
    height = int(rng.integers(10, 100))
    strips = [(y, min(y + height, shape[0])) for y in range(0, shape[0], height)]
    rows = sorted({0, *rng.integers(0, shape[0], 4).tolist()})
    n_bad, holes = follow_holes(
        shape, strips, [BadPixels.of(bad[start:stop]) for start, stop in strips], rows
    )
    assert n_bad == np.count_nonzero(bad)
    for row in rows if n_bad else []:
        left = np.zeros(shape[1], np.int16)
        if row:
            _loops.count_down(bad=bad[:row], left_in_column=left)
        assert holes.before(row)[1].tolist() == left.tolist()
