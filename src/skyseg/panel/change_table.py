"""The changes between two maps as a table: of chosen kinds, filtered, sorted, stepped through."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np

from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KIND_COLOURS, KINDS, Kind
from skyseg.engine.types import BoolArray, Box, Columns, FloatArray, IntArray
from skyseg.panel.catalogue_filter import match_rows

SIGNIFICANCE: Final = "significance"
COLUMNS: Final = (
    "kind",
    "labels_a",
    "labels_b",
    SIGNIFICANCE,
    "area_a",
    "area_b",
    "iou",
    "flux_a",
    "flux_b",
    "flux_change",
    "ra",
    "dec",
    "X_IMAGE",
    "Y_IMAGE",
)
"""Titles of the columns; a filter calls them so too, those of texts and lists left out."""

_LISTS: Final = ("labels_a", "labels_b")
_DECIMALS: Final = {"ra": 6, "dec": 6, "X_IMAGE": 1, "Y_IMAGE": 1, "iou": 3, SIGNIFICANCE: 1}
_FROM_1: Final = {
    "X_IMAGE": "x",
    "Y_IMAGE": "y",
    "XMIN_IMAGE": "x_min",
    "XMAX_IMAGE": "x_max",
    "YMIN_IMAGE": "y_min",
    "YMAX_IMAGE": "y_max",
}
_ABOUT: Final = {
    SIGNIFICANCE: "Change of the flux over its error (1 sigma), without its sign",
    "X_IMAGE": "Mean x of the pixels in either map, 1 is the centre of the first pixel",
    "Y_IMAGE": "Mean y of the pixels in either map, 1 is the centre of the first pixel",
}


class ChangeTable:
    """Rows of a comparison's table; cells are made when they are asked for.

    Attributes
    ----------
    filter_text : str
        The filter that the rows match; empty where all are shown.
    kinds : tuple of str
        The kinds that are shown.
    sorted_by : tuple of (int, bool)
        The column by which rows are sorted, and whether its values rise. What is equal
        there is sorted by falling significance.
    """

    titles = COLUMNS

    def __init__(self) -> None:
        self.filter_text = ""
        self.kinds: tuple[Kind, ...] = CHANGES
        self.sorted_by = 0, True
        self._shown: _Changes | None = None
        self._rows: IntArray = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> IntArray:
        """Rows of the comparison's table that are shown, in their order."""
        return self._rows

    @property
    def count(self) -> str:
        """How many changes are shown, such as ``"12 of 140 changes"``."""
        whole = 0 if self._shown is None else int(self._shown.of_kinds(CHANGES).sum())
        of = "" if len(self) == whole else f" of {whole}"
        return f"{len(self)}{of} change{'' if whole == 1 else 's'}"

    def show(self, comparison: Comparison | None) -> None:
        """Show another comparison; kinds, filter and order stay."""
        self._shown = None if comparison is None else _Changes(comparison)
        self._rows = self._arrange(self.filter_text)

    def choose_kinds(self, kinds: tuple[Kind, ...]) -> None:
        """Show changes of these kinds."""
        self.kinds = kinds
        self._rows = self._arrange(self.filter_text)

    def filter(self, text: str) -> None:
        """Keep the rows that match a filter, such as ``significance > 3 & area_b > 20``.

        Raises
        ------
        ParameterError
            If it is not understood; then rows and `filter_text` stay.
        """
        self._rows = self._arrange(text)
        self.filter_text = text.strip()

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort by a column; rows without a value come last."""
        self.sorted_by = max(column, 0), rising
        self._rows = self._arrange(self.filter_text)

    def step(self, row: int, by: int) -> int:
        """Return the row some steps after or before one, going round; -1 without rows.

        Parameters
        ----------
        row : int
            The row that is looked at; -1 for none.
        by : int
            How many rows further.
        """
        if not len(self):
            return -1
        return (max(row, -1 if by > 0 else 0) + by) % len(self)

    def tell_position(self, row: int) -> str:
        """Say where in the order a row is, such as ``"3 of 140"``; empty for no row."""
        return f"{row + 1} of {len(self)}" if 0 <= row < len(self) else ""

    def find_row(self, change: int) -> int:
        """Return where a row of the comparison's table is shown; -1 where it is not."""
        found = np.flatnonzero(self._rows == change)
        return int(found[0]) if found.size else -1

    def get_box(self, row: int) -> Box:
        """First and last row, first and last column of a change, counted from 0."""
        assert self._shown is not None
        y0, y1, x0, x1 = (
            int(self._shown.columns[f"{side}_IMAGE"][self._rows[row]]) - 1
            for side in ("YMIN", "YMAX", "XMIN", "XMAX")
        )
        return y0, y1, x0, x1

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds; what is not known is empty."""
        assert self._shown is not None
        name = COLUMNS[column]
        value = self._shown.columns[name][self._rows[row]]
        if name in _LISTS:
            return " ".join(map(str, value))
        if not isinstance(value, np.floating):
            return str(value)
        if not np.isfinite(value):
            return ""
        return f"{value:.{_DECIMALS[name]}f}" if name in _DECIMALS else f"{value:.4g}"

    def colour(self, row: int, column: int) -> str | None:
        """Return the colour of a kind's name; None in other columns."""
        if column or self._shown is None:
            return None
        kind: Kind = self._shown.columns["kind"][self._rows[row]]
        return KIND_COLOURS[kind]

    def explain(self, column: int) -> str:
        """Say what a column holds."""
        return "" if self._shown is None else self._shown.explain(COLUMNS[column])

    def _arrange(self, text: str) -> IntArray:
        if self._shown is None:
            match_rows({name: np.empty(0) for name in COLUMNS}, text)
            return np.empty(0, np.int64)
        kept = self._shown.of_kinds(self.kinds) & match_rows(self._shown.numbers, text)
        rows = np.flatnonzero(kept)
        number, rising = self.sorted_by
        keys = self._shown.rank(COLUMNS[number])[rows]
        order = np.lexsort((-self._shown.columns[SIGNIFICANCE][rows], keys if rising else -keys))
        return rows[order]


class _Changes:
    """A comparison's table by plain columns."""

    def __init__(self, comparison: Comparison) -> None:
        self._table = comparison.table
        self.columns: Columns = {
            name: np.asarray(getattr(column, "value", column))
            for name, column in comparison.table.items()
        }
        for title, name in _FROM_1.items():  # viewers show pixels from 1
            self.columns[title] = self.columns.pop(name) + 1
        self.columns[SIGNIFICANCE] = np.abs(self.columns["flux_change_sigma"])

    @cached_property
    def numbers(self) -> Columns:
        """The columns that hold one number a row."""
        return {name: of for name, of in self.columns.items() if of.dtype.kind in "iuf"}

    def of_kinds(self, kinds: tuple[Kind, ...]) -> BoolArray:
        """Tell which rows are of some kinds."""
        return np.isin(self.columns["kind"], kinds)

    def rank(self, name: str) -> FloatArray:
        """Give numbers to sort by: kinds in their order, lists by their first label."""
        values = self.columns[name]
        if name == "kind":
            return np.array([KINDS.index(str(kind)) for kind in values], np.float64)
        if name in _LISTS:
            return np.array([labels[0] if len(labels) else np.nan for labels in values])
        return values.astype(np.float64)

    def explain(self, name: str) -> str:
        """Say what a column holds, and in which unit."""
        if name in _ABOUT:
            return _ABOUT[name]
        unit = getattr(self._table[name], "unit", None)
        return f"{self._table[name].info.description}{f' [{unit}]' if unit else ''}"
