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
        A part of the image, with all of each frame that does not reach beyond the image,
        and a pixel more.
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
        0 where no pixel is left, and, as with SExtractor, where a frame reaches beyond
        the image.
    """
    level = np.zeros(len(boxes))
    rows, (ny, nx) = np.arange(window.y0, window.y1)[:, None], image.shape
    for k, (low, high, left, right) in enumerate(boxes - np.repeat((window.y0, window.x0), 2)):
        y0, y1 = low - thickness, high + thickness + 1
        x0, x1 = left - thickness, right + thickness + 1
        # a pixel beyond is asked for as well above and on the right
        if y0 < 0 or x0 < 0 or y1 >= ny or x1 >= nx:
            continue
        used = ~(hidden[y0:y1, x0:x1] & (rows[y0:y1] <= known_to[k]))
        used[thickness:-thickness, thickness:-thickness] = False
        values = image[y0:y1, x0:x1][used][None]
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
        yield group, Window(max(int(first), 0), min(int(last) + 2, shape[0]), 0, shape[1])
