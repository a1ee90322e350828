"""A sort for compiled loops: numpy's takes seconds to compile for each type it meets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled

IntArray = npt.NDArray[np.int64]


@compiled
def order_by(keys: IntArray) -> IntArray:
    """Order that sorts whole numbers, by heapsort; equal keys keep their order.

    Parameters
    ----------
    keys : ndarray of int64, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    n = keys.size
    order = np.arange(n)
    for start in range(n // 2 - 1, -1, -1):
        _sift(keys, order, start, n)
    for stop in range(n - 1, 0, -1):
        order[0], order[stop] = order[stop], order[0]
        _sift(keys, order, 0, stop)
    return order


@compiled
def _before(keys: IntArray, i: int, j: int) -> bool:
    return keys[i] < keys[j] or (keys[i] == keys[j] and i < j)


@compiled
def _sift(keys: IntArray, order: IntArray, top: int, stop: int) -> None:
    while 2 * top + 1 < stop:
        child = 2 * top + 1
        if child + 1 < stop and _before(keys, order[child], order[child + 1]):
            child += 1
        if not _before(keys, order[top], order[child]):
            return
        order[top], order[child] = order[child], order[top]
        top = child
