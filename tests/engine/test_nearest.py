"""Means over nearest points: the same bytes as by comparing every point with every other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyseg.engine._nearest import average_nearest, find_distances
from skyseg.engine.neighbours import KnownNeighbours, find_neighbours
from skyseg.engine.types import BoolImage, FloatArray, FloatImage, IntArray

SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 24))


def _compared_with_all(good: BoolImage, values: FloatImage) -> FloatImage:
    """The rule, point by point."""
    out = values.copy()
    good_y, good_x = np.nonzero(good)
    for j, i in zip(*np.nonzero(~good), strict=True):
        distance2 = (good_y - j) ** 2 + (good_x - i) ** 2
        out[j, i] = values[good][distance2 == distance2.min()].mean()
    return out


def _same(good: BoolImage, seed: int) -> None:
    values = np.random.default_rng(seed).normal(3, 1, good.shape).astype(np.float32)
    level, sigma = average_nearest(good, values, -values)
    expected = _compared_with_all(good, values)
    assert level.tobytes() == expected.tobytes()
    assert sigma.tobytes() == (-expected).tobytes()


@settings(deadline=None, max_examples=300)
@given(good=arrays(np.bool_, SHAPES, fill=st.booleans()), seed=st.integers(0, 1000))
def test_means_of_the_nearest_are_those_of_a_comparison_with_all(
    good: BoolImage, seed: int
) -> None:
    if good.any():
        _same(good, seed)


@settings(deadline=None, max_examples=100)
@given(shape=SHAPES, few=st.integers(1, 4), seed=st.integers(0, 1000))
def test_so_they_are_where_few_are_good(shape: tuple[int, int], few: int, seed: int) -> None:
    good = np.zeros(shape, np.bool_)
    good.ravel()[np.random.default_rng(seed).integers(0, good.size, few)] = True
    _same(good, seed)


@pytest.mark.parametrize("radius2", [25, 65, 325, 1105])
def test_so_they_are_where_many_are_equally_near(radius2: int) -> None:
    y, x = np.mgrid[-40:41, -40:41]
    _same((y * y + x * x == radius2) | (y * y + x * x > 1500), radius2)


def test_half_of_a_footprint_empty_and_an_image_of_one_row() -> None:
    good = np.add.outer(np.arange(60), np.arange(90)) < 70
    _same(good, 1)
    _same(good[:1], 2)
    _same(good[:, :1], 3)


@settings(deadline=None, max_examples=200)
@given(good=arrays(np.bool_, SHAPES, fill=st.booleans()))
def test_distances_are_exact(good: BoolImage) -> None:
    if not good.any():
        return
    y, x = np.nonzero(good)
    rows, columns = np.indices(good.shape)
    expected = ((rows[..., None] - y) ** 2 + (columns[..., None] - x) ** 2).min(axis=-1)
    np.testing.assert_array_equal(find_distances(good), expected)


def measure_deviations(
    x: IntArray, y: IntArray, values: FloatArray, places: FloatArray, count: int
) -> FloatArray:
    return find_neighbours(x, y, places, count).measure_deviations(values)


def _deviations_of_all(
    x: IntArray, y: IntArray, values: FloatArray, places: FloatArray, count: int
) -> FloatArray:
    return _deviations(_sort_all(x, y, places)[:, :count], values)


def _sort_all(x: IntArray, y: IntArray, places: FloatArray) -> IntArray:
    """Points by their distance, a row for each place; of those at one the first as given."""
    return np.array([np.argsort((x - a) ** 2 + (y - b) ** 2, kind="stable") for a, b in places])


def _deviations(nearest: IntArray, values: FloatArray) -> FloatArray:
    """The rule, place by place."""
    some = values[nearest]
    return np.median(np.abs(some - np.median(some, axis=1, keepdims=True)), axis=1)


@pytest.mark.parametrize("in_order", [True, False], ids=["by rows", "in any order"])
@pytest.mark.parametrize("seed", range(2))
def test_deviations_of_the_nearest_are_those_of_a_comparison_with_all(
    seed: int, in_order: bool
) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.nonzero(rng.random((90, 70)) < 0.3)
    keep = (x < 20) | (x > 50) | (y < 60)  # a part of the image without any
    x, y = 3 * x[keep] + 11, 3 * y[keep] + 7
    order = np.arange(x.size) if in_order else rng.permutation(x.size)
    x, y = x[order], y[order]
    places = np.concatenate([
        np.column_stack([x, y]).astype(np.float64),
        rng.integers(0, 600, (200, 2)) / 2,
        rng.uniform(-1e4, 1e4, (50, 2)),
    ])  # fmt: skip
    # in the second image values jump from place to place, in the third many are equal
    smooth = rng.normal(5, 1, x.size)
    by_distance = _sort_all(x, y, places)
    for values in (smooth, smooth * (1 + 99 * (x // 40 % 2)), np.round(smooth)):
        for count in (1, 2, 3, 30, 200, 401):
            found = measure_deviations(x, y, values, places, count)
            expected = _deviations(by_distance[:, :count], values)
            assert found.tobytes() == expected.tobytes(), count


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), wide=st.integers(1, 4000))
def test_so_they_are_of_few_points_however_they_lie(seed: int, n: int, wide: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, wide, n), rng.integers(0, rng.integers(1, 300), n)
    places = np.column_stack([rng.integers(-50, 2 * wide, 30) / 2, rng.integers(-50, 500, 30) / 2])
    count, values = int(rng.integers(1, n + 1)), rng.normal(size=n)
    expected = _deviations_of_all(x, y, values, places, count)
    assert measure_deviations(x, y, values, places, count).tobytes() == expected.tobytes()


@pytest.mark.parametrize("in_order", [True, False], ids=["by rows", "in any order"])
def test_of_points_that_are_equally_near_the_first_are_taken(in_order: bool) -> None:
    rng = np.random.default_rng(8)
    y, x = (each.ravel() for each in np.mgrid[0:40, 0:40])
    order = np.arange(x.size) if in_order else rng.permutation(x.size)
    x, y, values = x[order], y[order], rng.normal(size=x.size)
    places = np.column_stack([x, y]).astype(np.float64)
    for count in (2, 3, 7, 50):
        expected = _deviations_of_all(x, y, values, places, count)
        assert measure_deviations(x, y, values, places, count).tobytes() == expected.tobytes()


def test_points_that_are_all_wanted_or_lie_on_one_another_are_found() -> None:
    x, y = np.array([5, 5, 5, 8]), np.array([2, 2, 2, 2])
    values = np.array([1.0, 2.0, 4.0, 8.0])
    places = np.array([[5.0, 2.0], [100.0, 2.0]])
    assert measure_deviations(x, y, values, places, 2).tolist() == [0.5, 3.5]
    assert measure_deviations(x, y, values, places, 4).tolist() == [1.5, 1.5]
    assert measure_deviations(x, y, values, np.empty((0, 2)), 2).tolist() == []
    far = np.array([[1e300, 0.0], [-1e9, 1e9]])
    assert np.isfinite(measure_deviations(x, y, values, far, 2)).all()


def test_what_is_known_of_the_same_places_is_found_once_and_no_other() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 300, (2, 500))
    places, values = rng.uniform(0, 300, (40, 2)), rng.normal(size=500)
    known = KnownNeighbours()
    assert known.find(x, y, places, 20) is known.find(x.copy(), y, places.copy(), 20)
    for others in ((y, x, places, 20), (x, y, places + 1, 20), (x, y, places, 21)):
        found = known.find(*others).measure_deviations(values)
        assert found.tobytes() == _deviations_of_all(*others[:2], values, *others[2:]).tobytes()
