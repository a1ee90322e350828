"""The camera: what is in view, in world coordinates and in pixels of a map, and moving it."""

from __future__ import annotations

import astropy.units as u
import numpy as np
from napari.components import ViewerModel

from skyseg.engine.types import FloatArray, Slices
from skyseg.errors import ParameterError
from skyseg.imaging.regions import region_slices
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Place

_LEAST = 2.0
_SMALLEST_BOX = 24.0
_AROUND = 3.0


def look_at(viewer: ViewerModel, centre: FloatArray, size: FloatArray) -> None:
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
    camera.zoom = float(np.min(_visible_size(viewer) / np.maximum(size, 1e-6)))


def _visible_size(viewer: ViewerModel) -> FloatArray:
    """Height and width on the canvas of what shows the view: all of it, or a box of the grid."""
    grid = viewer.canvas.grid
    boxes = grid.actual_shape(viewer.layers) if grid.enabled else (1, 1)
    return np.asarray(viewer.canvas.size) / boxes


def get_view(viewer: ViewerModel) -> tuple[FloatArray, FloatArray]:
    """Middle, and height and width, of what is in view, in world coordinates."""
    camera = viewer.scene.camera
    return np.array(camera.center[-2:]), _visible_size(viewer) / camera.zoom


def get_part_in_view(viewer: ViewerModel, info: MapInfo, most: int | None = None) -> Slices | None:
    """Rows and columns of a map that are in view.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    info : MapInfo
        The map.
    most : int, optional
        Longest side; of a longer one the middle is taken.

    Returns
    -------
    tuple of slice, or None
        None where the map is out of view.
    """
    centre, size = get_view(viewer)
    corners = [centre + np.array(sign) * size / 2 for sign in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    pixels = np.array([info.to_pixel(corner) for corner in corners])
    low = np.clip(np.floor(pixels.min(axis=0)), 0, info.shape).astype(int)
    high = np.clip(np.ceil(pixels.max(axis=0)) + 1, 0, info.shape).astype(int)
    if np.any(high - low < _LEAST):
        return None
    if most is not None:
        length = np.minimum(high - low, most)
        low += (high - low - length) // 2
        high = low + length
    return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))


def get_place_in_view(viewer: ViewerModel, info: MapInfo, name: str = "") -> Place:
    """Return what is in view as a place: on the sky where the map has a WCS."""
    centre, size = get_view(viewer)
    row, column = (float(value) for value in info.to_pixel(centre))
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
            f"{place.name or 'the place'} is not in the image", hint="choose one inside it"
        ) from error
    if place.frame == "sky" and info.wcs is not None:
        column, row = (float(value) for value in info.wcs.world_to_pixel(place.centre))
        size = np.array([place.height, place.width])
    else:
        row, column = place.y, place.x
        size = np.array([place.height, place.width]) * info.scale
    look_at(viewer, info.to_world(row, column), size)


def go_to_box(viewer: ViewerModel, info: MapInfo, box: tuple[float, float, float, float]) -> None:
    """Move the view to rows and columns (first and last each), with some sky around."""
    rows, columns = np.array(box[:2]), np.array(box[2:])
    centre = info.to_world(float(rows.mean()), float(columns.mean()))
    side = max(float(np.ptp(rows)), float(np.ptp(columns)), _SMALLEST_BOX) * _AROUND * info.scale
    look_at(viewer, centre, np.array([side, side]))
