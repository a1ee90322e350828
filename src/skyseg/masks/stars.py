"""Bright and saturated stars: found in an image, or given, and drawn with their spikes.

No catalogue is asked for over a network. A star is bright where the wings of its light stand
above the noise farther out than its neighbours should be; how far follows its flux.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.segmentation import segment_rows
from skyseg.engine.types import (
    BoolArray,
    Columns,
    FloatArray,
    LabelImage,
    Progress,
    tell_nobody,
)
from skyseg.masks.bits import MaskBit

SPIKES: Final = {"jwst": 6, "hst": 4}
"""How many spikes a telescope's stars have, at equal angles."""

_FAINTEST: Final = 3e4
"""Least flux of a bright star, in units of a pixel's noise."""
_WING: Final = 0.1
_SPIKE: Final = 0.01
_LEAST_CORE: Final = 2.0

_SEARCH: Final = Parameters(
    detect_thresh=10.0, analysis_thresh=10.0, detect_minarea=9, deblend_mincont=1.0, clean=False
)
_MEASURED: Final = ("X_IMAGE", "Y_IMAGE", "FLUX_AUTO", "FLUX_RADIUS", "ELONGATION", "FLUX_MAX")

_ROUND: Final = 1.5
_COMPACT: Final = 1.35
_POINT_LIKE: Final = 300.0
_TYPICAL: Final = 10.0  # percentile of radii, of point-like sources among the compact ones
_CORE: Final = 3
_FEWEST_BAD: Final = 4
_USUAL_RADIUS: Final = 1.5

_MOST_STARS: Final = 20
_FARTHEST: Final = 150
_CLEAR: Final = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stars:
    """Bright stars of an image.

    Attributes
    ----------
    x, y : ndarray of float64, shape (n,)
        Where they are, in pixels from 0.
    flux : ndarray of float64, shape (n,)
        Their light, in units of the noise of a pixel.
    width : float
        Full width of a star's image at half maximum, in pixels.
    noise : float
        That of a pixel, in the unit of the image.
    """

    x: FloatArray
    y: FloatArray
    flux: FloatArray
    width: float
    noise: float

    @property
    def radius(self) -> FloatArray:
        """Where the wings fall to the noise, as those of an aperture's diffraction do: r^-3."""
        return np.maximum(np.cbrt(_WING * self.width * self.flux), _LEAST_CORE * self.width)

    @property
    def spike_length(self) -> FloatArray:
        """Where spikes, which fall as r^-2, meet the noise; from the star's centre."""
        return np.sqrt(_SPIKE * self.flux)

    @property
    def spike_width(self) -> FloatArray:
        """Full width of spikes; it grows slowly with the flux."""
        return self.width * np.maximum((self.flux / _FAINTEST) ** 0.125, 1.0)


class _Nowhere:
    """A canvas that keeps nothing."""

    row_step = 1

    def packer(self, step: float) -> Any:
        return _drop

    def write(self, first: int, packed: None) -> None:
        """Keep nothing."""


def _drop(labels: LabelImage, background: LabelImage) -> None:
    """Keep nothing."""


def find_stars(maps: Maps, progress: Progress = tell_nobody) -> Stars:
    """Find the bright and the saturated stars of an image.

    A source above 10 sigma is one if it is bright and round, and as compact as the most compact
    bright sources are, or has bad pixels at its centre, as saturated stars have.

    Parameters
    ----------
    maps : Maps
        Image and error map.
    progress : callable, optional
        Told the part that is done, and what comes next.

    Returns
    -------
    Stars
        By their places along the rows; the same whatever the strips.

    Raises
    ------
    ImageError
        If no pixel is good.
    """
    found = segment_rows(
        maps, _SEARCH, (), _Nowhere(), columns=_MEASURED, progress=progress
    )  # fmt: skip
    columns, noise = found.columns, float(found.facts["noise"])
    flux = columns["FLUX_AUTO"].astype(np.float64) / noise
    radius = columns["FLUX_RADIUS"].astype(np.float64)
    usual = _find_usual_radius(flux, radius, columns)
    bright = (flux > _FAINTEST) & (columns["ELONGATION"] < _ROUND)
    stars = bright & (radius < _COMPACT * usual)
    for row in np.flatnonzero(bright & ~stars):
        stars[row] = _is_saturated(maps, columns["X_IMAGE"][row] - 1, columns["Y_IMAGE"][row] - 1)
    x, y = (columns[name][stars].astype(np.float64) - 1 for name in ("X_IMAGE", "Y_IMAGE"))
    return Stars(x, y, flux[stars], 2 * usual, noise)


def _find_usual_radius(flux: FloatArray, radius: FloatArray, columns: Columns) -> float:
    """Radius that holds half of a star's light, by the most compact of the bright sources."""
    clear = (flux > _POINT_LIKE) & (columns["ELONGATION"] < _ROUND) & (radius > 0.5)
    return float(np.percentile(radius[clear], _TYPICAL)) if clear.any() else _USUAL_RADIUS


