"""The band of a map, from header and name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from skyseg.errors import AmbiguousDataError
from skyseg.imaging.bands import choose_instrument, identify_band, identify_band_by_name
from skyseg.imaging.instruments import BUILT_IN, Instrument, any_instrument
from skyseg.imaging.names import check_name

ANY = any_instrument(BUILT_IN)


def _band(cards: dict[str, str], name: str = "x.fits", instrument: str = "NIRCam") -> str | None:
    return identify_band([fits.Header(cards)], Path(name), BUILT_IN[instrument])


@pytest.mark.parametrize(
    ("cards", "instrument", "band"),
    [
        ({"FILTER": "F444W", "PUPIL": "CLEAR"}, "NIRCam", "F444W"),
        ({"FILTER": "f444w"}, "NIRCam", "F444W"),
        ({"FILTER": "F150W2", "PUPIL": "F162M"}, "NIRCam", "F162M"),
        ({"FILTER": "F444W", "PUPIL": "F405N"}, "NIRCam", "F405N"),
        ({"FILTER": "F162M", "PUPIL": "F162M"}, "NIRCam", "F162M"),
        ({"FILTER": "F444W", "PUPIL": "GRISMR"}, "NIRCam", "F444W"),
        ({"FILTER": "F444W-CLEAR"}, "NIRCam", "F444W"),
        ({"FILTER": "CLEAR", "PUPIL": "F115W"}, "NIRISS", "F115W"),
        ({"FILTER": "F277W", "PUPIL": "CLEARP"}, "NIRISS", "F277W"),
        ({"FILTER1": "CLEAR1L", "FILTER2": "F814W"}, "ACS_WFC", "F814W"),
        ({"FILTER1": "F606W", "FILTER2": "CLEAR2L"}, "ACS_WFC", "F606W"),
        ({"FILTER1": "f606w", "FILTER2": "POL0V"}, "ACS_WFC", "F606W"),
        ({"FILTER": "f160w"}, "WFC3_IR", "F160W"),
        ({"FILTER": "NIR_Y"}, "NISP", "NIR_Y"),
        ({"FILTER": "VIS"}, "VIS", "VIS"),
    ],
)
def test_the_header_tells_the_band(cards: dict[str, str], instrument: str, band: str) -> None:
    assert _band(cards, instrument=instrument) == band


def test_the_header_goes_before_the_name() -> None:
    assert _band({"FILTER": "F444W"}, "x_f115w_sci.fits") == "F444W"


def test_the_maps_own_header_goes_before_the_primary_one() -> None:
    headers = [fits.Header({"FILTER": "F444W"}), fits.Header({"FILTER": "F115W"})]
    assert identify_band(headers, Path("x.fits"), BUILT_IN["NIRCam"]) == "F444W"
    assert identify_band(headers[:0:-1], Path("x.fits"), BUILT_IN["NIRCam"]) == "F115W"


@pytest.mark.parametrize(
    ("name", "instrument", "band"),
    [
        ("uds-b-f444w_sci.fits", "NIRCam", "F444W"),
        ("UDS_F115W.fits.gz", "NIRCam", "F115W"),
        ("jw01210-o001_t002_nircam_clear-f090w_i2dnobg.fits", "NIRCam", "F090W"),
        ("jw01210_nircam_f150w2-f162m_i2d.fits", "NIRCam", "F162M"),
        ("jw01210_nircam_f405n-f444w_i2d.fits", "NIRCam", "F405N"),
        ("m-f150w2_i2d.fits", "NIRCam", "F150W2"),
        ("EUC_MER_BGSUB-MOSAIC-NIR-Y_TILE1.fits", "NISP", "NIR_Y"),
        ("euclid_h_sci.fits", "NISP", "NIR_H"),
        ("nof444w_sci.fits", "NIRCam", None),
        ("f444wx.fits", "NIRCam", None),
        ("f814w.fits", "NIRCam", None),
    ],
)
def test_the_name_tells_the_band_as_a_whole_word(
    name: str, instrument: str, band: str | None
) -> None:
    assert identify_band_by_name(Path(name), BUILT_IN[instrument]) == band
    assert _band({}, name, instrument) == band


def test_a_filter_that_is_not_in_the_table_stands_where_the_name_tells_none() -> None:
    assert _band({"FILTER": "f999w"}) == "F999W"
    assert _band({"FILTER": "detection"}, "x_f444w.fits") == "F444W"
    assert identify_band([fits.Header({"FILTER": "HSC-G"})], Path("x.fits"), ANY) == "HSC-G"


def test_no_filter_and_no_name_tell_no_band() -> None:
    assert _band({"FILTER": "CLEAR", "PUPIL": ""}) is None
    assert _band({"FILTER1": "CLEAR1L", "FILTER2": "N/A"}) is None


def test_a_name_of_two_bands_is_refused() -> None:
    with pytest.raises(AmbiguousDataError, match=r"x_f115w-f444w.fits names several bands, F115W,"):
        _band({}, "x_f115w-f444w.fits")


def test_a_header_of_two_bands_is_refused() -> None:
    with pytest.raises(AmbiguousDataError, match=r"header that names several bands, F606W, F814W"):
        _band({"FILTER1": "F606W", "FILTER2": "F814W"}, instrument="ACS_WFC")


@pytest.mark.parametrize(
    ("filter_", "band"),
    [
        ("r/i", "R_I"),
        ("I 8321/1950 A  #1808", "I_8321_1950_A_1808"),
        ("Cousins R", "COUSINS_R"),
        ("r'", "R"),
        ("F277W+F356W+F444W", "F277W+F356W+F444W"),
        ("../etc", "ETC"),
        ("#/#", None),
    ],
)
def test_a_filter_text_that_is_no_name_becomes_one(filter_: str, band: str | None) -> None:
    assert _band({"FILTER": filter_}) == band


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_filter_text_gives_a_name_that_can_be_part_of_a_path_or_none(text: str) -> None:
    found = identify_band([fits.Header({"FILTER": text})], Path("x.fits"), ANY)
    assert found is None or check_name("band", found) == found.upper()


@pytest.mark.parametrize("value", [True, False, 444, 4.44])
def test_a_card_that_is_no_text_tells_no_band(value: Any) -> None:
    header = fits.Header({"FILTER": value})
    assert identify_band([header], Path("x.fits"), ANY) is None
    assert identify_band([header], Path("jof_f444w_seg.fits"), ANY) == "F444W"
    assert identify_band([header, fits.Header({"FILTER": "F115W"})], Path("x.fits"), ANY) == "F115W"


@pytest.mark.parametrize(
    ("filter_", "instrument", "band"),
    [
        ("g DECam SDSS c0001 4720.0 1520.0", "DECam", "G"),
        ("i.MP9702", "MegaCam", "I"),
        ("r_SDSS", "OmegaCAM", "R"),
        ("CLEAR1L;F814W", "ACS_WFC", "F814W"),
        ("F444W;F405N", "NIRCam", "F405N"),
        ("F115WN-CLEAR", "NIRISS", "F115W"),
    ],
)
def test_a_text_names_the_only_band_that_it_holds(filter_: str, instrument: str, band: str) -> None:
    assert _band({"FILTER": filter_}, instrument=instrument) == band


def test_extname_tells_the_band_where_no_filter_does() -> None:
    assert _band({"EXTNAME": "F444W"}) == "F444W"
    assert _band({"EXTNAME": "SCI"}) is None


@pytest.mark.parametrize(
    ("cards", "name", "instrument"),
    [
        ({"INSTRUME": "NIRCAM"}, "x_niriss_f115wn_sci.fits", "NIRCam"),
        ({"INSTRUME": "WFC3"}, "x_f160w_sci.fits", "WFC3_IR"),
        ({"INSTRUME": "WFC3", "FILTER": "F275W"}, "x_sci.fits", "WFC3_UVIS"),
        ({"INSTRUME": "WFC3"}, "x_sci.fits", "unknown"),
        ({}, "des_f606w_sci.fits", "unknown"),
        ({"FILTER": "F606W"}, "DES0219_sci.fits", "unknown"),
        ({}, "hst_acs_f160w_sci.fits", "unknown"),
        ({}, "desert_r_sci.fits", "unknown"),
        ({"INSTRUME": 3}, "x_sci.fits", "unknown"),
    ],
)
def test_a_word_tells_the_instrument_where_that_has_the_band(
    cards: dict[str, Any], name: str, instrument: str
) -> None:
    assert choose_instrument([fits.Header(cards)], Path(name), BUILT_IN).name == instrument


def test_a_name_with_the_band_of_another_camera_is_refused() -> None:
    path = Path("hst_vis_f606w_sci.fits")
    with pytest.raises(AmbiguousDataError, match=r"several bands, F606W, VIS"):
        identify_band([], path, choose_instrument([], path, BUILT_IN))


def test_an_instrument_a_user_added_is_told_by_its_name() -> None:
    own = {**BUILT_IN, "LRIS": Instrument("LRIS", "Keck", {"U": 345})}
    path = Path("q_lris_u_sci.fits")
    found = choose_instrument([], path, own)
    assert (found.name, identify_band([], path, found)) == ("LRIS", "U")


def test_a_band_a_user_added_is_found_in_names() -> None:
    hsc = Instrument("HSC", "Subaru", {"HSC-G": 480.0})
    assert identify_band([fits.Header()], Path("cosmos_hsc_g_sci.fits"), hsc) == "HSC-G"
