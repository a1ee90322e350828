"""The Sources widget: the catalogue as a table, tied to the canvas, and the source in detail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from napari.layers import Labels, Layer
from napari.qt.threading import create_worker
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer
from qtpy.QtGui import QImage, QPixmap
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
from skyseg.napari_plugin.canvas.source_selection import NEXT_KEY, PREVIOUS_KEY, SourceSelection
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_data import describe_labels, make_label_levels
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.table_model import TableModel, make_table_view
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import format_position
from skyseg.panel.source_cutouts import LINES, draw_cutouts, make_cutouts
from skyseg.panel.source_exports import format_skycoord, write_regions, write_table
from skyseg.panel.source_table import SourceTable

if TYPE_CHECKING:
    import napari

_WAIT_MS = 40
_BUTTONS = 3
_MEASURED_ROWS = 50
_MAIN_VALUES = (
    ("MAG_AUTO", "MAGERR_AUTO"),
    ("FLAGS", None),
    ("FLUX_RADIUS", None),
    ("SNR_WIN", None),
    ("ISOAREAF_IMAGE", None),
    ("ELONGATION", None),
)


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
        self.rows = SourceTable()
        self.model = TableModel(self.rows, Qt.AlignmentFlag.AlignRight)
        self._target: tuple[Labels, MapInfo] | None = None
        self._telling = False
        self._make_widgets()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._detail)
        self._listen()
        self.follow()

    def _make_widgets(self) -> None:
        self.title = QLabel("no segmentation map")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("filter: MAG_AUTO < 26 & FLAGS == 0")
        self.filter.setClearButtonEnabled(True)
        self.columns = QPushButton("Columns")
        self.table = make_table_view(self.model)
        header = self.table.horizontalHeader()
        header.setResizeContentsPrecision(_MEASURED_ROWS)
        # with the table's own marks a header asks at each painting whether all rows are marked
        header.setSelectionModel(QItemSelectionModel(self.model, header))
        self.pictures = QLabel()
        self.pictures.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.values = QLabel()
        self.values.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.values.setWordWrap(True)
        self.buttons = {
            "Go to": self.selection.go_to_current,
            "Copy position": self.copy_position,
            "Save table": self.save_table,
            "Save regions": self.save_regions,
            "To layer": self.make_layer,
            "Edit in view": lambda: add_edit_layer(self.viewer),
        }

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
        layout.addWidget(self.pictures)
        layout.addWidget(self.values)
        bottom = QGridLayout()
        for place, (text, action) in enumerate(self.buttons.items()):
            button = QPushButton(text)
            button.clicked.connect(report_errors(lambda *_, action=action: action()))
            bottom.addWidget(button, *divmod(place, _BUTTONS))
        layout.addLayout(bottom)

    def _listen(self) -> None:
        self.filter.returnPressed.connect(report_errors(self._apply_filter))
        self.filter.textChanged.connect(lambda text: None if text else self._apply_filter())
        self.columns.clicked.connect(self._offer_columns)
        self.table.selectionModel().selectionChanged.connect(self._from_table)
        self.model.layoutChanged.connect(self._order_changed)
        self.session.events.selected.connect(self._to_table)
        layers = self.viewer.layers
        layers.events.inserted.connect(self.follow)
        layers.events.removed.connect(self.follow)
        layers.selection.events.active.connect(self.follow)
        self.destroyed.connect(self.selection.detach)

    def follow(self, event: Any = None) -> None:
        """Show the catalogue of the SEG layer that is worked with."""
        target = find_current_seg(self.viewer)
        if target is not None and self._target is not None and target[0] is self._target[0]:
            return
        if target is None and self._target is None:
            return
        self._target = target
        self._take(None)
        if target is None or target[1].band is None or target[1].band.cat_path is None:
            self.title.setText("no segmentation map with a catalogue")
            return
        self.title.setText(f"reading the catalogue of {target[0].name}")
        worker = create_worker(lambda: Catalogue(target[1].band.load_cat()))
        worker.returned.connect(lambda catalogue: self._arrived(target, catalogue))
        worker.errored.connect(lambda error: show_error(str(error)))
        worker.start()

    def _arrived(self, target: tuple[Labels, MapInfo], catalogue: Catalogue) -> None:
        if target is self._target:
            self._take(catalogue)

    def _take(self, catalogue: Catalogue | None) -> None:
        self.selection.catalogue = catalogue
        self.session.selected = ()
        self.rows.show(catalogue)
        self.model.refresh()
        self._order_changed()
        if catalogue is not None and len(catalogue):
            self.table.resizeColumnsToContents()

    def _order_changed(self) -> None:
        self.selection.order = self.rows.numbers
        catalogue = self.selection.catalogue
        if catalogue is not None and self._target is not None:
            shown = len(self.rows.numbers)
            of = "" if shown == len(catalogue) else f" of {len(catalogue)}"
            self.title.setText(f"{self._target[0].name}: {shown}{of} sources")
        self._to_table(self.session.selected)

    def _apply_filter(self) -> None:
        self.rows.filter(self.filter.text())
        self.model.refresh()
        self._order_changed()

    def _offer_columns(self) -> None:
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
            self._to_table(self.session.selected)

    def _from_table(self, *_: QItemSelection) -> None:
        """Select in the session what is selected in the table; the last one is flown to."""
        if self._telling:
            return
        ranges = self.table.selectionModel().selection()
        parts = [np.arange(part.top(), part.bottom() + 1) for part in ranges]
        rows = np.unique(np.concatenate([np.empty(0, np.int64), *parts]))
        current = rows == self.table.currentIndex().row()
        rows = np.concatenate([rows[~current], rows[current]])
        self._telling = True
        self.session.selected = tuple(self.rows.numbers[rows].tolist())
        self._telling = False
        self.selection.go_to_current()
        self._timer.start()

    def _to_table(self, selected: tuple[int, ...]) -> None:
        """Select in the table what is selected in the session."""
        self._timer.start()
        if self._telling:
            return
        places = self.rows.find_rows(selected)
        runs = np.split(np.sort(places), np.flatnonzero(np.diff(np.sort(places)) > 1) + 1)
        wanted, last_column = QItemSelection(), self.model.columnCount() - 1
        for run in runs if places.size else ():
            first, last = int(run[0]), int(run[-1])
            wanted.select(self.model.index(first, 0), self.model.index(last, last_column))
        marks, flags = self.table.selectionModel(), QItemSelectionModel.SelectionFlag
        self._telling = True
        marks.clearSelection()
        marks.select(wanted, flags.Select)
        if places.size:
            current = self.model.index(int(places[-1]), 0)
            marks.setCurrentIndex(current, flags.NoUpdate)
            self.table.scrollTo(current)
        self._telling = False

    def _detail(self) -> None:
        """Show the current source: values at once, cutouts when they are drawn."""
        catalogue, selected = self.selection.catalogue, self.session.selected
        if catalogue is None or self._target is None or not catalogue.rows(selected).size:
            self.values.clear()
            self.pictures.clear()
            return
        number = selected[-1]
        self.values.setText(_values(catalogue, number, len(selected)))
        layer, info = self._target
        try:
            bands = list(self.session.data()) if self.session.survey else []
        except SkysegError:
            bands = []
        if info.band is not None and info.band not in bands:
            bands = [info.band]
        worker = create_worker(_drawn, get_full_map(layer), info, catalogue, number, bands)
        worker.returned.connect(lambda image: self._show_picture(number, image))
        worker.errored.connect(lambda error: show_error(str(error)))
        worker.start()

    def _show_picture(self, number: int, image: npt.NDArray[np.uint8] | None) -> None:
        if self.session.selected[-1:] != (number,):
            return
        if image is None:
            self.pictures.clear()
            return
        height, width = image.shape[:2]
        shown = QImage(image.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        self.pictures.setPixmap(QPixmap.fromImage(shown.copy()))

    def _chosen(self) -> tuple[Catalogue, MapInfo, tuple[int, ...]]:
        """Return the selected sources; without a selection those that the filter keeps."""
        catalogue = self.selection.catalogue
        if catalogue is None or self._target is None:
            raise ParameterError("there is no catalogue; segment a band first")
        numbers = self.session.selected or tuple(int(one) for one in self.rows.numbers)
        if not numbers:
            raise ParameterError("no source is selected; click one or change the filter")
        return catalogue, self._target[1], numbers

    def copy_position(self) -> None:
        """Copy the positions of the selected sources as a SkyCoord.

        Raises
        ------
        ParameterError
            If the catalogue has no positions.
        """
        catalogue, _, numbers = self._chosen()
        position = catalogue.sky(numbers)
        if position is None:
            raise ParameterError("the sources have no position on the sky; the image has no WCS")
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
        worker = create_worker(_layer_of, self._target[0], info, catalogue, numbers)
        worker.returned.connect(self.viewer.layers.append)
        worker.errored.connect(lambda error: show_error(str(error)))
        worker.start()

    def _ask(self, title: str, name: str, kinds: str) -> str:
        return str(QFileDialog.getSaveFileName(self, title, name, kinds)[0])


def _layer_of(
    shown: Labels, info: MapInfo, catalogue: Catalogue, numbers: tuple[int, ...]
) -> Layer:
    """Make a labels layer of some sources of a SEG layer."""
    labels = get_full_map(shown)
    kept = np.zeros(info.shape, labels.dtype)
    for number in numbers:
        y0, y1, x0, x1 = catalogue.box(number)
        box = slice(y0, y1 + 1), slice(x0, x1 + 1)
        np.copyto(kept[box], number, where=np.asarray(labels[box]) == number)
    own = MapInfo("SELECTION", info.shape, info.wcs, info.frame, band=info.band)
    return Layer.create(*describe_labels(make_label_levels(kept), f"{shown.name} selection", own))


def _drawn(*arguments: Any) -> npt.NDArray[np.uint8] | None:
    found = make_cutouts(*arguments)
    return draw_cutouts(found) if found else None


def _values(catalogue: Catalogue, number: int, n_selected: int) -> str:
    """Write the main values of a source, as rich text."""
    row = catalogue.rows((number,))[0]
    lines = [f"<b>Source {number}</b>" + (f" of {n_selected} selected" if n_selected > 1 else "")]
    position = catalogue.sky((number,))
    if position is not None:
        lines.append(format_position(position[0]))
    values = []
    for name, error in _MAIN_VALUES:
        text = f"{catalogue.columns[name][row]:.5g}"
        if error:
            text += f" ± {catalogue.columns[error][row]:.2g}"
        unit = getattr(catalogue.table[name], "unit", None)
        values.append(f"{name} {text} {unit or ''}".rstrip())
    lines += map(", ".join, zip(values[::2], values[1::2], strict=True))
    key = " ".join(f'<span style="color:{colour}">■</span> {what}' for what, colour in LINES)
    return "<br>".join([*lines, key])
