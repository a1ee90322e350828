"""Thresholding: from an image to the runs of pixels above the threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.filtering import filter_row

FloatImage = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
# first pixels and lengths of runs; values of their pixels in two maps
Lists = tuple[IntArray, IntArray, FloatImage]
_SMALLEST = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class Foreground:
    """Pixels above the threshold in some rows of an image, as runs along the rows.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    start : ndarray of int64, shape (nrun,)
        Flat index of the first pixel of each run, ascending.
    length : ndarray of int64, shape (nrun,)
        Pixels of each run.
    values : ndarray of float32, shape (2 + m, npix)
        Filtered image, threshold, and m other maps at the pixels of all runs.
    """

    shape: tuple[int, int]
    start: IntArray
    length: IntArray
    values: FloatImage

    def joined(self, other: Foreground) -> Foreground:
        """Return the runs of both; those of ``other`` come after."""
        return Foreground(
            self.shape,
            np.concatenate([self.start, other.start]),
            np.concatenate([self.length, other.length]),
            np.concatenate([self.values, other.values], axis=1),
        )


def find_foreground(filtered: FloatImage, threshold: FloatImage) -> Foreground:
    """Find the pixels of an image above the threshold.

    Parameters
    ----------
    filtered, threshold : ndarray of float32, shape (ny, nx)
        Filtered image and its threshold.

    Returns
    -------
    Foreground
    """
    return Foreground((filtered.shape[0], filtered.shape[1]), *_foreground(filtered, threshold))


def scan_rows(
    image: FloatImage, variance: FloatImage, kernel: FloatImage, detect_thresh: float,
    shape: tuple[int, int], rows: tuple[int, int, int],
) -> Foreground:  # fmt: skip
    """Filter some rows of an image and find the pixels above the threshold.

    The same as `filter_image`, `threshold_map` and `find_foreground`, row by row,
    so that what is made on the way stays small.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (n, nx)
        The rows, with as many around them as the kernel reaches.
    kernel : ndarray of float32, shape (odd, odd)
        Detection kernel.
    detect_thresh : float
        Threshold in sigma.
    shape : tuple of int
        Shape (ny, nx) of the whole image.
    rows : tuple of int
        First row of ``image`` in the whole image, and of which rows of the whole
        image, from the first to before the last, the pixels are wanted.

    Returns
    -------
    Foreground
        With image and variance as other maps.
    """
    top, first, stop = rows
    start, length, found = _scanned(
        image, variance, kernel, _factor(detect_thresh), first - top, stop - top
    )
    values = np.empty((4, found.shape[1]), np.float32)
    values[:2] = found
    for row, each in zip(values[2:], (image, variance), strict=True):
        _take(each.reshape(-1), start, length, row)
    return Foreground(shape, start + top * shape[1], length, values)


def threshold_map(filtered_variance: FloatImage, detect_thresh: float) -> FloatImage:
    """Give each pixel its detection threshold.

    Parameters
    ----------
    filtered_variance : ndarray of float32, shape (ny, nx)
        Variance convolved with the detection kernel.
    detect_thresh : float
        Threshold in sigma.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        ``detect_thresh * sqrt(filtered_variance)``, and never 0.
    """
    out = np.empty_like(filtered_variance)
    _set_thresholds(filtered_variance.ravel(), _factor(detect_thresh), out.reshape(-1))
    return out


def _factor(detect_thresh: float) -> np.float64:
    return np.float64(np.float32(detect_thresh))


@compiled
def _set_thresholds(variance: FloatImage, factor: np.float64, out: FloatImage) -> None:
    for x in range(variance.size):
        out[x] = max(factor * np.sqrt(np.float64(variance[x])), _SMALLEST)


@compiled
def _foreground(filtered: FloatImage, threshold: FloatImage) -> Lists:
    lists, sizes = _no_lists(), np.zeros(2, dtype=np.int64)
    for y in range(filtered.shape[0]):
        lists = _with_row(lists, sizes, filtered[y], threshold[y], y)
    return _cut(lists, sizes)


@compiled
def _scanned(
    image: FloatImage, variance: FloatImage, kernel: FloatImage, factor: np.float64, first: int,
    stop: int,
) -> Lists:  # fmt: skip
    lists, sizes = _no_lists(), np.zeros(2, dtype=np.int64)
    light, spread = np.empty_like(image[0]), np.empty_like(image[0])
    limit = np.empty_like(image[0])
    for y in range(first, stop):
        filter_row(image, kernel, y, light)
        filter_row(variance, kernel, y, spread)
        _set_thresholds(spread, factor, limit)
        lists = _with_row(lists, sizes, light, limit, y)
    return _cut(lists, sizes)


@compiled
def _no_lists() -> Lists:
    room = 1024
    return (
        np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64),
        np.empty((2, room), dtype=np.float32),
    )  # fmt: skip


@compiled
def _with_row(lists: Lists, sizes: IntArray, light: FloatImage, limit: FloatImage, y: int) -> Lists:
    """Add the runs of a row above the threshold, and make room for them."""
    start, length, values = lists
    runs, pixels = sizes[0], sizes[1]
    above = 0
    for x in range(light.size):
        above += light[x] > limit[x]
    if pixels + above > start.size:
        room = 2 * (pixels + above)
        start, length = _longer(start, room), _longer(length, room)
        more = np.empty((2, room), dtype=np.float32)
        for i in range(pixels):
            more[0, i], more[1, i] = values[0, i], values[1, i]
        values = more
    before = -2
    for x in range(light.size if above > 0 else 0):
        if light[x] > limit[x]:
            if before != x - 1:
                start[runs], length[runs] = y * light.size + x, 0
                runs += 1
            length[runs - 1] += 1
            values[0, pixels], values[1, pixels] = light[x], limit[x]
            pixels += 1
            before = x
    sizes[0], sizes[1] = runs, pixels
    return start, length, values


@compiled
def _longer(array: IntArray, room: int) -> IntArray:
    out = np.empty(room, dtype=np.int64)
    for i in range(array.size):
        out[i] = array[i]
    return out


@compiled
def _cut(lists: Lists, sizes: IntArray) -> Lists:
    start, length, values = lists
    runs, pixels = sizes[0], sizes[1]
    return start[:runs].copy(), length[:runs].copy(), values[:, :pixels].copy()


@compiled
def _take(image: FloatImage, start: IntArray, length: IntArray, out: FloatImage) -> None:
    """Take the values of runs from a flat image."""
    pixel = 0
    for run in range(start.size):
        for x in range(start[run], start[run] + length[run]):
            out[pixel] = image[x]
            pixel += 1
