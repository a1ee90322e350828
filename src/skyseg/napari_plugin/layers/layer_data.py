"""Layers described as napari's readers give them: data, arguments and type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer
from napari.layers._multiscale_data import MultiScaleData

from skyseg.display.pyramids import SMALLEST, make_label_pyramid
from skyseg.display.scales import choose_limits
from skyseg.engine.types import AnyLabelImage, FloatImage
from skyseg.imaging.label_maps import shrink_labels
from skyseg.napari_plugin.layers.colours import make_image_colourmap, make_label_colourmap
from skyseg.napari_plugin.layers.layer_info import KEY
from skyseg.panel.display_model import Display
from skyseg.panel.map_info import MapInfo
from skyseg.panel.sky_frame import AXES, UNITS

LayerData = tuple[Any, dict[str, Any], str]


class ConvertibleLevels(MultiScaleData):
    """A map and its smaller copies, which napari can convert to labels."""

    def astype(self, dtype: npt.DTypeLike) -> list[npt.NDArray[Any]]:
        """Return all of them in another type; blank pixels are 0."""
        return [np.nan_to_num(np.asarray(level)).astype(dtype) for level in self]


_SAMPLE_PIXELS = 2**20
_OF_NOISE = ("ERR", "WHT", "BKG")
_PIXELS = ("pixel", "pixel")
_OURS = {"pixel", "arcsecond"}


def describe_image(
    levels: list[Any], name: str, info: MapInfo, *, visible: bool = True
) -> LayerData:
    """Describe an image layer.

    Parameters
    ----------
    levels : list of ndarray of float
        The map and its smaller copies.
    name : str
        Name of the layer.
    info : MapInfo
        What it shows; SCI gets a stretch that shows faint sources.
    visible : bool, optional
        Whether it is shown at once.

    Returns
    -------
    tuple
        Data, arguments and ``"image"``, as napari's readers give them.
    """
    role = choose_role(info)
    scale = Display().scale_of(role)
    limits = choose_limits(sample_image(levels[0]), role, scale.cuts)
    kwargs = {
        **_common(levels, name, info, visible),
        "contrast_limits": (limits.low, limits.high),
        "colormap": make_image_colourmap(scale.colormap, scale.stretch, limits.softening),
        "interpolation2d": "nearest",
    }
    return _data(levels), kwargs, "image"


def choose_role(info: MapInfo) -> str:
    """Return the role by which an image is scaled; what is not known is scaled as SCI."""
    return info.role if info.role in _OF_NOISE else "SCI"


def sample_image(image: Any) -> FloatImage:
    """Return whole rows from all over an image, about a million pixels."""
    step = max(1, image.shape[0] * image.shape[1] // _SAMPLE_PIXELS)
    return np.array(image[step // 2 :: step], np.float32)


def describe_labels(
    levels: list[Any], name: str, info: MapInfo, *, visible: bool = True, opacity: float = 0.6
) -> LayerData:
    """Describe a labels layer; a label has the same colour in every layer.

    Parameters
    ----------
    levels : list of ndarray of int
        The map and its smaller copies.
    name : str
        Name of the layer.
    info : MapInfo
        What it shows.
    visible : bool, optional
        Whether it is shown at once.
    opacity : float, optional
        How much it covers, 0 to 1.

    Returns
    -------
    tuple
        Data, arguments and ``"labels"``, as napari's readers give them.
    """
    kwargs = {
        **_common(levels, name, info, visible),
        "colormap": make_label_colourmap(),
        "opacity": opacity,
    }
    return _data(levels), kwargs, "labels"


def make_label_levels(labels: AnyLabelImage) -> list[Any]:
    """Return labels and their smaller copies, in the smallest type that holds them.

    Up to 65535 labels take half the memory of int32, and napari draws them without
    a copy. A map without copies can be painted on, and keeps its type.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        The labels.

    Returns
    -------
    list of ndarray
        See `skyseg.display.pyramids.make_label_pyramid`.
    """
    if max(labels.shape) <= SMALLEST:
        return [labels]
    return list(make_label_pyramid(shrink_labels(labels)))


def place_in_world(info: MapInfo, corner: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    """Return the arguments that place a layer in the world as a map is placed.

    Parameters
    ----------
    info : MapInfo
        The map.
    corner : tuple of int, optional
        Row and column of the map at which the layer's first pixel lies.

    Returns
    -------
    dict
        Arguments of napari's layers.
    """
    shift = np.eye(3)
    shift[:2, 2] = corner
    return {"affine": info.matrix @ shift, **name_axes(info)}


def name_axes(info: MapInfo) -> dict[str, Any]:
    """Return units and names of the axes of the world in which a map is placed."""
    return {} if info.frame is None else {"units": UNITS, "axis_labels": AXES}


def name_units(layers: Iterable[Layer], shown: MapInfo) -> None:
    """Give layers the units of the plane that is shown, as napari uses none where they differ.

    Parameters
    ----------
    layers : iterable of Layer
        Those of a window, of any kind; others than in pixels and arcsec stay as they are.
    shown : MapInfo
        What is shown, or will be: napari draws a layer before it tells that it has come.
    """
    units = UNITS if shown.frame is not None else _PIXELS
    for layer in layers:
        if layer.ndim == len(units) and set(map(str, layer.units)) <= _OURS:
            layer.units = units


def _common(levels: list[Any], name: str, info: MapInfo, visible: bool) -> dict[str, Any]:
    kwargs = {
        "name": name,
        "metadata": {KEY: info},
        "multiscale": len(levels) > 1,
        "visible": visible,
    }
    return kwargs | place_in_world(info)


def _data(levels: list[Any]) -> Any:
    return ConvertibleLevels(levels) if len(levels) > 1 else levels[0]
