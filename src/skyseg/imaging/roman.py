"""Roman's L3 mosaics in ASDF, with the headers that FITS files of them would have."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from astropy.io import fits

from skyseg.engine.types import FloatImage
from skyseg.errors import Advice, DataNotFoundError, ImageError, SkysegError
from skyseg.imaging.names import Role
from skyseg.imaging.remote import is_remote
from skyseg.imaging.warned import catching_warnings

if TYPE_CHECKING:
    from astropy.wcs import WCS

ASDF_ENDING: Final = ".asdf"

_MAPS: Final[dict[Role, str]] = {"SCI": "data", "ERR": "err", "WHT": "weight"}
_UNIT: Final = "MJy/sr"
_WANTED_ACCURACY: Final = 0.01
_TOLERATED: Final = 0.1
"""Pixels by which FITS's WCS may be off Roman's before it is said."""

_SAMPLES: Final = 9

logger = logging.getLogger(__name__)


def is_asdf(path: Path) -> bool:
    """Tell whether a file is ASDF by its name."""
    return path.name.lower().endswith(ASDF_ENDING)


def describe_mosaic(path: Path) -> tuple[tuple[fits.Header, ...], bool]:
    """Return what a FITS file of a mosaic would say in its headers.

    Parameters
    ----------
    path : Path
        An ASDF file.

    Returns
    -------
    headers : tuple of astropy.io.fits.Header
        Of SCI, ERR and WHT, as far as they are there, with size, unit, band and a WCS
        that follows the mosaic's; none where the file holds no mosaic.
    in_parts : bool
        Whether a part of a map can be read without the rest: none is compressed.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it cannot be read, or what reads it is not installed.
    """
    with _opened(path) as file:
        mosaic = file.tree.get("roman", {})
        maps = _find_maps(mosaic)
        if "SCI" not in maps:
            return (), True
        common = _describe(mosaic["meta"], maps["SCI"].shape, path)
        headers = []
        for role, values in maps.items():
            header = fits.Header({"EXTNAME": role, "NAXIS": 2})
            header["NAXIS1"], header["NAXIS2"] = values.shape[::-1]
            if role != "WHT":
                header["BUNIT"] = str(getattr(values, "unit", _UNIT))
            header.extend(common)
            headers.append(header)
        blocks = (getattr(values, "value", values) for values in maps.values())
        in_parts = not any(file.get_array_compression(each) for each in blocks)
    return tuple(headers), in_parts


def read_mosaic(
    path: Path, ext: int, part: tuple[slice, slice] = (slice(None), slice(None))
) -> FloatImage:
    """Read a map of a mosaic, or a part of it.

    Parameters
    ----------
    path : Path
        An ASDF file.
    ext : int
        Number of the map, among those of `describe_mosaic`.
    part : tuple of slice
        Rows and columns.

    Returns
    -------
    ndarray of float32
        A copy in native byte order.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it cannot be read.
    """
    with _opened(path) as file:
        values = list(_find_maps(file.tree["roman"]).values())[ext]
        return np.array(getattr(values, "value", values)[part], np.float32, order="C")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open an ASDF file; what its content makes a library raise is an ImageError."""
    try:
        import asdf
        import roman_datamodels  # noqa: F401 - tells asdf what Roman's tags mean
    except ImportError as error:
        raise ImageError(
            f"{path} is ASDF, and what reads it is not installed",
            hint="install skyseg with the extra 'roman'",
        ) from error
    if is_remote(path):
        raise ImageError(f"{path} is ASDF on a server", hint="download the file")
    try:
        with catching_warnings(), asdf.open(path, lazy_load=True, memmap=True) as file:
            yield file
    except SkysegError:
        raise
    except FileNotFoundError as error:
        raise DataNotFoundError(f"{path} does not exist", hint="correct the path") from error
    except Exception as error:
        reason = " ".join(str(error).split()).split(". ")[0].rstrip(".")
        raise ImageError(
            f"{path} cannot be read as ASDF ({reason})", hint="replace it with a whole file"
        ) from error


def _find_maps(mosaic: Any) -> dict[Role, Any]:
    """Return the maps of an L3 mosaic; none of what is none, such as an exposure."""
    if "weight" not in mosaic:
        return {}
    return {role: mosaic[name] for role, name in _MAPS.items() if name in mosaic}


def _describe(meta: Any, shape: tuple[int, int], path: Path) -> fits.Header:
    """Cards of telescope, band, area of a pixel and WCS."""
    import astropy.units as u

    header = fits.Header({"TELESCOP": "ROMAN", "INSTRUME": "Roman_WFI"})
    # older files have what an exposure has of its instrument under "basic"
    for place in ("instrument", "basic"):
        if place in meta and "optical_element" in meta[place]:
            header["FILTER"] = str(meta[place]["optical_element"])
            break
    area = meta["photometry"].get("pixel_area") if "photometry" in meta else None
    area = u.Quantity(area, u.sr).value if area is not None else -1.0
    if area > 0:
        header["PIXAR_SR"] = float(area)
    wcs = meta.get("wcs")
    if wcs is not None:
        header.extend(_describe_wcs(wcs, shape, path))
    return header


def _describe_wcs(wcs: Any, shape: tuple[int, int], path: Path) -> fits.Header:
    """Write a mosaic's WCS as FITS does: a projection, with a polynomial where it needs one."""
    from astropy.wcs import WCS

    ny, nx = shape
    box = ((-0.5, nx - 0.5), (-0.5, ny - 0.5))
    try:
        header = wcs.to_fits_sip(
            bounding_box=box, max_pix_error=_WANTED_ACCURACY, max_inv_pix_error=None
        )
        off = _find_largest_error(wcs, WCS(header), shape)
    except (ValueError, TypeError, RuntimeError, np.linalg.LinAlgError) as error:
        reason = " ".join(str(error).split()).split(". ")[0].rstrip(".")
        what = f"{path} has a WCS that FITS cannot follow ({reason}), so it is left out"
        logger.warning(Advice(what))
        return fits.Header()
    if not off <= _TOLERATED:
        what = f"{path} has a WCS that FITS can follow to {off:.2g} pixels only, and so it is used"
        logger.warning(Advice(what))
    for key in ("NAXIS", "NAXIS1", "NAXIS2", "WCSNAME"):
        header.remove(key, ignore_missing=True)
    return header


def _find_largest_error(wcs: Any, followed: WCS, shape: tuple[int, int]) -> float:
    """Pixels between the positions of two WCS, at the most, over an image."""
    from astropy.coordinates import SkyCoord
    from astropy.wcs.utils import proj_plane_pixel_scales

    y, x = (np.linspace(0, length - 1, _SAMPLES) for length in shape)
    x, y = (each.ravel() for each in np.meshgrid(x, y))
    apart = followed.pixel_to_world(x, y).separation(SkyCoord(*wcs(x, y), unit="deg"))
    return float(apart.deg.max() / proj_plane_pixel_scales(followed).min())
