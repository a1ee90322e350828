"""Which source gets the pixels of a blend that belong to no branch."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.scanning import later_neighbours, neighbours
from skyseg.engine.shapes import ellipse, moments

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

GIVEN = -2
_NOBODY = -1


@compiled
def share_out(
    own: IntArray, light: FloatImage, lowest: float, width: int, branch: IntArray,
    table: FloatArray,
) -> None:  # fmt: skip
    """Give each pixel of no branch (-1) to a branch: ``GIVEN - k`` says to branch k.

    Parameters
    ----------
    own, light : ndarray, shape (n,)
        Flat index, ascending, and filtered light of the blend's pixels.
    lowest : float
        Threshold of the blend.
    width : int
        Pixels in a row of the image.
    branch : ndarray of int64, shape (n,)
        Branch of each pixel; filled.
    table : ndarray of float64, shape (branches, 7)
        Moments of the branches, see `Deblended`; filled.

    Notes
    -----
    A pixel wants to go to the branch whose profile is the highest there. Those
    that are connected with their branch through pixels that want the same get
    their wish. Then, ring by ring, the others go to the branch with the highest
    profile among those that their neighbours have gone to, so that each source
    stays in one piece.
    """
    profile = _profiles(own, light, lowest, width, branch, table)
    wish = branch.copy()
    sums = np.zeros((table.shape[0], 5))
    for p in range(own.size):
        x, y = own[p] % width, own[p] // width
        if branch[p] >= 0:
            k = branch[p]
            _add(sums, k, 1.0, x - table[k, 0], y - table[k, 1], np.float64(light[p]))
        else:
            wish[p] = _wish(profile, table, x, y, np.float64(light[p]), sums)
    near = neighbours(own, width)
    _settle(own, width, near, later_neighbours(near), branch, wish, profile, table)
    for k in range(table.shape[0]):
        xx, yy, xy, flux, area = sums[k]
        table[k, 2], table[k, 3], table[k, 4] = xx / flux, yy / flux, xy / flux
        table[k, 5], table[k, 6] = flux, area


@compiled
def _profiles(
    own: IntArray, light: FloatImage, lowest: float, width: int, branch: IntArray,
    table: FloatArray,
) -> FloatArray:  # fmt: skip
    """Log height over the threshold and ellipse of each branch's Gaussian profile.

    It has the core's shape and falls to the threshold at the core's rim, but is
    at most four times as high as the core's peak. The table gets the cores' moments.
    """
    profile = np.empty((table.shape[0], 4))
    for k in range(table.shape[0]):
        core = np.flatnonzero(branch == k)
        moments(own[core], light[core], width, table[k])
        _, _, xx, yy, xy, _, area = table[k]
        a, b, _, cxx, cyy, cxy = ellipse(xx, yy, xy)
        height = min(area / (2.0 * math.pi * a * b), math.log(4.0 * light[core].max() / lowest))
        profile[k, 0], profile[k, 1], profile[k, 2], profile[k, 3] = height, cxx, cyy, cxy
    return profile


@compiled
def _expected(profile: FloatArray, table: FloatArray, k: int, x: int, y: int) -> float:
    """Log height of a branch's profile at a pixel."""
    height, cxx, cyy, cxy = profile[k]
    dx, dy = x - table[k, 0], y - table[k, 1]
    return float(height - 0.5 * (cxx * dx * dx + cyy * dy * dy + cxy * dx * dy))


@compiled
def _wish(
    profile: FloatArray, table: FloatArray, x: int, y: int, light: float, sums: FloatArray
) -> int:
    """Branch with the highest profile at a pixel; adds what each is expected to get to its sums."""
    expected = np.empty(table.shape[0])
    best, total = 0, 0.0
    for k in range(expected.size):
        expected[k] = _expected(profile, table, k, x, y)
        if expected[k] > expected[best]:
            best = k
    highest = expected[best]
    for k in range(expected.size):
        expected[k] = math.exp(expected[k] - highest)
        total += expected[k]
    for k in range(expected.size):
        _add(sums, k, expected[k] / total, x - table[k, 0], y - table[k, 1], light)
    return best


@compiled
def _add(sums: FloatArray, k: int, share: float, dx: float, dy: float, light: float) -> None:
    sums[k, 0] += share * light * dx * dx
    sums[k, 1] += share * light * dy * dy
    sums[k, 2] += share * light * dx * dy
    sums[k, 3] += share * light
    sums[k, 4] += share


@compiled
def _settle(
    own: IntArray, width: int, near: IntArray, later: IntArray, branch: IntArray, wish: IntArray,
    profile: FloatArray, table: FloatArray,
) -> None:  # fmt: skip
    """Grant the wishes that keep each branch in one piece, then settle the rest ring by ring."""
    stack = np.flatnonzero(branch >= 0)
    height = stack.size
    stack = np.concatenate((stack, np.empty(own.size - height, dtype=np.int64)))
    while height > 0:
        height -= 1
        p = stack[height]
        for side in range(8):
            q = near[p, side] if side < 4 else later[p, side - 4]
            if q >= 0 and branch[q] == _NOBODY and wish[q] == wish[p]:
                branch[q] = GIVEN - wish[q]
                stack[height] = q
                height += 1
    left = np.flatnonzero(branch == _NOBODY)
    while left.size > 0:
        for i in range(left.size):
            p, best = left[i], _NOBODY
            x, y = own[p] % width, own[p] // width
            for side in range(8):
                q = near[p, side] if side < 4 else later[p, side - 4]
                if q >= 0 and branch[q] != _NOBODY:
                    k = max(branch[q], GIVEN - branch[q])
                    if best == _NOBODY or _is_better(profile, table, k, best, x, y):
                        best = k
            wish[p] = best
        for p in left:
            if wish[p] != _NOBODY:
                branch[p] = GIVEN - wish[p]
        left = left[branch[left] == _NOBODY]


@compiled
def _is_better(profile: FloatArray, table: FloatArray, k: int, other: int, x: int, y: int) -> bool:
    here, there = _expected(profile, table, k, x, y), _expected(profile, table, other, x, y)
    return here > there or (here == there and k < other)
