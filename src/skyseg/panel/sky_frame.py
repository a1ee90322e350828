"""Where layers lie: one flat frame for all, in arcsec, north up and east to the left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skyseg.engine.types import FloatArray

AXES = ("north", "west")
UNITS = ("arcsec", "arcsec")

_FIT_POINTS = 5
_FARTHEST = 5 * u.deg


@dataclass(frozen=True)
class SkyFrame:
    """A plane that touches the sky at one point; its axes run north and west.

    Attributes
    ----------
    ra, dec : float
        The point where both axes are 0, ICRS in degrees.
    """

    ra: float
    dec: float

    @classmethod
    def at_centre(cls, wcs: WCS, shape: tuple[int, int]) -> SkyFrame:
        """Make the frame that touches the sky in the middle of an image."""
        ny, nx = shape
        centre = wcs.pixel_to_world((nx - 1) / 2, (ny - 1) / 2).icrs
        return cls(float(centre.ra.deg), float(centre.dec.deg))

    @cached_property
    def wcs(self) -> WCS:
        """Gnomonic projection whose pixels are arcsec: x is west, y is north."""
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval = [self.ra, self.dec]
        wcs.wcs.crpix = [1, 1]
        wcs.wcs.cdelt = [-1 / 3600, 1 / 3600]
        wcs.wcs.set()
        return wcs

    def reaches(self, other: SkyFrame) -> bool:
        """Tell whether another frame's centre is near enough to be drawn in this one."""
        here, there = (SkyCoord(each.ra, each.dec, unit="deg") for each in (self, other))
        return bool(here.separation(there) < _FARTHEST)

    def affine(self, wcs: WCS, shape: tuple[int, int]) -> FloatArray:
        """Fit the line-true map from the pixels of an image to this frame.

        Parameters
        ----------
        wcs : WCS
            Celestial WCS of the image.
        shape : tuple of int
            Its shape (ny, nx).

        Returns
        -------
        ndarray of float64, shape (3, 3)
            From (row, column, 1) to (north, west, 1) in arcsec, least squares over
            the image.
        """
        rows, columns = (
            grid.ravel()
            for grid in np.meshgrid(
                *(np.linspace(0, length - 1, _FIT_POINTS) for length in shape), indexing="ij"
            )
        )
        west, north = self.wcs.world_to_pixel(wcs.pixel_to_world(columns, rows))
        points = np.column_stack([rows, columns, np.ones_like(rows)])
        good = np.isfinite(north) & np.isfinite(west)
        fit, *_ = np.linalg.lstsq(points[good], np.column_stack([north, west])[good], rcond=None)
        return np.vstack([fit.T, [0.0, 0.0, 1.0]])


def choose_frame(
    wcs: WCS | None, shape: tuple[int, int], frames: list[SkyFrame]
) -> SkyFrame | None:
    """Choose the frame of a map: one of those in use that reaches it, else a new one.

    Parameters
    ----------
    wcs : WCS or None
        Celestial WCS of the map; without one it has no frame.
    shape : tuple of int
        Its shape (ny, nx).
    frames : list of SkyFrame
        Those in use; a new one is appended.

    Returns
    -------
    SkyFrame or None
    """
    if wcs is None:
        return None
    own = SkyFrame.at_centre(wcs, shape)
    near = next((frame for frame in frames if frame.reaches(own)), None)
    if near is None:
        frames.append(own)
    return near or own


def format_position(position: SkyCoord) -> str:
    """Write a position as people do.

    Examples
    --------
    >>> format_position(SkyCoord(34.40625, -5.25, unit="deg"))
    '02:17:37.500 -05:15:00.00  (34.406250, -5.250000)'
    """
    icrs = position.icrs
    ra = icrs.ra.to_string(u.hourangle, sep=":", precision=3, pad=True)
    dec = icrs.dec.to_string(u.deg, sep=":", precision=2, alwayssign=True, pad=True)
    return f"{ra} {dec}  ({icrs.ra.deg:.6f}, {icrs.dec.deg:.6f})"
