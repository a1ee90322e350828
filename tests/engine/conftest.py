"""Images that several tests of the engine share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

FloatImage = npt.NDArray[np.float32]


def _crowded_field(shape: tuple[int, int], n_sources: int, seed: int) -> FloatImage:
    """Gaussians of many sizes and fluxes, close together, in unit noise."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    image = rng.normal(size=shape)
    for _ in range(n_sources):
        cy, cx = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        width, height = rng.uniform(1, 4), 10 ** rng.uniform(0.8, 2.2)
        stretch, angle = rng.uniform(0.4, 1), rng.uniform(0, np.pi)
        u = (x - cx) * np.cos(angle) + (y - cy) * np.sin(angle)
        v = ((y - cy) * np.cos(angle) - (x - cx) * np.sin(angle)) / stretch
        image += height * np.exp(-(u**2 + v**2) / (2 * width**2))
    return image.astype(np.float32)


@pytest.fixture(scope="session")
def crowded_field() -> Callable[[tuple[int, int], int, int], FloatImage]:
    """Maker of simulated images: shape, number of sources, seed."""
    return _crowded_field
