"""Outlines of the SEG layers of a window: one pixel of the screen wide at any zoom."""

from __future__ import annotations

from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from napari.utils.colormaps import CyclicLabelColormap
from qtpy.QtCore import QObject, QTimer

from skyseg.comparison import DifferenceClass
from skyseg.display.outlines import Window, hatch_labels, paint_outlines, sample_labels
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.canvas.outline_overlay import OutlinePicture, get_outlines
from skyseg.napari_plugin.kept_by_window import keep_one
from skyseg.napari_plugin.layers.layer_info import get_info

OUTLINED_KEY = "skyseg_outlined"
"""Key of the metadata of a layer without a map of ours whose contour is drawn so too."""

_DIFFERENCE = "DIFF"
_ROLES = ("SEG", "SELECTION", "DQ", _DIFFERENCE)
_WAIT_MS = 20
_MARGIN = 0.15
_MOST_PIXELS = 6_000_000


class SegOutlines(QObject):
    """Draws the outlines of SEG layers whose ``contour`` is on, in the colours of their colormap.

    In a difference layer what differs is hatched too.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = viewer
        self._fills: WeakKeyDictionary[Labels, Any] = WeakKeyDictionary()
        self._busy = self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._draw)
        viewer.layers.events.inserted.connect(lambda event: self._adopt(event.value))
        viewer.layers.events.removed.connect(lambda event: self._leave(event.value))
        viewer.scene.camera.events.connect(self.ask)
        viewer.canvas.events.connect(self.ask)
        viewer.canvas.grid.events.connect(self.ask)
        for layer in viewer.layers:
            self._adopt(layer)

    @property
    def working(self) -> bool:
        """Whether outlines are being drawn, or will be in a moment."""
        return self._busy or self._timer.isActive()

    def ask(self, event: Any = None) -> None:
        """Draw the outlines anew in a moment."""
        if self._fills and not self._timer.isActive():
            self._timer.start()

    def _adopt(self, layer: Layer) -> None:
        info = get_info(layer)
        ours = OUTLINED_KEY in layer.metadata or (info is not None and info.role in _ROLES)
        if not isinstance(layer, Labels) or not ours or layer in self._fills:
            return
        self._fills[layer] = layer.colormap
        for events in (layer.events.contour, layer.events.colormap):
            events.connect(partial(self._restyle, layer))
        for events in (
            layer.events.visible,
            layer.events.data,
            layer.events.affine,
            layer.events.labels_update,
            layer.events.show_selected_label,
            layer.events.selected_label,
        ):
            events.connect(self.ask)
        self._restyle(layer)

    def _leave(self, layer: Layer) -> None:
        """Give a layer back as napari would draw it."""
        fill = self._fills.pop(layer, None)
        if fill is not None and layer.colormap is _CLEAR:
            layer.colormap = fill

    def _restyle(self, layer: Labels, event: Any = None) -> None:
        """Hide what napari draws of a layer that is outlined, and show it else."""
        if layer not in self._fills:
            return
        outlined = layer.contour > 0
        if layer.colormap is not _CLEAR:
            self._fills[layer] = layer.colormap
            if outlined:
                layer.colormap = _CLEAR
        elif not outlined:
            layer.colormap = self._fills[layer]
        get_outlines(layer).visible = outlined
        self.ask()

    def get_fill(self, layer: Labels) -> Any:
        """Return the colours of a layer, whether it is outlined or filled."""
        return self._fills.get(layer, layer.colormap)

    def _draw(self) -> None:
        if self._busy:
            self._again = True
            return
        work = [
            (layer, part, self._colouring(layer))
            for layer in self._fills
            if layer.visible and layer.contour > 0 and (part := self._find_window(layer))
        ]
        if work:
            self._busy = True
            run_in_thread(self, partial(_paint, work), self._show, self._fail)

    def _show(self, pictures: list[tuple[Labels, OutlinePicture]]) -> None:
        for layer, picture in pictures:
            if layer in self._fills:
                get_outlines(layer).picture = picture
        self._rest()

    def _fail(self, error: Exception) -> None:
        self._rest()
        raise error

    def _rest(self) -> None:
        self._busy = False
        if self._again:
            self._again = False
            self._timer.start()

    def _colouring(self, layer: Labels) -> Any:
        fill = self._fills[layer]
        chosen = layer.selected_label if layer.show_selected_label else None
        return partial(_colour, fill, chosen)

    def _find_window(self, layer: Labels) -> Window | None:
        """Return the part of a layer that is in view, with some around it."""
        centre, size = get_view(self._viewer)
        half = size * (1 + _MARGIN) / 2
        signs = ((-1, -1), (-1, 1), (1, -1), (1, 1))
        corners = np.array(
            [layer.world_to_data(tuple(centre + half * np.array(sign)))[-2:] for sign in signs]
        )
        shape = layer.data[0].shape if layer.multiscale else layer.data.shape
        low = np.clip(corners.min(axis=0), -0.5, np.array(shape[-2:]) - 0.5)
        high = np.clip(corners.max(axis=0), -0.5, np.array(shape[-2:]) - 0.5)
        if np.any(high <= low):
            return None
        side = np.linalg.norm(corners[1] - corners[0]) / (2 * half[1])
        step = float(side) / self._viewer.scene.camera.zoom
        return Window.covering(tuple(low), tuple(high), step, _MOST_PIXELS)


def _paint(work: list[tuple[Labels, Window, Any]]) -> list[tuple[Labels, OutlinePicture]]:
    pictures = []
    for layer, window, colouring in work:
        levels = layer.data if layer.multiscale else [layer.data]
        labels = sample_labels(levels, window)
        pixels = paint_outlines(labels, colouring, window.step)
        info = get_info(layer)
        if info is not None and info.role == _DIFFERENCE:
            changed = np.where(labels > DifferenceClass.BOTH, labels, 0)
            hatch_labels(pixels, changed, colouring, window)
        pictures.append((layer, OutlinePicture(pixels, window)))
    return pictures


def _colour(fill: Any, chosen: int | None, numbers: Any) -> Any:
    colours = np.array(fill.map(numbers))
    colours[:, 3] = colours[:, 3] > 0
    if chosen is not None:
        colours[numbers != chosen] = 0
    return colours


_CLEAR = CyclicLabelColormap(colors=np.zeros((2, 4), np.float32), name="outlined")


def draw_outlines(viewer: ViewerModel) -> SegOutlines:
    """Let the outlines of a window's SEG layers be thin at any zoom.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    SegOutlines
        The same one at each call.
    """
    return keep_one(viewer, SegOutlines, lambda: SegOutlines(viewer))
