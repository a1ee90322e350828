"""The mesh background model: level and noise of the sky, and the scale of a weight map."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from skyseg.engine.compiled import compiled
from skyseg.engine.spline import spline_rows

logger = logging.getLogger(__name__)

FloatImage = npt.NDArray[np.float32]
BoolImage = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_MAX_LEVELS = 4096
_LEVELS_PER_PIXEL = math.sqrt(2 / math.pi) * 5 / 4
_HALF_WIDTH = 5.0
_LEAST_GOOD_PART = 0.5
_EMPTY = np.float32(-1e30)
_LEAST_EXPONENT = np.finfo(np.float32).minexp


@dataclass(frozen=True)
class Mesh:
    """Level and noise of the sky on a grid of meshes.

    Attributes
    ----------
    level, sigma : ndarray of float32, shape (nby, nbx)
        Background level and its scatter, in the image's unit.
    size : int
        Side of a mesh in pixels.
    shape : tuple of int
        Shape (ny, nx) of the image.
    """

    level: FloatImage
    sigma: FloatImage
    size: int
    shape: tuple[int, int]

    @property
    def global_sigma(self) -> float:
        """Median noise over the meshes, in the image's unit; 1 for a constant image."""
        positive = self.sigma[self.sigma > 0]
        return float(np.median(self.sigma)) or float(np.median(positive) if positive.size else 1.0)


def measure_mesh(image: FloatImage, bad: BoolImage, size: int, filter_size: int) -> Mesh:
    """Measure level and noise of the sky in meshes and median-filter them.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        Image; values under ``bad`` are not read.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    size : int
        Side of a mesh in pixels (BACK_SIZE).
    filter_size : int
        Side of the median filter in meshes (BACK_FILTERSIZE).

    Returns
    -------
    Mesh
        Filtered level and noise. A mesh with less than half of its pixels good
        takes the mean of its nearest good meshes.

    Notes
    -----
    SExtractor's estimator (Bertin & Arnouts 1996, section 3): values within 2
    sigma of the mean are put in a histogram, which is clipped at 3 sigma around
    its median until it no longer changes; the level is
    ``2.5 median - 1.5 mean``, or the median where the two differ by more than
    0.3 sigma.
    """
    level, sigma = raw_mesh(image, bad, size)
    return filtered_mesh(level, sigma, size, filter_size, (image.shape[0], image.shape[1]))


def weight_factor(
    image: FloatImage, weight: FloatImage, bad: BoolImage, size: int, filter_size: int
) -> float:
    """Scale that makes a relative weight map absolute.

    Parameters
    ----------
    image, weight : ndarray of float32, shape (ny, nx)
        Image and its weight, proportional to the inverse variance.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    size, filter_size : int
        BACK_SIZE in pixels and BACK_FILTERSIZE in meshes.

    Returns
    -------
    float
        f in variance = f^2 / weight: the median over meshes of the noise
        measured in the image divided by the root of the mesh's 1/weight.
    """
    inverse = raw_inverse_mesh(image, weight, bad, size)
    return factor_of(measure_mesh(image, bad, size, filter_size), *inverse, filter_size)


