"""A request, as methods that take whole arrays want it: maps, threshold, common caveats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skyseg.engine.bad_pixels import mark_bad_pixels
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import as_array
from skyseg.engine.thresholding import Threshold, choose_detection
from skyseg.engine.types import BoolImage, FloatImage, IntArray, LabelImage
from skyseg.errors import NotCoveredError
from skyseg.methods.base import Request

BAD_RMS = np.float32(1e15)
"""Noise of a bad pixel for libraries that square it in single precision."""


def read_maps(request: Request) -> tuple[FloatImage, FloatImage | None, BoolImage]:
    """Read the whole maps of a request, and mark the pixels that hold no measurement.

    Returns
    -------
    sci : ndarray of float32, shape (ny, nx)
        As it is on disk.
    err : ndarray of float32, shape (ny, nx), or None
        Likewise; None where the noise is that of the image itself.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.

    Raises
    ------
    ImageError
        If the maps hold no good pixel.
    """
    sci = as_array(request.sci)
    err = None if request.err is None else as_array(request.err)
    bad = mark_bad_pixels(sci, err, request.err_type)
    _check_good(bad, request)
    return sci, err, bad


def read_noise_maps(request: Request) -> tuple[FloatImage, FloatImage | None, BoolImage]:
    """Read image and rms; a weight or a variance is taken as it is, not scaled to the image.

    Returns
    -------
    sci : ndarray of float32, shape (ny, nx)
        In native byte order, C-contiguous; 0 where a pixel is bad.
    rms : ndarray of float32, shape (ny, nx), or None
        Likewise, `BAD_RMS` where a pixel is bad; None where the noise is that of the image.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement, those that WEIGHT_THRESH excludes among them.

    Raises
    ------
    ImageError
        If the maps hold no good pixel.
    """
    sci, err, bad = read_maps(request)
    limit = request.parameters.weight_thresh
    if err is not None and limit is not None:
        bad |= err <= limit if request.err_type == "wht" else err >= limit
        _check_good(bad, request)
    return np.where(bad, np.float32(0), sci), _as_rms(err, bad, request), bad


def _as_rms(err: FloatImage | None, bad: BoolImage, request: Request) -> FloatImage | None:
    if err is None:
        return None
    rms = np.full(err.shape, BAD_RMS, np.float32)
    if request.err_type == "wht":
        np.power(err, np.float32(-0.5), out=rms, where=~bad)
    elif request.parameters.weight_type == "MAP_VAR":
        np.sqrt(err, out=rms, where=~bad)
    else:
        np.copyto(rms, err, where=~bad)
    return rms


def choose_threshold(request: Request, noise: float) -> Threshold:
    """Return the detection threshold of a request, given the global noise of its image."""
    parameters = request.parameters.replace(pixel_scale=request.sky_pix_scale)
    weighted = request.err is not None or parameters.weight_type == "BACKGROUND"
    return choose_detection(parameters, noise, weighted=weighted)


def tell_common_caveats(request: Request) -> Iterator[str]:
    """Say what the libraries sep and photutils do otherwise than the parameters ask."""
    parameters = request.parameters
    if parameters.rescale_weights and request.err_type == "wht":
        yield "noise is 1/sqrt(WHT), not scaled to the noise of the image (RESCALE_WEIGHTS)"
    if parameters.rescale_weights and parameters.weight_type == "MAP_VAR":
        yield "noise is sqrt(VAR), not scaled to the noise of the image (RESCALE_WEIGHTS)"
    if parameters.analysis_thresh != parameters.detect_thresh:
        yield "ANALYSIS_THRESH is not used: isophotes are those of DETECT_THRESH"
    if parameters.gain and parameters.weight_gain and request.err is not None:
        yield "WEIGHT_GAIN is not followed: the gain is the same in every pixel"
    if request.flags is not None:
        yield "FLAG_IMAGE is not read, and FLAG_TYPE not used"
    if parameters.phot_petroparams != Parameters.describe("phot_petroparams").default:
        yield "PHOT_PETROPARAMS is not used: there is no PETRO"
    if parameters.back_pearson != Parameters.describe("back_pearson").default:
        yield "BACK_PEARSON is 2.5"
    if parameters.backphoto_type == "LOCAL":
        yield "BACKPHOTO_TYPE LOCAL and BACKPHOTO_THICK are not followed: no sky around a source"


def flag_saturated(
    sci: FloatImage, labels: LabelImage, numbers: IntArray, level: float
) -> IntArray:
    """Return `Flag.SATURATED` for sources with a pixel at the level, the sky included, else 0."""
    saturated = np.unique(labels[(labels > 0) & (sci >= level)])
    return np.where(np.isin(numbers, saturated), int(Flag.SATURATED), 0)


def _check_good(bad: BoolImage, request: Request) -> None:
    if bad.all():
        raise NotCoveredError(
            f"{request.name} has no good pixel", hint="check the image and its error map"
        )
