"""A viewer as a still figure: for saved notebooks, print, and browsers without WebGL."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from astropy.visualization import (
    AsinhStretch,
    BaseStretch,
    ImageNormalize,
    LinearStretch,
    LogStretch,
    SqrtStretch,
)
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from skyseg.comparison import DifferenceClass
from skyseg.display import rendering
from skyseg.notebook._geometry import Extent
from skyseg.plotting.panels import ShownFigure

if TYPE_CHECKING:
    from skyseg.notebook.canvas import BandCanvas

_LONGEST = 600  # pixels drawn along a side
_PANEL = 5.0  # inches, as the margins
_LEFT, _RIGHT, _BOTTOM, _TOP = 1.3, 0.2, 0.6, 0.4
_DPI = 100
_BAD = "#41506b"


def draw_figure(canvases: Sequence[BandCanvas]) -> Figure:
    """Draw what canvases show, side by side.

    Parameters
    ----------
    canvases : sequence of BandCanvas
        The canvases.

    Returns
    -------
    matplotlib.figure.Figure
        It belongs to no window.
    """
    cell = np.array([_LEFT + _PANEL + _RIGHT, _BOTTOM + _PANEL + _TOP])
    size = cell * [len(canvases), 1]
    drawn = ShownFigure(figsize=(size[0], size[1]), dpi=_DPI)
    FigureCanvasAgg(drawn)
    for number, canvas in enumerate(canvases):
        corner = np.array([number * cell[0] + _LEFT, _BOTTOM]) / size
        wcs = canvas.band.wcs
        kind = {} if wcs is None else {"projection": wcs}
        ax = drawn.add_axes((*corner, *(_PANEL / size)), **kind)
        _draw(ax, canvas)
        if wcs is None:
            ax.set(xlabel="x / pix", ylabel="y / pix")
        else:
            ax.set(xlabel=_name_axis(wcs.wcs.lngtyp), ylabel=_name_axis(wcs.wcs.lattyp))
    return drawn


def draw_png(canvases: Sequence[BandCanvas]) -> bytes:
    """Return the figure of canvases as a PNG file."""
    file = io.BytesIO()
    packed = {"compress_level": 1}  # of noise more gives no smaller file
    draw_figure(canvases).savefig(file, format="png", dpi=_DPI, pil_kwargs=packed)
    return file.getvalue()


def _draw(ax: Axes, canvas: BandCanvas) -> None:
    rows, columns = _find_window(canvas)
    image, extent = canvas.tiles["image"].part(rows, columns, _LONGEST)
    _show(ax, _colour_image(image, _make_norm(canvas), canvas.colormap), extent)
    if "rgb" in canvas.tiles:
        packed, extent = canvas.tiles["rgb"].part(rows, columns, _LONGEST)
        _show(ax, _unpack(packed), extent)
    if canvas.difference_shown and canvas.comparison is not None:
        _draw_difference(ax, canvas, rows, columns)
    if canvas.sources is not None:
        labels, extent = canvas.tiles["labels"].part(rows, columns, _LONGEST)
        _draw_labels(ax, canvas, labels, extent)
    if canvas.frame is not None:
        left, lower, right, upper = (edge - 0.5 for edge in canvas.frame)
        box = Rectangle((left, lower), right - left, upper - lower)
        box.set(fill=False, edgecolor="white", linestyle="--")
        ax.add_patch(box)
    ax.set_xlim(columns.start - 0.5, columns.stop - 0.5)
    ax.set_ylim(rows.start - 0.5, rows.stop - 0.5)
    ax.set_title(canvas.title, fontsize=9, y=1.0)  # else all ticks are measured to find it


def _find_window(canvas: BandCanvas) -> tuple[slice, slice]:
    """Rows and columns that are in view; all of them before anybody looked."""
    ny, nx = canvas.band.shape
    left, lower, right, upper = np.round(canvas.extent or (0, 0, nx, ny), 3)
    rows = slice(max(0, math.floor(lower)), min(ny, math.ceil(upper)))
    columns = slice(max(0, math.floor(left)), min(nx, math.ceil(right)))
    empty = rows.start >= rows.stop or columns.start >= columns.stop
    return (slice(0, ny), slice(0, nx)) if empty else (rows, columns)


def _make_norm(canvas: BandCanvas) -> Normalize:
    stretches: dict[str, BaseStretch] = {
        "linear": LinearStretch(),
        "asinh": AsinhStretch(canvas.softening),
        "sqrt": SqrtStretch(),
        "log": LogStretch(),
    }
    norm: Normalize = ImageNormalize(
        vmin=canvas.limits[0],
        vmax=canvas.limits[1],
        stretch=stretches[canvas.stretch],
        clip=True,
    )
    return norm


def _colour_image(image: Any, norm: Normalize, colormap: str) -> Any:
    finite = np.isfinite(image)
    colours = colormaps[colormap](np.asarray(norm(np.where(finite, image, 0))))[..., :3]
    return np.where(finite[..., None], colours, to_rgb(_BAD))


def _unpack(packed: Any) -> Any:
    """Red, green, blue and opacity of pixels that are one number each."""
    return np.ascontiguousarray(packed, "<u4").view(np.uint8).reshape(*packed.shape, 4)


def _show(ax: Axes, pixels: Any, extent: Extent) -> None:
    left, lower, right, upper = (edge - 0.5 for edge in extent)
    ax.imshow(pixels, origin="lower", extent=(left, right, lower, upper), interpolation="nearest")


def _draw_labels(ax: Axes, canvas: BandCanvas, labels: Any, extent: Extent) -> None:
    if canvas.label_style != "off" and not canvas.difference_shown:
        filled = canvas.label_style == "filled"
        shown = labels if filled else np.where(_find_edges(labels), labels, 0)
        opacity = canvas.opacity if filled else _of_outlines(canvas)
        alpha = np.where(shown, opacity, 0.0)[..., None]
        by_map = np.broadcast_to(to_rgb(canvas.map_colour), (*shown.shape, 3))
        by_source = rendering.colour_labels(shown) / 255
        colours = by_map if canvas.colour_by == "map" else by_source
        _show(ax, np.concatenate([colours, alpha], axis=-1), extent)
    if canvas.selected:
        lines = rendering.trace_outlines(labels == canvas.selected)
        step = (extent[2] - extent[0]) / labels.shape[1]
        corner = np.array(extent[:2]) - 0.5
        ax.add_collection(
            LineCollection(list((lines + 0.5) * step + corner), colors="white", linewidths=1.2)
        )


def _of_outlines(canvas: BandCanvas) -> float:
    """Opacity of outlines, which are stronger than what is filled, as in shaders.js."""
    return min(1.5 * float(canvas.opacity), 1.0)


def _find_edges(labels: Any) -> Any:
    """Pixels that have a neighbour of another label."""
    wide = np.pad(labels, 1, mode="edge")
    inner = wide[1:-1, 1:-1]
    around = (wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:])
    return np.any([each != inner for each in around], axis=0)


def _draw_difference(ax: Axes, canvas: BandCanvas, rows: slice, columns: slice) -> None:
    classes, extent = canvas.tiles["difference"].part(rows, columns, _LONGEST)
    colours = np.zeros((*classes.shape, 4))
    edges = _find_edges(classes)
    for entry in canvas.legend:
        tint = 0.0 if entry["value"] == DifferenceClass.BOTH else canvas.opacity / 2
        here = classes == entry["value"]
        colours[here] = (*to_rgb(entry["colour"]), tint)
        colours[here & edges, 3] = _of_outlines(canvas)
    _show(ax, colours, extent)
    patches = [Patch(color=entry["colour"], label=entry["text"]) for entry in canvas.legend]
    legend = ax.legend(handles=patches, fontsize=7, loc="upper left", labelcolor="white")
    legend.get_frame().set(facecolor="#101418", alpha=0.75)


def _name_axis(kind: str) -> str:
    return "Dec" if kind.startswith("DEC") else kind.rstrip("-")
