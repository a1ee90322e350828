"""Pixels above the threshold of a whole image, kept for a second look at it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from skyseg.engine.runs import Runs
from skyseg.engine.thresholding import Foreground
from skyseg.engine.types import FloatArray, IntArray

_MOST_BYTES: Final = 2**26


class SeenSources(NamedTuple):
    """Sources before CLEAN, in the order in which a scan completes their regions.

    Attributes
    ----------
    runs : Runs
        Pixels of each of the n sources, and of none.
    flux : ndarray of float64, shape (n,)
        Filtered light of each.
    """

    runs: Runs
    flux: FloatArray


class SeenPixels:
    """Pixels above the threshold of the strips of an image, from the first rows on.

    Attributes
    ----------
    sources : SeenSources or None
        The sources that they were parted into, as soon as that is known.
    """

    def __init__(self) -> None:
        self._strips: list[Foreground] = []
        self._bytes = 0
        self.sources: SeenSources | None = None

    @property
    def is_whole(self) -> bool:
        """False where all together take more than 64 MiB; then none are kept."""
        return self._bytes <= _MOST_BYTES

    def add(self, strip: Foreground) -> None:
        """Take filtered light and threshold of those of the next strip."""
        self._bytes += strip.values.nbytes + strip.start.nbytes + strip.length.nbytes
        self._strips = [*self._strips, strip] if self.is_whole else []

    def rows(self, first: int, stop: int) -> Foreground:
        """Return those of some rows."""
        taken = [_take_rows(strip, first, stop) for strip in self._strips]
        return Foreground.join([each for each in taken if len(each.start)] or taken[:1])


def _take_rows(strip: Foreground, first: int, stop: int) -> Foreground:
    width = strip.shape[1]
    low, high = np.searchsorted(strip.start, (first * width, stop * width))
    before, pixels = strip.length[:low].sum(), strip.length[low:high].sum()
    values = strip.values[:, before : before + pixels]
    return Foreground(strip.shape, strip.start[low:high], strip.length[low:high], values)


def find_places(found: Foreground, start: IntArray, length: IntArray) -> IntArray:
    """Find where, among the pixels of a foreground, those of some runs begin.

    Parameters
    ----------
    found : Foreground
        The pixels.
    start, length : ndarray of int64, shape (n,)
        Flat index of the first pixel of each run, and number of its pixels.

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 of runs that are not in it with all of their pixels.

    Examples
    --------
    >>> values = np.zeros((2, 7), np.float32)
    >>> found = Foreground((2, 10), np.array([2, 11]), np.array([3, 4]), values)
    >>> find_places(found, np.array([1, 3, 13]), np.array([2, 2, 2])).tolist()
    [-1, 1, 5]
    """
    if not len(found.start):
        return np.full(len(start), -1)
    run = np.searchsorted(found.start, start, side="right") - 1
    inside = start - found.start[run]
    is_there = (run >= 0) & (inside + length <= found.length[run])
    first = np.cumsum(found.length) - found.length
    return np.where(is_there, first[run] + inside, -1)
