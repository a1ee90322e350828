"""Pixels as the bytes that a browser is sent."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_STEPS = 256  # codes per unit of asinh
_MIDDLE = 32768
_LEVEL = 1  # zlib's fastest; noise hardly compresses better


@dataclass(frozen=True)
class Codes:
    """How the values of an image become numbers of 16 bits.

    Steps are even near `zero`, and in proportion to the value far from it, so that
    no range of values has to be known.

    Attributes
    ----------
    zero : float
        The value in the middle of the codes, such as the level of the sky.
    softening : float
        Distance from `zero` at which steps begin to grow; a step is then 1/256 of it.

    Examples
    --------
    >>> Codes(0.0, 0.5).encode(np.array([np.nan, 0.0, 0.5])).tolist()
    [0, 32768, 32994]
    """

    zero: float
    softening: float

    def encode(self, image: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint16]:
        """Return the code of every pixel; 0 is a pixel that is not finite."""
        finite = np.isfinite(image)
        scaled = (np.where(finite, image, self.zero) - self.zero) / self.softening
        codes = np.rint(np.arcsinh(scaled) * _STEPS).clip(1 - _MIDDLE, _MIDDLE - 1) + _MIDDLE
        return np.where(finite, codes, 0).astype(np.uint16)

    def decode(self, codes: npt.NDArray[np.uint16]) -> npt.NDArray[np.float64]:
        """Return the value of every code; NaN for 0."""
        values = self.zero + self.softening * np.sinh((codes.astype(float) - _MIDDLE) / _STEPS)
        return np.where(codes == 0, np.nan, values)


def compress(pixels: npt.NDArray[np.unsignedinteger[Any]], *, reverse: bool = False) -> bytes:
    """Compress pixels, byte plane by byte plane.

    Parameters
    ----------
    pixels : ndarray of unsigned int, shape (ny, nx)
        The pixels.
    reverse : bool, optional
        Whether the highest byte comes first.

    Returns
    -------
    bytes
        A zlib stream of all first bytes, then all second ones, and so on.
    """
    size = pixels.dtype.itemsize
    ordered = pixels.astype(pixels.dtype.newbyteorder(">" if reverse else "<"))
    planes = ordered.view(np.uint8).reshape(-1, size).T
    return zlib.compress(planes.tobytes(), _LEVEL)
