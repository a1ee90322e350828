"""Maps without a WCS: they lie on an image that has one and their shape, which is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from napari.layers import Layer

from skyseg.napari_plugin.layers.layer_data import LayerData, name_axes, place_in_world
from skyseg.napari_plugin.layers.layer_info import ARRAY, KEY, get_info
from skyseg.napari_plugin.layers.unsaved import is_edited
from skyseg.panel.map_info import MapInfo

_OF_AN_IMAGE = ("SEG", "DQ", "WHT", "ERR", "VARIANCE", "BKG", ARRAY)

Named = tuple[str, MapInfo]


def lay_on_images(found: Iterable[LayerData], layers: Iterable[Layer] = ()) -> list[str]:
    """Give maps without a WCS the place of the image whose shape they have.

    Where images of that shape lie at several places, they stay as they are.

    Parameters
    ----------
    found : iterable of tuple
        Data, arguments and type of each layer that will be shown; changed in place.
    layers : iterable of Layer, optional
        Those that are shown; edited ones are left.

    Returns
    -------
    list of str
        What lies where now, a sentence each.
    """
    new = [(each[1]["name"], each[1]) for each in found]
    shown = [(layer, info) for layer in layers if (info := get_info(layer)) is not None]
    images = [(layer.name, info) for layer, info in shown]
    images += [(name, arguments["metadata"][KEY]) for name, arguments in new]
    images = [(name, info) for name, info in images if info.role == "SCI" and info.frame]
    told = []
    for name, arguments in new:
        own: MapInfo = arguments["metadata"][KEY]
        image = _find_image(own, images)
        if image is not None:
            placed = _place(own, image[1])
            arguments["metadata"][KEY] = placed
            arguments |= place_in_world(placed)
            told.append(_tell(name, image))
    for layer, own in shown:
        image = _find_image(own, images)
        if image is not None and not is_edited(layer):
            placed = _place(own, image[1])
            layer.metadata[KEY] = placed
            layer.affine = placed.matrix
            for axes, values in name_axes(placed).items():
                setattr(layer, axes, values)
            told.append(_tell(layer.name, image))
    return told


def _find_image(own: MapInfo, images: list[Named]) -> Named | None:
    """Return the image on which a map lies; None where there is none, or at several places."""
    if own.frame is not None or own.role not in _OF_AN_IMAGE:
        return None
    fits = [(name, info) for name, info in images if info.shape == own.shape]
    if not fits:
        return None
    chosen = fits[-1][1]
    one = all(
        info.frame == chosen.frame and np.allclose(info.matrix, chosen.matrix) for _, info in fits
    )
    return fits[-1] if one else None


def _place(own: MapInfo, image: MapInfo) -> MapInfo:
    return replace(own, wcs=image.wcs, frame=image.frame)


def _tell(name: str, image: Named) -> str:
    return f"{name} has no WCS: it lies on {image[0]}, whose shape it has"