def raw_inverse_mesh(
    image: FloatImage, weight: FloatImage, bad: BoolImage, size: int
) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of 1/weight in meshes, where the image shows sky; see `raw_mesh`."""
    inverse = np.full(weight.shape, np.inf, np.float32)
    with np.errstate(over="ignore"):
        np.divide(np.float32(1), weight, out=inverse, where=~bad)
    return _measure(inverse, bad, image, True, size)


def factor_of(mesh: Mesh, level: FloatImage, sigma: FloatImage, filter_size: int) -> float:
    """Scale of a weight map from the meshes of the image and of 1/weight; see `weight_factor`."""
    level, _ = _filtered(level, sigma, filter_size)
    good = level > 0
    with np.errstate(over="ignore"):
        ratio = mesh.sigma[good] / np.sqrt(level[good])
    ratio = ratio[(ratio > 0) & np.isfinite(ratio)]
    if not ratio.size:
        logger.warning("the weight map cannot be scaled by the noise of the image: factor 1 used")
        return 1.0
    # in double precision: the two middle values may add up to more than single holds
    return float(np.float32(np.median(ratio.astype(np.float64))))


def filtered_mesh(
    level: FloatImage, sigma: FloatImage, size: int, filter_size: int, shape: tuple[int, int]
) -> Mesh:
    """Median-filter the meshes of an image; see `measure_mesh`."""
    return Mesh(*_filtered(level, sigma, filter_size), size, shape)


def background_map(mesh: Mesh) -> FloatImage:
    """Draw the background model on the image's pixels.

    Parameters
    ----------
    mesh : Mesh
        Levels on the meshes, which stand at the mesh centres.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Bicubic spline through the levels.
    """
    return background_rows(mesh, 0, mesh.shape[0])


def background_rows(mesh: Mesh, start: int, stop: int) -> FloatImage:
    """Draw rows ``start`` to ``stop`` of the background model; see `background_map`."""
    return spline_rows(mesh.level.astype(np.float64), mesh.size, start, stop, mesh.shape[1])


def background_steps(mesh: Mesh, start: int, stop: int) -> npt.NDArray[np.int32]:
    """Draw rows of the background model as whole multiples of `background_step`."""
    return _rounded(background_rows(mesh, start, stop), np.float32(1 / background_step(mesh)))


@compiled
def _rounded(background: FloatImage, scale: np.float32) -> npt.NDArray[np.int32]:
    out = np.empty(background.shape, dtype=np.int32)
    for y in range(background.shape[0]):
        for x in range(background.shape[1]):
            out[y, x] = np.int32(np.rint(background[y, x] * scale))
    return out


def background_step(mesh: Mesh) -> float:
    """Step that the background is rounded to, in the image's unit.

    A power of two below a thousandth of the noise, far finer than the background is
    known, so that it packs well; single precision may hold no more than a coarser one.
    """
    fine = math.log2(mesh.global_sigma / 1000)
    held = math.log2(max(float(np.abs(mesh.level).max()), mesh.global_sigma)) - 22
    return 2.0 ** math.floor(max(fine, held, _LEAST_EXPONENT))


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
            y0, y1 = j * size, min((j + 1) * size, ny)
            x0, x1 = i * size, min((i + 1) * size, nx)
            level[j, i], sigma[j, i] = _mesh(
                image[y0:y1, x0:x1], bad[y0:y1, x0:x1], guide[y0:y1, x0:x1], guided
            )
    return level, sigma


@compiled
def _mesh(
    image: FloatImage, bad: BoolImage, guide: FloatImage, guided: bool
) -> tuple[np.float32, np.float32]:
    low, high, count = _limits(image, bad)
    if np.float32(count) < np.float32(image.size * _LEAST_GOOD_PART):
        return _EMPTY, _EMPTY
    guide_low, guide_high = np.float32(-np.inf), np.float32(np.inf)
    if guided:
        guide_low, guide_high, _ = _limits(guide, bad)
    total, total2, count = 0.0, 0.0, 0
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            value = image[y, x]
            if bad[y, x] or value < low or value > high:
                continue
            if guided and (guide[y, x] < guide_low or guide[y, x] > guide_high):
                continue
            total += value
            total2 += np.float64(value) * value
            count += 1
    if count == 0:
        return _EMPTY, _EMPTY
    mean = total / count
    scatter = math.sqrt(max(total2 / count - mean * mean, 0.0))
    levels = min(int(_LEVELS_PER_PIXEL * count + 1), _MAX_LEVELS)
    scale = np.float32(2 * _HALF_WIDTH * scatter / levels) if scatter > 0 else np.float32(1)
    zero = np.float32(mean - _HALF_WIDTH * scatter)
    offset = np.float32(0.499999 - np.float64(zero / scale))
    histogram = np.zeros(levels, dtype=np.int64)
    guide_bins = _guide_bins(guide, bad, guided)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            if bad[y, x] or (guided and not guide_bins[y, x]):
                continue
            position = np.float32(image[y, x] / scale) + offset
            if position > -1.0 and position < levels:
                histogram[int(position)] += 1
    return _mode(histogram, np.float32(mean), np.float64(zero), np.float64(scale))


@compiled
def _guide_bins(guide: FloatImage, bad: BoolImage, guided: bool) -> BoolImage:
    """Whether a pixel falls into the guide's own histogram of +- 5 sigma."""
    inside = np.ones(guide.shape, dtype=np.bool_)
    if not guided:
        return inside
    low, high, _ = _limits(guide, bad)
    total, total2, count = 0.0, 0.0, 0
    for y in range(guide.shape[0]):
        for x in range(guide.shape[1]):
            value = guide[y, x]
            if not bad[y, x] and low <= value and value <= high:
                total += value
                total2 += np.float64(value) * value
                count += 1
    mean = total / count
    scatter = math.sqrt(max(total2 / count - mean * mean, 0.0))
    levels = min(int(_LEVELS_PER_PIXEL * count + 1), _MAX_LEVELS)
    scale = np.float32(2 * _HALF_WIDTH * scatter / levels) if scatter > 0 else np.float32(1)
    offset = np.float32(0.499999 - np.float64(np.float32(mean - _HALF_WIDTH * scatter) / scale))
    for y in range(guide.shape[0]):
        for x in range(guide.shape[1]):
            position = np.float32(guide[y, x] / scale) + offset
            inside[y, x] = position > -1.0 and position < levels
    return inside


