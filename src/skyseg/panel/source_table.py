"""The catalogue as a table: chosen columns, rows that a filter keeps, sorted, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import BoolArray, FloatArray, IntArray
from skyseg.errors import ParameterError
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.catalogue_filter import match_rows
from skyseg.panel.source_columns import (
    Parts,
    SourceColumn,
    group_columns,
    list_columns,
    name_parts,
)
from skyseg.panel.wording import worded
from skyseg.survey import BandData

FIRST_COLUMNS = (
    "NUMBER",
    "MAG_AUTO",
    "MAGERR_AUTO",
    "SNR_WIN",
    "FLUX_RADIUS",
    "FLAGS",
    "ALPHA_J2000",
    "DELTA_J2000",
    "ISOAREAF_IMAGE",
    "KRON_RADIUS",
    "EDITED",
    "MARK",
)
"""The columns that are shown until others are chosen."""

_DECIMALS = {"ALPHA_J2000": 6, "DELTA_J2000": 6}


class SourceTable:
    """Rows of a catalogue, filtered and sorted; cells are made when they are asked for.

    Parameters
    ----------
    titles : sequence of str, optional
        The columns that are shown where the catalogue has them.

    Attributes
    ----------
    catalogue : Catalogue or None
        The catalogue that is shown.
    filter_text : str
        The filter that the rows match; empty where all are shown.
    sorted_by : tuple of (str, bool)
        Title of the column by which rows are sorted, and whether its values rise.
    """

    def __init__(self, titles: Sequence[str] = FIRST_COLUMNS) -> None:
        self.catalogue: Catalogue | None = None
        self.filter_text = ""
        self.sorted_by = "NUMBER", True
        self._wanted = tuple(titles)
        self._known: dict[str, SourceColumn] = {}
        self._parts: Parts = {}
        self._columns: list[SourceColumn] = []
        self._rows: IntArray = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def titles(self) -> list[str]:
        """Titles of the columns that are shown."""
        return [column.title for column in self._columns]

    @property
    def groups(self) -> dict[str, tuple[SourceColumn, ...]]:
        """All columns that the catalogue has, by group."""
        return group_columns(tuple(self._known.values()))

    @property
    def columns(self) -> tuple[SourceColumn, ...]:
        """All columns that the catalogue has, one for each aperture, in its order."""
        return tuple(self._known.values())

    @property
    def numbers(self) -> IntArray:
        """NUMBERs of the rows, in their order."""
        if self.catalogue is None:
            return np.empty(0, np.int64)
        numbers: IntArray = self.catalogue.columns["NUMBER"][self._rows]
        return numbers

    @property
    def kept(self) -> BoolArray | None:
        """Which labels the filter keeps: True at their NUMBER; None without a filter.

        It has an entry for each label up to the largest of the catalogue.
        """
        if self.catalogue is None or not self.filter_text:
            return None
        kept = np.zeros(int(self.catalogue.columns["NUMBER"].max(initial=0)) + 1, np.bool_)
        kept[self.numbers] = True
        return kept

    @property
    def count(self) -> str:
        """How many sources are shown, such as ``"312 of 689 sources"``."""
        whole = 0 if self.catalogue is None else len(self.catalogue)
        of = "" if len(self) == whole else f" of {whole}"
        return f"{len(self)}{of} source{'' if whole == 1 else 's'}"

    def show(self, catalogue: Catalogue | None, band: BandData | None = None) -> str:
        """Show another catalogue; filter, order and columns stay where they can.

        Parameters
        ----------
        catalogue : Catalogue or None
            The catalogue; None shows nothing.
        band : BandData, optional
            The band whose product it is, which knows the diameters of the apertures.

        Returns
        -------
        str
            Why the filter was given up, which this catalogue cannot match; else empty.
        """
        self.catalogue = catalogue
        self._parts = {} if catalogue is None else name_parts(catalogue.table, band)
        columns = () if catalogue is None else list_columns(catalogue.table, self._parts)
        self._known = {column.title: column for column in columns}
        self._take_columns()
        try:
            self._rows = self._arrange(self.filter_text)
        except ParameterError as error:
            self.filter_text = ""
            self._rows = self._arrange("")
            return worded(error)
        return ""

    def choose_columns(self, titles: Sequence[str]) -> None:
        """Show these columns, in this order, as far as the catalogue has them."""
        self._wanted = tuple(titles)
        self._take_columns()

    def filter(self, text: str) -> None:
        """Keep the rows that match a filter.

        Raises
        ------
        ParameterError
            If it is not understood; then rows and `filter_text` stay.
        """
        self._rows = self._arrange(text)
        self.filter_text = text.strip()

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort by a column that is shown; rows without a value come last."""
        if 0 <= column < len(self._columns):
            self.sorted_by = self._columns[column].title, rising
            self._rows = self._arrange(self.filter_text)

    def find_rows(self, numbers: Sequence[int] | IntArray) -> IntArray:
        """Return the rows of those sources that are shown, in the order of the sources."""
        if self.catalogue is None:
            return np.empty(0, np.int64)
        rows = np.full(len(self.catalogue), -1)
        rows[self._rows] = np.arange(len(self._rows))
        found = rows[self.catalogue.find_rows(numbers)]
        return found[found >= 0]

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        shown = self._columns[column]
        return _cell(shown.name, self._take(shown)[self._rows[row]])

    def colour(self, row: int, column: int) -> None:
        """Return no colour: all text has that of the window."""

    def explain(self, column: int) -> str:
        """Say what a column holds, and in which unit."""
        shown = self._columns[column]
        unit = f" [{shown.unit}]" if shown.unit else ""
        return f"{shown.title}: {shown.about}{unit}" if shown.about else f"{shown.title}{unit}"

    def _take_columns(self) -> None:
        titles = [each for each in self._wanted if each in self._known]
        titles = titles or [each for each in FIRST_COLUMNS if each in self._known]
        self._columns = [self._known[each] for each in titles or list(self._known)]

    def _take(self, column: SourceColumn) -> Any:
        assert self.catalogue is not None
        return column.take(self.catalogue.columns)

    def _arrange(self, text: str) -> IntArray:
        """Return the rows of the catalogue that match a filter, in order."""
        if self.catalogue is None:
            return np.empty(0, np.int64)
        rows = np.flatnonzero(match_rows(self.catalogue.columns, text, self._parts))
        title, rising = self.sorted_by
        column = self._known.get(title)
        if column is None:
            return rows
        keys = rank(self._take(column)[rows])
        order = np.argsort(keys if rising else -keys, kind="stable")
        return rows[order]


def rank(values: npt.NDArray[Any]) -> FloatArray:
    """Give numbers by which values are sorted: themselves, or for texts their places.

    Examples
    --------
    >>> rank(np.array(["star", "galaxy", "star"])).tolist()
    [1.0, 0.0, 1.0]
    """
    if values.dtype.kind not in "biuf":
        values = np.unique(values.astype(str), return_inverse=True)[1]
    return values.astype(np.float64)


def _cell(name: str, value: Any) -> str:
    if not isinstance(value, np.floating):
        return str(value)
    return f"{value:.{_DECIMALS[name]}f}" if name in _DECIMALS else f"{value:.5g}"
