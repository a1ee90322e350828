"""How the light of each source is spread: half-light radius and windowed signal to noise."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.scene import BEYOND, MASKS, Scene, box, cut_out, inside, photon_noise
from skyseg.engine.shapes import Shapes

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_INCOMPLETE = int(Flag.APERTURE_INCOMPLETE)
_SUBPIXELS = 5
_WINDOW_SUBPIXELS = 11
_GROWTH_STEPS = 64
_GROWTH_BLOCK = 8
_GROWTH_REACH = 6.0
_SMALLEST_HALF_LIGHT = 0.5
_WINDOW_REACH = 4.0
_WINDOW_ITERATIONS = 16
# beyond this distance from the rim all of a pixel's subpixels are on the same side
_RIM = 0.65


def light_radii(
    scene: Scene, numbers: IntArray, shapes: Shapes, total: FloatArray, parameters: Parameters
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Radii that hold a part and half of the light.

    Parameters
    ----------
    scene, numbers, shapes, parameters
        As for `aperture_photometry`; ``phot_fluxfrac`` is used.
    total : ndarray of float64, shape (n,)
        Whole light of each source: FLUX_AUTO.

    Returns
    -------
    radius, half_light : ndarray of float64, shape (n,)
        Radius of ``phot_fluxfrac`` of the light, and of half of it (at least
        half a pixel), in pixels.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    A growth curve of 64 steps out to 6 a, interpolated linearly.
    """
    return _radii(
        scene, numbers, shapes.x, shapes.y, shapes.a, total,
        parameters.phot_fluxfrac, parameters.phot_autoapers[0], MASKS[parameters.mask_type],
    )  # fmt: skip


def windowed_snr(
    scene: Scene, numbers: IntArray, shapes: Shapes, half_light: FloatArray,
    parameters: Parameters, noise: float,
) -> tuple[FloatArray, IntArray]:  # fmt: skip
    """Signal to noise in a Gaussian window (SNR_WIN).

    Parameters
    ----------
    scene, numbers, shapes, parameters, noise
        As for `aperture_photometry`.
    half_light : ndarray of float64, shape (n,)
        Half-light radius in pixels; the window's FWHM is twice as large.

    Returns
    -------
    snr : ndarray of float64, shape (n,)
        Windowed flux over its error; NaN where the window holds no light.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    The window is centred by iteration on the windowed barycentre (the
    SExtractor manual, "Windowed positional parameters").
    """
    return _window(
        scene, numbers, shapes.x, shapes.y, half_light,
        MASKS[parameters.mask_type], parameters.gain, noise * noise,
    )  # fmt: skip


@compiled
def _first_beyond(position: float, count: int) -> int:
    """Find the first subpixel whose centre lies beyond a position, 0 to ``count``."""
    return min(max(int(position + 1.0), 0), count)


@compiled
def _growth_curve(
    values: FloatImage, cx: float, cy: float, step: float, begin: int, stop: int,
    curve: FloatArray,
) -> None:  # fmt: skip
    """Light within radii ``begin + 1`` to ``stop``, in steps, around a position among the values.

    A pixel is cut into subpixels. Those of one row that lie in a circle follow
    each other, so that their light is a difference of two running sums.
    """
    count = values.shape[1] * _SUBPIXELS
    running = np.zeros(count + 1)
    left, right = np.empty(stop, dtype=np.int64), np.empty(stop, dtype=np.int64)
    centre, radius = (cx + 0.5) * _SUBPIXELS - 0.5, stop * step
    curve[begin:stop] = 0.0
    first_row = max(math.floor(cy - radius), 0)
    for y in range(first_row, min(math.floor(cy + radius) + 2, values.shape[0])):
        for x in range(values.shape[1]):
            v, at = np.float64(values[y, x]), x * _SUBPIXELS
            for i in range(_SUBPIXELS):
                running[at + i + 1] = running[at] + (i + 1) * v
        for j in range(_SUBPIXELS):
            sy = y - cy + (j + 0.5) / _SUBPIXELS - 0.5
            first = max(int(abs(sy) / step), begin)
            for k in range(first, stop):
                chord2 = ((k + 1) * step) ** 2 - sy * sy
                half = math.sqrt(max(chord2, 0.0)) * _SUBPIXELS
                left[k] = _first_beyond(centre - half, count)
                right[k] = _first_beyond(centre + half, count)
            for k in range(first, stop):
                curve[k] += running[right[k]] - running[left[k]]
    curve[begin:stop] /= _SUBPIXELS**2


@compiled
def _radius_of(curve: FloatArray, light: float, limit: float) -> float:
    step, i = limit / curve.size, 0
    while i < curve.size - 1 and curve[i] < light:
        i += 1
    if i == 0:
        return min(step * light / curve[0], limit) if curve[0] != 0.0 else 0.0
    rise = curve[i] - curve[i - 1]
    return min(step * (i + ((light - curve[i - 1]) / rise if rise != 0.0 else 0.0)), limit)


