"""The PSF of an image, stacked of its stars, with their wings and spikes."""

from __future__ import annotations

from typing import Final

import numpy as np

from skyseg.engine.bright_stars import BrightPoint, Sky, cut_square, find_points
from skyseg.engine.rows import Rows
from skyseg.engine.types import BoolArray, FloatArray, FloatImage, IntArray
from skyseg.errors import ImageError

_REACH: Final = 300
_PART: Final = 0.25  # of the shorter side of the image
_LOCUS: Final = 1.4  # of its lower end: pixels over half of the peak
_SAME: Final = 3
_LEAST: Final = 3
_MOST: Final = 30
_PIXELS: Final = 3  # of half of its height that a star has, and a hot pixel has not
_SKY: Final = 0.85  # of the reach, where the sky of a star is
_SIGMAS: Final = 3.0
_EFFICIENCY: Final = 1.25  # scatter of a median over that of a mean
_AGREED: Final = 0.2  # of the stars' weight, that may have less light where there is light
_SEEN: Final = 2.5  # times the weight of the third star, that tell the light of a pixel
_SEEN_ALIKE: Final = 1.5  # the same, of stars that tell as much light as one another
_ALIKE: Final = 1.5  # of the light that agrees: the most that another one tells
_SIDE: Final = 5  # of the square around a pixel in which stars agree
_AGREE_SIGMAS: Final = 2.0
_GAP: Final = 20  # pixels along a radius without light: what is beyond is not of the stars


def stack_stars(sci: Rows) -> tuple[FloatImage, int]:
    """Stack the stars of an image.

    Parameters
    ----------
    sci : Rows
        The image.

    Returns
    -------
    psf : ndarray of float32, shape (ny, nx)
        The PSF as far as its stars agree that it has light, up to 300 pixels or a quarter of
        the image; its sum is 1.
    n_stars : int
        How many stars were stacked.

    Raises
    ------
    ImageError
        If there are fewer than three stars of S/N 100 a pixel that are alone, or smaller
        points than those that were chosen are a third of these or more: these are galaxies.

    Notes
    -----
    Stars are peaks of 100 times the noise with the fewest pixels above half of their height, so
    that none is saturated. Each is divided by the light of its middle and moved by a part of a
    pixel; of each pixel the median counts, by the light of the stars, none of which counts more
    than the third one. Where stars of four fifths of that weight do not have light of
    twice the noise around a pixel, or fewer than three see it and not two that tell as much light
    as one another, within a factor of 1.5 and the noise, it is the median of the ring;
    where that is less than three times its noise, 0. Light beyond a gap of 20 pixels is of
    neighbours, and 0.
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
    return _combine(np.array(squares), np.array(light), sky.sigma, radius), len(light)


def _choose_stars(points: list[BrightPoint]) -> list[BrightPoint]:
    """Choose the smallest bright points that are alone, the brightest of them."""
    alone = [each for each in points if each.alone and each.whole]
    sizes = np.sort([each.core for each in alone])
    count = np.searchsorted(sizes, _LOCUS * sizes + 1, side="right") - np.arange(len(sizes))
    enough = np.flatnonzero(count >= max(_LEAST, count.max(initial=0) / _SAME))
    if not len(enough):
        return []
    least = sizes[enough[0]]
    chosen = [each for each in alone if least <= each.core <= _LOCUS * least + 1]
    smaller = np.count_nonzero((sizes >= _PIXELS) & (sizes < least))
    return [] if smaller >= len(chosen) / _SAME else chosen[:_MOST]


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
    stack = _find_quantile(squares, weight, 0.5)
    seen = (np.isfinite(squares) * weight[:, None, None]).sum(axis=0)
    noise = _EFFICIENCY * sigma / np.sqrt(np.maximum(seen, weight.min()))
    smooth = np.array([_smooth(each) for each in squares])
    agreed, most = (_find_quantile(smooth, weight, part) for part in (_AGREED, 1 - _AGREED))
    least = _AGREE_SIGMAS * noise / _SIDE
    told = seen >= _SEEN * weight.max()
    told |= (seen >= _SEEN_ALIKE * weight.max()) & (most <= _ALIKE * agreed + least)
    bright = (agreed > least) & told
    ring = np.rint(radius).astype(np.int64)
    order = np.argsort(ring, axis=None, kind="stable")
    _, first, size = np.unique(ring.ravel()[order], return_index=True, return_counts=True)
    parts = np.split(stack.ravel()[order], first[1:])
    level = np.array([np.median(each) for each in parts])
    level[level < _SIGMAS * np.median(noise) / np.sqrt(size)] = 0
    psf = np.where(bright, stack, level[ring])
    psf[radius > min(len(psf) // 2, _find_end(ring, psf > 0))] = 0
    far = int(np.ceil(radius[psf > 0].max(initial=1.0)))
    middle = len(psf) // 2
    kept = slice(max(middle - far, 0), middle + far + 1)
    found = np.maximum(psf[kept, kept], 0)
    return np.asarray(found / found.sum(), np.float32)


def _find_end(ring: IntArray, lit: BoolArray) -> float:
    """Return the radius from which on less is lit than a spike that is a pixel wide would be."""
    per_ring = np.bincount(ring[lit], minlength=len(ring) // 2 + 1)[: len(ring) // 2 + 1]
    ends = np.flatnonzero(np.convolve(per_ring, np.ones(_GAP), "valid") < _GAP)
    return float(ends[0]) if len(ends) else np.inf


def _find_quantile(squares: FloatArray, weight: FloatArray, part: float) -> FloatArray:
    """Return the weighted quantile of each pixel; 0 where no star tells it."""
    order = np.argsort(squares, axis=0, kind="stable")
    known = np.where(np.isfinite(squares), weight[:, None, None], 0.0)
    held = np.cumsum(np.take_along_axis(known, order, axis=0), axis=0)
    place = (held < held[-1] * part).sum(axis=0)
    value = np.take_along_axis(
        np.take_along_axis(squares, order, axis=0),
        np.minimum(place, len(squares) - 1)[None],
        axis=0,
    )[0]
    return np.asarray(np.nan_to_num(value), np.float64)


def _smooth(square: FloatArray) -> FloatArray:
    """Return the mean light around each pixel; NaN where none is known."""
    from scipy.ndimage import uniform_filter

    found: FloatArray = uniform_filter(np.nan_to_num(square), _SIDE)
    found[~np.isfinite(square)] = np.nan
    return found
