"""Figures that galfind has beside those of one map."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.display.rgb import compose_rgb
from skyseg.display.scales import choose_limits
from skyseg.errors import ParameterError
from skyseg.plotting.figures import open_panel
from skyseg.survey import BandData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap


def plot_mask(
    mask: npt.NDArray[Any],
    band: BandData,
    *,
    ax: Axes | None = None,
    cmap: str | Colormap | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Draw what is masked of a band.

    Parameters
    ----------
    mask : ndarray, shape (ny, nx)
        1 where it is masked.
    band : BandData
        The band.
    ax, cmap, save, show : optional
        As for `skyseg.plotting.plot_band`.
    """
    return _draw(mask, band, f"{band.name} MASK", ax, cmap, save, show)


def plot_rgb(
    colours: Sequence[Sequence[BandData]],
    *,
    method: str,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Draw bands in colours, as Lupton et al. (2004) do.

    Parameters
    ----------
    colours : sequence of sequence of BandData
        Bands of red, of green and of blue; those of a colour are averaged.
    method : {"lupton"}
        How they are composed.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError
        If it is another method, or the bands are on several grids.
    """
    if method.lower() != "lupton":
        raise ParameterError(
            f"is {method!r}, which is not here", hint="give 'lupton'", argument="method"
        )
    first = colours[0][0]
    if any(each.shape != first.shape for bands in colours for each in bands):
        raise ParameterError("the bands are on several pixel grids", hint="give bands of one")
    images = [np.mean([each.load_sci() for each in bands], axis=0) for bands in colours]
    limits = [choose_limits(each, "SCI", "auto") for each in images]
    names = "/".join("+".join(each.band for each in bands) for bands in colours)
    return _draw(
        compose_rgb(images, limits), first, f"{first.survey} {names}", ax, None, save, show
    )


def _draw(
    image: npt.NDArray[Any],
    band: BandData,
    title: str,
    ax: Axes | None,
    cmap: str | Colormap | None,
    save: str | os.PathLike[str] | None,
    show: bool,
) -> Axes:
    ny, nx = band.shape
    with open_panel(ax, band.wcs, (slice(0, ny), slice(0, nx)), save, show) as panel:
        panel.imshow(image, origin="lower", cmap=cmap, interpolation="nearest")
        panel.set_title(title, fontsize="medium")
    return panel
