"""How deep bands are, as figures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.engine.types import FloatArray
from skyseg.errors import ParameterError, check_kind, describe
from skyseg.plotting.figures import open_panel
from skyseg.products.depths import Depths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skyseg.products.depths import DepthMap

_BINS: Final = 40


def plot_depth_map(
    depths: Depths,
    name: str,
    aper: int = 0,
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot the local depth of a band as a map.

    Parameters
    ----------
    depths : Depths
        Its depths.
    name : str
        What it is called.
    aper : int, optional
        Which of the diameters, from 0.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError
        If there is no such diameter.
    ProductError
        If the depths cannot be read, or the figure cannot be written.
    """
    _check_aper(depths, aper)
    found = depths.map
    ny, nx = found.covered.shape
    window = slice(0, ny), slice(0, nx)
    with open_panel(ax, found.wcs, window, save, show) as panel:
        shown = panel.imshow(found.depth[aper], origin="lower", interpolation="nearest")
        panel.figure.colorbar(shown, ax=panel, label=_tell(depths))
        panel.set_title(f"{name}, {depths.recipe.aper_diams[aper]:g} arcsec", fontsize="medium")
    return panel


def plot_depth_hist(
    depths: Depths,
    name: str,
    aper: int = 0,
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot how many cells of the map of local depth are how deep.

    Parameters
    ----------
    depths : Depths
        Its depths.
    name : str
        What it is called in the legend.
    aper, ax, save, show : optional
        As for `plot_depth_map`.

    Raises
    ------
    ParameterError, ProductError
        As `plot_depth_map` does.
    """
    _check_aper(depths, aper)
    with open_panel(ax, None, None, save, show) as panel:
        cells = depths.map.depth[aper]
        panel.hist(cells[np.isfinite(cells)], bins=_BINS, histtype="step", label=name)
        panel.set_ylabel("cells of the map")
        _label(panel, depths, aper)
    return panel


def plot_area(
    depths: Mapping[str, Depths],
    aper: int = 0,
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot the area that is at least so deep against depth, a line a band.

    Parameters
    ----------
    depths : mapping of str to Depths
        The depths of bands, by their names.
    aper, ax, save, show : optional
        As for `plot_depth_map`.

    Raises
    ------
    ParameterError, ProductError
        As `plot_depth_map` does.
    """
    if not isinstance(depths, Mapping) or not depths:
        what = "holds no band" if isinstance(depths, Mapping) else f"is {describe(depths)}"
        raise ParameterError(
            what, hint="give the depths of bands by their names", argument="depths"
        )
    for each in depths.values():
        _check_aper(each, aper)
    with open_panel(ax, None, None, save, show) as panel:
        for name, each in depths.items():
            depth, area = measure_area_by_depth(each.map, aper, each.recipe.pix_scale)
            panel.step(depth, area, where="post", label=name)
        panel.set_ylabel("area at least so deep / arcmin$^2$")
        _label(panel, next(iter(depths.values())), aper)
    return panel


def measure_area_by_depth(
    found: DepthMap, aper: int, pix_scale: float
) -> tuple[FloatArray, FloatArray]:
    """Measure the area that is at least so deep.

    Parameters
    ----------
    found : DepthMap
        The map.
    aper : int
        Which of the diameters, from 0.
    pix_scale : float
        Side of a pixel in arcsec.

    Returns
    -------
    depth : ndarray of float64
        Those of the cells, ascending.
    area : ndarray of float64
        Of all cells that are at least so deep, in arcmin2.
    """
    depth = found.depth[aper]
    known = np.isfinite(depth)
    order = np.argsort(depth[known], kind="stable")
    pixels = found.covered[known][order].astype(np.float64)
    deeper: FloatArray = np.cumsum(pixels[::-1])[::-1] * (pix_scale / 60) ** 2
    return depth[known][order].astype(np.float64), deeper


def _label(panel: Axes, depths: Depths, aper: int) -> None:
    """Say along which depth lines are drawn, of what aperture, and which line is whose."""
    panel.set_xlabel(_tell(depths))
    panel.set_title(f"{depths.recipe.aper_diams[aper]:g} arcsec", fontsize="medium")
    panel.legend()


def _tell(depths: Depths) -> str:
    return f"local {depths.numbers.n_sigma:g}$\\sigma$ depth / AB mag"


def _check_aper(depths: Depths, aper: int) -> None:
    check_kind(depths, Depths, "depths", "give what run_depths returned")
    count = len(depths.recipe.aper_diams)
    if isinstance(aper, bool) or not isinstance(aper, int) or not 0 <= aper < count:
        raise ParameterError(f"is {aper!r}", hint=f"give 0 to {count - 1}", argument="aper")
