"""Tables of the panel in Qt's views, which make only the cells that are seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QTableView, QWidget

from skyseg.display.colours import make_readable
from skyseg.napari_plugin.canvas.source_selection import NEXT_KEY, PREVIOUS_KEY

_ROW_HEIGHT = 20
_STEPS = {NEXT_KEY: 1, PREVIOUS_KEY: -1}


class Table(Protocol):
    """A table that is shown; `skyseg.panel.source_table.SourceTable` is one."""

    def __len__(self) -> int:
        """Give the number of rows."""
        ...

    @property
    def titles(self) -> Sequence[str]:
        """Titles of the columns."""
        ...

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        ...

    def colour(self, row: int, column: int) -> str | None:
        """Return the colour of a cell's text; None for that of the window."""
        ...

    def explain(self, column: int) -> str | None:
        """Say what a column holds."""
        ...

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort the rows by a column."""
        ...


class TableModel(QAbstractTableModel):
    """A table as Qt's views ask for it.

    Parameters
    ----------
    table : Table
        The table; after it was changed, call `refresh`.
    alignment : Qt.AlignmentFlag, optional
        Side of the cells to which text is moved.
    ground : callable, optional
        Gives the colour behind the cells as ``#rrggbb``; coloured text is made darker or
        lighter, so that it can be read on it.
    """

    def __init__(
        self,
        table: Table,
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        ground: Callable[[], str] | None = None,
    ) -> None:
        super().__init__()
        self._table, self._ground = table, ground
        self._alignment = alignment | Qt.AlignmentFlag.AlignVCenter

    def refresh(self) -> None:
        """Show the table as it is now."""
        self.beginResetModel()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what is selected stays with its row numbers."""
        self.layoutAboutToBeChanged.emit()
        self._table.sort(column, rising=order == Qt.SortOrder.AscendingOrder)
        self.layoutChanged.emit()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return len(self._table)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: D102
        return len(self._table.titles)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._table.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment
        if role == Qt.ItemDataRole.ForegroundRole:
            colour = self._table.colour(row, column)
            if colour is None:
                return None
            return QColor(make_readable(colour, self._ground()) if self._ground else colour)
        return None

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._table.titles[section]
        return self._table.explain(section) if role == Qt.ItemDataRole.ToolTipRole else None


class TableView(QTableView):
    """A view whose rows are low, selected whole, and sorted by a click on a title.

    What is scrolled to sideways stays, and the current row stays in view.

    Attributes
    ----------
    stepped : Signal
        Emitted with 1 or -1 when a person presses the key for the next or previous row.
    """

    stepped = Signal(int)

    def __init__(self, model: TableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setSortingEnabled(True)
        self.setTabKeyNavigation(False)  # Tab goes on to the next control
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)

    def scrollTo(  # noqa: D102
        self,
        index: QModelIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        sideways = self.horizontalScrollBar().value()
        super().scrollTo(index, hint)
        self.horizontalScrollBar().setValue(sideways)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        if self.selectionModel().hasSelection() and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        step = _STEPS.get(event.text())
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(step)
