"""CLEAN: spurious detections in the wings of brighter sources are given to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_number
from skyseg.engine.shapes import Shapes, as_shapes
from skyseg.engine.types import IntArray


@dataclass(frozen=True, eq=False)
class Cleaned:
    """What CLEAN did to n sources.

    Attributes
    ----------
    absorber : ndarray of int64, shape (n,)
        The source that has its pixels: itself, or the one that absorbed it.
    trigger : ndarray of int64, shape (n,)
        The source whose arrival decided that it was absorbed; itself where it was not.
    """

    absorber: IntArray
    trigger: IntArray


def clean(shapes: Shapes, clean_param: float) -> Cleaned:
    """Find which sources absorb which.

    Parameters
    ----------
    shapes : Shapes
        The sources, in the order in which a scan completes them.
    clean_param : float
        Exponent beta of the Moffat wings (CLEAN_PARAM).

    Returns
    -------
    Cleaned

    Raises
    ------
    ParameterError
        If the shapes are not finite numbers, as many of each kind, or ``clean_param`` is
        not above 0.

    Notes
    -----
    Sources come one by one. Each is compared with those that came before and are not
    yet absorbed, nearer than ten times the sum of the major axes. Of the two the
    brighter one extends a Moffat profile with its own peak, area and threshold
    to the fainter one's place; where it rises higher than the mark that the
    fainter one's DETECT_MINAREA-th highest pixel leaves over its threshold, it
    absorbs the fainter one. A new source is absorbed by the first that can, else it
    absorbs all it can, and has their light and area from then on (Bertin & Arnouts
    1996, section 6.2; the SExtractor manual, CLEAN_PARAM).

    A grid for each doubling of the major axis finds the neighbours, so that the
    cost grows in proportion to the number of sources.
    """
    return absorb(as_shapes(shapes, "shapes"), as_number(clean_param, "clean_param"))


def absorb(shapes: Shapes, clean_param: float) -> Cleaned:
    """Find which sources absorb which; see `clean`."""
    if not len(shapes.x):
        return Cleaned(np.empty(0, np.int64), np.empty(0, np.int64))
    return Cleaned(**_loops.clean(
        x=shapes.x, y=shapes.y, a=shapes.a, b=shapes.b, cxx=shapes.cxx, cyy=shapes.cyy,
        cxy=shapes.cxy, flux=shapes.flux, area=shapes.area, threshold=shapes.threshold,
        mark=shapes.mark, beta=clean_param,
    ))  # fmt: skip
