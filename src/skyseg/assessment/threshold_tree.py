"""The tree of thresholds by which deblending splits a region, with all of its branches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from skyseg.engine.detection import PixelLists
from skyseg.engine.types import BoolImage, FloatArray, FloatImage

BRANCH_AREA = 3
"""Fewest pixels of a branch."""

_EIGHT = np.ones((3, 3), np.int8)


@dataclass(frozen=True)
class Branch:
    """A part of a region that is apart from others above a threshold.

    Attributes
    ----------
    number : int
        Its place in the tree, from 0; 0 is the region itself.
    below : int or None
        The branch that it grows out of.
    first, last : int
        Lowest and highest level, from 0, between which it is one part.
    threshold : float
        Filtered light of its lowest level, in the unit of the image.
    peak : float
        Filtered light of its brightest pixel.
    x, y : int
        Where that is, in pixels from 0.
    area : int
        Pixels above its lowest level.
    contrast : float
        Its light above its lowest level, as a part of the region's: what DEBLEND_MINCONT is
        compared with.
    counts : bool
        Whether that is enough.
    is_source : bool
        Whether a source was made of it.
    """

    number: int
    below: int | None
    first: int
    last: int
    threshold: float
    peak: float
    x: int
    y: int
    area: int
    contrast: float
    counts: bool
    is_source: bool


@dataclass(frozen=True, eq=False)
class ThresholdTree:
    """The tree of thresholds of one region.

    Attributes
    ----------
    branches : tuple of Branch
        Those of at least 3 pixels, lower ones first.
    levels : ndarray of float64, shape (nthresh,)
        Filtered light of each level, in the unit of the image.
    mincont : float
        DEBLEND_MINCONT.
    """

    branches: tuple[Branch, ...]
    levels: FloatArray
    mincont: float

    @property
    def n_sources(self) -> int:
        """Sources that the region holds."""
        return max(sum(each.is_source for each in self.branches), 1)

    def children(self, branch: Branch) -> tuple[Branch, ...]:
        """Return the branches that grow out of another one."""
        return tuple(self.branches[number] for number in self._children[branch.number])

    def siblings(self, branch: Branch) -> tuple[Branch, ...]:
        """Return the other branches that grow where one does."""
        if branch.below is None:
            return ()
        return tuple(each for each in self.children(self.branches[branch.below]) if each != branch)

    def within(self, branch: Branch) -> tuple[Branch, ...]:
        """Return a branch and all that grows out of it."""
        found, pending = [], [branch]
        while pending:
            found.append(pending.pop())
            pending += self.children(found[-1])
        return tuple(sorted(found, key=lambda each: each.number))

    def find_splitting_mincont(self, branch: Branch) -> float | None:
        """Return the DEBLEND_MINCONT below which a source would split further; None for never."""
        seconds = [
            sorted(child.contrast for child in self.children(each))[-2]
            for each in self.within(branch)
            if self.children(each)
        ]
        highest = max(seconds, default=0.0)
        return highest if highest > 0 else None

    def find_merging_mincont(self, branch: Branch) -> float | None:
        """Return the DEBLEND_MINCONT from which on a source is none of its own; None for never."""
        others = [each.contrast for each in self.siblings(branch)]
        return min(branch.contrast, max(others)) if others else None

    @cached_property
    def _children(self) -> list[list[int]]:
        children: list[list[int]] = [[] for _ in self.branches]
        for each in self.branches[1:]:
            assert each.below is not None
            children[each.below].append(each.number)
        return children


def grow_tree(region: PixelLists, nthresh: int, mincont: float) -> ThresholdTree:
    """Grow the tree of thresholds of a region, as `skyseg.engine.deblend` does.

    Parameters
    ----------
    region : PixelLists
        One region.
    nthresh : int
        DEBLEND_NTHRESH.
    mincont : float
        DEBLEND_MINCONT.

    Returns
    -------
    ThresholdTree

    Examples
    --------
    >>> row = np.array([2, 5, 9, 9, 4, 6, 7, 6, 2], np.float32)
    >>> start, index = np.array([0, 9]), np.arange(9)
    >>> region = PixelLists((1, 9), start, index, row, np.ones(9, np.float32))
    >>> tree = grow_tree(region, 32, 0.005)
    >>> [(each.x, each.is_source) for each in tree.branches]
    [(2, False), (2, True), (6, True)]
    """
    y, x = np.divmod(region.index, region.shape[1])
    top, left = int(y.min()), int(x.min())
    light = np.full((int(y.max()) - top + 1, int(x.max()) - left + 1), -np.inf, np.float32)
    light[y - top, x - left] = region.value
    levels = _set_levels(float(region.value.max()), float(region.threshold.min()), nthresh)
    grown = _Growing(light, levels, mincont)
    inside = light > -np.inf
    for level, step in enumerate(levels):
        grown.climb(level, inside if level == 0 else inside & (light > step))
    moved = [replace(each, x=each.x + left, y=each.y + top) for each in grown.branches]
    return ThresholdTree(_choose(moved), levels.astype(np.float64), mincont)


def _set_levels(highest: float, lowest: float, nthresh: int) -> FloatImage:
    """Space levels exponentially from the lowest threshold to the peak."""
    ratio = highest / lowest
    return np.array([lowest * ratio ** (k / nthresh) for k in range(nthresh)], np.float32)


class _Growing:
    """A tree that grows from the lowest level up."""

    def __init__(self, light: FloatImage, levels: FloatImage, mincont: float) -> None:
        self.branches: list[Branch] = []
        self._light, self._levels, self._mincont = light, levels, mincont
        self._bright = np.where(light > -np.inf, light, 0).astype(np.float64)
        self._total = np.float32(self._bright.sum())
        self._below = np.zeros(light.shape, np.int32)

    def climb(self, level: int, above: BoolImage) -> None:
        """Add the parts above a level: one that is alone goes on with the branch it lies in."""
        from scipy import ndimage

        parts, n = ndimage.label(above, _EIGHT)
        area = np.bincount(parts.ravel(), minlength=n + 1)
        light = np.bincount(parts.ravel(), self._bright.ravel(), n + 1)
        kept = np.flatnonzero(area >= BRANCH_AREA)
        kept = kept[kept > 0]
        if not len(kept):
            self._below[:] = -1
            return
        peaks = ndimage.maximum_position(self._light, parts, kept)
        under = self._below[tuple(np.transpose(peaks))]
        counts = np.bincount(under, minlength=len(self.branches) + 1)
        numbers = np.full(n + 1, -1, np.int32)
        for part, (y, x), below in zip(kept, peaks, under.tolist(), strict=True):
            if self.branches and counts[below] == 1:
                self.branches[below] = replace(self.branches[below], last=level)
                numbers[part] = below
                continue
            numbers[part] = len(self.branches)
            self._begin(level, int(area[part]), light[part], (int(y), int(x)), below)
        numbers[0] = -1
        self._below = numbers[parts]

    def _begin(
        self, level: int, area: int, light: float, peak: tuple[int, int], below: int
    ) -> None:
        excess = float(np.float32(light) - self._levels[level] * np.float32(area))
        total = float(self._total)
        self.branches.append(Branch(
            number=len(self.branches), below=below if self.branches else None, first=level,
            last=level, threshold=float(self._levels[level]), peak=float(self._light[peak]),
            x=peak[1], y=peak[0], area=area, contrast=excess / total,
            counts=excess > total * self._mincont, is_source=False,
        ))  # fmt: skip


def _choose(branches: list[Branch]) -> tuple[Branch, ...]:
    """Mark the branches that are sources: where a part falls into two or more that count."""
    counting = np.zeros(len(branches), np.int64)
    for each in branches[1:]:
        assert each.below is not None
        counting[each.below] += each.counts
    whole = counting < 2
    for each in reversed(branches[1:]):
        assert each.below is not None
        whole[each.below] &= whole[each.number]
    return tuple(
        replace(
            each,
            is_source=bool(
                each.below is not None
                and counting[each.below] >= 2
                and whole[each.number]
                and each.counts
            ),
        )
        for each in branches
    )
