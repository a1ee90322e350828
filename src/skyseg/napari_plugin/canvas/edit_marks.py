"""Edited sources, marked on the canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Points

from skyseg.napari_plugin.canvas.helper_layers import drop_helper, put_helper
from skyseg.napari_plugin.layers.edited_layers import EditDesk, LayerEdits
from skyseg.napari_plugin.layers.layer_data import place_in_world

EDITED_LAYER = "Edited"

_COLOUR = "#ff9f1c"
_SIZE = 12


class EditMarks:
    """Marks the sources that were edited, in the layer that is worked on.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    desk : EditDesk
        Its edited layers.
    """

    def __init__(self, viewer: ViewerModel, desk: EditDesk) -> None:
        self._viewer, self._desk = viewer, desk
        self._shown: tuple[Any, ...] | None = None
        desk.changed.connect(self._follow)
        viewer.scene.camera.events.zoom.connect(self._keep_size)
        self._follow()

    def detach(self) -> None:
        """Leave the window as it was."""
        self._desk.changed.disconnect(self._follow)
        self._viewer.scene.camera.events.zoom.disconnect(self._keep_size)
        drop_helper(self._viewer, EDITED_LAYER)

    def _follow(self) -> None:
        current = self._desk.current
        numbers = () if current is None else current.edit.edited
        if current is None or not numbers:
            self._shown = None
            drop_helper(self._viewer, EDITED_LAYER)
            return
        boxes = current.edit.find_boxes(numbers)
        seen = current.layer, boxes.tobytes()
        if seen != self._shown or EDITED_LAYER not in self._viewer.layers:
            self._shown = seen
            self._draw(current, boxes)

    def _draw(self, current: LayerEdits, boxes: Any) -> None:
        places = np.column_stack([boxes[:, 0] + boxes[:, 1] - 1, boxes[:, 2] + boxes[:, 3] - 1]) / 2
        if EDITED_LAYER in self._viewer.layers:
            layer = self._viewer.layers[EDITED_LAYER]
            if np.allclose(layer.affine.affine_matrix, current.info.matrix):
                layer.data = places
                layer.size = self._find_size()
                return
        made = Points(
            places, ndim=2, name=EDITED_LAYER, symbol="diamond", face_color="transparent",
            border_color=_COLOUR, border_width=0.15, size=self._find_size(),
            **place_in_world(current.info),
        )  # fmt: skip
        put_helper(self._viewer, made)

    def _find_size(self) -> float:
        return float(_SIZE / self._viewer.scene.camera.zoom)  # napari scales points by no affine

    def _keep_size(self) -> None:
        """Let marks be as large on the screen as before, unless they nearly are."""
        current = self._desk.current
        if current is None or EDITED_LAYER not in self._viewer.layers:
            return
        layer = self._viewer.layers[EDITED_LAYER]
        wanted = self._find_size()
        if len(layer.size) and not 0.7 < wanted / float(layer.size[0]) < 1.4:
            layer.size = wanted
