"""What apertures are laid on: pixels, who owns them, and what stands for a masked one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skyseg import _loops
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.types import FloatImage, LabelImage

MASKS = {"NONE": _loops.MASK_NONE, "BLANK": _loops.MASK_BLANK, "CORRECT": _loops.MASK_CORRECT}
# flag of a source whose apertures reach beyond the scene; never in a catalogue
BEYOND = _loops.BEYOND_SCENE


class Scene(NamedTuple):
    """An image, or a part of one, that apertures are laid on.

    Attributes
    ----------
    image, variance : ndarray of float32, shape (ny, nx)
        Image and variance with bad pixels filled; 1e30 in ``variance`` marks
        those that could not be.
    owner : ndarray of int32, shape (ny, nx)
        Source that a pixel belongs to, counted from 1; 0 where it is free, -1
        where it is nobody's but not free.
    origin : tuple of int
        Row and column of the first pixel in the whole image.
    whole : tuple of int
        Shape of the whole image, which positions and edges refer to.
    """

    image: FloatImage
    variance: FloatImage
    owner: LabelImage
    origin: tuple[int, int]
    whole: tuple[int, int]


def mask_variance(variance: FloatImage, highest: float) -> FloatImage:
    """Give pixels from a variance on, which count in no aperture, that of bad ones."""
    if highest >= BAD_VARIANCE:
        return variance
    return np.where(variance < np.float32(highest), variance, BAD_VARIANCE)
