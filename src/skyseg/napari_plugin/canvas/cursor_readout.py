"""What is under the cursor: position on the sky by the full WCS, pixel, and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.panel.sky_frame import format_position

_NORTH_UP = ("up", "right")


def show_readout(viewer: ViewerModel) -> None:
    """Draw astronomers' way up, with a scale bar, and tell what is under the cursor.

    A viewer that does it already stays as it is.
    """
    if update_readout in viewer.mouse_move_callbacks:
        return
    viewer.mouse_move_callbacks.append(update_readout)
    viewer.scene.camera.orientation2d = _NORTH_UP
    overlays = viewer.canvas.overlays
    overlays["scale_bar"].visible = True
    overlays["text"].position = "bottom_left"


def update_readout(viewer: ViewerModel, event: Any) -> None:
    """Write what is under the cursor into the corner of the canvas."""
    overlay = viewer.canvas.overlays["text"]
    overlay.text = describe_position(viewer.layers, viewer.cursor.position)
    overlay.visible = bool(overlay.text)


def describe_position(layers: Sequence[Layer], position: Sequence[float]) -> str:
    """Say what is at a place: the topmost map decides the position.

    Parameters
    ----------
    layers : sequence of Layer
        The layers, from the lowest.
    position : sequence of float
        The place in world coordinates, (north, west) in arcsec.

    Returns
    -------
    str
        Position on the sky and pixel (x, y), counted from 0, then the value of
        each visible map; empty where there is no map of ours.
    """
    lines: list[str] = []
    for layer in reversed(layers):
        info = get_info(layer)
        if info is None or not layer.visible or not isinstance(layer, (Image, Labels)):
            continue
        row, column = layer.world_to_data(position)[-2:]
        if not (-0.5 <= row < info.shape[0] - 0.5 and -0.5 <= column < info.shape[1] - 0.5):
            continue
        if not lines and info.wcs is not None:
            lines.append(format_position(info.wcs.pixel_to_world(column, row)))
        if not any(line.startswith("x ") for line in lines):
            lines.append(f"x {column:.1f}  y {row:.1f}")
        lines.append(f"{layer.name}  {_value(layer, row, column, info.unit)}")
    return "\n".join(lines)


def _value(layer: Layer, row: float, column: float, unit: str) -> str:
    value = np.asarray(get_full_map(layer)[round(row), round(column)]).item()
    text = str(value) if isinstance(value, int) else f"{value:.5g}"
    return f"{text} {unit}".rstrip()
