"""Light in isophotes and apertures, and the profile of each source."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.flags import Flag
from skyseg.engine.maps import BAD_VARIANCE
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Owners = npt.NDArray[np.int32]

_CROWDED = int(Flag.CROWDED)
_INCOMPLETE = int(Flag.APERTURE_INCOMPLETE)
_CROWDING = 0.1
_SUBPIXELS = 5
_WINDOW_SUBPIXELS = 11
_KRON_REACH = 6.0
_GROWTH_STEPS = 64
_GROWTH_REACH = 6.0
_SMALLEST_HALF_LIGHT = 0.5
_WINDOW_REACH = 4.0
_WINDOW_ITERATIONS = 16
_MASKS = {"NONE": 0, "BLANK": 1, "CORRECT": 2}


@dataclass(frozen=True)
class Scene:
    """What apertures are laid on.

    Attributes
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Image and variance with bad pixels filled; 1e30 in ``variance`` marks
        those that could not be.
    owner : ndarray of int32, shape (ny, nx)
        Source that a pixel belongs to, counted from 1; 0 where it is free, -1
        where it is nobody's but not free.
    """

    image: FloatImage
    variance: FloatImage
    owner: Owners


def aperture_photometry(
    scene: Scene, numbers: IntArray, shapes: Shapes, diameters: tuple[float, ...],
    parameters: Parameters, noise: float,
) -> tuple[FloatArray, FloatArray, IntArray]:  # fmt: skip
    """Sum the light in circles.

    Parameters
    ----------
    scene : Scene
        Image, variance and owners.
    numbers : ndarray of int64, shape (n,)
        Number of each source in ``scene.owner``.
    shapes : Shapes
        Their shapes.
    diameters : tuple of float
        Diameters in pixels, m of them.
    parameters : Parameters
        ``mask_type`` and ``gain`` are used.
    noise : float
        Global noise of the image, which the gain refers to.

    Returns
    -------
    flux, error : ndarray of float64, shape (n, m)
        In the unit of the image.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    A pixel on the rim counts by the part of its 5 x 5 subpixels inside. A pixel
    of another source, or bad, is replaced by the one opposite the centre
    (CORRECT) or counts as zero (BLANK); as SExtractor does it.
    """
    return _apertures(
        scene.image, scene.variance, scene.owner, numbers, shapes.x, shapes.y,
        np.asarray(diameters, dtype=np.float64) / 2, _MASKS[parameters.mask_type],
        parameters.gain, noise * noise,
    )  # fmt: skip


def kron_photometry(
    scene: Scene, numbers: IntArray, shapes: Shapes, parameters: Parameters, noise: float
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Sum the light in Kron ellipses (AUTO).

    Parameters
    ----------
    scene, numbers, shapes, parameters, noise
        As for `aperture_photometry`; ``phot_autoparams`` and
        ``phot_autoapers`` are used as well.

    Returns
    -------
    flux, error : ndarray of float64, shape (n,)
        In the unit of the image.
    radius : ndarray of float64, shape (n,)
        KRON_RADIUS in units of a and b; 0 where the smallest circle was used.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    Kron (1980), as in Bertin & Arnouts (1996, section 7.3): the first moment
    of the light inside 6 a sets the ellipse.
    """
    return _kron(
        scene.image, scene.variance, scene.owner, numbers, shapes.x, shapes.y, shapes.a,
        shapes.b, shapes.cxx, shapes.cyy, shapes.cxy, *parameters.phot_autoparams,
        *parameters.phot_autoapers, _MASKS[parameters.mask_type], parameters.gain,
        noise * noise,
    )  # fmt: skip


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
        scene.image, scene.variance, scene.owner, numbers, shapes.x, shapes.y, shapes.a, total,
        parameters.phot_fluxfrac, parameters.phot_autoapers[0], _MASKS[parameters.mask_type],
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
        scene.image, scene.variance, scene.owner, numbers, shapes.x, shapes.y, half_light,
        _MASKS[parameters.mask_type], parameters.gain, noise * noise,
    )  # fmt: skip


