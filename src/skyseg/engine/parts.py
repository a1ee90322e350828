"""A part of an image segmented as it would be in a run of the whole image."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from skyseg.engine._arrays import as_count, as_diameters, as_instance, as_mapper, as_progress
from skyseg.engine._finding import find_in_strips
from skyseg.engine._local_sky import Frames
from skyseg.engine._photometry import Photometry
from skyseg.engine._scene import BEYOND
from skyseg.engine._strips import Found, Work
from skyseg.engine._windows import are_cut, measure_in_windows
from skyseg.engine.background import Mesh, choose_background_step, round_background
from skyseg.engine.canvases import Canvas, Pack
from skyseg.engine.flag_maps import check_flags, measure_flags
from skyseg.engine.image_facts import ImageFacts
from skyseg.engine.mappers import Mapper
from skyseg.engine.maps import Maps
from skyseg.engine.masking import measure_mask
from skyseg.engine.measuring import USUAL_MEASUREMENTS, as_measurements, make_columns
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window, as_box, choose_strips_of
from skyseg.engine.runs import Drawing
from skyseg.engine.scaling import choose_scale
from skyseg.engine.segmentation import (
    Measured,
    check_canvas,
    clean_found,
    measure_whole,
    report_within,
)
from skyseg.engine.sky_noise import measure_for_run
from skyseg.engine.sources import Sources
from skyseg.engine.types import (
    BoolArray,
    Columns,
    IntArray,
    Progress,
    Slices,
)
from skyseg.engine.wings import check_psf

MARGIN: Final = 512
"""Pixels around a part that are segmented with it, at the least."""

# CLEAN compares sources nearer than ten times the sum of their axes, and an axis is a
# quarter of a uniform disc's diameter
_CLEAN_REACH: Final = 10.0
_AXIS_OF_SIDE: Final = 0.25

_POSITIONS: Final = tuple(
    f"{axis}{of}_IMAGE" for axis in "XY" for of in ("", "MIN", "MAX", "PEAK", "WIN")
)


@dataclass(frozen=True)
class Surrounded:
    """Sources of a part and of what surrounds it, in pixels of the whole image."""

    sources: Sources
    isophotes: Columns
    photometry: Photometry


def segment_part(
    maps: Maps, parameters: Parameters, aper_diams: tuple[float, ...], part: Slices,
    canvas: Canvas, *, margin: int = MARGIN, progress: Progress | None = None,
    mapper: Mapper = map, columns: Collection[str] = USUAL_MEASUREMENTS,
) -> Measured:  # fmt: skip
    """Find, deblend, CLEAN and measure the sources of a part as in a run of the whole image.

    Background, noise and the scale of a weight map are measured on the whole image. The
    part is then segmented with a margin around it, which grows until it holds all of each
    source that reaches into the part, and all that the apertures of these see.

    Parameters
    ----------
    maps : Maps
        The whole image and its error map.
    parameters, aper_diams, progress, mapper, columns
        As for `skyseg.engine.segment_image`.
    part : tuple of slice
        Rows and columns.
    canvas : Canvas
        Takes labels and background of the part as they are drawn.
    margin : int
        Pixels around the part that are segmented with it, at the least.

    Returns
    -------
    Measured
        Sources with a pixel in the part, in the order of their numbers in a run of the
        whole image; one that the part's edge cuts is measured whole. Positions in pixels
        are those in the part. ``n_bad`` is that of the part.

    Raises
    ------
    ImageError
        If no pixel of the whole image is good.
    ParameterError
        If an argument is not what is asked for, or the part holds no pixels of the image.

    Notes
    -----
    What is found differs from a run of the whole image only where CLEAN gives a source of
    the part, or of what its apertures and frames see, to one that lies wholly beyond the margin:
    SExtractor lets each reach ten times the sum of both major axes.
    """
    as_instance(maps, Maps, "maps")
    as_instance(parameters, Parameters, "parameters")
    diameters = as_diameters(aper_diams)
    inner = Window(*as_box(part, maps.shape))
    check_canvas(canvas)
    as_mapper(mapper)
    tell = as_progress(progress)
    wanted = as_measurements(columns)
    check_flags(maps.flags, wanted)
    check_psf(maps.psf, parameters)
    scale = choose_scale(maps, parameters)
    maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
    facts = measure_whole(maps, parameters, None, mapper, report_within(tell, 0.0, 0.3))
    work = Work(PreparedImage.of(maps, facts, parameters), diameters, wanted)
    noise = measure_for_run(work.image, mapper)
    margin = as_count(margin, "margin", least=0)
    if maps.psf is not None:
        margin = max(margin, *maps.psf.shape)
    found = find_surrounded(work, inner, margin, mapper, report_within(tell, 0.3, 0.95))
    measured = make_columns(found.sources, found.isophotes, found.photometry, facts.mesh, wanted)
    measured |= measure_flags(found.sources, maps.flags, parameters.flag_type, wanted, mapper)
    measured |= measure_mask(found.sources, maps.mask, parameters.flag_type, mapper)
    seen = find_seen(found.sources, inner)
    numbers = np.where(seen, np.cumsum(seen), 0)
    _draw(found.sources, numbers, facts.mesh, inner, scale.scale_canvas(canvas), mapper)
    tell(1.0, "done")
    return Measured(
        columns=_columns_within(scale.restore_columns(measured), numbers, inner),
        facts=scale.restore_facts(_facts_within(work.image, facts, inner)) | noise.told,
    )


def find_surrounded(
    work: Work, inner: Window, margin: int, mapper: Mapper, progress: Progress
) -> Surrounded:
    """Find and measure the sources of a part, with a margin that is wide enough."""
    border = max(work.image.kernel.shape) // 2 + 1
    # of a source that is cut nearer to the border of the window, nothing may be known
    unknown = border + work.parameters.detect_minarea
    while True:
        margin = max(margin, 2 * unknown)
        outer = _widen(inner, margin, work.shape)
        strips = _cut_rows(outer, 1)
        detected = find_in_strips(work, outer, strips, mapper, report_within(progress, 0.0, 0.6))
        sources, isophotes = clean_found(work, detected, mapper)
        found = np.concatenate([_find_boxes(each.found, work.shape[1]) for each in detected])
        cut = found[are_cut(found, outer, work.shape, border)]
        seen = find_seen(sources, inner)
        enough, limit = outer.shape == work.shape, outer
        frames = _surround_frames(inner, work, sources, isophotes, seen)
        if not enough and _is_enough(sources, cut, frames):
            # what apertures and frames see is CLEANed too, so it has a margin of its own
            limit = _leave_out(cut, _widen(inner, margin // 2, work.shape), inner)
            enough = _holds(limit, frames)
        if enough:
            photometry = measure_in_windows(
                work,
                sources,
                isophotes["sky"],
                mapper,
                report_within(progress, 0.6, 1.0),
                limit,
                seen,
            )
            if not np.any(photometry.flags[seen] & BEYOND):
                return Surrounded(sources, isophotes, photometry)
        margin *= 2


def _widen(window: Window, margin: int, shape: tuple[int, int]) -> Window:
    """Return a window with a margin, within the image."""
    return Window(
        max(window.y0 - margin, 0), min(window.y1 + margin, shape[0]),
        max(window.x0 - margin, 0), min(window.x1 + margin, shape[1]),
    )  # fmt: skip


def _holds(window: Window, inner: Window) -> bool:
    """Tell whether a window holds another one."""
    rows = window.y0 <= inner.y0 and inner.y1 <= window.y1
    return rows and window.x0 <= inner.x0 and inner.x1 <= window.x1


def _leave_out(boxes: IntArray, window: Window, inner: Window) -> Window:
    """Return the part of a window around an inner one that no box, all outside that, reaches."""
    first_y, last_y, first_x, last_x = boxes.T
    below, above = inner.y0 - 1 - last_y, first_y - inner.y1
    left, right = inner.x0 - 1 - last_x, first_x - inner.x1
    side = np.argmax([below, above, left, right], axis=0)
    return Window(
        int(last_y[side == 0].max(initial=window.y0 - 1)) + 1,
        int(first_y[side == 1].min(initial=window.y1)),
        int(last_x[side == 2].max(initial=window.x0 - 1)) + 1,
        int(first_x[side == 3].min(initial=window.x1)),
    )


def _cut_rows(window: Window, step: int) -> list[tuple[int, int]]:
    """Cut a window into strips of a multiple of ``step`` rows: first and stop of each."""
    strips = choose_strips_of(step, window.shape, None)
    return [(window.y0 + start, window.y0 + stop) for start, stop in strips]


def _find_boxes(found: Found, width: int) -> IntArray:
    """Boxes of regions: first and last row, first and last column, shape (n, 4)."""
    regions, region = np.unique(found.last, return_inverse=True)
    of_run = region[found.runs.source]
    y, x = np.divmod(found.runs.start, width)
    boxes = np.full((len(regions), 4), -1)
    boxes[:, [0, 2]] = np.iinfo(np.int64).max
    np.minimum.at(boxes[:, 0], of_run, y)
    np.maximum.at(boxes[:, 1], of_run, y)
    np.minimum.at(boxes[:, 2], of_run, x)
    np.maximum.at(boxes[:, 3], of_run, x + found.runs.length - 1)
    return boxes


def _is_enough(sources: Sources, cut: IntArray, inner: Window) -> bool:
    """Tell whether no region that the margin cuts matters to CLEAN in the part."""
    side = np.hypot(cut[:, 1] - cut[:, 0] + 1, cut[:, 3] - cut[:, 2] + 1)
    axes = sources.shapes.a
    usual = float(np.median(axes)) if len(axes) else 0.0
    return not np.any(_distance(cut, inner) < _CLEAN_REACH * (_AXIS_OF_SIDE * side + usual))


def _surround_frames(
    inner: Window, work: Work, sources: Sources, isophotes: Columns, seen: BoolArray
) -> Window:
    """Return a window that holds an inner one and the frames of the sources that are seen."""
    if work.parameters.backphoto_type != "LOCAL":
        return inner
    which = np.flatnonzero(np.isin(sources.number, sources.number[sources.kept[seen]]))
    y0, y1, x0, x1 = Frames.around(sources, isophotes, which).boxes.T
    return _widen(
        Window(
            max(int(y0.min(initial=inner.y0)), 0), int(y1.max(initial=inner.y1 - 1)) + 1,
            max(int(x0.min(initial=inner.x0)), 0), int(x1.max(initial=inner.x1 - 1)) + 1,
        ),
        work.parameters.backphoto_thick, work.shape,
    )  # fmt: skip


def _distance(boxes: IntArray, inner: Window) -> Any:
    """Pixels between boxes and a window, 0 where they overlap."""
    dy = np.maximum(np.maximum(inner.y0 - boxes[:, 1], boxes[:, 0] - inner.y1 + 1), 0)
    dx = np.maximum(np.maximum(inner.x0 - boxes[:, 3], boxes[:, 2] - inner.x1 + 1), 0)
    return np.hypot(dy, dx)


def find_seen(sources: Sources, inner: Window) -> BoolArray:
    """Tell which sources, of those that CLEAN left, have a pixel in a window."""
    source = sources.runs.within(inner, sources.shape[1]).source
    numbers = sources.number[sources.kept]
    return np.isin(numbers, sources.number[source[source >= 0]])


def _draw(
    sources: Sources, numbers: IntArray, mesh: Mesh, inner: Window, canvas: Canvas, mapper: Mapper
) -> None:
    """Draw labels and background of the part, some rows at a time."""
    by_number = np.zeros(int(sources.number.max(initial=0)) + 1, np.int64)
    by_number[sources.number[sources.kept]] = numbers
    named = replace(sources, number=by_number[sources.number])
    strips = _cut_rows(inner, canvas.row_step)
    drawings = (named.labels_in(replace(inner, y0=start, y1=stop)) for start, stop in strips)
    pack = canvas.packer(choose_background_step(mesh))
    packed = mapper(partial(_draw_rows, mesh, pack), drawings)
    for (start, _), rows in zip(strips, packed, strict=True):
        canvas.write(start - inner.y0, rows)


def _draw_rows(mesh: Mesh, pack: Pack, labels: Drawing) -> Any:
    return pack(labels.draw(), round_background(mesh, labels.window))


def _columns_within(columns: Columns, numbers: IntArray, inner: Window) -> Columns:
    """Columns of the sources that have a number, with their positions in the part."""
    left = {"X": inner.x0, "Y": inner.y0}
    within: Columns = {}
    for name, values in columns.items():
        shift = left[name[0]] if name in _POSITIONS else 0
        within[name] = values[numbers > 0] - values.dtype.type(shift)
    within["NUMBER"] = numbers[numbers > 0].astype(columns["NUMBER"].dtype)
    return within


def _facts_within(image: PreparedImage, facts: ImageFacts, inner: Window) -> dict[str, Any]:
    n_bad = 0
    for start, stop in _cut_rows(inner, 1):
        sci, err = image.maps.read(replace(inner, y0=start, y1=stop))
        n_bad += int(np.count_nonzero(image.source.find_bad(sci, err, facts.weight_factor)))
    return replace(facts, n_bad=n_bad).told
