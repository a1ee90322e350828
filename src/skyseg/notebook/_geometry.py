"""Where a canvas is on the sky: directions, links to other canvases, words for a place.

A canvas counts in pixels from the outer corner of the first one: the centre of
that pixel, (0, 0) elsewhere, is (0.5, 0.5) here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skyseg.panel.session import Place

if TYPE_CHECKING:
    from skyseg.plotting.maps import Band

Extent = tuple[float, float, float, float]
"""Left, lower, right and upper edge on a canvas."""


def find_directions(wcs: WCS | None, shape: tuple[int, int]) -> dict[str, list[float]]:
    """Return where north and east are in the middle of an image.

    Parameters
    ----------
    wcs : astropy.wcs.WCS or None
        Celestial WCS.
    shape : tuple of int
        Image shape (ny, nx).

    Returns
    -------
    dict of str to list of float
        ``north`` and ``east`` as (dx, dy) of length 1; empty without a WCS.
    """
    if wcs is None:
        return {}
    centre = _find_middle(wcs, shape)
    x, y = wcs.world_to_pixel(centre)
    found = {}
    for name, angle in (("north", 0 * u.deg), ("east", 90 * u.deg)):
        x_to, y_to = wcs.world_to_pixel(centre.directional_offset_by(angle, 1 * u.arcsec))
        step = np.array([x_to - x, y_to - y])
        found[name] = (step / np.hypot(*step)).tolist()
    return found


def find_link(wcs: WCS | None, reference: WCS | None, shape: tuple[int, int]) -> list[float]:
    """Return the linear map from one canvas to another, near the middle of the first.

    Parameters
    ----------
    wcs, reference : astropy.wcs.WCS or None
        Of the two images; where one is missing they are taken as the same grid.
    shape : tuple of int
        Shape of the first image.

    Returns
    -------
    list of float
        (a, b, c, d, e, f): x' = a x + c y + e and y' = b x + d y + f.
    """
    if wcs is None or reference is None:
        return [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    ny, nx = shape
    x, y = np.array([0.0, 1, 0]) + nx / 2, np.array([0.0, 0, 1]) + ny / 2
    x_to, y_to = reference.world_to_pixel(wcs.pixel_to_world(x - 0.5, y - 0.5))
    a, c = x_to[1] - x_to[0], x_to[2] - x_to[0]
    b, d = y_to[1] - y_to[0], y_to[2] - y_to[0]
    e = x_to[0] + 0.5 - a * x[0] - c * y[0]
    f = y_to[0] + 0.5 - b * x[0] - d * y[0]
    return [float(value) for value in (a, b, c, d, e, f)]


def extent_to_place(extent: Extent, wcs: WCS | None, pix_scale: u.Quantity) -> Place:
    """Return what an extent shows, as a place."""
    left, lower, right, upper = extent
    x, y = (left + right - 1) / 2, (lower + upper - 1) / 2
    if wcs is None:
        return Place(x=x, y=y, width=right - left, height=upper - lower, frame="pixel")
    size = u.Quantity([right - left, upper - lower]) * pix_scale
    return Place.on_sky(wcs.pixel_to_world(x, y), size)


def place_to_extent(place: Place, wcs: WCS | None, pix_scale: u.Quantity) -> Extent:
    """Return the extent that shows a place."""
    if place.frame == "pixel" or wcs is None:
        x, y, width, height = place.x, place.y, place.width, place.height
    else:
        x, y = (float(value) for value in wcs.world_to_pixel(place.centre))
        side = float(pix_scale.to_value(u.arcsec))
        width, height = place.width / side, place.height / side
    x, y = x + 0.5, y + 0.5
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def slices_to_extent(rows: slice, columns: slice) -> Extent:
    """Return the extent of a part of an image."""
    return float(columns.start), float(rows.start), float(columns.stop), float(rows.stop)


def describe_pixel(x: float, y: float) -> str:
    """Return a place in pixels, counted from 1 as X_IMAGE is; (0, 0) is the first one's centre."""
    return f"x {x + 1:.1f}  y {y + 1:.1f} (from 1)"


def describe_sky(wcs: WCS | None, x: float, y: float) -> str:
    """Return a pixel's place on the sky; empty where it has none."""
    if wcs is None:
        return ""
    sky: Any = wcs.pixel_to_world(x, y)
    if not isinstance(sky, SkyCoord) or not np.isfinite(sky.spherical.lon.deg):
        return ""
    if wcs.wcs.lngtyp.startswith("RA"):
        sky = sky.icrs
    ra = sky.spherical.lon.to_string(u.hourangle, sep=":", precision=3, pad=True)
    dec = sky.spherical.lat.to_string(u.deg, sep=":", precision=2, pad=True, alwayssign=True)
    names = ("RA", "Dec") if wcs.wcs.lngtyp.startswith("RA") else (wcs.wcs.lngtyp, wcs.wcs.lattyp)
    return f"{names[0]} {ra}  {names[1]} {dec}"


def _find_middle(wcs: WCS, shape: tuple[int, int]) -> SkyCoord:
    ny, nx = shape
    return wcs.pixel_to_world((nx - 1) / 2, (ny - 1) / 2)


def widen(low: float, high: float, length: int, step: int) -> slice:
    """Return the rows or columns between two edges, widened to whole steps within a length.

    Examples
    --------
    >>> widen(5.0, 17.5, 30, 8)
    slice(0, 24, None)
    """
    start = int(min(max(low, 0), length - 1)) // step * step
    stop = -(-int(np.ceil(min(max(high, start + 1), length))) // step) * step
    return slice(start, min(stop, length))


def measure_pixel(band: Band) -> float:
    """Return the side of a band's pixels in arcsec; 0 where it has no WCS."""
    return 0.0 if band.wcs is None else float(band.pix_scale.to_value(u.arcsec))
