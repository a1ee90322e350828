"""AB zero points from headers."""

from __future__ import annotations

import logging
import math
import re
import warnings
from collections.abc import Sequence
from numbers import Real

from astropy import units as u
from astropy.io import fits

from skyseg.errors import ParameterError

_ZERO_POINT_KEYS = ("ZEROPNT", "ABZP", "MAGZERO", "MAGZPT")
_PHOTFLAM_UNIT = u.erg / u.s / u.cm**2 / u.AA
# Spellings of units that headers hold and astropy does not read.
_SPELLINGS = (
    (re.compile(r"(?i)\bnanomagg(y|ies)\b"), "nmgy"),
    (re.compile(r"(?i)\bmagg(y|ies)\b"), "mgy"),
    (re.compile(r"(?i)\bpixels?\b"), "pix"),
    (re.compile(r"/A$"), "/Angstrom"),
    (re.compile(r"\bMJY/SR\b"), "MJy/sr"),
    (re.compile(r"\bUJY\b"), "uJy"),
    (re.compile(r"\bNJY\b"), "nJy"),
    (re.compile(r"\bJY\b"), "Jy"),
)
_RATE = re.compile(
    r"(e-?|electrons?|counts?|cts?|dn|adu|photons?)\s*(/\s*s(ec(onds?)?)?|\s+s-1|\s*\*?\s*s\*\*-1)"
    r"|cps",
    re.IGNORECASE,
)

logger = logging.getLogger(__name__)


def check_zero_point(zero_point: float | u.Quantity | None) -> float | None:
    """Return a zero point that a person gives as a number.

    Raises
    ------
    ParameterError
        If it is not a finite number, or a Quantity in AB magnitudes.
    """
    value = zero_point
    if isinstance(value, u.Quantity) and value.isscalar and value.unit in (u.mag, u.ABmag):
        value = value.value
    if value is None:
        return None
    if isinstance(value, u.Quantity) or not isinstance(value, Real) or not math.isfinite(value):
        raise ParameterError(
            f"is {zero_point!r}",
            hint="it must be a finite number, an AB magnitude",
            argument="zero_point",
        )
    return float(value)


def keyword(headers: Sequence[fits.Header], key: str) -> float | None:
    """Return the finite number that a keyword has in the first header that holds one."""
    for header in headers:
        value = header.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def unit_text(headers: Sequence[fits.Header]) -> str:
    """Return BUNIT of the first header that holds it; empty where none does."""
    return next((str(h["BUNIT"]).strip() for h in headers if str(h.get("BUNIT", "")).strip()), "")


def read_zero_point(headers: Sequence[fits.Header], pixel_area: float | None) -> float:
    """AB magnitude of one unit of the pixels, as headers tell it.

    What the pixels are in (BUNIT) comes first, for it cannot be a leftover of
    an earlier stage as keywords of the detector's calibration can:

    1. BUNIT is a flux density: per pixel (``10.0*nanoJansky``, ``nanomaggy``,
       ``erg/s/cm2/Hz``; per wavelength with PHOTPLAM) or per solid angle
       (``MJy/sr``), times `pixel_area`;
    2. BUNIT is a count rate, and there are PHOTFLAM and PHOTPLAM;
    3. ZEROPNT, ABZP, MAGZERO or MAGZPT, in that order.

    Parameters
    ----------
    headers : sequence of astropy.io.fits.Header
        The map's header, then the primary one.
    pixel_area : float or None
        Solid angle of a pixel in sr, or None where it is unknown.

    Returns
    -------
    float
        NaN where the headers do not tell.

    Examples
    --------
    >>> header = fits.Header([("BUNIT", "10.0*nanoJansky")])
    >>> round(read_zero_point([header], None), 3)
    28.9
    """
    text = unit_text(headers)
    wavelength = keyword(headers, "PHOTPLAM")
    flux = _flux_of_unit(text, pixel_area, wavelength)
    if flux is None and _RATE.fullmatch(text):
        flux = _flux_of_photflam(keyword(headers, "PHOTFLAM"), wavelength)
    if flux is not None:
        return -2.5 * math.log10(flux / u.ABflux.to(u.Jy))
    for key in _ZERO_POINT_KEYS:
        value = keyword(headers, key)
        if value is not None:
            return value
    return math.nan


def _flux_of_unit(text: str, pixel_area: float | None, wavelength: float | None) -> float | None:
    """Flux density in Jy of one unit in one pixel; None where the text is no flux density."""
    unit = _parsed(text)
    if unit is None:
        return None
    areas = [u.Quantity(1), 1 * u.pix]
    if pixel_area is not None:
        areas.append(pixel_area * u.sr)
    fluxes = (_in_jansky(unit * area, wavelength) for area in areas)
    return next((flux for flux in fluxes if flux is not None), None)


def _parsed(text: str) -> u.UnitBase | None:
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", u.UnitsWarning)
        try:
            unit = u.Unit(text)
        except ValueError:
            logger.debug("BUNIT %r is not a unit", text)
            return None
    return unit if isinstance(unit, u.UnitBase) else None


def _in_jansky(value: u.Quantity, wavelength: float | None) -> float | None:
    equivalencies = u.zero_point_flux(1 * u.ABflux)
    if wavelength is not None and wavelength > 0:
        equivalencies = equivalencies + u.spectral_density(wavelength * u.AA)
    try:
        flux = float(value.to_value(u.Jy, equivalencies))
    except u.UnitConversionError:
        return None
    return flux if flux > 0 else None


def _flux_of_photflam(photflam: float | None, wavelength: float | None) -> float | None:
    if photflam is None or wavelength is None or photflam <= 0 or wavelength <= 0:
        return None
    return _in_jansky(photflam * _PHOTFLAM_UNIT, wavelength)
