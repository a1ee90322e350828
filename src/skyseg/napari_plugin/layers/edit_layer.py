"""Painting on a SEG map: a plain layer of what is in view, and its way back into the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Labels, Layer

from skyseg.engine.types import LabelImage, Slices
from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_data import describe_labels
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.panel.map_info import MapInfo

EDIT_KEY = "skyseg_edit"
_LARGEST_PART = 2048


@dataclass(frozen=True, eq=False)
class Edit:
    """Where a layer that is painted on comes from; in its metadata under ``"skyseg_edit"``.

    Attributes
    ----------
    labels : array_like of int, shape (ny, nx)
        The whole map.
    part : tuple of slice
        Rows and columns that the layer shows.
    info : MapInfo
        What the whole map is.
    """

    labels: Any
    part: Slices
    info: MapInfo

    def merged(self, painted: npt.NDArray[Any]) -> LabelImage:
        """Return the whole map with the painted part."""
        whole = np.array(self.labels, np.int32)
        whole[self.part] = painted
        return whole


def add_edit_layer(viewer: ViewerModel) -> Labels:
    """Add a layer with the part of the SEG map that is in view, to paint on.

    A layer of several scales cannot be painted on. When the new layer is saved,
    the whole map with the painted part is.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    Labels
        The new layer, which is active.

    Raises
    ------
    ParameterError
        If there is no SEG layer, or it is out of view.
    """
    target = find_current_seg(viewer)
    if target is None:
        raise ParameterError("there is no segmentation map to edit", hint="segment a band first")
    layer, info = target
    part = get_part_in_view(viewer, info, _LARGEST_PART)
    if part is None:
        raise ParameterError(
            f"{layer.name} is out of view", hint="move the view to what you will edit"
        )
    painted = np.array(get_full_map(layer)[part], np.int32)
    wcs = None if info.wcs is None else info.wcs[part]
    own = MapInfo("EDIT", painted.shape, wcs, info.frame, band=info.band)
    data = describe_labels([painted], f"{layer.name} edit", own)
    data[1]["metadata"][EDIT_KEY] = Edit(get_full_map(layer), part, info)
    if info.frame is None:
        data[1]["translate"] = part[0].start, part[1].start
    new: Labels = Layer.create(*data)
    viewer.layers.append(new)
    viewer.layers.selection.active = new
    return new
