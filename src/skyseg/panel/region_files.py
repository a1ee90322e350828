"""Region files of DS9: read as places, and written from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skyseg.errors import ParameterError
from skyseg.imaging.warned import catching_warnings
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_parsing import place_at_pixel
from skyseg.panel.region_shapes import RegionShape, read_ds9, trace_shapes, write_ds9
from skyseg.panel.session import Place
from skyseg.writing import read_small, whole_file


def read_region_places(path: Path, info: MapInfo) -> tuple[list[Place], str]:
    """Read a DS9 region file as places, each with its shape, around which it lies.

    Parameters
    ----------
    path : Path
        The file.
    info : MapInfo
        The map over which the regions are drawn.

    Returns
    -------
    places : list of Place
        One for each circle, ellipse, box and polygon.
    note : str
        What the file holds besides; empty where that is nothing.

    Raises
    ------
    ParameterError
        If it cannot be read, holds no such region, or is on the sky and the map has
        no WCS.

    Examples
    --------
    >>> places, note = read_region_places(Path("stars.reg"), info)
    """
    with catching_warnings():
        try:
            found, others = read_ds9(read_small(path).decode(), info.wcs)
        except (OSError, ValueError) as error:
            raise ParameterError(f"{path} is no DS9 region file", hint="choose another") from error
    note = ", ".join(f"{number} {kind}" for kind, number in others.items())
    if not found:
        raise ParameterError(
            f"{path} holds no circle, ellipse, box or polygon", hint="choose another file"
        )
    shapes = [shape for shape, _ in found]
    outlines = trace_shapes(shapes, info.wcs)
    places = [
        _place_around(outline, shape, name or f"region {number}", info)
        for number, ((shape, name), outline) in enumerate(
            zip(found, outlines, strict=True), start=1
        )
    ]
    return places, f"{path.name}: {note} left out, as no shape is drawn of it" if note else ""


def save_region_places(path: Path, places: Sequence[Place]) -> None:
    """Write places as a DS9 region file: their shapes, or boxes of their sizes.

    Parameters
    ----------
    path : Path
        The file; one that is there is replaced.
    places : sequence of Place
        The places.

    Raises
    ------
    ParameterError
        If there is none.
    ProductError
        If it cannot be written.
    """
    if not places:
        raise ParameterError("there is no place to save", hint="draw or remember one first")
    text = write_ds9((place.shape or _box_of(place), place.name) for place in places)
    with whole_file(path) as file:
        file.write(text.encode())


def _place_around(outline: object, shape: RegionShape, name: str, info: MapInfo) -> Place:
    pixels = np.asarray(outline)
    if not np.isfinite(pixels).all():
        size = tuple(2 * max(side, 1.0) for side in shape.size)
        x, y = shape.points[0]
        return Place(
            x=x, y=y, width=size[0], height=size[1], frame=shape.frame, name=name, shape=shape
        )
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    width, height = np.maximum(high - low, 1.0) * info.scale
    middle = (low + high) / 2
    place = place_at_pixel(middle[0], middle[1], (width, height), info, name)
    return place.model_copy(update={"shape": shape})


def _box_of(place: Place) -> RegionShape:
    return RegionShape(
        kind="box",
        frame=place.frame,
        points=((place.x, place.y),),
        size=(place.width / 2, place.height / 2),
    )