@compiled
def _radii(
    scene: Scene, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, a: FloatArray, total: FloatArray, part: float, least: float, mask: int,
) -> tuple[FloatArray, FloatArray, IntArray]:  # fmt: skip
    n = numbers.size
    radius, half = np.zeros(n), np.zeros(n)
    flags = np.zeros(n, dtype=np.int64)
    curve = np.empty(_GROWTH_STEPS)
    for k in range(n):
        limit = max(_GROWTH_REACH * a[k], least)
        x0, x1, y0, y1, cut, held = box(scene, cx[k], cy[k], limit + 1.5, limit + 1.5)
        if not held:
            flags[k] = BEYOND
            continue
        flags[k] = _INCOMPLETE if cut else 0
        values, _, _, _ = cut_out(scene, numbers[k], mask, (x0, x1, y0, y1), cx[k], cy[k])
        wanted, step = max(part, 0.5) * total[k], limit / _GROWTH_STEPS
        for begin in range(0, _GROWTH_STEPS, _GROWTH_BLOCK):
            stop = begin + _GROWTH_BLOCK
            _growth_curve(values, cx[k] - x0, cy[k] - y0, step, begin, stop, curve)
            if curve[begin:stop].max() >= wanted:
                break
        radius[k] = _radius_of(curve, part * total[k], limit)
        half[k] = max(abs(_radius_of(curve, 0.5 * total[k], limit)), _SMALLEST_HALF_LIGHT)
    return radius, half, flags


@compiled
def _part_inside(dx: float, chords: FloatArray) -> float:
    """Part of a pixel that lies in a circle, from the half-chords of its rows of subpixels.

    Beside the centre's column a chord cuts only one side of a pixel.
    """
    count = 0
    for half in chords:
        if dx > -0.5:
            right = (half - dx + 0.5) * _WINDOW_SUBPIXELS - 0.5
            count += _first_beyond(right, _WINDOW_SUBPIXELS)
        else:
            count += _WINDOW_SUBPIXELS
        if dx < 0.5:
            left = (-half - dx + 0.5) * _WINDOW_SUBPIXELS - 0.5
            count -= _first_beyond(left, _WINDOW_SUBPIXELS)
    return count / _WINDOW_SUBPIXELS**2


@compiled
def _windowed_sums(
    values: FloatImage, variances: FloatImage, gain: float, noise2: float, wx: float, wy: float,
    sigma: float,
) -> tuple[float, float, float, float]:  # fmt: skip
    """Light, its variance, and its first moments in a Gaussian window."""
    reach = _WINDOW_REACH * sigma
    inner, outer = max(reach - _RIM, 0.0) ** 2, (reach + _RIM) ** 2
    height, width = values.shape
    squares, across, weights = np.empty(width), np.empty(width), np.empty(width)
    for x in range(width):
        squares[x] = (x - wx) ** 2
        across[x] = math.exp(-squares[x] / (2.0 * sigma * sigma))
    chords = np.empty(_WINDOW_SUBPIXELS)
    light, noise, mx, my = 0.0, 0.0, 0.0, 0.0
    for y in range(height):
        dy = y - wy
        down = math.exp(-dy * dy / (2.0 * sigma * sigma))
        for j in range(_WINDOW_SUBPIXELS):
            sy = dy + (j + 0.5) / _WINDOW_SUBPIXELS - 0.5
            chords[j] = math.sqrt(max(reach * reach - sy * sy, 0.0))
        first, stop = inside(squares, dy * dy, outer, 0, width)
        whole, rim = inside(squares, dy * dy, inner, first, stop)
        for x in range(first, stop):
            weights[x] = down * across[x]
            if x < whole or x >= rim:
                weights[x] *= _part_inside(x - wx, chords)
        row = _row_sums(
            values[y, first:stop], variances[y, first:stop], weights[first:stop], first - wx,
            gain, noise2,
        )  # fmt: skip
        light += row[0]
        noise += row[1]
        mx += row[2]
        my += row[0] * dy
    return light, noise, mx, my


@compiled
def _row_sums(
    values: FloatImage, variances: FloatImage, weights: FloatArray, dx: float, gain: float,
    noise2: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Light, its variance, and its first moment of a row whose first pixel lies at ``dx``."""
    light, noise, moment = 0.0, 0.0, 0.0
    for i in range(values.size):
        weighted = weights[i] * values[i]
        light += weighted
        moment += weighted * (dx + i)
        noise += weights[i] * weights[i] * variances[i]
    if gain > 0.0:
        for i in range(values.size):
            value, variance = np.float64(values[i]), np.float64(variances[i])
            noise += weights[i] * weights[i] * photon_noise(value, variance, gain, noise2)
    return light, noise, moment


@compiled
def _window(
    scene: Scene, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, half_light: FloatArray, mask: int, gain: float, noise2: float,
) -> tuple[FloatArray, IntArray]:  # fmt: skip
    n = numbers.size
    snr = np.full(n, np.nan)
    flags = np.zeros(n, dtype=np.int64)
    for k in range(n):
        sigma = half_light[k] * 2.0 / 2.35
        reach, wx, wy = _WINDOW_REACH * sigma, cx[k], cy[k]
        light, noise, mx, my = 0.0, 0.0, 0.0, 0.0
        bounds, masked = (0, 0, 0, 0), -1
        values = variances = np.empty((0, 0), dtype=np.float32)
        for _ in range(_WINDOW_ITERATIONS):
            x0, x1, y0, y1, cut, held = box(scene, wx, wy, reach, reach)
            if not held:
                flags[k] = BEYOND
                noise = 0.0
                break
            if cut:
                flags[k] |= _INCOMPLETE
            # what stands for a masked pixel moves with the centre, the others stay
            if masked != 0 or bounds != (x0, x1, y0, y1):
                bounds = (x0, x1, y0, y1)
                values, variances, _, masked = cut_out(scene, numbers[k], mask, bounds, wx, wy)
            light, noise, mx, my = _windowed_sums(
                values, variances, gain, noise2, wx - x0, wy - y0, sigma
            )
            if light <= 0.0:
                break
            mx, my = mx / light, my / light
            wx += 2.0 * mx
            wy += 2.0 * my
            if mx * mx + my * my < 1e-8:
                break
        if noise > 0.0:
            snr[k] = light / math.sqrt(noise)
    return snr, flags
