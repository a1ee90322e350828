"""How values scatter of the points nearest to each of many places."""

from __future__ import annotations

from typing import Final, TypedDict

import numpy as np

from skyseg import _loops
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import FloatArray, IntArray

_POINTS_A_CELL: Final = 4
_MOST_CELLS_A_SIDE: Final = 4096
# from where on, in pixels, a place that is farther away is as good as this one
_FARTHEST: Final = 1e9
_AT_ONCE: Final = 4096


class _Cells(TypedDict):
    """Points in square cells, as the loops have them.

    ``x`` and ``y`` are by cell, ``number`` is which each was, and those of a cell are from its
    value of ``begin`` to the next one.
    """

    x: FloatArray
    y: FloatArray
    number: IntArray
    begin: IntArray
    columns: int
    left: float
    top: float
    side: float


def measure_deviations(
    x: IntArray, y: IntArray, values: FloatArray, places: FloatArray, count: int
) -> FloatArray:
    """Measure how the values of the points that are nearest to each of some places scatter.

    Parameters
    ----------
    x, y : ndarray of int64, shape (n,)
        The points.
    values : ndarray of float64, shape (n,)
        A value of each, finite.
    places : ndarray of float64, shape (m, 2)
        x and y of the places, finite.
    count : int
        How many points are taken of each, from 1 to n. Of points at one distance those that are
        given first are nearer.

    Returns
    -------
    ndarray of float64, shape (m,)
        Median absolute deviations.

    Examples
    --------
    >>> x, y = np.array([0, 5, 6, 9]), np.array([0, 0, 0, 0])
    >>> values, places = np.array([1.0, 2.0, 4.0, 8.0]), np.array([[5.5, 1.0]])
    >>> measure_deviations(x, y, values, places, 2).tolist()
    [1.0]
    """
    cells = _sort_into_cells(x, y)
    order = _order_places(cells, places)
    at = np.clip(places[order], -_FARTHEST, _FARTHEST)
    in_cells = np.asarray(values, np.float64)[cells["number"]]
    measured = np.empty(len(at))

    def measure(some: slice) -> None:
        _loops.measure_deviations(
            **cells, at_x=at[some, 0].copy(), at_y=at[some, 1].copy(), count=count,
            values=in_cells, out=measured[some],
        )  # fmt: skip

    for _ in ThreadMapper()(measure, _cut(len(at))):
        pass
    found = np.empty(len(at))
    found[order] = measured
    return found


def _cut(length: int) -> list[slice]:
    return [slice(first, first + _AT_ONCE) for first in range(0, length, _AT_ONCE)]


def _sort_into_cells(x: IntArray, y: IntArray) -> _Cells:
    left, top = float(x.min()), float(y.min())
    width, height = float(x.max()) - left + 1, float(y.max()) - top + 1
    side = np.sqrt(width * height * _POINTS_A_CELL / x.size)
    side = max(float(side), max(width, height) / _MOST_CELLS_A_SIDE, 1.0)
    rows, columns = int(height // side) + 1, int(width // side) + 1
    cell = ((y - top) // side).astype(np.int64) * columns + ((x - left) // side).astype(np.int64)
    order = np.argsort(cell, kind="stable")
    counts = np.bincount(cell, minlength=rows * columns)
    return _Cells(
        x=x[order].astype(np.float64), y=y[order].astype(np.float64), number=order,
        begin=np.append(0, np.cumsum(counts)), columns=columns, left=left, top=top, side=side,
    )  # fmt: skip


def _order_places(cells: _Cells, places: FloatArray) -> IntArray:
    """Order places so that each is near to the one before it: by rows, to and fro."""
    row = (places[:, 1] - cells["top"]) // cells["side"]
    return np.lexsort((np.where(row % 2 == 0, places[:, 0], -places[:, 0]), row))
