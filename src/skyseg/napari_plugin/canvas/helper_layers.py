"""Layers that only help to see something: we know them by their metadata, not by their names."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer

from skyseg.napari_plugin.layers.layer_info import FRAME_KEY, HELPER_KEY
from skyseg.panel.map_info import MapInfo


def find_helper(viewer: ViewerModel, name: str) -> Layer | None:
    """Return the layer that we have put under a name; None where it is not there."""
    return next((each for each in viewer.layers if get_helper_name(each) == name), None)


def get_helper_name(layer: Layer) -> str:
    """Return the name under which we have put a layer; empty where we have not."""
    return str(layer.metadata.get(HELPER_KEY, ""))


def put_helper(
    viewer: ViewerModel, layer: Layer, info: MapInfo | None = None, place: int | None = None
) -> None:
    """Add a layer, in place of one that we have put under its name; the active layer stays.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    layer : Layer
        The layer.
    info : MapInfo, optional
        The map that it is drawn over, with whose field it is seen; a map is seen with its own.
    place : int, optional
        Its index among the layers; by default it is the topmost.
    """
    active = viewer.layers.selection.active
    drop_helper(viewer, layer.name)
    layer.metadata[HELPER_KEY] = layer.name
    if info is not None:
        layer.metadata[FRAME_KEY] = info.frame
    viewer.layers.insert(len(viewer.layers) if place is None else place, layer)
    if active is not None and active in viewer.layers:
        viewer.layers.selection.active = active


def drop_helper(viewer: ViewerModel, name: str) -> None:
    """Remove the layer that we have put under a name, if any; the active layer stays."""
    layer = find_helper(viewer, name)
    if layer is None:
        return
    active = viewer.layers.selection.active
    viewer.layers.remove(layer)
    if active is not None and active in viewer.layers:
        viewer.layers.selection.active = active
