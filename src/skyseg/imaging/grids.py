"""Pixel grids: the scale of one, and whether two are the same."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.errors import Advice, ImageError, ParameterError
from skyseg.imaging.faults import faults_told
from skyseg.imaging.reading import read_sky, view_headers
from skyseg.imaging.refs import MapRef
from skyseg.imaging.remote import look_up
from skyseg.imaging.sky import Sky
from skyseg.imaging.sky_cards import (
    LARGEST,
    SMALLEST,
    TABLES,
    is_possible_scale,
    scale_of_matrix,
)
from skyseg.imaging.zero_points import keyword

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.wcs import WCS

_Points = npt.NDArray[np.float64]

TOLERANCE = 0.1
"""How far apart, in pixels, the corners of two maps of one grid may lie."""

_ARCSEC2_PER_SR = 42545170296.1522
_LABEL_TOLERANCE = 0.05

_NAME: Final = re.compile(r"[A-Z0-9_-]{1,8}")
"""Names of cards of the FITS standard; of longer ones, by HIERARCH, none is of the WCS."""

_OTHER: Final = re.compile(
    r"SIMPLE|XTENSION|BITPIX|EXTEND|[PG]COUNT|INHERIT|EXT(NAME|VER|LEVEL|TYPE)|IMAGETYP|IMTYPE"
    r"|COMMENT|HISTORY|BUNIT|BSCALE|BZERO|BLANK|DATAM(IN|AX)|DATASUM|CHECKSUM|DATE|ORIGIN"
    r"|FILENAME|OBJECT|EXPTIME|PHOT.*|PIXAR_(A2|SR)|MAGZERO|MAGZPT|ZEROPNT|FILTER|BAND|BACK_.*"
)
"""Cards that say nothing of the sky, and differ between maps of one grid."""

logger = logging.getLogger(__name__)


def check_pixel_scale(pix_scale: u.Quantity | None, argument: str = "pix_scale") -> float | None:
    """Return a pixel scale that a person gives in arcsec.

    Parameters
    ----------
    pix_scale : Quantity or None
        Side of a pixel as an angle; None where it is not given.
    argument : str, optional
        The argument it was given by, for messages.

    Raises
    ------
    ParameterError
        If it is not a positive angle, or none that a pixel of the sky can have.
    """
    if pix_scale is None:
        return None
    import astropy.units as u

    try:
        scale = float(u.Quantity(pix_scale).to_value(u.arcsec))
    except (TypeError, u.UnitConversionError):
        scale = math.nan
    if not scale > 0 or not math.isfinite(scale):
        raise ParameterError(
            f"is {pix_scale}",
            hint="it must be a positive angle, such as 0.03{in_arcsec}",
            argument=argument,
        )
    if not is_possible_scale(scale):
        raise ParameterError(
            f"is {pix_scale}",
            hint=f"it must lie between {SMALLEST:g} and {LARGEST:g} arcsec",
            argument=argument,
        )
    return scale


def pixel_scale(
    sky: Sky | None, headers: Sequence[fits.Header], told: float | None, name: str
) -> float | None:
    """Side of a pixel in arcsec.

    The WCS comes first: it is of the pixels in the file. PIXAR_A2 and PIXAR_SR
    are of the detector's own pixels, and stay in the header when an image is
    drizzled onto others, so they serve only where there is no WCS, and no CD matrix
    of one that cannot be used.

    Parameters
    ----------
    sky : Sky or None
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
    scale = _scale_of_headers(sky, headers, name)
    if scale is None:
        return told
    if not is_possible_scale(scale):
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


def _scale_of_headers(sky: Sky | None, headers: Sequence[fits.Header], name: str) -> float | None:
    if sky is not None:
        return sky.pixel_side
    if headers and (side := scale_of_matrix(headers[0])) is not None:
        return side
    for key, factor in (("PIXAR_A2", 1.0), ("PIXAR_SR", _ARCSEC2_PER_SR)):
        area = keyword(headers, key)
        if area is None or area <= 0:
            continue
        if is_possible_scale(math.sqrt(area * factor)):
            return math.sqrt(area * factor)
        what = f"{key} is {area:g}, which is the area of no pixel, so it is not used"
        logger.warning(Advice(what, "give {pix_scale}", where=name))
    return None


