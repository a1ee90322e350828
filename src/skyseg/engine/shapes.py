"""Position, size and shape of each object from the filtered light of its pixels."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from skyseg import _loops
from skyseg.engine.detection import PixelLists
from skyseg.engine.types import FloatArray, IntArray


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

    def taken(self, which: IntArray) -> Shapes:
        """Return the shapes of some of the objects."""
        return Shapes(*(getattr(self, item.name)[which] for item in fields(self)))


def measure_shapes(pixels: PixelLists, moments: FloatArray, minarea: int) -> Shapes:
    """Turn moments of objects into shapes.

    Parameters
    ----------
    pixels : PixelLists
        The objects.
    moments : ndarray of float64, shape (n, 7)
        Their moments, as `skyseg.engine.deblend` gives them.
    minarea : int
        DETECT_MINAREA, for ``mark``.

    Returns
    -------
    Shapes
        Shapes from the moments of the filtered light (Bertin & Arnouts 1996,
        section 8; the SExtractor manual, A_IMAGE).
    """
    out = np.empty((len(fields(Shapes)), len(pixels)))
    arrays = (pixels.value, pixels.threshold, pixels.start)
    _loops.measure_shapes(*arrays, np.ascontiguousarray(moments), minarea, out)
    return Shapes(*out)
