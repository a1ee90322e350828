"""How the light of each source is spread: half-light radius and windowed signal to noise."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.scene import BEYOND, MASKS, MIRRORED, Scene, box, cut_out, mirror, photon_noise
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
# half a chord of a row that passes by the circle, in subpixels
_NONE_INSIDE = -1e9
_MIDDLE = 0.5 * (_WINDOW_SUBPIXELS + 1)
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
    for k in range(begin, stop):
        curve[k] = 0.0
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
    for k in range(begin, stop):
        curve[k] /= _SUBPIXELS**2


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
def _gaussian(count: int, centre: float, sigma: float) -> FloatArray:
    weights = np.empty(count)
    for i in range(count):
        weights[i] = math.exp(-((i - centre) ** 2) / (2.0 * sigma * sigma))
    return weights


@compiled
def _chord(centre: float, square: float, width: int) -> tuple[int, int]:
    """Pixels of a row whose centres lie on a chord, from the square of its half."""
    if square < 0.0:
        return 0, 0
    half = math.sqrt(square)
    return (
        min(max(math.ceil(centre - half), 0), width),
        min(max(math.floor(centre + half) + 1, 0), width),
    )


@compiled
def _windowed_sums(
    values: FloatImage, spread: FloatImage, wx: float, wy: float, sigma: float, noisy: bool
) -> tuple[float, float, float, float]:
    """Light, its first moments, and if asked for its variance, in a Gaussian window.

    The columns are summed first, side by side, which a processor does at once. A
    pixel on the rim counts by its subpixels inside.
    """
    reach = _WINDOW_REACH * sigma
    height, width = values.shape
    across, down = _gaussian(width, wx, sigma), _gaussian(height, wy, sigma)
    light, tilt, noise = np.zeros(width), np.zeros(width), np.zeros(width)
    edges = np.empty(_WINDOW_SUBPIXELS)
    for y in range(height):
        dy = y - wy
        weight, weight_dy, weight2 = down[y], down[y] * dy, down[y] * down[y]
        first, stop = _chord(wx, (reach + _RIM) ** 2 - dy * dy, width)
        whole, rim = _chord(wx, max(reach - _RIM, 0.0) ** 2 - dy * dy, width)
        if whole >= rim:
            whole = rim = stop
        row, row_light, row_tilt = values[y, whole:rim], light[whole:rim], tilt[whole:rim]
        for i in range(row.size):
            row_light[i] += weight * row[i]
            row_tilt[i] += weight_dy * row[i]
        if noisy:
            row, row_noise = spread[y, whole:rim], noise[whole:rim]
            for i in range(row.size):
                row_noise[i] += weight2 * row[i]
        _set_edges(edges, dy, reach)
        x = first if first < whole else rim
        while x < stop:
            distance, count = abs(x - wx) * _WINDOW_SUBPIXELS, 0
            for j in range(_WINDOW_SUBPIXELS):
                count += min(max(int(edges[j] + _MIDDLE - distance), 0), _WINDOW_SUBPIXELS)
            if distance < 0.5 * _WINDOW_SUBPIXELS:
                # in the centre's column a chord cuts both sides of a pixel
                for j in range(_WINDOW_SUBPIXELS):
                    near = min(max(int(edges[j] + _MIDDLE + distance), 0), _WINDOW_SUBPIXELS)
                    count -= _WINDOW_SUBPIXELS - near if edges[j] > 0.0 else 0
            part = count / _WINDOW_SUBPIXELS**2
            light[x] += part * weight * values[y, x]
            tilt[x] += part * weight_dy * values[y, x]
            noise[x] += part * part * weight2 * spread[y, x]
            x = x + 1 if x + 1 != whole else rim
    moment = across * (np.arange(width) - wx)
    return (
        (light * across).sum(), (light * moment).sum(), (tilt * across).sum(),
        (noise * across * across).sum(),
    )  # fmt: skip


@compiled
def _set_edges(edges: FloatArray, dy: float, reach: float) -> None:
    """Half-chords of a circle, in subpixels, in the rows of subpixels of a row of pixels."""
    for j in range(_WINDOW_SUBPIXELS):
        sy = dy + (j + 0.5) / _WINDOW_SUBPIXELS - 0.5
        square = reach * reach - sy * sy
        edges[j] = math.sqrt(square) * _WINDOW_SUBPIXELS if square > 0.0 else _NONE_INSIDE


@compiled
def _add_photons(values: FloatImage, variances: FloatImage, gain: float, noise2: float) -> None:
    if gain > 0.0:
        for y in range(values.shape[0]):
            for x in range(values.shape[1]):
                value, variance = np.float64(values[y, x]), np.float64(variances[y, x])
                variances[y, x] += photon_noise(value, variance, gain, noise2)


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
        light, noise = 0.0, 0.0
        bounds, masked = (0, 0, 0, 0), 0
        values = variances = np.empty((0, 0), dtype=np.float32)
        own = np.empty((0, 0), dtype=np.bool_)
        for _ in range(_WINDOW_ITERATIONS):
            x0, x1, y0, y1, cut, held = box(scene, wx, wy, reach, reach)
            if not held:
                flags[k] = BEYOND
                break
            if cut:
                flags[k] |= _INCOMPLETE
            # what stands for a masked pixel moves with the centre, the others stay
            if bounds != (x0, x1, y0, y1):
                bounds = (x0, x1, y0, y1)
                values, variances, own, masked = cut_out(scene, numbers[k], mask, bounds, wx, wy)
            elif masked > 0 and mask == MIRRORED:
                mirror(scene, np.int32(numbers[k]), bounds, wx, wy, values, variances, own)
            at_x, at_y = wx - x0, wy - y0
            light, mx, my, _ = _windowed_sums(values, variances, at_x, at_y, sigma, False)
            if light > 0.0:
                mx, my = mx / light, my / light
                wx += 2.0 * mx
                wy += 2.0 * my
            if light <= 0.0 or mx * mx + my * my < 1e-8:
                break
        if flags[k] != BEYOND:
            _add_photons(values, variances, gain, noise2)
            light, _, _, noise = _windowed_sums(values, variances, at_x, at_y, sigma, True)
        if noise > 0.0:
            snr[k] = light / math.sqrt(noise)
    return snr, flags
