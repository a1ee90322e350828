"""What an image tells of the sources of a label map, for other images to be measured by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_instance, as_labels, as_list, as_mapper, as_progress
from skyseg.engine._gaussian_window import WINDOW_ERRORS
from skyseg.engine._isophotes import CENTROIDS
from skyseg.engine._joined import LabelLight, find_joined, find_triggers
from skyseg.engine._photometry import PETRO, Reaches, find_reaches
from skyseg.engine._scene import Scene, mask_variance
from skyseg.engine._spans import list_spans
from skyseg.engine._windows import Task, choose_reach, measure_each, work_in_windows
from skyseg.engine.detection import PixelLists
from skyseg.engine.flag_maps import FlagRows, as_flags
from skyseg.engine.flags import Flag
from skyseg.engine.known_facts import find_pixels, name_pixels
from skyseg.engine.mappers import Mapper, report_each
from skyseg.engine.maps import Maps
from skyseg.engine.measuring import MEASUREMENTS, as_measurements
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window, choose_strips
from skyseg.engine.runs import Runs
from skyseg.engine.scaling import choose_scale
from skyseg.engine.seen_pixels import SeenPixels, SeenSources, find_places
from skyseg.engine.segmentation import measure_whole, report_within
from skyseg.engine.shapes import Shapes, measure_pixels
from skyseg.engine.sources import Sources, find_seen, find_truncated
from skyseg.engine.thresholding import Foreground
from skyseg.engine.types import (
    BoolArray,
    Columns,
    FloatArray,
    FloatImage,
    IntArray,
    LabelImage,
    Progress,
)
from skyseg.errors import ParameterError

OF_RUN: Final = int(Flag.MERGED | Flag.TRUNCATED)
"""Flags that a source has of the run that detected it."""

_TIED: Final = 45.0
"""Angle that SExtractor gives to a source whose moments along both axes are the same."""

_PIXELS_AT_ONCE: Final = 2**22
"""Pixels of a label map that are read at a time, if not those of one strip."""


@dataclass(frozen=True, eq=False)
class KnownShapes:
    """Ellipses and flags of n sources, as a catalogue of them has them.

    Attributes
    ----------
    number : ndarray of int64, shape (n,)
        Labels, ascending.
    x, y : ndarray of float64, shape (n,)
        Positions in pixels from 0.
    a, b, theta : ndarray of float64, shape (n,)
        Axes in pixels, and the angle of the major one from the x axis in degrees.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`, of which MERGED and TRUNCATED are kept.
    """

    number: IntArray
    x: FloatArray
    y: FloatArray
    a: FloatArray
    b: FloatArray
    theta: FloatArray
    flags: IntArray

    def take(self, which: IntArray) -> KnownShapes:
        """Return those of some of the sources."""
        return KnownShapes(*(getattr(self, item.name)[which] for item in fields(self)))


@dataclass(frozen=True, eq=False)
class Detected:
    """Sources of a label map, as one image shows them.

    Attributes
    ----------
    sources : Sources
        The n sources, those that CLEAN gave away among them, and pixels that are detected and
        of none.
    reaches : Reaches
        Radii of their ellipses; 0 of those that CLEAN gave away.
    boxes : dict of str to ndarray
        ``xmin``, ``xmax``, ``ymin`` and ``ymax`` of their pixels, from 0.
    centroids : dict of str to ndarray
        What is measured of their filtered light; see `measure_isophotes`.
    seen_to : ndarray of int64, shape (n,)
        Flat index of the last pixel that a scan of two images has dealt with in the one that is
        measured, which is not filtered, when it completes each source.
    tasks : dict
        Parts of the image that were cut around them, for the next image; see `work_in_windows`.
    """

    sources: Sources
    reaches: Reaches
    boxes: Columns
    centroids: Columns
    seen_to: IntArray
    tasks: dict[bytes, Task] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the image."""
        return self.sources.shape


def detect_labels(
    maps: Maps, labels: npt.ArrayLike | FlagRows, parameters: Parameters, *,
    known: KnownShapes | None = None, run: FlagRows | None = None,
    columns: Collection[str] = MEASUREMENTS, progress: Progress | None = None,
    strip_rows: int | None = None, mapper: Mapper = map,
) -> Detected:  # fmt: skip
    """Measure positions, shapes and ellipses of the sources of a label map in an image.

    Nothing is CLEANed. Maps and labels are read some rows at a time. Of maps that tell their
    state what their segmentation saw above the threshold, by the same parameters, is not looked
    for again, if it was the last one.

    Parameters
    ----------
    maps : Maps
        The image that the labels are of, and its error map.
    labels : array_like of int, shape (ny, nx), or FlagRows
        The map; 0 is background.
    parameters : Parameters
        Those of the detection.
    known : KnownShapes, optional
        Shapes of just these labels by the run that detected them. Then pixels above the
        threshold that have no label are nobody's and in no aperture, as in that run, and what
        CLEAN gave a source is told from the source itself.
        By default shapes are those of the labels' own pixels, and the rest is background;
        see `skyseg.engine.measure_labels`.
    run : FlagRows, optional
        The map of that run, where labels are those of an edited one: pixels that edits took from
        its sources are background.
    columns : collection of str
        What is to be measured in other images, by SExtractor's names.
    progress, strip_rows, mapper
        As for `skyseg.engine.segment_image`.

    Returns
    -------
    Detected
        The same whatever strips and mapper.

    Raises
    ------
    ImageError
        If labels and image differ in shape, a label is negative, not whole or above
        2^31 - 1, or no pixel of the image is good.
    ParameterError
        If the known shapes are not those of the labels, or another argument is not what
        `skyseg.engine.segment_image` asks for.

    Examples
    --------
    >>> from skyseg.engine.maps import make_maps
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> maps = make_maps(image, np.ones_like(image), "rms_err")
    >>> found = detect_labels(maps, (image > 0).astype(np.int32) * 7, Parameters())
    >>> found.sources.number.tolist(), found.sources.shapes.x.round(3).tolist()
    ([7], [21.5])
    """
    as_instance(maps, Maps, "maps")
    as_instance(parameters, Parameters, "parameters")
    as_mapper(mapper)
    wanted, tell = as_measurements(columns), as_progress(progress)
    rows = as_flags(labels, maps.shape)
    made = None if run is None else as_flags(run, maps.shape, "run")
    scale = choose_scale(maps, parameters)
    maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
    facts = measure_whole(maps, parameters, strip_rows, mapper, report_within(tell, 0.0, 0.3))
    image = PreparedImage.of(maps, facts, parameters)
    strips = choose_strips(maps.shape, strip_rows)
    pixels = find_pixels(name_pixels(maps, parameters))
    tasks = _read_labels(rows, made, strips, pixels)
    parts = mapper(partial(_look, image, known is not None), tasks)
    seen = _Seen.join(
        list(report_each(parts, report_within(tell, 0.3, 0.7), len(strips), "labels"))
    )
    before = None if pixels is None else pixels.sources
    sources, centroids, seen_to = _make_sources(image, seen, known, wanted, before)
    kept = sources.kept
    reach = choose_reach(sources.shapes.take(kept), parameters, ())
    found, places = work_in_windows(
        partial(measure_each, partial(_find_reaches, image, not wanted.isdisjoint(PETRO))),
        sources, reach, mapper,
        report_within(tell, 0.7, 1.0),
    )  # fmt: skip
    tell(1.0, "done")
    return Detected(
        replace(sources, shapes=_rescale(sources.shapes, 2.0**scale.sci)),
        Reaches.place(found, [kept[each] for each in places], len(sources.flags)),
        _find_boxes(sources), centroids, seen_to,
    )  # fmt: skip


def rescale_levels(detected: Detected, factor: float) -> Detected:
    """Return sources whose levels of light are multiplied by a number."""
    if factor == 1:
        return detected
    shapes = _rescale(detected.sources.shapes, factor)
    return replace(detected, sources=replace(detected.sources, shapes=shapes), tasks={})


def _rescale(shapes: Shapes, factor: float) -> Shapes:
    return replace(
        shapes, flux=shapes.flux * factor, peak=shapes.peak * factor,
        threshold=shapes.threshold * factor, mark=shapes.mark * factor,
    )  # fmt: skip


class _LabelStrip(NamedTuple):
    """Runs of labels in some rows, with the label of each in place of a source.

    ``left`` are the pixels that edits left to the background, ``pixels`` those above the
    threshold, if they are known.
    """

    rows: tuple[int, int]
    runs: Runs
    left: IntArray
    pixels: Foreground | None


@dataclass(frozen=True, eq=False)
class _Seen:
    """Runs of labels, filtered light and threshold of their pixels, and pixels of no source."""

    runs: Runs
    value: FloatImage
    threshold: FloatImage
    small: IntArray

    @classmethod
    def join(cls, parts: Sequence[_Seen]) -> _Seen:
        """Put consecutive strips together."""
        return cls(
            Runs.join([part.runs for part in parts]),
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("value", "threshold", "small")
            ),
        )


def _read_labels(
    labels: FlagRows, run: FlagRows | None, strips: Sequence[tuple[int, int]],
    pixels: SeenPixels | None,
) -> Iterator[_LabelStrip]:  # fmt: skip
    """Read a label map some rows at a time: several strips at once, for a map may be packed.

    With the map of a run, of which it is an edited one.
    """
    width = labels.shape[1]
    height = strips[0][1] - strips[0][0]
    several = max(_PIXELS_AT_ONCE // (height * width), 1)
    for first in range(0, len(strips), several):
        some = strips[first : first + several]
        top, bottom = some[0][0], some[-1][1]
        window = Window(top, bottom, 0, width)
        part = as_labels(labels.read(window), "labels", window.shape)
        left = np.empty(0, np.int64)
        if run is not None:
            left = np.flatnonzero((run.read(window) > 0) & (part == 0)) + top * width
        for start, stop in some:
            first, last = np.searchsorted(left, [start * width, stop * width])
            yield _LabelStrip(
                (start, stop), _find_runs(part[start - top : stop - top], start * width),
                left[first:last], None if pixels is None else pixels.rows(start, stop),
            )  # fmt: skip


def _find_runs(labels: LabelImage, before: int) -> Runs:
    """Find runs of equal labels along the rows."""
    width = labels.shape[1]
    flat = labels.ravel()
    changes = np.empty(flat.size + 1, np.bool_)
    changes[0] = changes[-1] = True
    np.not_equal(flat[1:], flat[:-1], out=changes[1:-1])
    changes[::width] = True
    start = np.flatnonzero(changes)
    length, source = np.diff(start), flat[start[:-1]].astype(np.int64)
    own = source > 0
    return Runs(start[:-1][own] + before, length[own], source[own])


def _look(image: PreparedImage, hides: bool, strip: _LabelStrip) -> _Seen:
    """Look at the pixels of labels in a strip, and at those that are detected without."""
    (start, stop), runs, left, _ = strip
    (ny, nx), halo = image.maps.shape, len(image.kernel) // 2
    if not hides and not len(runs.start):
        none = np.empty(0, np.float32)
        return _Seen(runs, none, none, np.empty(0, np.int64))
    if (recalled := _recall(strip, hides)) is not None:
        return recalled
    window = Window(max(start - halo, 0), min(stop + halo, ny), 0, nx)
    filtered, threshold = image.filter(*image.read(window), window)
    inside = slice(start - window.y0, stop - window.y0)
    light, limit = filtered[inside].ravel(), threshold[inside].ravel()
    place = list_spans(runs.start, runs.length) - start * nx
    small = np.empty(0, np.int64)
    if hides:
        detected = light > limit
        detected[place] = False
        detected[left - start * nx] = False
        if (mask := image.maps.mask) is not None and mask.excluded:
            detected &= ~mask.find_excluded(Window(start, stop, 0, nx)).ravel()
        small = np.flatnonzero(detected) + start * nx
    return _Seen(runs, light[place], limit[place], small)


def _recall(strip: _LabelStrip, hides: bool) -> _Seen | None:
    """Tell what `_look` does of pixels that are known, if all that have labels are among them."""
    _, runs, left, pixels = strip
    if pixels is None:
        return None
    place = find_places(pixels, runs.start, runs.length)
    if (place < 0).any():
        return None
    own = list_spans(place, runs.length)
    value, threshold = np.take(pixels.values, own, axis=1)
    small = np.empty(0, np.int64)
    if hides:
        is_small = np.ones(pixels.values.shape[1], np.bool_)
        is_small[own] = False
        gone = find_places(pixels, left, np.ones_like(left))
        is_small[gone[gone >= 0]] = False
        small = pixels.index[is_small]
    return _Seen(runs, value, threshold, small)


def _make_sources(
    image: PreparedImage, seen: _Seen, known: KnownShapes | None, columns: frozenset[str],
    before: SeenSources | None,
) -> tuple[Sources, Columns, IntArray]:  # fmt: skip
    """Make sources of labels, and measure what their filtered light tells; with ``seen_to``."""
    shape = image.maps.shape
    numbers, source = np.unique(seen.runs.source, return_inverse=True)
    runs = Runs(seen.runs.start, seen.runs.length, source.astype(np.int64))
    light = LabelLight(shape, runs, np.stack([seen.value, seen.threshold]))
    small = Runs.of_small(seen.small, shape[1])
    if known is None:
        pixels, sources = _make_of_labels(light, numbers, small, image.parameters)
        seen_to = sources.seen_to
    else:
        pixels, sources, seen_to = _make_of_run(
            light, small, _pick(known, numbers), image.parameters, before
        )
    return sources, _measure_centroids(image, pixels, sources.shapes, columns), seen_to


def _make_of_labels(
    light: LabelLight, numbers: IntArray, small: Runs, parameters: Parameters
) -> tuple[PixelLists, Sources]:
    """Make a source of each label."""
    (ny, nx), own = light.shape, np.arange(len(numbers))
    pixels = light.list_pixels(len(numbers))
    sources = Sources(
        light.shape, Runs.join([light.runs, small]),
        measure_pixels(pixels, parameters.detect_minarea), find_truncated(pixels, pixels.area),
        own, numbers, own, np.full(len(numbers), ny * nx),
    )  # fmt: skip
    return pixels, sources


def _make_of_run(
    light: LabelLight, small: Runs, known: KnownShapes, parameters: Parameters,
    before: SeenSources | None,
) -> tuple[PixelLists, Sources, IntArray]:  # fmt: skip
    """Make the sources that a run had before CLEAN, as its catalogue tells; with ``seen_to``."""
    joined = find_joined(light, known, parameters, before)
    pixels = light._replace(runs=joined.runs).list_pixels(len(joined.label))
    own = joined.absorber == np.arange(len(joined.absorber))
    picked, width = known.take(joined.label), light.shape[1]
    shapes = apply_known(measure_pixels(pixels, parameters.detect_minarea), picked, own)
    sources = Sources(
        light.shape, Runs.join([joined.runs, small]), shapes,
        np.where(own, picked.flags & OF_RUN, 0), joined.absorber, picked.number,
        find_triggers(pixels, shapes, joined.absorber, parameters),
        find_seen(joined.last, width, parameters),
    )  # fmt: skip
    return pixels, sources, joined.last + width


def _measure_centroids(
    image: PreparedImage, pixels: PixelLists, shapes: Shapes, columns: frozenset[str]
) -> Columns:
    if columns.isdisjoint(WINDOW_ERRORS.union(CENTROIDS)):
        return {}
    return _loops.measure_centroids(
        value=pixels.value, index=pixels.index, start=pixels.start, nx=pixels.shape[1], x=shapes.x,
        y=shapes.y, gain=image.parameters.gain, noise2=image.noise**2,
    )  # fmt: skip


def _pick(known: KnownShapes, numbers: IntArray) -> KnownShapes:
    """Return the shapes of some labels.

    Raises
    ------
    ParameterError
        If a label has none, or one that is not finite.
    """
    table = as_list(known.number, "known", np.int64)
    place = np.searchsorted(table, numbers)
    is_there = np.append(table, -1)[np.minimum(place, len(table))] == numbers
    if not is_there.all():
        raise ParameterError(
            f"has no shape of the label {numbers[~is_there][0]}",
            hint="give the catalogue of the same run, or none", argument="known",
        )  # fmt: skip
    x, y, a, b, theta = (
        as_list(each, "known", np.float64, len(table))[place]
        for each in (known.x, known.y, known.a, known.b, known.theta)
    )
    flags = as_list(known.flags, "known", np.int64, len(table))[place]
    return KnownShapes(numbers, x, y, a, b, theta, flags)


def apply_known(shapes: Shapes, known: KnownShapes, own: BoolArray | None = None) -> Shapes:
    """Return shapes with the positions and ellipses that are known of the same sources.

    Those that are not their ``own`` stay as they are. What is as wide as high has an angle of 45
    degrees whichever way it leans, which its pixels tell.
    """
    is_tied = (known.theta == _TIED) & (shapes.theta == _TIED)
    angle = np.radians(np.where(is_tied & (shapes.cxy > 0), -_TIED, known.theta))
    cos2, sin2 = np.cos(angle) ** 2, np.sin(angle) ** 2
    with np.errstate(divide="ignore"):
        along, across = 1 / known.a**2, 1 / known.b**2
    found = {
        "x": known.x, "y": known.y, "a": known.a, "b": known.b, "theta": known.theta,
        "cxx": cos2 * along + sin2 * across, "cyy": sin2 * along + cos2 * across,
        "cxy": np.sin(2 * angle) * (along - across),
    }  # fmt: skip
    if own is not None:
        found = {name: np.where(own, each, getattr(shapes, name)) for name, each in found.items()}
    return replace(shapes, **found)


def _find_reaches(image: PreparedImage, petro: bool, task: Task) -> Reaches:
    """Find the radii of the ellipses of the sources of a task."""
    window, owners, _, numbers, shapes = task
    light, variance, _ = image.read_views(window)
    variance = mask_variance(variance, image.source.highest_variance)
    scene = Scene(light, variance, owners.draw(), (window.y0, window.x0), image.maps.shape)
    return find_reaches(scene, numbers, shapes, image.parameters, petro=petro)


def _find_boxes(sources: Sources) -> Columns:
    """First and last column and row of the pixels of each source."""
    ny, nx = sources.shape
    own = sources.runs.source >= 0
    which = sources.runs.source[own]
    y, x = np.divmod(sources.runs.start[own], nx)
    boxes = {
        "xmin": np.full(len(sources.flags), nx), "xmax": np.full(len(sources.flags), -1),
        "ymin": np.full(len(sources.flags), ny), "ymax": np.full(len(sources.flags), -1),
    }  # fmt: skip
    np.minimum.at(boxes["xmin"], which, x)
    np.maximum.at(boxes["xmax"], which, x + sources.runs.length[own] - 1)
    np.minimum.at(boxes["ymin"], which, y)
    np.maximum.at(boxes["ymax"], which, y)
    return boxes
