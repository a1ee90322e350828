"""How deep an image is: the scatter of light in apertures that hold no source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import (
    as_count,
    as_diameters,
    as_mapper,
    as_number,
    as_progress,
)
from skyseg.engine._neighbours import find_neighbours
from skyseg.engine._photometry import measure_apertures
from skyseg.engine._scene import Scene
from skyseg.engine.mappers import Mapper, ThreadMapper, report_each
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Rows, Window, as_rows, choose_strips
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import BoolImage, FloatArray, FloatImage, IntArray, LabelImage, Progress
from skyseg.errors import ImageError, ParameterError

NMAD: Final = 1.482602218505602
"""Standard deviation of a normal distribution in units of its median absolute deviation."""

_QUARTERS: Final = 3
"""How many quarters of a lattice come after the first one."""

_PLAIN: Final = Parameters(mask_type="NONE")
_HALF_DIAGONAL: Final = np.sqrt(0.5)


@dataclass(frozen=True, eq=False)
class EmptyApertures:
    """Circles on an image that hold no source and do not overlap, and the light in them.

    Attributes
    ----------
    diameter : float
        Their diameter in pixels.
    x, y : ndarray of int64, shape (n,)
        Their centres, in pixels from 0, by rows.
    flux : ndarray of float64, shape (n,)
        The light in each, in the unit of the image, as FLUX_APER sums it.
    """

    diameter: float
    x: IntArray
    y: IntArray
    flux: FloatArray

    @property
    def scatter(self) -> float:
        """The scatter of all fluxes; NaN of fewer than two."""
        return float(measure_scatter(self.flux[None])[0]) if self.flux.size > 1 else np.nan

    def find_local_scatter(
        self, x: npt.ArrayLike, y: npt.ArrayLike, n_nearest: int = 200
    ) -> FloatArray:
        """Measure the scatter of the apertures nearest to some places.

        Parameters
        ----------
        x, y : array_like of float, shape (m,)
            The places, in pixels from 0; not finite ones have NaN.
        n_nearest : int
            Number of apertures for each; all of them where there are fewer. Of those at one
            distance those of lower rows, then columns, are nearer.

        Returns
        -------
        ndarray of float64, shape (m,)
            In the unit of the image; NaN everywhere where there are fewer than two.

        Raises
        ------
        ParameterError
            If the places are not two lists of one length, or the number is below 2.
        """
        count = min(as_count(n_nearest, "n_nearest", least=2), self.flux.size)
        places = _as_places(x, y)
        found = np.full(len(places), np.nan)
        known = np.flatnonzero(np.isfinite(places).all(axis=1))
        if count < 2:
            return found
        neighbours = find_neighbours(self.x, self.y, places[known], count)
        for some, flux in neighbours.gather(self.flux):
            found[known[some]] = measure_scatter(flux)
        return found


class _Task(NamedTuple):
    """A strip of an image, and what is measured there."""

    sci: Rows
    taken: Rows
    background: Rows | None
    diameters: tuple[float, ...]
    margin: float
    strip: tuple[int, int]


def measure_scatter(flux: FloatArray) -> FloatArray:
    """Return 1.4826 times the median absolute deviation of each row, shape (m,).

    Parameters
    ----------
    flux : ndarray of float64, shape (m, n)
        The values.

    Returns
    -------
    ndarray of float64, shape (m,)
    """
    away = flux - _find_medians(flux)[:, None]
    scatter: FloatArray = NMAD * _find_medians(np.abs(away, out=away))
    return scatter


def _find_medians(values: FloatArray) -> FloatArray:
    """Return the median of each row; sorting is faster than numpy's median, which partitions."""
    ordered = np.sort(values, axis=1)
    last = values.shape[1] - 1
    medians: FloatArray = (ordered[:, last // 2] + ordered[:, last - last // 2]) / 2
    return medians


def measure_empty_apertures(
    sci: npt.ArrayLike | Rows,
    taken: npt.ArrayLike | Rows,
    aper_diams: Sequence[float],
    *,
    background: npt.ArrayLike | Rows | None = None,
    margin: float = 0.0,
    strip_rows: int | None = None,
    mapper: Mapper | None = None,
    progress: Progress | None = None,
) -> tuple[EmptyApertures, ...]:
    """Lay circles everywhere where there is room between sources, and sum the light in them.

    Parameters
    ----------
    sci : array_like, shape (ny, nx), or Rows
        The image.
    taken : array_like, shape (ny, nx), or Rows
        0 where an aperture may lie: labels of sources, or any map that says where there is
        no empty sky. What is not finite, in either map, is taken.
    aper_diams : sequence of float
        Diameters in pixels. Each has apertures of its own.
    background : array_like, shape (ny, nx), or Rows, optional
        The sky, subtracted from the image; by default nothing is.
    margin : float, optional
        How far the edge of an aperture stays away from what is taken, in pixels.
    strip_rows : int, optional
        Rows that are read at once; the result does not depend on it.
    mapper : Mapper, optional
        Works the strips; by default all cores do.
    progress : callable, optional
        Told how far the work is.

    Returns
    -------
    tuple of EmptyApertures
        For each diameter.

    Raises
    ------
    ImageError
        If a map is no image, or they differ in shape.
    ParameterError
        If another argument is not allowed, or a diameter exceeds the image.

    Notes
    -----
    Apertures lie on a square lattice of half their size; each place that is free and does
    not overlap one before it is taken, first those of even row and column, then the three
    other quarters. The places depend on nothing but the map.

    Examples
    --------
    >>> image = np.random.default_rng(1).normal(0, 1, (200, 200)).astype(np.float32)
    >>> (apertures,) = measure_empty_apertures(image, np.zeros((200, 200)), [8.0])
    >>> len(apertures.x), bool(6 < apertures.scatter < 8)
    (576, True)
    """
    image, where = as_rows(sci, "sci"), as_rows(taken, "taken")
    sky = None if background is None else as_rows(background, "background")
    for other, name in ((where, "taken"), (sky, "background")):
        if other is not None and other.shape != image.shape:
            raise ImageError(
                f"has shape {other.shape} and sci {image.shape}", hint="give maps of one shape",
                argument=name,
            )  # fmt: skip
    diameters = as_diameters(aper_diams)
    far = as_number(margin, "margin", allowed=True)
    if max(diameters, default=0.0) + 2 * far >= min(image.shape):
        raise ParameterError(
            f"has {max(diameters):g} pixels with its margin, of an image of shape {image.shape}",
            hint="give smaller ones",
            argument="aper_diams",
        )
    strips = _choose_strips(image.shape, strip_rows, diameters, far)
    tasks = [_Task(image, where, sky, diameters, far, strip) for strip in strips]
    works = (ThreadMapper() if mapper is None else as_mapper(mapper))(_measure_strip, tasks)
    told = report_each(works, as_progress(progress), len(tasks), "laying empty apertures")
    parts = list(zip(*told, strict=True))
    return tuple(map(_join, parts))


def _as_places(x: npt.ArrayLike, y: npt.ArrayLike) -> FloatArray:
    """Return places as an array, shape (m, 2)."""
    columns = [np.asarray(each) for each in (x, y)]
    for column, name in zip(columns, "xy", strict=True):
        if column.ndim != 1 or column.shape != columns[0].shape or column.dtype.kind not in "fiu":
            raise ParameterError(
                f"has shape {column.shape} and type {column.dtype}",
                hint="give two lists of numbers, of one length", argument=name,
            )  # fmt: skip
    return np.column_stack(columns).astype(np.float64)


def _spacing(diameter: float) -> int:
    """Half the pitch of apertures that do not overlap: the step of their lattice."""
    return max(int(np.ceil(diameter / 2)), 1)


def _first(diameter: float, margin: float) -> int:
    """Row and column of the first place of the lattice."""
    return int(np.ceil(diameter / 2 + margin + _HALF_DIAGONAL))


def _lattice(length: int, diameter: float, margin: float) -> IntArray:
    """Rows, or columns, of the lattice in an image of that length."""
    first = _first(diameter, margin)
    return np.arange(first, length - first, _spacing(diameter), dtype=np.int64)


def _find_halo(diameters: Sequence[float], margin: float) -> int:
    """How many rows beside a strip tell what lies in it.

    Whether a place is taken hangs on those that are up to three steps of the lattice away.
    """
    halos = [_first(each, margin) + _QUARTERS * _spacing(each) for each in diameters]
    return max(halos, default=0)


def _choose_strips(
    shape: tuple[int, int], rows: int | None, diameters: Sequence[float], margin: float
) -> list[tuple[int, int]]:
    """Cut an image into strips, which are no lower than what is read beside them."""
    if rows is not None:
        return choose_strips(shape, as_count(rows, "strip_rows"))
    usual = choose_strips(shape, None)[0][1]
    return choose_strips(shape, max(usual, 2 * _find_halo(diameters, margin)))


def _measure_strip(task: _Task) -> list[EmptyApertures]:
    """Take places whose centres lie in a strip, and sum the light in them."""
    ny, nx = task.sci.shape
    halo = _find_halo(task.diameters, task.margin)
    top, stop = max(task.strip[0] - halo, 0), min(task.strip[1] + halo, ny)
    window = Window(top, stop, 0, nx)
    image, where = task.sci.read(window), task.taken.read(window)
    if task.background is not None:
        image -= task.background.read(window)
    full = ~((where == 0) & np.isfinite(image))
    image[full] = 0
    total = _count_from_left(full)
    found = []
    for diameter in task.diameters:
        rows, columns = (_lattice(length, diameter, task.margin) for length in (ny, nx))
        begin, end = np.searchsorted(rows, task.strip)
        first, last = max(begin - _QUARTERS, 0), end + _QUARTERS
        near = rows[first:last] - top
        free = _find_free(total, near, columns, diameter / 2 + task.margin)
        used = _choose(free, int(first))[begin - first : end - first]
        row, column = np.nonzero(used)
        y, x = rows[begin:end][row], columns[column]
        found.append(EmptyApertures(diameter, x, y, sum_light(image, y - top, x, diameter)))
    return found


def _count_from_left(full: BoolImage) -> LabelImage:
    """Count the full pixels of each row to the left of each column, shape (ny, nx + 1)."""
    total = np.zeros((full.shape[0], full.shape[1] + 1), np.int32)
    np.cumsum(full, axis=1, out=total[:, 1:])
    return total


def _find_free(total: LabelImage, rows: IntArray, columns: IntArray, radius: float) -> BoolImage:
    """Tell at which places of a lattice no pixel within a radius is full, row by row of a disc."""
    free = np.ones((rows.size, columns.size), np.bool_)
    if not free.size:
        return free
    away = np.arange(int(np.ceil(radius + _HALF_DIAGONAL)) + 1)
    for down in (*-away[:0:-1], *away):
        half = np.count_nonzero(np.hypot(down, away) <= radius + _HALF_DIAGONAL) - 1
        if half >= 0:
            row = total[rows + down]
            free &= row[:, columns + half + 1] == row[:, columns - half]
    return free


def sum_light(image: FloatImage, y: npt.ArrayLike, x: npt.ArrayLike, diameter: float) -> FloatArray:
    """Sum the light in circles, as FLUX_APER does.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        The image.
    y, x : array_like of float, shape (n,)
        Centres, in pixels from 0.
    diameter : float
        In pixels.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> light = sum_light(np.ones((9, 9), np.float32), [4.0], [4.0], 4.0)
    >>> bool(abs(light[0] - np.pi * 2**2) < 0.5)
    True
    """
    place = np.column_stack([x, y]).astype(np.float64)
    scene = Scene(
        image, np.zeros_like(image), np.zeros(image.shape, np.int32), (0, 0),
        (image.shape[0], image.shape[1]),
    )  # fmt: skip
    measured = measure_apertures(
        scene, np.arange(1, len(place) + 1), Shapes.at(place[:, 0], place[:, 1]),
        np.zeros(len(place)), _PLAIN, (diameter,), 0.0, frozenset(["FLUX_APER"]),
    )  # fmt: skip
    return measured.aper[:, 0]


def _choose(free: BoolImage, first_row: int) -> BoolImage:
    """Take free places in turn that do not touch those taken before; rows count from the first."""
    height, width = free.shape
    used = np.zeros((height + 2, width + 2), np.bool_)
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        top = (down + first_row) % 2
        quarter = free[top::2, right::2]
        rows, columns = quarter.shape
        near = np.zeros_like(quarter)
        for dy in range(top, top + 3):
            for dx in range(right, right + 3):
                near |= used[dy : dy + 2 * rows : 2, dx : dx + 2 * columns : 2]
        used[top + 1 : top + 1 + 2 * rows : 2, right + 1 : right + 1 + 2 * columns : 2] = (
            quarter & ~near
        )
    chosen: BoolImage = used[1:-1, 1:-1]
    return chosen


def _join(parts: Sequence[EmptyApertures]) -> EmptyApertures:
    """Join the apertures of strips."""
    x, y, flux = (np.concatenate([getattr(part, k) for part in parts]) for k in ("x", "y", "flux"))
    return EmptyApertures(parts[0].diameter, x, y, flux)
