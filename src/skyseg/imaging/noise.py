"""The noise of an image against the map that tells it: another scale, another kind of map."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar

import numpy as np

from skyseg.engine.rows import WINDOWS_ALONG_AXIS, Rows, Window, spread_windows, state_of
from skyseg.engine.scatter import SIGMA_OF_MAD, median_of
from skyseg.engine.types import ErrType, FloatArray, FloatImage
from skyseg.errors import Advice, ImageError

_LEAST_PIXELS: Final = 64
_LAG: Final = 4
_BAD_RMS: Final = 1e30

_SMALLEST: Final = math.sqrt(float(np.finfo(np.float32).tiny))
_LARGEST: Final = 1e13
"""Noise beyond which its square, or sources far above it, are none of 32-bit numbers."""

_FAR: Final = 20.0
_NEAR: Final = 3.0
_VARIATION: Final = 1.5
_CORRELATED: Final = 0.7
_OFF_SKY: Final = 3.0
_MOST_KNOWN: Final = 16

_known: Final[dict[Hashable, Any]] = {}
_lock: Final = Lock()

Found = TypeVar("Found")


@dataclass(frozen=True)
class NoiseSample:
    """Noise in some blocks of an image.

    Attributes
    ----------
    windows : tuple of Window
        The blocks.
    sigma : ndarray of float64, shape (n,)
        By the differences of pixels some columns apart, robust against sources.
    peak : ndarray of float64, shape (n,)
        Largest absolute value.
    level : ndarray of float64, shape (n,)
        Median.
    """

    windows: tuple[Window, ...]
    sigma: FloatArray
    peak: FloatArray
    level: FloatArray


def check_noise(
    sci: Rows, noise: Rows, given: ErrType, wanted: ErrType, name: str
) -> Advice | None:
    """Check that an error map is of the kind that it is taken for.

    Some blocks of the maps are read.

    Parameters
    ----------
    sci, noise : Rows
        The image and its error map.
    given : {"rms_err", "wht"}
        Which kind the error map is said to be.
    wanted : {"rms_err", "wht"}
        Which kind is made of it.
    name : str
        What the maps are, for messages.

    Returns
    -------
    Advice or None
        Where the noise of the image speaks against the kind of the error map, what
        it says; else None.
    """
    sample = sample_noise(sci)
    if not sample.windows:
        return None
    told = _read_levels(noise, sample.windows)
    known = (sample.sigma > 0) & np.isfinite(told)
    doubt = doubt_kind(sample.sigma[known], told[known], given)
    if doubt is None and given == "wht" and wanted == "rms_err":
        doubt = _doubt_level(sample.sigma[known], told[known])
    return None if doubt is None else Advice(doubt.what, doubt.hint, where=name)


def check_scale(sci: Rows, noise: Rows, given: ErrType, name: str) -> None:
    """Check that an image and its error map are of a scale whose squares 32-bit numbers hold.

    Parameters
    ----------
    sci, noise, given, name
        See `check_noise`.

    Raises
    ------
    ImageError
        If the noise is so small or so large that they do not.
    """
    sample = sample_noise(sci)
    if not sample.windows:
        return
    sigma, peak = median_of(sample.sigma), median_of(sample.peak)
    # an image that is made without noise may have any small values between its sources
    if sigma > _LARGEST or 0 < peak < _FAR * _SMALLEST:
        _check_level(sigma, name)
    told = _read_levels(noise, sample.windows)
    if given == "rms_err" and np.isfinite(told).any():
        _check_level(median_of(told[np.isfinite(told)]), name)


def check_sky(sci: Rows, rms: Rows | None, value: float) -> Advice | None:
    """Check that the sky of an image is where it is said to be, by some blocks of it.

    Parameters
    ----------
    sci : Rows
        The image.
    rms : Rows or None
        Its rms, where it has one; a smaller noise than that is not taken for the image's.
    value : float
        What is subtracted everywhere.

    Returns
    -------
    Advice or None
        Where the blocks are more than 3 of their sigma off, in the middle, what that says.

    Examples
    --------
    >>> from skyseg.engine.rows import ArrayRows
    >>> image = np.random.default_rng(0).normal(100, 10, (99, 99)).astype(np.float32)
    >>> print(check_sky(ArrayRows(image), None, 0.0).what.partition(",")[2].strip())
    9.7 times its noise from back_value 0, as if its sky were not subtracted
    """
    sample = sample_noise(sci)
    sigma = sample.sigma
    if rms is not None:
        told = _read_levels(rms, sample.windows)
        sigma = np.fmax(sigma, told)
    known = sigma > 0
    if not known.any():
        return None
    off = median_of((sample.level[known] - value) / sigma[known])
    if abs(off) <= _OFF_SKY:
        return None
    level = median_of(sample.level[known])
    return Advice(
        f"most of the image is near {level:.3g}, {abs(off):.2g} times its noise from back_value "
        f"{value:g}, as if its sky were not subtracted",
        "set back_type AUTO",
    )


def sample_noise(sci: Rows) -> NoiseSample:
    """Measure the noise in blocks that are spread over an image.

    Parameters
    ----------
    sci : Rows
        The image.

    Returns
    -------
    NoiseSample
        Of the blocks with enough good pixels.

    Examples
    --------
    >>> from skyseg.engine.rows import ArrayRows
    >>> image = np.random.default_rng(0).normal(0, 2, (99, 99)).astype(np.float32)
    >>> np.round(sample_noise(ArrayRows(image)).sigma).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    return _once((state_of(sci),), lambda: _sample(sci))


