"""How long each pixel was looked at: dithered tiles, gaps, a hole, dead columns, noise."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d
from scipy.optimize import brentq

from skyseg.engine.types import BoolImage, FloatArray, FloatImage, LabelImage

_TILE, _GAP = 700, 40  # pixels
_EXPOSURES = 6
_SHALLOW_EXPOSURES = 2  # the others cover the deep part alone
_DEEP_FROM = 0.38  # of the image's width
_RIPPLE = 0.12
_HOLE = (0.27, 0.71, 0.025)  # y, x and radius, of the shape
_DEAD_COLUMNS = ((0.18, 2, 0.45, 1.0), (0.64, 3, 0.0, 0.6))  # x, width, y from, y to
_BLOCK = 64  # rows that share one random stream
_SMOOTHING_REACH = 8  # pixels


def context(shape: tuple[int, int], start: int, stop: int) -> LabelImage:
    """Return which exposures saw each pixel of some rows, one bit each; 0 is a bad pixel.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the whole image.
    start, stop : int
        First row, and the row after the last.

    Returns
    -------
    ndarray of int32, shape (stop - start, nx)
    """
    nx = shape[1]
    rows, columns = np.arange(start, stop), np.arange(nx)
    seen = np.zeros((stop - start, nx), np.int32)
    for exposure in range(_EXPOSURES):
        shift = exposure * _TILE // _EXPOSURES
        on_row = (rows + shift) % _TILE >= _GAP
        on_column = (columns + 2 * shift) % _TILE >= _GAP
        if exposure >= _SHALLOW_EXPOSURES:
            on_column &= columns >= _DEEP_FROM * nx
        seen |= np.outer(on_row, on_column).astype(np.int32) << exposure
    seen[_bad(shape, rows)] = 0
    return seen


def _bad(shape: tuple[int, int], rows: npt.NDArray[np.int_]) -> BoolImage:
    """Pixels of a round hole and of dead columns."""
    ny, nx = shape
    columns = np.arange(nx)
    y, x, radius = _HOLE[0] * ny, _HOLE[1] * nx, _HOLE[2] * min(shape)
    bad = (rows[:, None] - y) ** 2 + (columns - x) ** 2 < radius**2
    for place, width, low, high in _DEAD_COLUMNS:
        first = int(place * nx)
        dead = (rows >= low * ny) & (rows < high * ny)
        bad[dead, first : first + width] = True
    return np.asarray(bad)


def background_noise(
    shape: tuple[int, int], seen: LabelImage, start: int, sigma: float
) -> FloatImage:
    """Return the rms of the sky noise of some rows: steps between exposures, a smooth ripple.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the whole image.
    seen : ndarray of int32, shape (n, nx)
        Exposures of the rows, from `context`.
    start : int
        First row.
    sigma : float
        Rms where every exposure is present.

    Returns
    -------
    ndarray of float32, shape (n, nx)
        NaN at bad pixels.
    """
    ny, nx = shape
    rows = np.arange(start, start + seen.shape[0])
    ripple = np.outer(np.cos(5.0 * rows / ny), np.sin(6.0 * np.arange(nx) / nx + 1.0))
    exposures = np.bitwise_count(seen).astype(np.float64)
    exposures[exposures == 0] = np.nan
    noise = sigma * (1 + _RIPPLE * ripple) * np.sqrt(_EXPOSURES / exposures)
    return noise.astype(np.float32)


def standard_noise(nx: int, start: int, stop: int, entropy: tuple[int, ...]) -> FloatImage:
    """Return normal noise of rms 1 for some rows; a row's values do not depend on the others.

    Parameters
    ----------
    nx : int
        Width of the image.
    start, stop : int
        First row, and the row after the last.
    entropy : tuple of int
        What the random streams are seeded with.

    Returns
    -------
    ndarray of float32, shape (stop - start, nx)
    """
    noise = np.empty((stop - start, nx), np.float32)
    for block in range(start // _BLOCK, -(-stop // _BLOCK)):
        sequence = np.random.SeedSequence((*entropy, block))
        rng = np.random.Generator(np.random.PCG64(sequence))
        values = rng.standard_normal((_BLOCK, nx), dtype=np.float32)
        first, last = max(start, block * _BLOCK), min(stop, (block + 1) * _BLOCK)
        noise[first - start : last - start] = values[first - block * _BLOCK : last - block * _BLOCK]
    return noise


def correlated_noise(
    nx: int, start: int, stop: int, entropy: tuple[int, ...], correlation: float
) -> FloatImage:
    """Return normal noise of rms 1 whose adjacent pixels are correlated, as of `standard_noise`.

    Parameters
    ----------
    nx, start, stop, entropy
        As of `standard_noise`.
    correlation : float
        Of pixels beside and above each other; 0 to 0.9.

    Returns
    -------
    ndarray of float32, shape (stop - start, nx)
    """
    weights = _smoothing(correlation)
    reach = weights.size // 2
    ahead = -(-reach // _BLOCK) * _BLOCK
    white = standard_noise(nx + 2 * reach, start + ahead - reach, stop + ahead + reach, entropy)
    smooth = correlate1d(correlate1d(white, weights, axis=1), weights, axis=0)
    inside: FloatImage = smooth[reach : reach + stop - start, reach : reach + nx]
    return inside


@cache
def _smoothing(correlation: float) -> FloatArray:
    """Return the Gaussian, of square sum 1, that leaves that correlation in white noise."""
    steps = np.arange(-_SMOOTHING_REACH, _SMOOTHING_REACH + 1)

    def smooth(sigma: float) -> FloatArray:
        weights: FloatArray = np.exp(-0.5 * (steps / sigma) ** 2)
        return np.asarray(weights / np.sqrt((weights**2).sum()))

    def excess(sigma: float) -> float:
        weights = smooth(sigma)
        return float((weights[1:] * weights[:-1]).sum()) - correlation

    return smooth(brentq(excess, 0.05, 5))
