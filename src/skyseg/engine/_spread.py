"""Sources whose pixels stay with the workers that found them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, Self

import numpy as np

from skyseg import _loops
from skyseg.engine._compact import Compact, Packed, pack_array, unpack_array
from skyseg.engine.mappers import Mapper, map_kept
from skyseg.engine.rows import Window
from skyseg.engine.runs import Runs
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources
from skyseg.engine.types import BoolArray, IntArray, LabelImage

Drawn = Literal["label", "owner"]


class _Found(Protocol):
    """Shapes and pixels of sources, and detected pixels of no source."""

    @property
    def shapes(self) -> Shapes: ...

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


class _HereNames(NamedTuple):
    """What is drawn in the pixels of the sources of a piece, and last in those of none."""

    label: LabelImage
    owner: LabelImage
    freed_to: IntArray


@dataclass(frozen=True)
class Names(Compact):
    """What is drawn in the pixels of the sources of all pieces, one after the other.

    After those of each piece comes what is drawn in its pixels of no source.

    Attributes
    ----------
    begin : ndarray of int64, shape (p + 1,)
        Where each of the p pieces begins, and where the last one ends.
    label : ndarray of int32, shape (n,)
        Label of each.
    unowned : ndarray of int64
        Which of them are no source that CLEAN left.
    freed_to : ndarray of int64
        Flat index of the last pixel of each of these that is free, where owners are drawn;
        -1 where none is.
    """

    begin: IntArray
    label: LabelImage
    unowned: IntArray
    freed_to: IntArray

    @classmethod
    def of(cls, sources: Sources, pieces: Sequence[Piece]) -> Names:
        """Take those of the sources of pieces."""
        size = [len(piece.source) + 1 for piece in pieces]
        which = np.concatenate([each for piece in pieces for each in (piece.source, [-1])])
        unowned = np.flatnonzero(sources.owners[which] < 0)
        return cls(
            np.cumsum([0, *size]), sources.labels[which], unowned,
            sources.freed_to[which[unowned]],
        )  # fmt: skip

    def of_piece(self, number: int) -> _HereNames:
        """Return those of a piece."""
        begin, end = self.begin[number : number + 2]
        unowned = slice(*np.searchsorted(self.unowned, (begin, end)))
        label = self.label[begin:end]
        owner, freed_to = label.copy(), np.full(len(label), -1)
        owner[self.unowned[unowned] - begin] = -1
        freed_to[self.unowned[unowned] - begin] = self.freed_to[unowned]
        return _HereNames(label, owner, freed_to)


def name_sources(names: Names) -> Names:
    """Keep names where workers can fetch them from one another."""
    return names


class SpreadDrawing(NamedTuple):
    """A part of an image, of which workers have the pixels.

    Attributes
    ----------
    window : Window
        The part.
    width : int
        Columns of the whole image.
    pieces : list
        Each a `FoundHere`, or what stands for it.
    numbers : list of int
        Which of all pieces these are.
    names : Names
        Those of all pieces, or what stands for them.
    drawn : {"label", "owner"}
        Which of them are drawn.
    """

    window: Window
    width: int
    pieces: list[Any]
    numbers: list[int]
    names: Any
    drawn: Drawn

    def draw(self) -> LabelImage:
        """Draw the part."""
        part = self.window
        image = np.zeros((part.y1 - part.y0, part.x1 - part.x0), np.int32)
        for piece, number in zip(self.pieces, self.numbers, strict=True):
            names = self.names.of_piece(number)
            for each in (piece.found.runs, piece.found.small):
                runs = each.within(part, self.width)
                drawn = getattr(names, self.drawn)[runs.source]
                if self.drawn == "owner":
                    drawn[runs.start <= names.freed_to[runs.source]] = 0
                _loops.draw_runs(
                    out=image, start=runs.start, length=runs.length, names=drawn, top=part.y0,
                    left=part.x0, width=self.width,
                )  # fmt: skip
        return image

    def find_shapes(self, labels: IntArray) -> Shapes:
        """Return the shapes of some sources that CLEAN left, by their labels."""
        known, shapes = [], []
        for piece, number in zip(self.pieces, self.numbers, strict=True):
            owner = self.names.of_piece(number).owner[:-1]
            own = np.flatnonzero(np.isin(owner, labels))
            known.append(owner[own])
            shapes.append(piece.found.shapes.take(own))
        label = np.concatenate(known)
        order = np.argsort(label)
        place = np.searchsorted(label, labels, sorter=order)
        return Shapes.join(shapes).take(order[place])


class SpreadTask(NamedTuple):
    """A part of the image, whose its pixels are, and the labels of what is measured there."""

    owners: SpreadDrawing
    numbers: IntArray

    @property
    def window(self) -> Window:
        """The part."""
        return self.owners.window

    @property
    def shapes(self) -> Shapes:
        """Shapes of the sources."""
        return self.owners.find_shapes(self.numbers)


class SpreadTasks(list[SpreadTask]):
    """Tasks that are worked one after the other, and sent as one."""

    def __reduce__(self) -> tuple[Any, ...]:
        numbers = pack_array(np.concatenate([task.numbers for task in self]))
        return _split_tasks, (
            [(task.owners, len(task.numbers)) for task in self], numbers
        )  # fmt: skip


def _split_tasks(
    parts: list[tuple[SpreadDrawing, int]], packed: Packed | IntArray
) -> SpreadTasks:  # fmt: skip
    owners, counts = zip(*parts, strict=True)
    numbers = np.split(unpack_array(packed), np.cumsum(counts)[:-1])
    return SpreadTasks(map(SpreadTask, owners, numbers))


@dataclass(frozen=True, eq=False)
class SpreadSources(Sources):
    """Sources whose pixels workers have, and not ``runs``.

    Attributes
    ----------
    pieces : sequence
        Who has them.
    names : object
        What stands for the `Names` of all pieces.
    rows : ndarray of int64, shape (2, p)
        First row of the pixels of each piece, and the one after the last.
    piece : ndarray of int64, shape (n,)
        Which piece has each source.
    """

    are_spread: ClassVar = True

    pieces: Sequence[Piece]
    names: Any
    rows: IntArray
    piece: IntArray

    @classmethod
    def of(cls, sources: Sources, pieces: Sequence[Piece], mapper: Mapper) -> Self:
        """Return sources whose pixels others have, who can learn what is drawn in them.

        It goes out once, and not with each part of the image.
        """
        ((names, _),) = map_kept(mapper, name_sources, [Names.of(sources, pieces)], None)
        told = {each.name: getattr(sources, each.name) for each in fields(sources)}
        rows = np.array([piece.rows for piece in pieces], np.int64).reshape(-1, 2).T
        which = np.empty(len(sources.flags), np.int64)
        for number, piece in enumerate(pieces):
            which[piece.source] = number
        return cls(**told, pieces=pieces, names=names, rows=rows, piece=which)

    def label_rows(self, first: int, stop: int) -> SpreadDrawing:  # type: ignore[override]
        """Rows ``first`` to ``stop`` of the labels, to be drawn."""
        window = Window(first, stop, 0, self.shape[1])
        return self._draw(window, self._find(window), "label")

    def owners_in(self, window: Window) -> SpreadDrawing:  # type: ignore[override]
        """Return a part of the owners, to be drawn."""
        return self._draw(window, self._find(window), "owner")

    def cut_tasks(self, parts: Iterable[tuple[Window, IntArray]]) -> SpreadTasks:
        """Return what is needed to measure in each part some of the sources."""
        return SpreadTasks(self._cut_task(*each) for each in parts)

    def _cut_task(self, window: Window, which: IntArray) -> SpreadTask:
        seen = self._find(window)
        seen[self.piece[which]] = True
        return SpreadTask(self._draw(window, seen, "owner"), self.number[which])

    def _find(self, window: Window) -> BoolArray:
        """Tell which pieces have pixels in the rows of a part."""
        top, bottom = self.rows
        seen: BoolArray = (top < window.y1) & (bottom > window.y0)
        return seen

    def _draw(self, window: Window, seen: BoolArray, drawn: Drawn) -> SpreadDrawing:
        numbers = np.flatnonzero(seen).tolist()
        kept = [self.pieces[k].kept for k in numbers]
        return SpreadDrawing(window, self.shape[1], kept, numbers, self.names, drawn)
