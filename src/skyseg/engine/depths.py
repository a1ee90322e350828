"""How deep an image is: the scatter of light in apertures that hold no source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import (
    as_count,
    as_diameters,
    as_mapper,
    as_number,
    as_progress,
)
from skyseg.engine.known_sky import Places
from skyseg.engine.mappers import Mapper, ThreadMapper, report_each
from skyseg.engine.neighbours import FindNeighbours, find_neighbours
from skyseg.engine.rows import Rows, Window, as_rows, choose_strips
from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.types import BoolImage, FloatArray, FloatImage, IntArray, LabelImage, Progress
from skyseg.errors import ImageError, ParameterError

_QUARTERS: Final = 3
"""How many quarters of a lattice come after the first one."""

_HALF_DIAGONAL: Final = np.sqrt(0.5)
_STRIP_PIXELS: Final = 4_000_000


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
        return measure_scatter(self.flux) if self.flux.size > 1 else np.nan

    def find_local_scatter(
        self, x: npt.ArrayLike, y: npt.ArrayLike, n_nearest: int = 200, *,
        find: FindNeighbours = find_neighbours,
    ) -> FloatArray:  # fmt: skip
        """Measure the scatter of the apertures nearest to some places.

        Parameters
        ----------
        x, y : array_like of float, shape (m,)
            The places, in pixels from 0; not finite ones have NaN.
        n_nearest : int
            Number of apertures for each; all of them where there are fewer. Of those at one
            distance those of lower rows, then columns, are nearer; those whose light is not a
            finite number are passed over.
        find : callable, optional
            Finds them, or knows them; see `skyseg.engine.neighbours.KnownNeighbours`.

        Returns
        -------
        ndarray of float64, shape (m,)
            In the unit of the image; NaN everywhere where there are fewer than two.

        Raises
        ------
        ParameterError
            If the places are not two lists of one length, or the number is below 2.
        """
        measured = np.isfinite(self.flux)
        count = min(as_count(n_nearest, "n_nearest", least=2), int(np.count_nonzero(measured)))
        places = _as_places(x, y)
        found = np.full(len(places), np.nan)
        known = np.flatnonzero(np.isfinite(places).all(axis=1))
        if count < 2:
            return found
        nearest = find(self.x[measured], self.y[measured], places[known], count)
        found[known] = SIGMA_OF_MAD * nearest.measure_deviations(self.flux[measured])
        return found


class _Task(NamedTuple):
    """A strip of an image, and what is measured there."""

    sci: Rows
    taken: Rows
    background: Rows | None
    diameters: tuple[float, ...]
    margin: float
    strip: tuple[int, int]


def measure_scatter(values: FloatArray) -> float:
    """Return 1.4826 times the median absolute deviation of some values, NaN of none."""
    middle = np.median(values)
    return float(SIGMA_OF_MAD * np.median(np.abs(values - middle)))


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
    check_fits(diameters, far, image.shape)
    strips = choose_aperture_strips(image.shape, strip_rows, diameters, far)
    tasks = [_Task(image, where, sky, diameters, far, strip) for strip in strips]
    works = (ThreadMapper() if mapper is None else as_mapper(mapper))(_measure_strip, tasks)
    told = report_each(works, as_progress(progress), len(tasks), "laying empty apertures")
    return join_apertures(list(told))


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


def choose_aperture_strips(
    shape: tuple[int, int], rows: int | None, diameters: Sequence[float], margin: float = 0.0
) -> list[tuple[int, int]]:
    """Cut an image into strips, which are no lower than what is read beside them."""
    if rows is not None:
        return choose_strips(shape, as_count(rows, "strip_rows"))
    usual = choose_strips(shape, None)[0][1]
    halo = _find_halo(diameters, margin)
    return choose_strips(shape, max(usual, 2 * halo, min(4 * halo, _STRIP_PIXELS // shape[1])))


def check_fits(diameters: Sequence[float], margin: float, shape: tuple[int, int]) -> None:
    """Refuse apertures that are larger than an image."""
    if max(diameters, default=0.0) + 2 * margin >= min(shape):
        raise ParameterError(
            f"has {max(diameters):g} pixels with its margin, of an image of shape {shape}",
            hint="give smaller ones",
            argument="aper_diams",
        )


def _measure_strip(task: _Task) -> list[EmptyApertures]:
    """Take places whose centres lie in a strip, and sum the light in them."""
    part = choose_part(task.sci.shape, task.strip, task.diameters, task.margin)
    image, where = task.sci.read(part), task.taken.read(part)
    if task.background is not None:
        image -= task.background.read(part)
    full = ~((where == 0) & np.isfinite(image))
    places = find_places(full, part, task.sci.shape, task.strip, task.diameters, task.margin)
    return sum_apertures(image, full, part, places, task.diameters)


def choose_part(
    shape: tuple[int, int], strip: tuple[int, int], diameters: Sequence[float], margin: float = 0.0
) -> Window:
    """Choose the part of an image that tells which apertures have their centres in a strip."""
    halo = _find_halo(diameters, margin)
    return Window(max(strip[0] - halo, 0), min(strip[1] + halo, shape[0]), 0, shape[1])


def find_places(
    full: BoolImage, part: Window, shape: tuple[int, int], strip: tuple[int, int],
    diameters: Sequence[float], margin: float = 0.0,
) -> Places:  # fmt: skip
    """Find where apertures of each diameter lie that have their centres in a strip.

    Parameters
    ----------
    full : ndarray of bool, shape (y1 - y0, x1 - x0)
        Pixels that no aperture may hold, of the part that `choose_part` says.
    part : Window
        Where the part lies.
    shape : tuple of int
        Shape (ny, nx) of the whole image.
    strip : tuple of int
        First row, and the one after the last.
    diameters : sequence of float
        In pixels.
    margin : float, optional
        As for `measure_empty_apertures`.

    Returns
    -------
    list of (ndarray, ndarray) of int64
        Rows and columns of their centres in the whole image, for each diameter.
    """
    gaps = _loops.measure_gaps(full)
    found = []
    for diameter in diameters:
        rows, columns = (_lattice(length, diameter, margin) for length in shape)
        begin, end = np.searchsorted(rows, strip)
        beside = _QUARTERS if begin < end else 0
        first, last = max(begin - beside, 0), end + beside
        near = rows[first:last] - part.y0
        free = _find_free(gaps, near, columns, diameter / 2 + margin)
        used = _choose(free, int(first))[begin - first : end - first]
        row, column = np.nonzero(used)
        found.append((rows[begin:end][row], columns[column]))
    return found


def sum_apertures(
    image: FloatImage, full: BoolImage, part: Window, places: Places, diameters: Sequence[float]
) -> list[EmptyApertures]:
    """Sum the light in the apertures of each diameter.

    Parameters
    ----------
    image : ndarray of float32, shape (y1 - y0, x1 - x0)
        A part of the image; what is full becomes 0.
    full : ndarray of bool, shape (y1 - y0, x1 - x0)
        Pixels that no aperture holds.
    part, places, diameters
        As `find_places` takes and gives them.
    """
    np.copyto(image, 0, where=full)
    return [
        EmptyApertures(diameter, x, y, sum_light(image, y - part.y0, x, diameter))
        for (y, x), diameter in zip(places, diameters, strict=True)
    ]


def _find_free(gaps: LabelImage, rows: IntArray, columns: IntArray, radius: float) -> BoolImage:
    """Tell at which places of a lattice no pixel within a radius is full, row by row of a disc."""
    away = np.arange(int(np.ceil(radius + _HALF_DIAGONAL)) + 1)
    inside = np.hypot(away[:, None], away) <= radius + _HALF_DIAGONAL
    halves = np.count_nonzero(inside, axis=1) - 1
    return _loops.find_empty_places(
        gaps=gaps, rows=rows, columns=columns, halves=halves[halves >= 0]
    )


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
    across, down = (np.ascontiguousarray(each, np.float64) for each in (x, y))
    return _loops.sum_circles(image=image, x=across, y=down, radius=diameter / 2)


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


def join_apertures(strips: Sequence[Sequence[EmptyApertures]]) -> tuple[EmptyApertures, ...]:
    """Join the apertures of consecutive strips, diameter by diameter."""
    return tuple(_join(parts) for parts in zip(*strips, strict=True))


def _join(parts: Sequence[EmptyApertures]) -> EmptyApertures:
    """Join the apertures of strips."""
    x, y, flux = (np.concatenate([getattr(part, k) for part in parts]) for k in ("x", "y", "flux"))
    return EmptyApertures(parts[0].diameter, x, y, flux)
