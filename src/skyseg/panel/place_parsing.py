"""Places from what a person gives: a position, a source, a drawn rectangle."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord

from skyseg.errors import ParameterError
from skyseg.imaging.regions import parse_position
from skyseg.panel.map_info import MapInfo
from skyseg.panel.region_shapes import RegionShape
from skyseg.panel.session import Place

if TYPE_CHECKING:
    from astropy.table import Table

PlaceKind = Literal["any", "RA Dec", "pixel x y", "source"]

PLACE_HINT: Final = "34.3021 -5.1105, 02:17:12.5 -05:06:38, x y, or NUMBER"
"""What is written in the box as long as it is empty."""

PLACE_HELP: Final = (
    "A position (RA Dec, sexagesimal or degrees), a pixel x y that counts from 1 as X_IMAGE "
    "and DS9 do, or the NUMBER of a source"
)

_NUMBERS: Final = re.compile(r"[\s,;]+")
_NAMED: Final = re.compile(r"^(?:pixel|pix|source|number|#)\s*", re.IGNORECASE)
_LONGEST_NAME: Final = 80


def parse_place(
    kind: PlaceKind,
    text: str,
    field: float,
    info: MapInfo,
    load_catalogue: Callable[[], Table | None] | None = None,
) -> Place:
    """Make a place from what a person writes.

    Parameters
    ----------
    kind : {"any", "RA Dec", "pixel x y", "source"}
        What the text is: a position in any form that SkyCoord reads (degrees where
        it names no unit), a pixel counted from 1 as X_IMAGE, or the NUMBER of a
        source. Of "any", two plain numbers are what lies in the image: RA and Dec,
        or x and y.
    text : str
        The text; ``pixel 512 300`` and ``source 42`` say themselves what they are.
    field : float
        Width and height in arcsec; in pixels for a map without WCS.
    info : MapInfo
        The map that pixels and sources refer to.
    load_catalogue : callable, optional
        Returns the catalogue in which sources are looked up; by default that of the
        map's band.

    Returns
    -------
    Place

    Raises
    ------
    ParameterError
        If the text is not understood, or may be a position as well as a pixel.

    Examples
    --------
    >>> parse_place("any", "02:17:12.5 -05:06:38", 5.0, info).name
    '02:17:12.5 -05:06:38'
    """
    text = text.strip()
    settled = _settle_kind(text, info) if kind == "any" else kind
    if settled == "RA Dec":
        sky = _read_position(text)
        if info.wcs is None:
            raise ParameterError("the map has no WCS", hint="write a pixel x y")
        return Place.on_sky(sky, field * u.arcsec, text[:_LONGEST_NAME])
    wanted = 2 if settled == "pixel x y" else 1
    numbers = _read_numbers(text)
    if len(numbers) != wanted or (settled == "source" and not numbers[0].is_integer()):
        raise ParameterError(f"{text!r} is no {settled}", hint=f"write {_FORMS[settled]}")
    if settled == "source":
        x, y = _find_source(int(numbers[0]), info, load_catalogue)
    else:
        x, y = numbers[0] - 1, numbers[1] - 1
    return place_at_pixel(x, y, (field, field), info, f"{settled} {_NAMED.sub('', text)}")


def make_rectangle_place(corners: Any, info: MapInfo, name: str) -> Place:
    """Make a place from a rectangle that was drawn.

    Parameters
    ----------
    corners : array_like, shape (4, 2)
        Columns and rows of its corners, one after another, in pixels of the map.
    info : MapInfo
        The map.
    name : str
        Name of the place.

    Returns
    -------
    Place
        It has the rectangle as its shape.

    Raises
    ------
    ParameterError
        If the rectangle has no size.
    """
    points = np.asarray(corners, float)
    centre = points.mean(axis=0)
    if np.ptp(points, axis=0).min() <= 0:
        raise ParameterError("the region has no size", hint="draw or write a larger one")
    at, plane = centre, points
    if info.wcs is not None:
        middle = info.wcs.pixel_to_world(*centre).icrs
        east, north = middle.spherical_offsets_to(info.wcs.pixel_to_world(*points.T).icrs)
        plane = np.stack([-east.to_value(u.arcsec), north.to_value(u.arcsec)], axis=1)
        at = np.array([middle.ra.deg, middle.dec.deg])
    first, second = np.diff(plane[:3], axis=0)
    if abs(first[1]) > abs(first[0]):
        first, second = second, first
    size = float(np.hypot(*first)), float(np.hypot(*second))
    shape = RegionShape(
        kind="box",
        frame="pixel" if info.wcs is None else "sky",
        points=((float(at[0]), float(at[1])),),
        size=(size[0] / 2, size[1] / 2),
        angle=(float(np.degrees(np.arctan2(first[1], first[0]))) + 90) % 180 - 90,
    )
    place = place_at_pixel(centre[0], centre[1], size, info, name)
    return place.model_copy(update={"shape": shape})


def place_at_pixel(
    x: float, y: float, size: tuple[float, float], info: MapInfo, name: str
) -> Place:
    """Make a place around a pixel of a map; on the sky where the map has a WCS.

    Parameters
    ----------
    x, y : float
        Column and row, from 0.
    size : tuple of float
        Width and height in arcsec; in pixels for a map without WCS.
    info : MapInfo
        The map.
    name : str
        Name of the place.
    """
    width, height = (float(side) for side in size)
    if info.wcs is None:
        return Place(x=float(x), y=float(y), width=width, height=height, frame="pixel", name=name)
    sky = info.wcs.pixel_to_world(x, y)
    return Place.on_sky(sky, u.Quantity([width, height], u.arcsec), name)


def name_unit(info: MapInfo) -> str:
    """Return the unit of sizes on a map: arcsec, or pixels where there is no WCS."""
    return "pixels" if info.wcs is None else "arcsec"


def _settle_kind(text: str, info: MapInfo) -> PlaceKind:
    """Tell what a person means, by its form and by what lies in the image."""
    named = _NAMED.match(text)
    if named is not None:
        return "pixel x y" if named[0].lower().startswith("pix") else "source"
    try:
        numbers = _read_numbers(text)
    except ParameterError:
        return "RA Dec"
    if len(numbers) == 1:
        return "source"
    if len(numbers) != 2 or info.wcs is None:
        return "pixel x y" if len(numbers) == 2 else "RA Dec"
    pixel = _is_inside(numbers[0] - 1, numbers[1] - 1, info)
    try:
        x, y = info.wcs.world_to_pixel(_read_position(text))
        on_sky = _is_inside(float(x), float(y), info)
    except ParameterError:
        on_sky = False
    if pixel and on_sky:
        raise ParameterError(
            f"{text!r} may be RA and Dec or a pixel, and both are in the image",
            hint="choose which it is beside the box",
        )
    return "pixel x y" if pixel else "RA Dec"


def _is_inside(x: float, y: float, info: MapInfo) -> bool:
    ny, nx = info.shape
    return bool(-0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5)


def _read_numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in _NUMBERS.split(_NAMED.sub("", text).strip())]
    except ValueError as error:
        raise ParameterError(f"{text!r} is no number", hint="write numbers") from error


def _read_position(text: str) -> SkyCoord:
    try:
        return parse_position(text)
    except ParameterError as error:
        raise ParameterError(f"{text!r} is no place", hint=f"write {PLACE_HINT}") from error


def _find_source(
    number: int, info: MapInfo, load_catalogue: Callable[[], Table | None] | None
) -> tuple[float, float]:
    table = None
    if load_catalogue is not None:
        table = load_catalogue()
    elif info.band is not None and info.band.products is not None:
        table = info.band.load_places()
    if table is None or "NUMBER" not in table.colnames:
        raise ParameterError(
            "there is no catalogue to look the source up in", hint="segment the band"
        )
    row = np.flatnonzero(np.asarray(table["NUMBER"]) == number)
    if not row.size:
        raise ParameterError(
            f"source {number} is not in the catalogue",
            hint=f"give a NUMBER of its {len(table)} sources",
        )
    x, y = (float(u.Quantity(table[name][row[0]]).value) for name in ("X_IMAGE", "Y_IMAGE"))
    return x - 1, y - 1


_FORMS: Final = {
    "RA Dec": "one such as 02:17:12.5 -05:06:38 or 34.3021 -5.1105",
    "pixel x y": "two numbers such as 512 300, the first pixel being 1",
    "source": "its NUMBER",
}
