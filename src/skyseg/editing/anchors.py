"""Where the sources and points of operations lie, on the sky and in the pixels of another map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from skyseg.editing.edited_map import EditedMap
from skyseg.editing.operations import Anchor, Operation, Point, Run
from skyseg.engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class Plane:
    """The pixels of a map on the sky.

    Attributes
    ----------
    wcs : WCS or None
        The celestial WCS; None where there is none.
    """

    wcs: WCS | None = None

    @property
    def pix_scale(self) -> float | None:
        """Side of a pixel in arcsec; None without a WCS."""
        if self.wcs is None:
            return None
        return float(np.sqrt(np.prod(proj_plane_pixel_scales(self.wcs))) * 3600)

    def to_sky(self, points: Sequence[Point]) -> tuple[Point, ...]:
        """RA and Dec in degrees of places in pixels from 0; none without a WCS."""
        if self.wcs is None or not points:
            return ()
        x, y = np.asarray(points, np.float64).T
        sky = self.wcs.pixel_to_world(x, y).icrs
        return tuple(zip(sky.ra.deg.tolist(), sky.dec.deg.tolist(), strict=True))

    def to_pixels(self, sky: Sequence[Point]) -> FloatArray:
        """Places in pixels from 0, shape (n, 2), of RA and Dec in degrees; NaN off the map."""
        ra, dec = np.asarray(sky, np.float64).T
        found = SkyCoord(ra, dec, unit="deg").to_pixel(self.wcs)
        return np.column_stack([np.asarray(each, np.float64) for each in found])

    def anchor(self, edited: EditedMap, label: int) -> Anchor:
        """Say where a source is: at its pixel that is nearest to its middle."""
        part, mask = edited.part_of([label]), edited.mask_of(label)
        rows, columns = np.nonzero(mask)
        far = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
        place = int(np.argmin(far))
        x, y = float(columns[place] + part[1].start), float(rows[place] + part[0].start)
        sky = self.to_sky([(x, y)])
        ra, dec = sky[0] if sky else (None, None)
        return Anchor(label=label, x=x, y=y, ra=ra, dec=dec, area=len(rows))

    def locate(self, edited: EditedMap, operation: Operation) -> Operation:
        """Note where the sources and points of an operation are, before it is done."""
        anchors = tuple(self.anchor(edited, each) for each in operation.named if each in edited)
        sky = self.to_sky(operation.points)
        return operation.model_copy(update={"anchors": anchors, "sky": sky})


def move_runs(runs: Sequence[Run], of: WCS, to: WCS, shape: tuple[int, int]) -> tuple[Run, ...]:
    """Return the pixels of another grid whose centres lie on some pixels.

    Parameters
    ----------
    runs : sequence of (int, int, int)
        The pixels.
    of, to : WCS
        Their celestial WCS, and that of the other grid.
    shape : tuple of int
        Shape (ny, nx) of the other grid.

    Returns
    -------
    tuple of (int, int, int)
        Empty where they lie off it.
    """
    y, first, last = np.asarray(runs).T
    top, left = int(y.min()), int(first.min())
    inside = np.zeros((int(y.max()) + 3 - top, int(last.max()) + 2 - left), np.bool_)
    for row, start, stop in runs:
        inside[row - top + 1, start - left + 1 : stop - left + 1] = True
    edge = [(x, row) for row in (y.min() - 1, y.max() + 1) for x in (first.min() - 1, last.max())]
    corners = Plane(to).to_pixels(Plane(of).to_sky(edge))
    if not np.isfinite(corners).all():
        return ()
    (x0, y0), (x1, y1) = np.floor(corners.min(axis=0)) - 1, np.ceil(corners.max(axis=0)) + 2
    rows = np.arange(max(int(y0), 0), min(int(y1), shape[0]))
    columns = np.arange(max(int(x0), 0), min(int(x1), shape[1]))
    if not rows.size or not columns.size:
        return ()
    grid_y, grid_x = np.meshgrid(rows, columns, indexing="ij")
    back = of.world_to_pixel(to.pixel_to_world(grid_x, grid_y))
    on_x, on_y = (np.floor(np.asarray(each) + 0.5) for each in back)
    place_y = np.clip(np.nan_to_num(on_y, nan=-1) - top + 1, 0, inside.shape[0] - 1).astype(int)
    place_x = np.clip(np.nan_to_num(on_x, nan=-1) - left + 1, 0, inside.shape[1] - 1).astype(int)
    return find_runs(inside[place_y, place_x], int(rows[0]), int(columns[0]))


def find_runs(mask: np.typing.NDArray[np.bool_], top: int = 0, left: int = 0) -> tuple[Run, ...]:
    """Return the runs of pixels of a mask whose first pixel lies at a row and a column.

    Examples
    --------
    >>> find_runs(np.array([[0, 1, 1, 0, 1]], bool), top=7)
    ((7, 1, 3), (7, 4, 5))
    """
    steps = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1]
    return tuple(
        (int(row) + top, int(start) + left, int(stop) + left)
        for row, start, stop in zip(rows, starts, stops, strict=True)
    )