@compiled
def _pixel(
    image: FloatImage, variance: FloatImage, owner: Owners, number: int, mask: int, x: int, y: int,
    cx: float, cy: float,
) -> tuple[float, float, bool]:  # fmt: skip
    """Value and variance to use for a pixel, and whether it is the source's to use itself."""
    taken = mask > 0 and owner[y, x] != 0 and owner[y, x] != number
    if not taken and variance[y, x] < BAD_VARIANCE:
        return np.float64(image[y, x]), np.float64(variance[y, x]), True
    if mask == 2:
        x, y = int(2.0 * cx + 0.49999 - x), int(2.0 * cy + 0.49999 - y)
        if x >= 0 and y >= 0 and x < image.shape[1] and y < image.shape[0]:
            free = owner[y, x] == 0 or owner[y, x] == number
            if free and variance[y, x] < BAD_VARIANCE:
                return np.float64(image[y, x]), np.float64(variance[y, x]), False
    return 0.0, 0.0, False


@compiled
def _box(
    shape: tuple[int, int], cx: float, cy: float, rx: float, ry: float
) -> tuple[int, int, int, int, bool]:
    """Pixels around a centre, cut at the edge of the image, and whether they were cut."""
    x0, x1 = math.floor(cx - rx + 0.5), math.floor(cx + rx + 0.5) + 1
    y0, y1 = math.floor(cy - ry + 0.5), math.floor(cy + ry + 0.5) + 1
    cut = x0 < 0 or y0 < 0 or x1 > shape[1] or y1 > shape[0]
    return max(x0, 0), min(x1, shape[1]), max(y0, 0), min(y1, shape[0]), cut


@compiled
def _inside(dx: float, dy: float, radius: float, subpixels: int) -> float:
    """Part of a pixel that lies in a circle, by subpixels near the rim."""
    distance2 = dx * dx + dy * dy
    if distance2 >= (radius + 0.75) ** 2:
        return 0.0
    if distance2 <= max(radius - 0.75, 0.0) ** 2:
        return 1.0
    step, count = 1.0 / subpixels, 0
    for j in range(subpixels):
        sy = dy + (j + 0.5) * step - 0.5
        for i in range(subpixels):
            sx = dx + (i + 0.5) * step - 0.5
            if sx * sx + sy * sy < radius * radius:
                count += 1
    return count * step * step


@compiled
def _photon_noise(value: float, variance: float, gain: float, noise2: float) -> float:
    if gain > 0.0 and value > 0.0:
        return value / gain * variance / noise2
    return 0.0


@compiled
def _apertures(
    image: FloatImage, variance: FloatImage, owner: Owners, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, radii: FloatArray, mask: int, gain: float, noise2: float,
) -> tuple[FloatArray, FloatArray, IntArray]:  # fmt: skip
    n, m = numbers.size, radii.size
    flux, error = np.zeros((n, m)), np.zeros((n, m))
    flags = np.zeros(n, dtype=np.int64)
    largest = radii.max() if m > 0 else 0.0
    for k in range(n):
        x0, x1, y0, y1, _ = _box(image.shape, cx[k], cy[k], largest + 0.75, largest + 0.75)
        for i in range(m):
            if _box(image.shape, cx[k], cy[k], radii[i], radii[i])[4]:
                flags[k] |= _INCOMPLETE
        for y in range(y0, y1):
            for x in range(x0, x1):
                dx, dy = x - cx[k], y - cy[k]
                if dx * dx + dy * dy >= (largest + 0.75) ** 2:
                    continue
                v, s, _ = _pixel(image, variance, owner, numbers[k], mask, x, y, cx[k], cy[k])
                s += _photon_noise(v, s, gain, noise2)
                for i in range(m):
                    part = _inside(dx, dy, radii[i], _SUBPIXELS)
                    if part > 0.0:
                        flux[k, i] += part * v
                        error[k, i] += part * s
    return flux, np.sqrt(error), flags


