"""Where the sources of a catalogue are, by the SEG map where its columns do not say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import astropy.units as u
import numpy as np
from astropy.table import QTable

from skyseg.engine.types import AnyLabelImage, Columns, LabelImage
from skyseg.methods.catalogue import with_unit

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
    y, x = np.nonzero(labels)
    own = labels[y, x].astype(np.int64)
    y, x = y + corner[0], x + corner[1]
    length = int(own.max(initial=0)) + 2
    pixels = np.bincount(own, minlength=length)
    found: Columns = {"ISOAREAF_IMAGE": pixels.astype(np.int32)}
    for axis, places in (("X", x + 1), ("Y", y + 1)):
        with np.errstate(invalid="ignore"):
            found[f"{axis}_IMAGE"] = np.bincount(own, places, length) / pixels
        low, high = np.full(length, np.iinfo(np.int32).max), np.zeros(length, np.int64)
        np.minimum.at(low, own, places)
        np.maximum.at(high, own, places)
        found[f"{axis}MIN_IMAGE"] = np.minimum(low, high).astype(np.int32)
        found[f"{axis}MAX_IMAGE"] = high.astype(np.int32)
    return found
