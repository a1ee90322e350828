"""The most usual WCS, as astropy and wcslib have it; any other is left to them."""

from __future__ import annotations

import math
import pickle
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skyseg.imaging.celestial import read_celestial
from skyseg.imaging.sky import Sky
from skyseg.imaging.tangent import read_tangent

PLAIN: dict[str, Any] = {
    "NAXIS": 2, "NAXIS1": 100, "NAXIS2": 80, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN",
    "CRVAL1": 53.1, "CRVAL2": -27.8, "CRPIX1": 50.5, "CRPIX2": 40.5,
    "CDELT1": -1e-5, "CDELT2": 1e-5,
}  # fmt: skip
DATA = Path(__file__).parents[1] / "data"
IS_EXACT = platform.machine().lower() in ("x86_64", "amd64")
"""Elsewhere wcslib is compiled so that a multiplication and an addition are rounded once."""

_turns = st.floats(0, 360).map(lambda angle: round(angle, 12))
_right_ascensions = st.sampled_from([0.0, 360.0, 180.0, -10.0, -180.0, 359.9999999, 1e-9]) | _turns
_declinations = st.sampled_from([90.0, -90.0, 0.0, 89.99999, -89.99999]) | (
    _turns.map(lambda angle: angle / 2 - 90)
)
_references = st.sampled_from([1.0, 50.5]) | _turns.map(lambda place: 50 * place - 8e3)
_scales = st.floats(-6, -1.5).map(lambda power: 10.0**power)
_angles = st.sampled_from([0.0, 90.0, 180.0]) | _turns
_forms = st.sampled_from(["CDELT", "PC", "CD", "both", "diagonal"])
_others = st.fixed_dictionaries(
    {},
    optional={
        "LONPOLE": st.sampled_from([180.0, 0.0, 90.0, -90.0, 33.3]),
        "LATPOLE": _declinations,
        "WCSAXES": st.just(2),
        "MJDREF": st.just(0.0),
        "CUNIT1": st.just("deg"),
        "DATE-OBS": st.sampled_from(["2023-01-16", "2023-01-16T06:07:43.408"]),
        "TIME-OBS": st.just("06:07:43.408"),
        "EXPSTART": st.just(59960.3),
    },
)
_days = st.sampled_from([59960.0, 1.0, 59776.402826576, 59776.4]) | st.floats(1, 88068)
_dates = st.sampled_from(["2023-01-16", "2022-07-16T09:40:04.216", "1995-12-31T23:59:59.9999"]) | (
    st.datetimes(datetime(1859, 1, 1), datetime(2100, 1, 1)).map(datetime.isoformat)
)
_times = st.fixed_dictionaries(
    {},
    optional={
        "TIMESYS": st.sampled_from(["UTC", "TAI", "TT", "TDB"]),
        **{f"DATE-{at}": _dates for at in ("OBS", "BEG", "AVG", "END")},
        **{f"MJD-{at}": _days for at in ("OBS", "BEG", "AVG", "END")},
        **{key: st.sampled_from([0.0, -1.5, 42.947]) | st.floats(1e-9, 1e9) for key in (
            "XPOSURE", "TELAPSE", "VELOSYS", "OBSGEODX",
        )},
        "SPECSYS": st.sampled_from(["BARYCENT", "HELIOCEN", "TOPOCENT"]),
    },
)  # fmt: skip
_lengths = st.sampled_from([0.0, 1.0, -1298530102.5876]) | st.floats(-2e9, 2e9).map(
    lambda length: round(length, 3)
)
_observers = st.just({}) | st.fixed_dictionaries({f"OBSGEO-{axis}": _lengths for axis in "XYZ"})
_of_frame = st.sampled_from([{}, {"RADESYS": "ICRS"}, {"RADESYS": "ICRS", "EQUINOX": 2000.0}])
_pixels = st.lists(st.tuples(st.floats(-1e3, 1e4), st.floats(-1e3, 1e4)), min_size=1, max_size=9)


def _in_file(cards: dict[str, Any]) -> fits.Header:
    return fits.Header.fromstring(fits.Header(cards).tostring())


def _matrix(form: str, scale: float, angle: float) -> dict[str, Any]:
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turn = {"1_1": -cos, "1_2": sin, "2_1": sin, "2_2": cos}
    cd = {f"CD{at}": scale * element for at, element in turn.items()}
    if form == "CDELT":
        return {"CDELT1": -scale, "CDELT2": 1.1 * scale}
    if form == "PC":
        return {f"PC{at}": element for at, element in turn.items()} | {
            "CDELT1": scale, "CDELT2": scale
        }  # fmt: skip
    if form == "diagonal":
        return {"CD1_1": -scale, "CD2_2": scale}
    if form == "both":
        return cd | {f"PC{at[2:]}": value for at, value in cd.items()} | {"CDELT1": 1, "CDELT2": 1}
    return cd


