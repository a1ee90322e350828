"""How the light of each source is spread: half-light radius and windowed signal to noise."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.scene import BEYOND, MASKS, Scene, box, cut_out, photon_noise
from skyseg.engine.shapes import Shapes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_INCOMPLETE = int(Flag.APERTURE_INCOMPLETE)
_SUBPIXELS = 5
_WINDOW_SUBPIXELS = 11
_GROWTH_STEPS = 64
_GROWTH_REACH = 6.0
_SMALLEST_HALF_LIGHT = 0.5
_WINDOW_REACH = 4.0
_WINDOW_ITERATIONS = 16


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
    scene: Scene, number: int, cx: float, cy: float,
    limit: float, mask: int, curve: FloatArray,
) -> int:  # fmt: skip
    """Light within each of the curve's radii, up to ``limit``; returns flags.

    A pixel is cut into subpixels. Those of one row that lie in a circle follow
    each other, so that their light is a difference of two running sums.
    """
    curve[:] = 0.0
    steps, step = curve.size, limit / curve.size
    x0, x1, y0, y1, cut, held = box(scene, cx, cy, limit + 1.5, limit + 1.5)
    if not held:
        return BEYOND
    values, _, _ = cut_out(scene, number, mask, (x0, x1, y0, y1), cx, cy)
    count = (x1 - x0) * _SUBPIXELS
    running = np.zeros(count + 1)
    begin, end = np.empty(steps, dtype=np.int64), np.empty(steps, dtype=np.int64)
    centre = (cx - x0 + 0.5) * _SUBPIXELS - 0.5
    for y in range(y0, y1):
        for x in range(x0, x1):
            v = np.float64(values[y - y0, x - x0])
            at = (x - x0) * _SUBPIXELS
            for i in range(_SUBPIXELS):
                running[at + i + 1] = running[at] + (i + 1) * v
        for j in range(_SUBPIXELS):
            sy = y - cy + (j + 0.5) / _SUBPIXELS - 0.5
            first = int(abs(sy) / step)
            for k in range(first, steps):
                chord2 = ((k + 1) * step) ** 2 - sy * sy
                half = math.sqrt(max(chord2, 0.0)) * _SUBPIXELS
                begin[k] = _first_beyond(centre - half, count)
                end[k] = _first_beyond(centre + half, count)
            for k in range(first, steps):
                curve[k] += running[end[k]] - running[begin[k]]
    curve /= _SUBPIXELS**2
    return _INCOMPLETE if cut else 0


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
        flags[k] = _growth_curve(scene, numbers[k], cx[k], cy[k], limit, mask, curve)
        radius[k] = _radius_of(curve, part * total[k], limit)
        half[k] = max(abs(_radius_of(curve, 0.5 * total[k], limit)), _SMALLEST_HALF_LIGHT)
    return radius, half, flags


@compiled
def _part_inside(dx: float, chords: FloatArray) -> float:
    """Part of a pixel that lies in a circle, from the half-chords of its rows of subpixels."""
    count = 0
    for half in chords:
        count += _first_beyond((half - dx + 0.5) * _WINDOW_SUBPIXELS - 0.5, _WINDOW_SUBPIXELS)
        count -= _first_beyond((-half - dx + 0.5) * _WINDOW_SUBPIXELS - 0.5, _WINDOW_SUBPIXELS)
    return count / _WINDOW_SUBPIXELS**2


@compiled
def _windowed_sums(
    scene: Scene, number: int, mask: int, gain: float, noise2: float, wx: float, wy: float,
    sigma: float, bounds: tuple[int, int, int, int],
) -> tuple[float, float, float, float]:  # fmt: skip
    """Light, its variance, and its first moments in a Gaussian window."""
    x0, x1, y0, y1 = bounds
    values, variances, _ = cut_out(scene, number, mask, bounds, wx, wy)
    reach = _WINDOW_REACH * sigma
    inner, outer = max(reach - 0.75, 0.0) ** 2, (reach + 0.75) ** 2
    across = np.empty(max(x1 - x0, 0))
    for x in range(x0, x1):
        across[x - x0] = math.exp(-((x - wx) ** 2) / (2.0 * sigma * sigma))
    chords = np.empty(_WINDOW_SUBPIXELS)
    light, noise, mx, my = 0.0, 0.0, 0.0, 0.0
    for y in range(y0, y1):
        dy = y - wy
        down = math.exp(-dy * dy / (2.0 * sigma * sigma))
        for j in range(_WINDOW_SUBPIXELS):
            sy = dy + (j + 0.5) / _WINDOW_SUBPIXELS - 0.5
            chords[j] = math.sqrt(max(reach * reach - sy * sy, 0.0))
        for x in range(x0, x1):
            dx = x - wx
            distance2 = dx * dx + dy * dy
            if distance2 >= outer:
                continue
            weight = down * across[x - x0]
            if distance2 > inner:
                weight *= _part_inside(dx, chords)
            v = np.float64(values[y - y0, x - x0])
            s = np.float64(variances[y - y0, x - x0])
            light += weight * v
            mx += weight * v * dx
            my += weight * v * dy
            noise += weight * weight * (s + photon_noise(v, s, gain, noise2))
    return light, noise, mx, my


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
        for _ in range(_WINDOW_ITERATIONS):
            x0, x1, y0, y1, cut, held = box(scene, wx, wy, reach, reach)
            light, noise, mx, my = 0.0, 0.0, 0.0, 0.0
            if not held:
                flags[k] = BEYOND
                break
            if cut:
                flags[k] |= _INCOMPLETE
            light, noise, mx, my = _windowed_sums(
                scene, numbers[k], mask, gain, noise2, wx, wy, sigma, (x0, x1, y0, y1)
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
