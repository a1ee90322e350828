"""All bands side by side, each with its own maps, looking at the same place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from napari.components import ViewerModel
from napari.layers import Layer, Points

from skyseg.errors import ParameterError
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.panel.naming import name_band

_ROLES = ("SCI", "SEG")
_ONE_ROW = 3
_ROOM = "skyseg room in the grid"


def show_grid(viewer: ViewerModel) -> list[Layer]:
    """Show each band in a box of its own; all boxes look at the same part of the sky.

    A box holds the SCI map of its band and its topmost SEG map, where it has one.
    Other maps of bands are hidden; layers that belong to no band, such as outlines of
    selected sources, are put into the first box; `DrawnInBoxes` draws what a session draws in
    all of them. The readout is above the scale bar. The middle of
    the view and its zoom stay.

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
    boxes = [[maps[role] for role in _ROLES if role in maps] for maps in bands.values()]
    shown = [layer for box in boxes for layer in box]
    others = [
        layer
        for layer in viewer.layers
        if layer.visible and layer not in shown and get_info(layer) is not None
    ]
    with _same_view(viewer):
        for layer in shown:
            layer.visible = True
        for layer in others:
            layer.visible = False
        for box in boxes:
            box[0].name_overlay.visible = True
        loose = [layer for layer in viewer.layers if layer.visible and layer not in shown]
        boxes[0] += loose
        stride = max(map(len, boxes))
        _put_in_order(viewer, boxes, stride)
        _leave_out_of_list(viewer)
        columns = len(boxes) if len(boxes) <= _ONE_ROW else math.ceil(math.sqrt(len(boxes)))
        grid = viewer.canvas.grid
        grid.stride, grid.shape = stride, (math.ceil(len(boxes) / columns), columns)
        grid.enabled = True
        viewer.canvas.overlays["text"].position = "bottom_left"  # names are at the top
    return others


def leave_grid(viewer: ViewerModel, hidden: list[Layer]) -> None:
    """Show the bands above each other again; the middle of the view and its zoom stay.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    hidden : list of Layer
        What `show_grid` has hidden.
    """
    with _same_view(viewer):
        viewer.canvas.grid.enabled = False
        viewer.canvas.overlays["text"].position = "top_left"
        for layer in [each for each in viewer.layers if each.metadata.get(_ROOM)]:
            viewer.layers.remove(layer)
        for layer in viewer.layers:
            if get_info(layer) is not None:
                layer.name_overlay.visible = False
            layer.visible = layer.visible or layer in hidden
        loose = [layer for layer in viewer.layers if get_info(layer) is None]
        for layer in loose:
            viewer.layers.move(viewer.layers.index(layer), len(viewer.layers))


def renew_grid(viewer: ViewerModel, hidden: list[Layer]) -> list[Layer]:
    """Show bands side by side anew, as layers have come or gone; what is hidden stays so.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    hidden : list of Layer
        What `show_grid` has hidden.

    Returns
    -------
    list of Layer
        The layers that are hidden now.

    Raises
    ------
    ParameterError
        If fewer than two bands are left; they are no longer side by side.
    """
    off = [layer for layer in viewer.layers if not layer.visible and layer not in hidden]
    with _same_view(viewer):
        leave_grid(viewer, hidden)
        others = show_grid(viewer)
        for layer in off:
            layer.visible = False
    return others


@contextmanager
def _same_view(viewer: ViewerModel) -> Iterator[None]:
    camera = viewer.scene.camera
    centre, zoom = camera.center, camera.zoom
    active = viewer.layers.selection.active
    yield
    camera.center, camera.zoom = centre, zoom
    if active in viewer.layers:
        viewer.layers.selection.active = active


def _put_in_order(viewer: ViewerModel, boxes: list[list[Layer]], stride: int) -> None:
    """Order layers box by box; hidden ones fill the room of a box that has fewer than others."""
    free = [
        layer
        for layer in viewer.layers
        if not layer.visible and not any(layer in box for box in boxes)
    ]
    for box in boxes:
        while len(box) < stride:
            box.append(free.pop() if free else _add_room(viewer))
    for place, layer in enumerate(layer for box in boxes for layer in box):
        viewer.layers.move(viewer.layers.index(layer), place)


def _add_room(viewer: ViewerModel) -> Layer:
    """Add a hidden layer that shows nothing: napari gives each box as many layers.

    The list of layers leaves it out.
    """
    first = viewer.layers[0]
    room = Points(
        ndim=2,
        name="(no map)",
        visible=False,
        metadata={_ROOM: True},
        units=first.units[-2:],
        axis_labels=first.axis_labels[-2:],
    )
    viewer.layers.append(room)
    return room


def _leave_out_of_list(viewer: ViewerModel) -> None:
    """Leave the layers that show nothing out of the window's list."""
    if not hasattr(viewer, "window"):
        return
    rows = viewer.window._qt_viewer.layers
    proxy = rows.model()
    source = proxy.sourceModel()
    for place, layer in enumerate(viewer.layers):
        if layer.metadata.get(_ROOM):
            rows.setRowHidden(proxy.mapFromSource(source.index(place, 0)).row(), True)


def _by_band(viewer: ViewerModel) -> dict[str, dict[str, Layer]]:
    """Topmost map of each role for each band that has a SCI map."""
    bands: dict[str, dict[str, Layer]] = {}
    for layer in viewer.layers:
        info = get_info(layer)
        if info is not None and info.role in _ROLES:
            in_file = layer.name.partition(f" {info.role}")[0]
            name = in_file if info.band is None else name_band(info.band)
            bands.setdefault(name, {})[info.role] = layer
    return {name: maps for name, maps in bands.items() if "SCI" in maps}
