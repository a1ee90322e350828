"""Figures of a band's maps with matplotlib."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from astropy.visualization import AsinhStretch, ImageNormalize
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.scale import get_scale_names

from skyseg.display import rendering
from skyseg.engine.types import AnyLabelImage, Slices
from skyseg.errors import ParameterError
from skyseg.imaging.regions import Region, names_source, region_slices
from skyseg.plotting.figures import finish_figure, make_panels, open_panel

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.table import QTable
    from astropy.wcs import WCS

EXTS = ("SCI", "ERR", "WHT", "SEG", "BKG")
"""Maps that can be plotted."""

_LONGEST = 2000  # pixels drawn along the longest side
_STRIP_PIXELS = 50_000_000  # read at a time
_BAD = "#41506b"
_OUTLINE = "#ffb000"


class Band(Protocol):
    """What is asked of a band that is shown."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def unit(self) -> str: ...  # noqa: D102
    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def wcs(self) -> WCS | None: ...  # noqa: D102
    @property
    def pix_scale(self) -> u.Quantity: ...  # noqa: D102
    def load_sci(self) -> npt.NDArray[np.float32]: ...  # noqa: D102
    def load_err(self) -> npt.NDArray[np.float32]: ...  # noqa: D102
    def load_wht(self) -> npt.NDArray[np.float32]: ...  # noqa: D102
    def load_seg(self) -> npt.NDArray[np.int32]: ...  # noqa: D102
    def load_bkg(self) -> npt.NDArray[np.float32]: ...  # noqa: D102
    def load_places(self) -> QTable: ...  # noqa: D102


class PlottedBand(Band, Protocol):
    """What is asked of a band that is plotted."""

    @property
    def made_by(self) -> str: ...  # noqa: D102
    def load_part(self, ext: str, part: Slices) -> npt.NDArray[Any]: ...  # noqa: D102


