"""The columns of a table of sources by group, ticked in a box that stays open."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from skyseg.panel.source_columns import SourceColumn
from skyseg.panel.source_table import FIRST_COLUMNS, SourceTable

_SIZE = 300, 420


class ColumnChooser(QWidget):
    """Columns by group, each with a tick; a click beside the box closes it.

    Parameters
    ----------
    parent : QWidget
        The widget that opens it.

    Attributes
    ----------
    chosen : Signal
        Emitted with the titles of all columns that are ticked: those that were shown in
        their order, then new ones.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setToolTip("Tick a column, or a whole group; Space ticks by key")
        self.usual = QPushButton("Usual columns")
        self.usual.setToolTip("Show the columns that are shown at first")
        layout = QVBoxLayout(self)
        layout.addWidget(self.tree)
        layout.addWidget(self.usual)
        self._shown: list[str] = []
        self._items: dict[str, QTreeWidgetItem] = {}
        # a group that is ticked changes its columns one by one
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._tell)
        self.tree.itemChanged.connect(lambda *_: self._soon.start())
        self.usual.clicked.connect(lambda *_: self.chosen.emit(list(FIRST_COLUMNS)))

    def show_columns(self, table: SourceTable) -> None:
        """List all columns of a table and tick those that it shows."""
        self._shown = table.titles
        self.tree.blockSignals(True)
        if list(self._items) != [each.title for of in table.groups.values() for each in of]:
            self._list(table)
        for title, item in self._items.items():
            shown = title in self._shown
            item.setCheckState(0, Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
        self.tree.blockSignals(False)
        self.tree.viewport().update()

    def _list(self, table: SourceTable) -> None:
        self.tree.clear()
        self._items = {}
        for group, columns in table.groups.items():
            top = QTreeWidgetItem(self.tree, [group])
            top.setFlags(top.flags() | Qt.ItemFlag.ItemIsAutoTristate)
            top.setExpanded(True)
            for column in columns:
                self._items[column.title] = _add(top, column)

    def open_below(self, button: QWidget) -> None:
        """Open the box under a button, inside of the screen."""
        self.resize(*_SIZE)
        place = button.mapToGlobal(button.rect().bottomRight())
        screen = button.screen().availableGeometry()
        left = max(place.x() - self.width(), screen.left())
        top = min(place.y(), screen.bottom() - self.height())
        self.move(left, max(top, screen.top()))
        self.show()
        self.tree.setFocus()

    def _tell(self) -> None:
        """Tell what is ticked."""
        ticked = [
            title
            for title, item in self._items.items()
            if item.checkState(0) == Qt.CheckState.Checked
        ]
        titles = [title for title in self._shown if title in ticked]
        titles += [title for title in ticked if title not in titles]
        if titles and titles != self._shown:
            self._shown = titles
            self.chosen.emit(titles)


def _add(top: QTreeWidgetItem, column: SourceColumn) -> QTreeWidgetItem:
    item = QTreeWidgetItem(top, [column.title])
    unit = f" [{column.unit}]" if column.unit else ""
    item.setToolTip(0, f"{column.about}{unit}")
    return item
