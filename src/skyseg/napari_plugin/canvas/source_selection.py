"""Selected sources on the canvas: selected by a click, outlined, brought into view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakSet

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Shapes
from psygnal import Signal

from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.canvas.field_switch import stay_in_field
from skyseg.napari_plugin.canvas.helper_layers import find_helper, put_helper
from skyseg.napari_plugin.canvas.line_width import measure_edge, widen_lines
from skyseg.napari_plugin.kept_by_window import keep_one
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_data import place_in_world
from skyseg.napari_plugin.layers.layer_info import IN_BOXES_KEY, get_full_map
from skyseg.panel.catalogue import trace_outline
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Session
from skyseg.panel.source_browser import SourceBrowser

SELECTED_LAYER = "Selected"
NEXT_KEY, PREVIOUS_KEY = ".", ","

_MOST_OUTLINED = 500
_COLOUR, _CURRENT = "white", "#ff3b30"
_EDGE = 2.5
_WIDTHS = 0.05, 50.0
_FEW = 20  # outlines
_EXACT, _ABOUT = 1.02, 2.0  # by how much lines of a few, and of more, may be too wide


class SourceSelection:
    """The selected sources of a session in its window.

    A click selects the source under it, with Ctrl or Shift one more; the keys
    ``.`` and ``,`` go to the next and the previous source.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    browser : SourceBrowser
        The sources; its session keeps which are selected.

    Attributes
    ----------
    clicked : psygnal.Signal
        Emitted with the position in world coordinates of a click that selects.
    """

    clicked = Signal(object)

    def __init__(self, viewer: ViewerModel, browser: SourceBrowser) -> None:
        self.viewer, self.browser, self.session = viewer, browser, browser.session
        self._width = _EDGE
        viewer.mouse_drag_callbacks.append(self._on_press)
        viewer.bind_key(NEXT_KEY, self._next, overwrite=True)
        viewer.bind_key(PREVIOUS_KEY, self._previous, overwrite=True)
        self.session.events.selected.connect(self.draw_outlines)
        viewer.scene.camera.events.zoom.connect(self._keep_width)

    def detach(self) -> None:
        """Leave the window as it was."""
        self.viewer.mouse_drag_callbacks.remove(self._on_press)
        for key in (NEXT_KEY, PREVIOUS_KEY):
            self.viewer.bind_key(key, None, overwrite=True)
        self.session.events.selected.disconnect(self.draw_outlines)
        self.viewer.scene.camera.events.zoom.disconnect(self._keep_width)
        self._clear()

    def find_source(self, position: Any) -> int:
        """Return the NUMBER of the source at a position in world coordinates; 0 for none."""
        target = find_current_seg(self.viewer)
        if target is None:
            return 0
        layer, info = target
        row, column = (round(float(value)) for value in layer.world_to_data(position)[-2:])
        if not (0 <= row < info.shape[0] and 0 <= column < info.shape[1]):
            return 0
        return int(get_full_map(layer)[row, column])

    def select_at(self, position: Any, *, more: bool = False) -> None:
        """Select the source at a position; with ``more``, add it or take it away."""
        number = self.find_source(position)
        selected = self.session.selected
        if not more:
            self.session.selected = (number,) if number else ()
        elif number in selected:
            self.session.selected = tuple(one for one in selected if one != number)
        elif number:
            self.session.selected = (*selected, number)

    def step(self, by: int) -> None:
        """Select the source that many rows further in the table's order, and go to it."""
        if self.browser.step(by) is not None:
            self.go_to_current()

    def go_to_current(self) -> None:
        """Move the view to the current source."""
        target, catalogue = find_current_seg(self.viewer), self.browser.catalogue
        if target is None or catalogue is None or not self.session.selected:
            return
        number = self.session.selected[-1]
        if catalogue.find_row(number) is not None:
            go_to_box(self.viewer, target[1], catalogue.get_box(number))

    def draw_outlines(self) -> None:
        """Draw the outlines of the selected sources."""
        target, catalogue = find_current_seg(self.viewer), self.browser.catalogue
        numbers = self.session.selected[-_MOST_OUTLINED:]
        if target is None or catalogue is None or not numbers:
            self._clear()
            return
        layer, info = target
        lines, colours = [], []
        for number in numbers:
            if catalogue.find_row(number) is None:
                continue
            traced = trace_outline(get_full_map(layer), number, catalogue.get_box(number))
            lines += traced
            colours += [_CURRENT if number == numbers[-1] else _COLOUR] * len(traced)
        self._draw(info, lines, colours)

    def _draw(self, info: MapInfo, lines: list[Any], colours: list[str]) -> None:
        layer = find_helper(self.viewer, SELECTED_LAYER)
        if layer is None:
            known = {IN_BOXES_KEY: _EDGE}
            layer = Shapes(
                ndim=2, name=SELECTED_LAYER, opacity=1.0, metadata=known, **place_in_world(info)
            )
            put_helper(self.viewer, layer, info)
        self._clear()
        if lines:
            layer.affine = info.matrix
            stay_in_field(layer, info)
            self._width = self._wanted_width(info.scale)
            layer.add_paths(lines, edge_color=colours, edge_width=self._width)
            layer.selected_data = set()

    def _wanted_width(self, scale: float) -> float:
        """Width of lines in pixels of the map, for the same width on the screen at any zoom."""
        return float(np.clip(measure_edge(self.viewer, scale, _EDGE), *_WIDTHS))

    def _keep_width(self) -> None:
        """Keep the lines as wide on the screen; many, which take long, about as wide."""
        target, layer = find_current_seg(self.viewer), find_helper(self.viewer, SELECTED_LAYER)
        if target is None or layer is None:
            return
        wanted = self._wanted_width(target[1].scale)
        most = _EXACT if layer.nshapes <= _FEW else _ABOUT
        if not 1 / most < wanted / self._width < most:
            self._width = wanted
            widen_lines(layer, wanted)

    def _clear(self) -> None:
        layer = find_helper(self.viewer, SELECTED_LAYER)
        if layer is not None:
            layer.data = []

    def _on_press(self, viewer: ViewerModel, event: Any) -> Iterator[None]:
        start = np.array(event.pos, float)
        more = any(key in event.modifiers for key in ("Control", "Shift"))
        yield
        while event.type == "mouse_move":
            yield
        moved = np.abs(np.array(event.pos, float) - start).max() > _STEADY
        if not moved and _may_pick(viewer):
            self.select_at(event.position, more=more)
            self.clicked.emit(event.position)

    def _next(self, viewer: ViewerModel) -> None:
        self.step(1)

    def _previous(self, viewer: ViewerModel) -> None:
        self.step(-1)


