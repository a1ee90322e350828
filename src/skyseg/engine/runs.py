"""Pixels of sources as runs along the rows, and the maps that are drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from skyseg import _loops
from skyseg.engine._compact import Compact
from skyseg.engine._spans import list_spans
from skyseg.engine.detection import PixelLists
from skyseg.engine.rows import Window
from skyseg.engine.types import IntArray, LabelImage


@dataclass(frozen=True, eq=False)
class Runs(Compact):
    """Runs of pixels along the rows, ascending.

    Attributes
    ----------
    start, length : ndarray of int64, shape (n,)
        Flat index of the first pixel, and number of pixels.
    source : ndarray of int64, shape (n,)
        Source that has them; -1 for detected pixels of no source.
    """

    start: IntArray
    length: IntArray
    source: IntArray

    @classmethod
    def join(cls, parts: Sequence[Runs]) -> Runs:
        """Join lists of runs to one."""
        start = np.concatenate([part.start for part in parts])
        order = np.argsort(start)
        length = np.concatenate([part.length for part in parts])
        source = np.concatenate([part.source for part in parts])
        return cls(start[order], length[order], source[order])

    @classmethod
    def of(cls, pixels: PixelLists) -> Runs:
        """Gather the pixels of objects."""
        return cls._gather(pixels.index, pixels.start, pixels.shape[1])

    @classmethod
    def of_small(cls, small: IntArray, width: int) -> Runs:
        """Gather detected pixels of no source, in an image of some width."""
        runs = cls._gather(small, np.array([0, len(small)]), width)
        return cls(runs.start, runs.length, np.full(len(runs.start), -1))

    @classmethod
    def _gather(cls, index: IntArray, first: IntArray, width: int) -> Runs:
        found = _loops.runs_of(index=index, first=first, width=width)
        order = np.argsort(found["start"])
        return cls(found["start"][order], found["length"][order], found["source"][order])

    def list_pixels(self, shape: tuple[int, int], sources: IntArray) -> PixelLists:
        """Pixels of some sources, ascending, in an image of some shape; without values.

        Parameters
        ----------
        shape : tuple of int
            Shape (ny, nx) of the image.
        sources : ndarray of int64, shape (n,)
            The sources, ascending.
        """
        own, first = self.find_own(sources)
        index = _loops.gather(
            start=own.start, length=own.length, values=np.empty((0, first[-1]), np.float32),
            place=own.source, first=first,
        )["index"]  # fmt: skip
        none = np.empty(0, np.float32)
        return PixelLists(shape, first, index, none, none)

    def find_own(self, sources: IntArray) -> tuple[Runs, IntArray]:
        """Find the runs of some sources, and where the list of pixels of each begins.

        Parameters
        ----------
        sources : ndarray of int64, shape (n,)
            The sources, ascending.

        Returns
        -------
        runs : Runs
            Their sources are places among these.
        first : ndarray of int64, shape (n + 1,)
            As `PixelLists` has it.
        """
        place = np.searchsorted(sources, self.source)
        is_own = (np.append(sources, -1)[place] == self.source) & (self.source >= 0)
        own = np.flatnonzero(is_own)
        runs = Runs(self.start[own], self.length[own], place[own])
        area = np.bincount(runs.source, weights=runs.length, minlength=len(sources))
        return runs, np.concatenate([[0], np.cumsum(area.astype(np.int64))])

    def rows(self, first: int, stop: int, width: int) -> Runs:
        """Return the runs of some rows."""
        return self.take(slice(*np.searchsorted(self.start, (first * width, stop * width))))

    def within(self, part: Window, width: int) -> Runs:
        """Return the runs that reach into a part; the time it takes goes with the part."""
        left = np.arange(part.y0, part.y1) * width
        low = np.searchsorted(self.start, left + max(part.x0 - self._longest, 0))
        high = np.searchsorted(self.start, left + part.x1)
        index = list_spans(low, high - low)
        column = self.start[index] % width
        return self.take(index[column + self.length[index] > part.x0])

    @cached_property
    def _longest(self) -> int:
        return int(self.length.max(initial=0))

    def take(self, which: slice | IntArray) -> Runs:
        """Return some of the runs."""
        return Runs(self.start[which], self.length[which], self.source[which])

    def named(self, source: IntArray) -> Runs:
        """Return the runs of sources that are called otherwise, as ``source`` has it of each."""
        return Runs(self.start, self.length, source[self.source])


NO_RUNS: Final = Runs(*np.empty((3, 0), np.int64))


@dataclass(frozen=True)
class Drawing(Compact):
    """Runs to be drawn on a part of an image.

    Attributes
    ----------
    runs : Runs
        The runs.
    numbers : ndarray of int32, shape (n,)
        What is drawn in the pixels of each.
    window : Window
        The part.
    width : int
        Columns of the whole image.
    """

    runs: Runs
    numbers: LabelImage
    window: Window
    width: int

    def draw(self) -> LabelImage:
        """Draw the part.

        Returns
        -------
        ndarray of int32, shape (y1 - y0, x1 - x0)
        """
        part = self.window
        image = np.zeros((part.y1 - part.y0, part.x1 - part.x0), np.int32)
        runs = self.runs
        _loops.draw_runs(
            out=image, start=runs.start, length=runs.length, names=self.numbers, top=part.y0,
            left=part.x0, width=self.width,
        )  # fmt: skip
        return image
