"""Connection: from runs above the threshold to lists of connected pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_count, as_image, as_instance, as_list, as_shape
from skyseg.engine.thresholding import Foreground, find_foreground
from skyseg.engine.types import FloatImage, IntArray, LabelImage
from skyseg.errors import ParameterError


@dataclass(frozen=True, eq=False)
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

    @property
    def first(self) -> IntArray:
        """Flat index of the first pixel of each object, shape (n,)."""
        return self.index[self.start[:-1]]

    def arranged(self, start: IntArray, order: IntArray) -> PixelLists:
        """Return the pixels at some positions, in their order, as other objects."""
        found = _loops.arrange(
            order=order, index=self.index, value=self.value, threshold=self.threshold
        )
        return PixelLists(self.shape, start, **found)

    def draw_labels(self) -> LabelImage:
        """Draw the objects as a label image, 1 for the first, 0 for none.

        Returns
        -------
        ndarray of int32, shape (ny, nx)

        Raises
        ------
        ParameterError
            If a pixel lies outside the image.
        """
        image = np.zeros(as_shape(self.shape, "shape"), np.int32)
        if len(self.index) and (self.index.min() < 0 or self.index.max() >= image.size):
            raise ParameterError(
                f"is {self.shape}, and pixels lie outside of it", hint="use what detect gives",
                argument="shape",
            )  # fmt: skip
        image.ravel()[self.index] = np.repeat(np.arange(1, len(self) + 1), self.area)
        return image


@dataclass(frozen=True, eq=False)
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


def detect(filtered: npt.ArrayLike, threshold: npt.ArrayLike, minarea: int) -> Detections:
    """Find connected regions above the threshold.

    Parameters
    ----------
    filtered : array_like, shape (ny, nx)
        Filtered image; NaN and masked pixels are not detected.
    threshold : array_like, shape (ny, nx)
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
    ImageError
        If one is no image, or the two differ in shape.
    ParameterError
        If ``minarea`` is not a whole number of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((4, 6), np.float32)
    >>> image[1:3, 1:3] = 5
    >>> found = detect(image, np.ones_like(image), minarea=4)
    >>> len(found.regions), int(found.regions.area[0])
    (1, 4)
    """
    image = as_image(filtered, "filtered")
    limit = as_image(threshold, "threshold", image.shape)
    return connect(find_foreground(image, limit), as_count(minarea, "minarea"))


def connect(foreground: Foreground, minarea: int) -> Detections:
    """Connect runs to regions of 8-connected pixels.

    Parameters
    ----------
    foreground : Foreground
        Runs of consecutive rows.
    minarea : int
        Fewest pixels of a region.

    Returns
    -------
    Detections
        Regions in the order of their last pixels.
    """
    start, length = foreground.start, foreground.length
    lists = _loops.connect(
        start=start, length=length, width=foreground.shape[1], minarea=minarea, open_row=-1
    )
    first = lists["first"]
    gathered = _loops.gather(
        start=start, length=length, values=np.ascontiguousarray(foreground.values),
        place=lists["place"], first=first,
    )  # fmt: skip
    index, values = gathered["index"], gathered["values"]
    # behind the regions come the small ones
    end = first[-3]
    regions = PixelLists(
        foreground.shape, first[:-2], index[:end], values[0, :end], values[1, :end]
    )
    return Detections(regions, index[end:], values[2:, :end])


def as_pixel_lists(value: PixelLists, argument: str) -> PixelLists:
    """Return lists of pixels as the loops take them.

    Raises
    ------
    ParameterError
        If they are none, if their arrays do not fit one another or the image, if an
        object has no pixels, or if they are not ascending within one.
    """
    lists = as_instance(value, PixelLists, argument)
    ny, nx = as_shape(lists.shape, argument)
    start = as_list(lists.start, argument, np.int64)
    index = as_list(lists.index, argument, np.int64)
    light = as_list(lists.value, argument, np.float32, len(index))
    limit = as_list(lists.threshold, argument, np.float32, len(index))
    if not len(start) or start[0] != 0 or start[-1] != len(index) or (np.diff(start) < 1).any():
        raise ParameterError(
            f"has {len(index)} pixels, which its start does not share out among objects",
            hint="use what detect gives", argument=argument,
        )  # fmt: skip
    steps = np.diff(index)
    steps[start[1:-1] - 1] = 1
    if len(index) and (index.min() < 0 or index.max() >= ny * nx or (steps < 1).any()):
        raise ParameterError(
            "has pixels outside the image, or not in ascending order",
            hint="use what detect gives", argument=argument,
        )  # fmt: skip
    return PixelLists((ny, nx), start, index, light, limit)


def as_detections(value: Detections, argument: str) -> Detections:
    """Return detections as the loops take them; see `as_pixel_lists`."""
    found = as_instance(value, Detections, argument)
    regions = as_pixel_lists(found.regions, argument)
    small = as_list(found.small, argument, np.int64)
    if len(small) and (small.min() < 0 or small.max() >= regions.shape[0] * regions.shape[1]):
        raise ParameterError(
            "has pixels outside the image", hint="use what detect gives", argument=argument
        )
    return Detections(regions, small, found.values)
