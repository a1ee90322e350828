"""The angle by which the image of a PSF is turned to look as the stars of an image do."""

from __future__ import annotations

from typing import Final

import numpy as np

from skyseg.engine.bright_stars import Sky, cut_square, find_points
from skyseg.engine.rows import Rows
from skyseg.engine.types import BoolArray, FloatArray, FloatImage

_STEP: Final = 0.25  # degrees
_MOST: Final = 20
_INNER, _OUTER = 3.0, 10.0  # half widths of the PSF between which its light is compared
_LEAST_CORR: Final = 0.25
_AS_GOOD: Final = 0.98
_NO_TURN: Final = 0.25


def fit_angle(sci: Rows, psf: FloatImage) -> float:
    """Fit the angle of a PSF by the light around the brightest points of an image.

    Parameters
    ----------
    sci : Rows
        The image.
    psf : ndarray of float32, shape (ny, nx)
        The PSF without a sky.

    Returns
    -------
    float
        Degrees from x towards y by which the PSF is to be turned; 0 where it is as the stars are
        within a quarter of a degree, or nothing tells an angle.

    Notes
    -----
    Compared is the inverse hyperbolic sine of the light in units of the noise, less the median of
    its ring, from three half widths of the PSF on. Of angles that are equally good, as spikes are
    alike, it is the smallest.
    """
    sky = Sky.of(sci)
    if not sky.sigma > 0 or not (np.isfinite(psf).all() and psf.max(initial=0) > 0):
        return 0.0
    light, y, x, width = _find_middle(psf)
    reach = int(min(y, x, psf.shape[0] - 1 - y, psf.shape[1] - 1 - x))
    radii = np.arange(_INNER * width, reach, 1.0)
    if len(radii) < 2:
        return 0.0
    own = _unroll(light, y, x, radii)
    total, weight = np.zeros(own.shape[1]), 0.0
    for point in find_points(sci, sky, reach)[:_MOST]:
        row, column = round(point.y), round(point.x)
        square = (cut_square(sci, row, column, reach + 1) - sky.level) / sky.sigma
        seen = _unroll(square, reach + 1 + point.y - row, reach + 1 + point.x - column, radii)
        corr = _correlate(seen, own, radii <= _OUTER * width)
        strength = max(float(corr.max()), 0.0) ** 2
        total, weight = total + strength * corr, weight + strength
    return _choose_angle(total / weight) if weight > 0 else 0.0


def turn(psf: FloatImage, degrees: float) -> FloatImage:
    """Turn the image of a PSF around its middle, from x towards y."""
    from scipy.ndimage import affine_transform

    _, y, x, _ = _find_middle(psf)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    back = np.array([[cos, -sin], [sin, cos]])
    turned = affine_transform(
        psf.astype(np.float64), back, np.array([y, x]) - back @ (y, x), order=1
    )
    return np.asarray(turned, np.float32)


def _find_middle(psf: FloatImage) -> tuple[FloatArray, float, float, float]:
    """Return a PSF of a peak of 1, its middle, and the radius of half of its height."""
    light = psf / float(psf.max())
    rows, columns = np.nonzero(np.asarray(light > 0.5))
    weight = light[rows, columns]
    y, x = (float(np.average(each, weights=weight)) for each in (rows, columns))
    return light.astype(np.float64), y, x, float(np.sqrt(len(rows) / np.pi))


def _unroll(image: FloatArray, y: float, x: float, radii: FloatArray) -> FloatArray:
    """Return light by radius and angle from x towards y."""
    from scipy.ndimage import map_coordinates

    angles = np.radians(np.arange(0, 360, _STEP))
    rows, columns = (
        middle + radii[:, None] * each
        for middle, each in ((y, np.sin(angles)), (x, np.cos(angles)))
    )
    found: FloatArray = map_coordinates(image, [rows, columns], order=1, cval=np.nan)
    return found


def _correlate(seen: FloatArray, own: FloatArray, inner: BoolArray) -> FloatArray:
    """Return the correlation of a star with a PSF that is turned by each angle."""
    bright, light = (float(np.nansum(each[inner])) for each in (seen, own))
    if not (bright > 0 and light > 0):
        return np.zeros(own.shape[1])
    star, model = (np.arcsinh(each) for each in (seen, own * (bright / light)))
    parts = []
    for each in (star, model):
        rings = np.nanmedian(
            np.where(np.isfinite(each).any(axis=1, keepdims=True), each, 0.0), axis=1
        )
        parts.append(np.nan_to_num(each - rings[:, None]))
    star, model = parts
    turned = np.fft.irfft(
        (np.fft.rfft(star, axis=1) * np.conj(np.fft.rfft(model, axis=1))).sum(axis=0),
        n=own.shape[1],
    )
    norm = np.sqrt((star**2).sum() * (model**2).sum())
    found: FloatArray = turned / norm if norm > 0 else np.zeros(own.shape[1])
    return found


def _choose_angle(corr: FloatArray) -> float:
    """Choose the smallest of the angles that are as good as the best one."""
    before, after = np.roll(corr, 1), np.roll(corr, -1)
    best = float(corr.max())
    if best < _LEAST_CORR:
        return 0.0
    tops = np.flatnonzero((corr >= before) & (corr > after) & (corr >= _AS_GOOD * best))
    bend = 2 * corr[tops] - before[tops] - after[tops]
    exact = tops + (after[tops] - before[tops]) / 2 / bend
    degrees = (exact * _STEP + 180) % 360 - 180
    angle = float(degrees[np.argmin(np.abs(degrees))])
    return angle if abs(angle) > _NO_TURN else 0.0
