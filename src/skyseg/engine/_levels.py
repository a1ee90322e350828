"""Level and scatter of the sky in meshes, as SExtractor estimates them."""

from __future__ import annotations

import numpy as np

from skyseg import _loops
from skyseg.engine.types import BoolImage, FloatImage

EMPTY = np.float32(_loops.EMPTY_MESH)
"""Level of a mesh that has too few good pixels."""


def measure_raw_mesh(image: FloatImage, bad: BoolImage, size: int) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of an image in meshes, not filtered.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        What is measured.
    bad : ndarray of bool, shape (ny, nx)
        Pixels without a measurement.
    size : int
        Side of a mesh in pixels.

    Returns
    -------
    level, sigma : ndarray of float32, shape (nby, nbx)
        -1e30 where less than half of a mesh is good.
    """
    return _measure(image, bad, None, size)


def measure_inverse_mesh(
    image: FloatImage, weight: FloatImage, bad: BoolImage, size: int
) -> tuple[FloatImage, FloatImage]:
    """Level and scatter of 1/weight in meshes, where the image shows sky."""
    inverse = np.full(weight.shape, np.inf, np.float32)
    with np.errstate(over="ignore"):
        np.divide(np.float32(1), weight, out=inverse, where=~bad)
    return _measure(inverse, bad, image, size)


def _measure(
    image: FloatImage, bad: BoolImage, guide: FloatImage | None, size: int
) -> tuple[FloatImage, FloatImage]:
    """Measure the meshes of an image, where a guide shows sky if one is given."""
    ny, nx = image.shape
    level = np.empty(((ny - 1) // size + 1, (nx - 1) // size + 1), np.float32)
    sigma = np.empty_like(level)
    _loops.measure_meshes(image=image, bad=bad, guide=guide, size=size, level=level, sigma=sigma)
    return level, sigma
