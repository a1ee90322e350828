"""Position, size and shape of each object from the filtered light of its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.detection import PixelLists

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# below this determinant of the second moments a pixel's own width is added to them
_SINGULAR = 0.00694
_PIXEL_VARIANCE = 1 / 12


@dataclass(frozen=True)
class Shapes:
    """Shapes of n objects, each attribute of shape (n,), pixels counted from 0.

    Attributes
    ----------
    x, y : ndarray of float64
        Barycentre of the filtered light, in pixels.
    a, b : ndarray of float64
        Rms extent along the major and minor axis, in pixels.
    theta : ndarray of float64
        Angle of the major axis from the x axis, in degrees.
    cxx, cyy, cxy : ndarray of float64
        The ellipse ``cxx dx^2 + cyy dy^2 + cxy dx dy = R^2``, in 1 / pixel^2.
    flux, peak : ndarray of float64
        Sum and maximum of the filtered light.
    threshold : ndarray of float64
        Smallest detection threshold among the pixels.
    mark : ndarray of float64
        Height over the threshold that about ``minarea`` of the pixels reach;
        see `skyseg.engine.clean`.
    area : ndarray of float64
        Number of pixels; those that blended sources share count in parts.
    """

    x: FloatArray
    y: FloatArray
    a: FloatArray
    b: FloatArray
    theta: FloatArray
    cxx: FloatArray
    cyy: FloatArray
    cxy: FloatArray
    flux: FloatArray
    peak: FloatArray
    threshold: FloatArray
    mark: FloatArray
    area: FloatArray

    def taken(self, which: npt.NDArray[np.int64]) -> Shapes:
        """Return the shapes of some of the objects."""
        return Shapes(*(getattr(self, item.name)[which] for item in fields(self)))


def measure_shapes(pixels: PixelLists, table: FloatArray, minarea: int) -> Shapes:
    """Turn moments of objects into shapes.

    Parameters
    ----------
    pixels : PixelLists
        The objects.
    table : ndarray of float64, shape (n, 7)
        Their moments, as `skyseg.engine.deblend` gives them.
    minarea : int
        DETECT_MINAREA, for ``mark``.

    Returns
    -------
    Shapes
        Shapes from the moments of the filtered light (Bertin & Arnouts 1996,
        section 8; the SExtractor manual, A_IMAGE).
    """
    arrays = (pixels.value, pixels.threshold, pixels.start)
    return Shapes(*_shapes(*arrays, table, minarea))


@compiled
def ellipse(xx: float, yy: float, xy: float) -> tuple[float, float, float, float, float, float]:
    """Axes, angle and coefficients (a, b, theta, cxx, cyy, cxy) of second moments."""
    determinant = xx * yy - xy * xy
    if determinant < _SINGULAR:
        xx += _PIXEL_VARIANCE
        yy += _PIXEL_VARIANCE
        determinant = xx * yy - xy * xy
    difference = xx - yy
    theta = math.atan2(2.0 * xy, difference) / 2.0 if difference != 0.0 else math.pi / 4.0
    spread = math.sqrt(0.25 * difference * difference + xy * xy)
    middle = 0.5 * (xx + yy)
    a = math.sqrt(middle + spread)
    b = math.sqrt(max(middle - spread, 0.0))
    return (
        a, b, math.degrees(theta), yy / determinant, xx / determinant, -2.0 * xy / determinant,
    )  # fmt: skip


@compiled
def moments(index: IntArray, value: FloatImage, width: int, out: FloatArray) -> None:
    """Put down barycentre, second moments about it, light and area of pixels."""
    x0, y0 = index[0] % width, index[0] // width
    light = mx = my = mxx = myy = mxy = 0.0
    for p in range(index.size):
        x = index[p] % width - x0
        y = index[p] // width - y0
        v = np.float64(value[p])
        light += v
        mx += v * x
        my += v * y
        mxx += v * x * x
        myy += v * y * y
        mxy += v * x * y
    mx, my = mx / light, my / light
    out[0], out[1] = mx + x0, my + y0
    out[2], out[3] = mxx / light - mx * mx, myy / light - my * my
    out[4], out[5], out[6] = mxy / light - mx * my, light, index.size


@compiled
def _shapes(
    value: FloatImage, threshold: FloatImage, start: IntArray, table: FloatArray, minarea: int
) -> FloatArray:
    n = start.size - 1
    out = np.empty((13, n))
    heap = np.empty(minarea, dtype=np.float32)
    for i in range(n):
        x, y, xx, yy, xy, flux, area = table[i]
        out[0, i], out[1, i] = x, y
        out[2, i], out[3, i], out[4, i], out[5, i], out[6, i], out[7, i] = ellipse(xx, yy, xy)
        out[8, i], out[12, i] = flux, area
        light, limit = value[start[i] : start[i + 1]], threshold[start[i] : start[i + 1]]
        out[9, i], out[10, i] = light.max(), limit.min()
        out[11, i] = _mark(light, limit, heap)
    return out


@compiled
def _mark(light: FloatImage, limit: FloatImage, heap: FloatImage) -> np.float32:
    """About the n-th highest value over the threshold, n the size of ``heap``.

    SExtractor looks for it with a heap, in the order of the list, and leaves out
    the pixel after the n-th and mends the heap one place too far down. What it
    finds decides what CLEAN eats, so the same search is made here.
    """
    n = heap.size
    if light.size < n:
        return np.float32(0)
    for p in range(n):
        heap[p] = light[p] - limit[p]
    if light.size > n:
        for p in range(1, n):
            height, place = heap[p], p
            while place > 0 and heap[place - 1] > height:
                heap[place] = heap[place - 1]
                place -= 1
            heap[place] = height
    for p in range(n + 1, light.size):
        height = light[p] - limit[p]
        if height <= heap[0]:
            continue
        heap[0], at = height, 0
        while 2 * at + 2 <= n:
            right, step = 2 * at + 2, 2 * at + 2
            child = right - 1
            if right < n and heap[right - 1] > heap[right]:
                child, step = right, right + 1
            if at >= n or heap[at] <= heap[child]:
                break
            heap[at], heap[child] = heap[child], heap[at]
            at = step
    return np.float32(heap[0])