def _is_saturated(maps: Maps, x: float, y: float) -> bool:
    """Tell whether a source has bad pixels at its centre."""
    window = _surround(x, y, _CORE, maps.shape)
    bad = NoiseSource.of(maps.err_type, _SEARCH).find_bad(*maps.read(window))
    return int(np.count_nonzero(bad)) >= _FEWEST_BAD


def find_spike_angle(maps: Maps, stars: Stars, spikes: int) -> float | None:
    """Find at which angle the spikes of the brightest stars stand.

    Parameters
    ----------
    maps : Maps
        Image and error map.
    stars : Stars
        The stars.
    spikes : int
        How many spikes there are, at equal angles.

    Returns
    -------
    float or None
        That of the first spike, in degrees from x towards y, below 360 / spikes; None where
        the stars show none.
    """
    if not spikes or not len(stars.flux):
        return None
    period = 360 // spikes
    profile = np.zeros(period)
    brightest = np.argsort(-stars.flux, kind="stable")[:_MOST_STARS]
    for star in brightest:
        profile += _measure_profile(maps, stars, int(star), period)
    smooth = np.mean([np.roll(profile, shift) for shift in (-1, 0, 1)], axis=0)
    middle = float(np.median(smooth))
    spread = SIGMA_OF_MAD * float(np.median(np.abs(smooth - middle)))
    best = int(np.argmax(smooth))
    if not spread or smooth[best] - middle < _CLEAR * spread:
        return None
    near = np.arange(best - 3, best + 4)
    light = np.clip(smooth[near % period] - middle, 0, None)
    return float(np.average(near + 0.5, weights=light)) % period


def _measure_profile(maps: Maps, stars: Stars, star: int, period: int) -> npt.NDArray[np.float64]:
    """Light around a star by its angle, folded by the period; each star counts alike."""
    x, y, core = stars.x[star], stars.y[star], float(stars.radius[star])
    reach = min(3 * core, _FARTHEST)
    window = _surround(x, y, math.ceil(reach), maps.shape)
    image = maps.read(window)[0].astype(np.float64)
    dy, dx = np.indices(image.shape)
    dy, dx = dy + window.y0 - y, dx + window.x0 - x
    away = np.hypot(dx, dy)
    ring = (away > 0.5 * core) & (away < reach) & np.isfinite(image)
    angle = np.degrees(np.arctan2(dy[ring], dx[ring])) % period
    light = image[ring] * away[ring] ** 2
    light = np.clip(light, *np.percentile(light, (1, 99))) if light.size else light
    bins = np.minimum(angle.astype(np.int64), period - 1)
    count = np.bincount(bins, minlength=period)
    sums = np.bincount(bins, weights=light, minlength=period)
    means = sums / np.maximum(count, 1)
    scale = float(np.abs(means - np.median(means)).max()) if light.size else 0.0
    return (means - np.median(means)) / scale if scale else np.zeros(period)


def draw_stars(bits: LabelImage, stars: Stars, spikes: int, angle: float | None) -> None:
    """Draw stars as discs, and their spikes as bars.

    Parameters
    ----------
    bits : ndarray of int32, shape (ny, nx)
        The mask, which gets the bits STAR and SPIKE.
    stars : Stars
        The stars.
    spikes : int
        How many spikes a star has.
    angle : float or None
        That of the first one, in degrees from x towards y; None for no spikes.
    """
    shape = bits.shape[0], bits.shape[1]
    angles = [] if angle is None else [angle + 360 * each / spikes for each in range(spikes)]
    sizes = zip(stars.x, stars.y, stars.radius, stars.spike_length, stars.spike_width, strict=True)
    for x, y, radius, length, width in sizes:
        reach = math.ceil(max(radius, length if angles else 0.0)) + 1
        if not (-reach < x < shape[1] + reach and -reach < y < shape[0] + reach):
            continue
        window = _surround(x, y, reach, shape)
        part = bits[window.y0 : window.y1, window.x0 : window.x1]
        dy = np.arange(window.y0, window.y1)[:, np.newaxis] - y
        dx = np.arange(window.x0, window.x1)[np.newaxis, :] - x
        part[dx**2 + dy**2 <= radius**2] |= MaskBit.STAR
        for each in angles:
            part[_find_bar(dx, dy, each, length, width)] |= MaskBit.SPIKE


def _find_bar(
    dx: FloatArray, dy: FloatArray, angle: float, length: float, width: float
) -> BoolArray:
    """Mark a bar that begins at the origin."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    along, across = dx * cosine + dy * sine, dy * cosine - dx * sine
    inside: BoolArray = (along >= 0) & (along <= length) & (np.abs(across) <= width / 2)
    return inside


def _surround(x: float, y: float, reach: int, shape: tuple[int, int]) -> Window:
    """Return the part of an image around a place; at least one pixel."""
    column, row = round(float(x)), round(float(y))
    column, row = min(max(column, 0), shape[1] - 1), min(max(row, 0), shape[0] - 1)
    return Window(
        max(row - reach, 0), min(row + reach + 1, shape[0]),
        max(column - reach, 0), min(column + reach + 1, shape[1]),
    )  # fmt: skip
