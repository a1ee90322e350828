"""From the maps on disk to what detection works on: bad pixels, variance, interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_mask, as_number
from skyseg.engine.rows import Rows, Window, as_rows, check_rows, check_window
from skyseg.engine.types import BoolImage, ErrType, FloatImage, check_err_type
from skyseg.errors import ImageError

BAD_VARIANCE = np.float32(_loops.BAD_VARIANCE)
INTERPOLATION_LENGTH = _loops.INTERPOLATION_LENGTH


@dataclass(frozen=True, eq=False)
class Maps:
    """An image and its error map.

    Attributes
    ----------
    sci, err : Rows
        Image, and rms or weight.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    name : str
        What they are, for messages.

    Raises
    ------
    ParameterError
        If there is no such kind of error map.
    ImageError
        If one cannot be read by rows, or the two differ in shape.
    """

    sci: Rows
    err: Rows
    err_type: ErrType
    name: str = ""

    def __post_init__(self) -> None:
        check_err_type(self.err_type)
        check_rows(self.sci, "sci")
        check_rows(self.err, "err")
        if self.sci.shape != self.err.shape:
            raise ImageError(
                f"does not fit the image of shape {self.sci.shape}: it has {self.err.shape}",
                hint="give maps on the same pixels", argument="err",
            )  # fmt: skip

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the image."""
        return self.sci.shape

    def read(self, window: Window) -> tuple[FloatImage, FloatImage, BoolImage]:
        """Read image, error and bad pixels of a part.

        Raises
        ------
        ImageError
            If one of the maps gives other pixels than those of the part.
        ParameterError
            If the part does not lie within the image.
        """
        check_window(window, self.shape)
        sci = as_image(self.sci.read(window), "sci", window.shape)
        err = as_image(self.err.read(window), "err", window.shape)
        return sci, err, find_bad(sci, err, self.err_type)


def make_maps(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows, err_type: ErrType, name: str = ""
) -> Maps:
    """Put an image and its error map together.

    Parameters
    ----------
    sci : array_like, shape (ny, nx), or Rows
        Science image.
    err : array_like, shape (ny, nx), or Rows
        Rms of the noise, or weight.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    name : str
        What they are, for messages.

    Returns
    -------
    Maps
        Masked pixels of either are bad.

    Raises
    ------
    ParameterError
        If there is no such kind of error map.
    ImageError
        If one is no image, or the two differ in shape.
    """
    return Maps(as_rows(sci, "sci"), as_rows(err, "err"), err_type, name)


def mark_bad_pixels(sci: npt.ArrayLike, err: npt.ArrayLike, err_type: ErrType) -> BoolImage:
    """Mark the pixels that hold no measurement.

    Parameters
    ----------
    sci : array_like, shape (ny, nx)
        Science image.
    err : array_like, shape (ny, nx)
        Rms of the noise, or weight.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.

    Returns
    -------
    ndarray of bool, shape (ny, nx)
        True where ``sci`` is not finite or not between -1e30 and 1e30, where
        ``err`` is not finite or not above zero, where an rms is 1e30 or more, and
        where one of them is masked.

    Raises
    ------
    ParameterError
        If there is no such kind of error map.
    ImageError
        If one is no image, or the two differ in shape.
    """
    image = as_image(sci, "sci")
    return find_bad(image, as_image(err, "err", image.shape), check_err_type(err_type))


def find_bad(sci: FloatImage, err: FloatImage, err_type: ErrType) -> BoolImage:
    """Mark the pixels that hold no measurement; see `mark_bad_pixels`."""
    limit = float(BAD_VARIANCE) if err_type == "rms_err" else np.inf
    bad = np.empty(sci.shape, np.bool_)
    _loops.mark_bad(sci=sci, err=err, limit=limit, out=bad)
    return bad


def make_variance_map(
    err: npt.ArrayLike,
    bad: npt.ArrayLike,
    err_type: ErrType,
    weight_factor: float = 1.0,
) -> FloatImage:
    """Turn an error map into the variance of each pixel.

    Parameters
    ----------
    err : array_like, shape (ny, nx)
        Rms of the noise, or weight.
    bad : array_like of bool, shape (ny, nx)
        Pixels without a measurement.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    weight_factor : float
        For a weight, f in variance = f^2 / weight; see `measure_weight_factor`.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Variance in the squared unit of the image, 1e30 where bad.

    Raises
    ------
    ParameterError
        If there is no such kind of error map, or the factor is not above zero.
    ImageError
        If one is no image, or the two differ in shape.
    """
    variance = as_image(err, "err").copy()
    holes = as_mask(bad, "bad", variance.shape)
    factor = as_number(weight_factor, "weight_factor")
    is_rms = check_err_type(err_type) == "rms_err"
    _loops.to_variance(err=variance, bad=holes, is_rms=is_rms, factor=factor)
    return variance


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
    left = np.zeros(filled.shape[1], np.int16)
    _loops.fill(sci=filled, variance=filled_variance, bad=holes, left_in_column=left)
    return filled, filled_variance
