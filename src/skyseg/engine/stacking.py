"""Images of several bands combined into one to detect in: pixel by pixel, a few rows at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from skyseg.engine._arrays import as_count
from skyseg.engine.bad_pixels import HIGHEST_RMS, find_bad
from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.rows import Rows, Window, row_strips
from skyseg.engine.types import BoolImage, ByteImage, ErrType, FloatArray, FloatImage
from skyseg.errors import ImageError, ParameterError

StackMethod: TypeAlias = Literal["ivw", "chi", "chi_mean", "max_snr"]
"""How pixels of several bands become one."""

STRIP_PIXELS: Final = 1_000_000
_BLOCK_PIXELS: Final = 1 << 16
_LEAST_ROWS: Final = 16


@dataclass(frozen=True)
class Layer:
    """One band of a stack.

    Attributes
    ----------
    sci : Rows
        The image.
    noise : Rows
        The rms of its noise, or its weight.
    scale : float
        What one unit of the image is in units of the stack.
    """

    sci: Rows
    noise: Rows
    scale: float = 1.0


@dataclass(frozen=True)
class StackedPixels:
    """Some rows of a stack.

    Attributes
    ----------
    sci, err, wht : ndarray of float32, shape (ny, nx)
        Image, rms and weight; NaN, infinite and 0 where no band has a good pixel.
    n_bands : ndarray of uint8, shape (ny, nx)
        Number of bands whose pixel is good.
    """

    sci: FloatImage
    err: FloatImage
    wht: FloatImage
    n_bands: ByteImage


def check_stack_method(value: object) -> StackMethod:
    """Return a way to stack that somebody gave.

    Raises
    ------
    ParameterError
        If there is no such one.

    Examples
    --------
    >>> check_stack_method("chi")
    'chi'
    """
    for method in get_args(StackMethod):
        if value == method:
            return method  # type: ignore[no-any-return]
    raise ParameterError(
        f"is {value!r}", hint="use 'ivw', 'chi', 'chi_mean' or 'max_snr'", argument="method"
    )


def is_in_noise_units(method: StackMethod) -> bool:
    """Tell whether a stack is in units of its noise, and not of flux."""
    return method != "ivw"


def mean_of_chi(count: int) -> float:
    """Mean of the root of the sum of squares of some normal deviates.

    Parameters
    ----------
    count : int
        How many they are, 1 or more.

    Examples
    --------
    >>> round(mean_of_chi(3), 4)
    1.5958
    """
    return math.sqrt(2) * math.exp(math.lgamma((count + 1) / 2) - math.lgamma(count / 2))


def strip_rows(nx: int) -> int:
    """Return the number of rows of a strip of an image that is ``nx`` pixels wide."""
    return max(STRIP_PIXELS // nx, _LEAST_ROWS)


def stack_images(
    layers: Sequence[Layer],
    method: StackMethod = "ivw",
    err_type: ErrType = "rms_err",
    *,
    rows: int | None = None,
    mapper: Mapper | None = None,
) -> Iterator[StackedPixels]:
    """Combine images of one shape, pixel by pixel, in strips.

    With the flux f, its rms s and its weight w = 1 / s**2, over the bands whose pixel is
    good by the rule of `skyseg.engine.mark_bad_pixels`:

    ``ivw``
        ``sum(w f) / sum(w)``, of least variance for a source whose flux is the same in all
        bands.
    ``chi``
        ``sqrt(sum((f / s)**2))``, which takes a source of any colour for what is no noise
        (Szalay, Connolly & Szokoly 1999, AJ 117, 68).
    ``chi_mean``
        The same less its mean in pure noise, in units of its scatter there, as
        COMBINE_TYPE CHI-MEAN of SWarp; f / s where one band covers a pixel.
    ``max_snr``
        ``max(f / s)``.

    All but ``ivw`` are in units of the noise: their rms and weight are 1.

    Parameters
    ----------
    layers : sequence of Layer
        The bands, all of one shape.
    method : {"ivw", "chi", "chi_mean", "max_snr"}, optional
        How pixels are combined.
    err_type : {"rms_err", "wht"}, optional
        What the noise maps hold.
    rows : int, optional
        Rows of a strip; by default about a million pixels. It changes no result.
    mapper : Mapper, optional
        How strips are worked; by default in threads.

    Yields
    ------
    StackedPixels
        Each strip, from the first row on.

    Raises
    ------
    ParameterError
        If an argument is not allowed.
    ImageError
        If shapes differ, or a map cannot be read.

    Examples
    --------
    >>> from skyseg.engine.rows import ArrayRows
    >>> red, blue = (ArrayRows(np.full((2, 3), flux, np.float32)) for flux in (4, 2))
    >>> rms = ArrayRows(np.ones((2, 3), np.float32))
    >>> (strip,) = stack_images([Layer(red, rms), Layer(blue, rms)])
    >>> strip.sci[0].tolist(), strip.wht[0].tolist()
    ([3.0, 3.0, 3.0], [2.0, 2.0, 2.0])
    """
    check_stack_method(method)
    if err_type not in ("rms_err", "wht"):
        raise ParameterError(f"is {err_type!r}", hint="use 'rms_err' or 'wht'", argument="err_type")
    if not layers:
        raise ParameterError("is empty", hint="give at least one band", argument="layers")
    ny, nx = shape = layers[0].sci.shape
    for layer in layers:
        for each in (layer.sci, layer.noise):
            if each.shape != shape:
                raise ImageError(
                    f"one map has the shape {each.shape} and another {shape}",
                    hint="give maps of one pixel grid",
                )
    height = strip_rows(nx) if rows is None else as_count(rows, "rows", least=1)
    windows = (Window(y0, y1, 0, nx) for y0, y1 in row_strips(ny, height))
    work = partial(_stack_window, tuple(layers), method, err_type)
    yield from (mapper or ThreadMapper())(work, windows)


def _stack_window(
    layers: tuple[Layer, ...], method: StackMethod, err_type: ErrType, window: Window
) -> StackedPixels:
    sums = _Sums(window.shape, method, err_type)
    for layer in layers:
        sums.add(layer.sci.read(window), layer.noise.read(window), layer.scale)
    return sums.finish()


class _Sums:
    """What is summed over the bands, pixel by pixel, in double precision."""

    def __init__(self, shape: tuple[int, int], method: StackMethod, err_type: ErrType) -> None:
        self._method = method
        self._is_weight = err_type == "wht"
        self._limits = (0.0, np.inf if self._is_weight else HIGHEST_RMS)
        self._total = np.full(shape, -np.inf if method == "max_snr" else 0.0)
        self._second = np.zeros(shape if method in ("ivw", "chi_mean") else (shape[0], 0))
        self._count = np.zeros(shape, np.uint8)

    def add(self, sci: FloatImage, noise: FloatImage, scale: float) -> None:
        """Add a band, in blocks that a processor's cache holds."""
        height = max(_BLOCK_PIXELS // sci.shape[1], 1)
        for start, stop in row_strips(sci.shape[0], height):
            self._add_rows(slice(start, stop), sci[start:stop], noise[start:stop], scale)

    def _add_rows(self, rows: slice, sci: FloatImage, noise: FloatImage, scale: float) -> None:
        bad = find_bad(sci, noise, self._limits)
        flux, weight = sci.astype(np.float64), self._weigh(noise, bad)
        flux[bad] = 0.0
        total, second = self._total[rows], self._second[rows]
        self._count[rows] += ~bad
        if self._method == "ivw":
            weight /= scale * scale
            second += weight
            total += weight * (flux * scale)
            return
        snr = flux * np.sqrt(weight)
        if self._method == "max_snr":
            snr[bad] = -np.inf
            np.maximum(total, snr, out=total)
            return
        if self._method == "chi_mean":
            second += snr
        total += snr * snr

    def _weigh(self, noise: FloatImage, bad: BoolImage) -> FloatArray:
        weight = noise.astype(np.float64)
        if self._is_weight:
            weight[bad] = 0.0
            return weight
        weight[bad] = np.inf
        weight *= weight
        return np.reciprocal(weight, out=weight)

    def finish(self) -> StackedPixels:
        """Return what the sums come to."""
        with np.errstate(all="ignore"):
            sci, weight = self._combined()
            stacked = sci.astype(np.float32), weight.astype(np.float32)
            err = np.reciprocal(np.sqrt(weight)).astype(np.float32)
        flux, wht = stacked
        bad = (self._count == 0) | ~np.isfinite(flux) | ~np.isfinite(wht) | ~(wht > 0)
        flux[bad], err[bad], wht[bad] = np.nan, np.inf, 0
        self._count[bad] = 0
        return StackedPixels(flux, err, wht, self._count)

    def _combined(self) -> tuple[FloatArray, FloatArray]:
        if self._method == "ivw":
            return self._total / self._second, self._second
        one = np.ones_like(self._total)
        if self._method == "max_snr":
            return self._total, one
        chi = np.sqrt(self._total)
        if self._method == "chi":
            return chi, one
        # of one band alone chi has lost the sign
        mean, scatter = _noise_of_chi(int(self._count.max(initial=1)))
        centred = (chi - mean[self._count]) / scatter[self._count]
        return np.where(self._count == 1, self._second, centred), one


def _noise_of_chi(most: int) -> tuple[FloatArray, FloatArray]:
    """Mean and scatter of chi in pure noise, by the number of bands, from 0."""
    mean = np.array([0.0, *(mean_of_chi(count) for count in range(1, most + 1))])
    return mean, np.sqrt(np.arange(most + 1) - mean**2)
