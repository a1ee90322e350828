"""What has to be known of the whole image before any part of it can be worked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from skyseg import _loops
from skyseg.engine._levels import measure_inverse_mesh, measure_raw_mesh
from skyseg.engine.background import (
    Mesh,
    draw_background_part,
    filter_mesh,
    scale_weight,
)
from skyseg.engine.maps import INTERPOLATION_LENGTH, Maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.types import ByteImage, CountArray, FloatImage, LabelImage


@dataclass(frozen=True)
class Holes:
    """How deep into the bad pixels of each column filling has come, at some rows.

    Attributes
    ----------
    rows : tuple of int
        Rows, ascending, the first one 0; none where no pixel is bad.
    counts : tuple of tuple of ndarray
        Before each of these rows, how many more pixels of each column may be
        filled from above; see `skyseg.engine.interpolate_bad`. Runs of equal
        numbers along the row: the number of each, and how many columns have it.
    """

    rows: tuple[int, ...]
    counts: tuple[tuple[CountArray, LabelImage], ...]

    def before(self, row: int) -> tuple[int, CountArray]:
        """Return the last known row up to ``row``, and its numbers, shape (nx,)."""
        k = int(np.searchsorted(self.rows, row, side="right")) - 1
        return self.rows[k], np.repeat(*self.counts[k])


def _runs(numbers: CountArray) -> tuple[CountArray, LabelImage]:
    """Return runs of equal numbers: the number of each, and its length."""
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[starts], np.diff(starts, append=len(numbers)).astype(np.int32)


@dataclass(frozen=True)
class Sky:
    """Facts of the whole image.

    Attributes
    ----------
    mesh : Mesh
        Background level and noise.
    weight_factor : float
        f in variance = f^2 / weight; 1 for an rms map.
    n_bad : int
        Number of bad pixels.
    holes : Holes
        What filling them depends on.
    """

    mesh: Mesh
    weight_factor: float
    n_bad: int
    holes: Holes


@dataclass(frozen=True)
class SkyStrip:
    """What some rows tell of the sky: meshes, and bad pixels as packed bits, if any."""

    level: FloatImage
    sigma: FloatImage
    inverse_level: FloatImage
    inverse_sigma: FloatImage
    n_bad: int
    bad: ByteImage | None


def measure_sky(maps: Maps, size: int, strip: tuple[int, int]) -> SkyStrip:
    """Measure the meshes of a strip of rows, the first one a multiple of ``size``."""
    start, stop = strip
    sci, err, bad = maps.read(Window(start, stop, 0, maps.shape[1]))
    n_bad = int(np.count_nonzero(bad))
    level, sigma = measure_raw_mesh(sci, bad, size)
    inverse = (level, sigma)
    if maps.err_type == "wht":
        inverse = measure_inverse_mesh(sci, err, bad, size)
    return SkyStrip(level, sigma, *inverse, n_bad, np.packbits(bad, axis=1) if n_bad else None)


def gather_sky(
    maps: Maps, parameters: Parameters, strips: Iterable[tuple[int, int]],
    parts: Iterable[SkyStrip], rows: Sequence[int],
) -> Sky:  # fmt: skip
    """Put together what the strips of an image tell.

    Parameters
    ----------
    maps : Maps
        The image.
    parameters : Parameters
        Those of the background are used.
    strips : iterable of tuple of int
        First and last row + 1 of each strip, in order.
    parts : iterable of SkyStrip
        What each tells.
    rows : sequence of int
        Rows at which `Holes` are to be known, ascending, the first one 0.

    Returns
    -------
    Sky
    """
    size, filter_size = parameters.back_size, parameters.back_filtersize
    left = np.zeros(maps.shape[1], np.int16)
    wanted, counts = list(rows), []
    seen = []
    for (start, stop), part in zip(strips, parts, strict=True):
        at = start
        while wanted and wanted[0] < stop:
            _advance(part, at - start, wanted[0] - start, left)
            at = wanted.pop(0)
            counts.append(_runs(left))
        _advance(part, at - start, stop - start, left)
        seen.append(SkyStrip(part.level, part.sigma, part.inverse_level, part.inverse_sigma,
                             part.n_bad, None))  # fmt: skip
    mesh = filter_mesh(
        np.concatenate([part.level for part in seen]),
        np.concatenate([part.sigma for part in seen]),
        size, filter_size, maps.shape,
    )  # fmt: skip
    factor = 1.0
    if maps.err_type == "wht":
        inverse = np.concatenate([part.inverse_level for part in seen])
        scatter = np.concatenate([part.inverse_sigma for part in seen])
        factor = scale_weight(mesh, inverse, scatter, filter_size)
    n_bad = sum(part.n_bad for part in seen)
    holes = Holes(tuple(rows), tuple(counts)) if n_bad else Holes((), ())
    return Sky(mesh, factor, n_bad, holes)


def _advance(part: SkyStrip, start: int, stop: int, left: CountArray) -> None:
    if stop <= start:
        return
    if part.bad is None:
        left[:] = INTERPOLATION_LENGTH
    else:
        bad = np.unpackbits(part.bad[start:stop], axis=1, count=len(left)).astype(bool)
        _loops.count_down(bad, left)


def prepare(
    maps: Maps, sky: Sky, parameters: Parameters, window: Window
) -> tuple[FloatImage, FloatImage]:
    """Read a part of the image, without background and with bad pixels filled.

    Parameters
    ----------
    maps : Maps
        The image and its error map.
    sky : Sky
        Facts of the whole image.
    parameters : Parameters
        ``back_type`` and ``back_value`` are used.
    window : Window
        The part.

    Returns
    -------
    image, variance : ndarray of float32, shape (y1 - y0, x1 - x0)
        The same values whatever the part.
    """
    read, counts = window, None
    if sky.holes.rows:
        # a value comes from 16 pixels to the left, or above, at the most, and the left
        # edge of what is read is itself uncertain for 16 pixels
        above = max(window.y0 - INTERPOLATION_LENGTH, 0)
        row, counts = sky.holes.before(above)
        read = Window(row, window.y1, max(window.x0 - 2 * INTERPOLATION_LENGTH, 0), window.x1)
        counts = counts[read.x0 : read.x1]
    sci, err, bad = maps.read(read)
    if parameters.back_type == "AUTO":
        sci -= draw_background_part(sky.mesh, read)
    elif parameters.back_value:
        sci -= np.float32(parameters.back_value)
    _loops.to_variance(err, bad, maps.err_type == "rms_err", sky.weight_factor)
    if counts is not None:
        _loops.fill(sci, err, bad, counts)
    part = slice(window.y0 - read.y0, None), slice(window.x0 - read.x0, None)
    return np.ascontiguousarray(sci[part]), np.ascontiguousarray(err[part])
