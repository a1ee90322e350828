"""Means over nearest points: the same bytes as by comparing every point with every other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyseg.engine._nearest import average_nearest, find_distances
from skyseg.engine._neighbours import find_neighbours
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


def _list_nearest(x: IntArray, y: IntArray, places: FloatArray, count: int) -> FloatArray:
    """Numbers of the nearest points, a row a place, in order."""
    found = np.full((len(places), count), -1.0)
    for which, nearest in find_neighbours(x, y, places, count).gather(np.arange(x.size)):
        assert np.all(found[which] == -1)
        found[which] = np.sort(nearest, axis=1)
    return found


@pytest.mark.parametrize("count", [1, 2, 30, 200, 400])
@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_points_are_those_of_a_comparison_with_all(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.nonzero(rng.random((90, 70)) < 0.3)
    keep = (x < 20) | (x > 50) | (y < 60)  # a part of the image without any
    x, y = 3 * x[keep] + 11, 3 * y[keep] + 7
    order = rng.permutation(x.size)
    x, y = x[order], y[order]
    places = np.concatenate([
        np.column_stack([x, y]).astype(np.float64),
        rng.integers(0, 600, (200, 2)) / 2,
        rng.uniform(-1e4, 1e4, (50, 2)),
        [[1e300, 0.0], [-1e9, 1e9]],
    ])  # fmt: skip
    found = _list_nearest(x, y, places, count)
    for place, nearest in zip(places, found, strict=True):
        with np.errstate(over="ignore"):
            distance2 = (x - place[0]) ** 2 + (y - place[1]) ** 2
        # of points at one distance those that are given first
        expected = np.argsort(distance2, kind="stable")[:count]
        if np.abs(place).max() < 1e5:
            assert np.array_equal(nearest, np.sort(expected))
        assert len(set(nearest.tolist())) == count
        assert nearest.min() >= 0


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 60), wide=st.integers(1, 4000))
def test_so_they_are_of_few_points_however_they_lie(seed: int, n: int, wide: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, wide, n), rng.integers(0, rng.integers(1, 300), n)
    places = np.column_stack([rng.integers(-50, 2 * wide, 30) / 2, rng.integers(-50, 500, 30) / 2])
    count = int(rng.integers(1, n + 1))
    expected = [
        np.sort(np.argsort((x - a) ** 2 + (y - b) ** 2, kind="stable")[:count]) for a, b in places
    ]
    assert np.array_equal(_list_nearest(x, y, places, count), expected)


def test_points_that_are_all_wanted_or_lie_on_one_another_are_found() -> None:
    x, y = np.array([5, 5, 5, 8]), np.array([2, 2, 2, 2])
    places = np.array([[5.0, 2.0], [100.0, 2.0]])
    assert _list_nearest(x, y, places, 2).tolist() == [[0, 1], [0, 3]]
    assert _list_nearest(x, y, places, 4).tolist() == [[0, 1, 2, 3], [0, 1, 2, 3]]
    assert list(find_neighbours(x, y, np.empty((0, 2)), 2).gather(np.arange(4))) == []
