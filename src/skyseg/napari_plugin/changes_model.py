"""The changes between two maps as a table that makes only the cells that are seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QColor

from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KIND_COLOURS, KINDS, Kind

COLUMNS = ("kind", "labels_a", "labels_b", "area_a", "area_b", "iou", "flux_change_sigma")
_TITLES = ("kind", "a", "b", "pixels a", "pixels b", "IoU", "flux change σ")

Box = tuple[int, int, int, int]


class ChangesModel(QAbstractTableModel):
    """Rows of a comparison's table, of chosen kinds and sorted."""

    def __init__(self) -> None:
        super().__init__()
        self._comparison: Comparison | None = None
        self._rows = np.empty(0, np.int64)
        self._kinds: tuple[Kind, ...] = CHANGES
        self._sorted = (0, True)

    def show(self, comparison: Comparison | None) -> None:
        """Show another comparison."""
        self.beginResetModel()
        self._comparison = comparison
        self._rows = self._arranged()
        self.endResetModel()

    def choose_kinds(self, kinds: tuple[Kind, ...]) -> None:
        """Show changes of these kinds."""
        self.beginResetModel()
        self._kinds = kinds
        self._rows = self._arranged()
        self.endResetModel()

    def box(self, row: int) -> Box:
        """First and last row, first and last column of a change, counted from 0."""
        y0, y1, x0, x1 = (
            int(self._column(name)[self._rows[row]])
            for name in ("y_min", "y_max", "x_min", "x_max")
        )
        return y0, y1, x0, x1

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = max(column, 0), order == Qt.SortOrder.AscendingOrder
        self._rows = self._arranged()
        self.layoutChanged.emit()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        value = self._column(COLUMNS[index.column()])[self._rows[index.row()]]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            return QColor(KIND_COLOURS[value])
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if isinstance(value, (str, np.str_)):
            return str(value)
        if np.ndim(value):
            return " ".join(map(str, value))
        if isinstance(value, np.integer):
            return str(value)
        return f"{float(value):.4g}"

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _TITLES[section] if shown else None

    def _column(self, name: str) -> Any:
        assert self._comparison is not None
        column = self._comparison.table[name]
        return getattr(column, "value", column)

    def _arranged(self) -> Any:
        if self._comparison is None:
            return np.empty(0, np.int64)
        kinds = np.asarray(self._column("kind"))
        rows = np.flatnonzero(np.isin(kinds, self._kinds))
        number, rising = self._sorted
        keys = _sortable(COLUMNS[number], self._column(COLUMNS[number]))[rows]
        order = np.argsort(keys, kind="stable")
        return rows[order if rising else order[::-1]]


def _sortable(name: str, values: Any) -> Any:
    """Give the numbers by which a column is sorted: kinds in their order, labels by the first."""
    if name == "kind":
        return np.array([KINDS.index(str(kind)) for kind in values])
    if name.startswith("labels"):
        return np.array([labels[0] if len(labels) else -1 for labels in values])
    return np.asarray(values, float)
