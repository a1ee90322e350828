"""How much of the light of a point source fixed apertures hold, from an image of the PSF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_diameters, as_image
from skyseg.engine.depths import sum_light
from skyseg.engine.types import FloatArray, FloatImage
from skyseg.errors import ImageError


def measure_enclosed_light(psf: npt.ArrayLike, aper_diams: Sequence[float]) -> FloatArray:
    """Measure the part of the light of a PSF that is in circles around its middle.

    Parameters
    ----------
    psf : array_like, shape (ny, nx)
        Image of the PSF without a sky, large enough to hold its light.
    aper_diams : sequence of float
        Diameters in its pixels.

    Returns
    -------
    ndarray of float64, shape (number of diameters,)
        Above 0, at most 1. Its inverse corrects a flux for the light outside.

    Raises
    ------
    ImageError
        If the image has bad pixels, no light, or a circle does not lie in it.
    ParameterError
        If a diameter is not allowed.

    Examples
    --------
    >>> y, x = np.mgrid[-40:41, -40:41]
    >>> psf = np.exp(-0.5 * (x**2 + y**2) / 4**2)
    >>> measure_enclosed_light(psf, [8.0]).round(2).tolist()  # 1 - exp(-1/2)
    [0.39]
    """
    image = as_image(psf, "psf")
    diameters = as_diameters(tuple(aper_diams))
    total = float(image.sum(dtype=np.float64))
    if not np.isfinite(total) or total <= 0:
        raise ImageError("has bad pixels or no light", hint="give an image of it", argument="psf")
    y, x = _find_middle(image)
    reach = min(y, x, image.shape[0] - 1 - y, image.shape[1] - 1 - x) + 0.5
    if max(diameters, default=0.0) / 2 > reach:
        raise ImageError(
            f"reaches {reach:.1f} pixels from its middle, and apertures {max(diameters) / 2:g}",
            hint="give a larger image or smaller apertures", argument="psf",
        )  # fmt: skip
    # of a total of 1, so that any unit will do
    norm = (image / np.float32(total)).astype(np.float32)
    return np.array([float(sum_light(norm, [y], [x], each)[0]) for each in diameters])


def _find_middle(image: FloatImage) -> tuple[float, float]:
    """Find the middle of light of the pixels above half of the highest."""
    rows, columns = np.nonzero(image >= image.max() / 2)
    light = image[rows, columns].astype(np.float64)
    return float(np.average(rows, weights=light)), float(np.average(columns, weights=light))
