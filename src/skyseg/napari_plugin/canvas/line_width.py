"""How wide the lines of a layer of shapes are drawn."""

from __future__ import annotations

from napari.layers import Shapes


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
