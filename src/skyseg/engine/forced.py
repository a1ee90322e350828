"""Measuring sources that were detected in one image in another one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from skyseg import _loops
from skyseg.engine._arrays import as_diameters, as_instance, as_mapper, as_progress
from skyseg.engine._compact import Compact
from skyseg.engine._isophotes import CENTROIDS, LEVEL_AREAS, measure_isophotes
from skyseg.engine._local_light import find_local_sky
from skyseg.engine._photometry import (
    PETRO,
    Photometry,
    Reaches,
    measure_apertures,
    needs_kron,
    place_parts,
)
from skyseg.engine._scene import Scene, mask_variance
from skyseg.engine._spans import list_spans
from skyseg.engine._strips import Work
from skyseg.engine._windows import Task, choose_reach, measure_each, work_in_windows
from skyseg.engine.detected import Detected, rescale_levels
from skyseg.engine.detection import PixelLists
from skyseg.engine.flag_maps import check_flags, measure_flags
from skyseg.engine.flags import Flag
from skyseg.engine.mappers import Mapper
from skyseg.engine.maps import Maps
from skyseg.engine.masking import measure_mask
from skyseg.engine.measuring import USUAL_MEASUREMENTS, as_measurements, make_columns
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.scaling import choose_scale
from skyseg.engine.segmentation import Measured, measure_any, report_within
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources
from skyseg.engine.types import BoolArray, Columns, FloatArray, IntArray, Progress
from skyseg.errors import ImageError

OF_DETECTION: Final = frozenset(CENTROIDS).union([
    "NUMBER", "X_IMAGE", "Y_IMAGE", "A_IMAGE", "B_IMAGE", "THETA_IMAGE", "ELONGATION",
    "ELLIPTICITY", "X2_IMAGE", "Y2_IMAGE", "XY_IMAGE", "CXX_IMAGE", "CYY_IMAGE", "CXY_IMAGE",
    "XMIN_IMAGE", "YMIN_IMAGE", "XMAX_IMAGE", "YMAX_IMAGE", "ISOAREAF_IMAGE", "THRESHOLD",
])  # fmt: skip
"""Columns that the image of the detection has, and no other one changes."""


@dataclass(frozen=True, eq=False)
class _Part:
    """What was measured of some sources.

    Attributes
    ----------
    of : ndarray of int64, shape (n,)
        The sources, and those that they absorbed.
    isophotes : dict of str to ndarray
        What their pixels have, of each.
    covered : ndarray of bool, shape (n,)
        Whether any pixel of each has a measurement.
    photometry : Photometry
        Apertures of the sources alone.
    """

    of: IntArray
    isophotes: Columns
    covered: BoolArray
    photometry: Photometry

    @property
    def flags(self) -> IntArray:
        return self.photometry.flags


def measure_detected(
    maps: Maps, detected: Detected, parameters: Parameters, aper_diams: tuple[float, ...] = (), *,
    columns: Collection[str] = USUAL_MEASUREMENTS, progress: Progress | None = None,
    strip_rows: int | None = None, mapper: Mapper = map,
) -> Measured:  # fmt: skip
    """Measure the sources of one image in another, as SExtractor does with two images.

    Positions, shapes, pixels and the radii of ellipses are those of the detection; light,
    its errors, background and thresholds are those of the image. It is read some rows at a
    time.

    Parameters
    ----------
    maps : Maps
        The image and its error map, on the pixels of the detection.
    detected : Detected
        The sources; see `skyseg.engine.detect_labels`.
    parameters, aper_diams, columns, progress, strip_rows, mapper
        As for `skyseg.engine.segment_image`.

    Returns
    -------
    Measured
        See `skyseg.engine.measure`. A source none of whose pixels has a measurement in the
        image has the flag NOT_COVERED and NaN, or 0 in whole numbers, in all columns but
        `OF_DETECTION`. The same whatever strips and mapper.

    Raises
    ------
    ImageError
        If the image has not the shape of the detection.
    ParameterError
        If an argument is not what `skyseg.engine.segment_image` asks for.

    Examples
    --------
    >>> from skyseg.engine.detected import detect_labels
    >>> from skyseg.engine.maps import make_maps
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> noise, labels = np.ones_like(image), (image > 0).astype(np.int32)
    >>> found = detect_labels(make_maps(image, noise, "rms_err"), labels, Parameters())
    >>> maps = make_maps(0.1 * image, noise, "rms_err")
    >>> measure_detected(maps, found, Parameters()).columns["FLUX_ISO"].round(3).tolist()
    [80.0]
    """
    as_instance(maps, Maps, "maps")
    as_instance(detected, Detected, "detected")
    as_instance(parameters, Parameters, "parameters")
    as_mapper(mapper)
    tell, wanted, diameters = (
        as_progress(progress), as_measurements(columns), as_diameters(aper_diams)
    )  # fmt: skip
    check_flags(maps.flags, wanted)
    if maps.shape != detected.shape:
        raise ImageError(
            f"has shape {maps.shape} and the detection {detected.shape}",
            hint="give maps on the same pixels", argument="sci",
        )  # fmt: skip
    scale = choose_scale(maps, parameters)
    maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
    found = rescale_levels(detected, 2.0**-scale.sci)
    facts = measure_any(maps, parameters, strip_rows, mapper, report_within(tell, 0.0, 0.4))
    work = Work(PreparedImage.of(maps, facts, parameters), diameters, wanted)
    measured = _measure_all(work, found, mapper, report_within(tell, 0.4, 1.0))
    measured |= measure_flags(found.sources, maps.flags, parameters.flag_type, wanted, mapper)
    measured |= measure_mask(found.sources, maps.mask, parameters.flag_type, mapper)
    tell(1.0, "done")
    return Measured(columns=scale.restore_columns(measured), facts=scale.restore_facts(facts.told))


def _measure_all(work: Work, detected: Detected, mapper: Mapper, progress: Progress) -> Columns:
    """Measure all sources in windows, and put their columns together."""
    sources = detected.sources
    sky = np.zeros(len(sources.flags))
    if work.parameters.backphoto_type == "LOCAL":
        sky = find_local_sky(work, sources, detected.boxes, detected.seen_to, mapper)
    measure = partial(_measure, work, _Absorbed.of(sources), detected.reaches, sky)
    parts, places = work_in_windows(
        partial(measure_each, measure), sources, _choose_reach(work, detected), mapper, progress,
        cut=detected.tasks,
    )  # fmt: skip
    if not parts:
        parts, places = [_measure_none(work)], [np.empty(0, np.int64)]
    of = [part.of for part in parts]
    isophotes = {
        name: place_parts([part.isophotes[name] for part in parts], of)
        for name in parts[0].isophotes
    }
    photometry = Photometry.place([part.photometry for part in parts], places)
    isophotes |= detected.centroids
    isophotes["flags"] = isophotes["flags"] | _flags_of_ellipses(detected, work.columns)
    columns = make_columns(sources, isophotes, photometry, work.mesh, work.columns)
    covered = place_parts([part.covered for part in parts], of)
    np.logical_or.at(covered, sources.absorber, covered.copy())
    covered = covered[sources.kept]
    return columns if covered.all() else _blank(columns, covered)


@dataclass(frozen=True)
class _Absorbed(Compact):
    """Sources that CLEAN gave away.

    Attributes
    ----------
    by, source : ndarray of int64, shape (n,)
        Who absorbed each, ascending, and which it is.
    shapes : Shapes
        Their shapes.
    """

    by: IntArray
    source: IntArray
    shapes: Shapes

    @classmethod
    def of(cls, sources: Sources) -> _Absorbed:
        absorber = sources.absorber
        source = np.flatnonzero(absorber != np.arange(len(absorber)))
        source = source[np.argsort(absorber[source], kind="stable")]
        return cls(absorber[source], source, sources.shapes.take(source).without_light)

    def add_to(self, which: IntArray, shapes: Shapes) -> tuple[IntArray, Shapes]:
        """Return some sources and those that they absorbed, ascending, and the shapes of all."""
        low, high = (np.searchsorted(self.by, which, side) for side in ("left", "right"))
        more = list_spans(low, high - low)
        every = np.concatenate([which, self.source[more]])
        order = np.argsort(every)
        return every[order], Shapes.join([shapes, self.shapes.take(more)]).take(order)


def _choose_reach(work: Work, detected: Detected) -> FloatArray:
    """How far the apertures and the pixels of sources reach from their centres, in pixels."""
    sources, boxes = detected.sources, {}
    for name, values in detected.boxes.items():
        widest = values.copy()
        extreme = np.minimum if name in ("xmin", "ymin") else np.maximum
        extreme.at(widest, sources.absorber, values)
        boxes[name] = widest[sources.kept]
    shapes = sources.shapes.take(sources.kept)
    beside = np.maximum(shapes.x - boxes["xmin"], boxes["xmax"] - shapes.x)
    above = np.maximum(shapes.y - boxes["ymin"], boxes["ymax"] - shapes.y)
    apertures = choose_reach(shapes, work.parameters, work.aper_diams)
    reach: FloatArray = np.maximum(apertures, np.maximum(beside, above) + 1)
    return reach


def _measure(
    work: Work, absorbed: _Absorbed, reaches: Reaches, sky: FloatArray, task: Task
) -> _Part:
    """Measure the sources of a task."""
    window, owners, which, numbers, shapes = task
    image, variance, bad = work.image.read_views(window)
    ny, nx = work.shape
    assert isinstance(owners, Drawing)
    every, own_shapes = absorbed.add_to(which, shapes)
    runs, first = owners.runs.find_own(every)
    picked = _loops.pick(
        start=runs.start, length=runs.length, place=runs.source, first=first, light=image,
        variance=variance, bad=bad, top=window.y0, left=window.x0, width=nx,
    )  # fmt: skip
    none = np.empty(0, np.float32)
    pixels = PixelLists((ny, nx), first, picked["index"], none, none)
    light, spread = picked["values"]
    isophotes = measure_isophotes(
        light, spread, pixels, own_shapes, work.parameters,
        work.image.levels, sky[every], work.columns.intersection(LEVEL_AREAS),
    )  # fmt: skip
    isophotes |= {"footprint": pixels.area, "sky": sky[every]}
    scene = Scene(
        image, mask_variance(variance, work.image.source.highest_variance), owners.draw(),
        (window.y0, window.x0), (ny, nx),
    )  # fmt: skip
    photometry = measure_apertures(
        scene, numbers, shapes, sky[which], work.parameters, work.aper_diams, work.image.noise,
        work.columns, reaches.take(which),
    )  # fmt: skip
    return _Part(every, isophotes, picked["covered"] != 0, photometry)


def _measure_none(work: Work) -> _Part:
    """Measure no source."""
    none = Runs(*np.zeros((3, 0), np.int64)).list_pixels(work.shape, np.empty(0, np.int64))
    shapes, sky = Shapes(*np.zeros((13, 0))), np.empty(0)
    isophotes = measure_isophotes(
        none.value, none.value, none, shapes, work.parameters, work.image.levels, sky,
        work.columns.intersection(LEVEL_AREAS),
    )  # fmt: skip
    isophotes |= {"footprint": none.area, "sky": sky}
    photometry = Photometry.blank(len(work.aper_diams), len(work.parameters.phot_fluxfrac))
    return _Part(np.empty(0, np.int64), isophotes, np.empty(0, np.bool_), photometry)


def _flags_of_ellipses(detected: Detected, columns: frozenset[str]) -> IntArray:
    """Return flags from where the ellipses that serve some columns were found."""
    reaches = detected.reaches
    flags = np.zeros(len(detected.sources.flags), np.int64)
    if needs_kron(columns):
        flags |= reaches.kron_flags
    if not columns.isdisjoint(PETRO):
        flags |= reaches.petro_flags
    return flags


def _blank(columns: Columns, covered: BoolArray) -> Columns:
    """Flag sources that the image does not cover, and say nothing of their light."""
    out: Columns = {}
    for name, values in columns.items():
        out[name] = values
        if name == "FLAGS":
            out[name] = values | np.where(covered, 0, int(Flag.NOT_COVERED)).astype(values.dtype)
        elif name not in OF_DETECTION:
            out[name] = values.copy()
            out[name][~covered] = np.nan if values.dtype.kind == "f" else 0
    return out
