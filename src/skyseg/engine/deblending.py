"""Splitting connected regions into sources, by a tree of thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.detection import PixelLists
from skyseg.engine.scanning import later_neighbours, neighbours, scan_order
from skyseg.engine.shapes import moments
from skyseg.engine.sharing import GIVEN, share_out
from skyseg.engine.sorting import order_by

FloatImage = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

# fewest pixels of a branch (SExtractor's MAXDEBAREA)
_BRANCH_AREA = 3


@dataclass(frozen=True)
class Deblended:
    """Sources, and what deblending knows of them.

    Attributes
    ----------
    pixels : PixelLists
        Pixels of each of the n sources as a scan lists them, not ascending:
        the core of a branch before the pixels that were given to it.
    parent : ndarray of int64, shape (n,)
        Index of the region each source comes from.
    split : ndarray of bool, shape (n,)
        Whether a source is a part of its region only.
    core : ndarray of int64, shape (n,)
        Number of pixels of its core; all, where it is not split.
    moments : ndarray of float64, shape (n, 7)
        Barycentre x and y in pixels, second moments xx, yy and xy about it in
        pixels squared, filtered light, area in pixels; see `deblend`.
    order : ndarray of int64, shape (npix,)
        Where in the regions' lists each pixel stood.
    """

    pixels: PixelLists
    parent: IntArray
    split: npt.NDArray[np.bool_]
    core: IntArray
    moments: FloatArray
    order: IntArray


def deblend(regions: PixelLists, nthresh: int, mincont: float) -> Deblended:
    """Split each region into the sources it blends.

    Parameters
    ----------
    regions : PixelLists
        Connected regions: the ``regions`` that `skyseg.engine.detect` gives.
    nthresh : int
        Number of thresholds (DEBLEND_NTHRESH), spaced exponentially between
        the smallest threshold of the region and its peak.
    mincont : float
        Least part of the region's light that a branch has to hold above its
        own threshold to be a source (DEBLEND_MINCONT).

    Returns
    -------
    Deblended
        The sources, those of one region side by side.

    Notes
    -----
    The tree of Bertin & Arnouts (1996, section 6). A pixel that belongs to no
    branch goes to the branch whose Gaussian profile is expected to be the
    brightest there, among those that it stays connected with; of two equally
    bright ones the first takes it. SExtractor draws lots among the branches, in
    proportion to the same profiles. The moments are what its lots give on
    average: each pixel that no branch owns counts for every branch, in
    proportion to the profiles. The barycentre of a source that was split off is
    that of the branch alone.
    """
    arrays = (regions.index, regions.value, regions.threshold, regions.start)
    order, start, parent, split, core, table = _deblend(*arrays, regions.shape[1], nthresh, mincont)
    pixels = PixelLists(
        regions.shape, start, regions.index[order], regions.value[order],
        regions.threshold[order],
    )  # fmt: skip
    return Deblended(pixels, parent, split, core, table, order)


@compiled
def _deblend(
    index: IntArray, value: FloatImage, threshold: FloatImage, start: IntArray, width: int,
    nthresh: int, mincont: float,
) -> tuple[IntArray, IntArray, IntArray, npt.NDArray[np.bool_], IntArray, FloatArray]:  # fmt: skip
    n = start.size - 1
    order = np.arange(index.size)
    # a branch has three pixels at least, so no more sources than this can come out
    room = n + index.size // _BRANCH_AREA
    new_start = np.zeros(room + 1, dtype=np.int64)
    parent, core = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    table = np.empty((room, 7))
    count = 0
    for i in range(n):
        first, stop = start[i], start[i + 1]
        own, light = index[first:stop], value[first:stop]
        lowest = np.float64(threshold[first:stop].min())
        branch, branches = _branches(own, light, lowest, width, nthresh, mincont)
        if branches > 1:
            share_out(own, light, lowest, width, branch, table[count : count + branches])
            _arrange(
                branch, own, width, order[first:stop], new_start[count : count + branches + 1],
                core[count : count + branches],
            )  # fmt: skip
        else:
            scanned = scan_order(own, width)
            for p in range(own.size):
                order[first + p] = scanned[p]
            new_start[count + 1], core[count] = stop, own.size
            moments(own, light, width, table[count])
        for p in range(first, stop):
            order[p] += first
        for k in range(count, count + branches):
            parent[k] = i
        count += branches
    split = np.zeros(count, dtype=np.bool_)
    for i in range(count):
        alone = i == 0 or parent[i - 1] != parent[i]
        split[i] = not (alone and (i == count - 1 or parent[i + 1] != parent[i]))
    return (
        order, new_start[: count + 1].copy(), parent[:count].copy(), split, core[:count].copy(),
        table[:count].copy(),
    )  # fmt: skip


@compiled
def _arrange(
    branch: IntArray, own: IntArray, width: int, order: IntArray, start: IntArray, core: IntArray
) -> None:
    """List the pixels branch by branch, the core before the pixels given to it."""
    for k in range(1, start.size):
        start[k] = 0
    for p in range(branch.size):
        start[max(branch[p], GIVEN - branch[p]) + 1] += 1
    for k in range(start.size - 1):
        start[k + 1] += start[k]
    first = start[0]
    at = start[:-1] - first
    for p in range(branch.size):
        if branch[p] >= 0:
            order[at[branch[p]]] = p
            at[branch[p]] += 1
    for k in range(at.size):
        begin = start[k] - first
        mine = order[begin : at[k]].copy()
        scanned = scan_order(own[mine], width)
        for p in range(mine.size):
            order[begin + p] = mine[scanned[p]]
        core[k] = mine.size
    for p in scan_order(own, width):
        if branch[p] < 0:
            order[at[GIVEN - branch[p]]] = p
            at[GIVEN - branch[p]] += 1


@compiled
def _branches(
    own: IntArray, light: FloatImage, lowest: float, width: int, nthresh: int, mincont: float
) -> tuple[IntArray, int]:
    """Branch of each pixel (-1: none), and how many sources the region holds."""
    branch = np.full(own.size, -1, dtype=np.int64)
    if own.size < 2 * _BRANCH_AREA:
        return branch, 1
    near = neighbours(own, width)
    if _has_one_maximum(light, near):
        return branch, 1
    level, steps = _levels(light, lowest, nthresh)
    nodes, flux, first_node = _tree(light, near, level, nthresh)
    total = np.float64(np.float32(flux[first_node[0]]))
    chosen = _choose(nodes, flux, first_node, steps, total * mincont)
    if chosen.size < 2:
        return branch, 1
    later = later_neighbours(near)
    for k in range(chosen.size):
        _flood(branch, k, nodes[chosen[k], 2], nodes[chosen[k], 3], level, near, later)
    return branch, chosen.size


@compiled
def _has_one_maximum(light: FloatImage, near: IntArray) -> bool:
    """Whether all pixels but one have a neighbour that is brighter, or as bright and earlier."""
    exceeded = np.zeros(light.size, dtype=np.bool_)
    for p in range(light.size):
        for side in range(4):
            q = near[p, side]
            if q >= 0:
                if light[q] >= light[p]:
                    exceeded[p] = True
                else:
                    exceeded[q] = True
    return bool(light.size - exceeded.sum() <= 1)


@compiled
def _levels(light: FloatImage, lowest: float, nthresh: int) -> tuple[IntArray, FloatImage]:
    """Highest threshold, counted from 0, that each pixel exceeds; and the thresholds."""
    ratio = np.float64(light.max()) / lowest
    steps = np.empty(nthresh, dtype=np.float32)
    for k in range(nthresh):
        steps[k] = lowest * math.pow(ratio, k / nthresh)
    level = np.zeros(light.size, dtype=np.int64)
    for p in range(light.size):
        low, high = 0, nthresh
        while high - low > 1:
            middle = (low + high) // 2
            if light[p] > steps[middle]:
                low = middle
            else:
                high = middle
        level[p] = low
    return level, steps


@compiled
def _find(parent: IntArray, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@compiled
def _edges_by_level(near: IntArray, level: IntArray, nthresh: int) -> tuple[IntArray, IntArray]:
    """Neighbouring pairs (4 p + side), those that both exceed the lowest level only first."""
    start = np.zeros(nthresh + 1, dtype=np.int64)
    for p in range(near.shape[0]):
        for side in range(4):
            if near[p, side] >= 0:
                start[min(level[p], level[near[p, side]]) + 1] += 1
    for k in range(nthresh):
        start[k + 1] += start[k]
    edges = np.empty(start[nthresh], dtype=np.int64)
    at = start[:nthresh].copy()
    for p in range(near.shape[0]):
        for side in range(4):
            if near[p, side] >= 0:
                k = min(level[p], level[near[p, side]])
                edges[at[k]] = 4 * p + side
                at[k] += 1
    return edges, start


@compiled
def _highest_first(level: IntArray, nthresh: int) -> IntArray:
    """Order of the pixels from the highest level down; those of one level keep theirs."""
    at = np.zeros(nthresh + 1, dtype=np.int64)
    for k in level:
        at[nthresh - k] += 1
    for k in range(nthresh):
        at[k + 1] += at[k]
    order = np.empty(level.size, dtype=np.int64)
    for p in range(level.size):
        k = nthresh - 1 - level[p]
        order[at[k]] = p
        at[k] += 1
    return order


@compiled
def _tree(
    light: FloatImage, near: IntArray, level: IntArray, nthresh: int
) -> tuple[IntArray, FloatArray, IntArray]:
    """Find the connected parts of at least three pixels at each threshold.

    Returns a table of nodes (the node one threshold lower, area, threshold,
    last pixel), their light, and where the nodes of each threshold begin:
    those of threshold k are ``first_node[k]`` to ``first_node[k] + number``,
    the number standing in ``first_node[nthresh + k]``.
    """
    size = light.size
    parent, area = np.arange(size), np.ones(size, dtype=np.int64)
    flux, last = light.astype(np.float64), np.arange(size)
    edges, first_edge = _edges_by_level(near, level, nthresh)
    by_level = _highest_first(level, nthresh)
    nodes = np.empty((size + nthresh, 4), dtype=np.int64)
    node_flux = np.empty(size + nthresh)
    node_of = np.full(size, -1, dtype=np.int64)
    first_node = np.zeros(2 * nthresh, dtype=np.int64)
    active = np.empty(size, dtype=np.int64)
    n_active, n_nodes, at = 0, 0, 0
    for k in range(nthresh - 1, -1, -1):
        while at < size and level[by_level[at]] == k:
            active[n_active] = by_level[at]
            n_active += 1
            at += 1
        for e in range(first_edge[k], first_edge[k + 1]):
            a, b = _find(parent, edges[e] // 4), _find(parent, near[edges[e] // 4, edges[e] % 4])
            if a != b:
                if area[a] < area[b]:
                    a, b = b, a
                parent[b] = a
                area[a] += area[b]
                flux[a] += flux[b]
                last[a] = max(last[a], last[b])
        if n_nodes + n_active > nodes.shape[0]:
            nodes, node_flux = _with_room(nodes, node_flux, 2 * (n_nodes + n_active))
        first_node[k] = n_nodes
        kept = 0
        for r in range(n_active):
            p = active[r]
            if parent[p] != p:
                continue
            active[kept] = p
            kept += 1
            if area[p] >= _BRANCH_AREA:
                nodes[n_nodes, 0], nodes[n_nodes, 1] = -1, area[p]
                nodes[n_nodes, 2], nodes[n_nodes, 3] = k, last[p]
                node_flux[n_nodes] = flux[p]
                node_of[p] = n_nodes
                n_nodes += 1
        n_active = kept
        first_node[nthresh + k] = n_nodes - first_node[k]
        if k + 1 < nthresh:
            for node in range(first_node[k + 1], first_node[k + 1] + first_node[nthresh + k + 1]):
                nodes[node, 0] = node_of[_find(parent, nodes[node, 3])]
    return nodes[:n_nodes], node_flux[:n_nodes], first_node


@compiled
def _with_room(nodes: IntArray, flux: FloatArray, room: int) -> tuple[IntArray, FloatArray]:
    more_nodes, more_flux = np.empty((room, 4), dtype=np.int64), np.empty(room)
    for node in range(flux.size):
        more_flux[node] = flux[node]
        for i in range(nodes.shape[1]):
            more_nodes[node, i] = nodes[node, i]
    return more_nodes, more_flux


@compiled
def _choose(
    nodes: IntArray, flux: FloatArray, first_node: IntArray, steps: FloatImage, contrast: float
) -> IntArray:
    """Nodes that are sources: where a part falls into two or more that stand out.

    They come highest threshold first and, at one threshold, in the order of
    their ancestors and then of their last pixels.
    """
    nthresh = steps.size
    rank = _ranks(nodes, first_node, nthresh)
    whole = np.ones(nodes.shape[0], dtype=np.bool_)
    chosen = np.empty(nodes.shape[0], dtype=np.int64)
    count = 0
    standing = np.zeros(nodes.shape[0], dtype=np.int64)
    for k in range(nthresh - 1, 0, -1):
        begin, stop = first_node[k], first_node[k] + first_node[nthresh + k]
        order = order_by(rank[begin:stop])
        for i in order:
            node, above = begin + i, nodes[begin + i, 0]
            standing[above] += _stands_out(nodes, flux, steps, node, contrast)
            whole[above] &= whole[node]
        for i in order:
            node, above = begin + i, nodes[begin + i, 0]
            if standing[above] > 1:
                whole[above] = False
                if whole[node] and _stands_out(nodes, flux, steps, node, contrast):
                    chosen[count] = node
                    count += 1
    return chosen[:count]


@compiled
def _stands_out(
    nodes: IntArray, flux: FloatArray, steps: FloatImage, node: int, contrast: float
) -> bool:
    excess = np.float32(flux[node]) - steps[nodes[node, 2]] * np.float32(nodes[node, 1])
    return bool(np.float64(excess) > contrast)


@compiled
def _ranks(nodes: IntArray, first_node: IntArray, nthresh: int) -> IntArray:
    """Order of the nodes of each threshold: by their ancestor's, then by last pixel."""
    rank = np.zeros(nodes.shape[0], dtype=np.int64)
    for k in range(1, nthresh):
        begin, stop = first_node[k], first_node[k] + first_node[nthresh + k]
        by_last = order_by(nodes[begin:stop, 3])
        above = np.empty(stop - begin, dtype=np.int64)
        for i in range(stop - begin):
            above[i] = rank[nodes[begin + by_last[i], 0]]
        by_above = order_by(above)
        for i in range(stop - begin):
            rank[begin + by_last[by_above[i]]] = i
    return rank


@compiled
def _flood(
    branch: IntArray, name: int, lowest_level: int, seed: int, level: IntArray, near: IntArray,
    later: IntArray,
) -> None:  # fmt: skip
    """Give the connected pixels around ``seed`` of that level or above a branch name."""
    stack = np.empty(branch.size, dtype=np.int64)
    stack[0], branch[seed] = seed, name
    height = 1
    while height > 0:
        height -= 1
        p = stack[height]
        for side in range(8):
            q = near[p, side] if side < 4 else later[p, side - 4]
            if q >= 0 and branch[q] != name and level[q] >= lowest_level:
                branch[q] = name
                stack[height] = q
                height += 1
