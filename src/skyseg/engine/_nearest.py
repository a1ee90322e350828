"""Means over the nearest of some points of a grid, in time that goes with the grid."""

from __future__ import annotations

import numpy as np

from skyseg.engine._spans import list_spans
from skyseg.engine.types import BoolImage, FloatImage, IntArray


def average_nearest(good: BoolImage, *values: FloatImage) -> tuple[FloatImage, ...]:
    """Replace what is not good by the mean of the nearest good values.

    Parameters
    ----------
    good : ndarray of bool, shape (ny, nx)
        Points that keep their values; at least one is good.
    *values : ndarray of float32, shape (ny, nx)
        Values at the points.

    Returns
    -------
    tuple of ndarray of float32, shape (ny, nx)
        Copies, in which each other point has the mean of all good points that are
        nearest to it, those at equal distance taken row by row.

    Notes
    -----
    The squared distance to the nearest good point is a whole number, exact. The good
    points at just that distance lie at offsets whose squares add up to it, of which
    there are pi on average, so that few are tried.
    """
    y, x = np.nonzero(~good)
    if not len(y):
        return tuple(each.copy() for each in values)
    distance2 = find_distances(good)
    order = np.argsort(distance2[y, x], kind="stable")
    y, x = y[order], x[order]
    wanted, count = np.unique(distance2[y, x], return_counts=True)
    dy, dx, group = _offsets(wanted, good.shape)
    begin = np.searchsorted(group, np.arange(len(wanted)))
    tried = np.diff(begin, append=len(group))
    # every point with every offset of its distance, those of a point row by row
    point, offset = _pairs(np.repeat(begin, count), np.repeat(tried, count))
    to_y, to_x = y[point] + dy[offset], x[point] + dx[offset]
    inside = (to_y >= 0) & (to_y < good.shape[0]) & (to_x >= 0) & (to_x < good.shape[1])
    inside[inside] = good[to_y[inside], to_x[inside]]
    point, to_y, to_x = point[inside], to_y[inside], to_x[inside]
    neighbours = np.bincount(point, minlength=len(y))
    start = np.cumsum(neighbours) - neighbours
    filled = tuple(each.copy() for each in values)
    for number in np.unique(neighbours):
        points = np.flatnonzero(neighbours == number)
        places = start[points][:, None] + np.arange(number)
        for out, each in zip(filled, values, strict=True):
            out[y[points], x[points]] = each[to_y[places], to_x[places]].mean(axis=1)
    return filled


def find_distances(good: BoolImage) -> IntArray:
    """Find the squared distance of each point to the nearest good one, in grid steps.

    Parameters
    ----------
    good : ndarray of bool, shape (ny, nx)
        At least one is good.

    Returns
    -------
    ndarray of int64, shape (ny, nx)

    Notes
    -----
    Meijster, Roerdink & Hesselink (2000): distances along the columns, then along each
    row the lower envelope of the parabolas that they give; all rows at once.
    """
    ny, nx = good.shape
    column2 = _along_columns(good) ** 2
    rows = np.arange(ny)
    # the parabolas of the envelope of each row, and the first place where each is lowest
    centre, begin = np.zeros((2, ny, nx), np.int64)
    top = np.zeros(ny, np.int64)
    for x in range(1, nx):
        tried = rows
        while len(tried):
            place, last = begin[tried, top[tried]], centre[tried, top[tried]]
            lowest = (place - last) ** 2 + column2[tried, last]
            tried = tried[lowest > (place - x) ** 2 + column2[tried, x]]
            top[tried] -= 1
            tried = tried[top[tried] >= 0]
        last = centre[rows, np.maximum(top, 0)]
        difference = x * x - last * last + column2[:, x] - column2[rows, last]
        crossing = np.where(top < 0, 0, difference // (2 * (x - last)) + 1)
        seen = np.flatnonzero(crossing < nx)
        top[seen] += 1
        centre[seen, top[seen]], begin[seen, top[seen]] = x, crossing[seen]
    out = np.empty((ny, nx), np.int64)
    for x in range(nx - 1, -1, -1):
        last = centre[rows, top]
        out[:, x] = (x - last) ** 2 + column2[rows, last]
        top -= begin[rows, top] == x
    return out


def _along_columns(good: BoolImage) -> IntArray:
    """Distance to the nearest good point of the column; ny + nx where it has none."""
    ny, nx = good.shape
    far = ny + nx
    row = np.arange(ny)[:, None]
    above = np.maximum.accumulate(np.where(good, row, -far), axis=0)
    below = np.minimum.accumulate(np.where(good, row, ny + far)[::-1], axis=0)[::-1]
    distance: IntArray = np.minimum(np.minimum(row - above, below - row), far)
    return distance


def _offsets(wanted: IntArray, shape: tuple[int, ...]) -> tuple[IntArray, IntArray, IntArray]:
    """Offsets on a grid whose squared lengths are wanted: dy, dx, and which one of ``wanted``.

    They are ordered by length, then row by row.
    """
    dy, dx = np.ogrid[: shape[0], : shape[1]]
    length2 = dy * dy + dx * dx
    place = np.minimum(np.searchsorted(wanted, length2), len(wanted) - 1)
    y, x = np.nonzero(wanted[place] == length2)
    # the other quadrants; what lies on an axis is there twice, and once is enough
    signs = [(y, x), (-y[y > 0], x[y > 0]), (y[x > 0], -x[x > 0])]
    both = (y > 0) & (x > 0)
    signs.append((-y[both], -x[both]))
    y = np.concatenate([each[0] for each in signs])
    x = np.concatenate([each[1] for each in signs])
    group = np.searchsorted(wanted, y * y + x * x)
    order = np.lexsort((x, y, group))
    return y[order], x[order], group[order]


def _pairs(begin: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """Numbers from ``begin`` on, ``count`` of them, for each point: the point, the number."""
    point = np.repeat(np.arange(len(begin)), count)
    return point, list_spans(begin, count)
