"""Outlines of chosen pixels as closed lines along the pixels' edges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import BoolImage, FloatArray, IntArray

_TURNED: Final = [1, 0, 3, 2]  # columns for rows


def trace_rings(chosen: BoolImage) -> list[FloatArray]:
    """Trace closed lines around pixels, along their edges; those that touch at a corner stay apart.

    Parameters
    ----------
    chosen : ndarray of bool, shape (ny, nx)
        The pixels.

    Returns
    -------
    list of ndarray of float64, shape (n, 2)
        Corners (row, column) of each line, 0 at the centre of the first pixel; the last is the
        first. Rows turn to columns around pixels the other way than around holes.

    Examples
    --------
    >>> trace_rings(np.array([[False, True]]))[0].tolist()
    [[-0.5, 0.5], [-0.5, 1.5], [0.5, 1.5], [0.5, 0.5], [-0.5, 0.5]]
    """
    padded = np.pad(chosen, 1).astype(np.int8)
    sides = [_find_sides(padded, sign) for sign in (1, -1)]
    sides += [_find_sides(padded.T, sign)[::-1, :, _TURNED] for sign in (1, -1)]
    starts, ends = np.concatenate(sides, axis=1)
    following = np.empty(len(starts), np.int64)
    following[_sort(ends)] = _sort(starts)
    return [starts[ring, :2] / 2 - 1 for ring in _follow(following.tolist())]


def _find_sides(padded: npt.NDArray[np.int8], sign: int) -> IntArray:
    """Find the sides between rows at which pixels begin (sign 1) or end (-1).

    Returns
    -------
    ndarray of int, shape (2, n, 4)
        Of the start and the end of each side: its row and column, doubled, and those of the
        chosen pixel beside it, which lies on the same hand of all.
    """
    is_side = (np.diff(padded, axis=0) == sign).astype(np.int8)
    step = np.diff(is_side, axis=1, prepend=0, append=0)
    row, first = np.nonzero(step == 1)
    _, after = np.nonzero(step == -1)
    pixel = row + (sign == 1)
    low = np.stack([2 * row + 1, 2 * first - 1, pixel, first], axis=1)
    high = np.stack([2 * row + 1, 2 * after - 1, pixel, after - 1], axis=1)
    return np.stack([low, high] if sign == 1 else [high, low])


def _sort(places: IntArray) -> IntArray:
    """Sort places by corner, and by pixel where two lines touch at a corner."""
    order: IntArray = np.lexsort(places.T[::-1])
    return order


def _follow(following: list[int]) -> Iterator[list[int]]:
    """Yield the sides of each ring, the first one again at its end."""
    free = [True] * len(following)
    for first in range(len(following)):
        if not free[first]:
            continue
        ring, side = [first], following[first]
        while side != first:
            free[side] = False
            ring.append(side)
            side = following[side]
        yield [*ring, first]
