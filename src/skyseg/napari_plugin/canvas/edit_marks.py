"""Edited sources, marked on the canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Points

from skyseg.napari_plugin.canvas.helper_layers import drop_helper, find_helper, put_helper
from skyseg.napari_plugin.layers.edited_layers import EditDesk, LayerEdits
from skyseg.napari_plugin.layers.layer_data import place_in_world
from skyseg.napari_plugin.layers.layer_info import FRAME_KEY

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
        if seen != self._shown or find_helper(self._viewer, EDITED_LAYER) is None:
            self._shown = seen
            self._draw(current, boxes)

    def _draw(self, current: LayerEdits, boxes: Any) -> None:
        places = np.column_stack([boxes[:, 0] + boxes[:, 1] - 1, boxes[:, 2] + boxes[:, 3] - 1]) / 2
        layer, info = find_helper(self._viewer, EDITED_LAYER), current.info
        if (
            layer is not None
            and layer.metadata[FRAME_KEY] == info.frame
            and np.allclose(layer.affine.affine_matrix, info.matrix)
        ):
            layer.data = places
            layer.size = self._find_size()
            return
        made = Points(
            places, ndim=2, name=EDITED_LAYER, symbol="diamond", face_color="transparent",
            border_color=_COLOUR, border_width=0.15, size=self._find_size(),
            **place_in_world(info),
        )  # fmt: skip
        put_helper(self._viewer, made, info)

    def _find_size(self) -> float:
        return float(_SIZE / self._viewer.scene.camera.zoom)  # napari scales points by no affine

    def _keep_size(self) -> None:
        """Let marks be as large on the screen as before, unless they nearly are."""
        layer = find_helper(self._viewer, EDITED_LAYER)
        if self._desk.current is None or layer is None:
            return
        wanted = self._find_size()
        if len(layer.size) and not 0.7 < wanted / float(layer.size[0]) < 1.4:
            layer.size = wanted
