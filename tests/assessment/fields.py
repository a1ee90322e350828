"""Images of noise and sources whose places are known."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter


def draw_field(
    shape: tuple[int, int], n_sources: int, heights: tuple[float, float], smoothed: float = 0.0, *,
    least: float,
) -> tuple[Any, Any]:  # fmt: skip
    """Draw noise of scatter 1 with sources, and where their light is above the least."""
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, shape)
    if smoothed:
        noise = gaussian_filter(noise, smoothed)
    light = np.zeros(shape)
    y, x = np.mgrid[-12:13, -12:13]
    for _ in range(n_sources):
        top, left = rng.integers(0, shape[0] - 25, 2)
        shown = rng.uniform(*heights) * np.exp(-(y**2 + x**2) / 8)
        light[top : top + 25, left : left + 25] += shown
    return (light + noise / noise.std()).astype(np.float32), light > least
