"""Units of pixels as headers spell them, and of sums over pixels."""

from __future__ import annotations

import logging
import math
import re
from typing import Final

from astropy import units as u

from skyseg.imaging.warned import catching_warnings

# Spellings that headers hold and astropy does not read, or reads otherwise.
_SPELLINGS: Final = (
    (re.compile(r"^([\"'(\[])([^()\[\]]*)[\"')\]]$"), r"\2"),
    (re.compile(r"(?i)^\s*flam\s*$"), "erg/(s cm2 Angstrom)"),
    (re.compile(r"(?i)^\s*fnu\s*$"), "erg/(s cm2 Hz)"),
    (re.compile(r"(?i)\s+per\s+"), "/"),
    (re.compile(r"(?i)\bn(ano)?magg(y|ies?)\b"), "nmgy"),
    (re.compile(r"(?i)\bmagg(y|ies?)\b"), "mgy"),
    (re.compile(r"(?i)\b(pixels?|px)\b"), "pix"),
    # no image of the sky is per ampere
    (re.compile(r"(?<![A-Za-z])(A|(?i:ang(stroms?)?))(?![A-Za-z])"), "Angstrom"),
    (re.compile(r"(?i)\bergs?\b"), "erg"),
    (re.compile(r"(?i)\bcm(?=\d|\^|\*|-|\b)"), "cm"),
    (re.compile(r"(?i)\bhz\b"), "Hz"),
    (re.compile(r"(?i)(?<=[/\s*])sec(onds?)?\b"), "s"),
    (re.compile(r"(?i)(?<=/)\s*(sr|ster(adians?)?)\b"), "sr"),
    (re.compile(r"(?i)(?<![A-Za-z\d.])e-?(?=\s*/|\s*$|\s+s)"), "electron"),
    (re.compile(r"(?i)\belec\b"), "electron"),
    (re.compile(r"(?i)\b(adu|dn)s\b"), r"\1"),
    # nor per siemens
    (re.compile(r"(?<=/)\s*S\b"), "s"),
    (re.compile(r"(?i)\bcps\b"), "ct/s"),
    (re.compile(r"(?i)\bcts\b"), "ct"),
    (re.compile(r"(?i)\bmicro-?(?=j(y|ansky))"), "u"),
    (re.compile(r"(?i)\bnano-?(?=j(y|ansky))"), "n"),
    (re.compile(r"(?i)janskys?\b"), "Jy"),
    (re.compile(r"\bMJY(?=\s*/\s*sr\b)"), "MJy"),
    (re.compile(r"\bUJY\b"), "uJy"),
    (re.compile(r"\bNJY\b"), "nJy"),
    (re.compile(r"\bJY\b"), "Jy"),
    (re.compile(r"\b([numM]?)j[yY]\b"), r"\1Jy"),
)
_PLURAL: Final = re.compile(r"(electron|count|photon)s")
# astropy works out a power of any size
_HUGE_POWER: Final = re.compile(r"(\*\*|\^|e)\s*\(?\s*[+-]?\d{4,}", re.IGNORECASE)

logger = logging.getLogger(__name__)


def read_unit(text: str) -> u.UnitBase | None:
    """Read a unit as FITS headers spell it.

    Parameters
    ----------
    text : str
        BUNIT; a lone ``A`` is angstrom.

    Returns
    -------
    astropy.units.UnitBase or None
        None where it is empty or not known.

    Examples
    --------
    >>> read_unit("ELECTRONS/S"), read_unit("erg/s/cm2/A"), read_unit("furlong/moon")
    (Unit("electron / s"), Unit("erg / (Angstrom s cm2)"), None)
    """
    text = text.strip()
    if not text or _HUGE_POWER.search(text):
        return None
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    with catching_warnings():
        for spelling in (text, _PLURAL.sub(r"\1", text.lower())):
            try:
                unit = u.Unit(spelling)
            except (ValueError, TypeError, ZeroDivisionError, OverflowError):
                continue
            if isinstance(unit, u.UnitBase) and 0 < abs(unit.scale) < math.inf:
                return unit
    logger.debug("%r is not a unit", text)
    return None


def unit_of_sum(unit: u.UnitBase) -> u.UnitBase:
    """Return the unit of a sum over pixels: what is per area of the sky or per pixel is no more.

    Parameters
    ----------
    unit : astropy.units.UnitBase
        Unit of the pixels.

    Returns
    -------
    astropy.units.UnitBase
        Of a surface brightness the unit times pix2, which becomes a flux when it is
        multiplied by the area of a pixel; of a value per pixel the value.

    Examples
    --------
    >>> total = 3 * unit_of_sum(u.MJy / u.sr)
    >>> total.unit
    Unit("pix2 MJy / sr")
    >>> round(float((total * (0.03 * u.arcsec / u.pix) ** 2).to_value(u.uJy)), 4)
    0.0635
    >>> unit_of_sum(u.nJy / u.pix), unit_of_sum(u.nJy)
    (Unit("nJy"), Unit("nJy"))
    """
    powers = dict(zip(unit.bases, unit.powers, strict=True))
    if u.pix in powers:
        return unit / u.pix ** powers[u.pix] if powers[u.pix] in (-1, -2) else unit
    area = sum(
        power if base.is_equivalent(u.sr) else power / 2
        for base, power in powers.items()
        if base.is_equivalent(u.rad) or base.is_equivalent(u.sr)
    )
    return unit * u.pix**2 if area == -1 else unit


def counts_of(unit: u.UnitBase) -> float | None:
    """Return how many counts a unit is: electrons, photons, DN or ADU; None where it is none.

    Examples
    --------
    >>> counts_of(u.electron), counts_of(u.Unit("10 adu / pix")), counts_of(u.Jy)
    (1.0, 10.0, None)
    """
    plain = unit_of_sum(unit)
    kinds = (u.electron, u.ct, u.photon, u.adu, u.DN)
    return next((float(plain.to(kind)) for kind in kinds if plain.is_equivalent(kind)), None)
