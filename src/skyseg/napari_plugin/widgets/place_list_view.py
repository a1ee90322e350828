"""The list of remembered places: gone to by a click, renamed, put in order, forgotten."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.napari_plugin.notifications import report_errors
from skyseg.panel.place_list import forget_places, move_place, rename_place
from skyseg.panel.session import Place, Session

_ABOUT = "Click a place to go to it; double-click, or F2, to give it another name"


class PlaceListView(QWidget):
    """The places of a session.

    Parameters
    ----------
    session : Session
        Its places are listed.
    visit : callable
        Told the place that a person chooses.
    """

    def __init__(self, session: Session, visit: Callable[[Place], None]) -> None:
        super().__init__()
        self.session, self._visit = session, visit
        self.list = QListWidget()
        self.list.setToolTip(_ABOUT)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.up = _make_button("▲", "Move the chosen place up the list", narrow=True)
        self.down = _make_button("▼", "Move the chosen place down the list", narrow=True)
        self.forget = _make_button("Forget", "Forget the chosen places and what is drawn for them")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.list, 1)
        row = QHBoxLayout()
        for button in (self.up, self.down, self.forget):
            row.addWidget(button)
        layout.addLayout(row)
        self._listen()
        self._show()

    def _listen(self) -> None:
        self.list.itemClicked.connect(report_errors(lambda item: self._go(item)))
        self.list.itemActivated.connect(report_errors(lambda item: self._go(item)))
        self.list.itemChanged.connect(report_errors(self._rename))
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self.forget.clicked.connect(lambda: self._forget())
        self.session.events.places.connect(self._show)
        self.destroyed.connect(lambda: self.session.events.places.disconnect(self._show))

    def _show(self) -> None:
        row = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for place in self.session.places:
            item = QListWidgetItem(place.name or "(no name)")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.list.blockSignals(False)

    def _go(self, item: QListWidgetItem) -> None:
        self._visit(self.session.places[self.list.row(item)])

    def _rename(self, item: QListWidgetItem) -> None:
        try:
            rename_place(self.session, self.list.row(item), item.text())
        finally:
            self._show()

    def _move(self, by: int) -> None:
        row = self.list.currentRow()
        if row >= 0:
            self.list.setCurrentRow(move_place(self.session, row, by))

    def _forget(self) -> None:
        chosen = [index.row() for index in self.list.selectedIndexes()]
        if chosen:
            forget_places(self.session, chosen)


def _make_button(text: str, about: str, *, narrow: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(about)
    button.setAccessibleName(about)
    if narrow:
        button.setMaximumWidth(36)
    return button
