"""The types of what travels through skyseg: arrays, choices and callbacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np
import numpy.typing as npt

from skyseg.errors import ParameterError

ErrType: TypeAlias = Literal["rms_err", "wht", "none"]
"""Where the noise comes from: a map of its rms, a weight map, or the image itself."""

FloatImage: TypeAlias = npt.NDArray[np.float32]
"""An image, variance or background, shape (ny, nx), or its values at some pixels."""

BoolImage: TypeAlias = npt.NDArray[np.bool_]
"""A mask, shape (ny, nx)."""

LabelImage: TypeAlias = npt.NDArray[np.int32]
"""Labels of sources, shape (ny, nx); 0 is background."""

AnyFloatImage: TypeAlias = npt.NDArray[np.floating[Any]]
"""An image of any floating type, shape (ny, nx), as a file or a user has it."""

AnyLabelImage: TypeAlias = npt.NDArray[np.integer[Any]]
"""Labels of any integer type, shape (ny, nx), as a file or a user has them."""

ByteImage: TypeAlias = npt.NDArray[np.uint8]
"""Classes or colours, shape (ny, nx) or (ny, nx, channels), or packed bits and bytes."""

CountArray: TypeAlias = npt.NDArray[np.int16]
"""Small counts, one for each column of an image."""

Int32Array: TypeAlias = npt.NDArray[np.int32]
"""Whole numbers that are no labels: steps, lengths, labels of runs."""

FloatArray: TypeAlias = npt.NDArray[np.float64]
"""Measurements, one for each source."""

IntArray: TypeAlias = npt.NDArray[np.int64]
"""Flat indices, counts or numbers of sources."""

BoolArray: TypeAlias = npt.NDArray[np.bool_]
"""What is true of each source."""

Columns: TypeAlias = dict[str, npt.NDArray[Any]]
"""Measurements by name, each of shape (n,) or (n, number of apertures)."""

Measurements: TypeAlias = Mapping[str, npt.NDArray[np.generic]]
"""Columns that are only read."""

Slices: TypeAlias = tuple[slice, slice]
"""Rows and columns of a part of an image."""

Box: TypeAlias = tuple[int, int, int, int]
"""First and last row, first and last column, the last ones not included."""

Progress: TypeAlias = Callable[[float, str], None]
"""Told the part of the work that is done, 0 to 1, and what comes next."""


def tell_nobody(part: float, text: str) -> None:
    """Tell nobody how far some work is; a `Progress`."""


def check_err_type(value: object, argument: str = "err_type") -> ErrType:
    """Return an error type that somebody gave.

    Raises
    ------
    ParameterError
        If there is no such one.

    Examples
    --------
    >>> check_err_type("wht")
    'wht'
    """
    if not isinstance(value, str) or value not in get_args(ErrType):
        raise ParameterError(
            f"is {value!r}", hint="use 'rms_err', 'wht' or 'none'", argument=argument
        )
    return cast("ErrType", value)
