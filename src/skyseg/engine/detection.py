"""Connection: from runs above the threshold to lists of connected pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyseg import _loops
from skyseg.engine._foreground import Foreground, find_foreground
from skyseg.engine.types import FloatImage, IntArray, LabelImage
from skyseg.errors import ParameterError


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

    def labels(self) -> LabelImage:
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
    values : ndarray of float32, shape (m, npix)
        Other maps of the `Foreground` at the pixels of ``regions``.
    """

    regions: PixelLists
    small: IntArray
    values: FloatImage


def detect(filtered: FloatImage, threshold: FloatImage, minarea: int) -> Detections:
    """Find connected regions above the threshold.

    Parameters
    ----------
    filtered : ndarray of float32, shape (ny, nx)
        Filtered image.
    threshold : ndarray of float32, shape (ny, nx)
        Threshold of each pixel; see `make_threshold_map`.
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
    found, _ = connect(find_foreground(filtered, threshold), minarea)
    return found


def connect(
    foreground: Foreground, minarea: int, open_row: int = -1
) -> tuple[Detections, Foreground]:
    """Connect runs to regions of 8-connected pixels.

    Parameters
    ----------
    foreground : Foreground
        Runs of consecutive rows.
    minarea : int
        Fewest pixels of a region.
    open_row : int
        Regions that reach this row may go on below it; -1 where all are whole.

    Returns
    -------
    complete : Detections
        Regions that do not reach ``open_row``, in the order of their last pixels.
    rest : Foreground
        The runs of the others.
    """
    runs = foreground.start, foreground.length
    place, first = _loops.connect(*runs, foreground.shape[1], minarea, open_row)
    index, values = _loops.gather(*runs, np.ascontiguousarray(foreground.values), place, first)
    # behind the regions come the small ones, and then those that go on
    start, end, small_end = first[:-2], first[-3], first[-2]
    is_open = place == len(first) - 2
    regions = PixelLists(foreground.shape, start, index[:end], values[0, :end], values[1, :end])
    complete = Detections(regions, index[end:small_end], values[2:, :end])
    rest = Foreground(
        foreground.shape, foreground.start[is_open], foreground.length[is_open],
        values[:, small_end:],
    )  # fmt: skip
    return complete, rest
