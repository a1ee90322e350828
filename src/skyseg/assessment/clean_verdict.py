"""What CLEAN decided about one source, and which CLEAN_PARAM would decide otherwise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from skyseg.engine.cleaning import Cleaned, absorb
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import FloatArray

LOWEST: Final = 0.1
HIGHEST: Final = 10.0
_REACH: Final = 10.0
_TRIALS: Final = 13
_HALVINGS: Final = 24


@dataclass(frozen=True)
class Contest:
    """How high a source's wings rise at another one's place, against what that one has.

    Attributes
    ----------
    winner : int
        The source that took the other one.
    owner : int
        The source that has its pixels in the end: the winner, or one that took the winner.
    wings : float
        Height of the winner's Moffat profile at the other one's place.
    mark : float
        What the other one rises over its threshold, in DETECT_MINAREA pixels.
    """

    winner: int
    owner: int
    wings: float
    mark: float


def retrace(shapes: Shapes, cleaned: Cleaned, source: int, beta: float) -> Contest | None:
    """Retrace how CLEAN gave a source away; None where it did not.

    Parameters
    ----------
    shapes : Shapes
        All sources.
    cleaned : Cleaned
        What `skyseg.engine.clean` made of them.
    source : int
        The source.
    beta : float
        CLEAN_PARAM.
    """
    owner = int(cleaned.absorber[source])
    if owner == source:
        return None
    mark, arrival = float(shapes.mark[source]), int(cleaned.trigger[source])
    if arrival != source:
        wings = _find_wings(shapes, shapes.flux, shapes.area, beta, source)[arrival]
        return Contest(arrival, owner, float(wings), mark)
    # it came last, and the first one that could has it, with the light taken until then
    before = shapes.take(np.arange(source))
    belongs = absorb(before, beta).absorber
    flux = np.bincount(belongs, before.flux, source + 1) + _one_at(source, shapes.flux)
    area = np.bincount(belongs, before.area, source + 1) + _one_at(source, shapes.area)
    seen = shapes.take(np.arange(source + 1))
    wings = _find_wings(seen, flux, area, beta, source)[:source]
    far = _REACH * (shapes.a[source] + before.a)
    near = (shapes.x[source] - before.x) ** 2 + (shapes.y[source] - before.y) ** 2 < far**2
    able = (wings.astype(np.float32) > mark) & near & (flux[:source] >= flux[source])
    able &= belongs == np.arange(source)
    winner = int(np.flatnonzero(able)[0])
    return Contest(winner, owner, float(wings[winner]), mark)


def find_turning_param(shapes: Shapes, source: int, beta: float) -> tuple[float, int] | None:
    """Find the nearest CLEAN_PARAM at which CLEAN decides otherwise about a source.

    Parameters
    ----------
    shapes : Shapes
        All sources.
    source : int
        The source.
    beta : float
        CLEAN_PARAM.

    Returns
    -------
    tuple of float and int or None
        A higher CLEAN_PARAM that keeps the source, or a lower one that does not, with who has it
        then; None where none up to 10, or from 0.1 on, is found.
    """

    def who(param: float) -> int:
        return int(absorb(shapes, param).absorber[source])

    kept = who(beta) == source
    same = beta
    # the wings reach farthest at some value between: the nearest one is looked for first
    for other in np.geomspace(beta, LOWEST if kept else HIGHEST, _TRIALS)[1:].tolist():
        if (who(other) == source) != kept:
            break
        same = other
    else:
        return None
    for _ in range(_HALVINGS):
        middle = math.sqrt(same * other)
        if (who(middle) == source) == kept:
            same = middle
        else:
            other = middle
    return other, who(other)


def _one_at(place: int, values: FloatArray) -> FloatArray:
    found = np.zeros(place + 1)
    found[place] = values[place]
    return found


def _find_wings(
    shapes: Shapes, flux: FloatArray, area: FloatArray, beta: float, source: int
) -> FloatArray:
    """Height of the Moffat profiles of all sources at the place of one."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        unit = np.pi * shapes.a * shapes.b
        peak = flux / (2 * unit)
        alpha = ((peak / shapes.threshold) ** (1 / beta) - 1) * unit / area
        dx, dy = shapes.x[source] - shapes.x, shapes.y[source] - shapes.y
        fall = 1 + alpha * (shapes.cxx * dx * dx + shapes.cyy * dy * dy + shapes.cxy * dx * dy)
        return np.where((fall > 1) & (fall < 1e10), peak * fall**-beta, 0.0)
