"""What the scatter of values is told from."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

SIGMA_OF_MAD: Final = 1.482602218505602
"""Standard deviation of values of a normal distribution over their median absolute deviation."""


def median_of(values: npt.ArrayLike) -> float:
    """Return the median of values, to the bit that of `numpy.median`; see `medians_along`.

    Returns
    -------
    float
        NaN where one of them is, or there is none.

    Examples
    --------
    >>> median_of([3.0, 1.0, 2.0, 5.0])
    2.5
    """
    flat = np.asarray(values).ravel()
    return float(medians_along(flat)) if flat.size else math.nan


def medians_along(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the medians along the last axis; NaN where a value is.

    `numpy.median` asks whether values are masked, for which it loads all of numpy's masked
    arrays: a tenth of what loads numpy.
    """
    count = values.shape[-1]
    half = count // 2
    ordered = np.partition(values, sorted({max(half - 1, 0), half, count - 1}), axis=-1)
    middle = ordered[..., half - 1 + count % 2 : half + 1].mean(axis=-1)
    last = ordered[..., -1]
    found: npt.NDArray[Any] = np.where(np.isnan(last), last, middle)
    return found