def forget_samples() -> None:
    """Read the blocks of all maps anew, whatever their files' size and time say."""
    with _lock:
        _known.clear()


def _once(key: tuple[Hashable | None, ...], measure: Callable[[], Found]) -> Found:
    """Return what was measured before of a map that is as it was; the last few are known."""
    if key[0] is None:
        return measure()
    with _lock:
        known = _known.get(key)
    found: Found = measure() if known is None else known
    with _lock:
        _known.pop(key, None)
        _known[key] = found
        for former in list(_known)[:-_MOST_KNOWN]:
            del _known[former]
    return found


def _sample(sci: Rows) -> NoiseSample:
    windows, found = [], []
    for window in spread_windows(sci.shape):
        pixels = sci.read(window).astype(np.float64)
        steps = pixels[:, _LAG:] - pixels[:, :-_LAG]
        steps = steps[np.isfinite(steps)]
        if steps.size >= _LEAST_PIXELS:
            sigma = SIGMA_OF_MAD * median_of(np.abs(steps)) / math.sqrt(2)
            windows.append(window)
            good = pixels[np.isfinite(pixels)]
            found.append((sigma, np.abs(good).max(), median_of(good)))
    return NoiseSample(tuple(windows), *np.array(found, np.float64).reshape(-1, 3).T)


def doubt_kind(sigma: FloatArray, told: FloatArray, err_type: ErrType) -> Advice | None:
    """Say why an error map is hardly of the kind that it is said to be.

    A map of rms has the level of the noise, and follows it over the image. A weight may
    have any level, and runs against the noise.

    Parameters
    ----------
    sigma : ndarray of float64, shape (n,)
        Noise in some blocks of the image, above 0.
    told : ndarray of float64, shape (n,)
        Value of the error map there, above 0.
    err_type : {"rms_err", "wht"}
        Which kind it is said to be.

    Returns
    -------
    Advice or None
        None where nothing speaks against it.

    Examples
    --------
    >>> noise = np.full(9, 0.01)
    >>> str(doubt_kind(noise, 1 / noise**2, "rms_err"))
    'its error map is 1e+04 where the noise of the image is 0.01, as a weight would be; if it is \
one, give it as wht= and use the error type wht'
    """
    if not sigma.size:
        return None
    as_rms, as_weight = _times_apart(told, sigma), _times_apart(1 / np.sqrt(told), sigma)
    trend = _trend(sigma, told)
    seen = (
        f"its error map is {median_of(told):.3g} where the noise of the image is "
        f"{median_of(sigma):.3g}"
    )
    if err_type == "wht":
        if trend > _CORRELATED or (as_rms < _NEAR and as_weight > _FAR):
            hint = "if it is one, give it as {err} and use the error type rms_err"
            return Advice(f"{seen}, as an rms would be", hint)
    elif trend < -_CORRELATED or (as_rms > _FAR and as_weight < _NEAR):
        hint = "if it is one, give it as {wht} and use the error type wht"
        return Advice(f"{seen}, as a weight would be", hint)
    elif as_rms > _FAR:
        return Advice(f"{seen}, so it is hardly the rms of it", "check its unit and its kind")
    return None


def _doubt_level(sigma: FloatArray, weight: FloatArray) -> Advice | None:
    """Say why a weight is hardly an inverse variance, of which an rms can be made."""
    if not sigma.size or _times_apart(1 / np.sqrt(weight), sigma) < _FAR:
        return None
    rms = f"the rms by its weight map is {1 / math.sqrt(median_of(weight)):.3g}"
    what = f"{rms} where the noise of the image is {median_of(sigma):.3g}"
    return Advice(f"{what}, so the weight is a relative one", "use the error type wht")


def _read_levels(noise: Rows, windows: tuple[Window, ...]) -> FloatArray:
    """Read the median of an error map in some blocks; NaN where there are too few good pixels."""
    return _once(
        (state_of(noise), windows),
        lambda: np.array([_median_of_good(noise.read(window)) for window in windows]),
    )


def _median_of_good(values: FloatImage) -> float:
    good = values[np.isfinite(values) & (values > 0) & (values < _BAD_RMS)]
    return median_of(good) if good.size >= _LEAST_PIXELS else math.nan


def _times_apart(first: FloatArray, second: FloatArray) -> float:
    """How many times one is the other, in the middle of the blocks; 1 where they agree."""
    return math.exp(abs(median_of(np.log(first / second))))


def _trend(sigma: FloatArray, told: FloatArray) -> float:
    """Correlation of the logarithms of noise and error map; 0 where either hardly varies."""
    first, second = np.log(sigma), np.log(told)
    varies = min(np.ptp(first), np.ptp(second)) > math.log(_VARIATION)
    if sigma.size < 2 * WINDOWS_ALONG_AXIS or not varies:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _check_level(level: float, name: str) -> None:
    if not _SMALLEST <= level <= _LARGEST:
        raise ImageError(
            f"the noise is {level:.2g}, whose square is beyond 32-bit numbers",
            hint="give the maps in another unit: with a power of ten, which BUNIT can hold; "
            "or use the method skyseg",
            where=name,
        )
