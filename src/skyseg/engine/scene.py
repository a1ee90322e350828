"""What apertures are laid on: pixels, who owns them, and what stands for a masked one."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.maps import BAD_VARIANCE

FloatImage = npt.NDArray[np.float32]
Owners = npt.NDArray[np.int32]

MASKS = {"NONE": 0, "BLANK": 1, "CORRECT": 2}
# flag of a source whose apertures reach beyond the scene; never in a catalogue
BEYOND = 1 << 30


class Scene(NamedTuple):
    """An image, or a part of one, that apertures are laid on.

    Attributes
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Image and variance with bad pixels filled; 1e30 in ``variance`` marks
        those that could not be.
    owner : ndarray of int32, shape (ny, nx)
        Source that a pixel belongs to, counted from 1; 0 where it is free, -1
        where it is nobody's but not free.
    origin : tuple of int
        Row and column of the first pixel in the whole image.
    whole : tuple of int
        Shape of the whole image, which positions and edges refer to.
    """

    image: FloatImage
    variance: FloatImage
    owner: Owners
    origin: tuple[int, int]
    whole: tuple[int, int]


@compiled
def pixel(
    scene: Scene, number: int, mask: int, x: int, y: int, cx: float, cy: float
) -> tuple[float, float, bool]:
    """Value and variance to use for a pixel, and whether it is the source's to use itself."""
    value, variance, free = _free(scene, number, mask, x, y)
    if free or mask != 2:
        return value, variance, free
    x, y = int(2.0 * cx + 0.49999 - x), int(2.0 * cy + 0.49999 - y)
    if x >= 0 and y >= 0 and x < scene.whole[1] and y < scene.whole[0]:
        value, variance, _ = _free(scene, number, mask, x, y)
    return value, variance, False


@compiled
def _free(scene: Scene, number: int, mask: int, x: int, y: int) -> tuple[float, float, bool]:
    """Value and variance of a pixel, zero where it is bad or another's."""
    row, column = y - scene.origin[0], x - scene.origin[1]
    owner, variance = scene.owner[row, column], scene.variance[row, column]
    if variance >= BAD_VARIANCE or (mask > 0 and owner != 0 and owner != number):
        return 0.0, 0.0, False
    return np.float64(scene.image[row, column]), np.float64(variance), True


@compiled
def box(
    scene: Scene, cx: float, cy: float, rx: float, ry: float
) -> tuple[int, int, int, int, bool, bool]:
    """Pixels around a centre, cut at the edge of the image.

    The last two values say whether the box was cut, and whether the scene holds
    all of it and of what mirrors it.
    """
    x0, x1 = math.floor(cx - rx + 0.5), math.floor(cx + rx + 0.5) + 1
    y0, y1 = math.floor(cy - ry + 0.5), math.floor(cy + ry + 0.5) + 1
    ny, nx = scene.whole
    cut = x0 < 0 or y0 < 0 or x1 > nx or y1 > ny
    x0, x1, y0, y1 = max(x0, 0), min(x1, nx), max(y0, 0), min(y1, ny)
    low, left = scene.origin
    held = left <= max(x0 - 1, 0) and min(x1 + 1, nx) <= left + scene.image.shape[1]
    held = held and low <= max(y0 - 1, 0) and min(y1 + 1, ny) <= low + scene.image.shape[0]
    return x0, x1, y0, y1, cut, held


@compiled
def inside(dx: float, dy: float, radius: float, subpixels: int) -> float:
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
def photon_noise(value: float, variance: float, gain: float, noise2: float) -> float:
    """Variance of the photons of a pixel; none without a gain."""
    if gain > 0.0 and value > 0.0:
        return value / gain * variance / noise2
    return 0.0