def check_same_grid(
    sci: MapRef,
    shape: tuple[int, int],
    other: MapRef,
    other_shape: tuple[int, int],
    *,
    same_grid: bool = False,
    hint: str | None = None,
) -> Advice | None:
    """Check that two maps lie on one pixel grid.

    Parameters
    ----------
    sci, other : MapRef
        The maps.
    shape, other_shape : tuple of int
        Their shapes, (ny, nx).
    same_grid : bool
        Whether the user says that they do: then shapes alone are compared.
    hint : str, optional
        What helps where they do not; by default what does for the maps of a band.

    Returns
    -------
    Advice or None
        What the user should know: maps of one file are of one grid, also where one
        of them has an old WCS.

    Raises
    ------
    ImageError
        If the shapes differ, or the sky positions of the same pixels differ by more
        than 0.1 pixel. A map without a WCS is compared by its shape alone.
    """
    if shape != other_shape:
        raise ImageError(
            f"{other} has the shape {_size(other_shape)} but {sci} has {_size(shape)}",
            hint=hint or "give maps of one pixel grid",
        )
    if same_grid:
        return None
    with faults_told(sci.path):
        state = look_up(sci.path)
    with faults_told(other.path):
        other_state = look_up(other.path)
    offset = _find_offset(sci, state, other, other_state, shape)
    if offset is None or offset <= TOLERANCE:
        return None
    what = f"the WCS of {other} is off that of {sci} by {offset:.3g} pixels"
    if sci.path == other.path:
        return Advice(f"{what}; both are maps of one file, so that of {sci} is used")
    of_band = "give maps of one pixel grid, or say by {same_grid} that they are of one"
    raise ImageError(what, hint=hint or of_band)


@lru_cache(maxsize=256)
def _find_offset(
    sci: MapRef, _: tuple[int, int], other: MapRef, __: tuple[int, int], shape: tuple[int, int]
) -> float | None:
    """Find how far two maps are apart, once while their files stay as they are.

    None where one has no WCS.
    """
    first = read_sky(sci.path, sci.ext, quiet=True)
    headers = (view_headers(each.path, each.ext)[0] for each in (sci, other))
    if first is not None and _have_same_wcs(*headers):
        return 0.0
    second = read_sky(other.path, other.ext, quiet=True)
    if first is None or second is None:
        return None
    return largest_offset(first.wcs, second.wcs, shape)


def _have_same_wcs(first: fits.Header, second: fits.Header) -> bool:
    """Tell whether two headers say the same of the sky, and no table says more.

    They do where they have the same cards but for those that are known to say nothing of it.
    """
    if any(TABLES.fullmatch(key) for header in (first, second) for key in header):
        return False
    own, other = (
        [(card.keyword, card.value) for card in header.cards] for header in (first, second)
    )
    differing = {key for key, _ in set(own) ^ set(other)}
    if not all(map(_is_of_other_things, differing)):
        return False
    left, right = ([card for card in cards if card[0] not in differing] for cards in (own, other))
    return left == right and not any(str(value).endswith("-TAB") for _, value in left)


def _is_of_other_things(key: str) -> bool:
    """Tell whether a card is known to say nothing of the sky."""
    return _NAME.fullmatch(key) is None or _OTHER.fullmatch(key) is not None


def largest_offset(first: WCS, second: WCS, shape: tuple[int, int]) -> float:
    """Largest distance on the sky between the same pixels of two grids, in pixels of `first`.

    Frames are often named wrongly or by one header alone, so the smaller one counts of
    the distances with the frames as they are named, and with equal axes without them.

    Parameters
    ----------
    first, second : astropy.wcs.WCS
        Celestial WCS of the grids.
    shape : tuple of int
        Their shape, (ny, nx).

    Returns
    -------
    float
        Of a raster of three by three pixels; those that lie nowhere in both are left
        out, and it is infinite where one lies on the sky in one of them alone.
    """
    ny, nx = shape
    x, y = (
        axis.ravel() for axis in np.meshgrid(np.linspace(0, nx - 1, 3), np.linspace(0, ny - 1, 3))
    )
    step = math.radians(Sky(first).pixel_side / 3600)
    offset = _largest(_vectors_icrs(first, x, y), _vectors_icrs(second, x, y))
    if first.wcs.lngtyp == second.wcs.lngtyp:
        offset = min(offset, _largest(_vectors(first, x, y), _vectors(second, x, y)))
    return offset / step


def _largest(first: _Points, second: _Points) -> float:
    """Largest angle in radians between the directions of two arrays, shape (3, n)."""
    known = np.isfinite(first).all(axis=0), np.isfinite(second).all(axis=0)
    if np.any(known[0] != known[1]):
        return math.inf
    chord = np.linalg.norm(first - second, axis=0)
    return float(np.max(2 * np.arcsin(np.minimum(chord / 2, 1)), initial=0.0, where=known[0]))


def _vectors_icrs(wcs: WCS, x: _Points, y: _Points) -> _Points:
    sky = wcs.pixel_to_world(x, y).icrs
    return _unit_vectors(sky.ra.rad, sky.dec.rad)


def _vectors(wcs: WCS, x: _Points, y: _Points) -> _Points:
    """Directions by longitude and latitude alone, whichever axis comes first."""
    world = wcs.all_pix2world(x, y, 0)
    return _unit_vectors(np.radians(world[wcs.wcs.lng]), np.radians(world[wcs.wcs.lat]))


def _unit_vectors(lon: _Points, lat: _Points) -> _Points:
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
