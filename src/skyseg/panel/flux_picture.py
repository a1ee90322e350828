"""The light of a source against wavelength, as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from skyseg.engine.types import ByteImage
from skyseg.panel.band_columns import BandFlux, list_fluxes
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.figures import colour_axes, draw_figure, make_axes

LIMIT_SIGMA: Final = 3.0
"""A flux that is fainter than so many times its error is shown as that limit."""

_INCHES = (2.3, 1.45)
_DETECTED, _LIMIT = "#ffd166", "#8ecae6"
_SMALL = 6.5
_MANY, _NAME_SHARE = 3, 0.055
_ROUND: Final = (0.2, 0.3, 0.5, 0.8, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30)


def draw_fluxes(fluxes: Sequence[BandFlux], ink: str = "#bbbbbb") -> ByteImage:
    """Draw fluxes with their errors against wavelength; those not detected as upper limits.

    Where the wavelength of a band is not known, all bands stand side by side in their order.

    Parameters
    ----------
    fluxes : sequence of BandFlux
        At least one that is covered; others are left out.
    ink : str, optional
        Colour of axes and texts; the ground is transparent.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        Red, green, blue and opacity.
    """
    shown = [each for each in fluxes if is_covered(each)]
    axes = make_axes(_INCHES)
    known = all(math.isfinite(each.wavelength) for each in shown)
    places = [each.wavelength if known else number for number, each in enumerate(shown)]
    heights = [_draw(axes, place, each) for place, each in zip(places, shown, strict=True)]
    _scale(axes, places, heights, known=known)
    _label(axes, places, shown, ink, known=known)
    return draw_figure(axes.figure)


def tell_fluxes(catalogue: Catalogue, number: int) -> str:
    """Say what a picture of fluxes leaves out: bands without a flux of the source."""
    fluxes = list_fluxes(catalogue, number)
    missing = [each.band for each in fluxes if not is_covered(each)]
    names = ", ".join(missing)
    return f"no flux in {names}: not covered, or no zero point" if missing else ""


def is_covered(each: BandFlux) -> bool:
    """Tell whether a source was measured in a band."""
    return math.isfinite(each.flux) and math.isfinite(each.error) and each.error > 0


def _draw(axes: Any, place: float, each: BandFlux) -> float:
    """Draw one flux, or its limit; return how high it stands."""
    if each.flux >= LIMIT_SIGMA * each.error:
        axes.errorbar(place, each.flux, each.error, fmt="o", ms=4, lw=1, capsize=2, color=_DETECTED)
        return each.flux
    limit = LIMIT_SIGMA * each.error
    axes.plot(place, limit, marker="_", ms=8, mew=1.2, color=_LIMIT)
    axes.annotate(
        "",
        (place, limit),
        xytext=(0, -11),
        textcoords="offset points",
        arrowprops={"arrowstyle": "<-", "color": _LIMIT, "lw": 1.2, "shrinkA": 0, "shrinkB": 0},
    )
    return limit


def _scale(axes: Any, places: Sequence[float], heights: Sequence[float], *, known: bool) -> None:
    axes.set_yscale("log")
    axes.set_ylim(min(heights) / 2.5, max(heights) * 2)
    if known:
        axes.set_xscale("log")
        axes.set_xlim(min(places) / 1.15, max(places) * 1.15)
    else:
        axes.set_xlim(-0.5, len(places) - 0.5)


def _thin_out(names: Sequence[str], places: Sequence[float]) -> list[str]:
    """Leave out names that would lie on the one before."""
    room, last, kept = math.log(places[-1] / places[0] * 1.15**2) * _NAME_SHARE, -math.inf, []
    for name, place in zip(names, map(math.log, places), strict=True):
        is_free = len(names) <= _MANY or place - last >= room
        kept.append(name if is_free else "")
        last = place if is_free else last
    return kept


def _label(
    axes: Any, places: Sequence[float], shown: Sequence[BandFlux], ink: str, *, known: bool
) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    names = (
        _thin_out([each.band for each in shown], places) if known else [each.band for each in shown]
    )
    axes.set_ylabel("FLUX_AUTO (µJy)")
    colour_axes(axes, [axes.yaxis.label], ink, _SMALL)
    above = axes.secondary_xaxis("top") if known else axes
    above.set_xticks(places, names, rotation=90 if len(names) > _MANY else 0, fontsize=_SMALL)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in (axes.xaxis, above.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    above.tick_params(colors=ink, length=2)
    for side in above.spines.values():
        side.set_color(ink)
    if known:
        ticks = [each for each in _ROUND if places[0] / 1.15 <= each <= places[-1] * 1.15]
        axes.set_xticks(ticks, [f"{each:g}" for each in ticks])
        axes.set_xlabel("wavelength (µm)", fontsize=_SMALL, color=ink)
    else:
        axes.set_xlabel("by name: no known wavelength", fontsize=_SMALL, color=ink)
