"""The points nearest to each of many places: places that are near to one another share a search."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import FloatArray, IntArray

_POINTS_A_CELL: Final = 6
# cells beside all points at which a place no longer shares its search
_FAR: Final = 4
# from where on, in pixels, a place that is farther away is as good as this one
_FARTHEST: Final = 1e9
_AT_ONCE: Final = 60_000
# lowest bits of a squared distance that give way to the number of a point, so that one sort
# orders both: of 52, those of distances between pixels are left
_NUMBER_BITS: Final = 20
_NUMBERS: Final = (1 << _NUMBER_BITS) - 1


class _Cells(NamedTuple):
    """Points in square cells.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n + 1,)
        The points, and after them one that is infinitely far.
    side : float
        Side of a cell.
    left, top : float
        Where the first cell begins.
    shape : tuple of int
        Rows and columns of cells.
    order : ndarray of int64, shape (n,)
        The points by cell.
    begin : ndarray of int64, shape (rows * columns + 1,)
        Where those of each cell begin in that order.
    total : ndarray of int64, shape (rows + 1, columns + 1)
        Points in all cells above and left of a corner.
    """

    x: FloatArray
    y: FloatArray
    side: float
    left: float
    top: float
    shape: tuple[int, int]
    order: IntArray
    begin: IntArray
    total: IntArray


class _Group(NamedTuple):
    """Places in some cells, and half the side of the windows around these.

    Attributes
    ----------
    cells : ndarray of int64, shape (m,)
        The cells.
    which : ndarray of int64, shape (p,)
        The places, by cell.
    own : ndarray of int64, shape (p,)
        Which of the cells each is in.
    reach : int
        Cells to each side of a window, which has all points that can be wanted.
    """

    cells: IntArray
    which: IntArray
    own: IntArray
    reach: int


def find_nearest(
    x: IntArray, y: IntArray, places: FloatArray, count: int
) -> Iterator[tuple[IntArray, IntArray]]:
    """Find the points that are nearest to each of some places.

    Parameters
    ----------
    x, y : ndarray of int64, shape (n,)
        The points.
    places : ndarray of float64, shape (m, 2)
        x and y of the places, finite.
    count : int
        How many are wanted, at most n.

    Yields
    ------
    which : ndarray of int64, shape (k,)
        Some of the places; each comes once.
    nearest : ndarray of int64, shape (k, count)
        The points nearest to each, in no order. Of points at one distance those that are
        given first.

    Examples
    --------
    >>> x, y = np.array([0, 5, 6, 9]), np.array([0, 0, 0, 0])
    >>> [(which, nearest)] = find_nearest(x, y, np.array([[5.5, 1.0]]), 2)
    >>> sorted(nearest[0].tolist())
    [1, 2]
    """
    cells = _sort_into_cells(x, y, count)
    cell = _find_cells(cells, places)
    away = np.hypot(*(places - _find_middles(cells, cell)).T) / cells.side
    far = away > _FAR
    near = np.flatnonzero(~far)
    groups = _group(cells, cell, away, near, count)
    yield from ThreadMapper()(partial(_find, cells, places, count), groups)
    if far.any():
        yield np.flatnonzero(far), _find_from_afar(x, y, places[far], count)


def _sort_into_cells(x: IntArray, y: IntArray, count: int) -> _Cells:
    left, top = float(x.min()), float(y.min())
    width, height = float(x.max()) - left + 1, float(y.max()) - top + 1
    many = max(_POINTS_A_CELL, count / 32)
    side = max(np.sqrt(width * height * many / x.size), max(width, height) / 4096, 1.0)
    shape = int(height // side) + 1, int(width // side) + 1
    cell = ((y - top) // side).astype(np.int64) * shape[1] + ((x - left) // side).astype(np.int64)
    counts = np.bincount(cell, minlength=shape[0] * shape[1])
    total = np.zeros((shape[0] + 1, shape[1] + 1), np.int64)
    total[1:, 1:] = counts.reshape(shape).cumsum(axis=0).cumsum(axis=1)
    return _Cells(
        np.append(x.astype(np.float64), np.inf), np.append(y.astype(np.float64), np.inf), side,
        left, top, shape, np.argsort(cell, kind="stable"), np.append(0, np.cumsum(counts)), total,
    )  # fmt: skip


def _find_cells(cells: _Cells, places: FloatArray) -> IntArray:
    """Find the cell that each place is in, or is beside."""
    column = np.clip((places[:, 0] - cells.left) // cells.side, 0, cells.shape[1] - 1)
    row = np.clip((places[:, 1] - cells.top) // cells.side, 0, cells.shape[0] - 1)
    return row.astype(np.int64) * cells.shape[1] + column.astype(np.int64)


def _group(
    cells: _Cells, cell: IntArray, away: FloatArray, near: IntArray, count: int
) -> Iterator[_Group]:
    """Put places together that are in one cell, and cells that have windows of one size."""
    order = near[np.argsort(cell[near], kind="stable")]
    used, begin = np.unique(cell[order], return_index=True)
    end = np.append(begin[1:], order.size)
    farthest = np.maximum.reduceat(away[order], begin) if order.size else away[order]
    # all places of a cell have enough points within this of its middle
    radius = np.sqrt(2) * (_find_least(cells, used, count) + 0.5) + 2 * farthest
    reach = np.minimum(np.ceil(radius - 0.5), max(cells.shape)).astype(np.int64)
    for each in np.unique(reach):
        same = np.flatnonzero(reach == each)
        heavy = (end - begin)[same] + 2
        heavy *= np.minimum(
            (2 * each + 1) ** 2 * max(_POINTS_A_CELL, count // 32), cells.order.size
        )
        parts = np.cumsum(heavy) // (4 * _AT_ONCE)
        for some in np.split(same, np.flatnonzero(np.diff(parts)) + 1):
            sizes = end[some] - begin[some]
            own = np.repeat(np.arange(some.size), sizes)
            first = begin[some] - np.cumsum(sizes) + sizes
            yield _Group(used[some], order[np.arange(own.size) + first[own]], own, int(each))


def _find_middles(cells: _Cells, cell: IntArray) -> FloatArray:
    row, column = np.divmod(cell, cells.shape[1])
    return np.column_stack([
        cells.left + (column + 0.5) * cells.side, cells.top + (row + 0.5) * cells.side,
    ])  # fmt: skip


def _find_least(cells: _Cells, cell: IntArray, count: int) -> IntArray:
    """Find how many cells to each side there must be for a window to hold enough points."""
    least = np.zeros(cell.size, np.int64)
    short = np.arange(cell.size)
    while short.size:
        top, bottom, left, right = _cut_windows(cells, cell[short], least[short])
        total = cells.total
        held = total[bottom, right] - total[top, right] - total[bottom, left] + total[top, left]
        short = short[held < count]
        least[short] += 1
    return least


def _cut_windows(cells: _Cells, cell: IntArray, reach: IntArray | int) -> tuple[IntArray, ...]:
    """Return first and last rows, and first and last columns, of windows around cells."""
    row, column = np.divmod(cell, cells.shape[1])
    return (
        np.maximum(row - reach, 0), np.minimum(row + reach + 1, cells.shape[0]),
        np.maximum(column - reach, 0), np.minimum(column + reach + 1, cells.shape[1]),
    )  # fmt: skip


def _find(
    cells: _Cells, places: FloatArray, count: int, group: _Group
) -> tuple[IntArray, IntArray]:
    """Find the points nearest to the places of a group."""
    known = _list_near(cells, places, count, group)
    x, y = cells.x[known], cells.y[known]
    at = places[group.which]
    found = _choose(x[group.own], y[group.own], at, count)
    return group.which, np.take_along_axis(known[group.own], found, axis=1)


def _list_near(cells: _Cells, places: FloatArray, count: int, group: _Group) -> IntArray:
    """List the points that any place of a cell can want, in their order, a row a cell."""
    known = _list_windows(cells, group)
    middle = _find_middles(cells, group.cells)
    distance2 = _square_distances(cells.x[known], cells.y[known], middle)
    at = places[group.which]
    farthest = np.zeros(group.cells.size)
    np.maximum.at(farthest, group.own, np.hypot(*(at - middle[group.own]).T))
    needed = np.sqrt(np.partition(distance2, count - 1, axis=1)[:, count - 1]) + 2 * farthest
    known[distance2 > np.square(needed * (1 + 1e-9))[:, None]] = cells.order.size
    most = np.count_nonzero(known < cells.order.size, axis=1).max()
    near: IntArray = np.sort(known, axis=1)[:, :most]
    return near


def _list_windows(cells: _Cells, group: _Group) -> IntArray:
    """List the points in the window around each cell, a row a cell, filled up with the last."""
    top, bottom, left, right = _cut_windows(cells, group.cells, group.reach)
    number = np.repeat(np.arange(top.size), bottom - top)
    row = np.arange(number.size) - np.repeat(np.cumsum(bottom - top) - bottom, bottom - top)
    begin = cells.begin[row * cells.shape[1] + left[number]]
    size = cells.begin[row * cells.shape[1] + right[number]] - begin
    first = np.cumsum(size) - size
    point = cells.order[np.arange(size.sum()) + np.repeat(begin - first, size)]
    own = np.repeat(number, size)
    held = np.bincount(own, minlength=top.size)
    known = np.full((top.size, held.max()), cells.order.size)
    known[own, np.arange(own.size) - np.repeat(np.cumsum(held) - held, held)] = point
    return known


def _choose(x: FloatArray, y: FloatArray, at: FloatArray, count: int) -> IntArray:
    """Choose the nearest of the points of each row, and return their numbers in it."""
    key = _square_distances(x, y, at).view(np.int64)
    key &= ~_NUMBERS
    key |= np.arange(key.shape[1])
    found: IntArray = np.partition(key, count - 1, axis=1)[:, :count] & _NUMBERS
    return found


def _find_from_afar(x: IntArray, y: IntArray, places: FloatArray, count: int) -> IntArray:
    """Find the points nearest to places that are far from all, one by one."""
    from scipy.spatial import cKDTree

    points = np.column_stack([x, y]).astype(np.float64)
    at = np.clip(places, -_FARTHEST, _FARTHEST)
    tree = cKDTree(points)
    radius = tree.query(at, [count], workers=-1)[0][:, 0] * (1 + 1e-9)
    nearest = np.empty((len(at), count), np.int64)
    for number, near in enumerate(tree.query_ball_point(at, radius, return_sorted=True)):
        distance2 = np.square(points[near] - at[number]).sum(axis=1)
        nearest[number] = np.asarray(near)[np.argsort(distance2, kind="stable")[:count]]
    return nearest


def _square_distances(x: FloatArray, y: FloatArray, at: FloatArray) -> FloatArray:
    """Return squared distances of the points of each row from a place, in place of x."""
    x -= at[:, :1]
    y -= at[:, 1:]
    x *= x
    y *= y
    x += y
    return x
