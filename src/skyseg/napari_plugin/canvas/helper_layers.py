"""Layers that only help to see something, and never become the active one."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer


def put_helper(viewer: ViewerModel, layer: Layer) -> None:
    """Add a layer on top, in place of one of its name; the active layer stays."""
    active = viewer.layers.selection.active
    drop_helper(viewer, layer.name)
    viewer.layers.append(layer)
    if active is not None and active in viewer.layers:
        viewer.layers.selection.active = active


def drop_helper(viewer: ViewerModel, name: str) -> None:
    """Remove a layer, where it is there; the active layer stays."""
    if name not in viewer.layers:
        return
    active = viewer.layers.selection.active
    viewer.layers.remove(name)
    if active is not None and active in viewer.layers:
        viewer.layers.selection.active = active
