"""A labels layer of some sources alone."""

from __future__ import annotations

import numpy as np
from napari.layers import Labels, Layer

from skyseg.napari_plugin.layers.layer_data import describe_labels, make_label_levels
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.map_info import MapInfo


def make_selection_layer(
    seg: Labels, info: MapInfo, catalogue: Catalogue, numbers: tuple[int, ...]
) -> Layer:
    """Make a labels layer that holds some sources of a SEG layer alone.

    Parameters
    ----------
    seg : Labels
        The SEG layer.
    info : MapInfo
        What it shows.
    catalogue : Catalogue
        Its catalogue.
    numbers : tuple of int
        The sources.

    Returns
    -------
    Layer
    """
    labels = get_full_map(seg)
    kept = np.zeros(info.shape, labels.dtype)
    for number in numbers:
        y0, y1, x0, x1 = catalogue.get_box(number)
        box = slice(y0, y1 + 1), slice(x0, x1 + 1)
        np.copyto(kept[box], number, where=np.asarray(labels[box]) == number)
    own = MapInfo("SELECTION", info.shape, info.wcs, info.frame, band=info.band)
    return Layer.create(*describe_labels(make_label_levels(kept), f"{seg.name} selection", own))
