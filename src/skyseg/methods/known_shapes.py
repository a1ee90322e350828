"""Shapes of the sources of a catalogue, as the engine measures with them again."""

from __future__ import annotations

from typing import Final

import numpy as np
from astropy.table import QTable

from skyseg.engine.detected import KnownShapes
from skyseg.engine.types import IntArray

_KNOWN: Final = ("NUMBER", "X_IMAGE", "Y_IMAGE", "A_IMAGE", "B_IMAGE", "THETA_IMAGE", "FLAGS")


def find_known_shapes(cat: QTable, numbers: IntArray) -> KnownShapes | None:
    """Return the shapes that a catalogue has of some sources.

    Parameters
    ----------
    cat : QTable
        The catalogue, by ascending NUMBER.
    numbers : ndarray of int64, shape (n,)
        The sources, all of which it has.

    Returns
    -------
    KnownShapes or None
        None where it lacks a column that tells them.

    Examples
    --------
    >>> find_known_shapes(QTable({"NUMBER": [1, 2]}), np.array([2])) is None
    True
    """
    if not set(_KNOWN) <= set(cat.colnames):
        return None
    rows = np.searchsorted(np.asarray(cat["NUMBER"]), numbers)
    x, y, a, b, theta = (
        np.asarray(getattr(cat[name], "value", cat[name]), np.float64)[rows] for name in _KNOWN[1:6]
    )
    flags = np.asarray(cat["FLAGS"]).astype(np.int64)[rows]
    return KnownShapes(np.asarray(numbers, np.int64), x - 1, y - 1, a, b, theta, flags)
