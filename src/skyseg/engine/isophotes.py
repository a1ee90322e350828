"""Measurements on the pixels of each source: isophotal light, area and FWHM."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.detection import PixelLists
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_SATURATED = int(Flag.SATURATED)


def isophotal(
    light: FloatImage, variance: FloatImage, pixels: PixelLists, shapes: Shapes,
    parameters: Parameters, noise: float,
) -> dict[str, npt.NDArray[np.generic]]:  # fmt: skip
    """Measure the unfiltered light of each source's own pixels.

    Parameters
    ----------
    light, variance : ndarray of float32, shape (npix,)
        Image and variance, bad pixels filled, at the pixels.
    pixels : PixelLists
        Pixels of n sources.
    shapes : Shapes
        Their shapes.
    parameters : Parameters
        ``analysis_thresh``, ``satur_level`` and ``gain`` are used.
    noise : float
        Global noise of the image, which the gain refers to.

    Returns
    -------
    dict of str to ndarray
        ``flux`` and ``variance`` (its variance), ``area`` (pixels above the
        analysis threshold), ``fwhm`` (pixels, of a Gaussian fitted to the
        core), ``flags``, and the box ``xmin``, ``xmax``, ``ymin``, ``ymax``
        (pixels counted from 0), each of shape (n,).
    """
    columns = _isophotal(
        light, variance, pixels.index, pixels.start, *pixels.shape, shapes.x, shapes.y, shapes.a,
        shapes.b, parameters.analysis_thresh, parameters.satur_level, parameters.gain,
        noise * noise,
    )  # fmt: skip
    names = ("flux", "variance", "fwhm", "area", "flags", "xmin", "xmax", "ymin", "ymax")
    return dict(zip(names, columns, strict=True))


@compiled
def _isophotal(
    light: FloatImage, variance: FloatImage, index: IntArray, start: IntArray, ny: int, nx: int,
    cx: FloatArray, cy: FloatArray, a: FloatArray, b: FloatArray, thresh: float,
    saturation: float, gain: float, noise2: float,
) -> tuple[npt.NDArray[np.generic], ...]:  # fmt: skip
    n = start.size - 1
    flux, error, fwhm = np.zeros(n), np.zeros(n), np.zeros(n)
    area, flags = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    xmin, xmax = np.full(n, nx), np.zeros(n, dtype=np.int64)
    ymin, ymax = np.full(n, ny), np.zeros(n, dtype=np.int64)
    for k in range(n):
        lowest, peak = np.inf, -np.inf
        for p in range(start[k], start[k + 1]):
            y, x = index[p] // nx, index[p] % nx
            value, var = np.float64(light[p]), np.float64(variance[p])
            limit = thresh * math.sqrt(var)
            lowest, peak = min(lowest, limit), max(peak, value)
            area[k] += value > limit
            flux[k] += value
            error[k] += var
            if gain > 0.0 and value > 0.0:
                error[k] += value / gain * var / noise2
            xmin[k], xmax[k] = min(xmin[k], x), max(xmax[k], x)
            ymin[k], ymax[k] = min(ymin[k], y), max(ymax[k], y)
        if peak >= saturation:
            flags[k] |= _SATURATED
        level = max(peak / 5.0, lowest)
        if level > 0.0:
            own = slice(start[k], start[k + 1])
            fwhm[k] = _core_fwhm(
                light[own], index[own], nx, cx[k], cy[k], a[k] * b[k], level, saturation
            )
    return flux, error, fwhm, area, flags, xmin, xmax, ymin, ymax


@compiled
def _core_fwhm(
    light: FloatImage, index: IntArray, nx: int, cx: float, cy: float, ab: float, level: float,
    saturation: float,
) -> float:  # fmt: skip
    """FWHM of the Gaussian fitted, weighted by light, to the pixels above a level."""
    s = sx = sy = sxx = sxy = 0.0
    for p in range(index.size):
        y, x = index[p] // nx, index[p] % nx
        value = np.float64(light[p])
        if value > level and value < saturation:
            r2, log, weight = (x - cx) ** 2 + (y - cy) ** 2, math.log(value), value * value
            s += weight
            sx += r2 * weight
            sxx += r2 * r2 * weight
            sy += log * weight
            sxy += log * r2 * weight
    determinant = s * sxx - sx * sx
    if abs(determinant) == 0.0:
        return 0.0
    slope = max(-(s * sxy - sx * sy) / determinant, 1.0 / (13.0 * ab) if ab > 0 else 0.0)
    if slope <= 0.0:
        return 0.0
    width = 1.6651 / math.sqrt(slope)
    # undersampling makes a profile look wider than it is
    return width - 1.0 / (4.0 * width)
