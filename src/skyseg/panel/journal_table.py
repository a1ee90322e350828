"""The journal of edits as a table: what is done, what was taken back, and where each was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skyseg.editing.edited_map import EditedMap
from skyseg.editing.operations import Draw, Operation, Paint
from skyseg.engine.types import Box

COLUMNS: Final = ("edit", "what", "how", "why", "who", "when")

_ABOUT: Final = {
    "edit": "Its place in the journal; in brackets where it was taken back",
    "what": "What was done, and to which sources",
    "how": "The values it was done with, and the sources that it made",
    "when": "The time in UTC",
    "who": "Who did it",
    "why": "A reason",
}
_TAKEN_BACK: Final = "#8a8a8a"
_VALUES: Final = ("to", "mincont", "nthresh", "pixels", "radius", "word", "over")


class JournalTable:
    """Rows of a journal; what was taken back comes last, the next to be done again first.

    Attributes
    ----------
    version : int
        Another one whenever the journal is another; who shows it draws it again then.
    """

    titles = COLUMNS

    def __init__(self) -> None:
        self._operations: tuple[Operation, ...] = ()
        self._n_done = self.version = 0
        self._order: list[int] = []
        self._sorted_by = 0, True

    def __len__(self) -> int:
        return len(self._order)

    def show(self, done: Sequence[Operation], undone: Sequence[Operation]) -> None:
        """Show what is done, and what was taken back, the last one last."""
        shown = (*done, *reversed(undone)), len(done)
        if shown == (self._operations, self._n_done):
            return
        self._operations, self._n_done = shown
        self.version += 1
        self.sort(self._sorted_by[0], rising=self._sorted_by[1])

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort by a column; what is equal there stays in the order of the journal."""
        self._sorted_by = max(column, 0), rising
        rows = list(range(len(self._operations)))
        if column > 0:
            rows.sort(key=lambda row: self._text(row, COLUMNS[column]), reverse=not rising)
        elif not rising:
            rows.reverse()
        self._order = rows

    def operation(self, row: int) -> Operation:
        """Return what a row tells of."""
        return self._operations[self._order[row]]

    def is_done(self, row: int) -> bool:
        """Tell whether a row tells of what is done, and was not taken back."""
        return self._order[row] < self._n_done

    def find_row(self, edit: str) -> int:
        """Return the row of an edit; -1 where there is none."""
        return next((row for row in range(len(self)) if self.operation(row).id == edit), -1)

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        return self._text(self._order[row], COLUMNS[column])

    def colour(self, row: int, column: int) -> str | None:
        """Return grey for what was taken back."""
        return None if self.is_done(row) else _TAKEN_BACK

    def explain(self, column: int) -> str:
        """Say what a column holds."""
        return _ABOUT[COLUMNS[column]]

    def _text(self, place: int, name: str) -> str:
        operation = self._operations[place]
        if name == "edit":
            return f"{place + 1}" if place < self._n_done else f"({place + 1})"
        if name == "what":
            return operation.title
        if name == "how":
            return tell_values(operation)
        return str(getattr(operation, name)).replace("T", " " if name == "when" else "T")


def tell_values(operation: Operation) -> str:
    """Say with which values an edit was done, and which sources it made.

    Examples
    --------
    >>> from skyseg.editing.operations import Deblend
    >>> tell_values(Deblend(label=5, mincont=0.001, made=(43,)))
    'mincont=0.001, nthresh=32, makes 43'
    """
    known: list[tuple[str, Any]] = [
        (name, getattr(operation, name)) for name in _VALUES if hasattr(operation, name)
    ]
    told = [f"{name}={value}" for name, value in known if value not in (False, "background")]
    if operation.points:
        told.append(f"{len(operation.points)} points")
    if isinstance(operation, Draw | Paint) and operation.runs:
        told.append(f"{sum(stop - start for _, start, stop in operation.runs)} pixels")
    if operation.made and not isinstance(operation, Draw):
        told.append(f"makes {' '.join(map(str, operation.made))}")
    return ", ".join(told)


def find_box(operation: Operation, edited: EditedMap) -> Box:
    """Return where an edit was done: first and last row, first and last column, from 0.

    Parameters
    ----------
    operation : Operation
        The edit.
    edited : EditedMap
        The map as it is now, which knows where the sources are that the edit left.
    """
    boxes = []
    left = {*operation.named, *operation.made}
    for y0, y1, x0, x1 in edited.boxes_of(sorted(label for label in left if label in edited)):
        boxes.append((y0, y1 - 1, x0, x1 - 1))
    for x, y in operation.points:
        boxes.append((y, y, x, x))
    for anchor in operation.anchors:
        half = float(np.sqrt(anchor.area)) / 2
        boxes.append((anchor.y - half, anchor.y + half, anchor.x - half, anchor.x + half))
    for row, start, stop in getattr(operation, "runs", ()):
        boxes.append((row, row, start, stop - 1))
    y0, y1, x0, x1 = zip(*boxes, strict=True)
    return int(min(y0)), int(max(y1)), int(min(x0)), int(max(x1))
