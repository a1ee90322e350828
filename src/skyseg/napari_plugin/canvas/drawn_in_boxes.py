"""What is drawn over the maps, in each box of bands that lie side by side.

napari puts a layer into one box: outlines of selected sources, regions, marks and the frame of
a place are drawn in all of them while there are several.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Points, Shapes

from skyseg.engine.types import FloatArray
from skyseg.napari_plugin.canvas.drawn_overlay import Drawing, DrawnOverlay
from skyseg.napari_plugin.layers.layer_info import IN_BOXES_KEY

_NAME = "skyseg drawn"


class DrawnInBoxes:
    """Draws the layers that a session draws in every box of a window's grid.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._overlay = DrawnOverlay(visible=False)
        viewer.scene.overlays[_NAME] = self._overlay
        viewer.canvas.grid.events.enabled.connect(self._draw)
        viewer.layers.events.inserted.connect(lambda event: self._watch(event.value))
        viewer.layers.events.removed.connect(self._draw)
        for layer in viewer.layers:
            self._watch(layer)

    def _watch(self, layer: Layer) -> None:
        if not _is_drawn(layer):
            return
        for name in ("data", "visible", "affine", "size", "edge_color", "border_color"):
            if hasattr(layer.events, name):
                getattr(layer.events, name).connect(self._draw)
        self._draw()

    def _draw(self, event: Any = None) -> None:
        if not self._viewer.canvas.grid.enabled:
            self._overlay.visible = False
            return
        shown = [each for each in self._viewer.layers if _is_drawn(each) and each.visible]
        self._overlay.drawing = draw_layers(shown)
        self._overlay.visible = True


def draw_layers(layers: list[Layer]) -> Drawing:
    """Return the lines of shapes and the marks of points as they are on the screen.

    Parameters
    ----------
    layers : list of Layer
        Shapes and points whose metadata say how wide, or large, they are on the screen.
    """
    segments, line_colours, widths = [np.zeros((0, 2))], [np.zeros((0, 4))], [np.zeros(0)]
    marks, mark_colours = [np.zeros((0, 2))], [np.zeros((0, 4))]
    symbols: list[str] = []
    sizes: list[float] = []
    for layer in layers:
        if isinstance(layer, Points):
            marks.append(_to_world(layer, layer.data))
            mark_colours.append(layer.border_color)
            symbols += [str(each) for each in layer.symbol]
            sizes += [layer.metadata[IN_BOXES_KEY]] * len(layer.data)
        elif isinstance(layer, Shapes):
            for corners, colour, kind in zip(
                layer.data, layer.edge_color, layer.shape_type, strict=True
            ):
                ends = corners if kind == "path" else np.vstack([corners, corners[:1]])
                pairs = np.repeat(_to_world(layer, ends), 2, axis=0)[1:-1]
                segments.append(pairs)
                line_colours.append(np.tile(colour, (len(pairs), 1)))
                widths.append(np.full(len(pairs), layer.metadata[IN_BOXES_KEY], float))
    return Drawing(
        np.vstack(segments),
        np.vstack(line_colours),
        np.concatenate(widths),
        np.vstack(marks),
        np.vstack(mark_colours),
        symbols,
        np.array(sizes, float),
    )


def _is_drawn(layer: Layer) -> bool:
    return IN_BOXES_KEY in layer.metadata and isinstance(layer, (Points, Shapes))


def _to_world(layer: Layer, places: Any) -> FloatArray:
    matrix = np.asarray(layer.affine.affine_matrix)[-3:, -3:]
    world: FloatArray = np.asarray(places, float) @ matrix[:2, :2].T + matrix[:2, 2]
    return world
