"""What part of an image a person asks for, as slices of its array."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, Union

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.coordinates import SkyCoord

from skyseg.engine.types import Slices
from skyseg.errors import ParameterError

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.wcs import WCS
    from regions import PixelRegion, SkyRegion

Centre: TypeAlias = (
    SkyCoord | str | tuple[float, float] | npt.NDArray[np.floating | np.integer] | int | np.integer
)
"""Centre of a region: on the sky, also as text, (x, y) in pixels, or the NUMBER of a source."""

Size: TypeAlias = float | Sequence[float] | u.Quantity
"""Size of a region: a number of pixels or an angle, or two of them, along x and y."""

Region: TypeAlias = Union[tuple[Centre, Size], tuple[slice, slice], "PixelRegion", "SkyRegion"]
"""A part of an image: (centre, size), slices of y and x, or a shape of the package regions."""

_FORMS = "give {regions}"


def region_slices(
    region: Region | None,
    shape: tuple[int, int],
    *,
    wcs: WCS | None = None,
    pix_scale: u.Quantity | None = None,
    catalogue: Callable[[], Table] | None = None,
) -> Slices:
    """Return the slices (y, x) of a region, cut at the image's edges.

    Parameters
    ----------
    region : tuple, regions.Region or None
        One of

        - ``(centre, size)``: the centre is a scalar SkyCoord or a text that
          `parse_position` reads, ``(x, y)`` in pixels (0 at the centre of the first
          pixel), inside the image, or the NUMBER of a source; the size is a number of
          pixels or an angle, or two of them, along x and y.
        - a `regions.PixelRegion` or `regions.SkyRegion`: its bounding box.
        - two slices, of y and x, without step.
        - None: the whole image.
    shape : tuple of int
        Image shape (ny, nx).
    wcs : astropy.wcs.WCS, optional
        Celestial WCS of the image; needed for a SkyCoord and a SkyRegion.
    pix_scale : astropy.units.Quantity, optional
        Side of a pixel as an angle; needed for a size that is an angle.
    catalogue : callable, optional
        Returns the catalogue; called where the centre is a NUMBER.

    Returns
    -------
    tuple of slice
        Non-empty, with start and stop inside the image.

    Raises
    ------
    ParameterError
        If the region is none of these, lies outside the image, names a source
        that is not there, or needs a WCS, pixel scale or catalogue that is missing.

    Examples
    --------
    >>> region_slices(((50, 20), 10), (100, 100))
    (slice(15, 25, None), slice(45, 55, None))
    >>> region_slices(((50, 20), (2, 1) * u.arcsec), (100, 100), pix_scale=0.1 * u.arcsec)
    (slice(15, 25, None), slice(40, 60, None))
    """
    if region is None:
        return slice(0, shape[0]), slice(0, shape[1])
    if _are_slices(region):
        return _from_slices(region, shape)
    if not isinstance(region, (tuple, list)) and (
        hasattr(region, "bounding_box") or hasattr(region, "to_pixel")
    ):
        return _from_shape(region, shape, wcs)
    if not isinstance(region, (tuple, list)) or len(region) != 2:
        raise ParameterError(f"{region!r} is not understood", hint=_FORMS, argument="region")
    if names_source(region):
        x, y = _source(int(region[0]), catalogue)
    else:
        x, y = _centre(region[0], wcs, shape)
    width, height = _size(region[1], pix_scale)
    start = [math.ceil(round(low, 6)) for low in (y - height / 2, x - width / 2)]
    stop = [start[0] + max(round(height), 1), start[1] + max(round(width), 1)]
    return _inside(region, start, stop, shape)


def find_pixel(
    place: SkyCoord | str | tuple[float, float], shape: tuple[int, int], wcs: WCS | None = None
) -> tuple[int, int]:
    """Return the row and the column of the pixel at a place.

    Parameters
    ----------
    place : SkyCoord, str or tuple of float
        A position on the sky, or x and y in pixels from 0.
    shape : tuple of int
        Image shape (ny, nx).
    wcs : astropy.wcs.WCS, optional
        Of the image; needed for a position on the sky.

    Raises
    ------
    ParameterError
        If it lies outside the image, or is no such place.

    Examples
    --------
    >>> find_pixel((50, 20.2), (100, 100))
    (20, 50)
    """
    (ny, nx), on_sky = shape, isinstance(place, (SkyCoord, str))
    if isinstance(place, str):
        place = parse_position(place)
    if isinstance(place, SkyCoord):
        x, y = _find_on_sky(place, wcs)
    else:
        try:
            x, y = (float(each) for each in place)
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"{place!r} is no place", hint="give x and y in pixels, or a position on the sky"
            ) from error
    if not (-0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5):
        what = _spell(place) if on_sky else f"pixel ({x:g}, {y:g})"
        inside = f"give x from 0 to {nx - 1} and y from 0 to {ny - 1}"
        sky = "{sky_place}"
        raise ParameterError(
            f"{what} is outside the image of {nx} x {ny} pixels",
            hint="give a place inside it" if on_sky else f"{inside}, or {sky}",
        )
    return max(math.ceil(round(y - 0.5, 6)), 0), max(math.ceil(round(x - 0.5, 6)), 0)


def parse_position(text: str) -> SkyCoord:
    """Read a position on the sky, right ascension and declination.

    Raises
    ------
    ParameterError
        If the text is none.

    Examples
    --------
    >>> parse_position("53.16 -27.79").to_string()
    '53.16 -27.79'
    >>> parse_position("3:32:38.4 -27:47:24").to_string(precision=2)
    '53.16 -27.79'
    """
    plain = text.replace(",", " ")
    unit = ("hourangle", "deg") if ":" in plain or len(plain.split()) == 6 else "deg"
    try:
        return SkyCoord(plain, unit=unit)
    except (ValueError, u.UnitsError) as error:
        raise ParameterError(
            f"{text!r} is no position on the sky", hint="write one such as '53.16 -27.79'"
        ) from error


def names_source(region: Region | None) -> TypeGuard[tuple[int, Size]]:
    """Tell whether a region's centre is the NUMBER of a source."""
    return (
        isinstance(region, (tuple, list))
        and len(region) == 2
        and isinstance(region[0], (int, np.integer))
        and not isinstance(region[0], bool)
    )


