"""A labels layer of some sources alone."""

from __future__ import annotations

from napari.layers import Labels, Layer

from skyseg.napari_plugin.layers.layer_data import describe_labels, make_label_levels
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_exports import Numbers, keep_labels


def make_selection_layer(seg: Labels, info: MapInfo, numbers: Numbers) -> Layer:
    """Make a labels layer that holds some sources of a SEG layer alone.

    Parameters
    ----------
    seg : Labels
        The SEG layer.
    info : MapInfo
        What it shows.
    numbers : sequence of int
        The sources.

    Returns
    -------
    Layer
    """
    kept = keep_labels(get_full_map(seg), numbers)
    own = MapInfo("SELECTION", info.shape, info.wcs, info.frame, band=info.band)
    return Layer.create(*describe_labels(make_label_levels(kept), f"{seg.name} selection", own))
