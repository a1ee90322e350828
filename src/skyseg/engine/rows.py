"""Maps that are read a few rows at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from skyseg.engine.types import FloatImage


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
    """A map in memory."""

    array: FloatImage

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: Window) -> FloatImage:
        """Return a copy of a part of the map."""
        part = self.array[window.y0 : window.y1, window.x0 : window.x1]
        return np.array(part, dtype=np.float32, order="C")


def row_strips(ny: int, rows: int) -> list[tuple[int, int]]:
    """Cut ``ny`` rows into strips of ``rows``: first row, and row after the last, of each."""
    return [(start, min(start + rows, ny)) for start in range(0, ny, rows)]


def as_rows(image: FloatImage | Rows) -> Rows:
    """Return a map as `Rows`, be it an array or not."""
    return ArrayRows(image) if isinstance(image, np.ndarray) else image


def as_array(image: FloatImage | Rows) -> FloatImage:
    """Return a map as an array, reading it where it is not one."""
    if isinstance(image, np.ndarray):
        return image
    return image.read(Window(0, image.shape[0], 0, image.shape[1]))
