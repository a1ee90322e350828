"""Three images as one in colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skyseg.display.scales import Limits
from skyseg.engine.types import ByteImage, FloatArray, FloatImage

_STRETCH_SIGMA: Final = 6.0
_SOFTENING: Final = 8.0
_ROWS: Final = 256


def compose_rgb(images: Sequence[Any], limits: Sequence[Limits]) -> ByteImage:
    """Compose a red, a green and a blue image, as Lupton et al. (2004) do.

    Parameters
    ----------
    images : sequence of array_like of float, shape (ny, nx)
        The images, on the same pixels; what is not finite is as the sky.
    limits : sequence of Limits
        Of each image, as `skyseg.display.scales.choose_limits` finds for SCI: each is
        scaled by its noise, so that the sky is grey.

    Returns
    -------
    ndarray of uint8, shape (ny, nx, 3)
    """
    from astropy.visualization import make_lupton_rgb

    ny, nx = images[0].shape
    colours: ByteImage = np.empty((ny, nx, 3), np.uint8)
    for start in range(0, ny, _ROWS):
        rows = slice(start, start + _ROWS)
        parts = [_scale(image[rows], each) for image, each in zip(images, limits, strict=True)]
        with np.errstate(invalid="ignore", divide="ignore"):
            colours[rows] = make_lupton_rgb(
                *parts, minimum=0.0, stretch=_STRETCH_SIGMA, Q=_SOFTENING
            )
    return colours


def _scale(rows: Any, limits: Limits) -> FloatImage:
    noise = limits.softening * (limits.high - limits.low) / 2
    values = (np.asarray(rows, np.float32) - (limits.low + 2 * noise)) / noise
    scaled: FloatImage = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    return scaled


def resample(image: Any, matrix: FloatArray, shape: tuple[int, int]) -> FloatImage:
    """Bring an image to other pixels, the nearest pixel each; NaN outside of it.

    Parameters
    ----------
    image : array_like of float, shape (ny, nx)
        The image.
    matrix : ndarray of float, shape (3, 3)
        From (row, column, 1) of the wanted pixels to those of the image.
    shape : tuple of int
        Rows and columns that are wanted.

    Examples
    --------
    >>> resample(np.eye(2), np.diag([0.5, 0.5, 1.0]), (2, 2)).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    found: FloatImage = np.full(shape, np.nan, np.float32)
    columns = np.arange(shape[1])
    for row in range(shape[0]):
        y, x = (
            np.rint(matrix[axis, 0] * row + matrix[axis, 1] * columns + matrix[axis, 2])
            for axis in (0, 1)
        )
        inside = (y >= 0) & (y < image.shape[0]) & (x >= 0) & (x < image.shape[1])
        found[row, inside] = image[y[inside].astype(np.intp), x[inside].astype(np.intp)]
    return found
