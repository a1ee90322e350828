"""An image with its error map, and the variance that an error map stands for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_instance, as_mask, as_number
from skyseg.engine.flag_maps import FlagRows, as_flags
from skyseg.engine.masking import Mask
from skyseg.engine.rows import Rows, Window, as_rows, check_rows, check_window
from skyseg.engine.types import ErrType, FloatImage, check_err_type
from skyseg.errors import ImageError, ParameterError


@dataclass(frozen=True, eq=False)
class Maps:
    """An image and its error map, if it has one.

    Attributes
    ----------
    sci : Rows
        Image.
    err : Rows or None
        Rms or weight; None for ``none``.
    err_type : {"rms_err", "wht", "none"}
        Which of the two ``err`` is; ``none``: the noise is that of the image itself.
    name : str
        What they are, for messages.
    flags : FlagRows or None
        Flag map, for IMAFLAGS_ISO.
    mask : Mask or None
        What is excluded from detection, or flagged; see `skyseg.engine.Mask`.
    psf : ndarray of float32, shape (ny, nx), or None
        Image of the PSF, on pixels as those of ``sci``: CLEAN follows its wings; see
        `skyseg.engine.wings.absorb_in_wings`.

    Raises
    ------
    ParameterError
        If there is no such kind of error map, or there is a map for ``none`` or none for
        another kind.
    ImageError
        If one cannot be read by rows, or the two differ in shape.
    """

    sci: Rows
    err: Rows | None
    err_type: ErrType
    name: str = ""
    flags: FlagRows | None = None
    mask: Mask | None = None
    psf: FloatImage | None = None

    def __post_init__(self) -> None:
        _check_presence(self.err, self.err_type)
        check_rows(self.sci, "sci")
        if self.flags is not None:
            as_flags(self.flags, self.shape)
        if self.mask is not None:
            as_flags(as_instance(self.mask, Mask, "mask").rows, self.shape)
        if self.err is None:
            return
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

    def read(self, window: Window) -> tuple[FloatImage, FloatImage | None]:
        """Read image and error map, if there is one, of a part; what a mask excludes is bad.

        Raises
        ------
        ImageError
            If one of the maps gives other pixels than those of the part.
        ParameterError
            If the part does not lie within the image.
        """
        check_window(window, self.shape)
        sci = as_image(self.sci.read(window), "sci", window.shape)
        if self.mask is not None:
            sci = self.mask.hide(sci, window)
        if self.err is None:
            return sci, None
        return sci, as_image(self.err.read(window), "err", window.shape)


def make_maps(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None, err_type: ErrType, name: str = "",
    flags: npt.ArrayLike | FlagRows | None = None, mask: Mask | None = None,
    psf: npt.ArrayLike | None = None,
) -> Maps:  # fmt: skip
    """Put an image and its error map together.

    Parameters
    ----------
    sci : array_like, shape (ny, nx), or Rows
        Science image.
    err : array_like, shape (ny, nx), or Rows, or None
        Rms of the noise, or weight; None for ``none``.
    err_type : {"rms_err", "wht", "none"}
        Which of the two ``err`` is; ``none``: the noise is that of the image itself.
    name : str
        What they are, for messages.
    flags : array_like of int, shape (ny, nx), or FlagRows, optional
        Flag map.
    mask : Mask, optional
        What is excluded from detection, or flagged.
    psf : array_like, shape (ny, nx), optional
        Image of the PSF, for CLEAN.

    Returns
    -------
    Maps
        Masked pixels of either are bad.

    Raises
    ------
    ParameterError
        If there is no such kind of error map, or there is a map for ``none`` or none for
        another kind.
    ImageError
        If one is no image, or the two differ in shape; or the PSF has no light.
    """
    _check_presence(err, err_type)
    image = as_rows(sci, "sci")
    noise = None if err is None else as_rows(err, "err")
    marks = None if flags is None else as_flags(flags, image.shape)
    return Maps(image, noise, err_type, name, marks, mask, None if psf is None else as_psf(psf))


def as_psf(psf: npt.ArrayLike) -> FloatImage:
    """Return the image of a PSF.

    Parameters
    ----------
    psf : array_like, shape (ny, nx)
        The PSF without a sky.

    Raises
    ------
    ImageError
        If it is no image, has bad pixels or no light.
    """
    image = as_image(psf, "psf")
    total = float(image.sum(dtype=np.float64))
    if not total > 0 or not np.isfinite(total):
        raise ImageError("has bad pixels or no light", hint="give an image of it", argument="psf")
    return image


def _check_presence(err: object, err_type: ErrType) -> None:
    """Check that there is an error map where the error type says so, and only there."""
    if (check_err_type(err_type) == "none") != (err is None):
        raise ParameterError(
            f"is {'None' if err is None else 'given'}, and the error type is {err_type!r}",
            hint="give a map, or the error type none" if err is None else "give None for it",
            argument="err",
        )


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
    _check_presence(variance, err_type)
    power = 2 if err_type == "rms_err" else -1
    _loops.to_variance(err=variance, bad=holes, power=power, factor=factor)
    return variance
