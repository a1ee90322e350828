"""AB zero points from headers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Real
from typing import TYPE_CHECKING, Any, Final

from skyseg.errors import ParameterError

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.io import fits

_GENERAL_KEYS: Final = ("ZEROPNT", "ABZP", "MAGZERO", "MAGZPT")
_SYSTEM_KEYS: Final = ("PHOTSYS", "MAGSYS", "ZPSYS", "MAGTYPE")
_CASU_INSTRUMENTS: Final = frozenset({"WFCAM", "VIRCAM", "WFC", "OMEGACAM"})
_CASU_KEYS: Final = ("MAGZRR", "EXTINCT", "AMSTART")
_PLACEHOLDER: Final = 90.0
_LARGEST: Final = 100
_LEGACY_SURVEYS: Final = 22.5
_NUMBER: Final = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?\s*")
_PER_SECOND: Final = re.compile(
    r"(e-?|electrons?|counts?|cts?|dn|adu|photons?)\s*(/|per)\s*s(ec(onds?)?)?\b|\bcps\b"
    r"|\b1\s*s(ec(ond)?)?\b|\bper\s+sec(ond)?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ZeroPoint:
    """The AB zero point that headers tell.

    Attributes
    ----------
    value : float
        AB magnitude of one unit of the pixels; NaN where it is not known.
    remark : str
        What the user should know of it: why one in the header was not taken, or
        what it was taken for. Empty where there is nothing to say.
    """

    value: float
    remark: str = ""


def check_zero_point(zero_point: float | u.Quantity | None) -> float | None:
    """Return a zero point that a person gives as a number.

    Raises
    ------
    ParameterError
        If it is not a number from -100 to 100, or a Quantity in AB magnitudes.
    """
    value: Any = _without_unit(zero_point) if hasattr(zero_point, "unit") else zero_point
    if value is None:
        return None
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not abs(value) <= _LARGEST:
        raise ParameterError(
            f"is {zero_point!r}",
            hint=f"it must be an AB magnitude from -{_LARGEST} to {_LARGEST}",
            argument="zero_point",
        )
    return float(value)


def _without_unit(value: Any) -> Any:
    """Return the number of a Quantity in AB magnitudes; text, and so none, of any other."""
    import astropy.units as u

    is_magnitude = isinstance(value, u.Quantity) and value.isscalar
    return value.value if is_magnitude and value.unit in (u.mag, u.ABmag) else str(value)


def keyword(headers: Sequence[fits.Header], key: str) -> float | None:
    """Return the finite number that a keyword has in the first header that holds one.

    A text that is a number, as FITS writes numbers, is one.

    Examples
    --------
    >>> from astropy.io import fits
    >>> keyword([fits.Header({"MAGZERO": "2.55D1"})], "MAGZERO")
    25.5
    """
    for header in headers:
        value = header.get(key)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value.upper().replace("D", "E"))
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return None


def unit_text(headers: Sequence[fits.Header]) -> str:
    """Return BUNIT of the first header that holds it; empty where none does."""
    return next((str(h["BUNIT"]).strip() for h in headers if str(h.get("BUNIT", "")).strip()), "")


def read_zero_point(headers: Sequence[fits.Header], pixel_area: float | None) -> float:
    """AB magnitude of one unit of the pixels, or NaN; see `find_zero_point`.

    Examples
    --------
    >>> from astropy.io import fits
    >>> header = fits.Header([("BUNIT", "10.0*nanoJansky")])
    >>> round(read_zero_point([header], None), 3)
    28.9
    """
    return find_zero_point(headers, pixel_area).value


def find_zero_point(headers: Sequence[fits.Header], pixel_area: float | None) -> ZeroPoint:
    """Read the AB magnitude of one unit of the pixels, and what there is to say of it.

    What the pixels are in (BUNIT) comes first, for it cannot be a leftover of
    an earlier stage as keywords of the detector's calibration can:

    1. BUNIT is a flux density: per pixel (``10.0*nanoJansky``, ``nanomaggy``,
       ``erg/s/cm2/Hz``; per wavelength with PHOTPLAM) or per solid angle
       (``MJy/sr``), times `pixel_area`;
    2. BUNIT is counts in a second, or counts with EXPTIME, and there are PHOTFLAM
       and PHOTPLAM; or counts in a second with PHOTMJSR, times `pixel_area`;
    3. keywords that one survey defines: FLUXMAG0 (HSC, LSST), MAGZP (ZTF), PHOTZP
       (ESO with PHOTSYS, CFHT), PHOT_C (CFHT's Elixir);
    4. ZEROPNT, ABZP, MAGZERO or MAGZPT, in that order, where nothing says that it
       is a Vega magnitude, one of a second, or not set.

    Parameters
    ----------
    headers : sequence of astropy.io.fits.Header
        The map's header, then the primary one.
    pixel_area : float or None
        Solid angle of a pixel in sr, or None where it is unknown.

    Returns
    -------
    ZeroPoint
        NaN where the headers do not tell.

    Examples
    --------
    >>> from astropy.io import fits
    >>> header = fits.Header([("BUNIT", "10.0*nanoJansky")])
    >>> round(find_zero_point([header], None).value, 3)
    28.9
    >>> find_zero_point([fits.Header({"MAGZERO": 0.0})], None)
    ZeroPoint(value=nan, remark='MAGZERO is 0, as where it is not set')
    """
    from skyseg.imaging.unit_fluxes import read_unit_flux

    found = read_unit_flux(unit_text(headers), pixel_area, partial(keyword, headers))
    is_vega = "VEGA" in _magnitude_system(headers)
    if found.magnitude is not None and (found.is_physical or not is_vega):
        return ZeroPoint(found.magnitude)
    if is_vega:
        return ZeroPoint(math.nan, "its header says that its magnitudes are of Vega")
    special = _of_a_survey(headers)
    if special is not None:
        return special
    return _of_general_keys(headers, found.is_rate)


def _magnitude_system(headers: Sequence[fits.Header]) -> str:
    """Return the name that headers give to the system of their magnitudes, in upper case."""
    named = (header.get(key) for header in headers for key in _SYSTEM_KEYS)
    return next((name.strip().upper() for name in named if isinstance(name, str)), "")


def _of_a_survey(headers: Sequence[fits.Header]) -> ZeroPoint | None:
    """Read the keywords whose meaning depends on who wrote them; None where there are none."""
    of_one = keyword(headers, "FLUXMAG0")
    if of_one is not None and of_one > 0:
        return ZeroPoint(2.5 * math.log10(of_one))
    makers = _makers(headers)
    refused = None
    magzp = keyword(headers, "MAGZP")
    if magzp is not None:
        if "ZTF" in makers or "ZWICKY" in makers:
            return ZeroPoint(magzp)
        refused = f"MAGZP is {magzp:g}, which only ZTF's headers have in AB magnitudes"
    photzp = keyword(headers, "PHOTZP")
    if photzp:
        if _magnitude_system(headers).startswith("AB") or "CFHT" in makers:
            return ZeroPoint(photzp)
        refused = f"PHOTZP is {photzp:g}, and no PHOTSYS says that it is an AB magnitude"
    elixir = _of_elixir(headers) if "CFHT" in makers else None
    if elixir is not None:
        return elixir
    if any("LEGPIPEV" in header for header in headers) and not unit_text(headers):
        return ZeroPoint(_LEGACY_SURVEYS)
    if refused is None or any(keyword(headers, key) for key in _GENERAL_KEYS):
        return None
    return ZeroPoint(math.nan, refused)


def _makers(headers: Sequence[fits.Header]) -> str:
    keys = ("INSTRUME", "TELESCOP", "ORIGIN", "OBSERVAT", "FILTER")
    names = " ".join(str(header.get(key, "")).upper() for header in headers for key in keys)
    is_cfht = any(name in names for name in ("MEGAPRIME", "MEGACAM", "WIRCAM"))
    return f"{names} CFHT" if is_cfht else names


def _of_elixir(headers: Sequence[fits.Header]) -> ZeroPoint | None:
    """Zero point of CFHT's Elixir: PHOT_C is of one count per second outside the airmass of 1."""
    of_second, exposure = keyword(headers, "PHOT_C"), keyword(headers, "EXPTIME")
    if not of_second or exposure is None or exposure <= 0:
        return None
    term, airmass = keyword(headers, "PHOT_K") or 0.0, keyword(headers, "AIRMASS") or 1.0
    return ZeroPoint(of_second + 2.5 * math.log10(exposure) + term * (airmass - 1))


def _of_general_keys(headers: Sequence[fits.Header], is_rate: bool) -> ZeroPoint:
    refused = ""
    for key in _GENERAL_KEYS:
        value = keyword(headers, key)
        if value is None:
            continue
        against = _objection(headers, key, value, is_rate)
        if not against:
            remark = f"{key} is taken as an AB magnitude" if key == "MAGZPT" else ""
            said = "AB" in _comment(headers, key).split() or "AB" in _magnitude_system(headers)
            return ZeroPoint(value, "" if said else remark)
        refused = refused or f"{key} is {value:g}, {against}"
    return ZeroPoint(math.nan, refused)


def _objection(headers: Sequence[fits.Header], key: str, value: float, is_rate: bool) -> str:
    """Say why a keyword is no AB magnitude of one unit; empty where nothing speaks against it."""
    comment = _comment(headers, key)
    if value == 0 or abs(value) >= _PLACEHOLDER:
        return "as where it is not set"
    if "VEGA" in comment.upper():
        return "a Vega magnitude"
    if key == "MAGZPT" and "AB" not in comment.split() and _is_of_casu(headers):
        return "the Vega magnitude of one count per second"
    if _PER_SECOND.search(comment) and not is_rate:
        return "the magnitude of one count per second"
    return ""


def _is_of_casu(headers: Sequence[fits.Header]) -> bool:
    """Whether headers are those of CASU: WFCAM, VISTA, the Wide Field Camera of the INT."""
    return any(
        str(header.get("INSTRUME", "")).strip().upper() in _CASU_INSTRUMENTS
        or any(key in header for key in _CASU_KEYS)
        for header in headers
    )


def _comment(headers: Sequence[fits.Header], key: str) -> str:
    """Return the comment of the card that `keyword` reads."""
    holders = (header for header in headers if keyword([header], key) is not None)
    return next((str(header.comments[key]) for header in holders), "")
