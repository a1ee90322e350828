"""The work on one strip of an image: pure functions, for any thread or machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from skyseg.engine._isophotes import measure_isophotes
from skyseg.engine._local_sky import batch_frames, find_boxes, measure_frames
from skyseg.engine.background import Mesh, round_background
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.canvases import Pack
from skyseg.engine.detection import Detections
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Window
from skyseg.engine.runs import Drawing, Runs
from skyseg.engine.shapes import Shapes
from skyseg.engine.sources import deblend_regions
from skyseg.engine.thresholding import Foreground, scan_rows
from skyseg.engine.types import Columns, FloatArray, IntArray


@dataclass(frozen=True)
class Work:
    """What every strip of an image needs to know.

    Attributes
    ----------
    image : PreparedImage
        The image, of which each strip reads its part.
    mesh : Mesh
        Its background level and noise.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    columns : frozenset of str
        What is measured.
    """

    image: PreparedImage
    mesh: Mesh
    aper_diams: tuple[float, ...]
    columns: frozenset[str]

    @property
    def parameters(self) -> Parameters:
        """The extraction parameters."""
        return self.image.parameters

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the image."""
        return self.image.maps.shape


@dataclass(frozen=True)
class Found:
    """Sources of the regions that a strip completed, before CLEAN."""

    shapes: Shapes
    flags: IntArray
    isophotes: Columns
    first: IntArray
    last_row: IntArray
    runs: Runs
    small: Runs


def detect_strip(work: Work, within: Window, strip: tuple[int, int]) -> Foreground:
    """Find the pixels above the threshold in a strip, from its first row to before its last.

    Outside the window all is zero.
    """
    (start, stop), weights = strip, work.image.kernel
    halo = len(weights) // 2
    read = replace(within, y0=max(start - halo, within.y0), y1=min(stop + halo, within.y1))
    image, variance = work.image.read(read)
    found = scan_rows(
        work.image.hide_bad(image, variance),
        variance,
        weights,
        work.image.detection_threshold,
        read.shape,
        (0, start - read.y0, stop - read.y0),
    )
    return found.placed(read, work.shape)


def deblend_strip(work: Work, complete: Detections) -> Found:
    """Deblend complete regions and measure the sources' own pixels."""
    found = deblend_regions(complete.regions, work.parameters)
    light, variance = np.take(complete.values, found.order, axis=1)
    measure = partial(
        measure_isophotes, light, variance, found.pixels, found.shapes, work.parameters,
        work.image.levels,
    )  # fmt: skip
    sky = np.zeros(len(found.flags))
    if work.parameters.backphoto_type == "LOCAL":
        sky = _find_local_sky(work, measure(sky, frozenset()), found.last_row)
    isophotes = measure(sky, work.columns)
    isophotes |= {"footprint": found.pixels.area, "sky": sky}
    return Found(
        found.shapes, found.flags, isophotes, found.pixels.first, found.last_row,
        Runs.of(found.pixels), Runs.of_small(complete.small, work.shape[1]),
    )  # fmt: skip


def _find_local_sky(work: Work, isophotes: Columns, last_row: IntArray) -> FloatArray:
    """Measure what is left of the sky around sources.

    As with SExtractor, detected pixels do not count that a scan filters no more when it has
    completed the region of a source; see `skyseg.engine.sources.clean_and_number`.
    """
    ny, nx = work.shape
    boxes, thickness = find_boxes(isophotes), int(work.parameters.backphoto_thick)
    known_to = last_row - len(work.image.kernel) // 2
    sky = np.zeros(len(boxes))
    for group, window in batch_frames(boxes, thickness, work.shape):
        image, variance = work.image.read(window)
        found = detect_strip(work, Window(0, ny, 0, nx), (window.y0, window.y1))
        runs = Runs(found.start, found.length, np.zeros(len(found.start), np.int64))
        hidden = Drawing(runs, np.ones(len(found.start), np.int32), window, nx).draw() > 0
        hidden |= variance >= BAD_VARIANCE
        sky[group] = measure_frames(
            image, hidden, window, boxes[group], known_to[group], thickness,
            work.parameters.back_pearson,
        )  # fmt: skip
    return sky


def draw_strip(work: Work, pack: Pack, labels: Drawing) -> Any:
    """Draw labels and background of some rows, and pack them."""
    return pack(labels.draw(), round_background(work.mesh, labels.window))
