"""Where the sources of a catalogue are, by the SEG map where its columns do not say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import astropy.units as u
import numpy as np
from astropy.table import QTable

from skyseg.engine.types import AnyLabelImage, Columns, IntArray, LabelImage
from skyseg.methods.filled import with_unit

_PLACES: Final = (
    "X_IMAGE", "Y_IMAGE", "XMIN_IMAGE", "YMIN_IMAGE", "XMAX_IMAGE", "YMAX_IMAGE",
)  # fmt: skip


def add_places(cat: QTable, load_labels: Callable[[], LabelImage]) -> QTable:
    """Add to a catalogue those columns of positions and boxes that it lacks.

    Parameters
    ----------
    cat : QTable
        The catalogue; it is changed.
    load_labels : callable
        Reads its SEG map, where a column is lacking.

    Returns
    -------
    QTable
        The catalogue. A position from the map is the mean of the source's pixels.
    """
    lacking = [name for name in _PLACES if name not in cat.colnames]
    if lacking:
        found = find_places(load_labels())
        numbers = np.asarray(cat["NUMBER"])
        for name in lacking:
            known = np.minimum(numbers, len(found[name]) - 1)
            cat[name] = with_unit(found[name][known], u.pix, "From the SEG map")
    return cat


def find_places(labels: AnyLabelImage, corner: tuple[int, int] = (0, 0)) -> Columns:
    """Return number, mean and extremes of the pixels of each label, at the label's place.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        A map, or a part of one.
    corner : tuple of int, optional
        Row and column of the map at which the part begins.
    """
    row, first, last, own = _find_runs(labels)
    length = int(own.max(initial=0)) + 2
    width = last - first + 1
    pixels = np.bincount(own, width, length)
    found: Columns = {"ISOAREAF_IMAGE": pixels.astype(np.int32)}
    ends = {"X": (first + corner[1] + 1, last + corner[1] + 1), "Y": (row + corner[0] + 1,) * 2}
    for axis, (begin, end) in ends.items():
        with np.errstate(invalid="ignore"):
            found[f"{axis}_IMAGE"] = np.bincount(own, width * (begin + end) / 2, length) / pixels
        low, high = np.full(length, np.iinfo(np.int32).max), np.zeros(length, np.int64)
        np.minimum.at(low, own, begin)
        np.maximum.at(high, own, end)
        found[f"{axis}MIN_IMAGE"] = np.minimum(low, high).astype(np.int32)
        found[f"{axis}MAX_IMAGE"] = high.astype(np.int32)
    return found


def _find_runs(labels: AnyLabelImage) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return row, first and last column, and label of each run of a label along a row."""
    flat, nx = labels.reshape(-1), labels.shape[1]
    begins = np.ones(flat.size, bool)
    np.not_equal(flat[1:], flat[:-1], out=begins[1:])
    begins[::nx] = True
    first = np.flatnonzero(begins)
    last = np.append(first[1:], flat.size) - 1
    own = flat[first].astype(np.int64)
    row, column = np.divmod(first[own != 0], nx)
    return row, column, last[own != 0] - row * nx, own[own != 0]
