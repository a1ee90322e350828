"""The image of another band, which takes turns with that of a canvas while it blinks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skyseg.display.scales import Limits, choose_limits
from skyseg.errors import ParameterError
from skyseg.notebook._colour_layer import bring, can_be_brought
from skyseg.notebook._encoding import Codes
from skyseg.notebook._tiles import TileGrid, TileLayer

if TYPE_CHECKING:
    from skyseg.plotting.maps import Band

_SAMPLE_PIXELS = 2**20
_CODES_PER_SIGMA = 4


def make_second_image(grid: TileGrid, band: Band, onto: Band) -> tuple[TileLayer, dict[str, float]]:
    """Make the layer of a band's image on the pixels of another, and how it is drawn.

    Parameters
    ----------
    grid : TileGrid
        The tiles of the canvas.
    band : BandData or ArrayBand
        The image, which is brought onto other pixels where that must be.
    onto : BandData or ArrayBand
        The band of the canvas.

    Returns
    -------
    layer : TileLayer
        The image.
    scale : dict of str to float
        ``low`` and ``high``, its automatic limits; ``zero`` and ``softening`` of its codes.
    """
    image = bring(band, onto)
    found = choose_limits(image[:: max(1, image.size // _SAMPLE_PIXELS)], "SCI", "auto")
    codes = choose_codes(found, "SCI")
    scale = {"zero": codes.zero, "softening": codes.softening, "low": found.low, "high": found.high}
    return TileLayer.of_image(grid, image, codes), scale


def check_second(key: Any, bands: Mapping[str, Band], onto: Band) -> str:
    """Return the key of a band whose image may blink with another; empty for none.

    Raises
    ------
    ParameterError
        If there is no such band, or it has other pixels and no WCS to bring it by.
    """
    if key and key not in bands:
        raise ParameterError(
            f"is {key!r}",
            hint=f"give one of {', '.join(bands)}, or an empty text for none",
            argument="blink_with",
        )
    if key and not can_be_brought(bands[key], onto):
        raise ParameterError(
            f"is {key}, whose pixels are not those of {onto.name}",
            hint="choose a band that has a celestial WCS",
            argument="blink_with",
        )
    return str(key)


def choose_codes(found: Limits, ext: str) -> Codes:
    """Return codes that are fine enough for a map."""
    if ext == "SCI":
        sigma = found.softening * (found.high - found.low) / 2
        return Codes(found.low + 2 * sigma, sigma / _CODES_PER_SIGMA)
    return Codes(found.low, (found.high - found.low) / 256)
