"""Maps that are read a few rows at a time."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_count, as_image, as_instance, as_pixels, convert_pixels
from skyseg.engine.types import Box, FloatImage, Slices
from skyseg.errors import ImageError, ParameterError

_STRIP_PIXELS = 2_000_000
# of an image that has fewer pixels than so many strips of that size
_STRIPS = 16
_LEAST_ROWS = 128
_WINDOW_PIXELS: Final = 48
WINDOWS_ALONG_AXIS: Final = 5
"""Windows that are spread over an image along each axis, at the most."""


@dataclass(frozen=True)
class Window:
    """A part of an image: rows ``y0`` to ``y1``, columns ``x0`` to ``x1``, from 0.

    Raises
    ------
    ParameterError
        If they are not whole numbers from 0 on, or one ends before it begins.
    """

    y0: int
    y1: int
    x0: int
    x1: int

    def __post_init__(self) -> None:
        for low, high in ((self.y0, self.y1), (self.x0, self.x1)):
            as_count(high, "window", least=as_count(low, "window", least=0))

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the part."""
        return self.y1 - self.y0, self.x1 - self.x0


class Rows(Protocol):
    """A map of which any part can be read.

    One that has ``state`` tells by it its pixels from those of any other map; see `state_of`.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        ...

    def read(self, window: Window) -> FloatImage:
        """Read a part of the map, in native single precision, as a copy that may be changed."""
        ...


def state_of(rows: object) -> Hashable | None:
    """Return what tells the pixels of a map from those of all others; None where nothing does."""
    state: Hashable | None = getattr(rows, "state", None)
    return state


@dataclass(frozen=True, eq=False)
class ArrayRows:
    """A map in memory, of any real type; masked pixels are read as NaN.

    Raises
    ------
    ImageError
        If it is no image.
    """

    array: npt.NDArray[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", as_pixels(self.array, "array"))

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: Window) -> FloatImage:
        """Return a copy of a part of the map."""
        check_window(window, self.shape)
        part = self.array[window.y0 : window.y1, window.x0 : window.x1]
        converted = convert_pixels(part)
        return converted.copy() if np.may_share_memory(converted, part) else converted


def check_window(window: Window, shape: tuple[int, int]) -> None:
    """Check that a window lies within an image.

    Raises
    ------
    ParameterError
        If it does not, or is no window.
    """
    as_instance(window, Window, "window")
    if window.y1 > shape[0] or window.x1 > shape[1]:
        raise ParameterError(
            f"is {window} of an image of shape {shape}", hint="give one within the image",
            argument="window",
        )  # fmt: skip


def row_strips(ny: int, rows: int) -> list[tuple[int, int]]:
    """Cut ``ny`` rows into strips of ``rows``: first row, and row after the last, of each."""
    return [(start, min(start + rows, ny)) for start in range(0, ny, rows)]


def choose_strips(shape: tuple[int, int], rows: int | None) -> list[tuple[int, int]]:
    """Cut an image into strips of so many rows, or of about two million pixels.

    A smaller image is cut into 16, of 128 rows at the least: so no core waits long for the
    others at the end of a step, and what is made on the way stays in the cache.
    """
    ny, nx = shape
    fair = max(-(-ny // _STRIPS), _LEAST_ROWS)
    return row_strips(ny, rows or min(fair, max(_STRIP_PIXELS // nx, 16)))


def choose_strips_of(
    step: int, shape: tuple[int, int], rows: int | None
) -> list[tuple[int, int]]:  # fmt: skip
    """Cut an image as `choose_strips` does, into strips of a multiple of ``step`` rows.

    Examples
    --------
    >>> choose_strips_of(64, (200, 10), 70)
    [(0, 128), (128, 200)]
    """
    height = choose_strips(shape, rows)[0][1]
    return row_strips(shape[0], -(-height // step) * step)


def spread_windows(shape: tuple[int, int]) -> Iterator[Window]:
    """Spread windows over an image, of 48 pixels at the most, that do not overlap."""
    (height, tops), (width, lefts) = (_spread(length) for length in shape)
    for top in tops:
        for left in lefts:
            yield Window(top, top + height, left, left + width)


def _spread(length: int) -> tuple[int, list[int]]:
    """Length of a window along an axis, and where windows begin."""
    side = min(length, _WINDOW_PIXELS)
    count = min(length // side, WINDOWS_ALONG_AXIS)
    return side, [int(start) for start in np.linspace(0, length - side, count)]


def as_rows(image: npt.ArrayLike | Rows, argument: str = "image") -> Rows:
    """Return a map as `Rows`, be it an array or not.

    Parameters
    ----------
    image : array_like, shape (ny, nx), or Rows
        The map, of any real type; masked pixels are NaN.
    argument : str
        What the map is called in an error.

    Returns
    -------
    Rows

    Raises
    ------
    ImageError
        If it is no image.
    """
    if _are_rows(image):
        return check_rows(image, argument)
    return ArrayRows(as_pixels(image, argument))


def as_array(image: npt.ArrayLike | Rows, argument: str = "image") -> FloatImage:
    """Return a map as an array, reading it where it is not one.

    Parameters
    ----------
    image : array_like, shape (ny, nx), or Rows
        The map, of any real type; masked pixels are NaN.
    argument : str
        What the map is called in an error.

    Returns
    -------
    ndarray of float32, shape (ny, nx)

    Raises
    ------
    ImageError
        If it is no image.
    """
    if _are_rows(image):
        rows = check_rows(image, argument)
        return as_image(rows.read(Window(0, rows.shape[0], 0, rows.shape[1])), argument, rows.shape)
    return as_image(image, argument)


def check_rows(rows: Any, argument: str) -> Rows:
    """Return a map that is read by rows.

    Raises
    ------
    ImageError
        If it cannot be read, or has not the shape of an image with pixels.
    """
    if not _are_rows(rows):
        raise ImageError(
            f"is of type {type(rows).__name__}", hint="give what as_rows returns",
            argument=argument,
        )  # fmt: skip
    shape = rows.shape
    if not (isinstance(shape, tuple) and len(shape) == 2 and all(map(_is_length, shape))):
        raise ImageError(
            f"has shape {shape!r}", hint="give a 2-D map with pixels", argument=argument
        )
    return rows  # type: ignore[no-any-return]


def _is_length(value: Any) -> bool:
    return bool(isinstance(value, (int, np.integer)) and value > 0)


def _are_rows(image: Any) -> bool:
    return hasattr(image, "read") and hasattr(image, "shape")


def as_box(part: Slices, shape: tuple[int, int]) -> Box:
    """Return a part as a box inside the image.

    Raises
    ------
    ParameterError
        If it is not two slices, or holds no pixels of the image.
    """
    if (
        not isinstance(part, tuple)
        or len(part) != 2
        or not all(isinstance(each, slice) for each in part)
    ):
        raise ParameterError(f"is {part!r}", hint="give two slices", argument="part")
    try:
        (y0, y1, dy), (x0, x1, dx) = (
            each.indices(length) for each, length in zip(part, shape, strict=True)
        )
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {part!r}", hint="give two slices of whole numbers", argument="part"
        ) from error
    if dy != 1 or dx != 1 or y0 >= y1 or x0 >= x1:
        raise ParameterError(
            f"is {part!r} of an image of shape {shape}", hint="give slices that hold pixels",
            argument="part",
        )  # fmt: skip
    return y0, y1, x0, x1
