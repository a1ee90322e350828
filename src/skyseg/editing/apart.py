"""Whether sources that are to be one lie far from each other."""

from __future__ import annotations

import numpy as np

from skyseg.editing.edited_map import EditedMap
from skyseg.editing.operations import Merge, Operation
from skyseg.engine.types import FloatArray, IntArray
from skyseg.errors import Advice


def tell_apart(edited: EditedMap, operation: Operation, pix_scale: float | None) -> Advice | None:
    """Say how far from each other sources lie that a merge is to make one.

    Parameters
    ----------
    edited : EditedMap
        The map before it is done.
    operation : Operation
        What is to be done.
    pix_scale : float or None
        Side of a pixel in arcsec; None where it is not known.

    Returns
    -------
    Advice or None
        None where all are a chain, each of which lies no farther from one before it than the
        longer of both is long; and where it is no merge.

    Examples
    --------
    >>> labels = np.zeros((3, 40), int)
    >>> labels[:, 2:5], labels[:, 7:9], labels[:, 35:38] = 1, 2, 3
    >>> tell_apart(EditedMap(labels), Merge(labels=(1, 2)), 0.04)
    >>> str(tell_apart(EditedMap(labels), Merge(labels=(1, 2, 3)), 0.04))
    'sources 2 and 3 are one now, and lie 26 pixels (1 arcsec) apart; undo it unless they are one'
    """
    if not isinstance(operation, Merge):
        return None
    boxes = edited.boxes_of(operation.labels)
    first, second, excess = _find_widest_gap(boxes)
    if excess <= 0:
        return None
    gap = _find_gaps(boxes[first], boxes[[second]])[0]
    one, other = sorted((operation.labels[first], operation.labels[second]))
    on_sky = "" if pix_scale is None else f" ({gap * pix_scale:.2g} arcsec)"
    return Advice(
        f"sources {one} and {other} are one now, and lie {gap:.0f} pixels{on_sky} apart",
        "undo it unless they are one",
    )


def _find_widest_gap(boxes: IntArray) -> tuple[int, int, float]:
    """Find the widest gap, by the boxes on its sides, that joining all of them has to cross.

    Returns
    -------
    first, second : int
        The boxes on its sides.
    excess : float
        By how many pixels it is wider than the longer of both is long.
    """
    count = len(boxes)
    near, excess = np.zeros(count, np.intp), _find_excess(boxes[0], boxes)
    left = np.arange(count) > 0
    first = second = 0
    widest = -np.inf
    while left.any():
        place = int(np.where(left, excess, np.inf).argmin())
        if excess[place] > widest:
            first, second, widest = int(near[place]), place, float(excess[place])
        left[place] = False
        own = _find_excess(boxes[place], boxes)
        closer = own < excess
        near[closer], excess[closer] = place, own[closer]
    return first, second, widest


def _find_excess(box: IntArray, boxes: IntArray) -> FloatArray:
    """Find by how much gaps between a box and others are wider than the longer one is long."""
    longer = np.maximum(_find_lengths(box[None]), _find_lengths(boxes))
    return np.asarray(_find_gaps(box, boxes) - longer, np.float64)


def _find_lengths(boxes: IntArray) -> IntArray:
    return np.asarray((boxes[:, 1::2] - boxes[:, ::2]).max(axis=1), np.int64)


def _find_gaps(box: IntArray, boxes: IntArray) -> FloatArray:
    """Find how many pixels are between a box and others; 0 where they touch or overlap."""
    low, high = np.maximum(box[::2], boxes[:, ::2]), np.minimum(box[1::2], boxes[:, 1::2])
    return np.asarray(np.hypot(*np.maximum(low - high, 0).T), np.float64)
