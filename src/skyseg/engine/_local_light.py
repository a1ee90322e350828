"""Light of the sources' own pixels above the sky around each (BACKPHOTO_TYPE LOCAL)."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np

from skyseg.engine._isophotes import LEVEL_AREAS, measure_isophotes
from skyseg.engine._local_sky import Frames, batch_frames, measure_frames
from skyseg.engine._strips import Work
from skyseg.engine.detection import PixelLists
from skyseg.engine.mappers import Mapper
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import Sources
from skyseg.engine.types import Columns, FloatArray, IntArray


class _Task(NamedTuple):
    """Some rows of the image, which of their pixels are free, and sources with their frames."""

    window: Window
    freed: Drawing
    frames: Frames
    pixels: PixelLists
    shapes: Shapes


def subtract_local_sky(work: Work, sources: Sources, isophotes: Columns, mapper: Mapper) -> Columns:
    """Measure the sky around all sources, and what depends on it anew.

    It comes after CLEAN, which frees pixels of the frames.

    Parameters
    ----------
    work : Work
        The image.
    sources : Sources
        Its n sources.
    isophotes : dict of str to ndarray
        What `skyseg.engine._strips.deblend_cut` measured of them, above no such sky.
    mapper : callable
        Applies a function to tasks; see `skyseg.engine.mappers`.

    Returns
    -------
    dict of str to ndarray
        The same above the sky, and ``sky``.
    """
    batches = list(batch_frames(isophotes, work.parameters.backphoto_thick, work.shape))
    tasks = (
        _Task(
            window,
            sources.freed_in(window),
            Frames.around(sources, isophotes, which),
            sources.runs.rows(window.y0, window.y1, window.x1).list_pixels(work.shape, which),
            sources.shapes.take(which),
        )
        for which, window in batches
    )
    out = {name: values.copy() for name, values in isophotes.items()}
    measured = mapper(partial(_measure, work), tasks)
    for (which, _), part in zip(batches, measured, strict=True):
        for name, values in part.items():
            out[name][which] = values
    return out


def find_local_sky(
    work: Work, sources: Sources, boxes: Columns, seen_to: IntArray, mapper: Mapper
) -> FloatArray:
    """Measure the sky around all sources, of which only the boxes are known.

    Parameters
    ----------
    work, sources, mapper
        As for `subtract_local_sky`.
    boxes : dict of str to ndarray
        ``xmin``, ``xmax``, ``ymin`` and ``ymax`` of the n sources.
    seen_to : ndarray of int64, shape (n,)
        Flat index of the last pixel that the scan has dealt with in the image when it
        completes each, in place of that in the image of the detection.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    batches = list(batch_frames(boxes, work.parameters.backphoto_thick, work.shape))
    tasks = (
        (
            window,
            sources.freed_in(window),
            Frames.around(sources, boxes, which)._replace(seen_to=seen_to[which]),
        )
        for which, window in batches
    )
    sky = np.zeros(len(sources.flags))
    for (which, _), part in zip(batches, mapper(partial(_frame, work), tasks), strict=True):
        sky[which] = part
    return sky


def _frame(work: Work, task: tuple[Window, Drawing, Frames]) -> FloatArray:
    """Measure the sky in the frames of a task."""
    window, freed, frames = task
    image, variance = work.image.read(window)
    return measure_frames(image, variance, freed.draw(), window, frames, work.parameters)


def _measure(work: Work, task: _Task) -> Columns:
    """Measure the sources of a task; not what their filtered light tells."""
    window, freed, frames, pixels, shapes = task
    image, variance = work.image.read(window)
    sky = measure_frames(image, variance, freed.draw(), window, frames, work.parameters)
    place = pixels.index - window.y0 * window.x1
    return {
        **measure_isophotes(
            image.ravel()[place], variance.ravel()[place], pixels, shapes, work.parameters,
            work.image.levels, sky, work.columns.intersection(LEVEL_AREAS),
        ),
        "sky": sky,
    }  # fmt: skip
