"""Edges: what is not covered, and what lies near to it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.types import BoolImage, LabelImage, Progress, tell_nobody
from skyseg.masks.bits import MaskBit

HOLE: Final = 32
"""Side, in pixels, of the largest square of bad pixels that still is a hole in what is covered."""

_ROWS: Final = 512


def mark_bad(maps: Maps, progress: Progress = tell_nobody) -> BoolImage:
    """Mark the pixels without a measurement, some rows at a time.

    Parameters
    ----------
    maps : Maps
        Image and error map.
    progress : callable, optional
        Told the part that is done.

    Returns
    -------
    ndarray of bool, shape (ny, nx)

    Examples
    --------
    >>> from skyseg.engine.maps import make_maps
    >>> image = np.array([[1.0, np.nan]], np.float32)
    >>> mark_bad(make_maps(image, np.ones_like(image), "rms_err")).tolist()
    [[False, True]]
    """
    source = NoiseSource.of(maps.err_type, Parameters())
    bad = np.empty(maps.shape, np.bool_)
    for start in range(0, maps.shape[0], _ROWS):
        stop = min(start + _ROWS, maps.shape[0])
        progress(start / maps.shape[0], "looking for bad pixels")
        bad[start:stop] = source.find_bad(*maps.read(Window(start, stop, 0, maps.shape[1])))
    return bad


def draw_edges(
    bits: LabelImage, bad: BoolImage, distance: float, rows: int = _ROWS,
    progress: Progress = tell_nobody,
) -> None:  # fmt: skip
    """Draw what is bad, and what is not farther than a distance from what is not covered.

    Not covered is all outside of the image, and each square of more than `HOLE` x `HOLE` bad
    pixels; smaller holes have no edge.

    Parameters
    ----------
    bits : ndarray of int32, shape (ny, nx)
        The mask, which gets the bits BAD and EDGE.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    distance : float
        In pixels, from centre to centre; 0 draws no edge.
    rows : int
        Rows that are worked at a time; the result does not depend on it.
    progress : callable, optional
        Told the part that is done.

    Examples
    --------
    >>> bits = np.zeros((5, 5), np.int32)
    >>> draw_edges(bits, np.zeros((5, 5), bool), 1.0)
    >>> bits[2].tolist()
    [1, 0, 0, 0, 1]
    """
    bits[bad] |= MaskBit.BAD
    if distance <= 0:
        return
    reach = math.ceil(distance) + 1
    for start in range(0, bits.shape[0], rows):
        stop = min(start + rows, bits.shape[0])
        progress(start / bits.shape[0], "drawing edges")
        near = _find_near(bad, start, stop, distance, reach)
        bits[start:stop][near] |= MaskBit.EDGE


def _find_near(bad: BoolImage, start: int, stop: int, distance: float, reach: int) -> BoolImage:
    """Mark, in some rows, what is near to what is not covered."""
    from scipy import ndimage

    around = reach + 2 * HOLE + 2
    y0, y1 = start - around, stop + around
    inside = bad[max(y0, 0) : min(y1, bad.shape[0])]
    above, below = max(-y0, 0), max(y1 - bad.shape[0], 0)
    empty = np.pad(inside, ((above, below), (around, around)), constant_values=True)
    side = HOLE + 1
    for extreme in (ndimage.minimum_filter1d, ndimage.maximum_filter1d):
        for axis in (0, 1):
            empty = extreme(empty, side, axis=axis, mode="nearest")
    away = ndimage.distance_transform_edt(~empty)
    near: BoolImage = away <= distance
    return near[start - y0 : stop - y0, around : around + bad.shape[1]]
