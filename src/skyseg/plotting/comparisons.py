"""The difference map as a figure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.table import Table
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from skyseg.comparison.classes import LEGEND
from skyseg.display.rendering import choose_bin_factor
from skyseg.engine.types import Slices
from skyseg.imaging.grids import pixel_scale
from skyseg.imaging.regions import Region, region_slices
from skyseg.imaging.sky import Sky
from skyseg.plotting.figures import open_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skyseg.comparison.result import Comparison

_LONGEST = 2000  # pixels drawn along the longest side
_NAME_LENGTH = 70
_LEGEND_BELOW = 0.55  # inches


def draw(
    comparison: Comparison,
    region: Region | None,
    *,
    ax: Axes | None,
    save: str | os.PathLike[str] | None,
    show: bool,
) -> Axes:
    """Draw the difference map with its legend.

    Large maps are binned for display; a bin shows the class of its pixels that
    tells most, so that no change is lost.

    Parameters
    ----------
    comparison : Comparison
        What to draw.
    region : tuple, regions.Region or None
        What is shown; see `skyseg.imaging.regions.region_slices`. A NUMBER is a label of map a.
    ax : matplotlib.axes.Axes or None
        Where to draw; None makes a figure.
    save : path or None
        File to write; a figure made for it is then closed unless it is shown.
    show : bool
        Whether to open the figure in a window.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    ParameterError
        If the region is not understood or lies outside, or the ending of ``save`` is
        not known.
    ProductError
        If the file cannot be written.
    """
    window = _window(comparison, region)
    with open_panel(ax, comparison.a.wcs, window, save, show) as panel:
        _draw_classes(panel, comparison, window)
    return panel


def colour_classes() -> npt.NDArray[np.uint8]:
    """Give the colours of the classes.

    Returns
    -------
    ndarray of uint8, shape (5, 3)
        Red, green and blue, indexed by the value of the class.
    """
    return np.array([np.round(255 * np.array(to_rgb(entry.colour))) for entry in LEGEND], np.uint8)


def bin_classes(classes: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Bin a difference map by the highest class of each bin.

    Parameters
    ----------
    classes : ndarray of uint8, shape (ny, nx)
        The map.
    factor : int
        Side of a bin in pixels.

    Returns
    -------
    ndarray of uint8, shape (ceil(ny / factor), ceil(nx / factor))
        The last bins may be partial.
    """
    ny, nx = classes.shape
    by_rows = np.maximum.reduceat(classes, np.arange(0, ny, factor), axis=0)
    return np.asarray(np.maximum.reduceat(by_rows, np.arange(0, nx, factor), axis=1))


def _draw_classes(ax: Axes, comparison: Comparison, window: Slices) -> None:
    rows, columns = window
    classes = comparison.difference_map[window]
    factor = choose_bin_factor((classes.shape[0], classes.shape[1]), _LONGEST)
    shown = bin_classes(classes, factor)
    x, y = columns.start - 0.5, rows.start - 0.5
    ax.imshow(
        colour_classes()[shown],
        origin="lower",
        extent=(x, x + shown.shape[1] * factor, y, y + shown.shape[0] * factor),
        interpolation="nearest",
    )
    ax.set_xlim(x, columns.stop - 0.5)
    ax.set_ylim(y, rows.stop - 0.5)
    ax.set_title(_title(comparison), fontsize="small", loc="left")
    _add_legend(ax)


def _window(comparison: Comparison, region: Region | None) -> Slices:
    a = comparison.a
    scale = pixel_scale(a.wcs and Sky(a.wcs), (), None, a.name)
    return region_slices(
        region,
        a.shape,
        wcs=a.wcs,
        pix_scale=None if scale is None else scale * u.arcsec,
        catalogue=lambda: _positions(comparison.table),
    )


def _positions(table: Table) -> Table:
    """Where every source of map a is, as a catalogue says it."""
    counts = np.asarray(table["n_a"])
    numbers = np.concatenate([np.empty(0, np.int64), *table["labels_a"]])
    x, y = (np.repeat(np.asarray(table[name]) + 1, counts) for name in ("x", "y"))
    return Table({"NUMBER": numbers, "X_IMAGE": x, "Y_IMAGE": y})


def _title(comparison: Comparison) -> str:
    return "\n".join(
        f"{side}: {_shortened(name)}"
        for side, name in (("a", comparison.a.name), ("b", comparison.b.name))
    )


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"…{name[1 - _NAME_LENGTH :]}"


def _add_legend(ax: Axes) -> None:
    """Draw the legend below the axes, at the same distance whatever their size."""
    below = ScaledTranslation(0, -_LEGEND_BELOW, ax.figure.dpi_scale_trans)
    ax.legend(
        handles=[
            Patch(facecolor=entry.colour, edgecolor="black", linewidth=0.5, label=entry.text)
            for entry in LEGEND
        ],
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + below,
        ncols=2,
        fontsize="small",
        frameon=False,
    )
