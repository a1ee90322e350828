"""Maps brought onto the pixel grid of another, a part at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.rows import Rows, Window
from skyseg.engine.types import FloatImage
from skyseg.imaging.celestial import cut_wcs

if TYPE_CHECKING:
    from astropy.wcs import WCS

_STEP: Final = 64
_MARGIN: Final = 8


@dataclass(frozen=True, eq=False)
class ResampledRows:
    """A map on the grid of another, of which any part can be read.

    Pixels are interpolated linearly between those of the map (`reproject.reproject_interp`);
    what is bad in one of them is bad. They are worked out in whole rows, as many at a time
    as a strip of a run has, so that a pixel is the same whatever part is read.

    Attributes
    ----------
    rows : Rows
        The map.
    wcs : WCS
        Its celestial WCS.
    onto : WCS
        That of the grid it is brought onto.
    shape : tuple of int
        Shape (ny, nx) of that grid.
    height : int
        How many rows are worked out at a time.
    limits : tuple of float
        Values of the map that are good lie between these.
    """

    rows: Rows
    wcs: WCS
    onto: WCS
    shape: tuple[int, int]
    height: int
    limits: tuple[float, float]

    def read(self, window: Window) -> FloatImage:
        """Read a part, NaN where the map has no good pixel."""
        first = window.y0 - window.y0 % self.height
        tops = range(first, max(window.y1, first + 1), self.height)
        found = np.concatenate([self._work_out(top) for top in tops])
        part: FloatImage = found[window.y0 - first : window.y1 - first, window.x0 : window.x1]
        return part.copy()

    def _work_out(self, top: int) -> FloatImage:
        from reproject import reproject_interp

        bottom = min(top + self.height, self.shape[0])
        seen = self._find_seen(top, bottom)
        if seen is None:
            return np.full((bottom - top, self.shape[1]), np.nan, np.float32)
        image = self.rows.read(seen)
        low, high = self.limits
        image[~((image > low) & (image < high))] = np.nan
        part = (slice(top, bottom), slice(0, self.shape[1]))
        found: npt.NDArray[Any] = reproject_interp(
            (image, cut_wcs(self.wcs, (slice(seen.y0, seen.y1), slice(seen.x0, seen.x1)))),
            cut_wcs(self.onto, part),
            shape_out=(bottom - top, self.shape[1]),
            order="bilinear",
            return_footprint=False,
        )
        return found.astype(np.float32)

    def _find_seen(self, top: int, bottom: int) -> Window | None:
        """Find the part of the map that some rows of the grid lie on; None where they lie on none.

        All of it where some of them lie nowhere on its sky.
        """
        from astropy.wcs.utils import pixel_to_pixel

        ny, nx = self.rows.shape
        x, y = np.meshgrid(_spread(0, self.shape[1]), _spread(top, bottom))
        x, y = pixel_to_pixel(self.onto, self.wcs, x, y)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            return Window(0, ny, 0, nx)
        x0, x1 = max(int(x.min()) - _MARGIN, 0), min(int(x.max()) + _MARGIN, nx)
        y0, y1 = max(int(y.min()) - _MARGIN, 0), min(int(y.max()) + _MARGIN, ny)
        return Window(y0, y1, x0, x1) if x0 < x1 and y0 < y1 else None


def _spread(start: int, stop: int) -> npt.NDArray[np.float64]:
    """Spread places from half a pixel before a first one to half a pixel after a last one."""
    return np.linspace(start - 0.5, stop - 0.5, (stop - start) // _STEP + 3)
