"""What apertures are laid on: pixels, who owns them, and what stands for a masked one."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyseg.engine.flags import Flag
from skyseg.engine.types import FloatImage, LabelImage

MASKS = {"NONE": 0, "BLANK": 1, "CORRECT": 2}
# flag of a source whose apertures reach beyond the scene; never in a catalogue
BEYOND = 1 << 30
FLAG_BITS = (int(Flag.CROWDED), int(Flag.APERTURE_INCOMPLETE), BEYOND)


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

    @property
    def flat(self) -> tuple[Any, ...]:
        """All of it in one tuple, as the loops take it."""
        return (*self[:3], *self.origin, *self.whole)
