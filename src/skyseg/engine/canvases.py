"""Where the maps go that an extraction draws, rows by rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np

from skyseg.engine._arrays import as_shape
from skyseg.engine.types import FloatImage, Int32Array, LabelImage

Pack: TypeAlias = Callable[[LabelImage, Int32Array], Any]
"""Turns rows of labels, and of background in steps, into what a canvas takes."""


class Canvas(Protocol):
    """Takes the maps that are made, in order of rows."""

    row_step: int
    """Rows come in multiples of this number, the last ones apart."""

    def packer(self, step: float) -> Pack:
        """Return what turns rows of labels and background into what `write` takes.

        The background comes as whole multiples of ``step``. The packer runs where
        the rows were worked, be it another thread or machine.
        """
        ...

    def write(self, first: int, packed: Any) -> None:
        """Take packed rows, ``first`` being the first row."""
        ...


class ArrayCanvas:
    """Maps that are drawn in memory.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.

    Raises
    ------
    ParameterError
        If it is no shape of an image.
    """

    row_step = 1

    def __init__(self, shape: tuple[int, int]) -> None:
        as_shape(shape, "shape")
        self.labels = np.zeros(shape, np.int32)
        self.background = np.zeros(shape, np.float32)

    def packer(self, step: float) -> Pack:
        """Return what leaves the labels as they are."""
        return partial(_scale, step)

    def write(self, first: int, packed: tuple[LabelImage, FloatImage]) -> None:
        """Take rows of labels and background."""
        labels, background = packed
        self.labels[first : first + len(labels)] = labels
        self.background[first : first + len(labels)] = background


def _scale(
    step: float, labels: LabelImage, background: LabelImage
) -> tuple[LabelImage, FloatImage]:
    # near the largest number of single precision the spline may pass it
    with np.errstate(over="ignore"):
        return labels, np.multiply(background, np.float32(step), dtype=np.float32)
