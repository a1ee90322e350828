"""What can be done to the selected sources of a map: each verb is an edit in the journal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

from skyseg.editing.edits import Edits
from skyseg.editing.operations import Operation, Point, Run
from skyseg.errors import ParameterError

R = TypeVar("R")


class SelectionVerbs(ABC):
    """The verbs of `skyseg.panel.editing.EditSession`.

    Each is done to the selected sources, or to `labels` where they are given; a
    `skyseg.errors.ParameterError` says why one cannot be done, and all is as it was.

    Attributes
    ----------
    why : str
        A reason that the next edits are given.
    """

    why: str = ""

    @property
    @abstractmethod
    def chosen(self) -> tuple[int, ...]:
        """The selected sources that are in the map."""

    @abstractmethod
    def _need(self) -> Edits:
        """Return the edits; an error of ours where no map is worked with."""

    @abstractmethod
    def _do(
        self, act: Callable[[Edits], R], choose: Callable[[R], tuple[int, ...]] | None = None
    ) -> R:
        """Do something to the edits, tell what changed, and select what it left."""

    def delete(
        self,
        labels: Iterable[int] | None = None,
        *,
        to: Literal["background", "neighbour"] = "background",
    ) -> Operation:
        """Remove sources; see `skyseg.Edits.delete`."""
        return self._do(
            lambda edits: edits.delete(self._choose(labels), to=to, why=self.why), lambda _: ()
        )

    def merge(self, labels: Iterable[int] | None = None) -> Operation:
        """Make one source of several; see `skyseg.Edits.merge`."""
        return self._do(
            lambda edits: edits.merge(self._choose(labels, least=2), why=self.why),
            lambda done: done.named[:1],
        )

    def split(
        self,
        label: int,
        seeds: Sequence[Point] | None = None,
        *,
        line: Sequence[Point] | None = None,
        nthresh: int | None = None,
        mincont: float | None = None,
    ) -> Operation:
        """Part a source; see `skyseg.Edits.split`."""
        ways: dict[str, Any] = {"line": line, "nthresh": nthresh, "mincont": mincont}
        return self._do(lambda edits: edits.split(label, seeds, why=self.why, **ways), find_parts)

    def draw(
        self,
        outline: Sequence[Point] | None = None,
        *,
        runs: Sequence[Run] | None = None,
        over: bool = False,
    ) -> Operation:
        """Make a new source; see `skyseg.Edits.draw`."""
        return self._do(
            lambda edits: edits.draw(outline, runs=runs, over=over, why=self.why), find_parts
        )

    def paint(self, label: int, runs: Sequence[Run]) -> int:
        """Take in what was painted with a number; return the number that the pixels have.

        Parameters
        ----------
        label : int
            The number: 0 for the background, that of a source, or another, which makes a
            new source.
        runs : sequence of (int, int, int)
            Row, first column and column after the last of the pixels.
        """
        if label == 0 or label in self._need().map:
            self._do(lambda edits: edits.paint(label, runs, why=self.why))
            return label
        return self.draw(runs=runs, over=True).made[0]

    def grow(self, labels: Iterable[int] | None = None, pixels: int = 1) -> tuple[Operation, ...]:
        """Let sources grow into the background; see `skyseg.Edits.grow`."""
        return self._do_each(labels, lambda edits, each: edits.grow(each, pixels, why=self.why))

    def shrink(self, labels: Iterable[int] | None = None, pixels: int = 1) -> tuple[Operation, ...]:
        """Take pixels from the edges of sources; see `skyseg.Edits.shrink`."""
        return self._do_each(labels, lambda edits, each: edits.shrink(each, pixels, why=self.why))

    def smooth(self, labels: Iterable[int] | None = None, radius: int = 2) -> tuple[Operation, ...]:
        """Smooth the edges of sources; see `skyseg.Edits.smooth`."""
        return self._do_each(labels, lambda edits, each: edits.smooth(each, radius, why=self.why))

    def fill_holes(self, labels: Iterable[int] | None = None) -> tuple[Operation, ...]:
        """Give sources the background that they enclose; see `skyseg.Edits.fill_holes`."""
        return self._do_each(labels, lambda edits, each: edits.fill_holes(each, why=self.why))

    def mark(self, word: str, labels: Iterable[int] | None = None) -> tuple[Operation, ...]:
        """Say a word on sources; see `skyseg.Edits.mark`."""
        return self._do_each(labels, lambda edits, each: edits.mark(each, word, why=self.why))

    def undo(self) -> Operation:
        """Take the last edit back."""
        return self._do(lambda edits: edits.undo())

    def redo(self) -> Operation:
        """Do the edit again that was taken back last."""
        return self._do(lambda edits: edits.redo())

    def withdraw(self, edit: str) -> Operation:
        """Take one edit out of the middle of the journal; see `skyseg.Edits.withdraw`."""
        return self._do(lambda edits: edits.withdraw(edit))

    def revise(self, edit: str, **values: Any) -> Operation:
        """Do one edit otherwise, and those after it again; see `skyseg.Edits.revise`."""
        return self._do(lambda edits: edits.revise(edit, **values))

    def _do_each(
        self, labels: Iterable[int] | None, act: Callable[[Edits, int], Operation]
    ) -> tuple[Operation, ...]:
        return self._do(lambda edits: tuple(act(edits, each) for each in self._choose(labels)))

    def _choose(self, labels: Iterable[int] | None, least: int = 1) -> tuple[int, ...]:
        if labels is not None:
            return (labels,) if isinstance(labels, int) else tuple(labels)
        chosen = self.chosen
        if len(chosen) < least:
            known = "no source is" if not chosen else "one source is"
            raise ParameterError(
                f"{known} selected", hint="click a source, and more with Ctrl", argument="labels"
            )
        return chosen


def find_parts(done: Operation) -> tuple[int, ...]:
    """Return the sources that an edit left, and made."""
    return (*done.named, *done.made)
