"""Level and scatter of the sky in meshes, as SExtractor estimates them."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled

FloatImage = npt.NDArray[np.float32]
BoolImage = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Pixels = TypeVar("Pixels", npt.NDArray[np.float32], npt.NDArray[np.bool_])

EMPTY = np.float32(-1e30)
"""Level of a mesh that has too few good pixels."""

_MAX_LEVELS = 4096
_LEVELS_PER_PIXEL = math.sqrt(2 / math.pi) * 5 / 4
_HALF_WIDTH = 5.0
_LEAST_GOOD_PART = 0.5


def raw_mesh(image: FloatImage, bad: BoolImage, size: int) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of an image in meshes, not filtered.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What is measured.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    size : int
        Side of a mesh in pixels.

    Returns
    -------
    level, sigma : ndarray of float32, shape (nby, nbx)
        -1e30 where less than half of a mesh is good.
    """
    return _measure(image, bad, image, False, size)


def raw_inverse_mesh(
    image: FloatImage, weight: FloatImage, bad: BoolImage, size: int
) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of 1/weight in meshes, where the image shows sky; see `raw_mesh`."""
    inverse = np.full(weight.shape, np.inf, np.float32)
    with np.errstate(over="ignore"):
        np.divide(np.float32(1), weight, out=inverse, where=~bad)
    return _measure(inverse, bad, image, True, size)


@compiled
def _measure(
    image: FloatImage, bad: BoolImage, guide: FloatImage, guided: bool, size: int
) -> tuple[FloatImage, FloatImage]:
    ny, nx = image.shape
    nby, nbx = (ny - 1) // size + 1, (nx - 1) // size + 1
    level = np.empty((nby, nbx), dtype=np.float32)
    sigma = np.empty((nby, nbx), dtype=np.float32)
    for j in range(nby):
        for i in range(nbx):
            part = (j * size, min((j + 1) * size, ny), i * size, min((i + 1) * size, nx))
            values, holes = _cut(image, part), _cut(bad, part)
            level[j, i], sigma[j, i] = _mesh(
                values, holes, _cut(guide, part) if guided else values, guided
            )
    return level, sigma


@compiled
def _cut(image: Pixels, part: tuple[int, int, int, int]) -> Pixels:
    """Return a copy of a part of an image: a loop over its rows runs several times faster."""
    y0, y1, x0, x1 = part
    out = np.empty((y1 - y0, x1 - x0), dtype=image.dtype)
    for y in range(y0, y1):
        row = image[y, x0:x1]
        for x in range(row.size):
            out[y - y0, x] = row[x]
    return out


@compiled
def _mesh(
    image: FloatImage, bad: BoolImage, guide: FloatImage, guided: bool
) -> tuple[np.float32, np.float32]:
    low, high, count = _limits(image, bad)
    if np.float32(count) < np.float32(image.size * _LEAST_GOOD_PART):
        return EMPTY, EMPTY
    unused = bad
    if guided:
        guide_low, guide_high, _ = _limits(guide, bad)
        unused = _outside(guide, bad, guide_low, guide_high)
    mean, scatter, count = _moments(image, unused, low, high)
    if count == 0:
        return EMPTY, EMPTY
    zero, scale, levels = _bins(mean, scatter, count)
    if guided:
        guide_zero, guide_scale, guide_levels = _bins(*_moments(guide, bad, guide_low, guide_high))
        unused = _places(guide, bad, guide_zero, guide_scale, guide_levels) == 0
    histogram = np.zeros(levels + 1, dtype=np.int64)
    for row in _places(image, unused, zero, scale, levels):
        for place in row:
            histogram[place] += 1
    return _mode(histogram[1:], np.float32(mean), np.float64(zero), np.float64(scale))


@compiled
def _limits(image: FloatImage, bad: BoolImage) -> tuple[np.float32, np.float32, int]:
    mean, scatter, count = _moments(image, bad, np.float32(-np.inf), np.float32(np.inf))
    return np.float32(mean - 2.0 * scatter), np.float32(mean + 2.0 * scatter), count


@compiled
def _outside(image: FloatImage, bad: BoolImage, low: np.float32, high: np.float32) -> BoolImage:
    out = np.empty(bad.shape, dtype=np.bool_)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            value = image[y, x]
            out[y, x] = bad[y, x] | (value < low) | (value > high)
    return out


@compiled
def _moments(
    image: FloatImage, bad: BoolImage, low: np.float32, high: np.float32
) -> tuple[float, float, int]:
    """Mean, scatter and number of the values from ``low`` to ``high``; zeros where none is.

    Each column is summed by itself, which a processor does side by side.
    """
    total, total2 = np.zeros(image.shape[1]), np.zeros(image.shape[1])
    used = np.zeros(image.shape[1], dtype=np.int32)
    for y in range(image.shape[0]):
        values, holes = image[y], bad[y]
        for x in range(values.size):
            good = ~holes[x] & (values[x] >= low) & (values[x] <= high)
            value = np.float64(values[x]) if good else 0.0
            total[x] += value
            total2[x] += value * value
            used[x] += good
    count = used.sum()
    mean = total.sum() / max(count, 1)
    return mean, math.sqrt(max(total2.sum() / max(count, 1) - mean * mean, 0.0)), count


@compiled
def _bins(mean: float, scatter: float, count: int) -> tuple[np.float32, np.float32, int]:
    """Position of the first bin of a histogram, width of a bin, and number of bins."""
    levels = min(int(_LEVELS_PER_PIXEL * count + 1), _MAX_LEVELS)
    scale = np.float32(2 * _HALF_WIDTH * scatter / levels) if scatter > 0 else np.float32(1)
    return np.float32(mean - _HALF_WIDTH * scatter), scale, levels


@compiled
def _places(
    image: FloatImage, unused: BoolImage, zero: np.float32, scale: np.float32, levels: int
) -> npt.NDArray[np.int32]:
    """Bin of each pixel, counted from 1; 0 where it has none."""
    places = np.empty(image.shape, dtype=np.int32)
    offset = np.float32(0.499999 - np.float64(zero / scale))
    last = np.float32(levels)
    for y in range(image.shape[0]):
        values, holes, row = image[y], unused[y], places[y]
        for x in range(values.size):
            position = np.float32(values[x] / scale) + offset
            has_bin = ~holes[x] & (position > -1.0) & (position < last)
            row[x] = np.int32(position if has_bin else np.float32(-1.0)) + 1
    return places


@compiled
def _mode(
    histogram: IntArray, mean_value: np.float32, zero: np.float64, scale: np.float64
) -> tuple[np.float32, np.float32]:
    last = histogram.size - 1
    low, high = 0, last
    sigma, before = 10.0 * last, 1.0
    mean: float = np.float64(mean_value)
    median = mean
    counts = _running_count(histogram)
    first, second = _moments_of_bins(histogram, low, high + 1)
    for _ in range(100):
        if sigma < 0.1 or abs(sigma / before - 1.0) <= 1e-4:
            break
        before = sigma
        count = counts[high + 1] - counts[low]
        mean, sigma = np.float64(first), np.float64(second)
        median = _median(histogram, counts, low, high)
        if count > 0:
            mean /= count
            sigma = sigma / count - mean * mean
        sigma = math.sqrt(sigma) if sigma > 0 else 0.0
        cut = median - 3.0 * sigma
        low_before, high_before = low, high
        low = int(cut + 0.5) if cut > 0 else 0
        cut = median + 3.0 * sigma
        high = int(cut + 0.5 if cut > 0 else cut - 0.5) if cut < last else last
        for begin, stop in ((low_before, low), (high + 1, high_before + 1)):
            less = _moments_of_bins(histogram, begin, stop)
            first, second = first - less[0], second - less[1]
    if sigma > 0 and abs((mean - median) / sigma) < 0.3:
        level = zero + (2.5 * median - 1.5 * mean) * scale
    elif sigma > 0:
        level = zero + median * scale
    else:
        level = zero + mean * scale
    return np.float32(level), np.float32(sigma * scale)


@compiled
def _running_count(histogram: IntArray) -> IntArray:
    """Add up the counts before each bin."""
    counts = np.zeros(histogram.size + 1, dtype=np.int64)
    for i in range(histogram.size):
        counts[i + 1] = counts[i] + histogram[i]
    return counts


@compiled
def _moments_of_bins(histogram: IntArray, begin: int, stop: int) -> tuple[int, int]:
    """First and second moment of the bins from ``begin`` to ``stop``; less those back to it."""
    first, second = 0, 0
    for i in range(min(begin, stop), max(begin, stop)):
        first += i * histogram[i]
        second += i * i * histogram[i]
    return (first, second) if begin <= stop else (-first, -second)


@compiled
def _median(histogram: IntArray, counts: IntArray, low: int, high: int) -> float:
    """Median of bins ``low`` to ``high``, in units of bins.

    It lies at the split where two eaters would meet that eat the histogram from
    both ends, the one that has eaten less taking the next bin: the lower one
    takes a bin while less lies before it than after it.
    """
    split, stop = low, high + 1
    while split < stop:
        middle = (split + stop) // 2
        if counts[middle] - counts[low] < counts[high + 1] - counts[middle + 1]:
            split = middle + 1
        else:
            stop = middle
    if split == 0:
        return 0.0
    below, above = counts[split] - counts[low], counts[high + 1] - counts[split]
    at_split = histogram[split] if split < histogram.size else 0
    densest: int = max(at_split, histogram[split - 1])
    return split - 0.5 + np.float64(above - below) / (2.0 * densest)
