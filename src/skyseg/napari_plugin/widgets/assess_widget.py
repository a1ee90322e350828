"""The Assess widget: how pure the catalogue of a run is, as a number, a figure and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from skyseg.napari_plugin.background_work import FollowerTimer
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import unwrap_viewer
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.source_details import Picture, as_pixmap
from skyseg.napari_plugin.widgets.table_model import TableModel, TableView
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.assessing import Assessing
from skyseg.panel.purity_table import BY, draw_purity

if TYPE_CHECKING:
    import napari

_ASSESS, _CANCEL = "Assess", "Cancel"


class AssessWidget(QWidget):
    """The purity of the run whose SEG layer is worked with.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.

    Attributes
    ----------
    assessing : Assessing
        What was found.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        tab_together(self, "Assess", self.viewer)
        self.assessing = Assessing()
        self._timer = FollowerTimer(self.assessing.follower, self)
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.button, self.viewer)
        self.button.clicked.connect(report_errors(lambda *_: self.press()))
        self.by.currentTextChanged.connect(self.assessing.show_by)
        self.assessing.changed.connect(self._show)
        self._show()

    def _make_widgets(self) -> None:
        self.button = QPushButton(_ASSESS)
        self.button.setToolTip(
            "Make the run of the SEG layer again on its negative image, which has as much noise"
        )
        self.by = QComboBox()
        self.by.addItems(list(BY))
        self.by.setToolTip("By what the purity is shown")
        self.said, self.picture = QLabel(), Picture()
        self.said.setWordWrap(True)
        self._drawn: tuple[object, ...] = ()
        self.model = TableModel(self.assessing.rows, Qt.AlignmentFlag.AlignRight)
        self.table = TableView(self.model)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.button)
        top.addWidget(QLabel("by"))
        top.addWidget(self.by, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        for widget in (self.said, self.picture):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)

    def press(self) -> None:
        """Assess the run of the SEG layer that is worked with, or cancel that.

        Raises
        ------
        ParameterError
            If there is no SEG layer of a run.
        """
        if self.assessing.running:
            self.assessing.cancel()
            return
        target = find_current_seg(self.viewer)
        self.assessing.begin(None if target is None else target[1].band)
        self._timer.start()
        self._show()

    def _show(self) -> None:
        found = self.assessing.found
        self.button.setText(_CANCEL if self.assessing.running else _ASSESS)
        self.said.setText(self.assessing.said)
        ink = get_theme(self.viewer.theme).text.as_hex("long")
        drawn = found, self.assessing.by, ink
        if found is None or drawn == self._drawn:
            return
        self._drawn = drawn
        self.model.refresh()
        self.table.resizeColumnsToContents()
        shown = draw_purity(found.purity, BY[self.assessing.by], ink)
        self.picture.show_picture(as_pixmap(shown))
