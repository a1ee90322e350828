"""Three bands in colour, in tiles over the image of a canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skyseg.comparison.grids import is_same_grid
from skyseg.display.colour_images import compose_rgb
from skyseg.display.pyramids import make_image_pyramid
from skyseg.display.scales import choose_limits
from skyseg.errors import ParameterError
from skyseg.notebook._tiles import SMALLEST, TileGrid, TileLayer

if TYPE_CHECKING:
    from skyseg.display.scales import Stretch
    from skyseg.engine.types import AnyFloatImage
    from skyseg.plotting.maps import Band

_SAMPLE_PIXELS = 2**20


def make_colour_layer(
    grid: TileGrid, bands: Sequence[Band], onto: Band, stretch: Stretch
) -> TileLayer:
    """Make the layer of three bands in colour, on the pixels of a band.

    Parameters
    ----------
    grid : TileGrid
        The tiles of the canvas.
    bands : sequence of BandData or ArrayBand
        What is red, green and blue; brought onto the pixels of the other band, where
        theirs are others.
    onto : BandData or ArrayBand
        The band of the canvas.
    stretch : {"linear", "asinh", "sqrt", "log"}
        How values are drawn.

    Returns
    -------
    TileLayer

    Raises
    ------
    ParameterError
        If a band has other pixels and no WCS to bring them by.
    """
    for band in bands:
        if not _can_be_brought(band, onto):
            raise ParameterError(
                f"has {band.name}, whose pixels are not those of {onto.name}",
                hint="choose bands that have a celestial WCS",
                argument="rgb",
            )

    def build(_: Any) -> list[Any]:
        images = [_bring(band, onto) for band in bands]
        rows = [image[:: max(1, image.size // _SAMPLE_PIXELS)] for image in images]
        limits = [choose_limits(each, "SCI", "auto") for each in rows]
        pyramids = [make_image_pyramid(image, SMALLEST) for image in images]
        levels = [compose_rgb(level, limits, stretch) for level in zip(*pyramids, strict=True)]
        return [level.view(np.dtype("<u4"))[..., 0] for level in levels]

    return TileLayer.of_colours(grid, onto.load_sci(), build)


def _can_be_brought(band: Band, onto: Band) -> bool:
    if band.wcs is None or onto.wcs is None:
        return band.shape == onto.shape
    return True


def _bring(band: Band, onto: Band) -> AnyFloatImage:
    """Return the image of a band on the pixels of another."""
    image: AnyFloatImage = band.load_sci()
    wcs, other = band.wcs, onto.wcs
    if wcs is None or other is None:
        return image
    if band.shape == onto.shape and is_same_grid(other, wcs, onto.shape):
        return image
    from reproject import reproject_interp

    brought: AnyFloatImage = reproject_interp(
        (image, wcs), other, shape_out=onto.shape, return_footprint=False
    )
    return brought.astype(np.float32)
