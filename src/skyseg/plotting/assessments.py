"""How complete a run is, as figures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from astropy.table import QTable

from skyseg.assessment import Completeness
from skyseg.engine.types import FloatArray
from skyseg.errors import check_kind
from skyseg.methods.catalogue import without_unit
from skyseg.plotting.figures import check_choice, open_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

By = Literal["mag", "size", "sb"]

_MOST_TEXTS: Final = 6  # cells along a side that texts have room in
_LIGHT: Final = 0.6

_AXES: Final[dict[By, str]] = {
    "mag": "AB mag",
    "size": "half-light radius as seen / arcsec",
    "sb": "mean surface brightness / mag arcsec$^{-2}$",
}
_BIASES: Final[dict[str, str]] = {
    "MAG": "MAG_AUTO less the true magnitude / mag",
    "SIZE": "FLUX_RADIUS over the true radius, less 1",
}


def plot_completeness(
    found: Completeness,
    by: By = "mag",
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot which part of sources is found, and which is lost in others.

    Parameters
    ----------
    found : Completeness
        The completeness.
    by : {"mag", "size", "sb"}, optional
        By magnitude, size or surface brightness.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError, ProductError
        If it is no completeness, there is no such kind of bins, or the figure cannot be written.
    """
    table, middle = _get_bins(found, by)
    with open_panel(ax, None, None, save, show) as panel:
        part, error = (np.asarray(table[f"COMPLETENESS{end}"]) for end in ("", "_ERR"))
        inside = np.minimum(error, part), np.minimum(error, 1 - part)
        _draw_bars(panel, middle, part, inside, label="found")
        panel.plot(middle, table["BLENDED"], ls=":", marker="x", label="lost in others")
        if by == "mag" and np.isfinite(found.m50):
            panel.axvline(found.m50, lw=0.8, color="0.6", label=f"half: {found.m50:.2f}")
        panel.set_xlabel(_AXES[by])
        panel.set_ylabel("part of the sources put in")
        panel.set_ylim(-0.02, 1.05)
        panel.legend()
    return panel


def plot_bias(
    found: Completeness,
    of: Literal["MAG", "SIZE"] = "MAG",
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot bias and scatter of magnitudes or of sizes against magnitude.

    Parameters
    ----------
    found : Completeness
        The completeness.
    of : {"MAG", "SIZE"}, optional
        Of MAG_AUTO or of FLUX_RADIUS.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError, ProductError
        If it is no completeness, there is no such bias, or the figure cannot be written.
    """
    check_choice(of, _BIASES, "bias of")
    table, middle = _get_bins(found, "mag")
    bias, scatter = (without_unit(table[f"{of}_{name}"]) for name in ("BIAS", "SCATTER"))
    with open_panel(ax, None, None, save, show) as panel:
        panel.axhline(0, lw=0.8, color="0.6")
        _draw_bars(panel, middle, bias, scatter)
        panel.set_xlabel(_AXES["mag"])
        panel.set_ylabel(_BIASES[of])
    return panel


def plot_completeness_map(
    found: Completeness,
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot which part of sources is found in cells of the image.

    Parameters
    ----------
    found : Completeness
        The completeness.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError, ProductError
        If it is no completeness, or the figure cannot be written.
    """
    _check_found(found)
    x, y = (found.by_place[f"{axis}_HIGH"].value.max() for axis in "XY")
    with open_panel(ax, None, None, save, show) as panel:
        shown = panel.imshow(
            found.map, origin="lower", interpolation="nearest", extent=(0.5, x, 0.5, y),
            vmin=0, vmax=1,
        )  # fmt: skip
        if len(found.map) <= _MOST_TEXTS:
            _write_cells(panel, found)
        panel.figure.colorbar(shown, ax=panel, label="part of the sources put in that is found")
        panel.set_xlabel("x / pix")
        panel.set_ylabel("y / pix")
    return panel


def _check_found(found: Any) -> None:
    check_kind(found, Completeness, "found", "give the completeness of an assessment")


def _write_cells(panel: Axes, found: Completeness) -> None:
    """Write the completeness of each cell, and of how many sources, into it."""
    for row in found.by_place:
        if not row["N"]:
            continue
        x, y = ((row[f"{axis}_LOW"] + row[f"{axis}_HIGH"]).value / 2 for axis in "XY")
        part = row["COMPLETENESS"]
        ink = "black" if part > _LIGHT else "white"
        text = f"{part:.2f}\nof {row['N']}"
        panel.text(x, y, text, ha="center", va="center", color=ink, fontsize=7)


def _get_bins(found: Completeness, by: By) -> tuple[QTable, FloatArray]:
    """Return the bins that hold sources, and their middles."""
    _check_found(found)
    check_choice(by, _AXES, "completeness by")
    table = getattr(found, f"by_{by}")
    known = table[table["N"] > 0]
    return known, (known["LOW"].value + known["HIGH"].value) / 2


def _draw_bars(panel: Axes, x: FloatArray, y: Any, error: Any, label: str | None = None) -> None:
    panel.errorbar(x, y, yerr=error, marker="o", ms=4, lw=1, capsize=2, label=label)
