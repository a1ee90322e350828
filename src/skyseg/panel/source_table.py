"""The catalogue as a table: chosen columns, rows that a filter keeps, sorted, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skyseg.engine.types import IntArray
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.catalogue_filter import match_rows

FIRST_COLUMNS = (
    "NUMBER",
    "ALPHA_J2000",
    "DELTA_J2000",
    "MAG_AUTO",
    "MAGERR_AUTO",
    "FLUX_RADIUS",
    "KRON_RADIUS",
    "SNR_WIN",
    "ISOAREAF_IMAGE",
    "FLAGS",
)
"""The columns that are shown until others are chosen."""

_DECIMALS = {"ALPHA_J2000": 6, "DELTA_J2000": 6}


class SourceTable:
    """Rows of a catalogue, filtered and sorted; cells are made when they are asked for."""

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        self._columns: list[str] = []
        self._rows: IntArray = np.empty(0, np.int64)
        self._filter = ""
        self._sorted = "NUMBER", True

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def titles(self) -> list[str]:
        """Names of the columns that are shown."""
        return list(self._columns)

    @property
    def numbers(self) -> IntArray:
        """NUMBERs of the rows, in their order."""
        if self._catalogue is None:
            return np.empty(0, np.int64)
        numbers: IntArray = self._catalogue.columns["NUMBER"][self._rows]
        return numbers

    def show(self, catalogue: Catalogue | None) -> None:
        """Show another catalogue; filter, order and columns stay where they can."""
        self._catalogue = catalogue
        known = [] if catalogue is None else list(catalogue.columns)
        kept = [name for name in self._columns if name in known]
        self._columns = kept or [name for name in FIRST_COLUMNS if name in known]
        self._rows = self._arrange(self._filter)

    def choose_columns(self, names: list[str]) -> None:
        """Show these columns."""
        self._columns = list(names)

    def filter(self, text: str) -> None:
        """Keep the rows that match a filter.

        Raises
        ------
        ParameterError
            If it is not understood; then the rows stay.
        """
        self._rows = self._arrange(text)
        self._filter = text

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort by a column; rows without a value come last."""
        if 0 <= column < len(self._columns):
            self._sorted = self._columns[column], rising
            self._rows = self._arrange(self._filter)

    def find_rows(self, numbers: Sequence[int]) -> IntArray:
        """Return the rows of those sources that are shown, in the order of the sources."""
        if self._catalogue is None:
            return np.empty(0, np.int64)
        rows = np.full(len(self._catalogue), -1)
        rows[self._rows] = np.arange(len(self._rows))
        found = rows[self._catalogue.find_rows(numbers)]
        return found[found >= 0]

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        name = self._columns[column]
        return _cell(name, self._column(name)[self._rows[row]])

    def colour(self, row: int, column: int) -> None:
        """Return no colour: all text has that of the window."""

    def explain(self, column: int) -> str | None:
        """Say what a column holds, and in which unit."""
        assert self._catalogue is not None
        values = self._catalogue.table[self._columns[column]]
        unit = getattr(values, "unit", None)
        return f"{values.info.description}{f' [{unit}]' if unit else ''}"

    def _column(self, name: str) -> Any:
        assert self._catalogue is not None
        return self._catalogue.columns[name]

    def _arrange(self, text: str) -> IntArray:
        """Return the rows of the catalogue that match a filter, in order."""
        if self._catalogue is None:
            return np.empty(0, np.int64)
        rows = np.flatnonzero(match_rows(self._catalogue.columns, text))
        name, rising = self._sorted
        values = self._catalogue.columns.get(name)
        if values is None:
            return rows
        keys = (values if values.ndim == 1 else values[:, 0])[rows]
        keys = keys.astype(np.float64)
        order = np.argsort(keys if rising else -keys, kind="stable")
        return rows[order]


def _cell(name: str, value: Any) -> str:
    if np.ndim(value):
        return "  ".join(_cell(name, part) for part in value)
    if isinstance(value, np.integer):
        return str(value)
    return f"{value:.{_DECIMALS[name]}f}" if name in _DECIMALS else f"{value:.5g}"
