"""What is left of the sky around each source (BACKPHOTO_TYPE LOCAL)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skyseg.engine._levels import EMPTY, measure_raw_mesh
from skyseg.engine.rows import Window
from skyseg.engine.types import BoolImage, Columns, FloatArray, FloatImage, IntArray

_BATCH_ROWS = 512


def measure_frames(
    image: FloatImage, hidden: BoolImage, window: Window, boxes: IntArray, known_to: IntArray,
    thickness: int, pearson: float,
) -> FloatArray:  # fmt: skip
    """Measure the sky in a frame around each source.

    Parameters
    ----------
    image : ndarray of float32, shape (ny, nx)
        A part of the image that holds all frames.
    hidden : ndarray of bool, shape (ny, nx)
        Detected pixels, and those that are not to be used.
    window : Window
        Where in the image the part lies.
    boxes : ndarray of int64, shape (n, 4)
        What the frames lie around: first and last row, first and last column.
    known_to : ndarray of int64, shape (n,)
        Last row in which hidden pixels are left out.
    thickness : int
        Thickness of the frames in pixels.
    pearson : float
        Pearson's factor of the mode; see `Parameters`.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 where no pixel is left.
    """
    level = np.zeros(len(boxes))
    rows = np.arange(window.y0, window.y1)[:, None]
    for k, (low, high, left, right) in enumerate(boxes - np.repeat((window.y0, window.x0), 2)):
        part = (
            slice(max(low - thickness, 0), high + thickness + 1),
            slice(max(left - thickness, 0), right + thickness + 1),
        )
        used = ~(hidden[part] & (rows[part[0]] <= known_to[k]))
        y0, x0 = low - part[0].start, left - part[1].start
        used[max(y0, 0) : y0 + high - low + 1, max(x0, 0) : x0 + right - left + 1] = False
        values = image[part][used][None]
        if values.size:
            bad = np.zeros(values.shape, np.bool_)
            mode = measure_raw_mesh(values, bad, values.size, pearson)[0][0, 0]
            level[k] = mode if mode != EMPTY else 0.0
    return level


def find_boxes(isophotes: Columns) -> IntArray:
    """Return the boxes that frames lie around: those of the sources, half as wide again.

    Parameters
    ----------
    isophotes : dict of str to ndarray
        The boxes of n sources; see `skyseg.engine._isophotes.measure_isophotes`.

    Returns
    -------
    ndarray of int64, shape (n, 4)
        First and last row, first and last column.
    """
    x0, x1, y0, y1 = (isophotes[name] for name in ("xmin", "xmax", "ymin", "ymax"))
    beside, above = (x1 - x0 + 1) // 4, (y1 - y0 + 1) // 4
    return np.stack([y0 - above, y1 + above, x0 - beside, x1 + beside], axis=1)


def batch_frames(
    boxes: IntArray, thickness: int, shape: tuple[int, int]
) -> Iterator[tuple[IntArray, Window]]:
    """Batch sources near to each other in rows; with rows of the image that hold their frames."""
    batch = boxes[:, 0] // _BATCH_ROWS
    for each in np.unique(batch):
        group = np.flatnonzero(batch == each)
        first, last = boxes[group, 0].min() - thickness, boxes[group, 1].max() + thickness
        yield group, Window(max(int(first), 0), min(int(last) + 1, shape[0]), 0, shape[1])
