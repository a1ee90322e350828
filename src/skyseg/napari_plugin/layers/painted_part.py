"""The part of a map that is in view, to be painted on, as a layer of several scales cannot be."""

from __future__ import annotations

from typing import Any, Final

from napari.components import ViewerModel
from napari.layers import Labels, Layer

from skyseg.engine.types import LabelImage, Slices
from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.layers.layer_data import describe_labels
from skyseg.panel.map_info import MapInfo

_LARGEST: Final = 2048


def need_part_in_view(viewer: ViewerModel, info: MapInfo, name: str, act: str) -> Slices:
    """Return rows and columns of a map that are in view, of a large part the middle.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    info : MapInfo
        The map.
    name : str
        What it is called.
    act : str
        What will be done to it, such as ``"edit"``.

    Raises
    ------
    ParameterError
        If it is out of view.
    """
    part = get_part_in_view(viewer, info, _LARGEST)
    if part is None:
        raise ParameterError(f"{name} is out of view", hint=f"move the view to what you will {act}")
    return part


def make_part_layer(
    labels: LabelImage,
    part: Slices,
    info: MapInfo,
    name: str,
    metadata: dict[str, Any],
    **looks: Any,
) -> Labels:
    """Make a plain layer of a part of a SEG map.

    Parameters
    ----------
    labels : ndarray of int32, shape (height, width)
        The part.
    part : tuple of slice
        Its rows and columns.
    info : MapInfo
        The whole map.
    name : str
        Name of the layer.
    metadata : dict
        What its metadata has besides.
    **looks
        As `skyseg.napari_plugin.layers.layer_data.describe_labels` takes it.
    """
    wcs = None if info.wcs is None else info.wcs[part]
    own = MapInfo("EDIT", labels.shape, wcs, info.frame, band=info.band)
    data = describe_labels([labels], name, own, **looks)
    data[1]["metadata"] |= metadata
    if info.frame is None:
        data[1]["translate"] = part[0].start, part[1].start
    layer: Labels = Layer.create(*data)
    return layer
