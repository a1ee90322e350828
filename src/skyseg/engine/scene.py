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
Free = npt.NDArray[np.bool_]

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
def cut_out(
    scene: Scene, number: int, mask: int, bounds: tuple[int, int, int, int], cx: float, cy: float
) -> tuple[FloatImage, FloatImage, Free]:
    """Values and variances to use for pixels around a centre, and which are the source's own.

    A loop that asked the scene for one pixel after another would spend most of
    its time on handing the scene's arrays over.
    """
    x0, x1, y0, y1 = bounds
    image, variance, owner = scene.image, scene.variance, scene.owner
    low, left = scene.origin
    ny, nx = scene.whole
    size = max(y1 - y0, 0), max(x1 - x0, 0)
    values, noise = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
    own = np.empty(size, dtype=np.bool_)
    for y in range(y0, y1):
        for x in range(x0, x1):
            row, column = y - low, x - left
            free = _is_free(variance[row, column], owner[row, column], number, mask)
            own[y - y0, x - x0] = free
            if not free and mask == 2:
                mx, my = int(2.0 * cx + 0.49999 - x), int(2.0 * cy + 0.49999 - y)
                if mx >= 0 and my >= 0 and mx < nx and my < ny:
                    row, column = my - low, mx - left
                    free = _is_free(variance[row, column], owner[row, column], number, mask)
            if free:
                values[y - y0, x - x0] = image[row, column]
                noise[y - y0, x - x0] = variance[row, column]
    return values, noise, own


@compiled
def _is_free(variance: np.float32, owner: np.int32, number: int, mask: int) -> bool:
    """Whether a pixel is neither bad nor another's."""
    return bool(variance < BAD_VARIANCE and (mask == 0 or owner == 0 or owner == number))


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
    # less than half a pixel beyond the left or lower edge does not count as cut
    cut = x0 < -1 or y0 < -1 or x1 > nx or y1 > ny
    x0, x1, y0, y1 = max(x0, 0), min(x1, nx), max(y0, 0), min(y1, ny)
    low, left = scene.origin
    held = left <= max(x0 - 1, 0) and min(x1 + 1, nx) <= left + scene.image.shape[1]
    held = held and low <= max(y0 - 1, 0) and min(y1 + 1, ny) <= low + scene.image.shape[0]
    return x0, x1, y0, y1, cut, held


@compiled
def photon_noise(value: float, variance: float, gain: float, noise2: float) -> float:
    """Variance of the photons of a pixel; none without a gain."""
    if gain > 0.0 and value > 0.0:
        return value / gain * variance / noise2
    return 0.0
