"""Light in circles and in Kron ellipses."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.scene import BEYOND, MASKS, Scene, box, cut_out, inside, photon_noise, total
from skyseg.engine.shapes import Shapes

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CROWDED = int(Flag.CROWDED)
_INCOMPLETE = int(Flag.APERTURE_INCOMPLETE)
_CROWDING = 0.1
_SUBPIXELS = 5
_SUBPIXEL = np.float32(1 / _SUBPIXELS)
_FIRST_SUBPIXEL = np.float32((1 / _SUBPIXELS - 1) / 2)
# beyond this distance from the rim all of a pixel's subpixels are on the same side
_RIM = np.float32(0.57)
_NONE = np.float32(0)
_KRON_REACH = 6.0


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
    A pixel on the rim counts by the part of its 5 x 5 subpixels inside, but its
    photon noise counts in full. A pixel of another source, or bad, is replaced
    by the one opposite the centre (CORRECT) or counts as zero (BLANK); as
    SExtractor does it.
    """
    return _apertures(
        scene, numbers, shapes.x, shapes.y,
        np.asarray(diameters, dtype=np.float64) / 2, MASKS[parameters.mask_type],
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
        scene, numbers, shapes.x, shapes.y, shapes.a,
        shapes.b, shapes.cxx, shapes.cyy, shapes.cxy, *parameters.phot_autoparams,
        *parameters.phot_autoapers, MASKS[parameters.mask_type], parameters.gain,
        noise * noise,
    )  # fmt: skip


@compiled
def _apertures(
    scene: Scene, numbers: IntArray, cx: FloatArray,
    cy: FloatArray, radii: FloatArray, mask: int, gain: float, noise2: float,
) -> tuple[FloatArray, FloatArray, IntArray]:  # fmt: skip
    n, m = numbers.size, radii.size
    flux, error = np.zeros((n, m)), np.zeros((n, m))
    flags = np.zeros(n, dtype=np.int64)
    largest = radii.max() if m > 0 else 0.0
    for k in range(n):
        bounds, held = _square(scene, cx[k], cy[k], largest)
        if not held:
            flags[k] = BEYOND
            continue
        values, variances, _, _ = cut_out(scene, numbers[k], mask, bounds, cx[k], cy[k])
        across, subpixels_across = _squares(bounds[0], values.shape[1], cx[k])
        down, subpixels_down = _squares(bounds[2], values.shape[0], cy[k])
        for i in range(m):
            if box(scene, cx[k], cy[k], radii[i], radii[i])[4]:
                flags[k] |= _INCOMPLETE
            flux[k, i], error[k, i] = _circle(
                values, variances, across, subpixels_across, down, subpixels_down, radii[i]
            )
            if gain > 0.0:
                error[k, i] += _photons(
                    values, variances, bounds, cx[k], cy[k], radii[i], gain, noise2
                )
    return flux, np.sqrt(error), flags


@compiled
def _square(
    scene: Scene, cx: float, cy: float, radius: float
) -> tuple[tuple[int, int, int, int], bool]:
    """Bounds of the pixels that a circle may touch, and whether the scene holds them."""
    x0, x1, y0, y1, _, held = box(scene, cx, cy, radius + 0.75, radius + 0.75)
    return (x0, x1, y0, y1), held


@compiled
def _squares(first: int, count: int, centre: float) -> tuple[FloatImage, FloatImage]:
    """Squared distances from the centre along one axis: of pixels, and of their subpixels.

    In single precision throughout, which decides for subpixels on the very rim.
    """
    pixels = np.empty(count, dtype=np.float32)
    subpixels = np.empty(count * _SUBPIXELS, dtype=np.float32)
    for i in range(count):
        distance = np.float32(first + i - np.float32(centre))
        pixels[i] = distance * distance
        distance += _FIRST_SUBPIXEL
        for j in range(_SUBPIXELS):
            subpixels[i * _SUBPIXELS + j] = distance * distance
            distance += _SUBPIXEL
    return pixels, subpixels


@compiled
def _circle(
    values: FloatImage, variances: FloatImage, across: FloatImage, subpixels_across: FloatImage,
    down: FloatImage, subpixels_down: FloatImage, radius: float,
) -> tuple[float, float]:  # fmt: skip
    """Light and variance in a circle; of a pixel near the rim by its subpixels inside."""
    r = np.float32(radius)
    inner, outer = max(r - _RIM, _NONE), r + _RIM
    low, high = inside(down, _NONE, outer * outer, 0, down.size)
    left, right = inside(across, _NONE, outer * outer, 0, across.size)
    flux, error = 0.0, 0.0
    for y in range(low, high):
        first, stop = inside(across, down[y], outer * outer, left, right)
        whole, rim = inside(across, down[y], inner * inner, first, stop)
        for x in range(first, stop):
            if x < whole or x >= rim:
                part = _part_inside(subpixels_across, subpixels_down, x, y, r * r)
                flux += part * np.float64(values[y, x])
                error += part * np.float64(variances[y, x])
        flux += total(values[y, whole:rim])
        error += total(variances[y, whole:rim])
    return flux, error