_STEADY = 3

_held: WeakSet[ViewerModel] = WeakSet()


class _Users(list[SourceSelection]):
    """The selection of a window, once for each panel that uses it."""


def share_selection(viewer: ViewerModel, session: Session) -> SourceSelection:
    """Return the selection that all panels of a window share; call `leave_selection` at the end.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session.
    """
    users = keep_one(viewer, _Users, _Users)
    users.append(users[0] if users else SourceSelection(viewer, SourceBrowser(session)))
    return users[0]


def leave_selection(selection: SourceSelection) -> None:
    """Use a shared selection no more; the last panel leaves the window as it was."""
    users = keep_one(selection.viewer, _Users, _Users)
    if users:
        users.pop()
    if not users:
        selection.detach()
        selection.browser.detach()


def hold_clicks(viewer: ViewerModel, held: bool) -> None:
    """Let clicks on the canvas select nothing, as something is drawn with them."""
    (_held.add if held else _held.discard)(viewer)


def _may_pick(viewer: ViewerModel) -> bool:
    """Tell whether nobody else wants clicks: what is drawn, or the layer that is drawn in."""
    if viewer in _held:
        return False
    active = viewer.layers.selection.active
    if active is None:
        return True
    return str(active.mode) in ("pan_zoom", "pick") or not isinstance(active, (Labels, Shapes))
