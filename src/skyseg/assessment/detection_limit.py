"""Up to which threshold a pixel is part of a source."""

from __future__ import annotations

import heapq
import math

from skyseg.engine.types import FloatArray


def find_detection_limit(light: FloatArray, place: tuple[int, int], minarea: int) -> float | None:
    """Find the level up to which a pixel is one of enough connected pixels above it.

    Parameters
    ----------
    light : ndarray of float64, shape (ny, nx)
        Filtered light; NaN is in no source.
    place : tuple of int
        Row and column of the pixel.
    minarea : int
        Fewest pixels of a region (DETECT_MINAREA).

    Returns
    -------
    float or None
        The pixel is in a region of at least ``minarea`` pixels above each lower level, and in
        none above this one; None where it never is.

    Examples
    --------
    >>> import numpy as np
    >>> find_detection_limit(np.array([[9.0, 5.0, 1.0, 7.0]]), (0, 0), minarea=3)
    1.0
    >>> find_detection_limit(np.array([[9.0, 5.0, 1.0, 7.0]]), (0, 3), minarea=1)
    7.0
    """
    if math.isnan(light[place]):
        return None
    ny, nx = light.shape
    limit, count = math.inf, 0
    pending, seen = [(-float(light[place]), *place)], {place}
    while pending:
        # the brightest of all pixels next to those that were taken
        level, y, x = heapq.heappop(pending)
        limit, count = min(limit, -level), count + 1
        if count == minarea:
            return limit
        for row in range(max(y - 1, 0), min(y + 2, ny)):
            for column in range(max(x - 1, 0), min(x + 2, nx)):
                if (row, column) not in seen and not math.isnan(light[row, column]):
                    seen.add((row, column))
                    heapq.heappush(pending, (-float(light[row, column]), row, column))
    return None
