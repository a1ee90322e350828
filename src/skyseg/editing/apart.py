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
        None where each source has another one no farther from it than the larger of both is
        long, so that a chain of pieces is one object; and where it is no merge.

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
    first, second, gap = _find_widest_gap(boxes)
    long = max(_find_length(boxes[place]) for place in (first, second))
    if gap <= long:
        return None
    one, other = sorted((operation.labels[first], operation.labels[second]))
    on_sky = "" if pix_scale is None else f" ({gap * pix_scale:.2g} arcsec)"
    return Advice(
        f"sources {one} and {other} are one now, and lie {gap:.0f} pixels{on_sky} apart",
        "undo it unless they are one",
    )


def _find_length(box: IntArray) -> int:
    y0, y1, x0, x1 = box.tolist()
    return int(max(y1 - y0, x1 - x0))


def _find_widest_gap(boxes: IntArray) -> tuple[int, int, float]:
    """Find the widest of the gaps that must be crossed to go from each box to all others.

    Returns
    -------
    first, second : int
        The boxes on its sides.
    gap : float
        Pixels between them.
    """
    count = len(boxes)
    near, gaps = np.zeros(count, np.intp), _find_gaps(boxes[0], boxes)
    left = np.arange(count) > 0
    found = (0, 0, 0.0)
    while left.any():
        place = int(np.where(left, gaps, np.inf).argmin())
        if gaps[place] > found[2]:
            found = (int(near[place]), place, float(gaps[place]))
        left[place] = False
        own = _find_gaps(boxes[place], boxes)
        closer = own < gaps
        near[closer], gaps[closer] = place, own[closer]
    return found


def _find_gaps(box: IntArray, boxes: IntArray) -> FloatArray:
    """Find how many pixels are between a box and others; 0 where they touch or overlap."""
    low, high = np.maximum(box[::2], boxes[:, ::2]), np.minimum(box[1::2], boxes[:, 1::2])
    return np.asarray(np.hypot(*np.maximum(low - high, 0).T), np.float64)
