"""The table of instruments, and those a user adds."""

from __future__ import annotations

import math

import pytest
from astropy.io import fits

from skyseg.errors import ConfigError, ParameterError
from skyseg.imaging.instruments import (
    BUILT_IN,
    any_instrument,
    find_instrument,
    identify_instrument,
    known_instruments,
    name_instrument,
)


def test_the_instruments_of_space_and_of_the_ground_are_known() -> None:
    assert {name: each.facility for name, each in BUILT_IN.items()} == {
        "NIRCam": "JWST",
        "NIRISS": "JWST",
        "MIRI": "JWST",
        "ACS_WFC": "HST",
        "WFC3_IR": "HST",
        "WFC3_UVIS": "HST",
        "VIS": "Euclid",
        "NISP": "Euclid",
        "HSC": "Subaru",
        "DECam": "Blanco",
        "OmegaCAM": "VST",
        "MegaCam": "CFHT",
        "GPC1": "PanSTARRS",
        "VIRCAM": "VISTA",
        "LSSTCam": "Rubin",
        "IRAC": "Spitzer",
        "Roman_WFI": "Roman",
    }


@pytest.mark.parametrize(
    ("instrument", "band", "nm"),
    [
        ("NIRCam", "F115W", 1150),
        ("NIRCam", "F150W2", 1500),
        ("MIRI", "F1000W", 10000),
        ("ACS_WFC", "F850LP", 850),
        ("WFC3_IR", "F105W", 1050),
        ("WFC3_UVIS", "F275W", 275),
        ("NISP", "NIR_H", 1770),
        ("NIRCam", "F999W", math.inf),
    ],
)
def test_bands_have_the_wavelength_of_their_name(instrument: str, band: str, nm: float) -> None:
    assert BUILT_IN[instrument].wavelength(band) == nm


@pytest.mark.parametrize("word", ["NIR_Y", "nir-y", "NIRY", "Y", "y"])
def test_a_band_is_known_in_any_of_its_spellings(word: str) -> None:
    assert BUILT_IN["NISP"].band_named(word) == "NIR_Y"
    assert BUILT_IN["NIRCam"].band_named(word) is None


def test_a_user_adds_an_instrument_and_bands_to_a_known_one() -> None:
    known = known_instruments({"Subaru": {"HSC": {"hsc-g": 480}}, "jwst": {"NIRCam": {"F999W": 1}}})
    assert known["HSC"].facility == "Subaru"
    assert known["HSC"].band_named("HSC-G") == "HSC-G"
    assert known["NIRCam"].facility == "JWST"
    assert known["NIRCam"].wavelength("F999W") == 1
    assert known["NIRCam"].wavelength("F444W") == 4440
    assert "F999W" not in BUILT_IN["NIRCam"].bands


def test_an_added_instrument_of_a_taken_name_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"NIRCam to Subaru, but it is one of JWST"):
        known_instruments({"Subaru": {"NIRCam": {}}})


def test_an_instrument_is_found_in_any_case_or_refused_with_those_known() -> None:
    assert find_instrument("acs_wfc", BUILT_IN).name == "ACS_WFC"
    with pytest.raises(ParameterError, match=r"'ACS' is not a known instrument; use one of NIRCam"):
        find_instrument("ACS", BUILT_IN)


@pytest.mark.parametrize(
    ("cards", "name"),
    [
        ({"INSTRUME": "NIRCAM", "DETECTOR": "NRCA1"}, "NIRCam"),
        ({"INSTRUME": "ACS", "DETECTOR": "WFC"}, "ACS_WFC"),
        ({"INSTRUME": "WFC3", "DETECTOR": "IR"}, "WFC3_IR"),
        ({"INSTRUME": "WFC3", "DETECTOR": "UVIS"}, "WFC3_UVIS"),
        ({"INSTRUME": "VIS"}, "VIS"),
        ({"INSTRUME": "WFC3/IR"}, "WFC3_IR"),
        ({"INSTRUME": "ACS/WFC"}, "ACS_WFC"),
        ({"INSTRUME": "DECam"}, "DECam"),
        ({"INSTRUME": "OMEGACAM", "DETECTOR": "CCD1"}, "OmegaCAM"),
    ],
)
def test_the_header_tells_the_instrument(cards: dict[str, str], name: str) -> None:
    headers = fits.Header(), fits.Header(cards)
    found = identify_instrument(headers, BUILT_IN)
    assert found is not None
    assert found.name == name


def test_a_header_of_another_instrument_tells_none() -> None:
    assert identify_instrument([fits.Header({"INSTRUME": "WFC3"})], BUILT_IN) is None
    assert any_instrument(BUILT_IN).band_named("f606w") == "F606W"


def test_an_instrument_that_is_not_known_has_no_band_of_one_letter() -> None:
    assert any_instrument(BUILT_IN).band_named("r") is None
    assert any_instrument(BUILT_IN).band_named("f115wn") == "F115W"


def test_an_instrument_may_have_any_name() -> None:
    assert name_instrument("nircam", BUILT_IN) is BUILT_IN["NIRCam"]
    own = name_instrument("MyCam", BUILT_IN)
    assert (own.name, own.facility, own.band_named("f606w")) == ("MyCam", "unknown", "F606W")
    with pytest.raises(ParameterError, match=r"instrument is 3; give a text"):
        name_instrument(3, BUILT_IN)  # type: ignore[arg-type]
