"""What is under the cursor: position on the sky by the full WCS, pixel, and values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from napari.utils.color import ColorValue
from vispy.util.dpi import get_dpi

from skyseg.engine.types import FloatArray
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.canvas.scale_bar import show_scale_bar
from skyseg.napari_plugin.kept_by_window import keep_one
from skyseg.napari_plugin.layers.edit import EDIT_KEY
from skyseg.napari_plugin.layers.layer_info import WORDS_KEY, get_full_map, get_info
from skyseg.panel.map_info import MapInfo
from skyseg.panel.readout import (
    COUNTED_FROM_1,
    fit_lines,
    pad_lines,
    write_pixel,
    write_sky,
    write_value,
)

_NORTH_UP = ("up", "right")
_CHARACTER, _LINE = 0.092, 0.21  # width and height, in dots an inch of the screen
_LARGEST_PART = 0.5  # of the canvas's height
_OPACITY = 0.95  # of the box, so that the brightest pixels do not show through


class CursorReadout:
    """The readout of a window, in a corner that napari's notifications leave alone.

    It follows the mouse, and what changes beneath it: layers, the view, the selection.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._place: tuple[FloatArray, FloatArray, float] | None = None
        viewer.mouse_move_callbacks.append(self._follow_mouse)
        viewer.mouse_drag_callbacks.append(self._follow_drag)
        for events in (
            viewer.layers.events.inserted,
            viewer.layers.events.removed,
            viewer.layers.events.reordered,
            viewer.layers.selection.events.active,
            viewer.scene.camera.events,
            viewer.canvas.events.size,
        ):
            events.connect(self.update)
        viewer.canvas.events.background_color.connect(self._colour_box)
        self._colour_box()
        viewer.layers.events.inserted.connect(lambda event: self._watch(event.value))
        for layer in viewer.layers:
            self._watch(layer)

    def _watch(self, layer: Layer) -> None:
        for name in ("visible", "name", "data", "labels_update"):  # the last where one paints
            if hasattr(layer.events, name):
                getattr(layer.events, name).connect(self.update)

    def _follow_mouse(self, viewer: ViewerModel, event: Any) -> None:
        centre, _ = get_view(viewer)
        self._place = np.array(viewer.cursor.position[-2:]), centre, viewer.scene.camera.zoom
        self.update()

    def _follow_drag(self, viewer: ViewerModel, event: Any) -> Iterator[None]:
        self._follow_mouse(viewer, event)
        yield
        while event.type == "mouse_move":
            self._follow_mouse(viewer, event)
            yield

    def update(self, event: Any = None) -> None:
        """Write what is under the cursor now."""
        overlay = self._viewer.canvas.overlays["text"]
        lines = [] if self._place is None else self._describe(*self._place)
        height, width = self._viewer.canvas.size
        dots = _get_dots()
        columns = max(int(width / (_CHARACTER * dots)), 1)
        most = max(int(height * _LARGEST_PART / (_LINE * dots)), 2)
        upwards = str(overlay.position).startswith("bottom")
        overlay.text = pad_lines(fit_lines(lines, columns, most), upwards=upwards)
        overlay.visible = bool(lines)

    def _colour_box(self, event: Any = None) -> None:
        canvas = self._viewer.canvas
        colour = [*canvas.background_color[:3], _OPACITY]
        canvas.overlays["text"].box_color = ColorValue(colour)

    def _describe(self, place: FloatArray, centre: FloatArray, zoom: float) -> list[str]:
        """Describe where the mouse is on the canvas, wherever the view has gone since."""
        now, _ = get_view(self._viewer)
        position = now + (place - centre) * (zoom / self._viewer.scene.camera.zoom)
        return describe_position(self._viewer.layers, tuple(position))


def describe_position(layers: Sequence[Layer], position: Sequence[float]) -> list[str]:
    """Say what is at a place: the topmost map decides the position.

    Parameters
    ----------
    layers : sequence of Layer
        The layers, from the lowest.
    position : sequence of float
        The place in world coordinates, (north, west) in arcsec.

    Returns
    -------
    list of str
        Position on the sky, if that map has a WCS, and its pixel (x, y), counted from 1
        and in the whole map where the layer shows a part; then name and value of each
        visible map in the same plane. Empty where there is no map of ours.
    """
    lines: list[str] = []
    top: MapInfo | None = None
    for layer in reversed(layers):
        info = get_info(layer)
        if info is None or not layer.visible or not isinstance(layer, (Image, Labels)):
            continue
        row, column = layer.world_to_data(position)[-2:]
        if not (-0.5 <= row < info.shape[0] - 0.5 and -0.5 <= column < info.shape[1] - 0.5):
            continue
        if top is None:
            top = info
            lines += _write_place(layer, info, row, column)
        if info.frame != top.frame:
            continue
        lines.append(f"{layer.name}  {_value(layer, info, row, column)}")
    return lines


def _write_place(layer: Layer, info: MapInfo, row: float, column: float) -> list[str]:
    edit = layer.metadata.get(EDIT_KEY)
    corner = (0, 0) if edit is None else (edit.part[0].start, edit.part[1].start)
    sky = write_sky(info.wcs, row, column)
    pixel = write_pixel(row + corner[0], column + corner[1])
    return [*([sky] if sky else []), f"{pixel}  ({COUNTED_FROM_1})"]


def _value(layer: Layer, info: MapInfo, row: float, column: float) -> str:
    value = np.asarray(get_full_map(layer)[round(row), round(column)])
    if value.ndim:
        return " ".join(str(each) for each in value.tolist())
    return write_value(info.role, value.item(), info.unit, layer.metadata.get(WORDS_KEY))


@cache
def _get_dots() -> float:
    """Return the dots an inch by which the canvas draws letters; it is asked of the system."""
    return float(get_dpi(raise_error=False))


def show_readout(viewer: ViewerModel) -> CursorReadout:
    """Draw astronomers' way up, with a scale bar, and tell what is under the cursor.

    Parameters
    ----------
    viewer : ViewerModel
        The window; one that does it already stays as it is.

    Returns
    -------
    CursorReadout
        The same one at each call.
    """
    return keep_one(viewer, CursorReadout, lambda: _set_up(viewer))


def _set_up(viewer: ViewerModel) -> CursorReadout:
    viewer.scene.camera.orientation2d = _NORTH_UP
    overlays = viewer.canvas.overlays
    show_scale_bar(viewer)
    overlays["text"].position = "top_left"
    viewer.canvas.overlay_tiling.bottom_left = "vertical"
    return CursorReadout(viewer)
