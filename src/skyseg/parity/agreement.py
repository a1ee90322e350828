"""How far two label maps agree: in pixels, source by source, and as a map of differences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from skyseg.comparison.matching import match
from skyseg.comparison.overlaps import count_overlaps
from skyseg.engine.types import BoolArray, ByteImage, FloatArray, IntArray, LabelImage

_MATCHED: Final = 0.5


class Difference(IntEnum):
    """Values of the difference map."""

    BACKGROUND = 0
    """Background in both maps."""
    SAME = 1
    """In sources that are matched one-to-one."""
    OTHER_SOURCE = 2
    """In a source in both maps, but in sources that are not matched."""
    SKYSEG_ONLY = 3
    """In a source of the embedded engine alone."""
    SEXTRACTOR_ONLY = 4
    """In a source of SExtractor alone."""


@dataclass(frozen=True)
class Matches:
    """SExtractor's n sources and what became of them in the embedded engine's map.

    Attributes
    ----------
    label : ndarray of int64, shape (n,)
        Label in SExtractor's map.
    partner : ndarray of int64, shape (n,)
        Label of the source matched one-to-one, IoU over 0.5; 0 where there is none.
    iou : ndarray of float64, shape (n,)
        Largest intersection over union with any source of the other map.
    split : ndarray of bool, shape (n,)
        Whether two or more sources of the other map lie in it with at least
        half of their pixels each.
    n_merging : int
        Sources of the embedded engine's map in which two or more of SExtractor's
        lie with at least half of their pixels each.
    """

    label: IntArray
    partner: IntArray
    iou: FloatArray
    split: BoolArray
    n_merging: int


@dataclass(frozen=True)
class MapAgreement:
    """Agreement of the embedded engine's map with SExtractor's, in numbers.

    Attributes
    ----------
    foreground, sex_foreground : int
        Pixels that belong to a source.
    foreground_differ : int
        Pixels that belong to a source in one map only.
    sources, sex_sources : int
        Sources that have pixels in the map.
    identical : int
        SExtractor's sources with a source of exactly the same pixels.
    over_50, over_90, over_99 : int
        SExtractor's sources with a source at an IoU over 0.5, 0.9 and 0.99.
    split : int
        SExtractor's sources that hold several sources of the embedded engine.
    merging : int
        Sources of the embedded engine that hold several of SExtractor's.
    unblended, unblended_identical : int
        SExtractor's sources without the flag of a blend, and those of them
        whose pixels are the same: none of their pixels is given at random.
    """

    foreground: int
    sex_foreground: int
    foreground_differ: int
    sources: int
    sex_sources: int
    identical: int
    over_50: int
    over_90: int
    over_99: int
    split: int
    merging: int
    unblended: int
    unblended_identical: int


def match_sources(sex_labels: LabelImage, labels: LabelImage) -> Matches:
    """Find what became of each of SExtractor's sources.

    Parameters
    ----------
    sex_labels, labels : ndarray of int32, shape (ny, nx)
        SExtractor's map and the embedded engine's; 0 is background.

    Returns
    -------
    Matches
        In rising order of SExtractor's labels.

    Examples
    --------
    >>> found = match_sources(np.array([[1, 1, 1, 0, 2]]), np.array([[7, 7, 8, 0, 9]]))
    >>> found.partner.tolist(), found.split.tolist(), found.n_merging
    ([7, 9], [True, False], 0)
    """
    pairs = count_overlaps(sex_labels, labels)
    found = match(pairs)
    pairs = pairs[(pairs["a"] > 0) & (pairs["b"] > 0)]
    i = np.searchsorted(found.a.label, pairs["a"])
    j = np.searchsorted(found.b.label, pairs["b"])
    shared = pairs["pixels"]
    iou = shared / (found.a.area[i] + found.b.area[j] - shared)
    best = np.zeros(len(found.a.label))
    np.maximum.at(best, i, iou)
    partner = np.zeros(len(found.a.label), np.int64)
    taken = (found.partner_a[i] == j) & (iou > _MATCHED)
    partner[i[taken]] = found.b.label[j[taken]]
    pieces = np.bincount(i[2 * shared >= found.b.area[j]], minlength=len(best))
    merged = np.bincount(j[2 * shared >= found.a.area[i]], minlength=len(found.b.label))
    return Matches(found.a.label, partner, best, pieces > 1, int(np.count_nonzero(merged > 1)))


def agree(
    sex_labels: LabelImage, labels: LabelImage, matches: Matches, unblended: BoolArray
) -> MapAgreement:
    """Put the agreement of two maps into numbers.

    Parameters
    ----------
    sex_labels, labels : ndarray of int32, shape (ny, nx)
        SExtractor's map and the embedded engine's; 0 is background.
    matches : Matches
        What became of SExtractor's sources.
    unblended : ndarray of bool, shape (n,)
        Which of them SExtractor did not flag as blended.

    Returns
    -------
    MapAgreement
    """
    sex_foreground, foreground = sex_labels > 0, labels > 0
    identical = matches.iou == 1
    return MapAgreement(
        foreground=int(np.count_nonzero(foreground)),
        sex_foreground=int(np.count_nonzero(sex_foreground)),
        foreground_differ=int(np.count_nonzero(foreground != sex_foreground)),
        sources=len(np.unique(labels[foreground])),
        sex_sources=len(matches.label),
        identical=int(np.count_nonzero(identical)),
        over_50=int(np.count_nonzero(matches.iou > 0.5)),
        over_90=int(np.count_nonzero(matches.iou > 0.9)),
        over_99=int(np.count_nonzero(matches.iou > 0.99)),
        split=int(np.count_nonzero(matches.split)),
        merging=matches.n_merging,
        unblended=int(np.count_nonzero(unblended)),
        unblended_identical=int(np.count_nonzero(unblended & identical)),
    )


def draw_difference_map(sex_labels: LabelImage, labels: LabelImage, matches: Matches) -> ByteImage:
    """Say of each pixel whether the maps agree.

    Parameters
    ----------
    sex_labels, labels : ndarray of int32, shape (ny, nx)
        SExtractor's map and the embedded engine's; 0 is background.
    matches : Matches
        What became of SExtractor's sources.

    Returns
    -------
    ndarray of uint8, shape (ny, nx)
        A `Difference` for every pixel.
    """
    partner = np.zeros(int(sex_labels.max(initial=0)) + 1, np.int64)
    partner[matches.label] = matches.partner
    sex_foreground, foreground = sex_labels > 0, labels > 0
    return np.select(
        [
            ~sex_foreground & ~foreground,
            ~sex_foreground,
            ~foreground,
            partner[sex_labels] == labels,
        ],
        [
            Difference.BACKGROUND,
            Difference.SKYSEG_ONLY,
            Difference.SEXTRACTOR_ONLY,
            Difference.SAME,
        ],
        Difference.OTHER_SOURCE,
    ).astype(np.uint8)
