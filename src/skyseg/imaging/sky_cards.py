"""Cards of a header that say where its pixels lie on the sky, without a WCS made of them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from astropy.io import fits

TABLES: Final = re.compile(r"((CPDIS|CPERR|CQDIS|DP|D2IMDIS|D2IMERR|D2IM)[12](\..*)?|AXISCORR)")
"""Keywords of distortion that stands in tables."""

OF_WCS: Final = re.compile(
    r"(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA|NAXIS)\d|(CD|PC|PV|PS|A|B|AP|BP)_?\d+_\d+|[AB]P?_ORDER"
    r"|(CD|PC)\d{6}|LONPOLE|LATPOLE|RADESYS|RADECSYS|EQUINOX|EPOCH|WCSAXES|NAXIS|MJD.*|DATE-.*"
    r"|JEPOCH|BEPOCH|PROJP\d+|WAT\d_\d+|AMD[XY]\d+|CNPIX\d|PLT.*|PPO\d|[XY]PIXELSZ"
)
"""Cards that wcslib reads, also former ones, those of IRAF and those of the DSS."""

SMALLEST, LARGEST = 1e-6, 36000.0
"""Pixel scales in arcsec beyond which something is wrong."""

_CELESTIAL_TYPE: Final = re.compile(r"(RA|DEC|[GE]LON|[GE]LAT)-", re.IGNORECASE)
_DEFAULT_SCALE: Final = 3600.0
"""Arcsec: what a pixel measures where CDELT is missing, as it then counts as 1 degree."""


def is_possible_scale(scale: float) -> bool:
    """Whether a pixel of the sky can have a side of so many arcsec."""
    return SMALLEST <= scale <= LARGEST


def is_default_scale(scale: float) -> bool:
    """Whether a pixel has the side in arcsec that it has where CDELT is missing."""
    return math.isclose(scale, _DEFAULT_SCALE, rel_tol=1e-6)


def scale_of_matrix(header: fits.Header) -> float | None:
    """Side of a pixel in arcsec by CD or CDELT alone, where the WCS cannot be read.

    Parameters
    ----------
    header : astropy.io.fits.Header
        Header of the image.

    Returns
    -------
    float or None
        None where the axes are not named as those of the sky, or no matrix is there.

    Examples
    --------
    >>> from astropy.io import fits
    >>> header = fits.Header({"CTYPE1": "RA---ZPX", "CTYPE2": "DEC--ZPX",
    ...     "CD1_1": -1 / 3600, "CD2_2": 1 / 3600})
    >>> round(scale_of_matrix(header), 6)
    1.0
    """
    if not all(_CELESTIAL_TYPE.match(str(header.get(f"CTYPE{axis}", ""))) for axis in (1, 2)):
        return None
    if not all(str(header.get(f"CUNIT{a}", "deg")).strip() in ("", "deg") for a in (1, 2)):
        return None
    names = ("CD1_1", "CD1_2", "CD2_1", "CD2_2")
    try:
        if any(name in header for name in names):
            a, b, c, d = (float(header.get(name, 0)) for name in names)
            area = abs(a * d - b * c)
        else:
            area = abs(float(header.get("CDELT1", 0)) * float(header.get("CDELT2", 0)))
    except (TypeError, ValueError):
        return None
    scale = math.sqrt(area) * 3600
    return scale if is_possible_scale(scale) and not is_default_scale(scale) else None