def _are_slices(region: Region) -> TypeGuard[tuple[slice, slice]]:
    return (
        isinstance(region, (tuple, list))
        and len(region) == 2
        and all(isinstance(part, slice) for part in region)
    )


def _from_slices(region: tuple[slice, slice], shape: tuple[int, int]) -> Slices:
    if any(part.step not in (None, 1) for part in region):
        raise ParameterError(
            f"{region!r} has a step", hint="give slices without one", argument="region"
        )
    try:
        limits = [part.indices(length) for part, length in zip(region, shape, strict=True)]
    except TypeError as error:
        raise ParameterError(
            f"{region!r} has limits that are no whole numbers", hint="give slices of pixels",
            argument="region",
        ) from error  # fmt: skip
    return _inside(region, [part[0] for part in limits], [part[1] for part in limits], shape)


def _from_shape(region: PixelRegion | SkyRegion, shape: tuple[int, int], wcs: WCS | None) -> Slices:
    """Bounding box of an object of the regions package."""
    if hasattr(region, "to_pixel"):
        if wcs is None:
            raise ParameterError(
                f"{region!r} is on the sky and the image has no WCS",
                hint="give it in pixels",
                argument="region",
            )
        region = region.to_pixel(wcs)
    box = region.bounding_box
    return _inside(region, [box.iymin, box.ixmin], [box.iymax, box.ixmax], shape)


