"""Bad pixels counted, and the two kinds of error map made from one another."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import ErrType, FloatImage
from skyseg.errors import ImageError

_LARGEST: Final = float(np.finfo(np.float32).max)


def check_maps(sci: FloatImage, err: FloatImage, err_type: ErrType, name: str) -> int:
    """Count the bad pixels of a pair of maps, by the rule of `skyseg.engine.mark_bad_pixels`.

    Parameters
    ----------
    sci : ndarray of float32, shape (ny, nx)
        Science image.
    err : ndarray of float32, shape (ny, nx)
        The rms of the noise (``rms_err``) or a weight (``wht``).
    err_type : {"rms_err", "wht"}
        Which kind of error map it is.
    name : str
        What the maps are, for the message.

    Returns
    -------
    int
        Number of pixels that are bad in either map.

    Raises
    ------
    ImageError
        If the shapes differ or no pixel is good.

    Examples
    --------
    >>> sci = np.array([[1.0, np.nan, 2.0]], np.float32)
    >>> check_maps(sci, np.array([[1.0, 1.0, 0.0]], np.float32), "wht", "JOF v11 F444W")
    2
    """
    from skyseg.engine.bad_pixels import mark_bad_pixels

    n_bad = int(np.count_nonzero(mark_bad_pixels(sci, err, err_type)))
    if n_bad == sci.size:
        bad_err = mark_bad_pixels(np.ones_like(sci), err, err_type)
        which = "SCI" if not np.isfinite(sci).any() else "its error map"
        where = f"in {which}" if which == "SCI" or bad_err.all() else "that is good in both maps"
        raise ImageError(f"{name} has no good pixel {where}", hint="give maps with measured values")
    return n_bad


def err_from_wht(wht: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Make an rms map of a map of inverse variance.

    Parameters
    ----------
    wht : ndarray of float32 or float64, shape (ny, nx)
        Inverse variance.

    Returns
    -------
    ndarray, shape (ny, nx)
        Of the same type: ``1 / sqrt(wht)``; infinite where the weight is zero or less, NaN or
        infinite.

    Examples
    --------
    >>> err_from_wht(np.array([[4.0, 0.0]], np.float32))
    array([[0.5, inf]], dtype=float32)
    """
    good = np.isfinite(wht) & (wht > 0)
    err = np.full_like(wht, np.inf)
    np.sqrt(wht, out=err, where=good)
    np.reciprocal(err, out=err, where=good)
    return err


def err_from_variance(variance: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Make an rms map of a map of variance.

    Parameters
    ----------
    variance : ndarray of float32 or float64, shape (ny, nx)
        Square of the rms.

    Returns
    -------
    ndarray, shape (ny, nx)
        Its root, of the same type; NaN where the variance is negative.

    Examples
    --------
    >>> err_from_variance(np.array([[4.0, np.inf]], np.float32))
    array([[ 2., inf]], dtype=float32)
    """
    with np.errstate(invalid="ignore"):
        root: npt.NDArray[Any] = np.sqrt(variance)
    return root


def wht_from_err(err: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Make a map of inverse variance of an rms map.

    Parameters
    ----------
    err : ndarray of float32 or float64, shape (ny, nx)
        The rms of the noise.
    name : str
        What the map is, for the message.

    Returns
    -------
    ndarray, shape (ny, nx)
        Of the same type: ``1 / err**2``; 0 where the rms is zero or less, NaN or infinite.

    Raises
    ------
    ImageError
        If an rms is so small that its weight is beyond float32.

    Examples
    --------
    >>> wht_from_err(np.array([[0.5, -1.0]], np.float32), "F444W")
    array([[4., 0.]], dtype=float32)
    """
    good = np.isfinite(err) & (err > 0)
    wht = np.zeros_like(err)
    with np.errstate(over="ignore"):
        np.reciprocal(err, out=wht, where=good)
        np.square(wht, out=wht, where=good)
    if wht.max(initial=0) > _LARGEST:
        raise ImageError(
            f"{name} has an rms below 1e-19, whose weight is beyond 32-bit numbers",
            hint="give the maps in a larger unit, or a WHT map",
        )
    return wht
