"""Levels of a whole image that its sources are measured against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skyseg.engine.background import Mesh, interpolate_level
from skyseg.engine.thresholding import Threshold
from skyseg.engine.types import FloatArray


@dataclass(frozen=True, eq=False)
class ImageLevels:
    """Levels of a whole image that its sources are measured against.

    Attributes
    ----------
    analysis : Threshold
        The analysis threshold.
    noise : float
        Global noise, which the gain refers to.
    subtracted : Mesh or float
        The sky that was subtracted.
    mesh : Mesh or None
        The model of the sky, subtracted or not; None where it is not known.
    """

    analysis: Threshold
    noise: float
    subtracted: Mesh | float
    mesh: Mesh | None = None

    def find_sky(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the sky that was subtracted at some places, in pixels from 0, shape (n,)."""
        if isinstance(self.subtracted, Mesh):
            return interpolate_level(self.subtracted, x, y)
        return np.full(len(x), self.subtracted)
