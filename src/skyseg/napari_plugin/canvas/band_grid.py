"""All bands side by side, each with its own maps, looking at the same place."""

from __future__ import annotations

import math

from napari.components import ViewerModel
from napari.layers import Layer

from skyseg.errors import ParameterError
from skyseg.napari_plugin.layers.layer_info import get_info

_ROLES = ("SCI", "SEG")
_ONE_ROW = 3


def show_grid(viewer: ViewerModel) -> list[Layer]:
    """Show each band in a box of its own; all boxes look at the same part of the sky.

    A box holds the SCI map of its band and, where every band has one, the topmost
    SEG map. Other maps of bands are hidden; layers that belong to no band, such as
    outlines of selected sources, lie in the first box.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    list of Layer
        The layers that were hidden; give them to `leave_grid`.

    Raises
    ------
    ParameterError
        If fewer than two bands are shown.
    """
    bands = _by_band(viewer)
    if len(bands) < 2:
        raise ParameterError(
            "bands side by side needs the SCI maps of two bands", hint="open or segment more"
        )
    roles = [role for role in _ROLES if all(role in maps for maps in bands.values())]
    boxes = [[maps[role] for role in roles] for maps in bands.values()]
    shown = [layer for box in boxes for layer in box]
    for place, layer in enumerate(shown):
        viewer.layers.move(viewer.layers.index(layer), place)
        layer.visible = True
    others = [
        layer
        for layer in viewer.layers
        if layer.visible and layer not in shown and get_info(layer) is not None
    ]
    for layer in others:
        layer.visible = False
    for box in boxes:
        box[0].name_overlay.visible = True
    columns = len(boxes) if len(boxes) <= _ONE_ROW else math.ceil(math.sqrt(len(boxes)))
    grid = viewer.canvas.grid
    grid.stride, grid.shape = len(roles), (math.ceil(len(boxes) / columns), columns)
    grid.enabled = True
    return others


def leave_grid(viewer: ViewerModel, hidden: list[Layer]) -> None:
    """Show the bands above each other again.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    hidden : list of Layer
        What `show_grid` has hidden.
    """
    viewer.canvas.grid.enabled = False
    for layer in viewer.layers:
        if get_info(layer) is not None:
            layer.name_overlay.visible = False
        layer.visible = layer.visible or layer in hidden


def _by_band(viewer: ViewerModel) -> dict[str, dict[str, Layer]]:
    """Topmost map of each role for each band that has a SCI map."""
    bands: dict[str, dict[str, Layer]] = {}
    for layer in viewer.layers:
        info = get_info(layer)
        if info is not None and info.role in _ROLES:
            name = layer.name.split(" ")[0] if info.band is None else info.band.name
            bands.setdefault(name, {})[info.role] = layer
    return {name: maps for name, maps in bands.items() if "SCI" in maps}
