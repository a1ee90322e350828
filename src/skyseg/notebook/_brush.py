"""The pixels under the stroke of a brush."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyseg.editing.anchors import find_runs
from skyseg.editing.operations import Point, Run


def find_stroke(points: Sequence[Point], width: int, shape: tuple[int, int]) -> tuple[Run, ...]:
    """Return the pixels of a map that a round brush covers on its way.

    Parameters
    ----------
    points : sequence of (float, float)
        Where it went, x and y in pixels from 0.
    width : int
        Its diameter in pixels.
    shape : tuple of int
        Shape (ny, nx) of the map.

    Returns
    -------
    tuple of (int, int, int)
        Row, first column and column after the last; empty where it ran beside the map.

    Examples
    --------
    >>> find_stroke([(1, 1), (3, 1)], 1, (9, 9))
    ((1, 1, 4),)
    """
    from scipy.ndimage import distance_transform_edt

    furthest = np.array([shape[1], shape[0]]) + width
    way = np.clip(np.asarray(points, np.float64), -width, furthest)
    steps = np.abs(np.diff(way, axis=0)).max(axis=1, initial=0)
    places = np.concatenate([np.zeros(1), np.cumsum(np.maximum(steps, 1e-9))])
    along = np.linspace(0, places[-1], int(2 * places[-1]) + 2)
    x, y = (np.floor(np.interp(along, places, axis) + 0.5).astype(np.int64) for axis in way.T)
    reach = width // 2 + 1
    top, left = int(y.min()) - reach, int(x.min()) - reach
    away = np.ones((int(y.max()) + reach + 1 - top, int(x.max()) + reach + 1 - left), np.bool_)
    away[y - top, x - left] = False
    covered = distance_transform_edt(away) <= (width - 1) / 2
    rows = slice(max(-top, 0), max(min(shape[0] - top, covered.shape[0]), 0))
    columns = slice(max(-left, 0), max(min(shape[1] - left, covered.shape[1]), 0))
    return find_runs(covered[rows, columns], max(top, 0), max(left, 0))
