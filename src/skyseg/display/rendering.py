"""Arrays made ready to be looked at: binned, stretched, coloured, outlined."""

from __future__ import annotations

import numpy as np

from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.types import (
    AnyFloatImage,
    AnyLabelImage,
    BoolImage,
    ByteImage,
    FloatArray,
    FloatImage,
)

_PLASTIC = 1.3247179572447460  # its powers spread points evenly over a square
_LIGHTNESS = 0.52, 0.92
_CHROMA = 0.20, 0.08
_LAG = 3  # pixels over which noise is not correlated
_PERCENTILES = (10.0, 99.8)
_BAND_PIXELS = 2**24


def choose_bin_factor(shape: tuple[int, int], longest: int) -> int:
    """Return by how much an image is binned so that no side is over a length.

    Examples
    --------
    >>> choose_bin_factor((30000, 20000), 2000)
    15
    """
    return max(1, -(-max(shape) // longest))


def bin_image(image: AnyFloatImage, factor: int) -> FloatImage:
    """Return an image binned by the mean of its finite pixels.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        The image; pixels that are not finite are left out of the mean.
    factor : int
        Side of a bin in pixels.

    Returns
    -------
    ndarray of float32, shape (ceil(ny / factor), ceil(nx / factor))
        NaN where a bin has no finite pixel; the last bins may be partial.
    """
    if factor == 1:
        return np.where(np.isfinite(image), image, np.nan).astype(np.float32)
    ny, nx = image.shape
    rows = max(_BAND_PIXELS // (nx * factor), 1) * factor
    return np.concatenate([_bin_band(image[y : y + rows], factor) for y in range(0, ny, rows)])


def _bin_band(band: AnyFloatImage, factor: int) -> FloatImage:
    from skimage.measure import block_reduce

    finite = np.isfinite(band)
    total, number = (
        block_reduce(values, factor, np.sum, func_kwargs={"dtype": np.float64})
        for values in (np.where(finite, band, 0), finite)
    )
    mean = np.full(total.shape, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean.astype(np.float32)


def bin_labels(labels: AnyLabelImage, factor: int) -> AnyLabelImage:
    """Return labels binned by the pixel in the middle of each bin.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        The labels.
    factor : int
        Side of a bin in pixels.

    Returns
    -------
    ndarray of int, shape (ceil(ny / factor), ceil(nx / factor))
    """
    middles = [
        np.minimum(np.arange(0, length, factor) + factor // 2, length - 1)
        for length in labels.shape
    ]
    return labels[np.ix_(*middles)]


def choose_sci_limits(image: AnyFloatImage) -> tuple[float, float, float]:
    """Return what an asinh stretch that shows faint sources needs.

    The noise is that between pixels three apart along x, so that a source that
    fills the image does not count as noise.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        The pixels that are shown; NaN is ignored.

    Returns
    -------
    low, high : float
        Values drawn black and white.
    softening : float
        Where the stretch turns from linear to logarithmic, above ``low`` and in
        parts of ``high - low``.
    """
    pixels = image[np.isfinite(image)]
    if pixels.size == 0:
        return 0.0, 1.0, 0.1
    steps = np.abs(image[:, _LAG:] - image[:, :-_LAG])
    steps = steps[np.isfinite(steps)]
    sigma = float(np.median(steps)) * SIGMA_OF_MAD / 2**0.5 if steps.size else 0.0
    if sigma == 0:
        sigma = float(pixels.std()) or 1.0
    faint, bright = np.percentile(pixels, _PERCENTILES)
    level = float(faint) + 1.28 * sigma
    low = level - 2 * sigma
    high = level + min(max(float(bright) - level, 25 * sigma), 200 * sigma)
    return low, high, 2 * sigma / (high - low)


def colour_labels(labels: AnyLabelImage) -> ByteImage:
    """Return the colour of each label; 0 is black.

    A label has the same colour everywhere, and numbers that follow each other
    have colours far apart.

    Parameters
    ----------
    labels : ndarray of int, shape (...)
        The labels.

    Returns
    -------
    ndarray of uint8, shape (..., 3)
        Red, green and blue.

    Examples
    --------
    >>> colour_labels(np.array([0, 1, 2])).tolist()[0]
    [0, 0, 0]
    """
    colours: ByteImage
    if labels.size and labels.min() >= 0 and labels.max() < labels.size:
        colours = _palette(np.arange(int(labels.max()) + 1))[labels]
        return colours
    values, places = np.unique(labels, return_inverse=True)
    colours = _palette(values)[places.reshape(labels.shape)]
    return colours


def _palette(values: AnyLabelImage) -> ByteImage:
    """Colours spread evenly over hue and lightness of Oklch, as sRGB."""
    hue = 2 * np.pi * ((values / _PLASTIC) % 1)
    light = (values / _PLASTIC**2) % 1
    lightness = _LIGHTNESS[0] + (_LIGHTNESS[1] - _LIGHTNESS[0]) * light
    chroma = _CHROMA[0] + (_CHROMA[1] - _CHROMA[0]) * light
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    cones = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(to_linear @ cones**3, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    colours: ByteImage = np.round(255 * srgb.T).astype(np.uint8)
    colours[values == 0] = 0
    return colours


def trace_outlines(labels: AnyLabelImage) -> FloatArray:
    """Return the lines between pixels of different labels.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        The labels.

    Returns
    -------
    ndarray of float64, shape (n, 2, 2)
        Two ends (x, y) of each line in pixels, 0 at the centre of the first pixel.
    """
    below, above = _runs(labels[1:] != labels[:-1])
    left, right = _runs((labels[:, 1:] != labels[:, :-1]).T)
    return np.concatenate(
        [np.stack([below, above], axis=1), np.stack([left[:, ::-1], right[:, ::-1]], axis=1)]
    )


def _runs(
    edge: BoolImage,
) -> tuple[FloatArray, FloatArray]:
    """Join edges along each row into lines: their first and last ends (along, across)."""
    step = np.diff(edge.astype(np.int8), axis=1, prepend=0, append=0)
    row, first = np.nonzero(step == 1)
    _, last = np.nonzero(step == -1)
    return np.stack([first - 0.5, row + 0.5], axis=1), np.stack([last - 0.5, row + 0.5], axis=1)
