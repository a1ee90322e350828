"""What apertures are laid on: pixels, who owns them, and what stands for a masked one."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.maps import BAD_VARIANCE

FloatImage = npt.NDArray[np.float32]
Owners = npt.NDArray[np.int32]
Free = npt.NDArray[np.bool_]
Squares = TypeVar("Squares", npt.NDArray[np.float32], npt.NDArray[np.float64])
Square = TypeVar("Square", np.float32, float)

MIRRORED = 2
MASKS = {"NONE": 0, "BLANK": 1, "CORRECT": MIRRORED}
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
) -> tuple[FloatImage, FloatImage, Free, int]:
    """Values and variances to use for pixels around a centre, and which are the source's own.

    The last value is the number of pixels that are not. A loop that asked the scene
    for one pixel after another would spend most of its time on handing the scene's
    arrays over.
    """
    x0, x1, y0, y1 = bounds
    low, left = scene.origin
    height, width = max(y1 - y0, 0), max(x1 - x0, 0)
    values = np.empty((height, width), dtype=np.float32)
    noise = np.empty((height, width), dtype=np.float32)
    own = np.empty((height, width), dtype=np.bool_)
    name, anyone, masked = np.int32(number), mask == 0, 0
    for j in range(height):
        row = y0 - low + j
        image = scene.image[row, x0 - left : x1 - left]
        variance = scene.variance[row, x0 - left : x1 - left]
        owner = scene.owner[row, x0 - left : x1 - left]
        own_row, values_row, noise_row = own[j], values[j], noise[j]
        for i in range(width):
            value, spread, who = image[i], variance[i], owner[i]
            free = (spread < BAD_VARIANCE) & (anyone | (who == 0) | (who == name))
            own_row[i] = free
            values_row[i] = value if free else np.float32(0)
            noise_row[i] = spread if free else np.float32(0)
        masked += width - own_row.sum()
    if masked > 0 and mask == MIRRORED:
        mirror(scene, name, bounds, cx, cy, values, noise, own)
    return values, noise, own, masked


@compiled
def mirror(
    scene: Scene, name: np.int32, bounds: tuple[int, int, int, int], cx: float, cy: float,
    values: FloatImage, noise: FloatImage, own: Free,
) -> None:  # fmt: skip
    """Replace what is not the source's own by what lies opposite the centre."""
    x0, x1, y0, y1 = bounds
    low, left = scene.origin
    ny, nx = scene.whole
    for y in range(y0, y1):
        for x in range(x0, x1):
            if own[y - y0, x - x0]:
                continue
            values[y - y0, x - x0] = noise[y - y0, x - x0] = 0.0
            mx, my = int(2.0 * cx + 0.49999 - x), int(2.0 * cy + 0.49999 - y)
            if mx < 0 or my < 0 or mx >= nx or my >= ny:
                continue
            variance, owner = scene.variance[my - low, mx - left], scene.owner[my - low, mx - left]
            if variance < BAD_VARIANCE and (owner == 0 or owner == name):
                values[y - y0, x - x0] = scene.image[my - low, mx - left]
                noise[y - y0, x - x0] = variance


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


@compiled
def inside(across: Squares, down: Square, limit: Square, first: int, stop: int) -> tuple[int, int]:
    """Pixels of a row, among those from ``first`` to ``stop``, within a distance of a centre.

    ``across`` are the squared distances along the row, which fall to the centre and
    rise beyond it, ``down`` that of the row itself; ``limit`` is the squared distance.
    """
    while first < stop and across[first] + down > limit:
        first += 1
    while first < stop and across[stop - 1] + down > limit:
        stop -= 1
    return first, stop


@compiled
def total(values: FloatImage) -> float:
    """Sum of values in double precision, in four parts that a processor adds at once."""
    a = b = c = d = 0.0
    whole = values.size - values.size % 4
    for i in range(0, whole, 4):
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
    for i in range(whole, values.size):
        a += values[i]
    return (a + b) + (c + d)
