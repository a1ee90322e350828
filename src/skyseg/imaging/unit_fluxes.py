"""Fluxes that units of pixels stand for, with what headers tell of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from astropy import units as u

from skyseg.imaging.units import counts_of, read_unit

FindNumber: TypeAlias = Callable[[str], float | None]
"""Returns the number that a keyword has in the headers; None where it has none."""

_PHOTFLAM_UNIT: Final = u.erg / u.s / u.cm**2 / u.AA


class UnitFlux(NamedTuple):
    """What a unit of pixels tells.

    Attributes
    ----------
    magnitude : float or None
        AB magnitude of one unit in one pixel; None where it does not follow.
    is_physical : bool
        Whether it is a unit, and none of magnitudes of whatever system.
    is_rate : bool
        Whether it is counts per second.
    """

    magnitude: float | None
    is_physical: bool
    is_rate: bool


def read_unit_flux(text: str, pixel_area: float | None, find: FindNumber) -> UnitFlux:
    """Read what a unit of pixels tells.

    Parameters
    ----------
    text : str
        The unit, as headers spell it.
    pixel_area : float or None
        Solid angle of a pixel in sr, or None where it is unknown.
    find : callable
        Finds numbers in the headers.

    Examples
    --------
    >>> round(read_unit_flux("10.0*nanoJansky", None, {}.get).magnitude, 3)
    28.9
    """
    unit = read_unit(text)
    if unit is None:
        return UnitFlux(None, is_physical=False, is_rate=False)
    wavelength = find("PHOTPLAM")
    flux = _flux_of_unit(unit, pixel_area, wavelength)
    if flux is None:
        flux = _flux_of_counts(unit, find, wavelength)
    if flux is None:
        flux = _flux_of_rate(unit, find, pixel_area)
    return UnitFlux(
        None if flux is None else -2.5 * math.log10(flux / u.ABflux.to(u.Jy)),
        is_physical=not {u.mgy, u.nmgy}.intersection(unit.bases),
        is_rate=counts_of(unit * u.s) is not None,
    )


def _flux_of_unit(
    unit: u.UnitBase, pixel_area: float | None, wavelength: float | None
) -> float | None:
    """Flux density in Jy of one unit in one pixel; None where it is no flux density."""
    areas = [u.Quantity(1), 1 * u.pix]
    if pixel_area is not None:
        areas.append(pixel_area * u.sr)
    fluxes = (_in_jansky(unit * area, wavelength) for area in areas)
    return next((flux for flux in fluxes if flux is not None), None)


def _flux_of_counts(unit: u.UnitBase, find: FindNumber, wavelength: float | None) -> float | None:
    """Flux density in Jy of counts, by PHOTFLAM, which is of one count per second."""
    per_second, exposure = counts_of(unit * u.s), find("EXPTIME")
    counts = counts_of(unit)
    if per_second is None and counts is not None and exposure is not None and exposure > 0:
        per_second = counts / exposure
    photflam = find("PHOTFLAM")
    if not per_second or per_second < 0 or photflam is None or photflam <= 0 or not wavelength:
        return None
    return _in_jansky(per_second * photflam * _PHOTFLAM_UNIT, wavelength)


def _flux_of_rate(unit: u.UnitBase, find: FindNumber, pixel_area: float | None) -> float | None:
    """Flux density in Jy of counts per second, by PHOTMJSR, which is of one of these in MJy/sr."""
    rate, brightness = counts_of(unit * u.s), find("PHOTMJSR")
    if not rate or not brightness or brightness < 0 or pixel_area is None:
        return None
    return _in_jansky(rate * brightness * pixel_area * u.MJy, None)


def _in_jansky(value: u.Quantity, wavelength: float | None) -> float | None:
    equivalencies = u.zero_point_flux(1 * u.ABflux)
    if wavelength is not None and wavelength > 0:
        equivalencies = equivalencies + u.spectral_density(wavelength * u.AA)
    try:
        flux = float(value.to_value(u.Jy, equivalencies))
    except u.UnitConversionError:
        return None
    return flux if flux > 0 else None