@st.composite
def _headers(draw: st.DrawFn) -> fits.Header:
    sky = [("RA---TAN", draw(_right_ascensions)), ("DEC--TAN", draw(_declinations))]
    if draw(st.booleans()):
        sky.reverse()
    cards: dict[str, Any] = {"NAXIS": 2, "NAXIS1": 100, "NAXIS2": 80}
    for axis, (name, value) in enumerate(sky, 1):
        cards |= {f"CTYPE{axis}": name, f"CRVAL{axis}": value, f"CRPIX{axis}": draw(_references)}
    cards |= _matrix(draw(_forms), draw(_scales), draw(_angles))
    return _in_file(cards | draw(_others) | draw(_of_frame))


def _check_places(own: Any, other: Any) -> None:
    """Compare longitudes and latitudes: where they can be, to the last bit, else as directions."""
    if IS_EXACT:
        assert own.tobytes() == other.tobytes()
        return
    directions = []
    for lng, lat in np.radians((own, other)):
        directions.append([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)])
    np.testing.assert_allclose(*directions, rtol=0, atol=1e-12)


def _check(header: fits.Header, x: Any, y: Any) -> None:
    tangent, found = read_tangent(header), read_celestial(header)
    assert tangent is not None
    assert found.wcs is not None
    assert found.remarks == ()
    own, other = pickle.loads(pickle.dumps(Sky(tangent))), Sky(found.wcs)
    assert own.longitude == other.longitude
    assert own.pixel_side == other.pixel_side
    order = [own.longitude, 1 - own.longitude]
    _check_places(own.find_world(x, y)[order], other.find_world(x, y)[order])
    _check_places(np.array(own.find_icrs(x, y)), np.array(other.find_icrs(x, y)))
    assert own.make_header().tostring() == other.make_header().tostring()
    assert own.wcs.wcs.compare(found.wcs.wcs)
    assert own.wcs.pixel_shape == found.wcs.pixel_shape


@settings(max_examples=200, deadline=None)
@given(_headers(), _pixels)
def test_all_of_it_is_as_astropy_has_it(header: fits.Header, pixels: list[Any]) -> None:
    at_reference = (header["CRPIX1"] - 1, header["CRPIX2"] - 1)
    beside = [(at_reference[0], at_reference[1] + 3), (at_reference[0] + 3, at_reference[1])]
    x, y = np.array([at_reference, *beside, *pixels], float).T.copy()
    _check(header, x, y)


@settings(max_examples=300, deadline=None)
@given(_times, _observers)
def test_times_and_observers_that_are_taken_are_written_as_wcslib_writes_them(
    times: dict[str, Any], observer: dict[str, Any]
) -> None:
    header = _in_file(PLAIN | times | observer)
    assume(read_tangent(header) is not None)
    _check(header, np.array([0.0, 99.0]), np.array([3.0, 79.0]))


OF_JWST = {
    "MJD-BEG": 59776.402826576, "MJD-AVG": 59776.403137246, "MJD-END": 59776.403447917,
    "XPOSURE": 42.947, "TELAPSE": 42.947, "VELOSYS": -4305.99, "SPECSYS": "BARYCENT",
    "OBSGEO-X": 464745027.91907, "OBSGEO-Y": -1298530102.5876, "OBSGEO-Z": -1072634133.7156,
    "OBSGEODX": 57.2915811629463, "TIMESYS": "UTC", "RADESYS": "ICRS",
}  # fmt: skip
"""As JWST's pipeline writes them."""


@pytest.mark.parametrize("date", [{}, {"DATE-BEG": "2022-07-16T09:40:04.216"}])
def test_a_mosaic_of_jwst_is_read_without_wcslib(date: dict[str, str]) -> None:
    header = _in_file(PLAIN | OF_JWST | date)
    assert read_tangent(header) is not None
    _check(header, np.array([0.0, 99.0]), np.array([3.0, 79.0]))


def test_real_headers_are_read_as_astropy_reads_them() -> None:
    rng, known = np.random.default_rng(1), set()
    for path in sorted(DATA.rglob("*.fits")):
        with fits.open(path) as hdus:
            for hdu in hdus:
                if hdu.is_image and read_tangent(hdu.header) is not None:
                    _check(hdu.header, *rng.uniform(-100, 1100, (2, 300)))
                    known.add(path.name)
    assert any("uds-b" in name for name in known)
    assert any("legacy" in name for name in known)