def _centre(centre: Any, wcs: WCS | None, shape: tuple[int, int]) -> tuple[float, float]:
    """Centre (x, y) in pixels, the first one being 0."""
    if isinstance(centre, str):
        centre = parse_position(centre)
    if isinstance(centre, SkyCoord):
        return _finite(*_find_on_sky(centre, wcs), centre)
    try:
        x, y = (float(part) for part in centre)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"centre {_spell(centre)} is not understood", hint=_FORMS, argument="region"
        ) from error
    x, y = _finite(x, y, centre)
    if not (-0.5 <= x < shape[1] - 0.5 and -0.5 <= y < shape[0] - 0.5):
        raise ParameterError(
            f"centre {_spell(centre)} is no pixel of the image of {shape[1]} x {shape[0]} "
            "pixels (x, y)",
            hint=_FORMS,
            argument="region",
        )
    return x, y


def _find_on_sky(centre: SkyCoord, wcs: WCS | None) -> tuple[float, float]:
    """Return where (x, y) a position on the sky is; NaN where it has no place."""
    if wcs is None:
        raise ParameterError(
            "the place is a SkyCoord and the image has no WCS", hint="give it in pixels"
        )
    if not centre.isscalar:
        raise ParameterError("the place is several positions", hint="give one SkyCoord")
    x, y = wcs.world_to_pixel(centre)
    return float(x), float(y)


def _finite(x: Any, y: Any, centre: Any) -> tuple[float, float]:
    if not (np.isfinite(x) and np.isfinite(y)):
        raise ParameterError(
            f"centre {_spell(centre)} has no place in the image",
            hint="give one that has",
            argument="region",
        )
    return float(x), float(y)


def _source(number: int, catalogue: Callable[[], Table] | None) -> tuple[float, float]:
    if catalogue is None:
        raise ParameterError(
            f"centre {number} is a source's NUMBER and there is no catalogue",
            hint="segment the band first or give (x, y)",
            argument="region",
        )
    table = catalogue()
    row = np.flatnonzero(np.asarray(table["NUMBER"]) == number)
    if row.size == 0:
        raise ParameterError(
            f"source {number} is not in the catalogue",
            hint=f"give a NUMBER of its {len(table)} sources",
        )
    x, y = (u.Quantity(table[name][row[0]]).value - 1 for name in ("X_IMAGE", "Y_IMAGE"))
    return float(x), float(y)


def _size(size: Any, pix_scale: u.Quantity | None) -> tuple[float, float]:
    """Width and height in pixels."""
    try:
        quantity = u.Quantity(size)
        if quantity.unit.is_equivalent(u.deg):
            if pix_scale is None:
                raise ParameterError(
                    f"size {_spell(size)} is an angle and the image has no pixel scale",
                    hint="give it in pixels",
                    argument="region",
                )
            quantity = quantity / pix_scale
        elif quantity.unit == u.pix:
            quantity = quantity / u.pix
        pixels = quantity.to_value(u.dimensionless_unscaled)
        width, height = (float(part) for part in np.broadcast_to(pixels, 2))
    except (TypeError, ValueError, u.UnitsError) as error:
        raise ParameterError(
            f"size {_spell(size)} is not understood", hint=_FORMS, argument="region"
        ) from error
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise ParameterError(
            f"size {_spell(size)} is not above zero", hint="give one that is", argument="region"
        )
    return width, height


def _inside(region: Region, start: list[int], stop: list[int], shape: tuple[int, int]) -> Slices:
    """Slices cut at the image's edges."""
    parts = [
        slice(max(low, 0), min(high, length))
        for low, high, length in zip(start, stop, shape, strict=True)
    ]
    if any(part.start >= part.stop for part in parts):
        raise ParameterError(
            f"{_text(region)} holds no pixel of the image of {shape[1]} x {shape[0]} pixels (x, y)",
            hint="give one inside it",
            argument="region",
        )
    return parts[0], parts[1]


def _text(region: Region) -> str:
    if isinstance(region, (tuple, list)) and not _are_slices(region):
        return f"at {_spell(region[0])} of size {_spell(region[1])}"
    return repr(region)


def _spell(value: Any) -> str:
    """Write a centre or a size as a person does: with its unit, and without its type."""
    if isinstance(value, SkyCoord):
        return str(value.to_string("decimal"))
    return str(value) if isinstance(value, u.Quantity) else repr(value)
