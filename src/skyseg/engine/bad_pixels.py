"""Bad pixels: which they are, and what is put in their place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_mask
from skyseg.engine.types import BoolImage, ErrType, FloatImage, check_err_type

BAD_VARIANCE = np.float32(_loops.BAD_VARIANCE)
INTERPOLATION_LENGTH = _loops.INTERPOLATION_LENGTH
HIGHEST_RMS = float(np.nextafter(np.float32(1e15), np.float32(np.inf)))
"""The least rms whose square is no variance, being `BAD_VARIANCE` or more."""


def mark_bad_pixels(sci: npt.ArrayLike, err: npt.ArrayLike | None, err_type: ErrType) -> BoolImage:
    """Mark the pixels that hold no measurement.

    Parameters
    ----------
    sci : array_like, shape (ny, nx)
        Science image.
    err : array_like, shape (ny, nx), or None
        Rms of the noise, or weight; None for ``none``.
    err_type : {"rms_err", "wht", "none"}
        Which of the two ``err`` is, or that there is none.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        True where ``sci`` is not finite or not between -1e30 and 1e30, where
        ``err`` is not finite or not above zero, where an rms is above 1e15, and
        where one of them is masked.

    Raises
    ------
    ParameterError
        If there is no such kind of error map.
    ImageError
        If one is no image, or the two differ in shape.
    """
    image = as_image(sci, "sci")
    kind = check_err_type(err_type)
    if kind == "none":
        return find_no_value(image)
    high = HIGHEST_RMS if kind == "rms_err" else np.inf
    return find_bad(image, as_image(err, "err", image.shape), (0.0, high))


def find_bad(sci: FloatImage, err: FloatImage, limits: tuple[float, float]) -> BoolImage:
    """Mark the pixels without a value, or whose error is not between two limits."""
    low, high = limits
    bad = np.empty(sci.shape, np.bool_)
    _loops.mark_bad(sci=sci, err=err, low=low, high=high, out=bad)
    return bad


def find_no_value(sci: FloatImage) -> BoolImage:
    """Mark the pixels that hold no value: not finite, or 1e30 or more in size."""
    return ~(np.abs(sci) < BAD_VARIANCE)


def interpolate_bad(
    sci: npt.ArrayLike, variance: npt.ArrayLike, bad: npt.ArrayLike
) -> tuple[FloatImage, FloatImage]:
    """Fill bad pixels from the left, else from the row above, up to 16 pixels deep.

    Parameters
    ----------
    sci, variance : array_like, shape (ny, nx)
        Image and variance.
    bad : array_like of bool, shape (ny, nx)
        Pixels to fill.

    Returns
    -------
    sci, variance : ndarray of float32, shape (ny, nx)
        Filled copies. A bad pixel that lies deeper in a hole than 16 pixels
        from its left and upper edge has value 0 and variance 1e30.

    Raises
    ------
    ImageError
        If one is no image, or they differ in shape.

    Notes
    -----
    The rule of SExtractor's INTERP_TYPE ALL: along a row, the value of the
    pixel on the left is repeated up to 16 times; where no value comes from the
    left, that of the row above (itself filled or not) is repeated, up to 16
    times per column until the column's next good pixel.
    """
    filled = as_image(sci, "sci").copy()
    filled_variance = as_image(variance, "variance", filled.shape).copy()
    holes = as_mask(bad, "bad", filled.shape)
    filled_variance[holes] = BAD_VARIANCE
    left = np.zeros(filled.shape[1], np.int16)
    _loops.fill(sci=filled, variance=filled_variance, bad=holes, left_in_column=left)
    return filled, filled_variance
