"""Layers opened from files: SCI is seen, what tells of its noise lies under it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from weakref import WeakSet

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer
from napari.utils.notifications import show_info

from skyseg.napari_plugin.layers.layer_data import LayerData
from skyseg.napari_plugin.layers.layer_info import ARRAY, KEY, get_full_map, get_info
from skyseg.napari_plugin.layers.same_shape import lay_on_images
from skyseg.napari_plugin.viewer_session import unwrap_viewer
from skyseg.panel.map_info import MapInfo

_OF_NOISE = ("WHT", "ERR", "VARIANCE")
_IMAGES = ("SCI", "BKG", *_OF_NOISE)
_LABELS = ("SEG", "DQ")
_RANKS = {**dict.fromkeys(_OF_NOISE, -1), "SEG": 1}

_arranged: WeakSet[ViewerModel] = WeakSet()


def put_in_order(found: list[LayerData], layers: Iterable[Layer]) -> list[LayerData]:
    """Order layers that are opened together: maps of the noise, images, labels.

    Parameters
    ----------
    found : list of tuple
        Data, arguments and type of each.
    layers : iterable of Layer
        The layers of the window.

    Returns
    -------
    list of tuple
        The same; maps of the noise are hidden where there is an image that they would cover.
    """
    infos = [data[1]["metadata"][KEY] for data in found]
    shown = [*infos, *(get_info(layer) for layer in layers)]
    if any(info is not None and info.role == "SCI" for info in shown):
        for (_, arguments, _), info in zip(found, infos, strict=True):
            arguments["visible"] &= info.role not in _OF_NOISE
    return sorted(found, key=lambda data: _RANKS.get(data[1]["metadata"][KEY].role, 0))


def keep_arranged(viewer: ViewerModel) -> None:
    """Let layers find their place in a window from now on, those that others have added too.

    Of an image or labels that nobody of ours has made, such as an array or an image that was
    converted, napari tells the pixels; they are known as a map without a WCS where they lie as
    they are, labels as a SEG map.
    """
    viewer = unwrap_viewer(viewer)
    if viewer in _arranged:
        return
    _arranged.add(viewer)
    inserted = viewer.layers.events.inserted
    # before all others of ours, which ask what the layer shows
    inserted.connect(lambda event: _adopt_new(viewer, event.value), position="first")
    inserted.connect(lambda event: _take_in(viewer, event.value))
    for layer in viewer.layers:
        _adopt(layer)


def _adopt_new(viewer: ViewerModel, layer: Any) -> None:
    _adopt(layer)
    info = get_info(layer)
    if info is not None and info.role in ("SEG", ARRAY) and info.frame is None and info.ref is None:
        for text in lay_on_images((), viewer.layers):
            show_info(text)


def _take_in(viewer: ViewerModel, layer: Any) -> None:
    _arrange(viewer, layer)
    _follow_place(viewer, layer)


def _follow_place(viewer: ViewerModel, layer: Any) -> None:
    """Look at an image on which maps lie now that were seen where their pixels are."""
    info = get_info(layer)
    if info is None or info.role != "SCI" or info.frame is None:
        return
    others = [known for other in viewer.layers if other is not layer and (known := get_info(other))]
    first = not any(other.role == "SCI" for other in others)
    if first and any(other.wcs is info.wcs for other in others):
        viewer.fit_to_view(layers=[layer])


def _adopt(layer: Any) -> None:
    if not isinstance(layer, (Image, Labels)) or layer.ndim != 2:
        return
    info, of_labels = get_info(layer), isinstance(layer, Labels)
    if info is None:
        if KEY not in layer.metadata and np.array_equal(layer.data_to_world((1, 2)), (1, 2)):
            ny, nx = get_full_map(layer).shape[:2]
            layer.metadata[KEY] = MapInfo("SEG" if of_labels else ARRAY, (ny, nx))
        return
    known_image = info.role in _IMAGES or (info.ref is not None and info.role not in _LABELS)
    if of_labels and (known_image or info.role == ARRAY):
        layer.metadata[KEY] = replace(info, role="SEG", unit="", band=None, ref=None)


def _arrange(viewer: ViewerModel, layer: Any) -> None:
    info = get_info(layer)
    if info is None or info.ref is None:
        return
    if info.role in _OF_NOISE:
        images = [
            number
            for number, other in enumerate(viewer.layers)
            if (known := get_info(other)) and known.role == "SCI" and known.shape == info.shape
        ]
        here = viewer.layers.index(layer)
        if images and images[0] < here:
            viewer.layers.move(here, images[0])
