"""SExtractor's bicubic spline through the meshes of the background."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from skyseg.engine.compiled import compiled

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@compiled
def spline_rows(level: FloatArray, size: int, start: int, stop: int, nx: int) -> FloatImage:
    """Draw rows ``start`` to ``stop``, of ``nx`` pixels, of a spline through mesh centres.

    ``level`` are the values of meshes of ``size`` pixels on a side, shape (nby, nbx).
    """
    nby, nbx = level.shape
    down = np.zeros((nby, nbx))
    for i in range(nbx):
        curvature = _curvature(level[:, i])
        for j in range(nby):
            down[j, i] = curvature[j]
    begin, weights = _spline_weights(nbx, size, nx)
    out = np.empty((stop - start, nx), dtype=np.float32)
    # a single node stands on both sides
    nodes = np.empty(max(nbx, 2))
    for y in range(start, stop):
        j, s, t, s3, t3 = _spline_place(nby, y / size - 0.5)
        for i in range(nbx):
            nodes[i] = _between(level[:, i], down[:, i], j, s, t, s3, t3)
        nodes[nodes.size - 1] = nodes[nbx - 1]
        curvature = _curvature(nodes)
        for i in range(begin.size - 1):
            part = slice(begin[i], begin[i + 1])
            _draw_between(
                out[y - start, part], weights[:, part], nodes[i], nodes[i + 1], curvature[i],
                curvature[i + 1],
            )  # fmt: skip
    return out


@compiled
def _curvature(nodes: FloatArray) -> FloatArray:
    """Curvature of SExtractor's spline through equidistant nodes.

    A natural cubic spline would take the whole of the next node's curvature in
    the back substitution; SExtractor takes a sixth, and so its maps, and these,
    differ from a natural spline by about 0.005 sigma.
    """
    n = nodes.size
    out = np.zeros(n)
    if n < 3:
        return out
    slope = np.zeros(n)
    for i in range(1, n - 1):
        pivot = 4.0 - slope[i - 1]
        slope[i] = 1.0 / pivot
        out[i] = (nodes[i + 1] + nodes[i - 1] - 2 * nodes[i] - out[i - 1]) / pivot
    for i in range(n - 2, 0, -1):
        out[i] -= slope[i] * out[i + 1] / 6.0
    return out


@compiled
def _spline_weights(nodes: int, size: int, nx: int) -> tuple[IntArray, FloatArray]:
    """First pixel after each node of a row, and what the nodes on both sides weigh there."""
    begin = np.zeros(max(nodes, 2), dtype=np.int64)
    weights = np.empty((4, nx))
    for x in range(nx):
        # a mesh of even size has its centre between two pixels
        i, s, t, s3, t3 = _spline_place(nodes, (x + 0.5) / size - 0.5)
        begin[i + 1] = x + 1
        weights[0, x], weights[1, x], weights[2, x], weights[3, x] = s, t, s3, t3
    return begin, weights


@compiled
def _spline_place(nodes: int, position: float) -> tuple[int, float, float, float, float]:
    """Node before a position, and the weights of values and curvatures on its two sides."""
    i = min(max(math.floor(position), 0), max(nodes - 2, 0))
    t = position - i if nodes > 1 else 0.0
    s = 1.0 - t
    return i, s, t, s * s * s - s, t * t * t - t


@compiled
def _between(
    nodes: FloatArray, curvature: FloatArray, i: int, s: float, t: float, s3: float, t3: float
) -> float:
    after = min(i + 1, nodes.size - 1)
    return float(s * nodes[i] + t * nodes[after] + s3 * curvature[i] + t3 * curvature[after])


@compiled
def _draw_between(
    row: FloatImage, weights: FloatArray, left: float, right: float, curved_left: float,
    curved_right: float,
) -> None:  # fmt: skip
    s, t, s3, t3 = weights[0], weights[1], weights[2], weights[3]
    for x in range(row.size):
        row[x] = s[x] * left + t[x] * right + s3[x] * curved_left + t3[x] * curved_right
