"""Pixel grids: the scale of one, and whether two are the same."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_area

from skyseg.errors import ImageError, ParameterError
from skyseg.imaging.reading import read_wcs
from skyseg.imaging.refs import MapRef
from skyseg.imaging.zero_points import keyword

_Points = npt.NDArray[np.float64]

TOLERANCE = 0.1
"""How far apart, in pixels, the corners of two maps of one grid may lie."""

SMALLEST, LARGEST = 1e-6, 36000.0
"""Pixel scales in arcsec beyond which something is wrong."""

_ARCSEC2_PER_SR = float((1 * u.sr).to_value(u.arcsec**2))
_LABEL_TOLERANCE = 0.05

logger = logging.getLogger(__name__)


def check_pixel_scale(pix_scale: u.Quantity | None) -> float | None:
    """Return a pixel scale that a person gives in arcsec.

    Raises
    ------
    ParameterError
        If it is not a positive angle, or none that a pixel of the sky can have.
    """
    if pix_scale is None:
        return None
    try:
        scale = float(u.Quantity(pix_scale).to_value(u.arcsec))
    except (TypeError, u.UnitConversionError):
        scale = math.nan
    if not scale > 0 or not math.isfinite(scale):
        raise ParameterError(
            f"is {pix_scale}",
            hint="it must be a positive angle, such as 0.03{in_arcsec}",
            argument="pix_scale",
        )
    if not _is_sensible(scale):
        raise ParameterError(
            f"is {pix_scale}",
            hint=f"it must lie between {SMALLEST:g} and {LARGEST:g} arcsec",
            argument="pix_scale",
        )
    return scale


def _is_sensible(scale: float) -> bool:
    return SMALLEST <= scale <= LARGEST


def pixel_scale(
    wcs: WCS | None, headers: Sequence[fits.Header], told: float | None, name: str
) -> float | None:
    """Side of a pixel in arcsec.

    The WCS comes first: it is of the pixels in the file. PIXAR_A2 and PIXAR_SR
    are of the detector's own pixels, and stay in the header when an image is
    drizzled onto others, so they serve only where there is no WCS.

    Parameters
    ----------
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the map.
    headers : sequence of astropy.io.fits.Header
        The map's header, then the primary one.
    told : float or None
        What the user or the archive's folder says, in arcsec. It serves where
        the headers say nothing; where it is off by more than 5 % a warning is
        logged.
    name : str
        What the map is, for the warning.

    Returns
    -------
    float or None
        None where nothing says it.

    Raises
    ------
    ImageError
        If the WCS has a pixel scale that no pixel of the sky can have.
    """
    scale = _scale_of_headers(wcs, headers)
    if scale is None:
        return told
    if not _is_sensible(scale):
        raise ImageError(
            f"its WCS has a pixel scale of {scale:.4g} arcsec",
            hint="correct its WCS keywords or remove them",
            where=name,
        )
    if told is not None and abs(told / scale - 1) > _LABEL_TOLERANCE:
        logger.warning(
            "%s: its header has a pixel scale of %.4g arcsec, not %.4g; the header's is used",
            name,
            scale,
            told,
        )
    return scale


def _scale_of_headers(wcs: WCS | None, headers: Sequence[fits.Header]) -> float | None:
    if wcs is not None:
        area = proj_plane_pixel_area(wcs)
        return math.sqrt(area) * float((1 * wcs.wcs.cunit[0]).to_value(u.arcsec))
    for key, factor in (("PIXAR_A2", 1.0), ("PIXAR_SR", _ARCSEC2_PER_SR)):
        area = keyword(headers, key)
        if area is not None and area > 0 and _is_sensible(math.sqrt(area * factor)):
            return math.sqrt(area * factor)
    return None


def check_same_grid(
    sci: MapRef, shape: tuple[int, int], other: MapRef, other_shape: tuple[int, int]
) -> None:
    """Check that two maps lie on one pixel grid.

    Parameters
    ----------
    sci, other : MapRef
        The maps.
    shape, other_shape : tuple of int
        Their shapes, (ny, nx).

    Raises
    ------
    ImageError
        If the shapes differ, or the sky positions of the corners differ by more
        than 0.1 pixel. A map without a WCS is compared by its shape alone.
    """
    if shape != other_shape:
        raise ImageError(
            f"{other} has the shape {_size(other_shape)} but {sci} has {_size(shape)}",
            hint="give maps of one pixel grid",
        )
    first, second = read_wcs(sci.path, sci.ext), read_wcs(other.path, other.ext)
    if first is None or second is None:
        return
    offset = _largest_offset(first, second, shape)
    if offset > TOLERANCE:
        raise ImageError(
            f"the WCS of {other} is off that of {sci} by {offset:.3g} pixels",
            hint="give maps of one pixel grid",
        )


def _largest_offset(first: WCS, second: WCS, shape: tuple[int, int]) -> float:
    """Largest distance between the sky positions of the corners, in pixels of `first`."""
    ny, nx = shape
    x = np.array([0.0, nx - 1.0, 0.0, nx - 1.0])
    y = np.array([0.0, 0.0, ny - 1.0, ny - 1.0])
    lon1, lat1 = _sky(first, x, y)
    lon2, lat2 = _sky(second, x, y)
    step = math.radians(math.sqrt(proj_plane_pixel_area(first)))
    east = (lon1 - lon2 + math.pi) % (2 * math.pi) - math.pi
    offset = np.hypot(east * np.cos(lat1), lat1 - lat2) / step
    return float(np.max(offset, initial=0.0, where=np.isfinite(offset)))


def _sky(wcs: WCS, x: _Points, y: _Points) -> tuple[_Points, _Points]:
    """Longitude and latitude in radians, in whatever frame: its keywords are often wrong."""
    lon, lat = wcs.all_pix2world(x, y, 0)
    return np.radians(lon), np.radians(lat)


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
