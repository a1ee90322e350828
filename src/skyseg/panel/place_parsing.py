"""Places from what a person gives: a position, a source, a drawn rectangle, a region file."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any, Literal

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord

from skyseg.errors import ParameterError
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Place

PlaceKind = Literal["RA Dec", "pixel x y", "source"]

_NUMBERS = re.compile(r"[\s,;]+")


def parse_place(kind: PlaceKind, text: str, field: float, info: MapInfo) -> Place:
    """Make a place from what a person writes.

    Parameters
    ----------
    kind : {"RA Dec", "pixel x y", "source"}
        What the text is: a position in any form that SkyCoord reads (degrees where
        it names no unit), a pixel counted from 0, or the NUMBER of a source.
    text : str
        The text.
    field : float
        Width and height in arcsec; in pixels for a map without WCS.
    info : MapInfo
        The map that pixels and sources refer to.

    Returns
    -------
    Place

    Raises
    ------
    ParameterError
        If the text is not understood.
    """
    if kind == "RA Dec":
        return Place.on_sky(_position(text), field * u.arcsec, text.strip())
    try:
        numbers = [float(part) for part in _NUMBERS.split(text.strip())]
    except ValueError as error:
        raise ParameterError(f"{text!r} is no number", hint=f"write {_FORMS[kind]}") from error
    if len(numbers) != (2 if kind == "pixel x y" else 1) or (
        kind == "source" and not numbers[0].is_integer()
    ):
        raise ParameterError(f"{text!r} is no {kind}", hint=f"write {_FORMS[kind]}")
    x, y = numbers if kind == "pixel x y" else _source(int(numbers[0]), info)
    return _at_pixel(x, y, field, field, info, f"{kind} {text.strip()}")


def make_rectangle_place(corners: Any, info: MapInfo, name: str) -> Place:
    """Make a place from the corners of a rectangle in world coordinates."""
    pixels = np.array([info.to_pixel(corner) for corner in corners])
    (y0, x0), (y1, x1) = pixels.min(axis=0), pixels.max(axis=0)
    scale = info.scale
    return _at_pixel((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) * scale, (y1 - y0) * scale, info, name)


def read_region_places(path: Path, info: MapInfo) -> list[Place]:
    """Read a DS9 region file as places, each the bounding box of a region.

    Parameters
    ----------
    path : Path
        The file.
    info : MapInfo
        The map on which regions on the sky are drawn.

    Returns
    -------
    list of Place

    Raises
    ------
    ParameterError
        If it cannot be read, or holds no region.
    """
    from regions import Regions

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = list(Regions.read(path, format="ds9"))
        except (OSError, ValueError) as error:
            raise ParameterError(f"{path} is no DS9 region file", hint="choose another") from error
    if not found:
        raise ParameterError(f"{path} holds no region", hint="choose another file")
    return [_of_region(region, number, info) for number, region in enumerate(found, start=1)]


def _of_region(region: Any, number: int, info: MapInfo) -> Place:
    if hasattr(region, "to_pixel"):
        if info.wcs is None:
            raise ParameterError(
                "the regions are on the sky and the map has no WCS",
                hint="save them in image coordinates",
            )
        region = region.to_pixel(info.wcs)
    box = region.bounding_box
    width, height = max(box.ixmax - box.ixmin, 1), max(box.iymax - box.iymin, 1)
    x, y = (box.ixmin + box.ixmax - 1) / 2, (box.iymin + box.iymax - 1) / 2
    name = str(region.meta.get("text", "")) or f"region {number}"
    return _at_pixel(x, y, width * info.scale, height * info.scale, info, name)


def _position(text: str) -> SkyCoord:
    plain = text.replace(",", " ")
    unit = ("hourangle", "deg") if ":" in plain or len(plain.split()) == 6 else "deg"
    try:
        return SkyCoord(plain, unit=unit)
    except (ValueError, u.UnitsError) as error:
        raise ParameterError(
            f"{text!r} is no position", hint=f"write {_FORMS['RA Dec']}"
        ) from error


def _source(number: int, info: MapInfo) -> tuple[float, float]:
    if info.band is None or info.band.products is None:
        raise ParameterError(
            "there is no catalogue to look the source up in", hint="segment the band"
        )
    table = info.band.load_places()
    row = np.flatnonzero(np.asarray(table["NUMBER"]) == number)
    if not row.size:
        raise ParameterError(
            f"source {number} is not in the catalogue",
            hint=f"give a NUMBER of its {len(table)} sources",
        )
    x, y = (float(u.Quantity(table[name][row[0]]).value) for name in ("X_IMAGE", "Y_IMAGE"))
    return x - 1, y - 1


def _at_pixel(x: float, y: float, width: float, height: float, info: MapInfo, name: str) -> Place:
    """Place around a pixel; on the sky where the map has a WCS."""
    if width <= 0 or height <= 0:
        raise ParameterError("the region has no size", hint="draw or write a larger one")
    if info.wcs is None:
        return Place(x=x, y=y, width=width, height=height, frame="pixel", name=name)
    sky = info.wcs.pixel_to_world(x, y)
    return Place.on_sky(sky, u.Quantity([width, height], u.arcsec), name)


_FORMS = {
    "RA Dec": "one such as 02:17:12.5 -05:06:38 or 34.3021 -5.1105",
    "pixel x y": "two numbers such as 512 300",
    "source": "its NUMBER",
}