@compiled
def _part_inside(
    across: FloatImage, down: FloatImage, x: int, y: int, radius2: np.float32
) -> float:
    """Part of a pixel's subpixels that lie in a circle, from their squared distances."""
    count = 0
    for j in range(y * _SUBPIXELS, (y + 1) * _SUBPIXELS):
        for i in range(x * _SUBPIXELS, (x + 1) * _SUBPIXELS):
            count += across[i] + down[j] < radius2
    return count / (_SUBPIXELS * _SUBPIXELS)


@compiled
def _photons(
    values: FloatImage, variances: FloatImage, bounds: tuple[int, int, int, int], cx: float,
    cy: float, radius: float, gain: float, noise2: float,
) -> float:  # fmt: skip
    """Photon noise of the pixels that a circle touches, in full on its rim too."""
    x0, x1, y0, y1 = bounds
    photons = 0.0
    for y in range(y0, y1):
        for x in range(x0, x1):
            if _is_touched(x, y, cx, cy, radius):
                value, variance = values[y - y0, x - x0], variances[y - y0, x - x0]
                photons += photon_noise(np.float64(value), np.float64(variance), gain, noise2)
    return photons


@compiled
def _is_touched(x: int, y: int, cx: float, cy: float, radius: float) -> bool:
    """Whether a circle, widened by 3/4 of a pixel within its box, holds a pixel's centre."""
    in_columns = math.floor(cx - radius + 0.5) <= x and x <= math.floor(cx + radius + 0.5)
    in_rows = math.floor(cy - radius + 0.5) <= y and y <= math.floor(cy + radius + 0.5)
    return in_columns and in_rows and (x - cx) ** 2 + (y - cy) ** 2 < (radius + 0.75) ** 2


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
    scene: Scene, number: int, x: float, y: float,
    cxx: float, cyy: float, cxy: float, reach: float, mask: int,
) -> tuple[float, int, int, int]:  # fmt: skip
    """Mean radius by light, pixels that are not the source's to use, all pixels, flags."""
    rx, ry = _extent(cxx, cyy, cxy, reach)
    x0, x1, y0, y1, cut, held = box(scene, x, y, rx, ry)
    if not held:
        return 0.0, 0, 0, BEYOND
    values, _, own, _ = cut_out(scene, number, min(mask, 1), (x0, x1, y0, y1), x, y)
    moment, light, good, bad = 0.0, 0.0, 0, 0
    for py in range(y0, y1):
        for px in range(x0, x1):
            dx, dy = px - x, py - y
            r2 = cxx * dx * dx + cyy * dy * dy + cxy * dx * dy
            if r2 > reach * reach:
                continue
            if own[py - y0, px - x0]:
                v = np.float64(values[py - y0, px - x0])
                good += 1
                moment += math.sqrt(r2) * v
                light += v
            else:
                bad += 1
    mean = moment / light if moment > 0.0 and light > 0.0 else 0.0
    return mean, bad, good + bad, _INCOMPLETE if cut else 0


@compiled
def _kron(
    scene: Scene, numbers: IntArray, cx: FloatArray,
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
        mean, bad, area, flags[k] = _kron_radius(
            scene, numbers[k], cx[k], cy[k], e, f, g, reach, mask
        )
        if area == 0:
            continue
        if bad > _CROWDING * area:
            flags[k] |= _CROWDED
        radius[k] = max(factor * mean, least)
        e, f, g, reach = cxx[k], cyy[k], cxy[k], radius[k]
        if radius[k] * size <= second_circle / 2.0:
            e, f, g, reach, radius[k] = 1.0, 1.0, 0.0, second_circle / 2.0, 0.0
        rx, ry = _extent(e, f, g, reach)
        x0, x1, y0, y1, cut, held = box(scene, cx[k], cy[k], rx, ry)
        if not held:
            flags[k] = BEYOND
            continue
        if cut:
            flags[k] |= _INCOMPLETE
        values, variances, own, _ = cut_out(scene, numbers[k], mask, (x0, x1, y0, y1), cx[k], cy[k])
        bad, area, light, noise = 0, 0, 0.0, 0.0
        for y in range(y0, y1):
            for x in range(x0, x1):
                dx, dy = x - cx[k], y - cy[k]
                if e * dx * dx + f * dy * dy + g * dx * dy <= reach * reach:
                    v = np.float64(values[y - y0, x - x0])
                    s = np.float64(variances[y - y0, x - x0])
                    area += 1
                    bad += not own[y - y0, x - x0]
                    light += v
                    noise += s + photon_noise(v, s, gain, noise2)
        if bad > _CROWDING * area:
            flags[k] |= _CROWDED
        flux[k], error[k] = light, math.sqrt(noise)
        if light <= 0.0:
            radius[k] = 0.0
    return flux, error, radius, flags
