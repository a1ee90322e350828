"""Sources: deblended, CLEANed and numbered, and whose each pixel is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_instance, as_list, as_shape
from skyseg.engine.cleaning import Cleaned, absorb
from skyseg.engine.deblending import split_regions
from skyseg.engine.detection import Detections, PixelLists, as_detections
from skyseg.engine.filtering import choose_kernel
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window, check_window
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.shapes import Shapes, as_shapes, find_shapes
from skyseg.engine.types import BoolArray, FloatImage, IntArray, LabelImage
from skyseg.engine.wings import Wings, absorb_in_wings, check_psf
from skyseg.errors import ParameterError


@dataclass(frozen=True)
class DeblendedSources:
    """Sources of some regions, before CLEAN.

    Attributes
    ----------
    pixels : PixelLists
        Pixels of each of the n sources, ascending.
    shapes : Shapes
        Their shapes.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag` for a source that was blended, or is cut by the edge.
    last : ndarray of int64, shape (n,)
        Flat index of the last pixel of the region it comes from.
    order : ndarray of int64, shape (npix,)
        Where in the regions' lists each pixel stood.
    """

    pixels: PixelLists
    shapes: Shapes
    flags: IntArray
    last: IntArray
    order: IntArray


@dataclass(frozen=True, eq=False)
class Sources:
    """All n sources that deblending found, those that CLEAN gave away among them.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    runs : Runs
        Pixels of each source before CLEAN, and detected pixels of no source.
    shapes : Shapes
        Shapes before CLEAN.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag` for a source that was blended, or is cut by the edge.
    absorber : ndarray of int64, shape (n,)
        Source that has its pixels: itself, or the one that absorbed it.
    number : ndarray of int64, shape (n,)
        Label of the source in the map; an absorbed one has that of its absorber.
    trigger : ndarray of int64, shape (n,)
        Source whose arrival decided that it was absorbed; itself where it was not.
    seen_to : ndarray of int64, shape (n,)
        Flat index of the last pixel that the scan has dealt with when it completes the
        source; see `clean_and_number`.
    """

    are_spread: ClassVar = False
    """Whether workers of a cluster have their pixels."""

    shape: tuple[int, int]
    runs: Runs
    shapes: Shapes
    flags: IntArray
    absorber: IntArray
    number: IntArray
    trigger: IntArray
    seen_to: IntArray

    @cached_property
    def kept(self) -> IntArray:
        """Sources that CLEAN left, in the order of their numbers, shape (m,)."""
        kept = np.flatnonzero(self.absorber == np.arange(len(self.absorber)))
        return kept[np.argsort(self.number[kept])]

    def draw_labels(self) -> LabelImage:
        """Draw the label image.

        Returns
        -------
        ndarray of int32, shape (ny, nx)
            0 is background.

        Raises
        ------
        ParameterError
            If the arrays do not fit one another or the image.
        """
        _as_fitting(self, "sources", len(self.flags))
        return self.label_rows(0, self.shape[0]).draw()

    def draw_owners(self) -> LabelImage:
        """Draw whose pixels are not free for the apertures of others.

        Returns
        -------
        ndarray of int32, shape (ny, nx)
            Number of the source; -1 for a detected pixel of no source, or of a
            source that CLEAN gave away, in its last rows; 0 for a free pixel:
            background, or a source that CLEAN gave away.

        Raises
        ------
        ParameterError
            If the arrays do not fit one another or the image.
        """
        _as_fitting(self, "sources", len(self.flags))
        return self.owners_in(Window(0, self.shape[0], 0, self.shape[1])).draw()

    def label_rows(self, first: int, stop: int) -> Drawing:
        """Rows ``first`` to ``stop`` of the labels, to be drawn."""
        width = self.shape[1]
        window = Window(first, stop, 0, width)
        check_window(window, self.shape)
        runs = self.runs.rows(first, stop, width)
        return Drawing(runs, self.labels[runs.source], window, width)

    def labels_in(self, window: Window) -> Drawing:
        """Return a part of the labels, to be drawn."""
        check_window(window, self.shape)
        runs = self.runs.within(window, self.shape[1])
        return Drawing(runs, self.labels[runs.source], window, self.shape[1])

    def owners_in(self, window: Window) -> Drawing:
        """Return a part of the owners, to be drawn."""
        check_window(window, self.shape)
        width = self.shape[1]
        runs = self.runs.within(window, width)
        names = np.where(self._are_freed(runs), np.int32(0), self.owners[runs.source])
        return Drawing(runs, names, window, width)

    def freed_in(self, window: Window) -> Drawing:
        """Return, to be drawn, how many sources a scan completes before it frees each pixel.

        0 for a pixel that was never detected; all n for one that stays somebody's or nobody's.
        """
        check_window(window, self.shape)
        width = self.shape[1]
        runs = self.runs.within(window, width)
        count = np.append(self.trigger + 1, 0)[runs.source]
        names = np.where(self._are_freed(runs), count, len(self.trigger)).astype(np.int32)
        return Drawing(runs, names, window, width)

    def _are_freed(self, runs: Runs) -> BoolArray:
        """Tell which runs CLEAN frees: those of absorbed sources that the scan has dealt with."""
        freed: BoolArray = runs.start <= self.freed_to[runs.source]
        return freed

    @cached_property
    def labels(self) -> LabelImage:
        """What is drawn in the pixels of each, and last in those of no source, shape (n + 1,)."""
        return np.append(self.number, 0).astype(np.int32)

    @cached_property
    def owners(self) -> LabelImage:
        """The same of owners, shape (n + 1,)."""
        own = self.absorber == np.arange(len(self.absorber))
        return np.append(np.where(own, self.number, -1), -1).astype(np.int32)

    @cached_property
    def freed_to(self) -> IntArray:
        """Last pixel that CLEAN frees of each, and of no source; -1 for none, shape (n + 1,)."""
        own = self.absorber == np.arange(len(self.absorber))
        return np.append(np.where(own, -1, self.seen_to[self.trigger]), -1)


def find_sources(detections: Detections, parameters: Parameters) -> Sources:
    """Deblend, CLEAN and number detections.

    Parameters
    ----------
    detections : Detections
        As `skyseg.engine.detect` gives them.
    parameters : Parameters
        Those of deblending and CLEAN are used.

    Returns
    -------
    Sources
        Numbered from 1 in the order of their first pixels along the rows.

    Raises
    ------
    ParameterError
        If the detections are none, or their arrays do not fit one another; or the parameters
        have ``clean_psf``, which `skyseg.engine.segment_image` follows.
    """
    return extract_sources(
        as_detections(detections, "detections"), as_instance(parameters, Parameters, "parameters")
    )


def extract_sources(detections: Detections, parameters: Parameters) -> Sources:
    """Deblend, CLEAN and number detections; see `find_sources`."""
    check_psf(None, parameters)
    found = deblend_regions(detections.regions, parameters)
    shape = found.pixels.shape
    runs = Runs.join([Runs.of(found.pixels), Runs.of_small(detections.small, shape[1])])
    return clean_and_number(
        shape, runs, found.shapes, found.flags, found.pixels.first, found.last, parameters
    )


def deblend_regions(regions: PixelLists, parameters: Parameters) -> DeblendedSources:
    """Deblend regions and measure the shapes of what comes out.

    Parameters
    ----------
    regions : PixelLists
        Regions in the order of their last pixels.
    parameters : Parameters
        Those of deblending are used.

    Returns
    -------
    DeblendedSources
    """
    found = split_regions(regions, parameters.deblend_nthresh, parameters.deblend_mincont)
    shapes = find_shapes(found.pixels, found.moments, parameters.detect_minarea)
    order = _loops.ascending(order=found.order, start=found.pixels.start)
    pixels = regions.arranged(found.pixels.start, order)
    last = regions.index[regions.start[1:] - 1]
    flags = np.where(found.split, int(Flag.MERGED), 0) | find_truncated(found.pixels, found.core)
    return DeblendedSources(pixels, shapes, flags, last[found.parent], order)


def clean_and_number(
    shape: tuple[int, int], runs: Runs, shapes: Shapes, flags: IntArray, first: IntArray,
    last: IntArray, parameters: Parameters, psf: FloatImage | None = None,
) -> Sources:  # fmt: skip
    """CLEAN all sources of an image and number those that are left.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    runs : Runs
        Their pixels.
    shapes : Shapes
        Their shapes.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag` for a source that was blended, or is cut by the edge.
    first : ndarray of int64, shape (n,)
        Flat index of the first pixel of each source.
    last : ndarray of int64, shape (n,)
        Flat index of the last pixel of the region it comes from.
    parameters : Parameters
        Those of CLEAN and of the filter are used.
    psf : ndarray of float32, shape (ny, nx), optional
        Image of the PSF: what is left in its wings is CLEANed too.

    Returns
    -------
    Sources

    Notes
    -----
    A scan has dealt with the rows that it filters no more: when a region is complete, all
    up to half the height of the kernel before the region's last one. Without a filter it has
    come to the pixel above the region's last one, which completes it. The pixels of an
    absorbed source are free from then on, up to there, when the region is complete whose
    source decided it. So it is with SExtractor.
    """
    nobody = np.arange(len(first))
    cleaned = Cleaned(nobody, nobody)
    if parameters.clean:
        cleaned = absorb(shapes, parameters.clean_param)
        if psf is not None:
            cleaned = absorb_in_wings(shapes, cleaned, Wings.of(psf, parameters))
    absorber = cleaned.absorber
    # a source begins where the first of those it absorbed begins
    begins = np.full(len(first), np.iinfo(np.int64).max)
    np.minimum.at(begins, absorber, first)
    kept = np.flatnonzero(absorber == np.arange(len(absorber)))
    number = np.zeros(len(absorber), np.int64)
    number[kept[np.argsort(begins[kept])]] = np.arange(1, len(kept) + 1)
    seen_to = find_seen(last, shape[1], parameters)
    return Sources(shape, runs, shapes, flags, absorber, number[absorber], cleaned.trigger, seen_to)


def find_seen(last: IntArray, width: int, parameters: Parameters) -> IntArray:
    """Find how far a scan has come when it completes regions; see `clean_and_number`.

    Parameters
    ----------
    last : ndarray of int64, shape (n,)
        Flat index of the last pixel of each region.
    width : int
        Columns of the image.
    parameters : Parameters
        Those of the filter are used.

    Returns
    -------
    ndarray of int64, shape (n,)
        Flat index of the last pixel that the scan has dealt with.
    """
    if not parameters.filter:
        return last + width
    rows: IntArray = last // width - len(choose_kernel(parameters)) // 2 + 1
    return rows * width - 1


def find_truncated(pixels: PixelLists, core: IntArray) -> IntArray:
    """Find sources that the edge of the image cuts.

    Parameters
    ----------
    pixels : PixelLists
        Pixels of each of n sources.
    core : ndarray of int64, shape (n,)
        How many of them, from the first on, are looked at: pixels that a blend
        was given besides its core do not count.

    Returns
    -------
    ndarray of int64, shape (n,)
        TRUNCATED or 0.
    """
    if not len(pixels):
        return np.empty(0, np.int64)
    ny, nx = pixels.shape
    cut = _loops.touch_edge(index=pixels.index, start=pixels.start, core=core, ny=ny, nx=nx)
    return np.where(cut, int(Flag.TRUNCATED), 0)


def as_sources(value: Sources, argument: str) -> Sources:
    """Return sources as the loops take them.

    Raises
    ------
    ParameterError
        If they are none, or their arrays do not fit one another or the image.
    """
    sources = as_instance(value, Sources, argument)
    shapes = as_shapes(sources.shapes, argument)
    return replace(_as_fitting(sources, argument, len(shapes.x)), shapes=shapes)


def _as_fitting(sources: Sources, argument: str, n: int) -> Sources:
    """Return n sources, of whose shapes nothing is asked, as the loops take them."""
    ny, nx = as_shape(sources.shape, argument)
    flags, absorber, number, trigger, seen_to = (
        as_list(each, argument, np.int64, n)
        for each in (
            sources.flags, sources.absorber, sources.number, sources.trigger, sources.seen_to
        )
    )  # fmt: skip
    runs = as_instance(sources.runs, Runs, argument)
    start = as_list(runs.start, argument, np.int64)
    length = as_list(runs.length, argument, np.int64, len(start))
    source = as_list(runs.source, argument, np.int64, len(start))
    fits = (start >= 0) & (length > 0) & (length <= nx - start % nx) & (start // nx < ny)
    owned = (source >= -1) & (source < n)
    numbered = (absorber >= 0) & (absorber < n) & (number > 0) & (number < 2**31)
    numbered &= (trigger >= 0) & (trigger < n)
    if not (fits.all() and owned.all() and numbered.all() and (np.diff(start) > 0).all()):
        raise ParameterError(
            "has runs outside the image or of no source, or numbers that are no labels",
            hint="use what find_sources gives", argument=argument,
        )  # fmt: skip
    runs = Runs(start, length, source)
    return Sources((ny, nx), runs, sources.shapes, flags, absorber, number, trigger, seen_to)
