"""AB zero points from headers."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from skyseg.errors import ParameterError
from skyseg.imaging.zero_points import (
    ZeroPoint,
    check_zero_point,
    find_zero_point,
    read_zero_point,
    unit_text,
)

AREA = 3.76e-14
RATES = {"PHOTFLAM": 3e-20, "PHOTPLAM": 10550.0}
ST_TO_AB = -2.5 * math.log10(3e-20) - 5 * math.log10(10550.0) - 2.408


def _zero_point(unit: str | None, area: float | None = AREA, **cards: Any) -> float:
    header = fits.Header(cards)
    if unit is not None:
        header["BUNIT"] = unit
    return read_zero_point([header], area)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("10.0*nanoJansky", 28.9),
        ("nJy", 31.4),
        ("NJY", 31.4),
        ("uJy", 23.9),
        ("UJY", 23.9),
        ("Jy/pixel", 8.9),
        ("nanomaggy", 22.5),
        ("nanomaggies", 22.5),
        ("erg/s/cm2/Hz", -48.6),
        ("MJy/sr", 8.9 - 2.5 * math.log10(1e6 * AREA)),
        ("MJY/SR", 8.9 - 2.5 * math.log10(1e6 * AREA)),
        ("uJy/arcsec2", 23.9 - 2.5 * math.log10(AREA * u.sr.to(u.arcsec**2))),
    ],
)
def test_a_flux_density_gives_its_zero_point(unit: str, expected: float) -> None:
    assert _zero_point(unit) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    "unit", ["ELECTRONS/S", "electron/s", "e-/s", "counts/s", "DN/s", "cps", "count s-1"]
)
def test_a_count_rate_takes_photflam_and_photplam(unit: str) -> None:
    assert _zero_point(unit, **RATES) == pytest.approx(ST_TO_AB, abs=1e-3)


def test_a_flux_per_wavelength_takes_photplam() -> None:
    expected = -2.5 * math.log10(1e-20) - 5 * math.log10(10550.0) - 2.408
    for unit in ("1e-20 erg/s/cm2/A", "1e-20 erg s-1 cm-2 Angstrom-1"):
        assert _zero_point(unit, PHOTPLAM=10550.0) == pytest.approx(expected, abs=1e-3)
        assert math.isnan(_zero_point(unit))


@pytest.mark.parametrize("key", ["ZEROPNT", "ABZP", "MAGZERO", "MAGZPT"])
@pytest.mark.parametrize("unit", [None, "ADU", "counts/s"])
def test_a_keyword_serves_where_the_unit_does_not_tell(key: str, unit: str | None) -> None:
    assert _zero_point(unit, **{key: 25.5}) == 25.5


def test_the_unit_goes_before_photflam_and_this_before_keywords() -> None:
    assert _zero_point("nJy", **RATES, MAGZERO=20.0) == pytest.approx(31.4)
    assert _zero_point("electrons/s", **RATES, MAGZERO=20.0) == pytest.approx(ST_TO_AB, abs=1e-3)
    assert _zero_point(None, ZEROPNT=25.0, ABZP=24.0, MAGZERO=23.0) == 25.0


@pytest.mark.parametrize(
    ("unit", "cards"),
    [
        (None, {}),
        (None, RATES),
        ("", {"MAGZERO": "none"}),
        ("counts", RATES),
        ("electrons/s", {"PHOTFLAM": 0.0, "PHOTPLAM": 10550.0}),
        ("electrons/s", {"PHOTFLAM": 3e-20}),
        ("mJy/beam", {}),
        ("furlong", {"MAGZERO": True}),
        ("-1 nJy", {}),
    ],
)
def test_what_does_not_tell_gives_nan(unit: str | None, cards: dict[str, Any]) -> None:
    assert math.isnan(_zero_point(unit, **cards))


def test_a_surface_brightness_without_pixel_area_gives_nan() -> None:
    assert math.isnan(_zero_point("MJy/sr", area=None))


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"MAGZERO": "25.5"}, 25.5),
        ({"MAGZERO": " 2.55D1 "}, 25.5),
        ({"BUNIT": "e-/s", "PHOTFLAM": "1.9E-20", "PHOTPLAM": "15369.0"}, 25.962),
        ({"BUNIT": "e-", "EXPTIME": "100.", "PHOTFLAM": 1.9e-20, "PHOTPLAM": 15369.0}, 30.962),
        ({"MAGZERO": "25.5 mag"}, math.nan),
        ({"MAGZERO": "T"}, math.nan),
    ],
)
def test_numbers_that_are_written_as_text_are_read(cards: dict[str, Any], expected: float) -> None:
    found = read_zero_point([fits.Header(cards)], None)
    assert found == pytest.approx(expected, abs=1e-3, nan_ok=True)


@pytest.mark.parametrize(
    "cards",
    [
        {"INSTRUME": "ZTF/MOSAIC"},
        {"ORIGIN": "Zwicky Transient Facility"},
        {"FILTER": "ZTF_r"},
        {"FILTER": "ZTF g"},
    ],
)
def test_magzp_is_an_ab_magnitude_where_anything_says_that_it_is_of_ztf(
    cards: dict[str, Any],
) -> None:
    assert find_zero_point([fits.Header({"MAGZP": 26.325, **cards})], None) == ZeroPoint(26.325)


@pytest.mark.parametrize("unit", ["DN/s", "ADU/s", "counts/s"])
def test_counts_per_second_take_photmjsr_and_the_area_of_a_pixel(unit: str) -> None:
    expected = 8.9 - 2.5 * math.log10(0.3e6 * AREA)
    assert _zero_point(unit, PHOTMJSR=0.3) == pytest.approx(expected, abs=1e-4)
    assert math.isnan(_zero_point(unit, None, PHOTMJSR=0.3))
    assert math.isnan(_zero_point(unit, PHOTMJSR=0.0))
    assert _zero_point("MJy/sr", PHOTMJSR=0.3) == _zero_point("MJy/sr")


@pytest.mark.parametrize(
    "comment", ["for 1 count per second", "mag of 1 DN/sec", "(ZP, per second)", "of 1 s"]
)
def test_a_comment_says_in_many_ways_that_a_zero_point_is_of_one_second(comment: str) -> None:
    header = fits.Header([("MAGZERO", 25.0, comment), ("BUNIT", "adu")])
    assert math.isnan(find_zero_point([header], None).value)


def test_the_primary_header_serves_where_the_map_has_none() -> None:
    headers = fits.Header({"BUNIT": " "}), fits.Header({"BUNIT": "nJy"})
    assert read_zero_point(headers, None) == pytest.approx(31.4)
    assert unit_text(headers) == "nJy"
    assert unit_text([fits.Header()]) == ""


@pytest.mark.parametrize("given", [25, 25.0, np.float32(25), 25 * u.mag, 25 * u.ABmag])
def test_a_zero_point_is_taken_as_a_number_or_a_magnitude(given: Any) -> None:
    assert check_zero_point(given) == 25.0


@pytest.mark.parametrize(
    "given", ["25", math.nan, math.inf, 25 * u.Jy, [25] * u.mag, [25], True, -101, 1e30, 10**400]
)
def test_what_is_no_zero_point_is_refused(given: Any) -> None:
    with pytest.raises(ParameterError, match=r"it must be an AB magnitude from -100 to 100"):
        check_zero_point(given)


def _documented() -> list[tuple[str, str, str]]:
    """Rows of the table of zero points in docs/settings.md."""
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    table = text.split("| imaging | header | zero point |")[1].split("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return [(name, header, value) for name, header, value in rows]


@pytest.mark.parametrize(("name", "header", "value"), _documented())
def test_the_documented_conventions_are_those_that_are_read(
    name: str, header: str, value: str
) -> None:
    cards = dict(re.findall(r"`(\w+)=([^`]+)`", header))
    read = fits.Header({key: ast.literal_eval(text) for key, text in cards.items()})
    found = find_zero_point([read], (0.03 * u.arcsec.to(u.rad)) ** 2)
    if value == "unknown":
        assert math.isnan(found.value), name
        assert found.remark, name
    else:
        assert found.value == pytest.approx(float(value), abs=2e-3), name
        assert found.remark == "", name


@pytest.mark.parametrize(
    ("cards", "remark"),
    [
        ({"MAGZERO": 0}, "MAGZERO is 0, as where it is not set"),
        ({"ZEROPNT": -999.0}, "ZEROPNT is -999, as where it is not set"),
        ({"ABZP": 99.0}, "ABZP is 99, as where it is not set"),
        (
            {"MAGZPT": 22.78, "INSTRUME": "VIRCAM"},
            "MAGZPT is 22.78, the Vega magnitude of one count per second",
        ),
        (
            {"MAGZPT": 24.2, "EXTINCT": 0.05},
            "MAGZPT is 24.2, the Vega magnitude of one count per second",
        ),
        ({"MAGZERO": (20.5, "[mag] Vega zero point")}, "MAGZERO is 20.5, a Vega magnitude"),
        (
            {"MAGZERO": (25.0, "magnitude of 1 count/s"), "BUNIT": "adu"},
            "MAGZERO is 25, the magnitude of one count per second",
        ),
        ({"PHOTZP": 23.0}, "PHOTZP is 23, and no PHOTSYS says that it is an AB magnitude"),
        ({"MAGZERO": 23.0, "PHOTSYS": "VEGA"}, "its header says that its magnitudes are of Vega"),
    ],
)
def test_what_is_no_ab_zero_point_is_not_taken_for_one(cards: dict[str, Any], remark: str) -> None:
    header = fits.Header()
    header.update(cards)
    found = find_zero_point([header], None)
    assert math.isnan(found.value)
    assert found.remark == remark


def test_a_zero_point_of_a_second_is_that_of_pixels_in_counts_per_second() -> None:
    header = fits.Header([("MAGZERO", 25.0, "magnitude of 1 count/s"), ("BUNIT", "count/s")])
    assert find_zero_point([header], None) == ZeroPoint(25.0)


def test_one_that_is_refused_leaves_the_next_one() -> None:
    header = fits.Header({"ZEROPNT": 0.0, "MAGZERO": 30.0})
    assert find_zero_point([header], None) == ZeroPoint(30.0)


def test_magzpt_of_unknown_origin_is_said() -> None:
    found = find_zero_point([fits.Header({"MAGZPT": 25.5})], None)
    assert found == ZeroPoint(25.5, "MAGZPT is taken as an AB magnitude")
    said = fits.Header([("MAGZPT", 25.5, "AB zero point"), ("INSTRUME", "WFC")])
    assert find_zero_point([said], None) == ZeroPoint(25.5)


def test_a_flux_density_is_one_whatever_the_system_of_magnitudes() -> None:
    header = fits.Header({"BUNIT": "uJy", "MAGSYS": "Vega"})
    assert find_zero_point([header], None).value == pytest.approx(23.9, abs=1e-4)
