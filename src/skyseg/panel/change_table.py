"""The changes between two maps as a table: of chosen kinds, sorted, cell by cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KIND_COLOURS, KINDS, Kind
from skyseg.engine.types import Box, IntArray

COLUMNS = ("kind", "labels_a", "labels_b", "area_a", "area_b", "iou", "flux_change_sigma")

_TITLES = ("kind", "a", "b", "pixels a", "pixels b", "IoU", "flux change σ")


class ChangeTable:
    """Rows of a comparison's table; cells are made when they are asked for."""

    titles = _TITLES

    def __init__(self) -> None:
        self._comparison: Comparison | None = None
        self._rows: IntArray = np.empty(0, np.int64)
        self._kinds: tuple[Kind, ...] = CHANGES
        self._sorted = 0, True

    def __len__(self) -> int:
        return len(self._rows)

    def show(self, comparison: Comparison | None) -> None:
        """Show another comparison; the kinds and the order stay."""
        self._comparison = comparison
        self._rows = self._arrange()

    def choose_kinds(self, kinds: tuple[Kind, ...]) -> None:
        """Show changes of these kinds."""
        self._kinds = kinds
        self._rows = self._arrange()

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort by a column."""
        self._sorted = max(column, 0), rising
        self._rows = self._arrange()

    def get_box(self, row: int) -> Box:
        """First and last row, first and last column of a change, counted from 0."""
        y0, y1, x0, x1 = (
            int(self._column(name)[self._rows[row]])
            for name in ("y_min", "y_max", "x_min", "x_max")
        )
        return y0, y1, x0, x1

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        value = self._column(COLUMNS[column])[self._rows[row]]
        if isinstance(value, (str, np.str_)):
            return str(value)
        if np.ndim(value):
            return " ".join(map(str, value))
        if isinstance(value, np.integer):
            return str(value)
        return f"{float(value):.4g}"

    def colour(self, row: int, column: int) -> str | None:
        """Return the colour of a kind's name; None in other columns."""
        if column:
            return None
        kind: Kind = self._column("kind")[self._rows[row]]
        return KIND_COLOURS[kind]

    def explain(self, column: int) -> None:
        """Say nothing of a column: its title does."""

    def _column(self, name: str) -> Any:
        assert self._comparison is not None
        column = self._comparison.table[name]
        return getattr(column, "value", column)

    def _arrange(self) -> IntArray:
        if self._comparison is None:
            return np.empty(0, np.int64)
        kinds = np.asarray(self._column("kind"))
        rows = np.flatnonzero(np.isin(kinds, self._kinds))
        number, rising = self._sorted
        keys = _sort_keys(COLUMNS[number], self._column(COLUMNS[number]))[rows]
        order = np.argsort(keys, kind="stable")
        return rows[order if rising else order[::-1]]


def _sort_keys(name: str, values: Any) -> Any:
    """Give the numbers by which a column is sorted: kinds in their order, labels by the first."""
    if name == "kind":
        return np.array([KINDS.index(str(kind)) for kind in values])
    if name.startswith("labels"):
        return np.array([labels[0] if len(labels) else -1 for labels in values])
    return np.asarray(values, float)
