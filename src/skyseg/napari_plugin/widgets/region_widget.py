"""The Region widget: look at a place, remember it, see it in all bands at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from napari.layers import Image, Labels, Layer, Shapes
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.band_grid import leave_grid, show_grid
from skyseg.napari_plugin.canvas.camera import get_place_in_view, get_view, go_to, look_at
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_data import name_axes
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_parsing import (
    PlaceKind,
    make_rectangle_place,
    parse_place,
    read_region_places,
)
from skyseg.panel.session import Place

if TYPE_CHECKING:
    import napari

RECTANGLE_LAYER = "Region rectangle"

_FIELD, _SMALLEST, _LARGEST = 5.0, 0.1, 36000.0


class RegionWidget(QWidget):
    """Go to a position, a pixel, a source, a drawn rectangle or a region of DS9.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        self.session = get_session(self.viewer)
        self._hidden: list[Layer] = []
        self._make_widgets()
        self._lay_out()
        self._listen()
        self._list_places()

    def _make_widgets(self) -> None:
        self.kind = QComboBox()
        self.kind.addItems(get_args(PlaceKind))
        self.text = QLineEdit()
        self.text.setPlaceholderText("02:17:12.5 -05:06:38")
        self.field = QDoubleSpinBox()
        self.field.setRange(_SMALLEST, _LARGEST)
        self.field.setValue(_FIELD)
        self.field.setSuffix(" arcsec")
        self.go = QPushButton("Go")
        self.draw = QPushButton("Draw rectangle")
        self.open = QPushButton("DS9 regions…")
        self.whole = QPushButton("Whole image")
        self.side_by_side = QCheckBox("Bands side by side")
        self.places = QListWidget()
        self.name = QLineEdit()
        self.name.setPlaceholderText("name of the place in view")
        self.remember = QPushButton("Remember")
        self.forget = QPushButton("Forget")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Place", self.kind)
        form.addRow("", self.text)
        form.addRow("Field of view", self.field)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for row in ((self.go, self.whole), (self.draw, self.open), (self.side_by_side,)):
            _add_row(layout, row)
        layout.addWidget(self.places, 1)
        _add_row(layout, (self.name, self.remember, self.forget))

    def _listen(self) -> None:
        self.go.clicked.connect(report_errors(lambda *_: self.look()))
        self.text.returnPressed.connect(report_errors(self.look))
        self.whole.clicked.connect(lambda: self.viewer.fit_to_view())
        self.draw.clicked.connect(report_errors(lambda *_: self.draw_rectangle()))
        self.open.clicked.connect(report_errors(lambda *_: self.open_regions()))
        self.side_by_side.toggled.connect(report_errors(self._toggle_grid))
        self.remember.clicked.connect(report_errors(lambda *_: self.remember_view()))
        self.forget.clicked.connect(lambda: self.forget_place())
        self.places.itemActivated.connect(report_errors(lambda *_: self._visit()))
        self.places.itemClicked.connect(report_errors(lambda *_: self._visit()))
        self.session.events.places.connect(self._list_places)
        self.session.events.region.connect(self._visit_region)
        self.destroyed.connect(self._leave)

    def _leave(self) -> None:
        self.session.events.places.disconnect(self._list_places)
        self.session.events.region.disconnect(self._visit_region)

    def look(self) -> None:
        """Go to the place that is written.

        Raises
        ------
        ParameterError
            If it is not understood, or lies outside the map.
        """
        kind: Any = self.kind.currentText()
        info = self._info()
        self._visit_place(parse_place(kind, self.text.text(), self.field.value(), info), info)

    def draw_rectangle(self) -> None:
        """Let a rectangle be drawn on the canvas; the view goes to it when it is done."""
        info = self._info()
        if RECTANGLE_LAYER in self.viewer.layers:
            self.viewer.layers.remove(RECTANGLE_LAYER)
        layer = Shapes(
            ndim=2,
            name=RECTANGLE_LAYER,
            edge_color="yellow",
            face_color="transparent",
            **name_axes(info),
        )
        layer.edge_width = info.scale
        self.viewer.layers.append(layer)
        self.viewer.layers.selection.active = layer
        layer.mode = "add_rectangle"
        layer.mouse_drag_callbacks.append(self._drawn)

    def open_regions(self, path: str = "") -> None:
        """Remember the regions of a DS9 file as places, and go to the first."""
        info = self._info()
        path = path or QFileDialog.getOpenFileName(self, "DS9 regions", "", "Regions (*.reg)")[0]
        if path:
            found = read_region_places(Path(path), info)
            self.session.places = (*self.session.places, *found)
            self._visit_place(found[0], info)

    def remember_view(self) -> None:
        """Remember what is in view, under the name that is written."""
        name = self.name.text().strip() or f"place {len(self.session.places) + 1}"
        place = get_place_in_view(self.viewer, self._info(), name)
        self.session.places = (*self.session.places, place)
        self.name.clear()

    def forget_place(self) -> None:
        """Forget the place that is chosen in the list."""
        row = self.places.currentRow()
        if row >= 0:
            places = self.session.places
            self.session.places = (*places[:row], *places[row + 1 :])

    def _visit(self) -> None:
        row = self.places.currentRow()
        if row >= 0:
            self._visit_place(self.session.places[row], self._info())

    def _visit_place(self, place: Place, info: MapInfo) -> None:
        go_to(self.viewer, info, place)
        self.session.region = place

    def _visit_region(self, place: Place | None) -> None:
        """Follow the session, whoever moved it."""
        if place is not None:
            report_errors(lambda: go_to(self.viewer, self._info(), place))()

    def _drawn(self, layer: Shapes, event: Any) -> Any:
        yield
        while event.type == "mouse_move":
            yield
        if layer.nshapes:
            corners = np.asarray(layer.data[-1])
            layer.mode = "pan_zoom"
            report_errors(self._visit_rectangle)(corners)

    def _visit_rectangle(self, corners: Any) -> None:
        info = self._info()
        place = make_rectangle_place(corners, info, f"rectangle {len(self.session.places) + 1}")
        self.session.places = (*self.session.places, place)
        self._visit_place(place, info)

    def _toggle_grid(self, shown: bool) -> None:
        in_view = get_view(self.viewer)
        if shown:
            try:
                self._hidden = show_grid(self.viewer)
            except ParameterError:
                self.side_by_side.setChecked(False)
                raise
        else:
            leave_grid(self.viewer, self._hidden)
            self._hidden = []
        look_at(self.viewer, *in_view)

    def _list_places(self) -> None:
        self.places.clear()
        self.places.addItems([place.name for place in self.session.places])

    def _info(self) -> MapInfo:
        """Return the map that places refer to: the SEG map, else the topmost visible map."""
        target = find_current_seg(self.viewer)
        if target is not None:
            return target[1]
        for layer in reversed(self.viewer.layers):
            info = get_info(layer)
            if info is not None and layer.visible and isinstance(layer, (Image, Labels)):
                return info
        raise ParameterError("there is no map to look at", hint="open or segment a band first")


def _add_row(layout: QVBoxLayout, widgets: tuple[QWidget, ...]) -> None:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    layout.addLayout(row)
