"""Sources whose pixels stay with the workers that found them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, Protocol, Self

import numpy as np

from skyseg import _loops
from skyseg.engine._compact import Compact
from skyseg.engine.mappers import Mapper, map_kept
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.sources import Sources
from skyseg.engine.types import IntArray, LabelImage

Drawn = Literal["label", "owner"]


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
    """

    kept: Any
    rows: tuple[int, int]
    source: IntArray


@dataclass(frozen=True)
class Names(Compact):
    """What is drawn in the pixels of the sources of a worker, and last in those of none.

    Attributes
    ----------
    label, owner : ndarray of int32, shape (n + 1,)
        Numbers for each.
    freed_to : ndarray of int64, shape (n + 1,)
        Flat index of the last pixel of each that is free, where owners are drawn; -1 where none is.
    """

    label: LabelImage
    owner: LabelImage
    freed_to: IntArray


@dataclass(frozen=True)
class NamedHere:
    """Pixels of sources that a worker found, and what is drawn in them."""

    runs: Runs
    small: Runs
    names: Names

    def draw(self, window: Window, width: int, drawn: Drawn, image: LabelImage) -> None:
        """Draw the pixels in a window."""
        for each in (self.runs, self.small):
            runs = each.within(window, width)
            names = getattr(self.names, drawn)[runs.source]
            if drawn == "owner":
                names[runs.start <= self.names.freed_to[runs.source]] = 0
            _loops.draw_runs(
                out=image, start=runs.start, length=runs.length, names=names, top=window.y0,
                left=window.x0, width=width,
            )  # fmt: skip


def name_sources(task: tuple[FoundHere, Names]) -> NamedHere:
    """Keep of what a worker found the pixels, with what is drawn in them."""
    here, names = task
    return NamedHere(here.found.runs, here.found.small, names)


class SpreadDrawing(NamedTuple):
    """A part of an image, of which workers have the pixels.

    Attributes
    ----------
    own : Drawing
        What is known without them.
    pieces : list
        Each a `NamedHere`, or what stands for it.
    drawn : {"label", "owner"}
        Which of their names are drawn.
    """

    own: Drawing
    pieces: list[Any]
    drawn: Drawn

    @property
    def window(self) -> Window:
        """The part."""
        return self.own.window

    def draw(self) -> LabelImage:
        """Draw the part."""
        image = self.own.draw()
        for named in self.pieces:
            named.draw(self.own.window, self.own.width, self.drawn, image)
        return image


@dataclass(frozen=True, eq=False)
class SpreadSources(Sources):
    """Sources of which ``runs`` has the pixels of some alone.

    Attributes
    ----------
    named : sequence
        What stands for the `NamedHere` of the others.
    rows : ndarray of int64, shape (2, n)
        First rows of their pixels, and those after the last.
    """

    named: Sequence[Any]
    rows: IntArray

    @classmethod
    def of(cls, sources: Sources, pieces: Sequence[Piece], mapper: Mapper) -> Self:
        """Return sources whose ``runs`` are those of some; those who have the others' are told.

        What is drawn in a source's pixels goes there once, and not with each part of the image.
        """
        which = [np.append(piece.source, -1) for piece in pieces]
        tasks = [
            (piece.kept, Names(sources.labels[each], sources.owners[each], sources.freed_to[each]))
            for piece, each in zip(pieces, which, strict=True)
        ]
        named = [kept for kept, _ in map_kept(mapper, name_sources, tasks, None)]
        told = {each.name: getattr(sources, each.name) for each in fields(sources)}
        rows = np.array([piece.rows for piece in pieces], np.int64).reshape(-1, 2).T
        return cls(**told, named=named, rows=rows)

    def label_rows(self, first: int, stop: int) -> SpreadDrawing:  # type: ignore[override]
        """Rows ``first`` to ``stop`` of the labels, to be drawn."""
        own = super().label_rows(first, stop)
        return SpreadDrawing(own, self._find(own.window), "label")

    def owners_in(self, window: Window) -> SpreadDrawing:  # type: ignore[override]
        """Return a part of the owners, to be drawn."""
        return SpreadDrawing(super().owners_in(window), self._find(window), "owner")

    def _find(self, window: Window) -> list[Any]:
        top, bottom = self.rows
        seen = np.flatnonzero((top < window.y1) & (bottom > window.y0))
        return [self.named[k] for k in seen.tolist()]
