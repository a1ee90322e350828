"""A mask: bits of each pixel, of which some keep pixels out of detection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from skyseg.engine._arrays import as_labels
from skyseg.engine.flag_maps import (
    FlagCounts,
    FlagRows,
    as_flags,
    combine_counts,
    count_label_flags,
    count_source_flags,
)
from skyseg.engine.mappers import Mapper
from skyseg.engine.parameters import FlagType
from skyseg.engine.rows import Window
from skyseg.engine.sources import Sources
from skyseg.engine.thresholding import Foreground, join_runs
from skyseg.engine.types import BoolImage, Columns, FloatImage, IntArray, LabelImage
from skyseg.errors import ParameterError

COLUMN_PREFIX: Final = "MASK_"
"""What the names of columns that count the pixels with a bit begin with."""


@dataclass(frozen=True, eq=False)
class Mask:
    """What is known against the pixels of an image.

    Attributes
    ----------
    rows : FlagRows
        The bits of each pixel; 0 is none.
    bits : mapping of str to int
        The value of each bit that the catalogue has a column of, by its name.
    excluded : int
        Bits of pixels in which nothing is detected: they are bad for sky and photometry,
        and no pixel of theirs gets a label. Pixels with other bits are flagged alone.

    Raises
    ------
    ParameterError
        If what is excluded is no whole number from 0 on.

    Examples
    --------
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = image[30:34, 5:9] = 50
    >>> from skyseg.engine.maps import make_maps
    >>> mask = Mask.of((image > 0) * (np.arange(40) < 10), {"STAR": 1}, excluded=1)
    >>> maps = make_maps(image, np.ones_like(image), "rms_err", mask=mask)
    """

    rows: FlagRows
    bits: Mapping[str, int]
    excluded: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.excluded, int) or not 0 <= self.excluded < 2**31:
            raise ParameterError(
                f"is {self.excluded!r}", hint="give the sum of the bits' values",
                argument="excluded",
            )  # fmt: skip

    @classmethod
    def of(cls, value: Any, bits: Mapping[str, int], excluded: int = 0) -> Mask:
        """Make one of a map of bits, an array or `FlagRows`.

        Raises
        ------
        ImageError
            If it holds what is not whole, below 0 or above 2^31 - 1.
        """
        shape = value.shape if hasattr(value, "shape") else np.shape(value)
        return cls(as_flags(value, (int(shape[0]), int(shape[1]))), dict(bits), excluded)

    def find_excluded(self, window: Window) -> BoolImage:
        """Mark the pixels of a part in which nothing is detected."""
        values = as_labels(self.rows.read(window), "mask", window.shape)
        marked: BoolImage = (values & self.excluded) != 0
        return marked

    def hide(self, image: FloatImage, window: Window) -> FloatImage:
        """Return a part of an image in which what is excluded is bad."""
        if not self.excluded:
            return image
        return np.where(self.find_excluded(window), np.float32(np.nan), image)

    def clear(self, found: Foreground, window: Window) -> Foreground:
        """Return a foreground of some rows of the image without what is excluded.

        Parameters
        ----------
        found : Foreground
            Runs of the whole image's shape, all in the window.
        window : Window
            The part.
        """
        if not self.excluded or not len(found.start):
            return found
        marked = self.find_excluded(window)
        nx = found.shape[1]
        index = found.index
        keep = ~marked[index // nx - window.y0, index % nx - window.x0]
        start, length = join_runs(index[keep], nx)
        return Foreground(found.shape, start, length, np.ascontiguousarray(found.values[:, keep]))


def measure_mask(
    sources: Sources, mask: Mask | None, flag_type: FlagType, mapper: Mapper = map
) -> Columns:
    """Measure what is known against the pixels of each source that CLEAN left.

    Parameters
    ----------
    sources : Sources
        The sources.
    mask : Mask or None
        The mask.
    flag_type : {"OR", "AND", "MIN", "MAX", "MOST"}
        How bits are combined; see `skyseg.engine.flag_maps.measure_flags`.
    mapper : callable
        Applies a function to tasks; see `skyseg.engine.mappers`.

    Returns
    -------
    dict of str to ndarray of int32, shape (m,)
        IMAFLAGS_ISO, NIMAFLAGS_ISO, and for each bit the number of pixels that have it:
        MASK_STAR and so on. Nothing without a mask.
    """
    if mask is None:
        return {}
    numbers = sources.number[sources.kept]
    return _measure(numbers, mask, flag_type, count_source_flags(sources, mask.rows, mapper))


def measure_mask_of_labels(
    labels: LabelImage, numbers: IntArray, mask: Mask, flag_type: FlagType
) -> Columns:
    """Measure what is known against the pixels of each label; see `measure_mask`.

    Parameters
    ----------
    labels : ndarray of int32, shape (ny, nx)
        The labels.
    numbers : ndarray of int, shape (m,)
        Those that are wanted, all that there are, ascending.
    mask : Mask
        The mask.
    flag_type : {"OR", "AND", "MIN", "MAX", "MOST"}
        How bits are combined.
    """
    return _measure(numbers, mask, flag_type, count_label_flags(labels, mask.rows))


def _measure(numbers: IntArray, mask: Mask, flag_type: FlagType, found: FlagCounts) -> Columns:
    columns = combine_counts(numbers, found, flag_type)
    at = np.searchsorted(numbers, found.label)
    for name, bit in mask.bits.items():
        pixels = np.zeros(len(numbers), np.int64)
        has = (found.value & bit) != 0
        np.add.at(pixels, at[has], found.pixels[has])
        columns[f"{COLUMN_PREFIX}{name}"] = pixels
    return {name: values.astype(np.int32) for name, values in columns.items()}
