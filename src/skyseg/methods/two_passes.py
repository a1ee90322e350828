"""How the sources of a second pass are put into those of the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from skyseg.engine.types import Columns, FloatArray, IntArray, LabelImage, Measurements

COLD, HOT = 1, 2
"""Values of the column PASS."""

NEEDED: Final = frozenset(
    ["X_IMAGE", "Y_IMAGE", "A_IMAGE", "B_IMAGE", "THETA_IMAGE", "KRON_RADIUS", "FLUX_ISO"]
)
"""Measurements that `merge_passes` uses."""

ABOUT: Final = {
    "PASS": "Pass that found it: 1 cold, 2 hot",
    "PARENT": "NUMBER of the cold source that it is a child of, 0 for none",
}
"""The columns that tell of the passes, and what each is."""

_NO_KRON_RADIUS: Final = 2.5


@dataclass(frozen=True, eq=False)
class Pass:
    """What one pass found.

    Attributes
    ----------
    labels : ndarray of int32, shape (ny, nx)
        Its labels, 1 to n.
    columns : dict of str to ndarray, shape (n, ...)
        Measurements in the order of the labels, with those of `NEEDED`.
    """

    labels: LabelImage
    columns: Measurements

    def __len__(self) -> int:
        return len(self.columns["NUMBER"])


def merge_passes(cold: Pass, hot: Pass, *, children: bool = False) -> tuple[LabelImage, Columns]:
    """Put the sources of a hot pass into those of a cold one.

    Parameters
    ----------
    cold, hot : Pass
        What each found in the same image.
    children : bool, optional
        See `skyseg.methods.hot_pass.HotPass`.

    Returns
    -------
    labels : ndarray of int32, shape (ny, nx)
        The cold sources have their numbers, and the hot ones that stay those behind.
    columns : dict of str to ndarray
        Measurements of both as each pass made them, with PASS and, of children, PARENT.

    Notes
    -----
    A hot source whose centre is inside the Kron ellipse of a cold one (A_IMAGE and B_IMAGE
    times KRON_RADIUS, 2.5 where that is 0; the nearest ellipse where there are several) belongs
    to it: its pixels that no cold source has become the cold one's, whose measurements stay. So
    does one that has no pixel of its own. Of those that stay, pixels of a cold source are the
    cold one's. With ``children`` those inside an ellipse stay, and take their pixels from the
    cold one, all but the brightest: that is the cold one itself as the hot pass sees it.

    Examples
    --------
    >>> labels = np.zeros((3, 9), np.int32)
    >>> labels[1, 1:4] = 1
    >>> one = {"NUMBER": [1], "X_IMAGE": [3.0], "Y_IMAGE": [2.0], "A_IMAGE": [1.0],
    ...     "B_IMAGE": [0.5], "THETA_IMAGE": [0.0], "KRON_RADIUS": [2.5], "FLUX_ISO": [9.0]}
    >>> two = {name: np.array(values * 2) for name, values in one.items()}
    >>> two["X_IMAGE"], two["NUMBER"] = np.array([4.0, 8.0]), np.array([1, 2])
    >>> others = np.zeros((3, 9), np.int32)
    >>> others[1, 3:5], others[1, 7] = 1, 2
    >>> one = {name: np.array(values) for name, values in one.items()}
    >>> merged, columns = merge_passes(Pass(labels, one), Pass(others, two))
    >>> merged[1].tolist(), columns["PASS"].tolist()
    ([0, 1, 1, 1, 1, 0, 0, 2, 0], [1, 2])
    """
    host = find_hosts(cold.columns, hot.columns)
    overlaps = _find_overlaps(cold.labels, hot.labels)
    child = np.zeros(len(hot), np.bool_)
    if children:
        child = _find_children(host, np.asarray(hot.columns["FLUX_ISO"], float), overlaps)
    alone = np.zeros(len(hot), np.bool_)
    alone[np.unique(overlaps[overlaps[:, 0] == 0, 1]) - 1] = True
    stays = child | (alone & (host == 0))
    numbers = np.where(stays, len(cold) + np.cumsum(stays), host)
    labels = _draw(cold.labels, hot.labels, numbers, np.where(child, host, 0))
    columns = {
        name: np.concatenate([np.asarray(values), np.asarray(hot.columns[name])[stays]])
        for name, values in cold.columns.items()
    }
    n_cold, n_hot = len(cold), int(stays.sum())
    columns["NUMBER"] = np.arange(1, n_cold + n_hot + 1)
    columns["PASS"] = np.repeat([COLD, HOT], [n_cold, n_hot])
    if children:
        parents = np.where(child, host, 0)[stays]
        columns["PARENT"] = np.concatenate([np.zeros(n_cold, np.int64), parents])
    return labels, columns


def find_hosts(cold: Measurements, hot: Measurements) -> IntArray:
    """Find the cold source in whose Kron ellipse each hot one lies: its NUMBER, 0 for none.

    A hot source without a place has none, and nothing lies in a cold one without one.
    """
    hosts = np.zeros(len(hot["NUMBER"]), np.int64)
    nearest = np.full(len(hosts), np.inf)
    if not len(hosts):
        return hosts
    at = np.stack([hot["X_IMAGE"], hot["Y_IMAGE"]], axis=1).astype(np.float64)
    placed = np.flatnonzero(np.isfinite(at).all(axis=1))
    tree = cKDTree(at[placed])
    x, y, theta, major, minor = _find_ellipses(cold)
    for i in np.flatnonzero(np.isfinite([x, y, major]).all(axis=0)):
        near = placed[np.array(tree.query_ball_point((x[i], y[i]), major[i]), np.int64)]
        if not near.size:
            continue
        dx, dy = at[near, 0] - x[i], at[near, 1] - y[i]
        along = (dx * np.cos(theta[i]) + dy * np.sin(theta[i])) / major[i]
        across = (dy * np.cos(theta[i]) - dx * np.sin(theta[i])) / minor[i]
        distance = np.hypot(along, across)
        mine = (distance <= 1) & (distance < nearest[near])
        nearest[near[mine]], hosts[near[mine]] = distance[mine], i + 1
    return hosts


def _find_ellipses(cold: Measurements) -> tuple[FloatArray, ...]:
    x, y, theta, a, b, kron = (
        np.asarray(cold[name], np.float64)
        for name in ("X_IMAGE", "Y_IMAGE", "THETA_IMAGE", "A_IMAGE", "B_IMAGE", "KRON_RADIUS")
    )
    factor = np.where(kron > 0, kron, _NO_KRON_RADIUS)
    return x, y, np.radians(theta), a * factor, b * factor


def _find_overlaps(cold: LabelImage, hot: LabelImage) -> npt.NDArray[np.int64]:
    """List the pairs of a cold label, or 0, and a hot one that share a pixel, each once."""
    seen = hot > 0
    stride = np.int64(hot.max(initial=0)) + 1
    pairs = np.unique(cold[seen].astype(np.int64) * stride + hot[seen])
    return np.stack([pairs // stride, pairs % stride], axis=1)


def _find_children(
    host: IntArray, flux: FloatArray, overlaps: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Tell which hot sources stay as children: of each host all but the brightest.

    Those of a host stay where the brightest leaves it pixels, and where they have pixels to
    take: of the host, or of no cold source.
    """
    order = np.lexsort([np.arange(len(host)), -flux, host])
    first = np.ones(len(order), np.bool_)
    first[1:] = host[order][1:] != host[order][:-1]
    itself = np.zeros(len(host), np.bool_)
    itself[order[first]] = True
    over, numbers = overlaps[:, 0], overlaps[:, 1] - 1
    own = over == host[numbers]
    holds = np.unique(over[own & itself[numbers] & (over > 0)])
    can_take = np.zeros(len(host), np.bool_)
    can_take[numbers[own | (over == 0)]] = True
    found: npt.NDArray[np.bool_] = ~itself & can_take & np.isin(host, holds)
    return found


def _draw(cold: LabelImage, hot: LabelImage, numbers: IntArray, taken: IntArray) -> LabelImage:
    """Draw both: a hot source has ``numbers``, and of cold ones takes the pixels of ``taken``."""
    drawn = np.concatenate([[0], numbers]).astype(np.int32)[hot]
    from_host = np.concatenate([[-1], np.where(taken > 0, taken, -1)]).astype(np.int32)[hot]
    labels: LabelImage = np.where((cold == 0) | (cold == from_host), drawn, cold)
    return labels


def tell_passes(columns: Measurements) -> dict[str, Any]:
    """Return the columns of a merged catalogue that tell of its passes."""
    return {name: np.asarray(columns[name], np.int32) for name in ABOUT if name in columns}
