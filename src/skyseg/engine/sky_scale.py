"""How far the filtered sky scatters from place to place, for thresholds in units of that."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from skyseg.engine._nearest import average_nearest
from skyseg.engine.background import filter_median
from skyseg.engine.mappers import Mapper
from skyseg.engine.rows import Window
from skyseg.engine.sky_meshes import cut_meshes, measure_filtered_sigma
from skyseg.engine.types import FloatArray, FloatImage, IntArray
from skyseg.errors import Advice

if TYPE_CHECKING:
    from skyseg.engine.prepared import PreparedImage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SkyScale:
    """Scatter of the filtered sky on meshes, in units of what the error map tells.

    Attributes
    ----------
    sigma : ndarray of float32, shape (nby, nbx)
        The scatter.
    y, x : ndarray of float64, shape (nby,) and (nbx,)
        Centres of the meshes, in pixels from 0.
    """

    sigma: FloatImage
    y: FloatArray
    x: FloatArray

    @property
    def middle(self) -> float:
        """Median over the meshes."""
        return float(np.median(self.sigma))

    def draw(self, window: Window) -> FloatImage:
        """Draw a part on the pixels: bilinear between the centres, the same beyond the outer ones.

        Examples
        --------
        >>> sigma = np.array([[1, 2]], np.float32)
        >>> scale = SkyScale(sigma, np.array([1.5]), np.array([1.0, 5.0]))
        >>> scale.draw(Window(0, 1, 0, 8)).tolist()
        [[1.0, 1.0, 1.25, 1.5, 1.75, 2.0, 2.0, 2.0]]
        """
        (j, last_j, v), (i, last_i, u) = (
            _find_nodes(at, np.arange(first, stop))
            for at, first, stop in (
                (self.y, window.y0, window.y1), (self.x, window.x0, window.x1)
            )
        )  # fmt: skip
        nodes = self.sigma.astype(np.float64)
        rows = (1 - v)[:, None] * nodes[j] + v[:, None] * nodes[last_j]
        drawn = (1 - u) * rows[:, i] + u * rows[:, last_i]
        return drawn.astype(np.float32)


def _find_nodes(at: FloatArray, places: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Find for each place two centres along an axis, and how far it is from one to the other."""
    first = np.clip(np.searchsorted(at, places, side="right") - 1, 0, max(len(at) - 2, 0))
    last = np.minimum(first + 1, len(at) - 1)
    step = np.where(last > first, at[last] - at[first], 1.0)
    return first, last, np.clip((places - at[first]) / step, 0.0, 1.0)


def measure_sky_scale(image: PreparedImage, mapper: Mapper = map) -> SkyScale:
    """Measure the scatter of the filtered sky in all meshes of an image.

    Parameters
    ----------
    image : PreparedImage
        The image.
    mapper : Mapper
        Works rows of meshes.

    Returns
    -------
    SkyScale
        Filtered by the median of 3 x 3 meshes, the same whatever the mapper. A mesh with too
        little sky takes the mean of its nearest ones that have enough. Where none has, all
        are 1, and a warning says so.
    """
    rows, columns = (cut_meshes(length) for length in image.maps.shape)
    work = partial(_measure_row, replace(image, holes=None), columns)
    sigma = np.array(list(mapper(work, rows)), np.float32)
    good = np.isfinite(sigma)
    if good.any():
        (sigma,) = average_nearest(good, sigma)
    else:
        what = "the scatter of the filtered sky cannot be measured: thresholds are in rms"
        logger.warning(Advice(what, where=image.maps.name))
        sigma = np.ones_like(sigma)
    return SkyScale(filter_median(sigma, 1), _find_centres(rows), _find_centres(columns))


def _measure_row(
    image: PreparedImage, columns: Sequence[tuple[int, int]], row: tuple[int, int]
) -> list[float]:
    return [measure_filtered_sigma(image, Window(*row, *column)) for column in columns]


def _find_centres(meshes: Sequence[tuple[int, int]]) -> FloatArray:
    return np.array([(first + stop - 1) / 2 for first, stop in meshes], np.float64)
