"""AB zero points from headers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from skyseg.errors import ParameterError
from skyseg.imaging.zero_points import check_zero_point, read_zero_point, unit_text

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


def test_the_primary_header_serves_where_the_map_has_none() -> None:
    headers = fits.Header({"BUNIT": " "}), fits.Header({"BUNIT": "nJy"})
    assert read_zero_point(headers, None) == pytest.approx(31.4)
    assert unit_text(headers) == "nJy"
    assert unit_text([fits.Header()]) == ""


@pytest.mark.parametrize("given", [25, 25.0, np.float32(25), 25 * u.mag, 25 * u.ABmag])
def test_a_zero_point_is_taken_as_a_number_or_a_magnitude(given: Any) -> None:
    assert check_zero_point(given) == 25.0


@pytest.mark.parametrize("given", ["25", math.nan, math.inf, 25 * u.Jy, [25] * u.mag, [25]])
def test_what_is_no_zero_point_is_refused(given: Any) -> None:
    with pytest.raises(ParameterError, match=r"it must be a finite number, an AB magnitude"):
        check_zero_point(given)
