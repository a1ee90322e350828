"""Spans of whole numbers, as the pixels of runs are, listed one by one."""

from __future__ import annotations

import numpy as np

from skyseg.engine.types import IntArray


def list_spans(begin: IntArray, length: IntArray) -> IntArray:
    """List the numbers of spans, one span after the other.

    Parameters
    ----------
    begin, length : ndarray of int64, shape (n,)
        The first number of each span, and how many it has.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> list_spans(np.array([5, 20]), np.array([3, 2])).tolist()
    [5, 6, 7, 20, 21]
    """
    before = np.cumsum(length) - length
    numbers: IntArray = np.repeat(begin - before, length)
    numbers += np.arange(numbers.size)
    return numbers
