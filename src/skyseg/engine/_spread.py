"""Sources whose pixels stay with the workers that found them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from skyseg import _loops
from skyseg.engine._compact import Compact
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.sources import Sources
from skyseg.engine.types import IntArray, LabelImage


class _Found(Protocol):
    """Pixels of sources, and detected pixels of no source."""

    @property
    def runs(self) -> Runs: ...

    @property
    def small(self) -> Runs: ...


class FoundHere(Protocol):
    """What a worker found in some rows."""

    @property
    def found(self) -> _Found: ...


@dataclass(frozen=True)
class Piece:
    """Sources whose pixels a worker has.

    Attributes
    ----------
    kept : object
        What stands for a `FoundHere` in the tasks of a mapper.
    rows : tuple of int
        First row of its pixels, be they of no source, and the one after the last.
    source : ndarray of int64, shape (n,)
        Which of all sources they are.
    boxes : ndarray of int64, shape (4, n)
        First and last row, first and last column of each.
    """

    kept: Any
    rows: tuple[int, int]
    source: IntArray
    boxes: IntArray

    def seen_in(self, window: Window) -> IntArray:
        """Tell which of its sources reach into a window."""
        top, bottom, left, right = self.boxes
        rows = (top < window.y1) & (bottom >= window.y0)
        seen: IntArray = np.flatnonzero(rows & (left < window.x1) & (right >= window.x0))
        return seen


@dataclass(frozen=True)
class Names(Compact):
    """What is drawn in the pixels of some sources of a worker, and in those of none.

    Attributes
    ----------
    source : ndarray of int64, shape (n,)
        The sources.
    number : ndarray of int32, shape (n,)
        A number for each.
    freed_to : ndarray of int64, shape (n,)
        Flat index of the last pixel of each that is drawn as 0; -1 where none is.
    nobody : int
        What detected pixels of no source are drawn as.
    """

    source: IntArray
    number: LabelImage
    freed_to: IntArray
    nobody: int

    def draw(self, found: _Found, window: Window, width: int, image: LabelImage) -> None:
        """Draw the pixels in a window."""
        runs = found.runs.within(window, width)
        place = np.searchsorted(self.source, runs.source)
        names = self.number[place]
        names[runs.start <= self.freed_to[place]] = 0
        _draw(image, runs, names, window, width)
        small = found.small.within(window, width)
        _draw(image, small, np.full(len(small.start), self.nobody, np.int32), window, width)


def _draw(image: LabelImage, runs: Runs, names: LabelImage, window: Window, width: int) -> None:
    _loops.draw_runs(
        out=image, start=runs.start, length=runs.length, names=names, top=window.y0,
        left=window.x0, width=width,
    )  # fmt: skip


class SpreadDrawing(NamedTuple):
    """A part of an image, of which workers have the pixels.

    Attributes
    ----------
    own : Drawing
        What is known without them.
    pieces : list of tuple
        A `FoundHere`, or what stands for it, and its `Names`.
    """

    own: Drawing
    pieces: list[tuple[Any, Names]]

    @property
    def window(self) -> Window:
        """The part."""
        return self.own.window

    def draw(self) -> LabelImage:
        """Draw the part."""
        image = self.own.draw()
        for here, names in self.pieces:
            names.draw(here.found, self.own.window, self.own.width, image)
        return image


@dataclass(frozen=True, eq=False)
class SpreadSources(Sources):
    """Sources of which ``runs`` has the pixels of some alone.

    Attributes
    ----------
    pieces : sequence of Piece
        Who has those of the others.
    """

    pieces: Sequence[Piece]

    @classmethod
    def of(cls, sources: Sources, pieces: Sequence[Piece]) -> Self:
        """Return sources whose ``runs`` are those of some, and who has the others'."""
        told = {each.name: getattr(sources, each.name) for each in fields(sources)}
        return cls(**told, pieces=pieces)

    def label_rows(self, first: int, stop: int) -> SpreadDrawing:  # type: ignore[override]
        """Rows ``first`` to ``stop`` of the labels, to be drawn."""
        own = super().label_rows(first, stop)
        return SpreadDrawing(own, self._cut(own.window, self._name_labels))

    def owners_in(self, window: Window) -> SpreadDrawing:  # type: ignore[override]
        """Return a part of the owners, to be drawn."""
        return SpreadDrawing(super().owners_in(window), self._cut(window, self._name_owners))

    def _cut(
        self, window: Window, name: Callable[[IntArray, IntArray], Names]
    ) -> list[tuple[Any, Names]]:
        pieces = (
            piece for piece in self.pieces
            if piece.rows[0] < window.y1 and window.y0 < piece.rows[1]
        )  # fmt: skip
        seen = ((piece, piece.seen_in(window)) for piece in pieces)
        return [(piece.kept, name(which, piece.source[which])) for piece, which in seen]

    def _name_labels(self, which: IntArray, source: IntArray) -> Names:
        return Names(which, self._labels[source], np.full(len(which), -1), int(self._labels[-1]))

    def _name_owners(self, which: IntArray, source: IntArray) -> Names:
        return Names(
            which, self._owners[source], self._freed_to[source], int(self._owners[-1])
        )  # fmt: skip
