"""What CLEAN joined under one label of a map: sources that the catalogue of the run tells apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from skyseg import _loops
from skyseg.engine._spans import list_spans
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.cleaning import absorb
from skyseg.engine.deblending import split_regions
from skyseg.engine.detection import PixelLists
from skyseg.engine.flags import Flag
from skyseg.engine.labelled import count_light
from skyseg.engine.parameters import Parameters
from skyseg.engine.runs import Runs
from skyseg.engine.seen_pixels import SeenSources
from skyseg.engine.shapes import Shapes, measure_pixels
from skyseg.engine.types import BoolArray, FloatArray, FloatImage, IntArray

if TYPE_CHECKING:
    from skyseg.engine.detected import KnownShapes

_SAME: Final = 1e-3
"""Pixels by which shapes differ, at most, that are of the same pixels."""


class LabelLight(NamedTuple):
    """Pixels of n objects, and their filtered light and threshold.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    runs : Runs
        Their pixels; each object has some.
    values : ndarray of float32, shape (2, npix)
        Filtered light and threshold of the pixels, run after run.
    """

    shape: tuple[int, int]
    runs: Runs
    values: FloatImage

    def list_pixels(self, count: int) -> PixelLists:
        """Return the pixels of the ``count`` objects, with the light that counts for shapes.

        Parameters
        ----------
        count : int
            Number of the objects.

        Returns
        -------
        PixelLists
            Of each object its pixels in the order of the scan.
        """
        runs = self.runs
        _, first = runs.find_own(np.arange(count))
        found = _loops.gather(
            start=runs.start, length=runs.length, values=self.values, place=runs.source,
            first=first,
        )  # fmt: skip
        light, limit = found["values"]
        limit = np.minimum(limit, BAD_VARIANCE)
        return PixelLists(self.shape, first, found["index"], count_light(light, limit), limit)

    def list_grouped(self, group: IntArray) -> PixelLists:
        """Return the same pixels, parted otherwise.

        Parameters
        ----------
        group : ndarray of int64, shape (nrun,)
            Which object each run is of in place of its own, from 0 on; each has some.

        Returns
        -------
        PixelLists
            As of `list_pixels`.
        """
        runs = Runs(self.runs.start, self.runs.length, group)
        return self._replace(runs=runs).list_pixels(int(group.max()) + 1)

    def take(self, which: IntArray) -> LabelLight:
        """Return those of some of the runs, whose numbers ascend."""
        chosen = np.zeros(len(self.runs.start), np.bool_)
        chosen[which] = True
        values = _loops.take_runs(length=self.runs.length, values=self.values, which=chosen)
        return LabelLight(self.shape, self.runs.take(which), values)


@dataclass(frozen=True, eq=False)
class Joined:
    """Sources of m labels, in the order in which a scan completes their regions.

    Attributes
    ----------
    runs : Runs
        Pixels of the sources.
    label : ndarray of int64, shape (n,)
        Which of the m labels each source has.
    absorber : ndarray of int64, shape (n,)
        Source that has its pixels: itself, or the one that absorbed it.
    last : ndarray of int64, shape (n,)
        Flat index of the last pixel of its region.
    """

    runs: Runs
    label: IntArray
    absorber: IntArray
    last: IntArray


class _Parted(NamedTuple):
    """Sources of some regions: their pixels, the region and the filtered light of each."""

    runs: Runs
    parent: IntArray
    flux: FloatArray


def find_joined(
    light: LabelLight, known: KnownShapes, parameters: Parameters,
    before: SeenSources | None = None,
) -> Joined:  # fmt: skip
    """Find the sources of labels, those among them that CLEAN gave away.

    Parameters
    ----------
    light : LabelLight
        Pixels of m labels.
    known : KnownShapes
        Their shapes and flags.
    parameters : Parameters
        Those of the run; of deblending and CLEAN.
    before : SeenSources, optional
        Those of the run before CLEAN, by the same parameters; they need not be found again where
        labels have just their pixels.

    Returns
    -------
    Joined

    Notes
    -----
    CLEAN gives pixels to a source, and leaves its shape as it was. So a label with pixels in
    several regions, or in several parts of a blend, has absorbed what it has in all but the one
    whose shape is nearest to its own; unless its shape is that of all its pixels, as after an edit.
    """
    region = find_regions(light.runs, light.shape[1])
    count = int(region.max(initial=-1)) + 1
    last = np.zeros(count, np.int64)
    np.maximum.at(last, region, light.runs.start + light.runs.length - 1)
    part = np.zeros(len(region), np.int64)
    if parameters.clean:
        light, region, part = _part_blends(light, region, known.flags, parameters, before)
    runs = light.runs
    pieces, piece = np.unique(region * (part.max(initial=0) + 1) + part, return_inverse=True)
    of_region = np.zeros(len(pieces), np.int64)
    of_region[piece] = region
    # by label, then by region
    pairs, pair = np.unique(runs.source * len(pieces) + piece, return_inverse=True)
    label, of_piece = pairs // max(len(pieces), 1), pairs % max(len(pieces), 1)
    main = np.asarray(np.searchsorted(label, label, side="right") - 1)
    own = main.copy()
    several = np.bincount(label)[label] > 1 if len(label) else np.empty(0, np.bool_)
    if parameters.clean and several.any():
        nearest, is_joined = _find_nearest(
            light, known, parameters.detect_minarea, pair, label, several
        )
        main[is_joined] = nearest[is_joined]
        own[is_joined] = np.flatnonzero(is_joined)
    sources = np.unique(own)
    sources = sources[np.lexsort((label[sources], of_piece[sources]))]
    place = np.empty(len(pairs), np.int64)
    place[sources] = np.arange(len(sources))
    whole, _ = _join_beside(replace(runs, source=place[own[pair]]), light.shape[1])
    return Joined(whole, label[sources], place[main[sources]], last[of_region[of_piece[sources]]])


def find_triggers(
    pixels: PixelLists, shapes: Shapes, absorber: IntArray, parameters: Parameters
) -> IntArray:
    """Find whose arrival decided that sources were absorbed: themselves where they were not.

    Parameters
    ----------
    pixels : PixelLists
        Pixels of n sources before CLEAN, in the order in which a scan completes them.
    shapes : Shapes
        Their shapes.
    absorber : ndarray of int64, shape (n,)
        Source that has the pixels of each.
    parameters : Parameters
        Those of CLEAN are used.

    Returns
    -------
    ndarray of int64, shape (n,)
        As CLEAN says of them, or the later one of the two where it leaves one: the shapes of
        blended sources are not just those that the run had before CLEAN.
    """
    trigger = np.maximum(absorber, np.arange(len(absorber)))
    # alone in a source, one was absorbed by that source; of several, one may have been by another
    group = np.flatnonzero(np.bincount(absorber, minlength=1)[absorber] > 2)
    if not len(group):
        return trigger
    area = pixels.area[group]
    start = np.concatenate([[0], np.cumsum(area)])
    some = pixels.arranged(start, list_spans(pixels.start[group], area))
    shapes = shapes.take(group)
    # nothing is split, but pixels come in the order of the scan, on which marks depend
    scanned = split_regions(some, 1, 1.0).pixels
    if len(scanned) == len(some):
        shapes = replace(shapes, mark=measure_pixels(scanned, parameters.detect_minarea).mark)
    cleaned = absorb(shapes, parameters.clean_param)
    taken = (absorber[group] != group) & (cleaned.absorber != np.arange(len(group)))
    trigger[group[taken]] = group[cleaned.trigger[taken]]
    return trigger


def find_regions(runs: Runs, width: int) -> IntArray:
    """Find the region of 8-connected pixels of each run, whatever label they have.

    Parameters
    ----------
    runs : Runs
        Runs of an image of some width; those side by side are connected.
    width : int
        Columns of the image.

    Returns
    -------
    ndarray of int64, shape (n,)
        Regions from 0 on, in the order of their last pixels.

    Examples
    --------
    >>> runs = Runs(np.array([0, 2, 4, 11]), np.array([2, 1, 1, 1]), np.array([0, 1, 2, 0]))
    >>> find_regions(runs, 10).tolist()
    [1, 1, 0, 1]
    """
    if not len(runs.start):
        return np.empty(0, np.int64)
    whole, place = _join_beside(_join_names(runs), width)
    found = _loops.connect(
        start=whole.start, length=whole.length, width=width, minarea=1, open_row=-1
    )
    region: IntArray = found["place"][place]
    return region


def _join_names(runs: Runs) -> Runs:
    """Return the runs as those of one source."""
    return replace(runs, source=np.zeros_like(runs.source))


def _join_beside(runs: Runs, width: int) -> tuple[Runs, IntArray]:
    """Join runs of the same source side by side, and tell in which of these each run is."""
    begins = np.ones(len(runs.start), np.bool_)
    begins[1:] = runs.start[1:] != (runs.start + runs.length)[:-1]
    begins[1:] |= runs.source[1:] != runs.source[:-1]
    begins |= runs.start % width == 0
    first = np.flatnonzero(begins)
    if not len(first):
        return runs, first
    length = np.add.reduceat(runs.length, first)
    return Runs(runs.start[first], length, runs.source[first]), np.cumsum(begins) - 1


def _part_blends(
    light: LabelLight, region: IntArray, flags: IntArray, parameters: Parameters,
    before: SeenSources | None,
) -> tuple[LabelLight, IntArray, IntArray]:  # fmt: skip
    """Part labels that have several sources of one region, where that may have been blended.

    Parameters
    ----------
    light : LabelLight
        Pixels of m labels.
    region : ndarray of int64, shape (nrun,)
        Region of each run.
    flags : ndarray of int64, shape (m,)
        Bits of `Flag`.
    parameters : Parameters
        Those of deblending.
    before : SeenSources or None
        As for `find_joined`.

    Returns
    -------
    light : LabelLight
        The same pixels, in runs of one part each.
    region, part : ndarray of int64
        Region of each run, and which source of it, from 1 on; 0 in labels with one in it.
    """
    runs, are_merged = light.runs, (flags & int(Flag.MERGED)) != 0
    most = int(region.max(initial=0)) + 1
    count = np.bincount(np.unique(runs.source * most + region) // most, minlength=len(flags))
    blended = np.unique(region[(count[runs.source] > 1) | are_merged[runs.source]])
    if not len(blended):
        return light, region, np.zeros(len(region), np.int64)
    which = np.flatnonzero(np.isin(region, blended))
    taken = light.take(which)
    found = None if before is None else _recall_parted(before, blended, light)
    if found is None:
        regions = taken.list_grouped(np.searchsorted(blended, region[which]))
        split = split_regions(regions, parameters.deblend_nthresh, parameters.deblend_mincont)
        found = _Parted(Runs.of(split.pixels), split.parent, split.moments[:, 5])
    of_taken, source, cut = _cut_runs(taken.runs, found.runs)
    part = _choose_parts(source, cut, found)
    rest = np.setdiff1d(np.arange(len(region)), which)
    joined = Runs.join([runs.take(rest), cut])
    place = np.argsort(np.concatenate([runs.start[rest], cut.start]))
    of_region = np.concatenate([region[rest], region[which[of_taken]]])[place]
    parts = np.concatenate([np.zeros(len(rest), np.int64), part])[place]
    return light._replace(runs=joined), of_region, parts


def _recall_parted(
    before: SeenSources, regions: IntArray, light: LabelLight
) -> _Parted | None:  # fmt: skip
    """Return the sources of some regions, if all have just the pixels of labels, and their light.

    Light counts as it is where thresholds are above 0, and not those of bad pixels.
    """
    own = before.runs.take(np.flatnonzero(before.runs.source >= 0))
    width, limit = light.shape[1], light.values[1]
    one, other = (_join_beside(_join_names(each), width)[0] for each in (own, light.runs))
    if not (
        np.array_equal([one.start, one.length], [other.start, other.length])
        and limit.min(initial=1) > 0 and limit.max(initial=1) <= BAD_VARIANCE
    ):  # fmt: skip
        return None
    of_run = find_regions(own, width)
    which = np.flatnonzero(np.isin(of_run, regions))
    sources, source = np.unique(own.source[which], return_inverse=True)
    parent = np.empty(len(sources), np.int64)
    parent[source] = np.searchsorted(regions, of_run[which])
    runs = Runs(own.start[which], own.length[which], source)
    return _Parted(runs, parent, before.flux[sources])


def _choose_parts(source: IntArray, labels: Runs, found: _Parted) -> IntArray:
    """Tell of which source of its label each run is, from 1 on; 0 where that has one.

    Parameters
    ----------
    source : ndarray of int64, shape (nrun,)
        Source that has the pixels of each run.
    labels : Runs
        The runs, with the label of each in place of a source.
    found : _Parted
        The sources.

    Returns
    -------
    ndarray of int64, shape (nrun,)

    Notes
    -----
    A source has the label that most of its pixels have. A pixel of a label that has not its source
    is of the brightest one which the label has in the region: some programs give pixels at random.
    """
    regions = int(found.parent.max()) + 1
    has = _find_most(source, labels, len(found.parent))
    names, place = np.unique(has * regions + found.parent, return_inverse=True)
    brightest = np.empty(len(names), np.int64)
    order = np.argsort(found.flux, kind="stable")
    brightest[place[order]] = order
    name = labels.source * regions + found.parent[source]
    there = np.minimum(np.searchsorted(names, name), len(names) - 1)
    is_parted = (names[there] == name) & (np.bincount(place)[there] > 1)
    owner = np.where(has[source] == labels.source, source, brightest[there])
    return np.where(is_parted, owner + 1, 0)


def _cut_runs(runs: Runs, other: Runs) -> tuple[IntArray, IntArray, Runs]:
    """Cut runs where other ones of the same pixels begin; and tell what each piece was of.

    Returns
    -------
    of_run, source : ndarray of int64, shape (n,)
        Run of each piece, and the source that it has in the other ones.
    pieces : Runs
        The pieces.
    """
    start = np.union1d(runs.start, other.start)
    of_run, of_other = (
        np.searchsorted(each.start, start, side="right") - 1 for each in (runs, other)
    )
    stop = np.minimum(*(
        (each.start + each.length)[place] for each, place in ((runs, of_run), (other, of_other))
    ))  # fmt: skip
    return of_run, other.source[of_other], Runs(start, stop - start, runs.source[of_run])


def _find_most(source: IntArray, labels: Runs, count: int) -> IntArray:
    """Find the label that most pixels of each of ``count`` sources have."""
    most = int(labels.source.max()) + 1
    pairs, pair = np.unique(source * most + labels.source, return_inverse=True)
    order = np.argsort(np.bincount(pair, weights=labels.length), kind="stable")
    has = np.empty(count, np.int64)
    has[pairs[order] // most] = pairs[order] % most
    return has


def _find_nearest(
    light: LabelLight, known: KnownShapes, minarea: int, part: IntArray, label: IntArray,
    several: BoolArray,
) -> tuple[IntArray, BoolArray]:  # fmt: skip
    """Find the part of each label that its shape is nearest to, and whether it is that of no more.

    Parts have labels; those are looked at whose label has ``several``. Both are told of each part.
    """
    some = np.flatnonzero(several)
    which = np.flatnonzero(several[part])
    taken = light.take(which)
    rank = np.searchsorted(some, part[which])
    labels, of_label = np.unique(label[some], return_inverse=True)
    apart = _differ(known.take(label[some]), measure_pixels(taken.list_grouped(rank), minarea))
    together = _differ(
        known.take(labels), measure_pixels(taken.list_grouped(of_label[rank]), minarea)
    )
    order = np.lexsort((apart, of_label))
    best = order[np.searchsorted(of_label[order], np.arange(len(labels)))]
    nearest = np.arange(len(label))
    nearest[some] = some[best[of_label]]
    is_joined = np.zeros(len(label), np.bool_)
    # shapes of blended sources are not just those of their pixels, those of a whole label are
    is_joined[some] = ((apart[best] < together) | (together > _SAME**2))[of_label]
    return nearest, is_joined


def _differ(known: KnownShapes, shapes: Shapes) -> FloatArray:
    """Return by how much shapes differ in place and extent, in pixels squared."""
    pairs = zip(
        (known.x, known.y, known.a, known.b), (shapes.x, shapes.y, shapes.a, shapes.b), strict=True
    )
    total: FloatArray = sum(((one - other) ** 2 for one, other in pairs), np.zeros(len(shapes.x)))
    return np.nan_to_num(total, nan=np.inf)
