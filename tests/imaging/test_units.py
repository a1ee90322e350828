"""Units of headers, and of sums over pixels."""

from __future__ import annotations

import math

import pytest
from astropy import units as u
from astropy.io import fits

from skyseg.imaging.units import counts_of, read_unit, unit_of_sum
from skyseg.imaging.zero_points import read_zero_point

PER_WAVELENGTH = u.erg / u.s / u.cm**2 / u.AA


@pytest.mark.parametrize(
    "text",
    [
        "erg/s/cm2/A",
        "erg/s/cm2/AA",
        "ERG/S/CM2/A",
        "erg s-1 cm-2 A-1",
        "erg/(s cm2 A)",
        "erg/s/cm^2/Ang",
        "ergs/s/cm2/Angstroms",
        "erg/s/cm**2/ANGSTROM",
    ],
)
def test_a_lone_a_is_angstrom(text: str) -> None:
    assert read_unit(text) == PER_WAVELENGTH
    assert read_unit(f"1e-20 {text}") == u.Unit(1e-20 * PER_WAVELENGTH)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("ELECTRONS/S", u.electron / u.s),
        ("e-/s", u.electron / u.s),
        ("E/S", u.electron / u.s),
        ("electrons/sec", u.electron / u.s),
        ("cps", u.ct / u.s),
        ("counts/second", u.ct / u.s),
        ("DN/s", u.DN / u.s),
        ("ADU", u.adu),
        ("COUNTS", u.ct),
        ("MJY/SR", u.MJy / u.sr),
        ("MJy/ster", u.MJy / u.sr),
        ("10.0*nanoJansky", u.Unit(10 * u.nJy)),
        ("nanomaggie", u.nmgy),
        ("microJy", u.uJy),
        ("Jy/pixel", u.Jy / u.pix),
        ("nJy/px", u.nJy / u.pix),
        ("nanoJanskys", u.nJy),
        ("micro-Jansky", u.uJy),
        ("Janskys", u.Jy),
        ("nmaggy", u.nmgy),
        ("(MJy/sr)", u.MJy / u.sr),
        ("[MJy / sr]", u.MJy / u.sr),
        ("'nJy'", u.nJy),
        ("Mjy/Sr", u.MJy / u.sr),
        ("mjy", u.mJy),
        ("ERG/S/CM2/HZ", u.erg / u.s / u.cm**2 / u.Hz),
        ("ERGS/SEC/CM**2/Hz", u.erg / u.s / u.cm**2 / u.Hz),
        ("flam", PER_WAVELENGTH),
        ("FNU", u.erg / u.s / u.cm**2 / u.Hz),
        ("elec/s", u.electron / u.s),
        ("ADUs", u.adu),
        ("counts per second", u.ct / u.s),
        ("e- per sec", u.electron / u.s),
    ],
)
def test_units_are_read_as_headers_spell_them(text: str, unit: u.UnitBase) -> None:
    assert read_unit(text) == unit


@pytest.mark.parametrize("text", ["", " ", "furlong/moon", "10**999999999 Jy", "1e999 Jy", "((("])
def test_what_is_no_unit_is_none(text: str) -> None:
    assert read_unit(text) is None


@pytest.mark.parametrize(
    ("unit", "of_sum"),
    [
        ("MJy/sr", "MJy pix2/sr"),
        ("uJy/arcsec2", "uJy pix2/arcsec2"),
        ("nJy/pix", "nJy"),
        ("nJy/pix2", "nJy"),
        ("mJy/beam", "mJy/beam"),
        ("nJy", "nJy"),
        ("electron/s", "electron/s"),
        ("erg/(s cm2 Angstrom)", "erg/(s cm2 Angstrom)"),
    ],
)
def test_a_sum_over_pixels_has_its_own_unit(unit: str, of_sum: str) -> None:
    assert unit_of_sum(u.Unit(unit)) == u.Unit(of_sum)


@pytest.mark.parametrize("unit", ["MJy/sr", "uJy/arcsec2", "mJy/beam"])
def test_fits_can_hold_the_unit_of_a_sum(unit: str) -> None:
    found = unit_of_sum(u.Unit(unit))
    assert u.Unit(found.to_string("fits")) == found


@pytest.mark.parametrize(
    ("unit", "counts"),
    [("electron", 1), ("10 ct", 10), ("adu/pix", 1), ("ph", 1), ("electron/s", None), ("Jy", None)],
)
def test_counts_are_told_from_other_units(unit: str, counts: float | None) -> None:
    assert counts_of(u.Unit(unit)) == counts


@pytest.mark.parametrize("scale", [0.03, 0.06] * u.arcsec)
@pytest.mark.parametrize("text", ["MJy/sr", "uJy/arcsec2", "nJy/pixel", "10.0*nanoJansky"])
def test_a_sum_and_its_zero_point_give_one_magnitude(text: str, scale: u.Quantity) -> None:
    unit = read_unit(text)
    assert unit is not None
    total = 7.0 * unit_of_sum(unit)
    if total.unit.is_equivalent(u.Jy * u.pix**2 / u.sr):
        total = total * (scale / u.pix) ** 2
    header = fits.Header({"BUNIT": text})
    zero_point = read_zero_point([header], float((scale**2).to_value(u.sr)))
    assert zero_point - 2.5 * math.log10(7.0) == pytest.approx(total.to_value(u.ABmag), abs=1e-6)
