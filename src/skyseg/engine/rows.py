"""Maps that are read a few rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_image, as_pixels, convert_pixels
from skyseg.engine.types import FloatImage

_STRIP_PIXELS = 2_000_000


@dataclass(frozen=True)
class Window:
    """A part of an image: rows ``y0`` to ``y1``, columns ``x0`` to ``x1``, from 0."""

    y0: int
    y1: int
    x0: int
    x1: int


class Rows(Protocol):
    """A map of which any part can be read."""

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        ...

    def read(self, window: Window) -> FloatImage:
        """Read a part of the map, in native single precision, as a copy that may be changed."""
        ...


@dataclass(frozen=True)
class ArrayRows:
    """A map in memory, of any real type; masked pixels are read as NaN."""

    array: npt.NDArray[Any]

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: Window) -> FloatImage:
        """Return a copy of a part of the map."""
        part = self.array[window.y0 : window.y1, window.x0 : window.x1]
        converted = convert_pixels(part)
        return converted.copy() if np.may_share_memory(converted, part) else converted


def row_strips(ny: int, rows: int) -> list[tuple[int, int]]:
    """Cut ``ny`` rows into strips of ``rows``: first row, and row after the last, of each."""
    return [(start, min(start + rows, ny)) for start in range(0, ny, rows)]


def choose_strips(shape: tuple[int, int], rows: int | None) -> list[tuple[int, int]]:
    """Cut an image into strips of so many rows, or of about two million pixels."""
    return row_strips(shape[0], rows or max(_STRIP_PIXELS // shape[1], 16))


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
        return image  # type: ignore[return-value]
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
        return image.read(Window(0, image.shape[0], 0, image.shape[1]))  # type: ignore[union-attr]
    return as_image(image, argument)


def _are_rows(image: Any) -> bool:
    return hasattr(image, "read") and hasattr(image, "shape")
