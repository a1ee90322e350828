"""Sources whose pixels stay with the workers that found them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

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
        First row of their pixels, and the one after the last.
    source : ndarray of int64, shape (n,)
        Which of all sources they are.
    """

    kept: Any
    rows: tuple[int, int]
    source: IntArray


@dataclass(frozen=True)
class Names(Compact):
    """What is drawn in the pixels of the n sources of a worker.

    Attributes
    ----------
    numbers : ndarray of int32, shape (n + 1,)
        A number for each source, and the last one for detected pixels of none.
    freed : ndarray of int64
        Sources of which some pixels are drawn as 0.
    freed_to : ndarray of int64
        Flat index of the last such pixel of each.
    """

    numbers: LabelImage
    freed: IntArray
    freed_to: IntArray

    def draw(self, found: _Found, window: Window, width: int, image: LabelImage) -> None:
        """Draw the pixels of the sources in a window."""
        freed_to = np.full(len(self.numbers), -1)
        freed_to[self.freed] = self.freed_to
        for each in (found.runs, found.small):
            runs = each.within(window, width)
            names = self.numbers[runs.source]
            names[runs.start <= freed_to[runs.source]] = 0
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
    pieces : tuple of Piece
        Who has those of the others.
    """

    pieces: Sequence[Piece]

    def label_rows(self, first: int, stop: int) -> SpreadDrawing:  # type: ignore[override]
        """Rows ``first`` to ``stop`` of the labels, to be drawn."""
        own = super().label_rows(first, stop)
        return SpreadDrawing(own, self._cut(own.window, self._name_labels))

    def owners_in(self, window: Window) -> SpreadDrawing:  # type: ignore[override]
        """Return a part of the owners, to be drawn."""
        return SpreadDrawing(super().owners_in(window), self._cut(window, self._name_owners))

    def _cut(self, window: Window, name: Callable[[IntArray], Names]) -> list[tuple[Any, Names]]:
        return [
            (piece.kept, name(piece.source)) for piece in self.pieces
            if piece.rows[0] < window.y1 and window.y0 < piece.rows[1]
        ]  # fmt: skip

    def _name_labels(self, source: IntArray) -> Names:
        nothing = np.empty(0, np.int64)
        return Names(self._labels[np.append(source, -1)], nothing, nothing)

    def _name_owners(self, source: IntArray) -> Names:
        freed_to = self._freed_to[source]
        freed = np.flatnonzero(freed_to >= 0)
        return Names(self._owners[np.append(source, -1)], freed, freed_to[freed])