@compiled
def _extent(cxx: float, cyy: float, cxy: float, reach: float) -> tuple[float, float]:
    """Half-width and half-height of an ellipse."""
    x, y = cxx - cxy * cxy / (4.0 * cyy), cyy - cxy * cxy / (4.0 * cxx)
    return (
        reach / math.sqrt(x) if x > 0.0 else 0.0,
        reach / math.sqrt(y) if y > 0.0 else 0.0,
    )


@compiled
def _kron_radius(
    image: FloatImage, variance: FloatImage, owner: Owners, number: int, x: float, y: float,
    cxx: float, cyy: float, cxy: float, reach: float, mask: int,
) -> tuple[float, int, int, bool]:  # fmt: skip
    """Mean radius by light, part of the area that is not the source's to use, cut by the edge."""
    rx, ry = _extent(cxx, cyy, cxy, reach)
    x0, x1, y0, y1, cut = _box(image.shape, x, y, rx, ry)
    moment, light, good, bad = 0.0, 0.0, 0, 0
    for py in range(y0, y1):
        for px in range(x0, x1):
            dx, dy = px - x, py - y
            r2 = cxx * dx * dx + cyy * dy * dy + cxy * dx * dy
            if r2 > reach * reach:
                continue
            v, _, own = _pixel(image, variance, owner, number, min(mask, 1), px, py, x, y)
            if own:
                good += 1
                moment += math.sqrt(r2) * v
                light += v
            else:
                bad += 1
    mean = moment / light if moment > 0.0 and light > 0.0 else 0.0
    return mean, bad, good + bad, cut


