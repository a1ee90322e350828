"""From the maps on disk to what detection works on: bad pixels, variance, interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.rows import Rows, Window
from skyseg.errors import ImageError

BAD_VARIANCE = np.float32(1e30)
_LARGEST = np.float32(1e30)
INTERPOLATION_LENGTH = 16

FloatImage = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int16]
BoolImage = npt.NDArray[np.bool_]


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
    err_type: Literal["rms_err", "wht"]

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the image."""
        return self.sci.shape

    def read(self, window: Window) -> tuple[FloatImage, FloatImage, BoolImage]:
        """Read image, error and bad pixels of a part."""
        sci, err = self.sci.read(window), self.err.read(window)
        return sci, err, bad_pixels(sci, err, self.err_type)


def bad_pixels(sci: FloatImage, err: FloatImage, err_type: Literal["rms_err", "wht"]) -> BoolImage:
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
    return _bad(sci, err, np.float32(limit))


@compiled
def _bad(sci: FloatImage, err: FloatImage, limit: np.float32) -> BoolImage:
    bad = np.empty(sci.shape, dtype=np.bool_)
    for y in range(sci.shape[0]):
        for x in range(sci.shape[1]):
            e = err[y, x]
            bad[y, x] = not (abs(sci[y, x]) < _LARGEST and e > 0.0 and e < limit)
    return bad


def variance_map(
    err: FloatImage,
    bad: BoolImage,
    err_type: Literal["rms_err", "wht"],
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
        For a weight, f in variance = f^2 / weight; see `weight_factor`.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Variance in the squared unit of the image, 1e30 where bad.
    """
    variance = err.copy()
    to_variance(variance, bad, err_type == "rms_err", np.float32(weight_factor))
    return variance


@compiled
def to_variance(err: FloatImage, bad: BoolImage, is_rms: bool, factor: np.float32) -> None:
    """Turn an error map into variances in place; see `variance_map`."""
    factor2 = np.float32(factor * factor)
    for y in range(err.shape[0]):
        row, holes = err[y], bad[y]
        if is_rms:
            for x in range(row.size):
                square = row[x] * row[x]
                row[x] = BAD_VARIANCE if holes[x] else square
        else:
            for x in range(row.size):
                row[x] = BAD_VARIANCE if holes[x] else factor2 / row[x]


def interpolate_bad(
    sci: FloatImage, variance: FloatImage, bad: npt.NDArray[np.bool_]
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
        from its left and upper rim has value 0 and variance 1e30.

    Notes
    -----
    The rule of SExtractor's INTERP_TYPE ALL: along a row, the value of the
    pixel on the left is repeated up to 16 times; where no value comes from the
    left, that of the row above (itself filled or not) is repeated, up to 16
    times per column until the column's next good pixel.
    """
    filled, filled_variance = sci.copy(), variance.copy()
    fill(filled, filled_variance, bad, np.zeros(bad.shape[1], np.int16))
    return filled, filled_variance


@compiled
def fill(
    sci: FloatImage, variance: FloatImage, bad: npt.NDArray[np.bool_], left_in_column: Counts
) -> None:
    """Fill bad pixels in place.

    ``left_in_column`` says how many more pixels of each column may be filled from
    above; it is brought up to date. What would come from above the first row is
    not known, and is left empty.
    """
    for y in range(bad.shape[0]):
        left_in_row = 0
        for x in range(bad.shape[1]):
            if not bad[y, x]:
                left_in_row = INTERPOLATION_LENGTH
                left_in_column[x] = INTERPOLATION_LENGTH
                continue
            sci[y, x], variance[y, x] = 0.0, BAD_VARIANCE
            if left_in_row > 0:
                left_in_row -= 1
                sci[y, x], variance[y, x] = sci[y, x - 1], variance[y, x - 1]
            elif left_in_column[x] > 0:
                left_in_column[x] -= 1
                if y > 0:
                    sci[y, x], variance[y, x] = sci[y - 1, x], variance[y - 1, x]


@compiled
def count_down(bad: npt.NDArray[np.bool_], left_in_column: Counts) -> None:
    """Bring ``left_in_column`` up to date without filling; see `fill`."""
    for y in range(bad.shape[0]):
        left_in_row = 0
        for x in range(bad.shape[1]):
            if not bad[y, x]:
                left_in_row = INTERPOLATION_LENGTH
                left_in_column[x] = INTERPOLATION_LENGTH
            elif left_in_row > 0:
                left_in_row -= 1
            elif left_in_column[x] > 0:
                left_in_column[x] -= 1
