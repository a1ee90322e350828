"""The points nearest to each of many places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
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


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Which points are nearest to each of some places.

    Attributes
    ----------
    count : int
        How many are, of each.
    """

    _cells: _Cells
    _places: FloatArray
    _order: IntArray
    _reach2: FloatArray
    _last: IntArray
    count: int

    def gather(self, values: FloatArray) -> Iterator[tuple[IntArray, FloatArray]]:
        """List a value of each of the points.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            That of each point.

        Yields
        ------
        which : ndarray of int64, shape (k,)
            Some of the places; each comes once.
        nearest : ndarray of float64, shape (k, count)
            Values of the points nearest to each, in no order.
        """
        in_cells = np.asarray(values, np.float64)[self._cells["number"]]
        return ThreadMapper()(partial(self._gather, in_cells), _cut(len(self._order)))

    def _gather(self, values: FloatArray, some: slice) -> tuple[IntArray, FloatArray]:
        at = self._places[some]
        found = np.empty((len(at), self.count))
        _loops.gather_within(
            **self._cells, at_x=at[:, 0].copy(), at_y=at[:, 1].copy(), reach2=self._reach2[some],
            last=self._last[some], values=values, out=found,
        )  # fmt: skip
        return self._order[some], found


def find_neighbours(x: IntArray, y: IntArray, places: FloatArray, count: int) -> Neighbours:
    """Find the points that are nearest to each of some places.

    Parameters
    ----------
    x, y : ndarray of int64, shape (n,)
        The points.
    places : ndarray of float64, shape (m, 2)
        x and y of the places, finite.
    count : int
        How many are wanted, from 1 to n. Of points at one distance those that are given first
        are nearer.

    Returns
    -------
    Neighbours

    Examples
    --------
    >>> x, y = np.array([0, 5, 6, 9]), np.array([0, 0, 0, 0])
    >>> found = find_neighbours(x, y, np.array([[5.5, 1.0]]), 2)
    >>> [(which, nearest)] = found.gather(np.array([10.0, 15.0, 16.0, 19.0]))
    >>> sorted(nearest[0].tolist())
    [15.0, 16.0]
    """
    cells = _sort_into_cells(x, y)
    order = _order_places(cells, places)
    at = np.clip(places[order], -_FARTHEST, _FARTHEST)
    reach2, last = np.empty(len(at)), np.empty(len(at), np.int64)

    def find(some: slice) -> None:
        _loops.find_reach(
            **cells, at_x=at[some, 0].copy(), at_y=at[some, 1].copy(), count=count,
            reach2=reach2[some], last=last[some],
        )  # fmt: skip

    for _ in ThreadMapper()(find, _cut(len(at))):
        pass
    return Neighbours(cells, at, order, reach2, last, count)


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
