"""Three images as one in colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skyseg.display.scales import Limits, Stretch, stretch_parts
from skyseg.engine.types import AnyFloatImage, ByteImage


def compose_rgb(
    images: Sequence[AnyFloatImage], limits: Sequence[Limits], stretch: Stretch
) -> ByteImage:
    """Compose three images to one in colour; each is scaled by its own limits.

    Parameters
    ----------
    images : sequence of ndarray of float, shape (ny, nx)
        What is red, green and blue, on the same pixels.
    limits : sequence of Limits
        Of each image.
    stretch : {"linear", "asinh", "sqrt", "log"}
        How values between the limits are drawn.

    Returns
    -------
    ndarray of uint8, shape (ny, nx, 4)
        Red, green, blue and opacity, which is 0 where an image has no value.

    Examples
    --------
    >>> ramp = np.array([[0.0, 1.0, np.nan]])
    >>> compose_rgb([ramp] * 3, [Limits(0, 1)] * 3, "linear").tolist()
    [[[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0]]]
    """
    finite = np.logical_and.reduce([np.isfinite(image) for image in images])
    colours = np.zeros((*finite.shape, 4), np.uint8)
    for place, (image, each) in enumerate(zip(images, limits, strict=True)):
        parts = (np.where(finite, image, each.low) - each.low) / (each.high - each.low)
        shown = np.round(255 * stretch_parts(parts, stretch, each.softening))
        colours[..., place] = np.where(finite, shown, 0)
    colours[..., 3] = np.where(finite, 255, 0)
    return colours
