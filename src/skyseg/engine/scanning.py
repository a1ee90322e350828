"""A region as a scan along the rows meets it: neighbours, and the list of its pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled

IntArray = npt.NDArray[np.int64]


@compiled
def scan_order(index: IntArray, width: int) -> IntArray:
    """Order in which a scan collects the pixels of a connected region.

    A scan along the rows knows of a region only what it has seen: parts that
    look separate are collected apart, and where a run of pixels joins two
    parts, the list of the part that the scan of this row met later is put
    behind that of the other. A part is met where its leftmost run on the row
    above begins, a new one with its first pixel.

    Parameters
    ----------
    index : ndarray of int64, shape (n,)
        Flat indices of the pixels, ascending.
    width : int
        Pixels in a row of the image.

    Returns
    -------
    ndarray of int64, shape (n,)
        Positions in ``index`` in the order of the list.
    """
    begin = run_begins(index, width)
    runs = begin.size - 1
    following = np.full(index.size, -1, dtype=np.int64)
    ends = np.full((runs, 2), -1, dtype=np.int64)
    parent, met = np.arange(runs), np.zeros(runs, dtype=np.int64)
    above, stop, row = 0, 0, -1
    for run in range(runs):
        first, length = index[begin[run]], begin[run + 1] - begin[run]
        if first // width != row:
            row = first // width
            above, stop = _row_above(index, begin, run, width, parent, met)
        while above < stop and index[begin[above + 1] - 1] + width < first - 1:
            above += 1
        other, met[run] = above, first
        if other < stop and index[begin[other]] + width <= first:
            parent[run] = _root(parent, other)
            other += 1
        done = 0
        while done < length or (other < stop and index[begin[other]] + width == first + length):
            # the pixels before the next run above, which the one after them joins
            step = length
            if other < stop:
                step = min(index[begin[other]] + width - first, length)
            if step > done:
                _append(ends[_root(parent, run)], following, begin[run] + done, begin[run] + step)
                done = step
            if other < stop and index[begin[other]] + width == first + done:
                _join(parent, met, ends, following, run, other)
                other += 1
    return _walk(parent, ends, following)


@compiled
def run_begins(index: IntArray, width: int) -> IntArray:
    """Give the position of each run's first pixel, and the number of pixels."""
    begin = np.empty(index.size + 1, dtype=np.int64)
    runs, row_end = 0, np.int64(0)
    for p in range(index.size):
        if p == 0 or index[p] != index[p - 1] + 1 or index[p] == row_end:
            row_end = (index[p] // width + 1) * width
            begin[runs] = p
            runs += 1
    begin[runs] = index.size
    return begin[: runs + 1]


@compiled
def _row_above(
    index: IntArray, begin: IntArray, run: int, width: int, parent: IntArray, met: IntArray
) -> tuple[int, int]:
    """Find the runs of the row above, and where the scan of this row meets their parts."""
    above = run
    while above > 0 and index[begin[above - 1]] // width == index[begin[run]] // width - 1:
        above -= 1
    for other in range(run - 1, above - 1, -1):
        met[_root(parent, other)] = index[begin[other]] + width
    return above, run


@compiled
def _root(parent: IntArray, run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@compiled
def _append(ends: IntArray, following: IntArray, first: int, stop: int) -> None:
    """Put pixels ``first`` to ``stop`` at the end of a list."""
    if ends[0] < 0:
        ends[0] = first
    else:
        following[ends[1]] = first
    for p in range(first, stop - 1):
        following[p] = p + 1
    ends[1] = stop - 1


@compiled
def _join(
    parent: IntArray, met: IntArray, ends: IntArray, following: IntArray, run: int, other: int
) -> None:
    a, b = _root(parent, run), _root(parent, other)
    if a == b:
        return
    if met[a] > met[b]:
        a, b = b, a
    following[ends[a, 1]] = ends[b, 0]
    ends[a, 1] = ends[b, 1]
    parent[b] = a


@compiled
def _walk(parent: IntArray, ends: IntArray, following: IntArray) -> IntArray:
    order = np.empty(following.size, dtype=np.int64)
    count = 0
    for run in range(parent.size):
        p = ends[run, 0] if parent[run] == run else -1
        while p >= 0:
            order[count] = p
            p = following[p]
            count += 1
    return order


@compiled
def neighbours(own: IntArray, width: int) -> IntArray:
    """Find each pixel's 4 neighbours that a scan meets before: positions, -1 where none."""
    out = np.full((own.size, 4), -1, dtype=np.int64)
    above = 0
    for p in range(own.size):
        x = own[p] % width
        if p > 0 and own[p - 1] == own[p] - 1 and x > 0:
            out[p, 0] = p - 1
        corner = own[p] - width - 1
        while above < p and own[above] < corner:
            above += 1
        at = above
        for shift in range(3):
            while at < p and own[at] < corner + shift:
                at += 1
            column = x - 1 + shift
            if at < p and own[at] == corner + shift and column >= 0 and column < width:
                out[p, 1 + shift] = at
    return out


@compiled
def later_neighbours(near: IntArray) -> IntArray:
    """Turn them into the 4 neighbours that a scan meets after."""
    out = np.full(near.shape, -1, dtype=np.int64)
    for p in range(near.shape[0]):
        for side in range(4):
            if near[p, side] >= 0:
                out[near[p, side], side] = p
    return out
