"""Arrays in memory as something that can be viewed and plotted like a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.wcs import WCS

from skyseg.engine.types import FloatImage
from skyseg.errors import ParameterError, ProductError
from skyseg.imaging.celestial import settle_frame

_LARGEST = 2**32 - 1
_ROWS = 32


@dataclass(frozen=True, eq=False)
class ArrayBand:
    """An image in memory, with or without labels and catalogue.

    Attributes
    ----------
    name : str
        What it is, for people.
    sci : ndarray of float32, shape (ny, nx)
        The image.
    wcs : astropy.wcs.WCS or None
        Celestial WCS.
    pix_scale : astropy.units.Quantity
        Side of a pixel in arcsec.
    unit : str
        Unit of the image; empty where it is not known.
    """

    name: str
    sci: FloatImage
    wcs: WCS | None
    pix_scale: u.Quantity
    unit: str = ""

    @classmethod
    def of(cls, image: Any, wcs: WCS | None, name: str = "image") -> ArrayBand:
        """Take a 2-D array, and what it is called.

        Raises
        ------
        ParameterError
            If it is no 2-D array of numbers, or the WCS is of no frame that is known.
        """
        array = np.asarray(image)
        if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "fiu":
            raise ParameterError(
                f"the image has shape {array.shape} and dtype {array.dtype}",
                hint="give a 2-D array of numbers, a file, a BandData or a Data",
            )
        try:
            celestial = None if wcs is None else settle_frame(wcs.celestial)[0]
        except ValueError as error:
            raise ParameterError(
                f"cannot be used ({error})", hint="give a celestial WCS, or none", argument="wcs"
            ) from error
        scale = 1.0
        if celestial is not None:
            corners = celestial.proj_plane_pixel_area().to_value(u.arcsec**2)
            scale = float(np.sqrt(corners))
        return cls(name, array.astype(np.float32, copy=False), celestial, scale * u.arcsec)

    @property
    def shape(self) -> tuple[int, int]:
        """Image shape (ny, nx)."""
        return self.sci.shape[0], self.sci.shape[1]

    def load_sci(self) -> FloatImage:
        """Return the image."""
        return self.sci

    def _missing(self) -> Any:
        raise ProductError(f"{self.name} is an array and has no other maps", hint="give a BandData")

    load_err = load_wht = load_bkg = load_seg = load_cat = load_places = _missing


def check_labels(labels: Any, shape: tuple[int, int], name: str) -> npt.NDArray[Any]:
    """Return a label map that can be shown over an image.

    Raises
    ------
    ParameterError
        If it has another shape than the image, or values that are no labels.
    """
    array = np.asarray(labels)
    if array.shape != shape or array.dtype.kind not in "iu":
        raise ParameterError(
            f"the labels over {name} have shape {array.shape} and dtype {array.dtype}",
            hint=f"give whole numbers of shape {shape}",
        )
    lowest, highest = _find_range(array)
    if lowest < 0 or highest > _LARGEST:
        raise ParameterError(
            f"the labels over {name} run from {lowest} to {highest}",
            hint=f"give labels from 0 to {_LARGEST}",
        )
    return array


def _find_range(array: npt.NDArray[np.integer]) -> tuple[int, int]:
    """Lowest and highest value; rows are looked at twice while the processor's cache has them."""
    parts = [array[start : start + _ROWS] for start in range(0, len(array), _ROWS)]
    found = [(int(part.min()), int(part.max())) for part in parts]
    return min(lowest for lowest, _ in found), max(highest for _, highest in found)