@pytest.mark.parametrize(
    "cards",
    [
        {"CTYPE1": "RA---SIN", "CTYPE2": "DEC--SIN"}, {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN"},
        {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"}, {"CTYPE1": "DEC--TAN"},
        {"NAXIS": 3, "NAXIS3": 1}, {"WCSAXES": 3}, {"CTYPE3": "FREQ"}, {"CRVAL3": 1.0},
        {"A_ORDER": 2}, {"A_DMAX": 1.0}, {"A_2_0": 0.1}, {"PV1_1": 1.0}, {"CROTA2": 0.0},
        {"CPDIS1": "LOOKUP"}, {"D2IMDIS1": "LOOKUP"}, {"AXISCORR": 1}, {"PROJP1": 1.0},
        {"CD001001": 1.0}, {"PC001001": 1.0}, {"WAT1_001": "x"}, {"CD1_1": 1e-5, "PC1_1": 2.0},
        {"RADESYS": "FK5"}, {"RADECSYS": "FK5"}, {"EQUINOX": 2000.0}, {"EPOCH": 2000.0},
        {"RADESYS": "ICRS", "EQUINOX": 0.0}, {"RADESYS": "icrs"}, {"MJDREF": 51544.0},
        {"CUNIT1": "arcsec"}, {"CDELT1": "0.1"}, {"CDELT1": 1.0, "CDELT2": 1.0}, {"CRVAL2": 91.0},
        {"CD1_1": 1e-5, "CD1_2": 1e-5, "CD2_1": 1e-5, "CD2_2": 1e-5}, {"CDELT1": 0.0},
        {"CRVAL1": 1e-200},
        {"DATE-OBS": "16/01/95"}, {"DATE-OBS": "2023-02-30"}, {"DATE-OBS": "2023-01-16T24:00:00"},
        {"MJD-OBS": 0.5}, {"MJD-AVG": 99999.0}, {"MJD-OBS": 59960.9999999999}, {"JEPOCH": 2000.0},
        {"DATE-AVG": "2023-01-16 06:07:43"}, {"DATEREF": "2023-01-16"}, {"TIMESYS": "LOCAL"},
        {"DATE-BEG": "2023-01-16", "DATE-END": "2023-01-16T06:07:43"},
        {"OBSGEO-X": 1.0}, {"OBSGEO-L": 1.0}, {"SPECSYS": "SOURCE"}, {"TIMEUNIT": "s"},
        {"WCSNAME": "sky"}, {"CTYPE1A": "RA---TAN"}, {"CD1_1B": 1.0}, {"LONPOLEA": 1.0},
        {"TSTART": 1.0}, {"RESTFRQ": 1.0}, {"CNAME1": "x"}, {"CRDER1": 1.0},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_else_is_said_of_the_sky_is_left_to_astropy(cards: dict[str, Any]) -> None:
    assert read_tangent(_in_file(PLAIN)) is not None
    assert read_tangent(_in_file(PLAIN | cards)) is None


@pytest.mark.parametrize("key", ["CTYPE1", "CRVAL2", "CRPIX1", "CDELT1"])
def test_what_is_not_said_is_left_to_astropy(key: str) -> None:
    assert read_tangent(_in_file({k: v for k, v in PLAIN.items() if k != key})) is None


@pytest.mark.parametrize("card", ["CRVAL1  = 5.1", "crval1  = 5.1", "CDELT1  =", "CDELT1  = 1.E"])
def test_cards_twice_or_not_by_the_standard_are_left_to_astropy(card: str) -> None:
    text = fits.Header(PLAIN).tostring(endcard=False, padding=False) + card.ljust(80)
    assert read_tangent(fits.Header.fromstring(text)) is None


def test_cards_that_the_reader_passes_over_say_nothing_of_the_sky() -> None:
    plain = fits.Header(PLAIN).tostring(endcard=False, padding=False)
    alone = read_celestial(fits.Header.fromstring(plain)).wcs
    for path in sorted(DATA.rglob("*.fits")):
        with fits.open(path) as hdus:
            texts = [str(card) for hdu in hdus for card in hdu.header.cards]
        passed_over = [
            text
            for text in texts
            if len(text) == 80 and text[:8].rstrip() not in PLAIN
            if (tangent := read_tangent(fits.Header.fromstring(plain + text))) is not None
            if text not in tangent.cards
        ]
        found = read_celestial(fits.Header.fromstring(plain + "".join(passed_over)))
        assert len(passed_over) > 10
        assert found.wcs is not None
        assert found.wcs.wcs.compare(alone.wcs)
