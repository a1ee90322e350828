"""Which source is which: links, one-to-one matches and groups.

The rule, which does not change when the maps are swapped or renumbered:

1. Two sources are linked where they share at least half of the smaller one's pixels.
2. Linked sources are matched one-to-one in falling order of IoU; of equals, the pair
   whose first shared pixel comes first.
3. Sources that links connect, directly or through others, are one group.
4. A group is ``new`` without a source in a, ``lost`` without one in b, ``split`` with
   more sources in b than in a, ``merged`` with fewer. With as many on both sides, one
   or several, it is ``grown`` or ``shrunk`` where b has more or fewer pixels, and
   ``matched`` where it has as many.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.comparison.classes import KINDS
from skyseg.comparison.overlaps import PairTable
from skyseg.engine.types import IntArray


@dataclass(frozen=True)
class MapSources:
    """The sources of one map.

    Attributes
    ----------
    label : ndarray of int64, shape (n,)
        Labels in rising order.
    area : ndarray of int64, shape (n,)
        Number of pixels of each.
    first : ndarray of int64, shape (n,)
        First pixel of each, as in `PAIR`.
    """

    label: IntArray
    area: IntArray
    first: IntArray


@dataclass(frozen=True)
class Matching:
    """The sources of two maps, and which belongs to which.

    Attributes
    ----------
    a, b : MapSources
        The sources of either map.
    partner_a, partner_b : ndarray of int64
        For every source of one map the index of its one-to-one match among
        those of the other, or -1.
    group_a, group_b : ndarray of int64
        The group of every source. Groups are numbered from 0 in the order of
        their first pixels.
    n_groups : int
        Number of groups.
    """

    a: MapSources
    b: MapSources
    partner_a: IntArray
    partner_b: IntArray
    group_a: IntArray
    group_b: IntArray
    n_groups: int


def match(pairs: PairTable) -> Matching:
    """Match the sources of two maps by their overlaps.

    Parameters
    ----------
    pairs : ndarray of `PAIR`
        Overlap table of the two maps.

    Returns
    -------
    Matching
        One-to-one matches and groups, by the rule of this module.

    Examples
    --------
    >>> from skyseg.comparison.overlaps import count_overlaps
    >>> found = match(count_overlaps(np.array([[5, 5, 5, 0]]), np.array([[2, 2, 0, 9]])))
    >>> found.a.label.tolist(), found.b.label.tolist()
    ([5], [2, 9])
    >>> found.partner_b.tolist(), found.n_groups
    ([0, -1], 2)
    """
    a, b = _sources(pairs, "a"), _sources(pairs, "b")
    shared = pairs[(pairs["a"] > 0) & (pairs["b"] > 0)]
    i, j = np.searchsorted(a.label, shared["a"]), np.searchsorted(b.label, shared["b"])
    linked = 2 * shared["pixels"] >= np.minimum(a.area[i], b.area[j])
    shared, i, j = shared[linked], i[linked], j[linked]
    iou = shared["pixels"] / (a.area[i] + b.area[j] - shared["pixels"])
    order = np.lexsort((shared["first"], -iou))
    partner_a, partner_b = _one_to_one(i[order], j[order], len(a.label), len(b.label))
    group_a, group_b, n_groups = _groups(a, b, i, j)
    return Matching(a, b, partner_a, partner_b, group_a, group_b, n_groups)


def classify_groups(matching: Matching, area_a: IntArray, area_b: IntArray) -> npt.NDArray[np.str_]:
    """Name the change of every group.

    Parameters
    ----------
    matching : Matching
        The groups.
    area_a, area_b : ndarray of int64, shape (n_groups,)
        Pixels of each group on either side.

    Returns
    -------
    ndarray of str, shape (n_groups,)
        One of `KINDS` each.
    """
    n_a = np.bincount(matching.group_a, minlength=matching.n_groups)
    n_b = np.bincount(matching.group_b, minlength=matching.n_groups)
    by_kind = {
        "new": n_a == 0,
        "lost": n_b == 0,
        "split": n_a < n_b,
        "merged": n_a > n_b,
        "grown": area_a < area_b,
        "shrunk": area_a > area_b,
        "matched": np.ones(matching.n_groups, dtype=bool),
    }
    return np.select([by_kind[kind] for kind in KINDS], KINDS, default=KINDS[-1])


def _sources(pairs: PairTable, side: str) -> MapSources:
    rows = pairs[pairs[side] > 0]
    rows = rows[np.argsort(rows[side], kind="stable")]
    label, start = np.unique(rows[side], return_index=True)
    if not len(label):
        empty = np.empty(0, dtype=np.int64)
        return MapSources(empty, empty, empty)
    return MapSources(
        label=label,
        area=np.add.reduceat(rows["pixels"], start),
        first=np.minimum.reduceat(rows["first"], start),
    )


def _one_to_one(i: IntArray, j: IntArray, n_a: int, n_b: int) -> tuple[IntArray, IntArray]:
    """Take pairs in the order given, each source at most once."""
    partner_a, partner_b = [-1] * n_a, [-1] * n_b
    for one, other in zip(i.tolist(), j.tolist(), strict=True):
        if partner_a[one] < 0 and partner_b[other] < 0:
            partner_a[one], partner_b[other] = other, one
    return np.array(partner_a, dtype=np.int64), np.array(partner_b, dtype=np.int64)


def _groups(
    a: MapSources, b: MapSources, i: IntArray, j: IntArray
) -> tuple[IntArray, IntArray, int]:
    """Find the connected parts of the graph of links, numbered by first pixel, a's before b's."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_a, n = len(a.label), len(a.label) + len(b.label)
    if not n:
        empty = np.empty(0, dtype=np.int64)
        return empty, empty, 0
    graph = coo_array((np.ones(len(i), dtype=bool), (i, j + n_a)), shape=(n, n))
    n_groups, group = connected_components(graph, directed=False)
    last = np.iinfo(np.int64).max
    first_a, first_b = np.full(n_groups, last), np.full(n_groups, last)
    np.minimum.at(first_a, group[:n_a], a.first)
    np.minimum.at(first_b, group[n_a:], b.first)
    rank = np.empty(n_groups, dtype=np.int64)
    rank[np.lexsort((first_b < first_a, np.minimum(first_a, first_b)))] = np.arange(n_groups)
    group = rank[group]
    return group[:n_a], group[n_a:], n_groups
