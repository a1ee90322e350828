"""An image with its error map, and the variance that an error map stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_mask, as_number
from skyseg.engine.bad_pixels import find_bad
from skyseg.engine.rows import Rows, Window, as_rows, check_rows, check_window
from skyseg.engine.types import BoolImage, ErrType, FloatImage, check_err_type
from skyseg.errors import ImageError


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
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None, err_type: ErrType, name: str = ""
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
    if err is None:
        raise ImageError("is None", hint="give an error map", argument="err")
    return Maps(as_rows(sci, "sci"), as_rows(err, "err"), err_type, name)


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
