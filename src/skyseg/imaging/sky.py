"""Where the pixels of an image lie on the sky."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

import numpy as np

from skyseg.engine.types import FloatArray, Slices
from skyseg.errors import Advice
from skyseg.imaging.tangent import Tangent

if TYPE_CHECKING:
    from astropy.io import fits
    from astropy.wcs import WCS

_TURN = 360.0

logger = logging.getLogger(__name__)


class Sky:
    """A celestial WCS, which astropy makes where it is asked for more than the usual.

    Parameters
    ----------
    given : WCS or Tangent
        A celestial WCS of two axes, or the most usual one.

    Examples
    --------
    >>> from astropy.io import fits
    >>> from astropy.wcs import WCS
    >>> sky = Sky(WCS(fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN",
    ...     "CRVAL1": 53.0, "CRVAL2": -27.0, "CDELT1": -1e-5, "CDELT2": 1e-5})))
    >>> sky.find_icrs(np.array([-1.0]), np.array([-1.0]))
    (array([53.]), array([-27.]))
    """

    def __init__(self, given: WCS | Tangent) -> None:
        self._tangent = given if isinstance(given, Tangent) else None
        self._wcs = None if isinstance(given, Tangent) else given

    @property
    def wcs(self) -> WCS:
        """The WCS, always the same one."""
        if self._wcs is None:
            from astropy.io import fits

            from skyseg.imaging.celestial import read_celestial

            assert self._tangent is not None
            self._wcs = read_celestial(fits.Header.fromstring(self._tangent.cards)).wcs
        return self._wcs

    def copy(self) -> Self:
        """Return another one, whose WCS may be changed."""
        return type(self)(self._tangent or self.wcs.deepcopy())

    def cut(self, part: Slices) -> Self:
        """Return that of a part of the image."""
        from skyseg.imaging.celestial import cut_wcs

        return type(self)(cut_wcs(self.wcs, part))

    @property
    def longitude(self) -> int:
        """Which axis is that of longitude, 0 or 1."""
        return int(self.wcs.wcs.lng) if self._tangent is None else self._tangent.longitude

    @property
    def pixel_side(self) -> float:
        """Side of a pixel in arcsec, of a square of its area."""
        if self._tangent is not None:
            return math.sqrt(self._tangent.pixel_area) * 3600.0
        from astropy import units as u
        from astropy.wcs.utils import proj_plane_pixel_area

        unit = float((1 * self.wcs.wcs.cunit[0]).to_value(u.arcsec))
        return math.sqrt(proj_plane_pixel_area(self.wcs)) * unit

    def find_world(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Find where pixels that are counted from 0 lie, in degrees along each axis.

        Returns
        -------
        ndarray of float64, shape (2, n)
            In the frame and in the order of the WCS.
        """
        if self._tangent is not None:
            return self._tangent.find_world(x, y)
        return np.asarray(self.wcs.all_pix2world(x, y, 0))

    def find_icrs(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Find right ascension and declination (ICRS) of pixels that are counted from 0.

        Returns
        -------
        ra, dec : ndarray of float64, shape (n,)
            Degrees.
        """
        if self._tangent is None:
            found = self.wcs.pixel_to_world(x, y).icrs
            return found.ra.deg, found.dec.deg
        world = self._tangent.find_world(x, y)
        ra, dec = world[self.longitude], world[1 - self.longitude]
        return _in_turn(ra), dec

    def make_header(self) -> fits.Header:
        """Make the cards that say it, for a product."""
        if self._tangent is None:
            return self.wcs.to_header(relax=True)
        from astropy.io import fits

        return fits.Header.fromstring(self._tangent.write_cards())


def log_remarks(remarks: Iterable[Advice], name: str) -> None:
    """Warn of what was not read as it stands, under the name of the map."""
    for remark in remarks:
        logger.warning(Advice(f"{name} {remark.what}", remark.hint))


def _in_turn(angle: FloatArray) -> FloatArray:
    """Return angles from -360 to 360 degrees within the turn from 0 on, as astropy wraps them."""
    turned = np.where(angle < 0, angle + _TURN, angle)
    return np.where(turned >= _TURN, turned - _TURN, turned)
