"""What the window looks at: between pixels of a map, world coordinates and the camera."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel

from skyseg.engine.types import Slices
from skyseg.errors import ParameterError
from skyseg.imaging.regions import region_slices
from skyseg.napari_plugin.layers import MapInfo
from skyseg.panel.session import Place

Point = npt.NDArray[np.float64]

_LEAST = 2.0
_SMALLEST_BOX = 24.0
_AROUND = 3.0


def to_world(info: MapInfo, row: float, column: float) -> Point:
    """World coordinates of a place in a map's pixels."""
    world: Point = (info.matrix @ [row, column, 1.0])[:2]
    return world


def to_pixel(info: MapInfo, world: Point) -> Point:
    """Row and column of a place in world coordinates."""
    pixel: Point = (np.linalg.inv(info.matrix) @ [world[0], world[1], 1.0])[:2]
    return pixel


def look_at(viewer: ViewerModel, centre: Point, size: Point) -> None:
    """Move the view, so that a box of world coordinates fills it.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    centre, size : ndarray of float, shape (2,)
        Middle, and height and width, of the box.
    """
    camera = viewer.scene.camera
    camera.center = (0.0, float(centre[0]), float(centre[1]))
    camera.zoom = float(np.min(_box(viewer) / np.maximum(size, 1e-6)))


def _box(viewer: ViewerModel) -> Point:
    """Height and width on the canvas of what shows the view: all of it, or a box of the grid."""
    grid = viewer.canvas.grid
    boxes = grid.actual_shape(viewer.layers) if grid.enabled else (1, 1)
    return np.asarray(viewer.canvas.size) / boxes


def looked_at(viewer: ViewerModel) -> tuple[Point, Point]:
    """Middle, and height and width, of what is in view, in world coordinates."""
    camera = viewer.scene.camera
    return np.array(camera.center[-2:]), _box(viewer) / camera.zoom


def part_in_view(viewer: ViewerModel, info: MapInfo, most: int) -> Slices | None:
    """Rows and columns of a map that are in view.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    info : MapInfo
        The map.
    most : int
        Longest side; of a longer one the middle is taken.

    Returns
    -------
    tuple of slice, or None
        None where the map is out of view.
    """
    centre, size = looked_at(viewer)
    corners = [centre + np.array(sign) * size / 2 for sign in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    pixels = np.array([to_pixel(info, corner) for corner in corners])
    low = np.clip(np.floor(pixels.min(axis=0)), 0, info.shape).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0)) + 1, 0, info.shape).astype(int)
    if np.any(high - low < _LEAST):
        return None
    middle, half = (low + high) // 2, np.minimum(high - low, most) // 2
    low, high = np.maximum(low, middle - half), np.minimum(high, middle + half)
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def place_in_view(viewer: ViewerModel, info: MapInfo, name: str = "") -> Place:
    """Return what is in view as a place: on the sky where the map has a WCS."""
    centre, size = looked_at(viewer)
    row, column = (float(value) for value in to_pixel(info, centre))
    height, width = (float(value) for value in size)
    if info.wcs is None:
        return Place(x=column, y=row, width=width, height=height, frame="pixel", name=name)
    sky = info.wcs.pixel_to_world(column, row)
    return Place.on_sky(sky, u.Quantity([width, height], u.arcsec), name)


def go_to(viewer: ViewerModel, info: MapInfo, place: Place) -> None:
    """Fill the view with a place.

    Raises
    ------
    ParameterError
        If the place lies outside the map.
    """
    try:
        region_slices(place.region, info.shape, wcs=info.wcs, pix_scale=info.pix_scale)
    except ParameterError as error:
        raise ParameterError(
            f"{place.name or 'the place'} is not in the image; choose one inside it"
        ) from error
    if place.frame == "sky" and info.wcs is not None:
        column, row = (float(value) for value in info.wcs.world_to_pixel(place.centre))
        size = np.array([place.height, place.width])
    else:
        row, column = place.y, place.x
        size = np.array([place.height, place.width]) * info.scale
    look_at(viewer, to_world(info, row, column), size)


def go_to_box(viewer: ViewerModel, info: MapInfo, box: tuple[float, float, float, float]) -> None:
    """Fly to rows and columns (first and last row, first and last column), with some sky around."""
    rows, columns = np.array(box[:2]), np.array(box[2:])
    centre = to_world(info, float(rows.mean()), float(columns.mean()))
    side = max(float(np.ptp(rows)), float(np.ptp(columns)), _SMALLEST_BOX) * _AROUND * info.scale
    look_at(viewer, centre, np.array([side, side]))
