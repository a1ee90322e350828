"""A source cut out of a band."""

from __future__ import annotations

from dataclasses import dataclass

from skyseg.engine.types import AnyFloatImage, FloatArray
from skyseg.panel.catalogue import Outline


@dataclass(frozen=True)
class Cutout:
    """A source in one band.

    Attributes
    ----------
    title : str
        The band, or those of which a colour image is made.
    image : ndarray of float, shape (ny, nx) or (ny, nx, 3)
        The pixels around the source; the latter red, green and blue, 0 to 1.
    lines : tuple of list of ndarray
        Outline, aperture and Kron ellipse, each some lines of points (row, column)
        in the cutout.
    middle : tuple of float
        The source's place (row, column) in the cutout.
    matrix : ndarray of float, shape (2, 2)
        From steps (column, row) to arcsec (west, north).
    side : float
        What is shown around the source, in arcsec.
    """

    title: str
    image: AnyFloatImage
    lines: tuple[list[Outline], ...]
    middle: tuple[float, float]
    matrix: FloatArray
    side: float
