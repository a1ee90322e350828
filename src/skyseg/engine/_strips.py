"""The work on one strip of an image: pure functions, for any thread or machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skyseg.engine._foreground import Foreground, scan_rows
from skyseg.engine._isophotes import measure_isophotes
from skyseg.engine._photometry import Photometry, measure_apertures
from skyseg.engine._scene import Scene
from skyseg.engine.background import round_background
from skyseg.engine.detection import Detections
from skyseg.engine.kernels import make_kernel
from skyseg.engine.maps import Maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.shapes import Shapes
from skyseg.engine.sky import Sky, prepare
from skyseg.engine.sources import (
    Drawing,
    Runs,
    deblend_regions,
    find_first_pixels,
    find_runs,
    find_small_runs,
)
from skyseg.engine.types import Columns, FloatImage, Int32Array, IntArray

Pack = Callable[[Int32Array, Int32Array], Any]


@dataclass(frozen=True)
class Work:
    """What every strip of an image needs to know.

    Attributes
    ----------
    maps : Maps
        The image and its error map.
    sky : Sky
        Facts of the whole image.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    """

    maps: Maps
    sky: Sky
    parameters: Parameters
    aper_diams: tuple[float, ...]


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


def choose_kernel(parameters: Parameters) -> FloatImage:
    """Return the detection kernel; a single 1 where there is no filter."""
    if not parameters.filter:
        return np.ones((1, 1), np.float32)
    return make_kernel(parameters.filter_name)


def detect_strip(work: Work, start: int, stop: int) -> Foreground:
    """Find the pixels above the threshold in rows ``start`` to ``stop``."""
    ny, nx = work.maps.shape
    weights = choose_kernel(work.parameters)
    halo = len(weights) // 2
    low, high = max(start - halo, 0), min(stop + halo, ny)
    image, variance = prepare(work.maps, work.sky, work.parameters, Window(low, high, 0, nx))
    return scan_rows(
        image, variance, weights, work.parameters.detect_thresh, (ny, nx), (low, start, stop)
    )


def deblend_strip(work: Work, complete: Detections) -> Found:
    """Deblend complete regions and measure the sources' own pixels."""
    blend = deblend_regions(complete.regions, work.parameters)
    light, variance = np.take(complete.values, blend.order, axis=1)
    isophotes = measure_isophotes(
        light, variance, blend.pixels, blend.shapes, work.parameters, work.sky.mesh.global_sigma
    )
    isophotes["footprint"] = blend.pixels.area
    return Found(
        blend.shapes, blend.flags, isophotes, find_first_pixels(blend.pixels), blend.last_row,
        find_runs(blend.pixels), find_small_runs(complete.small, work.maps.shape[1]),
    )  # fmt: skip


def measure_window(
    work: Work, window: Window, owners: Drawing, numbers: IntArray, shapes: Shapes
) -> Photometry:
    """Lay apertures on the sources in a part of the image."""
    image, variance = prepare(work.maps, work.sky, work.parameters, window)
    scene = Scene(image, variance, owners.draw(), (window.y0, window.x0), work.maps.shape)
    return measure_apertures(
        scene, numbers, shapes, work.parameters, work.aper_diams, work.sky.mesh.global_sigma
    )


def draw_strip(work: Work, pack: Pack, labels: Drawing) -> Any:
    """Draw labels and background of some rows, and pack them."""
    return pack(labels.draw(), round_background(work.sky.mesh, labels.window))
