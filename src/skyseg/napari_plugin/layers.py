"""Layers made of maps: data, place, colours and name, and what a layer knows of its map."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.wcs import WCS
from napari.layers import Layer
from napari.utils.colormaps import Colormap, CyclicLabelColormap

from skyseg.display.pyramids import SMALLEST, label_pyramid
from skyseg.display.rendering import label_colours, sci_limits
from skyseg.imaging.refs import MapRef
from skyseg.napari_plugin.sky import AXES, UNITS, Frame
from skyseg.survey import BandData

KEY = "skyseg"
LayerData = tuple[Any, dict[str, Any], str]

_N_COLOURS = 240
_ASINH_STEPS = 64
_SAMPLE_PIXELS = 2**20
_COLOURMAPS = {"ERR": "magma", "WHT": "viridis", "BKG": "viridis"}


@dataclass(frozen=True, eq=False)
class MapInfo:
    """What a layer shows; it stands in the layer's metadata under ``"skyseg"``.

    Attributes
    ----------
    role : str
        ``"SCI"``, ``"ERR"``, ``"WHT"``, ``"BKG"``, ``"SEG"``, ``"DQ"``, ``"DIFF"``
        or another EXTNAME.
    shape : tuple of int
        Shape (ny, nx) of the map.
    wcs : WCS or None
        Its celestial WCS.
    frame : Frame or None
        The frame of the layer; None without a WCS.
    unit : str
        Unit of the values.
    band : BandData or None
        The band it belongs to; for SEG and BKG with the products loaded.
    ref : MapRef or None
        Where the map is on disk, if it was opened as a file.
    """

    role: str
    shape: tuple[int, int]
    wcs: WCS | None = None
    frame: Frame | None = None
    unit: str = ""
    band: BandData | None = None
    ref: MapRef | None = None

    @cached_property
    def matrix(self) -> npt.NDArray[np.float64]:
        """Affine map, shape (3, 3), from (row, column, 1) to world coordinates."""
        if self.frame is None or self.wcs is None:
            return np.eye(3)
        return self.frame.affine(self.wcs, self.shape)

    @property
    def scale(self) -> float:
        """Side of a pixel in world coordinates."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    @property
    def pix_scale(self) -> u.Quantity | None:
        """Side of a pixel as an angle; None without a WCS."""
        return None if self.frame is None else self.scale * u.arcsec


def info_of(layer: Layer | None) -> MapInfo | None:
    """Return what a layer knows of its map; None where it is not ours."""
    info = None if layer is None else layer.metadata.get(KEY)
    return info if isinstance(info, MapInfo) else None


def frames_of(layers: Iterable[Layer]) -> list[Frame]:
    """Return the frames in which layers of ours lie, each once."""
    infos = (info_of(layer) for layer in layers)
    frames = (info.frame for info in infos if info is not None and info.frame is not None)
    return list(dict.fromkeys(frames))


def place(wcs: WCS | None, shape: tuple[int, int], frames: list[Frame]) -> Frame | None:
    """Choose the frame of a map: one that reaches it, else a new one, which joins the list.

    Parameters
    ----------
    wcs : WCS or None
        Celestial WCS of the map; without one it has no frame.
    shape : tuple of int
        Its shape (ny, nx).
    frames : list of Frame
        Those in use.

    Returns
    -------
    Frame or None
    """
    if wcs is None:
        return None
    own = Frame.at_centre(wcs, shape)
    near = next((frame for frame in frames if frame.reaches(own)), None)
    if near is None:
        frames.append(own)
    return near or own


def level_0(layer: Layer) -> Any:
    """Full map of a layer, multiscale or not."""
    return layer.data[0] if layer.multiscale else layer.data


def image_layer(levels: list[Any], name: str, info: MapInfo, *, visible: bool = True) -> LayerData:
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
    sample = _sample(levels[0])
    if info.role in _COLOURMAPS:
        low, high = _percentiles(sample)
        colours: Any = _COLOURMAPS[info.role]
    else:
        low, high, softening = sci_limits(sample)
        colours = asinh_grey(softening)
    kwargs = {
        **_common(levels, name, info, visible),
        "contrast_limits": (low, high),
        "colormap": colours,
        "interpolation2d": "nearest",
    }
    return _data(levels), kwargs, "image"


def labels_layer(
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
        "colormap": label_colourmap(),
        "opacity": opacity,
    }
    return _data(levels), kwargs, "labels"


def label_levels(labels: npt.NDArray[np.integer[Any]]) -> list[Any]:
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
        See `skyseg.display.pyramids.label_pyramid`.
    """
    if max(labels.shape) <= SMALLEST:
        return [labels]
    smallest = np.min_scalar_type(int(labels.max(initial=0)))
    if smallest.itemsize < labels.itemsize and labels.min(initial=0) >= 0:
        labels = labels.astype(smallest)
    return list(label_pyramid(labels))


def add(layers: Any, data: LayerData) -> Layer:
    """Add a described layer to a list of layers, and return it."""
    layer = Layer.create(*data)
    layers.append(layer)
    return layer


def label_colourmap() -> CyclicLabelColormap:
    """Colours of labels: those of the project's figures, repeated from one number on."""
    colours = np.ones((_N_COLOURS + 1, 4), np.float32)
    colours[0] = 0
    colours[1:, :3] = label_colours(np.arange(1, _N_COLOURS + 1)) / 255
    return CyclicLabelColormap(colors=colours, name="skyseg labels")


def asinh_grey(softening: float) -> Colormap:
    """Grey scale that is linear up to a part of its range, and logarithmic above."""
    places = np.linspace(0, 1, _ASINH_STEPS) ** 3
    grey = np.arcsinh(places / softening) / np.arcsinh(1 / softening)
    return Colormap(np.repeat(grey[:, None], 3, axis=1), controls=places, name="asinh grey")


def _common(levels: list[Any], name: str, info: MapInfo, visible: bool) -> dict[str, Any]:
    kwargs = {
        "name": name,
        "metadata": {KEY: info},
        "multiscale": len(levels) > 1,
        "visible": visible,
    }
    if info.frame is not None and info.wcs is not None:
        kwargs |= {
            "affine": info.matrix,
            "units": UNITS,
            "axis_labels": AXES,
        }
    return kwargs


def _data(levels: list[Any]) -> Any:
    return levels if len(levels) > 1 else levels[0]


def _sample(image: Any) -> npt.NDArray[np.float32]:
    """Rows from all over an image, about a million pixels; their neighbours stay beside them."""
    step = max(1, image.shape[0] * image.shape[1] // _SAMPLE_PIXELS)
    return np.array(image[step // 2 :: step], np.float32)


def _percentiles(sample: npt.NDArray[np.float32]) -> tuple[float, float]:
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(finite, (1, 99)))
    return (low, high) if high > low else (low, low + 1.0)