def plot_band(
    band: PlottedBand,
    ext: str = "SEG",
    *,
    region: Region | None = None,
    ax: Axes | None = None,
    cmap: str | Colormap | None = None,
    norm: str | Normalize | None = None,
    overlay: bool = False,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot a map of a band.

    Large images are binned for display: labels by the pixel in the middle,
    other maps by the mean. Positions on the axes stay those of the whole image.

    Parameters
    ----------
    band : BandData
        The band; for SEG and BKG it has been segmented.
    ext : {"SEG", "SCI", "ERR", "WHT", "BKG"}, optional
        Which map, in upper or lower case.
    region : optional
        Part that is shown: ``(centre, size)``, an object of the `regions` package
        or two slices; see `skyseg.imaging.regions.region_slices`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure is made, with sky axes where the
        band has a WCS.
    cmap : str or Colormap, optional
        Colours; by default SEG has one for each label, on black.
    norm : str or Normalize, optional
        Scale; by default SCI has an asinh stretch that starts at the noise.
    overlay : bool, optional
        Draw the outlines of SEG over the map; over SCI where ``ext`` is SEG.
    save : path, optional
        File to write; its ending is the format. The figure is then closed
        unless it is shown.
    show : bool, optional
        Whether to open the figure in a window.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ParameterError
        If ``ext``, ``region`` or the format of ``save`` is not allowed.
    ProductError
        If the figure cannot be written.

    Examples
    --------
    >>> ax = plot_band(band, "SCI", region=(12, 4 * u.arcsec), overlay=True)
    """
    ext = _known(ext, overlay)
    window = _window(band, region)
    colours, scale = _known_colours(cmap), _known_scale(norm)
    with open_panel(ax, band.wcs, window, save, show) as panel:
        _draw(panel, band, ext, window, colours, scale, overlay)
    return panel


def plot_data(
    data: Iterable[PlottedBand],
    ext: str = "SEG",
    *,
    region: Region | None = None,
    cmap: str | Colormap | None = None,
    norm: str | Normalize | None = None,
    overlay: bool = False,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Figure:
    """Plot the same map of several bands, one panel each.

    Parameters
    ----------
    data : Data or iterable of BandData
        The bands.
    ext, region, cmap, norm, overlay, save, show : optional
        As in `plot_band`; a region's centre is not a NUMBER, which belongs to
        one band.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ParameterError
        If there is no band, or ``ext``, ``region`` or the format of ``save`` is
        not allowed.
    ProductError
        If the figure cannot be written.

    Examples
    --------
    >>> figure = plot_data(data, "SEG", save="seg.png")
    """
    bands = list(data)
    if not bands:
        raise ParameterError("there is no band to plot", hint="select at least one")
    if names_source(region):
        raise ParameterError(
            f"source {region[0]} belongs to one band", hint="give a position for several bands"
        )
    ext = _known(ext, overlay)
    windows = [_window(band, region) for band in bands]
    colours, scale = _known_colours(cmap), _known_scale(norm)
    axes = make_panels([band.wcs for band in bands], windows[0])
    figure = axes[0].get_figure(root=True)
    assert figure is not None
    with finish_figure(figure, save, show, own=True):
        for ax, band, window in zip(axes, bands, windows, strict=True):
            _draw(ax, band, ext, window, colours, scale, overlay)
    return figure


def _known(ext: str, overlay: bool) -> str:
    known = ext.upper()
    if known not in EXTS:
        raise ParameterError(
            f"is {ext!r}", hint=f"it must be one of {', '.join(EXTS)}", argument="ext"
        )
    return "SCI" if overlay and known == "SEG" else known


def _known_colours(cmap: str | Colormap | None) -> Colormap | None:
    if isinstance(cmap, str) and cmap not in matplotlib.colormaps:
        raise ParameterError(
            f"is {cmap!r}", hint="give a name that matplotlib knows, such as magma", argument="cmap"
        )
    return None if cmap is None else plt.get_cmap(cmap)


def _known_scale(norm: str | Normalize | None) -> str | Normalize | None:
    if isinstance(norm, str) and norm not in get_scale_names():
        raise ParameterError(
            f"is {norm!r}", hint=f"give one of {', '.join(get_scale_names())}", argument="norm"
        )
    return norm


def _window(band: Band, region: Region | None) -> Slices:
    pix_scale = None if region is None else band.pix_scale
    return region_slices(
        region, band.shape, wcs=band.wcs, pix_scale=pix_scale, catalogue=band.load_places
    )


def _draw(
    ax: Axes,
    band: PlottedBand,
    ext: str,
    window: Slices,
    cmap: Colormap | None,
    norm: str | Normalize | None,
    overlay: bool,
) -> None:
    rows, columns = window
    factor = rendering.choose_bin_factor(
        (rows.stop - rows.start, columns.stop - columns.start), _LONGEST
    )
    image = _binned(band, ext, window, factor)
    if ext == "SEG":
        _draw_labels(ax, image, _extent(image, window, factor), cmap, norm)
    else:
        drawn = _draw_image(ax, image, ext, _extent(image, window, factor), cmap, norm)
        unit = {"SCI": band.unit, "ERR": band.unit, "BKG": band.unit}.get(ext, "weight")
        bar = ax.inset_axes((1.02, 0, 0.03, 1))
        ax.figure.colorbar(drawn, cax=bar, label=unit or "image unit")
    if overlay:
        _draw_outlines(ax, _binned(band, "SEG", window, factor), window, factor)
    ax.set_xlim(columns.start - 0.5, columns.stop - 0.5)
    ax.set_ylim(rows.start - 0.5, rows.stop - 0.5)
    ax.set_title(_title(band, ext, overlay))


def _binned(band: PlottedBand, ext: str, window: Slices, factor: int) -> npt.NDArray[Any]:
    """Read a part of a map some rows at a time, binned; a weight of zero is no value."""
    rows, columns = window
    bins = max(_STRIP_PIXELS // (factor * (columns.stop - columns.start)), 1)
    starts = range(rows.start, rows.stop, bins * factor)
    strips = [slice(start, min(start + bins * factor, rows.stop)) for start in starts]
    return np.concatenate([_binned_strip(band, ext, (strip, columns), factor) for strip in strips])


def _binned_strip(band: PlottedBand, ext: str, part: Slices, factor: int) -> npt.NDArray[Any]:
    pixels = band.load_part(ext, part)
    if ext == "SEG":
        return rendering.bin_labels(pixels, factor)
    if ext == "WHT":
        pixels = np.where(pixels > 0, pixels, np.nan)
    return rendering.bin_image(pixels, factor)


def _title(band: PlottedBand, ext: str, overlay: bool) -> str:
    """Name the map; for a product, and the outlines of one, with what it was made by."""
    title = f"{band.name} {ext}"
    if overlay:
        return f"{title}, SEG {band.made_by}".rstrip()
    return f"{title} {band.made_by}".rstrip() if ext in ("SEG", "BKG") else title


def _extent(
    image: npt.NDArray[Any], window: Slices, factor: int
) -> tuple[float, float, float, float]:
    """Edges of a binned image in pixels of the whole one."""
    y, x = (part.start - 0.5 for part in window)
    return x, x + image.shape[1] * factor, y, y + image.shape[0] * factor


def _draw_image(
    ax: Axes,
    image: npt.NDArray[np.float32],
    ext: str,
    extent: tuple[float, float, float, float],
    cmap: Colormap | None,
    norm: str | Normalize | None,
) -> AxesImage:
    colours = cmap or plt.get_cmap("gray" if ext == "SCI" else "viridis")
    return ax.imshow(
        np.ma.masked_invalid(image),
        origin="lower",
        extent=extent,
        interpolation="nearest",
        cmap=colours.with_extremes(bad=_BAD),
        norm=norm or _norm(image, ext),
    )


def _norm(image: npt.NDArray[np.float32], ext: str) -> Normalize:
    if ext == "SCI":
        low, high, softening = rendering.choose_sci_limits(image)
        asinh: Normalize = ImageNormalize(vmin=low, vmax=high, stretch=AsinhStretch(softening))
        return asinh
    finite = image[np.isfinite(image)]
    low, high = np.percentile(finite, [0.5, 99.5]) if finite.size else (0, 1)
    return Normalize(low, high)


def _draw_labels(
    ax: Axes,
    shown: npt.NDArray[np.int32],
    extent: tuple[float, float, float, float],
    cmap: Colormap | None,
    norm: str | Normalize | None,
) -> None:
    ax.set_facecolor("black")
    if cmap is None and norm is None:
        colours = rendering.colour_labels(shown)
        ax.imshow(colours, origin="lower", extent=extent, interpolation="nearest")
        return
    ax.imshow(
        np.ma.masked_equal(shown, 0),
        origin="lower",
        extent=extent,
        interpolation="nearest",
        cmap=cmap,
        norm=norm,
    )


def _draw_outlines(ax: Axes, labels: AnyLabelImage, window: Slices, factor: int) -> None:
    corner = np.array([window[1].start, window[0].start]) - 0.5
    lines = (rendering.trace_outlines(labels) + 0.5) * factor + corner
    ax.add_collection(LineCollection(list(lines), colors=_OUTLINE, linewidths=0.6))
