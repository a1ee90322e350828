"""Images of several bands combined into one to detect in: pixel by pixel, a few rows at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_count
from skyseg.engine.bad_pixels import HIGHEST_RMS
from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.rows import Rows, Window, row_strips
from skyseg.engine.types import ByteImage, ErrType, FloatArray, FloatImage
from skyseg.errors import ImageError, ParameterError

StackMethod: TypeAlias = Literal["ivw", "chi", "chi_mean", "max_snr"]
"""How pixels of several bands become one."""

STRIP_PIXELS: Final = 1_000_000
_LEAST_ROWS: Final = 16
_LOOPS_OF: Final[dict[StackMethod, int]] = {
    "ivw": _loops.STACK_IVW, "chi": _loops.STACK_CHI, "chi_mean": _loops.STACK_CHI_MEAN,
    "max_snr": _loops.STACK_MAX_SNR,
}  # fmt: skip


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
    covering : tuple of bool
        Whether each band has a good pixel in these rows.
    """

    sci: FloatImage
    err: FloatImage
    wht: FloatImage
    n_bands: ByteImage
    covering: tuple[bool, ...]


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
        self._method = _LOOPS_OF[method]
        self._is_weight = err_type == "wht"
        self._total = np.full(shape, -np.inf if method == "max_snr" else 0.0)
        self._second = np.zeros(shape)
        self._count = np.zeros(shape, np.uint8)
        self._totals = [0]

    def add(self, sci: FloatImage, noise: FloatImage, scale: float) -> None:
        """Add a band."""
        _loops.add_to_stack(
            method=self._method, is_weight=self._is_weight,
            highest=np.inf if self._is_weight else HIGHEST_RMS, sci=sci, noise=noise, scale=scale,
            total=self._total, second=self._second, count=self._count,
        )  # fmt: skip
        self._totals.append(int(self._count.sum(dtype=np.uint32)))  # modulo 2**32

    def finish(self) -> StackedPixels:
        """Return what the sums come to."""
        mean, scatter = _noise_of_chi(int(self._count.max(initial=1)))
        sci, err, wht = (np.empty(self._count.shape, np.float32) for _ in range(3))
        _loops.finish_stack(
            method=self._method, mean=mean, scatter=scatter, total=self._total,
            second=self._second, count=self._count, sci=sci, err=err, wht=wht,
        )  # fmt: skip
        covering = tuple(before != after for before, after in pairwise(self._totals))
        return StackedPixels(sci, err, wht, self._count, covering)


def _noise_of_chi(most: int) -> tuple[FloatArray, FloatArray]:
    """Mean and scatter of chi in pure noise, by the number of bands, from 0."""
    mean = np.array([0.0, *(mean_of_chi(count) for count in range(1, most + 1))])
    return mean, np.sqrt(np.arange(most + 1) - mean**2)
