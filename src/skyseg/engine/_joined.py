"""What CLEAN joined under one label of a map: sources that the catalogue of the run tells apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from skyseg import _loops
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.cleaning import absorb
from skyseg.engine.deblending import split_regions
from skyseg.engine.detection import PixelLists
from skyseg.engine.labelled import count_light
from skyseg.engine.parameters import Parameters
from skyseg.engine.runs import Runs
from skyseg.engine.shapes import Shapes, find_shapes
from skyseg.engine.types import BoolArray, FloatArray, FloatImage, IntArray

if TYPE_CHECKING:
    from skyseg.engine.detected import KnownShapes


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
        """Return the pixels of the ``count`` objects, with the light that counts for shapes."""
        runs = self.runs
        _, first = runs.find_own(np.arange(count))
        found = _loops.gather(
            start=runs.start, length=runs.length, values=self.values, place=runs.source,
            first=first,
        )  # fmt: skip
        light, limit = found["values"]
        limit = np.minimum(limit, BAD_VARIANCE)
        return PixelLists(self.shape, first, found["index"], count_light(light, limit), limit)

    def named(self, source: IntArray, minarea: int) -> Shapes:
        """Return the shapes of the objects if their runs are those of others, from 0 on."""
        runs = Runs(self.runs.start, self.runs.length, source)
        pixels = self._replace(runs=runs).list_pixels(int(source.max()) + 1)
        return measure_pixels(pixels, minarea)

    def take(self, which: IntArray) -> LabelLight:
        """Return some of the runs, ascending."""
        chosen = np.zeros(len(self.runs.start), np.bool_)
        chosen[which] = True
        values = _loops.take_runs(length=self.runs.length, values=self.values, which=chosen)
        return LabelLight(self.shape, self.runs.take(which), values)


@dataclass(frozen=True, eq=False)
class Joined:
    """Sources of m labels, in the order in which a scan completes their regions.

    Attributes
    ----------
    source : ndarray of int64, shape (nrun,)
        Source of each run of the labels.
    label : ndarray of int64, shape (n,)
        Which of the m labels each source has.
    absorber : ndarray of int64, shape (n,)
        Source that has its pixels: itself, or the one that absorbed it.
    last : ndarray of int64, shape (n,)
        Flat index of the last pixel of its region.
    """

    source: IntArray
    label: IntArray
    absorber: IntArray
    last: IntArray


def measure_pixels(pixels: PixelLists, minarea: int) -> Shapes:
    """Return the shapes of objects whose pixels are known."""
    moments = _loops.measure_moments(
        index=pixels.index, value=pixels.value, start=pixels.start, width=pixels.shape[1]
    )
    return find_shapes(pixels, moments, minarea)


def find_joined(light: LabelLight, known: KnownShapes, minarea: int, *, clean: bool) -> Joined:
    """Find the sources of labels, those among them that CLEAN gave away.

    Parameters
    ----------
    light : LabelLight
        Pixels of m labels.
    known : KnownShapes
        Their shapes.
    minarea : int
        DETECT_MINAREA.
    clean : bool
        Whether the run CLEANed.

    Returns
    -------
    Joined

    Notes
    -----
    CLEAN gives pixels to a source, and leaves its shape as it was. So a label with pixels in
    several regions has absorbed what it has in all but one, if its shape is nearer to that of
    its pixels in that one than to that of them all. What a blended source absorbed in its own
    region cannot be told from its own pixels.
    """
    runs = light.runs
    region = find_regions(runs, light.shape[1])
    count = int(region.max(initial=-1)) + 1
    # by label, then by region
    pairs, part = np.unique(runs.source * count + region, return_inverse=True)
    label, of_region = pairs // max(count, 1), pairs % max(count, 1)
    main = np.asarray(np.searchsorted(label, label, side="right") - 1)
    own = main.copy()
    several = np.bincount(label)[label] > 1 if len(label) else np.empty(0, np.bool_)
    if clean and several.any():
        nearest, is_joined = _find_nearest(light, known, minarea, part, label, several)
        main[is_joined] = nearest[is_joined]
        own[is_joined] = np.flatnonzero(is_joined)
    sources = np.unique(own)
    sources = sources[np.lexsort((label[sources], of_region[sources]))]
    place = np.empty(len(pairs), np.int64)
    place[sources] = np.arange(len(sources))
    last = np.zeros(count, np.int64)
    np.maximum.at(last, region, runs.start + runs.length - 1)
    return Joined(
        place[own[part]], label[sources], place[main[sources]], last[of_region[sources]]
    )  # fmt: skip


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
        As CLEAN says where it agrees about the absorber, else the later one of the two: the
        shapes of blended sources are not those that the run had before CLEAN.
    """
    nobody = np.arange(len(absorber))
    if (absorber == nobody).all():
        return nobody
    # nothing is split, but pixels come in the order of the scan, on which marks depend
    scanned = split_regions(pixels, 1, 1.0).pixels
    if len(scanned) == len(pixels):
        mark = measure_pixels(scanned, parameters.detect_minarea).mark
        shapes = replace(shapes, mark=mark)
    cleaned = absorb(shapes, parameters.clean_param)
    later = np.maximum(absorber, nobody)
    trigger: IntArray = np.where(cleaned.absorber == absorber, cleaned.trigger, later)
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
    begins = np.ones(len(runs.start), np.bool_)
    begins[1:] = runs.start[1:] != (runs.start + runs.length)[:-1]
    begins |= runs.start % width == 0
    first = np.flatnonzero(begins)
    place = _loops.connect(
        start=runs.start[first], length=np.add.reduceat(runs.length, first), width=width,
        minarea=1, open_row=-1,
    )["place"]  # fmt: skip
    region: IntArray = place[np.cumsum(begins) - 1]
    return region


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
    apart = _differ(known.take(label[some]), taken.named(rank, minarea))
    together = _differ(known.take(labels), taken.named(of_label[rank], minarea))
    order = np.lexsort((apart, of_label))
    best = order[np.searchsorted(of_label[order], np.arange(len(labels)))]
    nearest = np.arange(len(label))
    nearest[some] = some[best[of_label]]
    is_joined = np.zeros(len(label), np.bool_)
    is_joined[some] = (apart[best] < together)[of_label]
    return nearest, is_joined


def _differ(known: KnownShapes, shapes: Shapes) -> FloatArray:
    """Return by how much shapes differ in place and extent, in pixels squared."""
    pairs = zip(
        (known.x, known.y, known.a, known.b), (shapes.x, shapes.y, shapes.a, shapes.b), strict=True
    )
    total: FloatArray = sum(((one - other) ** 2 for one, other in pairs), np.zeros(len(shapes.x)))
    return np.nan_to_num(total, nan=np.inf)
