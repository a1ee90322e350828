"""The tables whose positions are marked over the maps: added from files, recoloured, removed."""

from __future__ import annotations

from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QColorDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.napari_plugin.notifications import report_errors
from skyseg.panel.marks import add_marks, choose_colour, read_marks
from skyseg.panel.session import Session

_TABLES = "Tables (*.fits *.fits.gz *.ecsv *.csv *.cat *.txt *.dat *.vot);;All files (*)"
_ABOUT = (
    "Mark the positions of a catalogue or truth table: RA and Dec, "
    "X_IMAGE and Y_IMAGE (from 1) or x and y (from 0)"
)
_HEIGHT = 72
_ICON = 12


class MarksView(QWidget):
    """The marks of a session.

    Parameters
    ----------
    session : Session
        Its marks are listed.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.list = QListWidget()
        self.list.setMaximumHeight(_HEIGHT)
        self.list.setToolTip("Tables that are marked; double-click for another colour")
        self.add = QPushButton("Mark a table…")
        self.add.setToolTip(_ABOUT)
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Take the marks of the chosen table away")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        row.addWidget(self.add, 1)
        row.addWidget(self.remove)
        layout.addLayout(row)
        layout.addWidget(self.list)
        self.add.clicked.connect(report_errors(lambda *_: self.open_table()))
        self.remove.clicked.connect(lambda: self._remove())
        self.list.itemDoubleClicked.connect(self._recolour)
        session.events.marks.connect(self._show)
        self.destroyed.connect(lambda: session.events.marks.disconnect(self._show))
        self._show()

    def open_table(self, path: str = "") -> None:
        """Mark the positions of a table; asks for the file where none is given.

        Raises
        ------
        SkysegError
            If it cannot be read, or has no positions.
        """
        path = path or QFileDialog.getOpenFileName(self, "Table of positions", "", _TABLES)[0]
        if path:
            marks = read_marks(path, colour=choose_colour(self.session.marks))
            self.session.marks = add_marks(self.session.marks, marks)

    def _show(self) -> None:
        self.list.clear()
        for marks in self.session.marks:
            item = QListWidgetItem(_make_icon(marks.colour), f"{marks.name} ({len(marks.x)})")
            item.setToolTip(str(marks.path or "in memory"))
            self.list.addItem(item)
        self.list.setVisible(bool(self.session.marks))
        self.remove.setEnabled(bool(self.session.marks))

    def _remove(self) -> None:
        row = max(self.list.currentRow(), 0)
        self.session.marks = (*self.session.marks[:row], *self.session.marks[row + 1 :])

    def _recolour(self, item: QListWidgetItem) -> None:
        row = self.list.row(item)
        marks = self.session.marks[row]
        colour = QColorDialog.getColor(QColor(marks.colour), self, marks.name)
        if colour.isValid():
            new = marks.model_copy(update={"colour": colour.name()})
            self.session.marks = add_marks(self.session.marks, new)


def _make_icon(colour: str) -> QIcon:
    dot = QPixmap(_ICON, _ICON)
    dot.fill(QColor(colour))
    return QIcon(dot)
