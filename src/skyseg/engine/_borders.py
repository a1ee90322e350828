"""Regions that reach the border between strips: who has their pieces, and when they are whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skyseg import _loops
from skyseg.engine._spans import list_spans
from skyseg.engine.runs import Runs
from skyseg.engine.thresholding import Foreground
from skyseg.engine.types import IntArray


@dataclass(frozen=True, eq=False)
class CutRegions:
    """Regions of a strip that reach a row beyond which they may go on.

    Attributes
    ----------
    foreground : Foreground
        Their pixels.
    region : ndarray of int64, shape (nrun,)
        Region of each run, from 0.
    """

    foreground: Foreground
    region: IntArray

    def take(self, regions: IntArray) -> Foreground:
        """Return the pixels of some of the regions."""
        return take_runs(self.foreground, np.isin(self.region, regions))


class Edges(NamedTuple):
    """Runs in the first and in the last row of a strip; in place of a source their region."""

    above: Runs
    below: Runs


class _Piece(NamedTuple):
    """A region of a strip, which has a number and is kept somewhere."""

    number: int
    strip: Any
    region: int


def part_at_borders(
    found: Foreground, rows: tuple[int, int], goes_on: tuple[bool, bool]
) -> tuple[Foreground, CutRegions, Edges]:
    """Part regions that are whole from those that reach a border of a strip.

    Parameters
    ----------
    found : Foreground
        Pixels of the strip.
    rows : tuple of int
        Its first row, and the one after its last.
    goes_on : tuple of bool
        Whether there are other strips above and below.

    Returns
    -------
    whole : Foreground
        Pixels of regions that reach neither.
    cut : CutRegions
        The others.
    edges : Edges
        Their runs in the first and in the last row.

    Examples
    --------
    >>> image = np.float32([[0, 0, 5], [5, 0, 0], [5, 0, 0]])
    >>> from skyseg.engine.thresholding import find_foreground
    >>> found = find_foreground(image, np.ones((3, 3), np.float32))
    >>> whole, cut, edges = part_at_borders(found, (0, 3), (False, True))
    >>> whole.start.tolist(), cut.foreground.start.tolist(), edges.below.start.tolist()
    ([2], [3, 6], [6])
    """
    width = found.shape[1]
    place = _loops.connect(
        start=found.start, length=found.length, width=width, minarea=1, open_row=-1
    )["place"]
    row = found.start // width
    first = (row == rows[0]) & goes_on[0]
    last = (row == rows[1] - 1) & goes_on[1]
    is_cut = np.isin(place, place[first | last])
    number = np.unique(place[is_cut], return_inverse=True)[1].astype(np.int64)
    cut = CutRegions(take_runs(found, is_cut), number)
    runs = Runs(cut.foreground.start, cut.foreground.length, number)
    edges = Edges(*(runs.take(np.flatnonzero(each[is_cut])) for each in (first, last)))
    return take_runs(found, ~is_cut), cut, edges


def take_runs(found: Foreground, which: Any) -> Foreground:
    """Return some runs of a foreground, which a mask tells."""
    values = _loops.take_runs(length=found.length, values=found.values, which=which)
    return Foreground(found.shape, found.start[which], found.length[which], values)


def follow_borders(
    strips: Iterable[tuple[Any, Edges]], width: int
) -> Iterator[tuple[list[Any], list[IntArray]]]:
    """Follow regions from strip to strip, and yield those that are whole.

    Parameters
    ----------
    strips : iterable of tuple
        For each strip, from the first rows on: by what it is known, and its edges.
    width : int
        Columns of the image.

    Yields
    ------
    strips : list
        Those that have the pieces of some regions which have come to their end.
    regions : list of ndarray of int64
        Which regions of each these are.
    """
    groups: list[list[_Piece]] = []
    nothing = np.empty(0, np.int64)
    below = Runs(nothing, nothing, nothing)
    for number, (strip, edges) in enumerate(strips):
        regions = sorted({*edges.above.source.tolist(), *edges.below.source.tolist()})
        place = {region: len(groups) + k for k, region in enumerate(regions)}
        touching = _find_touching(below, edges.above, width)
        pairs = [(group, place[region]) for group, region in touching]
        groups += [[_Piece(number, strip, region)] for region in regions]
        groups, merged = _merge(groups, pairs)
        ends = [merged[place[region]] for region in edges.below.source.tolist()]
        going_on = {group: k for k, group in enumerate(dict.fromkeys(ends))}
        whole = [piece for k, each in enumerate(groups) if k not in going_on for piece in each]
        groups = [groups[k] for k in going_on]
        source = np.array([going_on[group] for group in ends], np.int64)
        below = Runs(edges.below.start, edges.below.length, source)
        if whole:
            yield _list_strips(whole)


def join_shared(
    shared: Iterable[tuple[Sequence[tuple[int, Any]], Sequence[IntArray]]],
) -> tuple[list[Any], list[IntArray]]:
    """Join what `follow_borders` yields of strips that are known by a number and something else.

    Parameters
    ----------
    shared : iterable of tuple
        Strips, and which regions of each.

    Returns
    -------
    strips : list
        What else each is known by, in the order of the numbers.
    regions : list of ndarray of int64
        Which regions of each these are.

    Examples
    --------
    >>> one, two = ([(1, "b"), (2, "c")], [[0], [0]]), ([(0, "a"), (1, "b")], [[3], [2]])
    >>> strips, regions = join_shared([one, two])
    >>> strips, [each.tolist() for each in regions]
    (['a', 'b', 'c'], [[3], [0, 2], [0]])
    """
    known: dict[int, Any] = {}
    parts: dict[int, list[IntArray]] = {}
    for strips, regions in shared:
        for (number, strip), some in zip(strips, regions, strict=True):
            known[number] = strip
            parts.setdefault(number, []).append(some)
    order = sorted(known)
    return [known[k] for k in order], [np.concatenate(parts[k]) for k in order]


def _find_touching(above: Runs, below: Runs, width: int) -> Iterator[tuple[int, int]]:
    """Find which runs of one row touch which of the next one, be it at a corner."""
    begin, start = above.start % width, below.start % width
    low = np.searchsorted(begin + above.length, start, side="left")
    high = np.searchsorted(begin, start + below.length, side="right")
    count = np.maximum(high - low, 0)
    one = above.source[list_spans(low, count)]
    yield from zip(one.tolist(), np.repeat(below.source, count).tolist(), strict=True)


def _merge(
    groups: list[list[_Piece]], pairs: Iterable[tuple[int, int]]
) -> tuple[list[list[_Piece]], list[int]]:
    """Merge groups that belong together; and tell where each of them went."""
    parent = list(range(len(groups)))

    def find_root(member: int) -> int:
        while parent[member] != member:
            parent[member] = member = parent[parent[member]]
        return member

    for one, other in pairs:
        low, high = sorted((find_root(one), find_root(other)))
        parent[high] = low
    merged: dict[int, list[_Piece]] = {}
    for k, group in enumerate(groups):
        merged.setdefault(find_root(k), []).extend(group)
    place = {root: k for k, root in enumerate(merged)}
    return list(merged.values()), [place[find_root(k)] for k in range(len(groups))]


def _list_strips(pieces: list[_Piece]) -> tuple[list[Any], list[IntArray]]:
    """List the strips that have pieces, the first one first, and which regions of each."""
    strips = {piece.number: piece.strip for piece in sorted(pieces, key=lambda each: each.number)}
    regions: dict[int, list[int]] = {number: [] for number in strips}
    for piece in pieces:
        regions[piece.number].append(piece.region)
    return list(strips.values()), [np.array(each, np.int64) for each in regions.values()]
