"""Maps on disk that are read a part at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from skyseg.engine.types import FloatImage, LabelImage
from skyseg.imaging.quality import err_from_variance, err_from_wht, wht_from_err
from skyseg.imaging.reading import is_seekable, read_image, read_part, read_whole_numbers
from skyseg.imaging.refs import MapRef

if TYPE_CHECKING:
    from skyseg.engine.rows import Window

Derivation = Literal["err_from_wht", "variance_from_wht", "wht_from_err"]


@dataclass(frozen=True)
class MapRows:
    """A map of which any part can be read, by any thread or machine that sees the file.

    A file that is compressed as a whole (.fits.gz) cannot be read in parts: it
    is read once and kept.

    Attributes
    ----------
    ref : MapRef
        The map.
    shape : tuple of int
        Shape (ny, nx) of what is read: the map, or a part of it.
    derive : str or None
        What is made of the values that are read.
    is_variance : bool
        Whether the root of the values is taken first.
    origin : tuple of int
        Row and column of the map at which the part begins.
    """

    ref: MapRef
    shape: tuple[int, int]
    derive: Derivation | None = None
    is_variance: bool = False
    origin: tuple[int, int] = (0, 0)

    def read(self, window: Window) -> FloatImage:
        """Read a part of the map, in native single precision, as a copy that may be changed.

        Raises
        ------
        ImageError
            If the file cannot be read.
        """
        top, left = self.origin
        rows = slice(window.y0 + top, window.y1 + top)
        columns = slice(window.x0 + left, window.x1 + left)
        if is_seekable(self.ref.path):
            part = read_part(self.ref.path, self.ref.ext, rows, columns)
        else:
            part = np.array(_kept(self.ref)[rows, columns], order="C")
        if self.is_variance:
            part = err_from_variance(part)
        if self.derive == "err_from_wht":
            return err_from_wht(part)
        if self.derive == "variance_from_wht":
            return err_from_wht(part) ** 2
        return part if self.derive is None else wht_from_err(part, str(self.ref))


@dataclass(frozen=True)
class FlagMapRows:
    """A flag map of which any part can be read.

    Attributes
    ----------
    ref : MapRef
        The map.
    shape : tuple of int
        Shape (ny, nx) of what is read: the map, or a part of it.
    origin : tuple of int
        Row and column of the map at which the part begins.
    """

    ref: MapRef
    shape: tuple[int, int]
    origin: tuple[int, int] = (0, 0)

    def read(self, window: Window) -> LabelImage:
        """Read a part of the map.

        Raises
        ------
        ImageError
            If the file cannot be read, or holds what is no flag.
        """
        top, left = self.origin
        rows = slice(window.y0 + top, window.y1 + top)
        columns = slice(window.x0 + left, window.x1 + left)
        if is_seekable(self.ref.path):
            return read_whole_numbers(self.ref.path, self.ref.ext, rows, columns)
        return _kept_flags(self.ref)[rows, columns]


@lru_cache(maxsize=2)
def _kept(ref: MapRef) -> FloatImage:
    return read_image(ref.path, ref.ext)


@lru_cache(maxsize=2)
def _kept_flags(ref: MapRef) -> LabelImage:
    return read_whole_numbers(ref.path, ref.ext, slice(None), slice(None))
