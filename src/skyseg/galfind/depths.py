"""Depths as galfind tells and draws them: by aperture diameter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import astropy.units as u
import numpy as np

from skyseg.errors import ParameterError
from skyseg.products.depths import Depths
from skyseg.survey.settling import in_arcsec

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MODE: Final = "n_nearest"
"""How galfind calls local depths that are of the nearest apertures."""

_WHOLE: Final = "all"


def check_mode(mode: str) -> None:
    """Refuse depths that are measured otherwise than of the nearest apertures."""
    if mode != MODE:
        raise ParameterError(
            f"is {mode!r}, and local depths are of the nearest apertures here",
            hint=f"give {MODE!r}", argument="mode",
        )  # fmt: skip


def list_diameters(depths: Depths) -> list[u.Quantity]:
    """List the aperture diameters that depths are of."""
    return [each * u.arcsec for each in depths.recipe.aper_diams]


def find_aper(depths: Depths, aper_diam: u.Quantity) -> int:
    """Find which diameter is meant, from 0.

    Raises
    ------
    ParameterError
        If there are no depths of it.
    """
    wanted = in_arcsec(aper_diam)
    known = depths.recipe.aper_diams
    for number, each in enumerate(known):
        if len(wanted) == 1 and np.isclose(each, wanted[0], rtol=1e-6):
            return number
    raise ParameterError(
        f"is {aper_diam}", hint=f"give one of {', '.join(f'{each:g}' for each in known)} arcsec",
        argument="aper_diam",
    )  # fmt: skip


def tell_depths(depths: Depths, *, mean: bool) -> dict[u.Quantity, dict[str, float]]:
    """Return the median or mean local depth of each diameter, in AB magnitudes."""
    table, number = depths.apertures, np.asarray(depths.apertures["APER"])
    local = np.asarray(getattr(table["LOC_DEPTH"], "value", table["LOC_DEPTH"]), np.float64)
    told = {}
    for place, diameter in enumerate(list_diameters(depths), start=1):
        own = local[(number == place) & np.isfinite(local)]
        find_middle = np.mean if mean else np.median
        told[diameter] = {_WHOLE: float(find_middle(own)) if own.size else np.nan}
    return told


def tell_args(depths: Depths) -> dict[u.Quantity, dict[str, Any]]:
    """Return how each diameter was measured, in galfind's words."""
    told = {"mode": MODE, "n_nearest": depths.numbers.n_nearest}
    return {each: dict(told) for each in list_diameters(depths)}


def get_output(depths: Depths, aper_diam: u.Quantity) -> dict[str, Any]:
    """Return what galfind keeps of a diameter: ``nmad_grid`` is the map of local depth."""
    aper = find_aper(depths, aper_diam)
    return {
        "aper_diam": float(depths.recipe.aper_diams[aper]),
        "mode": MODE,
        "n_nearest": depths.numbers.n_nearest,
        "nmad_grid": np.asarray(depths.map.depth[aper]),
    }


def draw(
    depths: Depths,
    name: str,
    aper_diam: u.Quantity,
    plot_type: str,
    *,
    ax: Axes | None = None,
    save: bool = False,
    show: bool = False,
    title: str | None = None,
) -> Axes:
    """Draw one of galfind's figures of depth.

    Parameters
    ----------
    depths : Depths
        The depths.
    name : str
        What the band is called.
    aper_diam, plot_type, ax, save, show, title
        As in `skyseg.galfind.Band_Data_Base.plot_depths`.

    Raises
    ------
    ParameterError
        If there is no such diameter, or no figure of that kind.
    """
    from skyseg.plotting.depths import plot_depth_hist, plot_depth_map
    from skyseg.plotting.figures import finish_figure

    kinds = {"rolling_average": plot_depth_map, "hist": plot_depth_hist}
    kind = plot_type.lower()
    if kind not in kinds:
        raise ParameterError(
            f"is {plot_type!r}", hint=f"give one of {', '.join(map(repr, kinds))}",
            argument="plot_type",
        )  # fmt: skip
    aper = find_aper(depths, aper_diam)
    own = ax is None
    drawn = kinds[kind](depths, name, aper, ax=ax)
    if title is not None:
        drawn.set_title(title, fontsize="medium")
    path = _choose_picture(depths, aper, kind) if save else None
    with finish_figure(drawn.figure, path, show, own):
        return drawn


def draw_both(
    depths: Depths,
    name: str,
    aper_diam: u.Quantity,
    *,
    save: bool = False,
    show: bool = False,
    overwrite: bool = True,
) -> None:
    """Draw the map of local depth, and how many of its cells are how deep, side by side.

    Parameters
    ----------
    depths, name, aper_diam, save, show
        As in `draw`.
    overwrite : bool, optional
        Whether to draw what is on disk again.
    """
    from skyseg.plotting.figures import finish_figure, make_panels

    aper = find_aper(depths, aper_diam)
    path = _choose_picture(depths, aper, "diagnostic") if save else None
    if path is not None and path.exists() and not overwrite and not show:
        return
    left, right = make_panels([None, None])
    with finish_figure(left.figure, path, show, own=True):
        draw(depths, name, aper_diam, "rolling_average", ax=left)
        draw(depths, name, aper_diam, "hist", ax=right)
        left.set_xlabel("x / cells")
        left.set_ylabel("y / cells")


def _choose_picture(depths: Depths, aper: int, kind: str) -> Path:
    """Return where a figure is written, beside the depths; its folder is made."""
    folder = depths.paths.cat.parent / "plots"
    folder.mkdir(parents=True, exist_ok=True)
    diameter = depths.recipe.aper_diams[aper]
    return folder / f"{depths.paths.cat.stem}_{diameter:g}as_{kind}.png"
