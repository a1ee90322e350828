"""The Region widget: look at a place, remember it, draw regions and marks, see bands at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from napari.layers import Layer, Shapes
from napari.utils.notifications import show_info
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.camera import get_place_in_view, go_to
from skyseg.napari_plugin.canvas.drawn_layers import SHAPE_COLOUR, follow_session
from skyseg.napari_plugin.canvas.helper_layers import drop_helper, find_helper, put_helper
from skyseg.napari_plugin.canvas.line_width import measure_edge
from skyseg.napari_plugin.canvas.side_by_side import follow_arrangement
from skyseg.napari_plugin.files.session_files import ask_and_open, ask_and_save
from skyseg.napari_plugin.layers.finding import find_current_seg, find_shown_map
from skyseg.napari_plugin.layers.layer_data import name_axes
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.marks_view import MarksView
from skyseg.napari_plugin.widgets.place_list_view import PlaceListView
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.label_catalogue import load_catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_list import name_next, remember_places
from skyseg.panel.place_parsing import (
    PLACE_HELP,
    PLACE_HINT,
    PlaceKind,
    make_rectangle_place,
    name_unit,
    parse_place,
)
from skyseg.panel.region_files import read_region_places, save_region_places
from skyseg.panel.session import Place

if TYPE_CHECKING:
    import napari
    from astropy.table import Table

RECTANGLE_LAYER = "Region rectangle"

_FIELD, _SMALLEST, _LARGEST = 5.0, 0.1, 36000.0
_REGIONS = "DS9 regions (*.reg)"


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
        tab_together(self, "Region", self.viewer)
        self.session = get_session(self.viewer)
        follow_session(self.viewer)
        follow_arrangement(self.viewer)
        self._before: Layer | None = None
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.text, self.viewer)
        self._listen()
        self._name_unit()

    def _make_widgets(self) -> None:
        self.text = QLineEdit()
        self.text.setPlaceholderText(PLACE_HINT)
        self.text.setToolTip(f"{PLACE_HELP}. Enter goes there")
        self.kind = QComboBox()
        self.kind.addItems(get_args(PlaceKind))
        self.kind.setToolTip("What is written, where it cannot be told")
        self.field = QDoubleSpinBox()
        self.field.setRange(_SMALLEST, _LARGEST)
        self.field.setValue(_FIELD)
        self.field.setToolTip("Width and height of what is shown around the place")
        self.go = _make_button("Go", "Go to what is written, and put a frame around it")
        self.clear = _make_button("Clear frame", "Take the frame away")
        self.whole = _make_button("Whole image", "Show all that is open")
        self.draw = _make_button("Draw rectangle", "Drag a rectangle over the map; it is kept")
        self.side_by_side = QCheckBox("Bands side by side")
        self.side_by_side.setToolTip("A box for each band; all look at the same place")
        self.side_by_side.setChecked(self.session.side_by_side)
        self.places = PlaceListView(self.session, self._visit_place)
        self.name = QLineEdit()
        self.name.setPlaceholderText("name of the place in view")
        self.name.setToolTip("What the place in view is called once it is remembered")
        self.remember = _make_button("Remember", "Remember what is in view")
        self.open = _make_button("DS9 regions…", "Draw the regions of a DS9 file, and list them")
        self.save = _make_button("Save regions…", "Save all places as DS9 regions")
        self.marks = MarksView(self.session)
        self.open_session = _make_button("Open session…", "Show what a session's file holds")
        self.save_session = _make_button(
            "Save session…", "Save what is chosen, shown, drawn and looked at, for either viewer"
        )

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Place", self.text)
        form.addRow("It is", self.kind)
        form.addRow("Field of view", self.field)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for row in ((self.go, self.clear, self.whole), (self.draw,), (self.side_by_side,)):
            _add_row(layout, row)
        layout.addWidget(self.places, 1)
        _add_row(layout, (self.name, self.remember))
        _add_row(layout, (self.open, self.save))
        layout.addWidget(self.marks)
        _add_row(layout, (self.open_session, self.save_session))

    def _listen(self) -> None:
        self.go.clicked.connect(report_errors(lambda *_: self.look()))
        self.text.returnPressed.connect(report_errors(self.look))
        self.clear.clicked.connect(lambda: setattr(self.session, "target", None))
        self.whole.clicked.connect(lambda: self.viewer.fit_to_view())
        self.draw.clicked.connect(report_errors(lambda *_: self.draw_rectangle()))
        self.open.clicked.connect(report_errors(lambda *_: self.open_regions()))
        self.save.clicked.connect(report_errors(lambda *_: self.save_regions()))
        self.side_by_side.toggled.connect(lambda on: setattr(self.session, "side_by_side", on))
        self.remember.clicked.connect(report_errors(lambda *_: self.remember_view()))
        self.open_session.clicked.connect(lambda: ask_and_open(self.viewer))
        self.save_session.clicked.connect(lambda: ask_and_save(self.viewer))
        self.session.events.region.connect(self._visit_region)
        self.session.events.side_by_side.connect(self._show_arrangement)
        self.viewer.scene.camera.events.zoom.connect(self._keep_width)
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            event.connect(self._name_unit)
        self.destroyed.connect(self._leave)

    def _leave(self) -> None:
        self.session.events.region.disconnect(self._visit_region)
        self.session.events.side_by_side.disconnect(self._show_arrangement)
        self.viewer.scene.camera.events.zoom.disconnect(self._keep_width)
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            event.disconnect(self._name_unit)

    def look(self) -> None:
        """Go to the place that is written, and mark it.

        Raises
        ------
        ParameterError
            If it is not understood, or lies outside the map.
        """
        kind: Any = self.kind.currentText()
        info = self._info()
        place = parse_place(kind, self.text.text(), self.field.value(), info, self._load_catalogue)
        self._visit_place(place)
        self.session.target = place

    def _load_catalogue(self) -> Table | None:
        target = find_current_seg(self.viewer)
        if target is None:
            return None
        return load_catalogue(target[1], get_full_map(target[0])).table

    def draw_rectangle(self) -> None:
        """Let a rectangle be drawn on the canvas; the view goes to it when it is done."""
        info = self._info()
        drop_helper(self.viewer, RECTANGLE_LAYER)
        self._before = self.viewer.layers.selection.active
        layer = Shapes(
            ndim=2,
            name=RECTANGLE_LAYER,
            edge_color=SHAPE_COLOUR,
            face_color="transparent",
            **name_axes(info),
        )
        put_helper(self.viewer, layer, info)
        self.viewer.layers.selection.active = layer
        layer.mode = "add_rectangle"
        layer.mouse_drag_callbacks.append(self._drawn)
        self._keep_width()

    def _keep_width(self) -> None:
        """Let a rectangle's edge be as wide on the screen at any zoom."""
        layer = find_helper(self.viewer, RECTANGLE_LAYER)
        if layer is not None:
            layer.current_edge_width = measure_edge(self.viewer, 1.0)

    def open_regions(self, path: str = "") -> None:
        """Draw the regions of a DS9 file, remember them as places, and go to the first."""
        info = self._info()
        path = path or QFileDialog.getOpenFileName(self, "DS9 regions", "", _REGIONS)[0]
        if path:
            found, note = read_region_places(Path(path), info)
            remember_places(self.session, found)
            self._visit_place(found[0])
            if note:
                show_info(note)

    def save_regions(self, path: str = "") -> None:
        """Save all places as a DS9 region file; asks for its name where none is given."""
        path = path or QFileDialog.getSaveFileName(self, "DS9 regions", "", _REGIONS)[0]
        if path:
            file = Path(path).with_suffix(".reg")
            save_region_places(file, self.session.places)
            show_info(f"{len(self.session.places)} regions are in {file}")

    def remember_view(self) -> None:
        """Remember what is in view, under the name that is written."""
        name = self.name.text().strip() or name_next(self.session.places, "place")
        remember_places(self.session, [get_place_in_view(self.viewer, self._info(), name)])
        self.name.clear()

    def _visit_place(self, place: Place) -> None:
        go_to(self.viewer, self._info(), place)
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
            # napari still works with the layer while it tells of the mouse
            QTimer.singleShot(0, report_errors(lambda: self._take_rectangle(layer, corners)))

    def _take_rectangle(self, layer: Shapes, corners: Any) -> None:
        if layer in self.viewer.layers:
            self.viewer.layers.remove(layer)
        if self._before in self.viewer.layers:
            self.viewer.layers.selection.active = self._before
        info = self._info()
        pixels = np.array([info.to_pixel(corner)[::-1] for corner in corners])
        place = make_rectangle_place(pixels, info, name_next(self.session.places, "rectangle"))
        remember_places(self.session, [place])
        self._visit_place(place)

    def _show_arrangement(self) -> None:
        """Show what is so, whoever changed it."""
        self.side_by_side.setChecked(self.session.side_by_side)

    def _name_unit(self) -> None:
        info = find_shown_map(self.viewer)
        self.field.setSuffix(" arcsec" if info is None else f" {name_unit(info)}")

    def _info(self) -> MapInfo:
        """Return the map that places refer to."""
        info = find_shown_map(self.viewer)
        if info is None:
            raise ParameterError("there is no map to look at", hint="open or segment a band first")
        return info


def _make_button(text: str, about: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(about)
    return button


def _add_row(layout: QVBoxLayout, widgets: Sequence[QWidget]) -> None:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    layout.addLayout(row)
