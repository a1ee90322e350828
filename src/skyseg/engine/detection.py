"""Thresholding and connection: from a filtered image to lists of connected pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.errors import ParameterError

FloatImage = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PixelLists:
    """Pixels of several objects, one after the other.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    start : ndarray of int64, shape (n + 1,)
        Object i has the pixels ``start[i]`` to ``start[i + 1]``.
    index : ndarray of int64, shape (npix,)
        Flat index ``y * nx + x`` of each pixel, ascending within an object.
    value : ndarray of float32, shape (npix,)
        Filtered image there.
    threshold : ndarray of float32, shape (npix,)
        Detection threshold there.
    """

    shape: tuple[int, int]
    start: IntArray
    index: IntArray
    value: FloatImage
    threshold: FloatImage

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def area(self) -> IntArray:
        """Number of pixels of each object, shape (n,)."""
        return np.diff(self.start)

    def labels(self) -> npt.NDArray[np.int32]:
        """Draw the objects as a label image, 1 for the first, 0 for none.

        Returns
        -------
        ndarray of int32, shape (ny, nx)
        """
        image = np.zeros(self.shape, np.int32)
        image.ravel()[self.index] = np.repeat(np.arange(1, len(self) + 1), self.area)
        return image


@dataclass(frozen=True)
class Detections:
    """Connected regions above the threshold.

    Attributes
    ----------
    regions : PixelLists
        Regions of at least ``minarea`` pixels.
    small : ndarray of int64, shape (m,)
        Flat indices of the pixels above the threshold in smaller regions, which
        are no sources, but which no aperture uses.
    """

    regions: PixelLists
    small: IntArray


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
        ``detect_thresh * sqrt(filtered_variance)``.
    """
    return _thresholds(filtered_variance, np.float64(np.float32(detect_thresh)))


@compiled
def _thresholds(variance: FloatImage, factor: np.float64) -> FloatImage:
    out = np.empty(variance.shape, dtype=np.float32)
    for y in range(variance.shape[0]):
        for x in range(variance.shape[1]):
            out[y, x] = factor * np.sqrt(np.float64(variance[y, x]))
    return out


def detect(filtered: FloatImage, threshold: FloatImage, minarea: int) -> Detections:
    """Find connected regions above the threshold.

    Parameters
    ----------
    filtered : ndarray of float32, shape (ny, nx)
        Filtered image.
    threshold : ndarray of float32, shape (ny, nx)
        Threshold of each pixel; see `threshold_map`.
    minarea : int
        Fewest pixels of a region (DETECT_MINAREA).

    Returns
    -------
    Detections
        The regions of 8-connected pixels with ``filtered > threshold`` and at
        least ``minarea`` pixels, in the order of their last pixels along the
        rows, which is the order in which a scan of the image completes them;
        and the pixels of smaller regions.

    Raises
    ------
    ParameterError
        If the two maps differ in shape.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((4, 6), np.float32)
    >>> image[1:3, 1:3] = 5
    >>> found = detect(image, np.ones_like(image), minarea=4)
    >>> len(found.regions), int(found.regions.area[0])
    (1, 4)
    """
    if filtered.shape != threshold.shape:
        raise ParameterError(
            f"the filtered image has shape {filtered.shape} and its threshold {threshold.shape}; "
            "give maps on the same pixels"
        )
    index, start, small = _connect(filtered, threshold, minarea)
    shape = (filtered.shape[0], filtered.shape[1])
    flat, flat_threshold = filtered.ravel(), threshold.ravel()
    return Detections(PixelLists(shape, start, index, flat[index], flat_threshold[index]), small)


@compiled
def _root(parent: IntArray, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _runs(filtered: FloatImage, threshold: FloatImage) -> tuple[IntArray, IntArray, IntArray]:
    """Find runs of pixels above the threshold: first and last column, first run of each row."""
    ny, nx = filtered.shape
    first_run = np.zeros(ny + 1, dtype=np.int64)
    for y in range(ny):
        count = 0
        before = False
        for x in range(nx):
            above = filtered[y, x] > threshold[y, x]
            if above and not before:
                count += 1
            before = above
        first_run[y + 1] = first_run[y] + count
    begin = np.empty(first_run[ny], dtype=np.int64)
    end = np.empty(first_run[ny], dtype=np.int64)
    for y in range(ny):
        run = first_run[y] - 1
        before = False
        for x in range(nx):
            above = filtered[y, x] > threshold[y, x]
            if above:
                if not before:
                    run += 1
                    begin[run] = x
                end[run] = x
            before = above
    return begin, end, first_run


@compiled
def _connect(
    filtered: FloatImage, threshold: FloatImage, minarea: int
) -> tuple[IntArray, IntArray, IntArray]:
    ny, nx = filtered.shape
    begin, end, first_run = _runs(filtered, threshold)
    parent = np.arange(begin.size)
    for y in range(1, ny):
        above, above_stop = first_run[y - 1], first_run[y]
        for run in range(first_run[y], first_run[y + 1]):
            while above < above_stop and end[above] < begin[run] - 1:
                above += 1
            other = above
            while other < above_stop and begin[other] <= end[run] + 1:
                a, b = _root(parent, other), _root(parent, run)
                # the later run is the root, so that roots ascend with completion
                if a < b:
                    parent[a] = b
                else:
                    parent[b] = a
                other += 1
    area = np.zeros(begin.size, dtype=np.int64)
    for run in range(begin.size):
        area[_root(parent, run)] += end[run] - begin[run] + 1
    place = np.full(begin.size, -1, dtype=np.int64)
    count = 0
    for run in range(begin.size):
        if parent[run] == run and area[run] >= minarea:
            place[run] = count
            count += 1
    start = np.zeros(count + 1, dtype=np.int64)
    for run in range(begin.size):
        if place[run] >= 0:
            start[place[run] + 1] = area[run]
    for i in range(count):
        start[i + 1] += start[i]
    index = np.empty(start[count], dtype=np.int64)
    small = np.empty(area.sum() - start[count], dtype=np.int64)
    filled, n_small = start[:-1].copy(), 0
    for y in range(ny):
        for run in range(first_run[y], first_run[y + 1]):
            i = place[_root(parent, run)]
            for x in range(begin[run], end[run] + 1):
                if i >= 0:
                    index[filled[i]] = y * nx + x
                    filled[i] += 1
                else:
                    small[n_small] = y * nx + x
                    n_small += 1
    return index, start, small
