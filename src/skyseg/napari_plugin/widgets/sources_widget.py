"""The Sources widget: the catalogue as a table, tied to the canvas, and the source in detail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Labels
from napari.utils.notifications import show_info
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QApplication,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.errors import ParameterError, SkysegError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.source_selection import NEXT_KEY, PREVIOUS_KEY, SourceSelection
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.finding import find_current_seg, find_imaging
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.layers.selection_layer import make_selection_layer
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.measure_button import MeasureButton
from skyseg.napari_plugin.widgets.source_details import SourceDetails
from skyseg.napari_plugin.widgets.source_table_view import SourceTableView
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.label_catalogue import load_catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_exports import format_skycoord, write_regions, write_table
from skyseg.survey import BandData

if TYPE_CHECKING:
    import napari

_WAIT_MS = 40
_BUTTONS = 3


class SourcesWidget(QWidget):
    """The catalogue of the SEG layer that is worked with.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        self.session = get_session(self.viewer)
        self.selection = SourceSelection(self.viewer, self.session)
        self._target: tuple[Labels, MapInfo] | None = None
        self._choosing = False
        self._make_widgets()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._show_details)
        self._listen()
        self.follow_seg()

    def _make_widgets(self) -> None:
        self.title = QLabel("no segmentation map")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("filter: MAG_AUTO < 26 & FLAGS == 0")
        self.filter.setClearButtonEnabled(True)
        self.columns = QPushButton("Columns")
        self.table = SourceTableView()
        self.rows, self.model = self.table.rows, self.table.rows_model
        self.details = SourceDetails()
        self.buttons = {
            "Go to": self.selection.go_to_current,
            "Copy position": self.copy_position,
            "Save table": self.save_table,
            "Save regions": self.save_regions,
            "To layer": self.make_layer,
            "Edit in view": lambda: add_edit_layer(self.viewer),
        }
        self.measure = MeasureButton(self.viewer, self, self.title.setText, self.follow_seg)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        top = QHBoxLayout()
        top.addWidget(self.filter, 1)
        top.addWidget(self.columns)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        keys = QLabel(f"next source: {NEXT_KEY}   previous: {PREVIOUS_KEY}   more: Ctrl-click")
        layout.addWidget(keys)
        layout.addWidget(self.details)
        bottom = QGridLayout()
        for place, (text, action) in enumerate(self.buttons.items()):
            button = QPushButton(text)
            button.clicked.connect(report_errors(lambda *_, action=action: action()))
            bottom.addWidget(button, *divmod(place, _BUTTONS))
        bottom.addWidget(self.measure, *divmod(len(self.buttons), _BUTTONS))
        layout.addLayout(bottom)

    def _listen(self) -> None:
        self.filter.returnPressed.connect(report_errors(self._apply_filter))
        self.filter.textChanged.connect(lambda text: None if text else self._apply_filter())
        self.columns.clicked.connect(self._show_column_menu)
        self.table.chosen.connect(self._select)
        self.model.layoutChanged.connect(self._follow_order)
        self.session.events.selected.connect(self._show_selected)
        layers = self.viewer.layers
        layers.events.inserted.connect(self.follow_seg)
        layers.events.removed.connect(self.follow_seg)
        layers.selection.events.active.connect(self.follow_seg)
        self.destroyed.connect(self.selection.detach)

    def follow_seg(self, event: Any = None) -> None:
        """Show the catalogue of the SEG layer that is worked with."""
        target = find_current_seg(self.viewer)
        if target == self._target:
            self._follow_order()
            return
        self._target = target
        self._use(None)
        if target is None:
            self.title.setText("no segmentation map")
            return
        self.title.setText(f"reading the catalogue of {target[0].name}")
        run_in_thread(
            self,
            lambda: load_catalogue(target[1], get_full_map(target[0])),
            lambda catalogue: self._receive(target, catalogue),
        )

    def _receive(self, target: tuple[Labels, MapInfo], catalogue: Catalogue) -> None:
        if target is self._target:
            self._use(catalogue)

    def _use(self, catalogue: Catalogue | None) -> None:
        self.selection.catalogue = catalogue
        self.session.selected = ()
        self.rows.show(catalogue)
        self.model.refresh()
        self._follow_order()
        if catalogue is not None and len(catalogue):
            self.table.resizeColumnsToContents()

    def _follow_order(self) -> None:
        self.selection.order = self.rows.numbers
        catalogue = self.selection.catalogue
        if catalogue is not None and self._target is not None:
            shown = len(self.rows.numbers)
            of = "" if shown == len(catalogue) else f" of {len(catalogue)}"
            found = "" if catalogue.is_measured else ", not measured yet"
            self.title.setText(f"{self._target[0].name}: {shown}{of} sources{found}")
        self._show_selected(self.session.selected)

    def _apply_filter(self) -> None:
        self.rows.filter(self.filter.text())
        self.model.refresh()
        self._follow_order()

    def _show_column_menu(self) -> None:
        menu = QMenu(self)
        catalogue = self.selection.catalogue
        for name in catalogue.columns if catalogue else ():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(name in self.rows.titles)
            action.toggled.connect(lambda shown, name=name: self.show_column(name, shown))
        menu.exec(self.columns.mapToGlobal(self.columns.rect().bottomLeft()))

    def show_column(self, name: str, shown: bool) -> None:
        """Show a column of the catalogue, or hide it."""
        catalogue = self.selection.catalogue
        if catalogue is not None:
            wanted = {*self.rows.titles, name} if shown else {*self.rows.titles} - {name}
            self.rows.choose_columns([each for each in catalogue.columns if each in wanted])
            self.model.refresh()
            self._show_selected(self.session.selected)

    def _select(self, numbers: tuple[int, ...]) -> None:
        """Select in the session what a person has selected in the table, and go to it."""
        self._choosing = True
        self.session.selected = numbers
        self._choosing = False
        self.selection.go_to_current()

    def _show_selected(self, selected: tuple[int, ...]) -> None:
        """Select in the table what is selected in the session, and show it in detail soon."""
        self._timer.start()
        if not self._choosing:
            self.table.select_sources(selected)

    def _show_details(self) -> None:
        catalogue, selected = self.selection.catalogue, self.session.selected
        if catalogue is None or self._target is None or not catalogue.find_rows(selected).size:
            self.details.clear()
            return
        self.details.show_source(*self._target, catalogue, selected, self._bands())

    def _bands(self) -> list[BandData]:
        """Return the bands of the survey, and that of the SEG layer."""
        try:
            bands = list(self.session.data()) if self.session.survey else []
        except SkysegError:
            bands = []
        info = self._target[1] if self._target else None
        own = None if info is None else info.band or find_imaging(info, self.viewer)
        return bands if own is None or own in bands else [own]

    def _chosen(self) -> tuple[Catalogue, MapInfo, tuple[int, ...]]:
        """Return the selected sources; without a selection those that the filter keeps."""
        catalogue = self.selection.catalogue
        if catalogue is None or self._target is None:
            raise ParameterError("there is no catalogue", hint="segment a band first")
        numbers = self.session.selected or tuple(int(one) for one in self.rows.numbers)
        if not numbers:
            raise ParameterError("no source is selected", hint="click one or change the filter")
        return catalogue, self._target[1], numbers

    def copy_position(self) -> None:
        """Copy the positions of the selected sources as a SkyCoord.

        Raises
        ------
        ParameterError
            If the catalogue has no positions.
        """
        catalogue, _, numbers = self._chosen()
        position = catalogue.get_positions(numbers)
        if position is None:
            raise ParameterError("the sources have no position on the sky: the image has no WCS")
        QApplication.clipboard().setText(format_skycoord(position))

    def save_table(self, path: str = "") -> None:
        """Write the selected rows as FITS or ECSV; asks for the file where none is given."""
        catalogue, _, numbers = self._chosen()
        path = path or self._ask("Save table", "sources.fits", "Tables (*.fits *.ecsv)")
        if path:
            write_table(catalogue, numbers, Path(path))
            show_info(f"{len(numbers)} sources are in {path}")

    def save_regions(self, path: str = "") -> None:
        """Write the selected sources as DS9 regions; asks for the file where none is given."""
        catalogue, info, numbers = self._chosen()
        path = path or self._ask("Save regions", "sources.reg", "DS9 regions (*.reg)")
        if path:
            write_regions(catalogue, numbers, info, Path(path))
            show_info(f"{len(numbers)} sources are in {path}")

    def make_layer(self) -> None:
        """Add a labels layer that holds the selected sources alone."""
        catalogue, info, numbers = self._chosen()
        assert self._target is not None
        seg = self._target[0]
        run_in_thread(
            self,
            lambda: make_selection_layer(seg, info, catalogue, numbers),
            self.viewer.layers.append,
        )

    def _ask(self, title: str, name: str, kinds: str) -> str:
        return str(QFileDialog.getSaveFileName(self, title, name, kinds)[0])
