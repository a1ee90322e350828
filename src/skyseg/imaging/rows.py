"""Maps on disk that are read a part at a time."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from skyseg.engine.rows import spread_windows
from skyseg.engine.scatter import median_of
from skyseg.engine.types import BoolImage, FloatImage, LabelImage
from skyseg.imaging.quality import err_from_variance, err_from_wht, wht_from_err
from skyseg.imaging.reading import (
    find_state,
    is_seekable,
    precision_of,
    read_image,
    read_marks,
    read_part,
    read_whole_numbers,
)
from skyseg.imaging.refs import MapRef

if TYPE_CHECKING:
    from skyseg.engine.rows import Window

_ORDINARY: Final = 120
"""Exponents of two up to which single precision holds a map, high and low values of it too."""

Derivation = Literal["err_from_wht", "variance_from_wht", "wht_from_err"]

_POWERS: Final[dict[Derivation | None, float]] = {
    None: 1, "err_from_wht": -0.5, "variance_from_wht": -1, "wht_from_err": -2,
}  # fmt: skip
"""Powers of the value in the file that the derived values are."""

_TYPES: Final[dict[bool, type[Any]]] = {False: np.float32, True: np.float64}


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
    exponent : int
        Even power of two by which what is read is divided, where single precision
        does not hold the values; 0 for others.
    """

    ref: MapRef
    shape: tuple[int, int]
    derive: Derivation | None = None
    is_variance: bool = False
    origin: tuple[int, int] = (0, 0)
    exponent: int = 0

    @property
    def state(self) -> Hashable:
        """The map, and size and time of its file.

        Raises
        ------
        DataNotFoundError
            If there is no such file.
        """
        return self, find_state(self.ref.path)

    def read(self, window: Window) -> FloatImage:
        """Read a part of the map, in native single precision, as a copy that may be changed.

        Raises
        ------
        ImageError
            If the file cannot be read.
        """
        is_plain = self.derive is None and not (self.is_variance or self.exponent)
        values = self._derive(self._read(window, in_double=not is_plain))
        with np.errstate(over="ignore"):
            single: FloatImage = values.astype(np.float32, copy=False)
        return single

    def to_scale(self) -> MapRows:
        """Return the rows divided by a power of two where single precision does not hold them."""
        exponent = self.find_exponent()
        return replace(self, exponent=exponent) if exponent else self

    def find_exponent(self) -> int:
        """Return the even power of two that the values are about, or 0 for ordinary ones.

        Some blocks are read where the values may be beyond single precision.
        """
        if self.derive is None and precision_of(self.ref.path, self.ref.ext) is np.float32:
            return 0
        blocks = (self._read(window, in_double=True) for window in spread_windows(self.shape))
        good = [block[np.isfinite(block) & (block > 0)] for block in blocks]
        middles = [median_of(values) for values in good if values.size]
        if not middles:
            return 0
        power = _POWERS[self.derive] * (0.5 if self.is_variance else 1)
        exponent = math.log2(median_of(middles)) * power
        return 2 * round(exponent / 2) if abs(exponent) > _ORDINARY else 0

    def _read(self, window: Window, *, in_double: bool) -> npt.NDArray[Any]:
        """Read a part; in double precision where that is asked for and the file has it."""
        rows, columns = _place(window, self.origin)
        path, ext = self.ref.path, self.ref.ext
        is_double = in_double and precision_of(path, ext) is np.float64
        if is_seekable(path):
            return read_part(path, ext, rows, columns, _TYPES[is_double])
        return np.array(_kept(self.ref, find_state(path), is_double)[rows, columns], order="C")

    def _derive(self, part: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Make of the values what is wanted."""
        up = 2.0 ** (self.exponent // 2)
        if self.is_variance:
            part = err_from_variance(part)
        if self.derive == "err_from_wht":
            return err_from_wht(part)
        if self.derive == "variance_from_wht":
            return (err_from_wht(part) / up) ** 2
        if self.derive == "wht_from_err":
            return wht_from_err(part * up if self.exponent else part, str(self.ref))
        return part / up**2 if self.exponent else part


@dataclass(frozen=True)
class FlagMapRows:
    """A map of flags or sources of which any part can be read.

    Attributes
    ----------
    ref : MapRef
        The map.
    shape : tuple of int
        Shape (ny, nx) of what is read: the map, or a part of it.
    origin : tuple of int
        Row and column of the map at which the part begins.
    is_blank_zero : bool
        Whether NaN is 0, as in a map of sources.
    """

    ref: MapRef
    shape: tuple[int, int]
    origin: tuple[int, int] = (0, 0)
    is_blank_zero: bool = False

    @property
    def state(self) -> Hashable:
        """The map, and size and time of its file.

        Raises
        ------
        DataNotFoundError
            If there is no such file.
        """
        return self, find_state(self.ref.path)

    def read(self, window: Window) -> LabelImage:
        """Read a part of the map.

        Raises
        ------
        ImageError
            If the file cannot be read, or holds what is no flag and no label.
        """
        rows, columns = _place(window, self.origin)
        if is_seekable(self.ref.path):
            return read_whole_numbers(
                self.ref.path, self.ref.ext, rows, columns, is_blank_zero=self.is_blank_zero
            )
        return _kept_numbers(self.ref, find_state(self.ref.path), self.is_blank_zero)[rows, columns]


@dataclass(frozen=True)
class MarkRows:
    """What a mask or DQ map marks, of which any part can be read.

    Attributes
    ----------
    ref : MapRef
        The map.
    shape : tuple of int
        Shape (ny, nx) of what is read: the map, or a part of it.
    origin : tuple of int
        Row and column of the map at which the part begins.
    dq_bits : int or None
        The bits that mark a pixel; None for any number but 0.
    """

    ref: MapRef
    shape: tuple[int, int]
    origin: tuple[int, int]
    dq_bits: int | None

    def read(self, window: Window) -> BoolImage:
        """Read which pixels of a part are marked.

        Raises
        ------
        ImageError
            If the file cannot be read, or holds numbers that are not whole, or below 0.
        """
        rows, columns = _place(window, self.origin)
        if is_seekable(self.ref.path):
            return read_marks(self.ref.path, self.ref.ext, rows, columns, self.dq_bits)
        return _kept_marks(self.ref, find_state(self.ref.path), self.dq_bits)[rows, columns]


def _place(window: Window, origin: tuple[int, int]) -> tuple[slice, slice]:
    """Return rows and columns of a map that a window of a part of it has."""
    top, left = origin
    return (
        slice(window.y0 + top, window.y1 + top),
        slice(window.x0 + left, window.x1 + left),
    )


# maps of which no part can be read alone, by the state that their files are in


@lru_cache(maxsize=2)
def _kept(ref: MapRef, _state: Hashable, is_double: bool) -> npt.NDArray[Any]:
    return read_image(ref.path, ref.ext, _TYPES[is_double])


@lru_cache(maxsize=2)
def _kept_numbers(ref: MapRef, _state: Hashable, is_blank_zero: bool) -> LabelImage:
    return read_whole_numbers(
        ref.path, ref.ext, slice(None), slice(None), is_blank_zero=is_blank_zero
    )


@lru_cache(maxsize=2)
def _kept_marks(ref: MapRef, _state: Hashable, dq_bits: int | None) -> BoolImage:
    return read_marks(ref.path, ref.ext, slice(None), slice(None), dq_bits)
