"""From the maps on disk to what detection works on: bad pixels, variance, interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyseg import _loops
from skyseg.engine.rows import Rows, Window
from skyseg.engine.types import BoolImage, ErrType, FloatImage
from skyseg.errors import ImageError

BAD_VARIANCE = np.float32(1e30)
INTERPOLATION_LENGTH = 16


@dataclass(frozen=True)
class Maps:
    """An image and its error map.

    Attributes
    ----------
    sci, err : Rows
        Image, and rms or weight.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    """

    sci: Rows
    err: Rows
    err_type: ErrType

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the image."""
        return self.sci.shape

    def read(self, window: Window) -> tuple[FloatImage, FloatImage, BoolImage]:
        """Read image, error and bad pixels of a part."""
        sci, err = self.sci.read(window), self.err.read(window)
        return sci, err, mark_bad_pixels(sci, err, self.err_type)


def mark_bad_pixels(sci: FloatImage, err: FloatImage, err_type: ErrType) -> BoolImage:
    """Mark the pixels that hold no measurement.

    Parameters
    ----------
    sci : ndarray of float32, shape (ny, nx)
        Science image.
    err : ndarray of float32, shape (ny, nx)
        Rms of the noise, or weight.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        True where ``sci`` is not finite or not between -1e30 and 1e30, where
        ``err`` is not finite or not above zero, and where an rms is 1e30 or more.

    Raises
    ------
    ImageError
        If the two maps differ in shape.
    """
    if sci.shape != err.shape:
        raise ImageError(
            f"the image has shape {sci.shape} and its error map {err.shape}; "
            "give maps on the same pixels"
        )
    limit = float(BAD_VARIANCE) if err_type == "rms_err" else np.inf
    bad = np.empty(sci.shape, np.bool_)
    _loops.mark_bad(sci, err, limit, bad)
    return bad


def make_variance_map(
    err: FloatImage,
    bad: BoolImage,
    err_type: ErrType,
    weight_factor: float = 1.0,
) -> FloatImage:
    """Turn an error map into the variance of each pixel.

    Parameters
    ----------
    err : ndarray of float32, shape (ny, nx)
        Rms of the noise, or weight.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    weight_factor : float
        For a weight, f in variance = f^2 / weight; see `measure_weight_factor`.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Variance in the squared unit of the image, 1e30 where bad.
    """
    variance = err.copy()
    _loops.to_variance(variance, bad, err_type == "rms_err", weight_factor)
    return variance


def interpolate_bad(
    sci: FloatImage, variance: FloatImage, bad: BoolImage
) -> tuple[FloatImage, FloatImage]:
    """Fill bad pixels from the left, else from the row above, up to 16 pixels deep.

    Parameters
    ----------
    sci, variance : ndarray of float32, shape (ny, nx)
        Image and variance.
    bad : ndarray of bool, shape (ny, nx)
        Pixels to fill.

    Returns
    -------
    sci, variance : ndarray of float32, shape (ny, nx)
        Filled copies. A bad pixel that lies deeper in a hole than 16 pixels
        from its left and upper edge has value 0 and variance 1e30.

    Notes
    -----
    The rule of SExtractor's INTERP_TYPE ALL: along a row, the value of the
    pixel on the left is repeated up to 16 times; where no value comes from the
    left, that of the row above (itself filled or not) is repeated, up to 16
    times per column until the column's next good pixel.
    """
    filled, filled_variance = sci.copy(), variance.copy()
    _loops.fill(filled, filled_variance, bad, np.zeros(bad.shape[1], np.int16))
    return filled, filled_variance
