"""Shapes over the sky or an image: circles, ellipses, boxes and polygons, as DS9 has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from pydantic import BaseModel, ConfigDict

from skyseg.engine.types import FloatArray
from skyseg.errors import ParameterError

if TYPE_CHECKING:
    from astropy.wcs import WCS

ShapeKind = Literal["circle", "ellipse", "box", "polygon"]

_KINDS: dict[str, ShapeKind] = {
    "Circle": "circle",
    "Ellipse": "ellipse",
    "Rectangle": "box",
    "Polygon": "polygon",
}
_ANGLES = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
_ROUND = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


class RegionShape(BaseModel):
    """A shape on the sky, or on an image without WCS.

    Attributes
    ----------
    kind : {"circle", "ellipse", "box", "polygon"}
        What it is.
    frame : {"sky", "pixel"}
        ICRS degrees and arcsec, or pixels from 0.
    points : tuple of (float, float)
        The centre; of a polygon its corners.
    size : tuple of float
        Half axes of a circle or an ellipse, or halves of the sides of a box.
    angle : float
        Of the first axis in degrees, from west to north on the sky, from x to y on
        an image.
    colour : str
        As DS9 names it; empty for the usual one.

    Examples
    --------
    >>> RegionShape(kind="circle", frame="pixel", points=((9.0, 4.0),), size=(3.0, 3.0)).angle
    0.0
    """

    model_config = ConfigDict(frozen=True)

    kind: ShapeKind
    frame: Literal["sky", "pixel"] = "sky"
    points: tuple[tuple[float, float], ...]
    size: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0
    colour: str = ""


def trace_shapes(shapes: Sequence[RegionShape], wcs: WCS | None) -> list[FloatArray]:
    """Return the outlines of shapes on an image.

    Parameters
    ----------
    shapes : sequence of RegionShape
        The shapes; those on the sky are left out of an image without WCS.
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the image.

    Returns
    -------
    list of ndarray of float64, shape (n, 2)
        Columns and rows, from 0, of the corners of each; all nan where there is no
        such place on the image.
    """
    traced = [_outline(shape) for shape in shapes]
    on_sky = [number for number, shape in enumerate(shapes) if shape.frame == "sky"]
    if wcs is None:
        for number in on_sky:
            traced[number] = np.full_like(traced[number], np.nan)
    if not on_sky or wcs is None:
        return traced
    lengths = [len(traced[number]) for number in on_sky]
    centres = np.repeat([shapes[number].points[0] for number in on_sky], lengths, axis=0)
    offsets = np.concatenate([traced[number] for number in on_sky])
    sky = SkyCoord(centres[:, 0], centres[:, 1], unit="deg").spherical_offsets_by(
        -offsets[:, 0] * u.arcsec, offsets[:, 1] * u.arcsec
    )
    pixels = np.stack(wcs.world_to_pixel(sky), axis=1)
    for number, part in zip(on_sky, np.split(pixels, np.cumsum(lengths)[:-1]), strict=True):
        traced[number] = part
    return traced


def _outline(shape: RegionShape) -> FloatArray:
    """Corners: in arcsec to the west and north of the centre on the sky, else in pixels."""
    centre = shape.points[0]
    if shape.kind == "polygon":
        corners = np.array(shape.points)
        if shape.frame == "pixel":
            return corners
        sky = SkyCoord(corners, unit="deg")
        east, north = sky[0].spherical_offsets_to(sky)
        return np.stack([-east.to_value(u.arcsec), north.to_value(u.arcsec)], axis=1)
    form = _SQUARE if shape.kind == "box" else _ROUND
    cos, sin = np.cos(np.radians(shape.angle)), np.sin(np.radians(shape.angle))
    turned: FloatArray = form * shape.size @ np.array([[cos, sin], [-sin, cos]])
    return turned + (centre if shape.frame == "pixel" else 0.0)


def read_ds9(text: str, wcs: WCS | None) -> tuple[list[tuple[RegionShape, str]], dict[str, int]]:
    """Read regions of DS9.

    Parameters
    ----------
    text : str
        What a region file holds.
    wcs : astropy.wcs.WCS or None
        Celestial WCS of the image that they are for; with one, regions in pixels
        become shapes on the sky.

    Returns
    -------
    found : list of (RegionShape, str)
        The shapes, and the text that each is labelled with.
    others : dict of str to int
        How many there are of kinds that are no shape, such as points.

    Raises
    ------
    ValueError
        If it is no region file.
    ParameterError
        If regions are on the sky, and the image has no WCS.
    """
    from regions import Regions

    found: list[tuple[RegionShape, str]] = []
    others: dict[str, int] = {}
    for region in Regions.parse(text, format="ds9"):
        name = type(region).__name__.removesuffix("Region").removesuffix("Sky")
        name = name.removesuffix("Pixel")
        if name in _KINDS:
            shape = _read_shape(_KINDS[name], _move_to_frame(region, wcs))
            found.append((shape, str(region.meta.get("text", ""))))
        else:
            others[name.lower()] = others.get(name.lower(), 0) + 1
    return found, others


def _move_to_frame(region: Any, wcs: WCS | None) -> Any:
    """Return a region in the frame in which shapes are kept."""
    if wcs is None and hasattr(region, "to_pixel"):
        raise ParameterError(
            "the regions are on the sky and the map has no WCS",
            hint="save them in image coordinates",
        )
    if wcs is None:
        return region
    if hasattr(region, "to_sky"):
        return region.to_sky(wcs)
    places = getattr(region, "vertices", None)
    frame = (region.center if places is None else places).frame.name
    return region if frame in ("icrs", "fk5") else region.to_pixel(wcs).to_sky(wcs)


def _read_shape(kind: ShapeKind, region: Any) -> RegionShape:
    places = region.vertices if kind == "polygon" else region.center
    on_sky = isinstance(places, SkyCoord)
    if on_sky:
        icrs = places.icrs
        at = np.stack([np.atleast_1d(icrs.ra.deg), np.atleast_1d(icrs.dec.deg)], axis=1)
    else:
        at = np.stack([np.atleast_1d(places.x), np.atleast_1d(places.y)], axis=1)
    if kind == "polygon":
        sides: tuple[Any, Any] = (0.0, 0.0)
    elif kind == "circle":
        sides = (region.radius, region.radius)
    else:
        sides = (region.width / 2, region.height / 2)
    return RegionShape(
        kind=kind,
        frame="sky" if on_sky else "pixel",
        points=tuple((float(x), float(y)) for x, y in at),
        size=(_length(sides[0]), _length(sides[1])),
        angle=float(region.angle.to_value(u.deg)) if kind in ("ellipse", "box") else 0.0,
        colour=str(region.visual.get("edgecolor", "")),
    )


def _length(side: Any) -> float:
    return float(side.to_value(u.arcsec)) if isinstance(side, u.Quantity) else float(side)


def write_ds9(shapes: Iterable[tuple[RegionShape, str]]) -> str:
    """Write shapes and their labels as DS9 has them; pixels count from 1 there.

    Returns
    -------
    str
        The content of a region file.
    """
    from regions import Regions

    text: str = Regions([_make_region(shape, name) for shape, name in shapes]).serialize(
        format="ds9"
    )
    return text


def _make_region(shape: RegionShape, name: str) -> Any:
    import regions

    family = "Sky" if shape.frame == "sky" else "Pixel"
    kind = next(each for each, ours in _KINDS.items() if ours == shape.kind)
    make = getattr(regions, f"{kind}{family}Region")
    at = np.array(shape.points)
    unit: Any = u.arcsec if shape.frame == "sky" else 1
    form: dict[str, Any] = {"meta": {"text": name} if name else {}}
    if shape.colour:
        form["visual"] = {"color": shape.colour}
    many = shape.kind == "polygon"
    columns = at.T if many else at[0]
    places = SkyCoord(*columns, unit="deg") if shape.frame == "sky" else regions.PixCoord(*columns)
    if many:
        return make(places, **form)
    if shape.kind == "circle":
        return make(places, shape.size[0] * unit, **form)
    width, height = (2 * side * unit for side in shape.size)
    return make(places, width, height, shape.angle * u.deg, **form)
