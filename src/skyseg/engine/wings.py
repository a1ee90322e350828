"""CLEAN by a PSF: what is detected in the wings and spikes of a star is given to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from skyseg.engine.cleaning import Cleaned
from skyseg.engine.filtering import choose_kernel, convolve
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import BoolArray, FloatArray, FloatImage, IntArray
from skyseg.errors import ParameterError

MEASURED: Final = "measured"
"""The ``clean_psf`` that is stacked of the stars of the image."""

_TOLERANCE: Final = 1.25
_LEAST_PART: Final = 0.5
_ALONG: Final = (-0.8, 0.0, 0.8)  # of A_IMAGE


@dataclass(frozen=True, eq=False)
class Wings:
    """The filtered light of a point source of total 1, as far as an image of the PSF shows it.

    Attributes
    ----------
    light : ndarray of float32, shape (ny, nx)
        The highest of each pixel and its eight neighbours, so that spikes are as wide as it
        takes where the source lies between pixels or the image is turned a little.
    y, x : float
        Its middle.
    peak : float
        Highest filtered value.
    """

    light: FloatImage
    y: float
    x: float
    peak: float

    @classmethod
    def of(cls, psf: FloatImage, parameters: Parameters) -> Wings:
        """Filter the image of a PSF as an image is filtered for detection."""
        total = psf.sum(dtype=np.float64)
        filtered = convolve((psf / np.float32(total)).astype(np.float32), choose_kernel(parameters))
        high = np.pad(filtered, 1)
        for axis in (0, 1):
            back, on = np.roll(high, 1, axis), np.roll(high, -1, axis)
            high = np.maximum(np.maximum(back, on), high)
        y, x = np.nonzero(filtered >= filtered.max() / 2)
        weight = filtered[y, x].astype(np.float64)
        return cls(
            high[1:-1, 1:-1], float(np.average(y, weights=weight)),
            float(np.average(x, weights=weight)), float(filtered.max()),
        )  # fmt: skip

    def at(self, dx: FloatArray, dy: FloatArray) -> FloatArray:
        """Return the light at places around the middle; 0 outside the image."""
        row, column = (np.rint(each).astype(np.int64) for each in (self.y + dy, self.x + dx))
        ny, nx = self.light.shape
        inside = (row >= 0) & (row < ny) & (column >= 0) & (column < nx)
        light = self.light[np.where(inside, row, 0), np.where(inside, column, 0)]
        found: FloatArray = np.where(inside, light, 0.0)
        return found

    def along(self, shapes: Shapes, star: int, others: IntArray) -> FloatArray:
        """Return the highest light that a star has along the major axes of others."""
        dx, dy = (each[others] - each[star] for each in (shapes.x, shapes.y))
        theta = np.radians(shapes.theta[others])
        east, north = (shapes.a[others] * each for each in (np.cos(theta), np.sin(theta)))
        found: FloatArray = np.max(
            [self.at(dx + part * east, dy + part * north) for part in _ALONG], axis=0
        )
        return found


def check_psf(psf: FloatImage | None, parameters: Parameters) -> None:
    """Check that there is an image of a PSF where the parameters name one.

    Raises
    ------
    ParameterError
        If there is none.
    """
    if psf is None and parameters.clean_psf is not None:
        raise ParameterError(
            f"has clean_psf {parameters.clean_psf!r}, and no image of the PSF is given",
            hint="give psf to segment_image, or leave clean_psf out", argument="parameters",
        )  # fmt: skip


def absorb_in_wings(shapes: Shapes, cleaned: Cleaned, wings: Wings) -> Cleaned:
    """Give what lies in the wings of brighter sources to them.

    Parameters
    ----------
    shapes : Shapes
        All sources, in the order in which a scan completes them.
    cleaned : Cleaned
        What CLEAN has decided about them.
    wings : Wings
        The PSF.

    Returns
    -------
    Cleaned
        Where both are the same nothing lies in wings.

    Notes
    -----
    Of the sources that CLEAN left, the brighter go first. Each is taken for a point source of its
    own light, and of no more than a point source with its peak has, so that a galaxy has the wings
    of its middle. It absorbs a fainter one where its wings rise, there, to half of what the
    fainter one's DETECT_MINAREA-th highest pixel has, and, made higher by a quarter, over what
    this has above the threshold: without the wings it would not have been detected.
    """
    absorber, trigger = cleaned.absorber.copy(), cleaned.trigger.copy()
    kept = np.flatnonzero(absorber == np.arange(len(absorber)))
    kept = kept[np.isfinite(shapes.x[kept]) & np.isfinite(shapes.y[kept])]
    light = np.minimum(shapes.flux, shapes.peak / wings.peak)[kept]
    by_row = _ByRow.of(shapes.y[kept])
    free = np.ones(len(kept), np.bool_)
    value = (shapes.mark + shapes.threshold)[kept]
    lowest = _LEAST_PART * value.min(initial=np.inf)
    far = _Reaches.of(wings)
    for place in np.argsort(-light, kind="stable").tolist():
        radius = far.find(lowest / light[place]) if light[place] > 0 else 0.0
        if not free[place] or radius < 1:
            continue
        i = kept[place]
        near = by_row.within(shapes.y[i], radius)
        near = near[free[near] & (light[near] < light[place])]
        j = kept[near]
        high = light[place] * wings.along(shapes, i, j)
        taken = (high > _LEAST_PART * value[near]) & (_TOLERANCE * high > shapes.mark[j])
        free[near[taken]] = False
        absorber[j[taken]] = i
        trigger[j[taken]] = np.maximum(j[taken], i)
    return Cleaned(absorber[absorber], trigger)


@dataclass(frozen=True, eq=False)
class _ByRow:
    """Sources by their rows."""

    order: IntArray
    rows: FloatArray

    @classmethod
    def of(cls, y: FloatArray) -> _ByRow:
        order = np.argsort(y, kind="stable")
        return cls(order, y[order])

    def within(self, y: float, radius: float) -> IntArray:
        """Return those in rows nearer than a radius."""
        first, last = np.searchsorted(self.rows, [y - radius, y + radius])
        return self.order[first:last]


@dataclass(frozen=True, eq=False)
class _Reaches:
    """The highest light of wings at each radius and beyond."""

    light: FloatArray

    @classmethod
    def of(cls, wings: Wings) -> _Reaches:
        ny, nx = wings.light.shape
        rows, columns = np.ogrid[:ny, :nx]
        ring = np.hypot(rows - wings.y, columns - wings.x).astype(np.int64)
        highest = np.zeros(int(ring.max()) + 1)
        np.maximum.at(highest, ring.ravel(), wings.light.ravel())
        return cls(np.maximum.accumulate(highest[::-1])[::-1])

    def find(self, level: float) -> float:
        """Return the radius from which on the light is below a level, in pixels."""
        above: BoolArray = self.light > level
        return float(np.count_nonzero(above))
