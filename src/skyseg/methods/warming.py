"""Compiling the engine before its first run: its parts at once, each in a process of its own.

Compiling holds a lock, so threads would take turns. What a process compiles is
kept on disk, where the others find it.
"""

from __future__ import annotations

import logging
import subprocess
import sys

import numpy as np

from skyseg.engine.background import background_steps
from skyseg.engine.cleaning import clean
from skyseg.engine.deblending import deblend
from skyseg.engine.detection import PixelLists, connect
from skyseg.engine.isophotes import isophotal
from skyseg.engine.maps import Maps
from skyseg.engine.measuring import measure_apertures
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import ArrayRows
from skyseg.engine.scene import Scene
from skyseg.engine.shapes import Shapes, measure_shapes
from skyseg.engine.sky import gather_sky, measure_sky
from skyseg.engine.sources import runs_of
from skyseg.engine.strips import Work, detect_strip
from skyseg.tiles import cores

logger = logging.getLogger(__name__)

_SIDE = 24


def compile_in_processes() -> None:
    """Compile most of the engine, its parts at once where there are several cores."""
    if cores() < 2:
        return
    started = [
        subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, part],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for part in _PARTS
    ]  # fmt: skip
    for part, process in zip(_PARTS, started, strict=True):
        if process.wait():
            logger.debug("the engine's %s will be compiled by this process", part)


def _field() -> Maps:
    """Return a small image with a source and a bad pixel."""
    sci = np.zeros((_SIDE, _SIDE), np.float32)
    sci[10:14, 10:14], sci[2, 2] = 9, np.nan
    return Maps(ArrayRows(sci), ArrayRows(np.ones_like(sci)), "rms_err")


def _compile_detection() -> None:
    maps, parameters = _field(), Parameters()
    strip = (0, _SIDE)
    sky = gather_sky(
        maps, parameters, [strip], [measure_sky(maps, parameters.back_size, strip)], [0]
    )
    foreground = detect_strip(Work(maps, sky, parameters, ()), *strip)
    found, _ = connect(foreground, parameters.detect_minarea)
    shapes = measure_shapes(found.regions, np.ones((1, 7)), parameters.detect_minarea)
    light, variance = found.values
    isophotal(light, variance, found.regions, shapes, parameters, 1.0)
    runs_of(found.regions)
    background_steps(sky.mesh, *strip)


def _compile_deblending() -> None:
    index = np.arange(_SIDE)
    light = np.linspace(2, 9, _SIDE, dtype=np.float32)
    regions = PixelLists((1, _SIDE), np.array([0, _SIDE]), index, light, np.ones(_SIDE, np.float32))
    deblend(regions, 32, 0.005)


def _compile_photometry() -> None:
    image = np.ones((_SIDE, _SIDE), np.float32)
    scene = Scene(image, image, np.ones(image.shape, np.int32), (0, 0), image.shape)
    middle, one, none = np.full(1, _SIDE / 2), np.ones(1), np.zeros(1)
    shapes = Shapes(
        x=middle, y=middle, a=one, b=one, theta=none, cxx=one, cyy=one, cxy=none, flux=one,
        peak=one, threshold=one, mark=one, area=one,
    )  # fmt: skip
    measure_apertures(scene, np.ones(1, np.int64), shapes, Parameters(), (4.0,), 1.0)
    clean(shapes, 1.0)


_PARTS = {
    "deblending": _compile_deblending,
    "photometry": _compile_photometry,
    "detection": _compile_detection,
}

if __name__ == "__main__":
    _PARTS[sys.argv[1]]()
