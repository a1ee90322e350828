"""The PSF of an image, stacked of its stars, with their wings and spikes."""

from __future__ import annotations

from typing import Final

import numpy as np

from skyseg.engine.bright_stars import BrightPoint, Sky, cut_square, find_points
from skyseg.engine.rows import Rows
from skyseg.engine.types import BoolArray, FloatArray, FloatImage
from skyseg.errors import ImageError

_REACH: Final = 300
_PART: Final = 0.25  # of the shorter side of the image
_LOCUS: Final = 1.4  # of its lower end: pixels over half of the peak
_SAME: Final = 3
_LEAST: Final = 3
_MOST: Final = 30
_SKY: Final = 0.85  # of the reach, where the sky of a star is
_SIGMAS: Final = 3.0
_EFFICIENCY: Final = 1.25  # scatter of a median over that of a mean


def stack_stars(sci: Rows) -> FloatImage:
    """Stack the stars of an image.

    Parameters
    ----------
    sci : Rows
        The image.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        The PSF as far as it is above the noise of the stack, up to 300 pixels or a quarter of
        the image; its sum is 1.

    Raises
    ------
    ImageError
        If there are fewer than three stars of S/N 100 a pixel that are alone.

    Notes
    -----
    Stars are peaks of 100 times the noise with the fewest pixels above half of their height, so
    that none is saturated. Each is divided by the light of its middle and moved by a part of a
    pixel; of each pixel the median counts, by the light of the stars, none of which counts more
    than the third one. Where the light around a pixel is less than three times the noise it is
    the median of the ring; where that is too, 0.
    """
    sky = Sky.of(sci)
    reach = min(_REACH, int(_PART * min(sci.shape)))
    stars = _choose_stars(find_points(sci, sky, reach)) if sky.sigma > 0 else []
    radius = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
    width = np.sqrt(max((each.core for each in stars), default=1) / np.pi)
    inner = radius <= 2 * width + 1
    squares, light = [], []
    for star in stars:
        square = _centre(sci, star, reach)
        around = square[(radius > _SKY * reach) & (radius <= reach)]
        square -= np.nanmedian(around) if np.isfinite(around).any() else sky.level
        flux = float(square[inner].sum())
        if flux > 0:
            squares.append((square / flux).astype(np.float32))
            light.append(flux)
    if len(light) < _LEAST:
        raise ImageError(
            f"has fewer than {_LEAST} stars that are bright and alone, to measure its PSF of",
            hint="name an image of the PSF as clean_psf, or leave it out",
        )
    return _combine(np.array(squares), np.array(light), sky.sigma, radius)


def _choose_stars(points: list[BrightPoint]) -> list[BrightPoint]:
    """Choose the smallest bright points that are alone, the brightest of them."""
    alone = [each for each in points if each.alone and each.whole]
    sizes = np.sort([each.core for each in alone])
    count = np.searchsorted(sizes, _LOCUS * sizes + 1, side="right") - np.arange(len(sizes))
    enough = np.flatnonzero(count >= max(_LEAST, count.max(initial=0) / _SAME))
    if not len(enough):
        return []
    least = sizes[enough[0]]
    return [each for each in alone if least <= each.core <= _LOCUS * least + 1][:_MOST]


def _centre(sci: Rows, star: BrightPoint, reach: int) -> FloatArray:
    """Return the light around a star, which is moved into the middle; NaN where none is known."""
    from scipy.ndimage import shift

    row, column = round(star.y), round(star.x)
    square = cut_square(sci, row, column, reach)
    moved: FloatArray = shift(
        np.nan_to_num(square), (row - star.y, column - star.x), order=3, mode="nearest"
    )
    moved[~np.isfinite(square)] = np.nan
    return moved


def _combine(
    squares: FloatArray, light: FloatArray, sigma: float, radius: FloatArray
) -> FloatImage:
    """Return the median of stars of a light, without noise, and no larger than it is."""
    weight = np.minimum(light, np.sort(light)[-_LEAST]) ** 2
    stack = _find_median(squares, weight)
    seen = (np.isfinite(squares) * weight[:, None, None]).sum(axis=0)
    noise = _EFFICIENCY * sigma / np.sqrt(np.maximum(seen, weight.min()))
    bright = _is_bright(stack, noise)
    ring = np.rint(radius).astype(np.int64)
    order = np.argsort(ring, axis=None, kind="stable")
    _, first, size = np.unique(ring.ravel()[order], return_index=True, return_counts=True)
    parts = np.split(stack.ravel()[order], first[1:])
    level = np.array([np.median(each) for each in parts])
    level[level < _SIGMAS * np.median(noise) / np.sqrt(size)] = 0
    psf = np.where(bright, stack, level[ring])
    psf[radius > len(psf) // 2] = 0
    far = int(np.ceil(radius[psf > 0].max(initial=1.0)))
    middle = len(psf) // 2
    kept = slice(max(middle - far, 0), middle + far + 1)
    found = np.maximum(psf[kept, kept], 0)
    return np.asarray(found / found.sum(), np.float32)


def _find_median(squares: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weighted median of each pixel; 0 where no star tells it."""
    order = np.argsort(squares, axis=0, kind="stable")
    known = np.where(np.isfinite(squares), weight[:, None, None], 0.0)
    held = np.cumsum(np.take_along_axis(known, order, axis=0), axis=0)
    place = (held < held[-1] / 2).sum(axis=0)
    value = np.take_along_axis(
        np.take_along_axis(squares, order, axis=0),
        np.minimum(place, len(squares) - 1)[None],
        axis=0,
    )[0]
    return np.asarray(np.nan_to_num(value), np.float64)


def _is_bright(stack: FloatArray, noise: FloatArray) -> BoolArray:
    """Return where light is above the noise of its surroundings."""
    from scipy.ndimage import uniform_filter

    found: BoolArray = uniform_filter(stack, 3) > _SIGMAS * noise / 3
    return found
