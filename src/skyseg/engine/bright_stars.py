"""Bright points of an image, with the light around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from skyseg.engine.rows import Rows, Window, row_strips, spread_windows
from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.types import FloatArray

_ROWS: Final = 1024
_SIGMAS: Final = 100.0
_CORE: Final = 8
_KNOT: Final = 0.02  # of a brighter peak in reach: part of it
_MOST: Final = 2000


@dataclass(frozen=True, eq=False)
class BrightPoint:
    """A peak of an image.

    Attributes
    ----------
    y, x : float
        Mean place of the pixels of more than half of its height.
    peak : float
        Its height.
    core : int
        How many pixels have more than half of it.
    alone : bool
        Whether no other peak in reach is as high.
    whole : bool
        Whether no pixel is missing there, and a single one has its height.
    """

    y: float
    x: float
    peak: float
    core: int
    alone: bool
    whole: bool


@dataclass(frozen=True)
class Sky:
    """Level and scatter of an image without its sources."""

    level: float
    sigma: float

    @classmethod
    def of(cls, sci: Rows) -> Sky:
        """Measure them in windows that are spread over an image; NaN without any pixel."""
        seen = np.concatenate([sci.read(part).ravel() for part in spread_windows(sci.shape)])
        seen = seen[np.isfinite(seen) & (seen != 0)].astype(np.float64)
        if not seen.size:
            return cls(np.nan, np.nan)
        for _ in range(3):
            level = float(np.median(seen))
            sigma = SIGMA_OF_MAD * float(np.median(np.abs(seen - level)))
            seen = seen[np.abs(seen - level) <= 3 * sigma]
        return cls(level, sigma)


def find_points(sci: Rows, sky: Sky, reach: int) -> list[BrightPoint]:
    """Find the peaks of an image that are no part of a brighter one, the brightest first.

    Parameters
    ----------
    sci : Rows
        The image.
    sky : Sky
        Its level and scatter; peaks are a hundred of that high.
    reach : int
        How far the light of a peak goes, in pixels.
    """
    peaks = _find_peaks(sci, sky)
    order = np.lexsort((peaks[:, 1], peaks[:, 0], -peaks[:, 2]))[:_MOST]
    heads = np.zeros((0, 3))
    for peak in peaks[order]:
        away = np.hypot(*(heads[:, :2] - peak[:2]).T)
        part = (away <= _CORE) | ((away <= reach) & (peak[2] < _KNOT * heads[:, 2]))
        if not part.any():
            heads = np.vstack([heads, peak])
    points = []
    for y, x, height in heads:
        away = np.hypot(heads[:, 0] - y, heads[:, 1] - x)
        beside = (away > 0) & (away <= reach) & (heads[:, 2] >= height)
        points.append(_measure(sci, sky, int(y), int(x), alone=not beside.any()))
    return points


def cut_square(sci: Rows, y: int, x: int, reach: int) -> FloatArray:
    """Cut a square out of an image; NaN where it reaches beyond."""
    ny, nx = sci.shape
    found = np.full((2 * reach + 1, 2 * reach + 1), np.nan)
    y0, y1, x0, x1 = (
        max(y - reach, 0),
        min(y + reach + 1, ny),
        max(x - reach, 0),
        min(x + reach + 1, nx),
    )
    found[y0 - y + reach : y1 - y + reach, x0 - x + reach : x1 - x + reach] = sci.read(
        Window(y0, y1, x0, x1)
    )
    return found


def _find_peaks(sci: Rows, sky: Sky) -> FloatArray:
    """Find the pixels that are highest of their neighbours: row, column and height of each."""
    return np.concatenate(list(_peaks_of_strips(sci, sky)))


def _peaks_of_strips(sci: Rows, sky: Sky) -> Iterator[FloatArray]:
    ny, nx = sci.shape
    least = _SIGMAS * sky.sigma
    for start, stop in row_strips(ny, _ROWS):
        top, bottom = max(start - 1, 0), min(stop + 1, ny)
        seen = np.pad(sci.read(Window(top, bottom, 0, nx)) - np.float32(sky.level), 1)
        y, x = np.nonzero(seen > least)
        inside = (y > start - top) & (y <= stop - top)
        y, x = y[inside], x[inside]
        here = seen[y, x]
        highest = np.ones(len(y), np.bool_)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                other = seen[y + dy, x + dx]
                # of equal ones the first
                highest &= ~((other > here) | ((other == here) & ((dy, dx) < (0, 0))))
        yield np.stack([y - 1.0 + top, x - 1.0, here.astype(np.float64)], axis=1)[highest]


def _measure(sci: Rows, sky: Sky, y: int, x: int, *, alone: bool) -> BrightPoint:
    square = cut_square(sci, y, x, _CORE) - sky.level
    peak = float(square[_CORE, _CORE])
    rows, columns = np.nonzero(square > peak / 2)
    weight = square[rows, columns]
    return BrightPoint(
        y - _CORE + float(np.average(rows, weights=weight)),
        x - _CORE + float(np.average(columns, weights=weight)),
        peak, len(rows), alone,
        bool(np.isfinite(square).all() and np.count_nonzero(square == peak) == 1),
    )  # fmt: skip
