"""The pixels of what is drawn: of outlines, and of runs along x."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyseg.editing.operations import Draw, Point, Run
from skyseg.engine.types import BoolImage, Slices
from skyseg.errors import ParameterError


def fill_drawn(operation: Draw, shape: tuple[int, int]) -> tuple[Slices, BoolImage]:
    """Return the pixels of what is drawn on a map of some shape, whoever has them.

    Returns
    -------
    part : tuple of slice
        Rows and columns that hold it.
    inside : ndarray of bool
        Its pixels there.

    Raises
    ------
    ParameterError
        If it lies off the map, or is no outline and no runs.
    """
    if bool(operation.outline) == bool(operation.runs):
        raise ParameterError(
            "what is drawn has an outline and runs, or neither", hint="give one of them"
        )
    if operation.runs:
        return fill_runs(operation.runs, shape)
    return _fill_outline(operation.outline, shape)


def _fill_outline(outline: Sequence[Point], shape: tuple[int, int]) -> tuple[Slices, BoolImage]:
    from skimage.draw import polygon2mask

    points = np.asarray(outline, np.float64)
    if len(points) < 3:
        raise ParameterError(
            f"has {len(points)} points", hint="give three or more", argument="outline"
        )
    low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0)) + 1
    x0, y0 = (int(max(value, 0)) for value in low)
    x1, y1 = (int(min(value, length)) for value, length in zip(high, shape[::-1], strict=True))
    if x0 >= x1 or y0 >= y1:
        raise ParameterError("lies off the map", hint="draw it on the map", argument="outline")
    inside = polygon2mask((y1 - y0, x1 - x0), points[:, ::-1] - [y0, x0])
    return (slice(y0, y1), slice(x0, x1)), np.asarray(inside, np.bool_)


def fill_runs(runs: Sequence[Run], shape: tuple[int, int]) -> tuple[Slices, BoolImage]:
    """Return a part of a map, and in it the pixels of runs.

    Raises
    ------
    ParameterError
        If they lie off the map.

    Examples
    --------
    >>> part, inside = fill_runs([(3, 5, 7), (4, 6, 7)], (9, 9))
    >>> part, inside.tolist()
    ((slice(3, 5, None), slice(5, 7, None)), [[True, True], [False, True]])
    """
    if not are_on(runs, shape):
        raise ParameterError("lie off the map", hint="give runs on the map", argument="runs")
    y, x0, x1 = np.asarray(runs).T
    top, left = int(y.min()), int(x0.min())
    inside = np.zeros((int(y.max()) + 1 - top, int(x1.max()) - left), np.bool_)
    for row, first, last in runs:
        inside[row - top, first - left : last - left] = True
    return (slice(top, top + inside.shape[0]), slice(left, left + inside.shape[1])), inside


def are_on(runs: Sequence[Run], shape: tuple[int, int]) -> bool:
    """Tell whether all runs lie on a map of some shape, and have pixels.

    Examples
    --------
    >>> are_on([(3, 5, 7)], (4, 7)), are_on([(3, 5, 8)], (4, 7)), are_on([(3, 5, 5)], (4, 7))
    (True, False, False)
    """
    ny, nx = shape
    return all(0 <= y < ny and 0 <= first < last <= nx for y, first, last in runs)
