"""CLEAN: spurious detections in the wings of brighter sources are given to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled
from skyseg.engine.shapes import Shapes
from skyseg.engine.sorting import order_by

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# objects farther apart than this many times the sum of their major axes do not meet
_REACH = 10.0
_CELL = 64.0


@dataclass(frozen=True)
class Cleaned:
    """What CLEAN did to n sources.

    Attributes
    ----------
    eater : ndarray of int64, shape (n,)
        The source that has its pixels: itself, or the one that ate it.
    newcomer : ndarray of int64, shape (n,)
        The source that came when it was eaten; itself where it was not.
    """

    eater: IntArray
    newcomer: IntArray


def clean(shapes: Shapes, clean_param: float) -> Cleaned:
    """Find which sources are eaten by which.

    Parameters
    ----------
    shapes : Shapes
        The sources, in the order in which a scan completes them.
    clean_param : float
        Exponent beta of the Moffat wings (CLEAN_PARAM).

    Returns
    -------
    Cleaned

    Notes
    -----
    Sources come one by one. A newcomer meets those that came before and are not
    yet eaten, nearer than ten times the sum of the major axes. Of the two the
    brighter one extends a Moffat profile with its own peak, area and threshold
    to the fainter one's place; where it rises higher than the mark that the
    fainter one's DETECT_MINAREA-th highest pixel leaves over its threshold, it
    eats the fainter one. A newcomer is eaten by the first that can, else it
    eats all it can, and has their light and area from then on (Bertin & Arnouts
    1996, section 6.2; the SExtractor manual, CLEAN_PARAM).

    A grid for each doubling of the major axis finds the neighbours, so that the
    cost grows in proportion to the number of sources.
    """
    if not len(shapes.x):
        return Cleaned(np.empty(0, np.int64), np.empty(0, np.int64))
    size_class = np.maximum(np.ceil(np.log2(np.maximum(shapes.a, 1e-3))), 0).astype(np.int64)
    return Cleaned(*_clean(
        shapes.x, shapes.y, shapes.a, shapes.b, shapes.cxx, shapes.cyy, shapes.cxy,
        shapes.flux.copy(), shapes.area.copy(), shapes.threshold, shapes.mark, size_class,
        clean_param,
    ))  # fmt: skip


@compiled
def _height(
    area: float, flux: float, a: float, b: float, threshold: float, cxx: float, cyy: float,
    cxy: float, dx: float, dy: float, beta: float,
) -> float:  # fmt: skip
    """Moffat profile of a source at a distance from its centre."""
    unit_area = np.pi * a * b
    peak = flux / (2.0 * unit_area)
    alpha = ((peak / threshold) ** (1.0 / beta) - 1.0) * unit_area / area
    fall = 1.0 + alpha * (cxx * dx * dx + cyy * dy * dy + cxy * dx * dy)
    if fall <= 1.0 or fall >= 1e10:
        return 0.0
    return float(peak * fall ** (-beta))


@compiled
def _grid_cells(
    x: FloatArray, y: FloatArray, size_class: IntArray
) -> tuple[IntArray, int, float, float]:
    """First cell of each size class's grid, its columns and rows; the corner of all grids."""
    classes = size_class.max() + 1
    layout = np.empty((classes, 3), dtype=np.int64)
    x0, y0 = x.min(), y.min()
    cells = 0
    for c in range(classes):
        side = _CELL * 2.0**c
        columns, rows = int((x.max() - x0) / side) + 1, int((y.max() - y0) / side) + 1
        layout[c, 0], layout[c, 1], layout[c, 2] = cells, columns, rows
        cells += columns * rows
    return layout, cells, x0, y0


@compiled
def _clean(
    x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray, cxx: FloatArray, cyy: FloatArray,
    cxy: FloatArray, flux: FloatArray, area: FloatArray, threshold: FloatArray, mark: FloatArray,
    size_class: IntArray, beta: float,
) -> tuple[IntArray, IntArray]:  # fmt: skip
    n = x.size
    eater = np.arange(n)
    layout, cells, x0, y0 = _grid_cells(x, y, size_class)
    newest, before = np.full(cells, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    near = np.empty(n, dtype=np.int64)
    for i in range(n):
        count = 0
        for c in range(layout.shape[0]):
            side, reach = _CELL * 2.0**c, _REACH * (a[i] + 2.0**c)
            first, columns, rows = layout[c]
            left = max(int((x[i] - reach - x0) / side), 0)
            right = min(int((x[i] + reach - x0) / side), columns - 1)
            low = max(int((y[i] - reach - y0) / side), 0)
            high = min(int((y[i] + reach - y0) / side), rows - 1)
            for row in range(low, high + 1):
                for column in range(left, right + 1):
                    j = newest[first + row * columns + column]
                    while j >= 0:
                        limit = _REACH * (a[i] + a[j])
                        if eater[j] == j and (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 < limit**2:
                            near[count] = j
                            count += 1
                        j = before[j]
        _meet(
            i, near[order_by(near[:count])], x, y, a, b, cxx, cyy, cxy, flux, area, threshold,
            mark, beta, eater,
        )  # fmt: skip
        if eater[i] == i:
            c = size_class[i]
            side = _CELL * 2.0**c
            cell = layout[c, 0] + int((y[i] - y0) / side) * layout[c, 1] + int((x[i] - x0) / side)
            before[i], newest[cell] = newest[cell], i
    newcomer = np.maximum(eater, np.arange(n))
    for i in range(n):
        while eater[eater[i]] != eater[i]:
            eater[i] = eater[eater[i]]
    return eater, newcomer


@compiled
def _meet(
    i: int, near: IntArray, x: FloatArray, y: FloatArray, a: FloatArray, b: FloatArray,
    cxx: FloatArray, cyy: FloatArray, cxy: FloatArray, flux: FloatArray, area: FloatArray,
    threshold: FloatArray, mark: FloatArray, beta: float, eater: IntArray,
) -> None:  # fmt: skip
    """Let a newcomer meet its neighbours: it is eaten, or eats."""
    eaten = np.empty(near.size, dtype=np.int64)
    count = 0
    for j in near:
        dx, dy = x[i] - x[j], y[i] - y[j]
        big, small = (i, j) if flux[j] < flux[i] else (j, i)
        rises = _height(
            area[big], flux[big], a[big], b[big], threshold[big], cxx[big], cyy[big], cxy[big],
            dx, dy, beta,
        )  # fmt: skip
        if np.float32(rises) > mark[small]:
            if small == i:
                eater[i] = j
                flux[j] += flux[i]
                area[j] += area[i]
                return
            eaten[count] = j
            count += 1
    for k in range(count):
        eater[eaten[k]] = i
        flux[i] += flux[eaten[k]]
        area[i] += area[eaten[k]]
