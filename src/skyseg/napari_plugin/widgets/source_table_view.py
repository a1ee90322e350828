"""The table of sources in Qt: its rows, and which of them are selected."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from qtpy.QtWidgets import QWidget

from skyseg.napari_plugin.widgets.table_model import TableModel, TableView
from skyseg.panel.source_table import SourceTable

_MEASURED_ROWS = 50


class SourceTableView(TableView):
    """A view of a table of sources, in which sources are selected by their numbers.

    Parameters
    ----------
    rows : SourceTable
        The table; after it was changed, call ``rows_model.refresh``.
    parent : QWidget, optional
        The widget that it lies in.

    Attributes
    ----------
    rows : SourceTable
        The table.
    rows_model : TableModel
        The table as Qt asks for it.
    chosen : Signal
        Emitted with the NUMBERs of the selected rows, the current one last, when a
        person selects some.
    """

    chosen = Signal(object)

    def __init__(self, rows: SourceTable, parent: QWidget | None = None) -> None:
        self.rows = rows
        self.rows_model = TableModel(self.rows, Qt.AlignmentFlag.AlignRight)
        self._selecting = False
        super().__init__(self.rows_model, parent)
        header = self.horizontalHeader()
        header.setResizeContentsPrecision(_MEASURED_ROWS)
        # with the table's own selection a header asks at each painting whether all is selected
        header.setSelectionModel(QItemSelectionModel(self.rows_model, header))
        self.selectionModel().selectionChanged.connect(self._tell_chosen)

    def select_sources(self, numbers: tuple[int, ...]) -> None:
        """Select the rows of sources; the last one is scrolled to."""
        rows = self.rows.find_rows(numbers)
        rising = np.sort(rows)
        runs = np.split(rising, np.flatnonzero(np.diff(rising) > 1) + 1)
        wanted, last_column = QItemSelection(), self.rows_model.columnCount() - 1
        for run in runs if rows.size else ():
            first, last = int(run[0]), int(run[-1])
            wanted.select(self.rows_model.index(first, 0), self.rows_model.index(last, last_column))
        selection, flags = self.selectionModel(), QItemSelectionModel.SelectionFlag
        self._selecting = True
        selection.clearSelection()
        selection.select(wanted, flags.Select)
        if rows.size:
            column = max(self.currentIndex().column(), 0)
            current = self.rows_model.index(int(rows[-1]), column)
            selection.setCurrentIndex(current, flags.NoUpdate)
            self.scrollTo(current)
        self._selecting = False

    def _tell_chosen(self, *_: QItemSelection) -> None:
        if self._selecting:
            return
        ranges = self.selectionModel().selection()
        parts = [np.arange(part.top(), part.bottom() + 1) for part in ranges]
        rows = np.unique(np.concatenate([np.empty(0, np.int64), *parts]))
        current = rows == self.currentIndex().row()
        rows = np.concatenate([rows[~current], rows[current]])
        self.chosen.emit(tuple(self.rows.numbers[rows].tolist()))
