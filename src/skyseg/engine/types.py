"""The types of what travels through skyseg: arrays, choices and callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

ErrType: TypeAlias = Literal["rms_err", "wht"]
"""Where the noise comes from: a map of its rms, or a weight map."""

FloatImage: TypeAlias = npt.NDArray[np.float32]
"""An image, variance or background, shape (ny, nx), or its values at some pixels."""

BoolImage: TypeAlias = npt.NDArray[np.bool_]
"""A mask, shape (ny, nx)."""

LabelImage: TypeAlias = npt.NDArray[np.int32]
"""Labels of sources, shape (ny, nx); 0 is background."""

FloatArray: TypeAlias = npt.NDArray[np.float64]
"""Measurements, one for each source."""

IntArray: TypeAlias = npt.NDArray[np.int64]
"""Flat indices, counts or numbers of sources."""

Slices: TypeAlias = tuple[slice, slice]
"""Rows and columns of a part of an image."""

Progress: TypeAlias = Callable[[float, str], None]
"""Told the part of the work that is done, 0 to 1, and what comes next."""
