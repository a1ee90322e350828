"""The points nearest to each of many places, and how values of them scatter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np

from skyseg import _loops
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.types import FloatArray, Int32Array, IntArray

# from where on, in pixels, a place that is farther away is as good as this one
_FARTHEST: Final = 1e9
_AT_ONCE: Final = (2048, 16384)
_PARTS: Final = 32
_MOST_BYTES: Final = 2**29
"""Of all lists that are kept."""


@dataclass(frozen=True, eq=False)
class _Runs:
    """Points of some of the places, as `_loops.find_nearest` lists them."""

    places: slice
    first: Int32Array
    stop: Int32Array
    begin: IntArray


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The points that are nearest to each of some places.

    Attributes
    ----------
    count : int
        How many are listed for each place.
    order : ndarray of int64, shape (n,)
        Numbers of the points, by the rows in which they are listed.
    place_order : ndarray of int64, shape (m,)
        Numbers of the places, in the order in which they are listed.
    runs : tuple of _Runs
        Lists of some places each.
    """

    count: int
    order: IntArray
    place_order: IntArray
    runs: tuple[_Runs, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes."""
        lists = [array for each in self.runs for array in (each.first, each.stop, each.begin)]
        return sum(array.nbytes for array in (self.order, self.place_order, *lists))

    def measure_deviations(self, values: FloatArray) -> FloatArray:
        """Measure how the values of the points of each place scatter.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            A value of each point, finite.

        Returns
        -------
        ndarray of float64, shape (m,)
            Median absolute deviations.
        """
        by_rows = np.asarray(values, np.float64)[self.order]
        measured = np.empty(self.place_order.size)

        def measure(some: _Runs) -> None:
            _loops.measure_deviations(
                first=some.first, stop=some.stop, begin=some.begin, count=self.count,
                values=by_rows, out=measured[some.places],
            )  # fmt: skip

        for _ in ThreadMapper()(measure, self.runs):
            pass
        found = np.empty(self.place_order.size)
        found[self.place_order] = measured
        return found


def find_neighbours(x: IntArray, y: IntArray, places: FloatArray, count: int) -> Neighbours:
    """Find the points that are nearest to each of some places.

    Parameters
    ----------
    x, y : ndarray of int64, shape (n,)
        The points.
    places : ndarray of float64, shape (m, 2)
        x and y of the places, finite.
    count : int
        How many points are taken of each, from 1 to n. Of points at one distance those that are
        given first are nearer.

    Examples
    --------
    >>> x, y = np.array([0, 5, 6, 9]), np.array([0, 0, 0, 0])
    >>> found = find_neighbours(x, y, np.array([[5.5, 1.0]]), 2)
    >>> found.measure_deviations(np.array([1.0, 2.0, 4.0, 8.0])).tolist()
    [1.0]
    """
    order = _sort_by_rows(x, y)
    across, down = x[order].astype(np.float64), y[order].astype(np.float64)
    begin = np.flatnonzero(np.diff(down, prepend=-np.inf, append=np.inf))
    place_order = _order_places(places, (down[-1] - down[0]) / begin.size + 1)
    at = np.clip(places[place_order], -_FARTHEST, _FARTHEST)

    def find(some: slice) -> _Runs:
        found = _loops.find_nearest(
            x=across, number=order, y=down[begin[:-1]], begin=begin, at_x=at[some, 0].copy(),
            at_y=at[some, 1].copy(), count=count,
        )  # fmt: skip
        return _Runs(some, **found)

    return Neighbours(count, order, place_order, tuple(ThreadMapper()(find, _cut(len(at)))))


class KnownNeighbours:
    """Lists of nearest points that were found before, for others that lie in the same places.

    The apertures of bands that cover the same pixels do.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: list[tuple[IntArray, IntArray, FloatArray, Neighbours]] = []

    def find(self, x: IntArray, y: IntArray, places: FloatArray, count: int) -> Neighbours:
        """Find the points that are nearest to each place; as `find_neighbours`."""
        with self._lock:
            for has_x, has_y, has_places, known in self._kept:
                if known.count == count and all(
                    np.array_equal(*pair) for pair in ((has_x, x), (has_y, y), (has_places, places))
                ):
                    return known
            found = find_neighbours(x, y, places, count)
            if sum(each[-1].nbytes for each in self._kept) + found.nbytes <= _MOST_BYTES:
                self._kept.append((x, y, places, found))
            return found


FindNeighbours = Callable[[IntArray, IntArray, FloatArray, int], Neighbours]
"""`find_neighbours`, or what knows of some before."""


def _sort_by_rows(x: IntArray, y: IntArray) -> IntArray:
    down = np.diff(y)
    if np.all((down > 0) | ((down == 0) & (np.diff(x) >= 0))):
        return np.arange(x.size)
    return np.lexsort((x, y))


def _cut(length: int) -> list[slice]:
    step = min(max(length // _PARTS, _AT_ONCE[0]), _AT_ONCE[1])
    return [slice(first, min(first + step, length)) for first in range(0, length, step)]


def _order_places(places: FloatArray, side: float) -> IntArray:
    """Order places so that each is near to the one before it: by rows, to and fro."""
    row = places[:, 1] // side
    return np.lexsort((np.where(row % 2 == 0, places[:, 0], -places[:, 0]), row))
