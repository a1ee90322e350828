"""The catalogue as a table that makes only the cells that are seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from skyseg.napari_plugin.catalogues import Catalogue
from skyseg.napari_plugin.expressions import rows_where

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
ROW_HEIGHT = 20

_DECIMALS = {"ALPHA_J2000": 6, "DELTA_J2000": 6}


class SourcesModel(QAbstractTableModel):
    """Rows of a catalogue, filtered and sorted; cells are made when they are shown."""

    def __init__(self) -> None:
        super().__init__()
        self._catalogue: Catalogue | None = None
        self._names: list[str] = []
        self._rows = np.empty(0, np.int64)
        self._filter = ""
        self._sorted: tuple[str, bool] = ("NUMBER", True)

    @property
    def names(self) -> list[str]:
        """Names of the columns that are shown."""
        return list(self._names)

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """NUMBERs of the rows, in their order."""
        if self._catalogue is None:
            return np.empty(0, np.int64)
        numbers: npt.NDArray[np.int64] = self._catalogue.columns["NUMBER"][self._rows]
        return numbers

    def show(self, catalogue: Catalogue | None) -> None:
        """Show another catalogue; filter, order and columns stay where they can."""
        self.beginResetModel()
        self._catalogue = catalogue
        there = [] if catalogue is None else list(catalogue.columns)
        kept = [name for name in self._names if name in there]
        self._names = kept or [name for name in FIRST_COLUMNS if name in there]
        self._rows = self._arranged(self._filter)
        self.endResetModel()

    def choose_columns(self, names: list[str]) -> None:
        """Show these columns."""
        self.beginResetModel()
        self._names = list(names)
        self.endResetModel()

    def filter(self, text: str) -> None:
        """Keep the rows that a filter keeps.

        Raises
        ------
        ParameterError
            If it is not understood; then the rows stay.
        """
        rows = self._arranged(text)
        self.beginResetModel()
        self._filter, self._rows = text, rows
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; rows without a value come last."""
        if not 0 <= column < len(self._names):
            return
        self.layoutAboutToBeChanged.emit()
        self._sorted = self._names[column], order == Qt.SortOrder.AscendingOrder
        self._rows = self._arranged(self._filter)
        self.layoutChanged.emit()

    def places_of(self, numbers: Sequence[int]) -> npt.NDArray[np.int64]:
        """Places among the rows of those sources that are there, in the order of the sources."""
        if self._catalogue is None:
            return np.empty(0, np.int64)
        places = np.full(len(self._catalogue), -1)
        places[self._rows] = np.arange(len(self._rows))
        found = places[self._catalogue.rows(numbers)]
        return found[found >= 0]

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return len(self._names)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole or self._catalogue is None:
            return None
        name = self._names[index.column()]
        return _cell(name, self._catalogue.columns[name][self._rows[index.row()]])

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or self._catalogue is None:
            return None
        name = self._names[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == Qt.ItemDataRole.ToolTipRole:
            column = self._catalogue.table[name]
            unit = getattr(column, "unit", None)
            return f"{column.info.description}{f' [{unit}]' if unit else ''}"
        return None

    def _arranged(self, text: str) -> npt.NDArray[np.int64]:
        """Rows that a filter keeps, in order."""
        if self._catalogue is None:
            return np.empty(0, np.int64)
        rows = np.flatnonzero(rows_where(self._catalogue.columns, text))
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
