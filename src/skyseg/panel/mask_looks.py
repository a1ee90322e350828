"""The colours of a mask's bits, and what a legend says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import LabelImage
from skyseg.masks.bits import ABOUT, MaskBit

COLOURS: Final[dict[MaskBit, str]] = {
    MaskBit.EDGE: "#56b4e9",
    MaskBit.STAR: "#f0e442",
    MaskBit.SPIKE: "#e69f00",
    MaskBit.ARTEFACT: "#d55e00",
    MaskBit.REGION: "#cc79a7",
    MaskBit.BAD: "#8c8c8c",
    MaskBit.FLAGGED: "#009e73",
}
"""The colour of each bit."""

N_VALUES: Final = 2 * max(int(bit) for bit in MaskBit)
"""How many values a pixel of a mask can have."""


@dataclass(frozen=True)
class LegendEntry:
    """A bit of a mask.

    Attributes
    ----------
    name, about, colour : str
        What it is called, what it says of a pixel, and how it is drawn.
    pixels : int
        How many pixels have it.
    """

    name: str
    about: str
    colour: str
    pixels: int


def list_legend(bits: LabelImage) -> list[LegendEntry]:
    """List all bits, with how many pixels of a mask have each.

    Examples
    --------
    >>> [each.pixels for each in list_legend(np.array([[3, 1]], np.int32))][:3]
    [2, 1, 0]
    """
    known = (bits & (N_VALUES - 1)).astype(np.uint8)
    pixels = {bit: int(np.count_nonzero(known & np.uint8(bit))) for bit in COLOURS}
    return [
        LegendEntry(str(bit.name), ABOUT[bit], colour, pixels[bit])
        for bit, colour in COLOURS.items()
    ]


@cache
def colour_values() -> npt.NDArray[np.uint8]:
    """Return red, green, blue and opacity of each value of a mask: the mean of its bits' colours.

    Returns
    -------
    ndarray of uint8, shape (N_VALUES, 4)
        Without a bit all are 0.
    """
    found = np.zeros((N_VALUES, 4), np.uint8)
    for value in range(1, N_VALUES):
        parts = [_channels(colour) for bit, colour in COLOURS.items() if value & bit]
        found[value] = [*np.mean(parts, axis=0).round(), 255]
    return found


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