@compiled
def _limits(image: FloatImage, bad: BoolImage) -> tuple[np.float32, np.float32, int]:
    total, total2, count = 0.0, 0.0, 0
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            if not bad[y, x]:
                total += image[y, x]
                total2 += np.float64(image[y, x]) * image[y, x]
                count += 1
    if count == 0:
        return np.float32(0), np.float32(0), 0
    mean = total / count
    scatter = math.sqrt(max(total2 / count - mean * mean, 0.0))
    return np.float32(mean - 2.0 * scatter), np.float32(mean + 2.0 * scatter), count


@compiled
def _mode(
    histogram: IntArray, mean_value: np.float32, zero: np.float64, scale: np.float64
) -> tuple[np.float32, np.float32]:
    last = histogram.size - 1
    low, high = 0, last
    sigma, before = 10.0 * last, 1.0
    mean: float = np.float64(mean_value)
    median = mean
    counts, firsts, seconds = _running_sums(histogram)
    for _ in range(100):
        if sigma < 0.1 or abs(sigma / before - 1.0) <= 1e-4:
            break
        before = sigma
        count = counts[high + 1] - counts[low]
        mean = np.float64(firsts[high + 1] - firsts[low])
        sigma = np.float64(seconds[high + 1] - seconds[low])
        median = _median(histogram, counts, low, high)
        if count > 0:
            mean /= count
            sigma = sigma / count - mean * mean
        sigma = math.sqrt(sigma) if sigma > 0 else 0.0
        cut = median - 3.0 * sigma
        low = int(cut + 0.5) if cut > 0 else 0
        cut = median + 3.0 * sigma
        high = int(cut + 0.5 if cut > 0 else cut - 0.5) if cut < last else last
    if sigma > 0 and abs((mean - median) / sigma) < 0.3:
        level = zero + (2.5 * median - 1.5 * mean) * scale
    elif sigma > 0:
        level = zero + median * scale
    else:
        level = zero + mean * scale
    return np.float32(level), np.float32(sigma * scale)


@compiled
def _running_sums(histogram: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Add up counts before each bin, and their first and second moments."""
    n = histogram.size
    counts = np.zeros(n + 1, dtype=np.int64)
    firsts = np.zeros(n + 1, dtype=np.int64)
    seconds = np.zeros(n + 1, dtype=np.int64)
    for i in range(n):
        counts[i + 1] = counts[i] + histogram[i]
        firsts[i + 1] = firsts[i] + histogram[i] * i
        seconds[i + 1] = seconds[i] + histogram[i] * i * i
    return counts, firsts, seconds


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


def _filtered(level: FloatImage, sigma: FloatImage, width: int) -> tuple[FloatImage, FloatImage]:
    """Median-filter meshes; at the edge the window shrinks about its centre."""
    level, sigma = _patched(level, sigma)
    return _median_filtered(level, width // 2), _median_filtered(sigma, width // 2)


def _median_filtered(mesh: FloatImage, half: int) -> FloatImage:
    out = mesh.copy()
    nby, nbx = mesh.shape
    room_y = np.minimum(np.minimum(np.arange(nby), np.arange(nby)[::-1]), half)
    room_x = np.minimum(np.minimum(np.arange(nbx), np.arange(nbx)[::-1]), half)
    for dy in np.unique(room_y):
        for dx in np.unique(room_x):
            windows = sliding_window_view(mesh, (2 * dy + 1, 2 * dx + 1))
            j, i = np.flatnonzero(room_y == dy), np.flatnonzero(room_x == dx)
            out[np.ix_(j, i)] = np.median(windows[np.ix_(j - dy, i - dx)], axis=(2, 3))
    return out


def _patched(level: FloatImage, sigma: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Meshes without sky take the mean of their nearest neighbours that have it."""
    good = level > _EMPTY
    if good.all():
        return level, sigma
    if not good.any():
        return np.zeros_like(level), np.ones_like(sigma)
    level, sigma = level.copy(), sigma.copy()
    good_y, good_x = np.nonzero(good)
    good_level, good_sigma = level[good], sigma[good]
    for j, i in zip(*np.nonzero(~good), strict=True):
        distance2 = (good_y - j) ** 2 + (good_x - i) ** 2
        nearest = distance2 == distance2.min()
        level[j, i] = good_level[nearest].mean()
        sigma[j, i] = good_sigma[nearest].mean()
    return level, sigma
