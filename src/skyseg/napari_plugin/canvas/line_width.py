"""How wide lines are on the screen."""

from __future__ import annotations

from typing import Final

from napari.components import ViewerModel
from napari.layers import Shapes

EDGE: Final = 1.5
"""Width of lines and edges on the screen, in pixels."""


def measure_edge(viewer: ViewerModel, scale: float, pixels: float = EDGE) -> float:
    """Return the width in pixels of a map of what is so many pixels wide on the screen."""
    return float(pixels / (viewer.scene.camera.zoom * scale))


def widen_lines(layer: Shapes, width: float) -> None:
    """Draw all lines of a layer in another width.

    Parameters
    ----------
    layer : Shapes
        The layer.
    width : float
        The width, in pixels of its data.
    """
    layer.edge_width = width
    # napari changes the lines, and does not tell the canvas
    layer.refresh(thumbnail=False, extent=False)
