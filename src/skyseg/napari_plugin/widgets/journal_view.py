"""The journal of edits as a table in Qt."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QModelIndex, Signal
from qtpy.QtWidgets import QAbstractItemView, QWidget

from skyseg.editing.operations import Operation
from skyseg.napari_plugin.widgets.table_model import TableModel, TableView
from skyseg.panel.journal_table import JournalTable

_LEAST_HEIGHT = 90
_IN_VIEW_ALONE = 0  # Qt's: columns are as wide as rows in view ask for


class JournalView(TableView):
    """The rows of a journal.

    Parameters
    ----------
    ground : callable
        Gives the colour behind the table as ``#rrggbb``.
    parent : QWidget, optional
        The widget that it lies in.

    Attributes
    ----------
    reached : Signal
        Emitted with the row that a person goes to.
    """

    reached = Signal(int)

    def __init__(self, ground: Callable[[], str], parent: QWidget | None = None) -> None:
        self.rows = JournalTable()
        self._version = -1
        self.rows_model = TableModel(_Shown(self), ground=ground)
        self._showing = False
        super().__init__(self.rows_model, parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setToolTip("The view goes to the edit of the row; a click on a title sorts")
        self.setMinimumHeight(_LEAST_HEIGHT)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setResizeContentsPrecision(_IN_VIEW_ALONE)
        self.selectionModel().currentRowChanged.connect(self._reach)
        self.stepped.connect(self._step)

    def show_journal(self, rows: JournalTable) -> None:
        """Show a journal as it is now; the row of the edit that was chosen stays chosen."""
        if rows is self.rows and rows.version == self._version:
            return
        chosen = self.chosen
        self._showing = True
        self.rows, self._version = rows, rows.version
        self.rows_model.refresh()
        row = -1 if chosen is None else rows.find_row(chosen.id)
        if row >= 0:
            self.selectRow(row)
        elif len(rows):
            self.scrollToBottom()
        self._showing = False
        self.resizeColumnsToContents()

    @property
    def chosen(self) -> Operation | None:
        """The edit of the chosen row; None where none is chosen."""
        row = self.currentIndex().row()
        return self.rows.operation(row) if 0 <= row < len(self.rows) else None

    def _step(self, by: int) -> None:
        if len(self.rows):
            self.selectRow(
                (max(self.currentIndex().row(), 0 if by < 0 else -1) + by) % len(self.rows)
            )

    def _reach(self, current: QModelIndex, _: QModelIndex) -> None:
        if not self._showing and 0 <= current.row() < len(self.rows):
            self.reached.emit(current.row())


class _Shown:
    """The table that a view shows at a time, as the model asks for it."""

    titles = JournalTable.titles

    def __init__(self, view: JournalView) -> None:
        self._view = view

    def __len__(self) -> int:
        return len(self._view.rows)

    def text(self, row: int, column: int) -> str:
        return self._view.rows.text(row, column)

    def colour(self, row: int, column: int) -> str | None:
        return self._view.rows.colour(row, column)

    def explain(self, column: int) -> str:
        return self._view.rows.explain(column)

    def sort(self, column: int, *, rising: bool = True) -> None:
        self._view.rows.sort(column, rising=rising)
