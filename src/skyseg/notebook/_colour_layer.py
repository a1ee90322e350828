"""Three bands in colour, in tiles over the image of a canvas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skyseg.comparison.grids import is_same_grid
from skyseg.display.pyramids import make_image_pyramid
from skyseg.display.rgb import compose_rgb
from skyseg.display.scales import choose_limits
from skyseg.errors import ParameterError
from skyseg.notebook._tiles import SMALLEST, TileGrid, TileLayer

if TYPE_CHECKING:
    from skyseg.display.scales import Limits
    from skyseg.engine.types import AnyFloatImage
    from skyseg.plotting.maps import Band

_SAMPLE_PIXELS = 2**20


def make_colour_layer(grid: TileGrid, bands: Sequence[Band], onto: Band) -> TileLayer:
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

    Returns
    -------
    TileLayer

    Raises
    ------
    ParameterError
        If a band has other pixels and no WCS to bring them by.
    """
    for band in bands:
        if not can_be_brought(band, onto):
            raise ParameterError(
                f"has {band.name}, whose pixels are not those of {onto.name}",
                hint="choose bands that have a celestial WCS",
                argument="rgb",
            )

    def build(_: Any) -> list[Any]:
        images = [bring(band, onto) for band in bands]
        rows = [image[:: max(1, image.size // _SAMPLE_PIXELS)] for image in images]
        limits = [choose_limits(each, "SCI", "auto") for each in rows]
        pyramids = [make_image_pyramid(image, SMALLEST) for image in images]
        return [_pack(level, limits) for level in zip(*pyramids, strict=True)]

    return TileLayer.of_colours(grid, onto.load_sci(), build)


def _pack(images: Sequence[AnyFloatImage], limits: Sequence[Limits]) -> npt.NDArray[np.uint32]:
    """Compose images and pack each pixel into one number; 0 where no image has a value."""
    seen = np.logical_or.reduce([np.isfinite(image) for image in images])
    opacity = np.where(seen, np.uint8(255), np.uint8(0))
    colours = np.concatenate([compose_rgb(images, limits), opacity[..., None]], axis=-1)
    packed: npt.NDArray[np.uint32] = np.where(seen, colours.view(np.dtype("<u4"))[..., 0], 0)
    return packed


def can_be_brought(band: Band, onto: Band) -> bool:
    """Tell whether the image of a band can be brought onto the pixels of another."""
    if band.wcs is None or onto.wcs is None:
        return band.shape == onto.shape
    return True


def bring(band: Band, onto: Band) -> AnyFloatImage:
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
