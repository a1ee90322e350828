"""Splitting connected regions into sources, by a tree of thresholds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_count, as_number
from skyseg.engine.detection import PixelLists, as_pixel_lists
from skyseg.engine.types import BoolImage, FloatArray, IntArray
from skyseg.errors import ParameterError

_MOST_THRESHOLDS = _loops.MOST_THRESHOLDS


@dataclass(frozen=True, eq=False)
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
    split: BoolImage
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

    Raises
    ------
    ParameterError
        If the regions are no lists of pixels, ``nthresh`` is not a whole number from 1 to
        1024, or ``mincont`` is not between 0 and 1.

    Notes
    -----
    The tree of Bertin & Arnouts (1996, section 6). A pixel that belongs to no
    branch goes to the branch whose Gaussian profile is expected to be the
    brightest there, among those that it stays connected with; of two equally
    bright ones the first takes it. SExtractor draws one of the branches at random, in
    proportion to the same profiles. The moments are what these draws give on
    average: each pixel that no branch owns counts for every branch, in
    proportion to the profiles. The barycentre of a source that was split off is
    that of the branch alone.
    """
    threshold_count = as_count(nthresh, "nthresh", most=_MOST_THRESHOLDS)
    least = as_number(mincont, "mincont", allowed=True)
    if least > 1:
        raise ParameterError(f"is {mincont!r}", hint="give at most 1", argument="mincont")
    return split_regions(as_pixel_lists(regions, "regions"), threshold_count, least)


def split_regions(regions: PixelLists, nthresh: int, mincont: float) -> Deblended:
    """Split each region into the sources it blends; see `deblend`."""
    found = _loops.deblend(
        index=regions.index, value=regions.value, threshold=regions.threshold,
        start=regions.start, width=regions.shape[1], nthresh=nthresh, mincont=mincont,
    )  # fmt: skip
    order, parent = found["order"], found["parent"]
    pixels = regions.arranged(found["start"], order)
    split = np.bincount(parent, minlength=len(regions))[parent] > 1
    return Deblended(pixels, parent, split, found["core"], found["moments"], order)
