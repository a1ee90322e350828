"""Level and scatter of the sky in meshes, as SExtractor estimates them."""

from __future__ import annotations

import numpy as np

from skyseg import _loops
from skyseg.engine.types import BoolImage, FloatImage

EMPTY = np.float32(_loops.EMPTY_MESH)
"""Level of a mesh that has too few good pixels."""


def measure_raw_mesh(
    image: FloatImage, bad: BoolImage, size: int, pearson: float
) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of an image in meshes, not filtered.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What is measured.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    size : int
        Side of a mesh in pixels.
    pearson : float
        f in mode = f median - (f - 1) mean.

    Returns
    -------
    level, sigma : ndarray of float32, shape (nby, nbx)
        -1e30 where less than half of a mesh is good.
    """
    return _measure(image, bad, None, size, pearson)


def measure_guided_mesh(
    image: FloatImage, bad: BoolImage, guide: FloatImage, size: int, pearson: float
) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of an image in meshes, where another one, the guide, shows sky."""
    return _measure(image, bad, guide, size, pearson)


def invert_weight(weight: FloatImage, bad: BoolImage) -> FloatImage:
    """Return 1/weight, infinite where bad."""
    inverse = np.full(weight.shape, np.inf, np.float32)
    with np.errstate(over="ignore"):
        np.divide(np.float32(1), weight, out=inverse, where=~bad)
    return inverse


def _measure(
    image: FloatImage, bad: BoolImage, guide: FloatImage | None, size: int, pearson: float
) -> tuple[FloatImage, FloatImage]:
    ny, nx = image.shape
    level = np.empty(((ny - 1) // size + 1, (nx - 1) // size + 1), np.float32)
    sigma = np.empty_like(level)
    _loops.measure_meshes(
        image=image, bad=bad, guide=guide, size=size, pearson=pearson, level=level, sigma=sigma
    )
    return level, sigma
