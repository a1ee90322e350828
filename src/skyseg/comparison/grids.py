"""Two maps of the same sky brought onto one grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.comparison.inputs import LabelMap
from skyseg.comparison.overlaps import find_runs, row_blocks
from skyseg.engine.types import AnyFloatImage, BoolImage, IntArray
from skyseg.errors import ComparisonError

if TYPE_CHECKING:
    from astropy.wcs import WCS

SAME_GRID_PIXELS: Final = 0.1
_EXACT_IN_FLOAT32: Final = 1 << 24


@dataclass(frozen=True)
class CommonGrid:
    """Two label maps of one shape.

    Attributes
    ----------
    a, b : LabelMap
        The maps on the grid of a.
    reprojected : bool
        Whether b had to be brought there.
    notes : tuple of str
        What was done and what was left out, in sentences.
    """

    a: LabelMap
    b: LabelMap
    reprojected: bool = False
    notes: tuple[str, ...] = ()


def put_on_one_grid(a: LabelMap, b: LabelMap) -> CommonGrid:
    """Bring b onto the grid of a where the two differ.

    Grids of one shape are the same where a WCS is missing, or where the two
    agree within a tenth of a pixel; then nothing is done. Else every pixel of a
    takes the label of the pixel of b nearest to it on the sky, and the part of a
    that b does not cover is left out of the comparison.

    Parameters
    ----------
    a, b : LabelMap
        The two sides.

    Returns
    -------
    CommonGrid
        Both on the grid of a.

    Raises
    ------
    ComparisonError
        If the shapes differ and a WCS is missing, or the maps do not overlap.
    """
    if a.wcs is None or b.wcs is None:
        if a.shape != b.shape:
            raise ComparisonError(
                f"{a.name} has shape {a.shape} and {b.name} has {b.shape}",
                hint="maps of different shapes need a celestial WCS each",
            )
        return CommonGrid(replace(a, wcs=b.wcs) if a.wcs is None else a, b)
    if a.shape == b.shape and is_same_grid(a.wcs, b.wcs, a.shape):
        return CommonGrid(a, b)
    return _reprojected(a, b)


def is_same_grid(wcs_a: WCS, wcs_b: WCS, shape: tuple[int, int]) -> bool:
    """Tell whether pixels on a raster of three by three have one place in both.

    Parameters
    ----------
    wcs_a, wcs_b : astropy.wcs.WCS
        Celestial WCS of two maps.
    shape : tuple of int
        Their shape (ny, nx).

    Returns
    -------
    bool
        True within `SAME_GRID_PIXELS`.
    """
    from astropy.wcs.utils import pixel_to_pixel

    ny, nx = shape
    x, y = np.meshgrid(np.linspace(0, nx - 1, 3), np.linspace(0, ny - 1, 3))
    x_b, y_b = pixel_to_pixel(wcs_a, wcs_b, x, y)
    return bool(np.all(np.hypot(x_b - x, y_b - y) < SAME_GRID_PIXELS))


def _reprojected(a: LabelMap, b: LabelMap) -> CommonGrid:
    labels_a, labels_b = np.zeros(a.shape, dtype=a.labels.dtype), np.zeros(a.shape, dtype=np.int64)
    covered = left_out = 0
    for rows, nearest, inside in _nearest(a, b):
        labels_b[rows] = nearest
        block = np.asarray(a.labels[rows])
        labels_a[rows] = np.where(inside, block, 0)
        covered += int(np.count_nonzero(inside))
        left_out += int(np.count_nonzero(block[~inside]))
    if not covered:
        raise ComparisonError(
            f"{a.name} and {b.name} do not overlap on the sky",
            hint="compare maps of the same field",
        )
    notes = [f"{b.name} was brought onto the grid of {a.name}, nearest pixel by the WCS"]
    if covered < labels_a.size:
        notes.append(
            f"{b.name} covers {covered / labels_a.size:.1%} of that grid; {left_out} pixels of "
            "sources outside were left out"
        )
    return CommonGrid(
        replace(a, labels=labels_a), replace(b, labels=labels_b, wcs=a.wcs), True, tuple(notes)
    )


def _nearest(a: LabelMap, b: LabelMap) -> Iterator[tuple[slice, IntArray, BoolImage]]:
    """For every block of rows of a's grid, the labels of b and where b has pixels."""
    from reproject import reproject_interp

    index, labels = _indexed(b)
    assert a.wcs is not None
    for rows in row_blocks(a.shape):
        shape = (rows.stop - rows.start, a.shape[1])
        values: npt.NDArray[Any] = reproject_interp(
            (index, b.wcs),
            a.wcs[rows, :],
            shape_out=shape,
            order="nearest-neighbor",
            return_footprint=False,
        )
        inside = np.isfinite(values)
        yield rows, labels[np.where(inside, values, 0).astype(np.int64)], inside


def _indexed(b: LabelMap) -> tuple[AnyFloatImage, IntArray]:
    """Give the map as places in the list of its labels: floats hold those, not every label."""
    names = (b.name, b.name)
    runs = [
        (rows, find_runs(b.labels[rows], b.labels[rows], names)) for rows in row_blocks(b.shape)
    ]
    labels = np.unique(np.concatenate([np.zeros(1, np.int64), *(run.b for _, run in runs)]))
    dtype = np.float32 if len(labels) <= _EXACT_IN_FLOAT32 else np.float64
    index = np.empty(b.shape, dtype=dtype)
    for rows, run in runs:
        places = np.searchsorted(labels, run.b).astype(dtype)
        index[rows] = np.repeat(places, run.length).reshape(index[rows].shape)
    return index, labels
