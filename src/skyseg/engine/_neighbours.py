"""The points nearest to each of many places: places that are near to one another share a search."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from skyseg.engine._spans import list_spans
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import FloatArray, IntArray

_POINTS_A_CELL: Final = 6
# how many cells a place may be beside all points, and its points around it, to share a search
_FAR: Final = 4
_WIDEST: Final = 12
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
    """

    x: FloatArray
    y: FloatArray
    side: float
    left: float
    top: float
    shape: tuple[int, int]
    order: IntArray
    begin: IntArray


class _Group(NamedTuple):
    """Places in some cells, and how far around these points can be wanted.

    Attributes
    ----------
    cells : ndarray of int64, shape (m,)
        The cells.
    which : ndarray of int64, shape (p,)
        The places, by cell.
    own : ndarray of int64, shape (p,)
        Which of the cells each is in.
    reach : float
        In sides of a cell, from its middle.
    """

    cells: IntArray
    which: IntArray
    own: IntArray
    reach: float


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
    used, own = np.unique(cell, return_inverse=True)
    least = _find_least(cells, used, count)[own]
    far = (away > _FAR) | np.isinf(least)
    near = np.flatnonzero(~far)
    groups = _group(cells, cell[near], least[near] + 2 * away[near], near, count)
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
    return _Cells(
        np.append(x.astype(np.float64), np.inf), np.append(y.astype(np.float64), np.inf), side,
        left, top, shape, np.argsort(cell, kind="stable"), np.append(0, np.cumsum(counts)),
    )  # fmt: skip


def _find_cells(cells: _Cells, places: FloatArray) -> IntArray:
    """Find the cell that each place is in, or is beside."""
    column = np.clip((places[:, 0] - cells.left) // cells.side, 0, cells.shape[1] - 1)
    row = np.clip((places[:, 1] - cells.top) // cells.side, 0, cells.shape[0] - 1)
    return row.astype(np.int64) * cells.shape[1] + column.astype(np.int64)


def _group(
    cells: _Cells, cell: IntArray, reach_of: FloatArray, near: IntArray, count: int
) -> Iterator[_Group]:
    """Put places together that are in one cell, and cells around which one disc is enough."""
    if not near.size:
        return
    order = np.argsort(cell, kind="stable")
    used, begin = np.unique(cell[order], return_index=True)
    end = np.append(begin[1:], order.size)
    reach = np.ceil(np.maximum.reduceat(reach_of[order], begin) * 2) / 2
    order = near[order]
    for each in np.unique(reach):
        same = np.flatnonzero(reach == each)
        heavy = (end - begin)[same] + 2
        heavy *= min(int(4 * each**2 + 1) * max(_POINTS_A_CELL, count // 32), cells.order.size)
        parts = np.cumsum(heavy) // (4 * _AT_ONCE)
        for some in np.split(same, np.flatnonzero(np.diff(parts)) + 1):
            sizes = end[some] - begin[some]
            own = np.repeat(np.arange(some.size), sizes)
            which = order[list_spans(begin[some], sizes)]
            yield _Group(used[some], which, own, float(each))


def _find_middles(cells: _Cells, cell: IntArray) -> FloatArray:
    row, column = np.divmod(cell, cells.shape[1])
    return np.column_stack([
        cells.left + (column + 0.5) * cells.side, cells.top + (row + 0.5) * cells.side,
    ])  # fmt: skip


def _find_least(cells: _Cells, cell: IntArray, count: int) -> FloatArray:
    """Find how far around the middle of a cell, in sides, there surely are enough points."""
    least = np.full(cell.size, np.inf)
    short = np.arange(cell.size)
    for radius in np.arange(1.0, _WIDEST, 0.5):
        row, left, right = _cut_discs(cells, cell[short], radius, whole=True)
        begin = cells.begin[row * cells.shape[1] + left]
        held = np.maximum(cells.begin[row * cells.shape[1] + right] - begin, 0).sum(axis=1)
        least[short[held >= count]] = radius
        short = short[held < count]
    return least


def _cut_discs(
    cells: _Cells, cell: IntArray, radius: float, *, whole: bool
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the cells in a disc around each of some cells: rows, and first and last columns.

    Each has shape (n, rows of the disc). The disc has the cells that are in it as a whole, or
    all that it touches; a row beyond the image has none.
    """
    edge = 0.5 if whole else -0.5
    down = np.arange(-int(radius + 1), int(radius + 1) + 1)
    across2 = radius**2 - np.maximum(np.abs(down) + edge, 0) ** 2
    half = np.floor(np.sqrt(np.maximum(across2, 0)) - edge).astype(np.int64)
    half[(across2 < 0) | (half < 0)] = -1
    row, column = (each[:, None] for each in np.divmod(cell, cells.shape[1]))
    row = row + down
    outside = (row < 0) | (row >= cells.shape[0]) | (half < 0)
    left, right = np.maximum(column - half, 0), np.minimum(column + half + 1, cells.shape[1])
    return np.clip(row, 0, cells.shape[0] - 1), left, np.where(outside, left, right)


def _find(
    cells: _Cells, places: FloatArray, count: int, group: _Group
) -> tuple[IntArray, IntArray]:
    """Find the points nearest to the places of a group."""
    known = _list_near(cells, places, count, group)
    x, y = cells.x[known], cells.y[known]
    at = places[group.which]
    found = _choose(x[group.own], y[group.own], at, count)
    return group.which, known[group.own[:, None], found]


def _list_near(cells: _Cells, places: FloatArray, count: int, group: _Group) -> IntArray:
    """List the points that any place of a cell can want, in their order, a row a cell."""
    known = _list_discs(cells, group)
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


def _list_discs(cells: _Cells, group: _Group) -> IntArray:
    """List the points in the disc around each cell, a row a cell, filled up with the last."""
    row, left, right = _cut_discs(cells, group.cells, group.reach, whole=False)
    begin = cells.begin[row * cells.shape[1] + left].ravel()
    size = cells.begin[row * cells.shape[1] + right].ravel() - begin
    point = cells.order[list_spans(begin, size)]
    held = size.reshape(row.shape).sum(axis=1)
    known = np.full((held.size, held.max()), cells.order.size)
    known[np.arange(held.max()) < held[:, None]] = point
    return known


def _choose(x: FloatArray, y: FloatArray, at: FloatArray, count: int) -> IntArray:
    """Choose the nearest of the points of each row, and return their numbers in it."""
    key = _square_distances(x, y, at).view(np.int64)
    key &= ~_NUMBERS
    key |= np.arange(key.shape[1])
    found: IntArray = np.partition(key, count - 1, axis=1)[:, :count] & _NUMBERS
    return found


def _find_from_afar(x: IntArray, y: IntArray, places: FloatArray, count: int) -> IntArray:
    """Find the points nearest to places that are far from most, one by one."""
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
