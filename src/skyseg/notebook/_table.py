"""A table in the notebook, whose rows the browser asks for as they come into view."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import traitlets as t

from skyseg.engine.types import IntArray
from skyseg.errors import SkysegError
from skyseg.notebook._part import STATIC, ViewerPart
from skyseg.panel.wording import worded

logger = logging.getLogger(__name__)

_MOST = 1000  # rows that are told at once


class Part(NamedTuple):
    """What can be shown or hidden: its name, whether it is shown, and what it is."""

    name: str
    shown: bool
    help: str = ""


class Rows(Protocol):
    """What a table shows: cells made when they are asked for."""

    @property
    def titles(self) -> Sequence[str]:
        """Names of the columns."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""

    def colour(self, row: int, column: int) -> str | None:
        """Return the colour of a cell; the first one of a row is that of its mark."""

    def explain(self, column: int) -> str | None:
        """Say what a column holds."""


class TableView(ViewerPart):
    """A table of any length: sorted by its headers, several rows chosen, filtered by a text.

    It holds no rows: those of `rows` are told to the browser by parts.

    Parameters
    ----------
    rows : Rows
        What is shown.
    label : str
        What the table is, for those who do not see it.
    left : collection of str, optional
        Titles of the columns of words, which begin at the left.
    example : str, optional
        A filter as an example.

    Attributes
    ----------
    on_chosen, on_activated : callable
        Told the rows that a person has chosen, the current one last; told the row that
        was double-clicked, or on which Enter was pressed.
    on_sorted : callable
        Told the column whose header was clicked, and whether it rises.
    on_filter : callable
        Told the text of the filter.
    on_part : callable
        Told the name of what was ticked among `offer`'s parts, and whether it is ticked.
    """

    _esm = STATIC / "table.js"

    label = t.Unicode().tag(sync=True)
    _columns: Any = t.List().tag(sync=True)
    _length = t.Int(0).tag(sync=True)
    _version = t.Int(0).tag(sync=True)
    _order: Any = t.List([-1, True]).tag(sync=True)
    _choice: Any = t.Dict({"edges": [], "current": -1, "version": 0}).tag(sync=True)
    _groups: Any = t.List().tag(sync=True)
    _choice_name = t.Unicode().tag(sync=True)
    _filter = t.Unicode().tag(sync=True)
    _example = t.Unicode().tag(sync=True)
    _status = t.Unicode().tag(sync=True)
    _error = t.Unicode().tag(sync=True)
    _empty = t.Unicode().tag(sync=True)

    def __init__(
        self, rows: Rows, label: str, *, left: Collection[str] = (), example: str = ""
    ) -> None:
        self.rows = rows
        self._left = left
        self._marking = False
        self.on_chosen: Callable[[list[int]], None] = _ignore
        self.on_activated: Callable[[int], None] = _ignore
        self.on_sorted: Callable[[int, bool], None] = _ignore
        self.on_filter: Callable[[str], None] = _ignore
        self.on_part: Callable[[str, bool], None] = _ignore
        super().__init__(
            label=label,
            _example=example,
            layout={"flex": "1 1 0", "min_width": "0"},
        )
        self.on_msg(self._answer)
        self.observe(self._take_choice, "_choice")
        self.refresh()

    def refresh(self, order: tuple[int, bool] = (-1, True)) -> None:
        """Show the rows that there are now; none is chosen.

        Parameters
        ----------
        order : tuple of int and bool, optional
            The column by which they are sorted, and whether it rises.
        """
        titles = self.rows.titles
        with self.hold_sync():
            self._columns = [
                {
                    "title": title,
                    "help": self.rows.explain(column) or "",
                    "left": title in self._left,
                }
                for column, title in enumerate(titles)
            ]
            self._length = len(self.rows)
            self._order = list(order)
            self._version += 1
            self.choose(())

    def offer(self, what: str, groups: Sequence[tuple[str, Sequence[Part]]]) -> None:
        """Let a person choose which parts are shown, such as columns.

        Parameters
        ----------
        what : str
            What the parts are.
        groups : sequence of tuple
            Name of each group and its parts.
        """
        with self.hold_sync():
            self._choice_name = what
            self._groups = [
                {"name": name, "parts": [part._asdict() for part in parts]}
                for name, parts in groups
            ]

    def say(self, *, status: str, filtered: str, error: str = "") -> None:
        """Say which rows there are, by which filter, and what was wrong with another one."""
        with self.hold_sync():
            self._status, self._filter, self._error = status, filtered, error

    def download(self, name: str, content: bytes) -> None:
        """Let the browser keep a file."""
        self.send({"kind": "download", "name": name}, [content])

    def choose(self, rows: Iterable[int]) -> None:
        """Mark rows as chosen; the last one is the current one and is brought into view."""
        wanted = np.fromiter(rows, np.int64)
        choice = {
            "edges": find_edges(wanted),
            "current": int(wanted[-1]) if wanted.size else -1,
            "version": self._version,
        }
        self._marking = True
        try:
            self._choice = choice
        finally:
            self._marking = False

    @property
    def chosen(self) -> list[int]:
        """The rows that are chosen, the current one last."""
        return list_rows(self._choice["edges"], self._choice["current"])

    @t.validate("_choice")
    def _check_choice(self, proposal: Any) -> dict[str, Any]:
        """Refuse what are no rows, whoever speaks for the browser."""
        choice: dict[str, Any] = proposal.value
        try:
            edges = np.asarray(choice["edges"], np.int64).reshape(-1, 2)
            current, version = int(choice["current"]), int(choice["version"])
        except (KeyError, TypeError, ValueError) as error:
            raise t.TraitError(f"{choice} are no rows of the table") from error
        whole, rising = len(self.rows), edges[:, 0] <= edges[:, 1]
        inside = bool((rising & (edges[:, 0] >= 0) & (edges[:, 1] < whole)).all())
        if not inside or not -1 <= current < whole:
            raise t.TraitError(f"{choice} are no rows of the table")
        return {"edges": edges.ravel().tolist(), "current": current, "version": version}

    def _take_choice(self, change: Any) -> None:
        # what was chosen among other rows, before they changed, means nothing now
        if change.new["version"] == self._version and not self._marking:
            self.on_chosen(self.chosen)

    def _answer(self, _: Any, question: dict[str, Any], __: Any) -> None:
        """Do what the browser asks for."""
        kind = question.get("kind")
        try:
            if kind == "rows":
                self._tell_rows(question)
            elif kind == "sort":
                self.on_sorted(int(question["column"]), bool(question["rising"]))
            elif kind == "filter":
                self.on_filter(str(question["text"]))
            elif kind == "part":
                self.on_part(str(question["name"]), bool(question["shown"]))
            elif kind == "activate" and question["version"] == self._version:
                self.on_activated(int(question["row"]))
        except SkysegError as error:
            logger.warning("%s", error)
            self._error = worded(error)

    def _tell_rows(self, question: dict[str, Any]) -> None:
        first = max(int(question["first"]), 0)
        last = min(int(question["last"]), first + _MOST, len(self.rows))
        columns = range(len(self.rows.titles))
        rows = range(first, last)
        answer: dict[str, Any] = {
            "id": question["id"],
            "version": self._version,
            "rows": [[self.rows.text(row, column) for column in columns] for row in rows],
        }
        colours = ([self.rows.colour(row, column) for column in columns] for row in rows)
        marks = [next(filter(None, each), "") for each in colours]
        if any(marks):
            answer["marks"] = marks
        self.send(answer)


def find_edges(rows: Sequence[int] | IntArray) -> list[int]:
    """Return first and last, and first and last, of the runs of rows that follow each other.

    Examples
    --------
    >>> find_edges([3, 1, 2, 7])
    [1, 3, 7, 7]
    """
    found = np.unique(np.asarray(rows, np.int64))
    starts = np.flatnonzero(np.diff(found, prepend=-2) != 1)
    ends = np.append(starts[1:], found.size)[: starts.size] - 1
    edges: list[int] = np.stack([found[starts], found[ends]], axis=1).ravel().tolist()
    return edges


def list_rows(edges: Sequence[int], current: int) -> list[int]:
    """Return the rows of runs, the current one, if it is among them, last.

    Examples
    --------
    >>> list_rows([1, 3, 7, 7], 2)
    [1, 3, 7, 2]
    """
    ends = np.asarray(edges, np.int64).reshape(-1, 2)
    lengths = ends[:, 1] - ends[:, 0] + 1
    before = np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows: list[int] = (np.repeat(ends[:, 0], lengths) + np.arange(lengths.sum()) - before).tolist()
    if current in rows:
        rows.remove(current)
        rows.append(current)
    return rows


def _ignore(*_: Any) -> None:
    """Do nothing: nobody listens."""
