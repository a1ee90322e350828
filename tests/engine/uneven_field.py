"""A field that is hard to cut into strips, and whether two maps of one are the same."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg.engine import Segmentation

FloatImage = npt.NDArray[np.float32]


def make_field() -> tuple[FloatImage, FloatImage]:
    """Sources, one of them across all rows, with holes, a dead column and uneven weights."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:400, :300].astype(np.float32)
    image = rng.normal(0, 1, y.shape).astype(np.float32)
    for _ in range(60):
        cx, cy, flux, width = (rng.uniform(0, 300), rng.uniform(0, 400), rng.exponential(40) + 8,
                               rng.uniform(1.5, 5))  # fmt: skip
        image += flux * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2))
    image += 30 * np.exp(-((x - 150 - y / 8) ** 2) / 20)
    weight = (1 + 0.5 * np.sin(y / 40)).astype(np.float32)
    image[50:120, 40:100] = np.nan
    image[:, 260] = np.nan
    for row in range(200, 330):
        weight[row, 20 : 60 + row // 10] = 0
    return image, weight


def are_same(one: Segmentation, other: Segmentation) -> bool:
    """Tell whether maps, catalogues and facts are the same to the bit."""
    return (
        one.labels.tobytes() == other.labels.tobytes()
        and one.background.tobytes() == other.background.tobytes()
        and all(one.columns[k].tobytes() == other.columns[k].tobytes() for k in one.columns)
        and one.facts == other.facts
    )
