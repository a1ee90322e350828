"""The changes between two maps as a table that is sorted, filtered and stepped through."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QModelIndex, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KINDS
from skyseg.errors import ParameterError
from skyseg.napari_plugin.widgets.filter_line import FilterLine
from skyseg.napari_plugin.widgets.table_model import TableModel, TableView
from skyseg.panel.change_table import ChangeTable
from skyseg.panel.wording import worded

_ALL = "all changes"
_FILTER = "filter: significance > 3"
_ABOUT_FILTER = (
    "Show the changes that match; Enter applies. Comparisons of the numbers in the table, "
    "joined by &, | and ~: significance > 3 & area_b > 20"
)


class ChangesView(QWidget):
    """The rows of a comparison's table.

    Parameters
    ----------
    ground : callable
        Gives the colour behind the table as ``#rrggbb``.

    Attributes
    ----------
    rows : ChangeTable
        The rows.
    reached : Signal
        Emitted with the row that is gone to.
    """

    reached = Signal(int)

    def __init__(self, ground: Callable[[], str]) -> None:
        super().__init__()
        self.rows = ChangeTable()
        self.model = TableModel(self.rows, ground=ground)
        self._make_widgets()
        self._lay_out()
        self.kinds.currentTextChanged.connect(self._choose_kind)
        self.filter.entered.connect(self._apply_filter)
        self.table.selectionModel().currentRowChanged.connect(self._reach)
        self.table.stepped.connect(self.step)
        self.model.layoutChanged.connect(self._show_position)
        self.next.clicked.connect(lambda: self.step(1))
        self.previous.clicked.connect(lambda: self.step(-1))

    def _make_widgets(self) -> None:
        self.kinds = QComboBox()
        self.kinds.addItems([_ALL, *KINDS])
        self.kinds.setToolTip("The kinds of change that are listed")
        self.filter = FilterLine(_FILTER, _ABOUT_FILTER)
        self.table = TableView(self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setToolTip("A click on a title sorts; the view follows the row")
        self.previous, self.next = QPushButton("Previous"), QPushButton("Next")
        self.previous.setToolTip("Go to the change above, in the order of the table (,)")
        self.next.setToolTip("Go to the change below, in the order of the table (.)")
        self.position = QLabel()

    def _lay_out(self) -> None:
        # napari leaves the height that no widget of a panel asks for empty
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        top = QHBoxLayout()
        top.addWidget(self.kinds)
        top.addWidget(self.filter.line, 1)
        layout.addLayout(top)
        layout.addWidget(self.filter.problem)
        layout.addWidget(self.table, 1)
        steps = QHBoxLayout()
        for widget in (self.previous, self.next):
            steps.addWidget(widget)
        steps.addWidget(self.position, 1)
        layout.addLayout(steps)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show the changes of another comparison."""
        self.rows.show(comparison)
        self._refresh()
        self.table.resizeColumnsToContents()

    def step(self, by: int) -> None:
        """Go to the change that many rows further, in the order of the table."""
        row = self.rows.step(self.table.currentIndex().row(), by)
        if row >= 0:
            self.table.selectRow(row)

    def _choose_kind(self, text: str) -> None:
        self.rows.choose_kinds(tuple(kind for kind in KINDS if kind == text) or CHANGES)
        self._refresh()

    def _apply_filter(self, text: str) -> None:
        problem = ""
        try:
            self.rows.filter(text)
        except ParameterError as error:
            problem = worded(error)
        self.filter.show_filter(self.rows.filter_text, problem)
        if not problem:
            self._refresh()

    def _refresh(self) -> None:
        self.model.refresh()
        self._show_position()

    def _reach(self, current: QModelIndex, _: QModelIndex) -> None:
        if 0 <= current.row() < len(self.rows):
            self.reached.emit(current.row())
        self._show_position()

    def _show_position(self) -> None:
        row = self.table.currentIndex().row()
        self.position.setText(self.rows.tell_position(row) or self.rows.count)
