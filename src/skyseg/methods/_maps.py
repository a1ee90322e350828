"""The maps of a request, as methods that take whole arrays want them."""

from __future__ import annotations

import numpy as np

from skyseg.engine.bad_pixels import mark_bad_pixels
from skyseg.engine.rows import as_array
from skyseg.engine.types import BoolImage, FloatImage
from skyseg.errors import ImageError
from skyseg.methods.base import Request

BAD_RMS = np.float32(1e15)
"""Noise of a bad pixel for libraries that square it in single precision."""


def read_maps(request: Request) -> tuple[FloatImage, FloatImage, BoolImage]:
    """Read the whole maps of a request, and mark the pixels that hold no measurement.

    Returns
    -------
    sci, err : ndarray of float32, shape (ny, nx)
        As they are on disk.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.

    Raises
    ------
    ImageError
        If the maps hold no good pixel.
    """
    assert request.err is not None
    sci, err = as_array(request.sci), as_array(request.err)
    bad = mark_bad_pixels(sci, err, request.err_type)
    if bad.all():
        raise ImageError(
            f"{request.name} has no good pixel", hint="check the image and its error map"
        )
    return sci, err, bad


def read_noise_maps(request: Request) -> tuple[FloatImage, FloatImage, BoolImage]:
    """Read image and rms; a weight is taken for the inverse variance, as it is.

    Returns
    -------
    sci, rms : ndarray of float32, shape (ny, nx)
        In native byte order, C-contiguous; 0 and `BAD_RMS` where a pixel is bad.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.

    Raises
    ------
    ImageError
        If the maps hold no good pixel.
    """
    sci, err, bad = read_maps(request)
    rms = np.full(err.shape, BAD_RMS, np.float32)
    if request.err_type == "wht":
        np.power(err, np.float32(-0.5), out=rms, where=~bad)
    else:
        np.copyto(rms, err, where=~bad)
    return np.where(bad, np.float32(0), sci), rms, bad
