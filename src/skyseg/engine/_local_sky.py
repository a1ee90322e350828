"""What is left of the sky around each source (BACKPHOTO_TYPE LOCAL)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skyseg.engine._levels import EMPTY, measure_raw_mesh
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.sources import Sources
from skyseg.engine.types import Columns, FloatArray, FloatImage, IntArray, LabelImage

_BATCH_ROWS = 512
_BOX = "xmin", "xmax", "ymin", "ymax"


class Frames(NamedTuple):
    """What the frames of n sources ask of the scan that found them, as SExtractor's does.

    Attributes
    ----------
    boxes : ndarray of int64, shape (n, 4)
        What the frames lie around: first and last row, first and last column.
    place : ndarray of int64, shape (n,)
        How many sources of the image the scan completes before.
    seen_to : ndarray of int64, shape (n,)
        Flat index of the last pixel that the scan has dealt with then.
    """

    boxes: IntArray
    place: IntArray
    seen_to: IntArray

    @classmethod
    def around(cls, sources: Sources, isophotes: Columns, which: IntArray) -> Frames:
        """Frames around some of the sources, by what was measured of all."""
        boxes = find_boxes({name: isophotes[name][which] for name in _BOX})
        return cls(boxes, which, sources.seen_to[which])


def measure_frames(
    image: FloatImage, variance: FloatImage, freed: LabelImage, window: Window, frames: Frames,
    parameters: Parameters,
) -> FloatArray:  # fmt: skip
    """Measure the sky in a frame around each source.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Some rows of the image, with all of each frame that does not reach beyond the image,
        and a pixel more; and their variance.
    freed : ndarray of int32, shape (ny, nx)
        `Sources.freed_in` these rows.
    window : Window
        Where in the image the rows lie.
    frames : Frames
        The frames.
    parameters : Parameters
        ``backphoto_thick``, ``back_pearson`` and ``mask_type`` are used.

    Returns
    -------
    ndarray of float64, shape (n,)
        0 where no pixel is left, and, as with SExtractor, where a frame reaches beyond
        the image.

    Notes
    -----
    Detected pixels are left out, but only those that the scan has dealt with when it completes
    the source, and not those that CLEAN has freed before; none with MASK_TYPE NONE. So
    are bad pixels that could not be filled, whose values SExtractor takes for sky.
    """
    thickness = parameters.backphoto_thick
    level = np.zeros(len(frames.boxes))
    (ny, nx), good = image.shape, variance < BAD_VARIANCE
    index = np.arange(window.y0 * nx, window.y1 * nx).reshape(image.shape)
    for k, (low, high, left, right) in enumerate(frames.boxes):
        y0, y1 = low - window.y0 - thickness, high - window.y0 + thickness + 1
        x0, x1 = left - thickness, right + thickness + 1
        # a pixel beyond is asked for as well above and on the right
        if y0 < 0 or x0 < 0 or y1 >= ny or x1 >= nx:
            continue
        part = np.s_[y0:y1, x0:x1]
        used = good[part].copy()
        if parameters.mask_type != "NONE":
            used &= (freed[part] <= frames.place[k]) | (index[part] > frames.seen_to[k])
        used[thickness:-thickness, thickness:-thickness] = False
        values = image[part][used][None]
        if values.size:
            bad = np.zeros(values.shape, np.bool_)
            mode = measure_raw_mesh(values, bad, values.size, parameters.back_pearson)[0][0, 0]
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
    x0, x1, y0, y1 = (isophotes[name] for name in _BOX)
    beside, above = (x1 - x0 + 1) // 4, (y1 - y0 + 1) // 4
    return np.stack([y0 - above, y1 + above, x0 - beside, x1 + beside], axis=1)


def batch_frames(
    isophotes: Columns, thickness: int, shape: tuple[int, int]
) -> Iterator[tuple[IntArray, Window]]:
    """Batch sources near to each other in rows; with rows of the image that hold their frames."""
    boxes = find_boxes(isophotes)
    batch = boxes[:, 0] // _BATCH_ROWS
    for each in np.unique(batch):
        group = np.flatnonzero(batch == each)
        first, last = boxes[group, 0].min() - thickness, boxes[group, 1].max() + thickness
        yield group, Window(max(int(first), 0), min(int(last) + 2, shape[0]), 0, shape[1])
