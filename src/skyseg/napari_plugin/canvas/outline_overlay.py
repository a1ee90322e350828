"""The picture of outlines that hangs on a layer: drawn with it, in its box, under its eye.

napari draws overlays of plugins that stand in its table of visuals; this module alone
reaches into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari._vispy.overlays.base import LayerOverlayMixin, VispySceneOverlay
from napari._vispy.utils.visual import overlay_to_visual
from napari.components.overlays import SceneOverlay
from napari.layers import Labels
from vispy.scene import Node
from vispy.scene.visuals import Image
from vispy.visuals.transforms import STTransform

from skyseg.display.outlines import Window
from skyseg.engine.types import ByteImage

_NAME = "skyseg outlines"


@dataclass(frozen=True, eq=False)
class OutlinePicture:
    """Outlines at the pixels of the screen, and the part of the map that they cover."""

    pixels: ByteImage
    window: Window


class OutlineOverlay(SceneOverlay):
    """The outlines of one layer.

    Attributes
    ----------
    picture : OutlinePicture or None
        What is drawn; None is nothing.
    """

    picture: Any = None


class _OutlineVisual(LayerOverlayMixin, VispySceneOverlay):
    """Draws the picture in the pixels of the level that its layer shows."""

    def __init__(self, **kwargs: Any) -> None:
        self._image = Image(np.zeros((1, 1, 4), np.uint8), method="auto")
        super().__init__(node=Node(), **kwargs)
        self._image.parent = self.node
        self._image.transform = STTransform()
        self._image.set_gl_state("translucent", depth_test=False)
        self.node.events.parent_change.connect(self._stay_in_box)
        self.overlay.events.picture.connect(self._draw)
        self.layer.events.set_data.connect(self._place)
        self.reset()

    def _on_blending_change(self) -> None:
        """Stay translucent: a node of its own has no state to set."""

    def _draw(self) -> None:
        picture = self.overlay.picture
        if picture is not None:
            self._image.set_data(picture.pixels)
            self._place()
        self._image.visible = picture is not None

    def _stay_in_box(self, event: Any = None) -> None:
        """Be cut off at the edge of the box into which the layer has been put."""
        self._image.parent = None
        self._image.parent = self.node

    def _place(self) -> None:
        picture = self.overlay.picture
        if picture is None:
            return
        window: Window = picture.window
        rows = self.layer.downsample_factors[self.layer.data_level] if self.layer.multiscale else 1
        shrunk = np.broadcast_to(rows, 2)[::-1]
        corner = np.array([window.left, window.top])
        self._image.transform.scale = window.step / shrunk
        # a level's pixel k lies on pixel k * factor of the map; both count from their middle
        self._image.transform.translate = (corner + 0.5) / shrunk - 0.5

    def reset(self) -> None:
        super().reset()
        self._draw()

    def close(self) -> None:
        self.overlay.events.picture.disconnect(self._draw)
        super().close()


overlay_to_visual[OutlineOverlay] = _OutlineVisual


def get_outlines(layer: Labels) -> OutlineOverlay:
    """Return what draws the outlines of a layer; the first call hangs it on the layer."""
    overlays = layer._overlays
    if _NAME not in overlays:
        overlays[_NAME] = OutlineOverlay(visible=False)
    found: OutlineOverlay = overlays[_NAME]
    return found