@compiled
def _kron(
    image: FloatImage, variance: FloatImage, owner: Owners, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, a: FloatArray, b: FloatArray, cxx: FloatArray, cyy: FloatArray,
    cxy: FloatArray, factor: float, least: float, first_circle: float, second_circle: float,
    mask: int, gain: float, noise2: float,
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:  # fmt: skip
    n = numbers.size
    flux, error, radius = np.zeros(n), np.zeros(n), np.zeros(n)
    flags = np.zeros(n, dtype=np.int64)
    for k in range(n):
        size = math.sqrt(a[k] * b[k])
        e, f, g, reach = cxx[k], cyy[k], cxy[k], _KRON_REACH
        if _KRON_REACH * size <= first_circle / 2.0:
            e, f, g, reach = 1.0, 1.0, 0.0, first_circle / 2.0
        mean, bad, area, cut = _kron_radius(
            image, variance, owner, numbers[k], cx[k], cy[k], e, f, g, reach, mask
        )
        if cut:
            flags[k] |= _INCOMPLETE
        if area == 0:
            continue
        if bad > _CROWDING * area:
            flags[k] |= _CROWDED
        radius[k] = max(factor * mean, least)
        e, f, g, reach = cxx[k], cyy[k], cxy[k], radius[k]
        if radius[k] * size <= second_circle / 2.0:
            e, f, g, reach, radius[k] = 1.0, 1.0, 0.0, second_circle / 2.0, 0.0
        rx, ry = _extent(e, f, g, reach)
        x0, x1, y0, y1, cut = _box(image.shape, cx[k], cy[k], rx, ry)
        if cut:
            flags[k] |= _INCOMPLETE
        bad, area, light, noise = 0, 0, 0.0, 0.0
        for y in range(y0, y1):
            for x in range(x0, x1):
                dx, dy = x - cx[k], y - cy[k]
                if e * dx * dx + f * dy * dy + g * dx * dy <= reach * reach:
                    v, s, own = _pixel(image, variance, owner, numbers[k], mask, x, y, cx[k], cy[k])
                    area += 1
                    bad += not own
                    light += v
                    noise += s + _photon_noise(v, s, gain, noise2)
        if bad > _CROWDING * area:
            flags[k] |= _CROWDED
        flux[k], error[k] = light, math.sqrt(noise)
        if light <= 0.0:
            radius[k] = 0.0
    return flux, error, radius, flags


@compiled
def _growth_curve(
    image: FloatImage, variance: FloatImage, owner: Owners, number: int, cx: float, cy: float,
    limit: float, mask: int, curve: FloatArray,
) -> bool:  # fmt: skip
    """Light within each of the curve's radii, up to ``limit``; whether the edge cut it."""
    curve[:] = 0.0
    steps = curve.size
    per_pixel, sub = steps / limit, 1.0 / _SUBPIXELS
    outer = limit + 1.5
    x0, x1, y0, y1, cut = _box(image.shape, cx, cy, outer, outer)
    for y in range(y0, y1):
        for x in range(x0, x1):
            dx, dy = x - cx, y - cy
            r2 = dx * dx + dy * dy
            if r2 >= outer * outer:
                continue
            v, _, _ = _pixel(image, variance, owner, number, mask, x, y, cx, cy)
            r = math.sqrt(r2)
            within = r % (1.0 / per_pixel)
            if within < 0.75 or within > 1.0 / per_pixel - 0.75:
                for j in range(_SUBPIXELS):
                    sy = dy + (j + 0.5) * sub - 0.5
                    for i in range(_SUBPIXELS):
                        sx = dx + (i + 0.5) * sub - 0.5
                        place = int(math.sqrt(sx * sx + sy * sy) * per_pixel)
                        if place < steps:
                            curve[place] += sub * sub * v
            elif int(r * per_pixel) < steps:
                curve[int(r * per_pixel)] += v
    for i in range(1, steps):
        curve[i] += curve[i - 1]
    return cut


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
    image: FloatImage, variance: FloatImage, owner: Owners, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, a: FloatArray, total: FloatArray, part: float, least: float, mask: int,
) -> tuple[FloatArray, FloatArray, IntArray]:  # fmt: skip
    n = numbers.size
    radius, half = np.zeros(n), np.zeros(n)
    flags = np.zeros(n, dtype=np.int64)
    curve = np.empty(_GROWTH_STEPS)
    for k in range(n):
        limit = max(_GROWTH_REACH * a[k], least)
        if _growth_curve(image, variance, owner, numbers[k], cx[k], cy[k], limit, mask, curve):
            flags[k] |= _INCOMPLETE
        radius[k] = _radius_of(curve, part * total[k], limit)
        half[k] = max(abs(_radius_of(curve, 0.5 * total[k], limit)), _SMALLEST_HALF_LIGHT)
    return radius, half, flags


@compiled
def _window(
    image: FloatImage, variance: FloatImage, owner: Owners, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, half_light: FloatArray, mask: int, gain: float, noise2: float,
) -> tuple[FloatArray, IntArray]:  # fmt: skip
    n = numbers.size
    snr = np.full(n, np.nan)
    flags = np.zeros(n, dtype=np.int64)
    for k in range(n):
        sigma = half_light[k] * 2.0 / 2.35
        reach, wx, wy = _WINDOW_REACH * sigma, cx[k], cy[k]
        for _ in range(_WINDOW_ITERATIONS):
            x0, x1, y0, y1, cut = _box(image.shape, wx, wy, reach, reach)
            if cut:
                flags[k] |= _INCOMPLETE
            light, noise, mx, my = 0.0, 0.0, 0.0, 0.0
            for y in range(y0, y1):
                for x in range(x0, x1):
                    dx, dy = x - wx, y - wy
                    weight = _inside(dx, dy, reach, _WINDOW_SUBPIXELS)
                    if weight == 0.0:
                        continue
                    weight *= math.exp(-(dx * dx + dy * dy) / (2.0 * sigma * sigma))
                    v, s, _ = _pixel(image, variance, owner, numbers[k], mask, x, y, wx, wy)
                    light += weight * v
                    mx += weight * v * dx
                    my += weight * v * dy
                    noise += weight * weight * (s + _photon_noise(v, s, gain, noise2))
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
