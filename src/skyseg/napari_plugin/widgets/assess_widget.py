"""The Assess widget: how pure and complete a run is, as numbers, a figure and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from napari.utils.notifications import show_info
from napari.utils.theme import get_theme
from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from skyseg.assessment.injection import Kind
from skyseg.napari_plugin.background_work import FollowerTimer
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import unwrap_viewer
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.source_details import Picture, as_pixmap
from skyseg.napari_plugin.widgets.table_model import TableModel, TableView
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.assessed_views import draw_view
from skyseg.panel.assessing import REPORT, Assessing
from skyseg.panel.injected_choice import KIND_HELP, MOST, NUMBER_HELP, PSF_HELP, PSF_HINT

if TYPE_CHECKING:
    import napari

_ASSESS, _CANCEL = "Assess", "Cancel"
_REPORTS = "Report (*.html *.fits)"


class AssessWidget(QWidget):
    """Purity and completeness of the run whose SEG layer is worked with.

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
        self.by.currentTextChanged.connect(self._choose_view)
        self.number.valueChanged.connect(lambda number: self._choose(number=number))
        self.kind.currentTextChanged.connect(lambda kind: self._choose(kind=kind))
        self.psf.textChanged.connect(lambda text: self._choose(psf=text))
        self.save.clicked.connect(report_errors(lambda *_: self.save_report()))
        self.assessing.changed.connect(self._show)
        self._show()

    def _make_widgets(self) -> None:
        self.button = QPushButton(_ASSESS)
        self.button.setToolTip(
            "Make the run of the SEG layer again on its negative image, which has as much noise"
        )
        self.by = QComboBox()
        self.by.setToolTip("What is shown: the purity, or the completeness")
        self.number, self.kind, self.psf = QSpinBox(), QComboBox(), QLineEdit()
        self.number.setRange(0, MOST)
        self.number.setSingleStep(100)
        self.number.setToolTip(NUMBER_HELP)
        self.kind.addItems(list(get_args(Kind)))
        self.kind.setToolTip(KIND_HELP)
        self.psf.setPlaceholderText(PSF_HINT)
        self.psf.setToolTip(PSF_HELP)
        self.save = QPushButton("Save report…")
        self.save.setToolTip("A page with figures and tables, *.html, or all tables, *.fits")
        self.said, self.picture = QLabel(), Picture()
        self.said.setWordWrap(True)
        self._drawn: tuple[object, ...] = ()
        self.model = TableModel(self.assessing.rows, Qt.AlignmentFlag.AlignRight)
        self.table = TableView(self.model)

    def _lay_out(self) -> None:
        put_in, form, buttons = QHBoxLayout(), QFormLayout(), QHBoxLayout()
        put_in.addWidget(self.number)
        put_in.addWidget(self.kind, 1)
        form.addRow("Put in", put_in)
        form.addRow("PSF", self.psf)
        form.addRow("Show", self.by)
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(buttons)
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

    def save_report(self, path: str = "") -> None:
        """Save a report; asks for its name where none is given.

        Raises
        ------
        SkysegError
            If there is none, or it cannot be written.
        """
        path = path or QFileDialog.getSaveFileName(self, "Save report", REPORT, _REPORTS)[0]
        if path:
            show_info(f"the report is in {self.assessing.save(path)}")

    def _choose(self, **values: object) -> None:
        self.assessing.choice = self.assessing.choice.change(**values)

    def _choose_view(self, view: str) -> None:
        if view and view != self.assessing.view:
            self.assessing.show(view)

    def _offer_views(self) -> None:
        """Offer what can be shown, with what is shown chosen."""
        views = self.assessing.views
        with QSignalBlocker(self.by):
            if views != [self.by.itemText(place) for place in range(self.by.count())]:
                self.by.clear()
                self.by.addItems(views)
            self.by.setCurrentText(self.assessing.view)

    def _show(self) -> None:
        found = self.assessing.found
        self.button.setText(_CANCEL if self.assessing.running else _ASSESS)
        self.said.setText(self.assessing.said)
        self.save.setEnabled(found is not None)
        self._offer_views()
        ink = get_theme(self.viewer.theme).text.as_hex("long")
        drawn = found, self.assessing.view, ink
        if found is None or drawn == self._drawn:
            return
        self._drawn = drawn
        self.model.refresh()
        self.table.resizeColumnsToContents()
        self.picture.show_picture(as_pixmap(draw_view(found, self.assessing.view, ink)))
