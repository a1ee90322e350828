"""Position, size and shape of each object from the filtered light of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_count, as_instance, as_list
from skyseg.engine._compact import Compact
from skyseg.engine.detection import PixelLists, as_pixel_lists
from skyseg.engine.types import FloatArray, IntArray
from skyseg.errors import ParameterError


@dataclass(frozen=True, eq=False)
class Shapes(Compact):
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

    @classmethod
    def join(cls, parts: Sequence[Shapes]) -> Shapes:
        """Join the shapes of several lists of objects to one."""
        columns = ([getattr(part, item.name) for part in parts] for item in fields(cls))
        return cls(*map(np.concatenate, columns))

    @classmethod
    def at(cls, x: FloatArray, y: FloatArray) -> Shapes:
        """Return circles of radius 1 at some places, without light."""
        one, zero = np.ones(x.size), np.zeros(x.size)
        return cls(
            np.ascontiguousarray(x), np.ascontiguousarray(y), one, one, zero, one, one,
            *(zero,) * 6,
        )  # fmt: skip

    @property
    def without_light(self) -> Shapes:
        """The same ellipses, and zeros for what is known of their light."""
        zero = np.zeros(len(self.x))
        return replace(self, flux=zero, peak=zero, threshold=zero, mark=zero, area=zero)

    def take(self, which: IntArray) -> Shapes:
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

    Raises
    ------
    ParameterError
        If the objects are no lists of pixels, the moments are not seven finite numbers
        of each, or ``minarea`` is not a whole number of at least 1.
    """
    lists = as_pixel_lists(pixels, "pixels")
    table = np.asarray(moments)
    if table.shape != (len(lists), 7):
        raise ParameterError(
            f"has shape {table.shape}", hint=f"give shape {(len(lists), 7)}", argument="moments"
        )
    numbers = as_list(table.ravel(), "moments", np.float64).reshape(table.shape)
    return find_shapes(lists, numbers, as_count(minarea, "minarea"))


def find_shapes(pixels: PixelLists, moments: FloatArray, minarea: int) -> Shapes:
    """Turn moments of objects into shapes; see `measure_shapes`."""
    return Shapes(**_loops.measure_shapes(
        value=pixels.value, threshold=pixels.threshold, start=pixels.start,
        moments=np.ascontiguousarray(moments), minarea=minarea,
    ))  # fmt: skip


def measure_pixels(pixels: PixelLists, minarea: int) -> Shapes:
    """Return the shapes of objects by their pixels; see `measure_shapes`."""
    moments = _loops.measure_moments(
        index=pixels.index, value=pixels.value, start=pixels.start, width=pixels.shape[1]
    )
    return find_shapes(pixels, moments, minarea)


def as_shapes(value: Shapes, argument: str, least: int = 0) -> Shapes:
    """Return shapes as the loops take them.

    Raises
    ------
    ParameterError
        If they are none, if their arrays differ in length or are shorter than ``least``,
        or hold what is not finite, or an axis is below 0.
    """
    shapes = as_instance(value, Shapes, argument)
    length = np.size(shapes.x)
    columns = [
        as_list(getattr(shapes, item.name), argument, np.float64, length) for item in fields(Shapes)
    ]
    out = Shapes(*columns)
    if length < least or min(out.a.min(initial=0), out.b.min(initial=0)) < 0:
        raise ParameterError(
            f"holds {length} shapes, or axes below 0", hint="use what measure_shapes gives",
            argument=argument,
        )  # fmt: skip
    return out
