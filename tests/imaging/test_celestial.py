"""What a header says of the sky, also where it says so badly."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import FK4, BarycentricMeanEcliptic, Galactic, SkyCoord, Supergalactic
from astropy.io import fits
from astropy.wcs import WCS, DistortionLookupTable, Sip

from skyseg.imaging.celestial import Celestial, cut_wcs, read_celestial
from skyseg.imaging.sky_cards import scale_of_matrix

X, Y = np.array([0.0, 5.0, 15.0]), np.array([0.0, 11.0, 3.0])
PV_OF_DEGREE_1 = {
    "PV1_0": 0.0,
    "PV1_1": 1.0,
    "PV1_2": 0.0,
    "PV2_0": 0.0,
    "PV2_1": 1.0,
    "PV2_2": 0.0,
}
PV_OF_DEGREE_3 = PV_OF_DEGREE_1 | {f"PV{i}_{j}": 0.0 for i in (1, 2) for j in range(4, 11)}


def _positions(found: Celestial) -> SkyCoord:
    assert found.wcs is not None, found.remarks
    return found.wcs.pixel_to_world(X, Y).icrs


def _arcsec_apart(first: SkyCoord, second: SkyCoord) -> float:
    return float(np.max(first.separation(second).arcsec))


def _remark(found: Celestial) -> str:
    (remark,) = found.remarks
    return str(remark)


def test_a_sound_wcs_is_read_as_it_is(tan: dict[str, Any]) -> None:
    found = read_celestial(fits.Header(tan))
    assert found.remarks == ()
    assert _arcsec_apart(_positions(found), WCS(fits.Header(tan)).pixel_to_world(X, Y)) == 0


@pytest.mark.parametrize("name", ["my frame", "icrs", "fk5", "J2000", "GAPPT"])
@pytest.mark.parametrize("key", ["RADESYS", "RADECSYS"])
def test_a_frame_without_a_name_is_icrs(tan: dict[str, Any], name: str, key: str) -> None:
    found = read_celestial(fits.Header({**tan, key: name}))
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) == 0
    assert _remark(found) == (
        f"has RADESYS {name!r}, which is no name of a frame, so it is taken as ICRS; "
        "correct its keywords if that is wrong"
    )


def test_a_frame_without_a_name_of_an_old_equinox_is_fk4(tan: dict[str, Any]) -> None:
    found = read_celestial(fits.Header({**tan, "RADESYS": "B1950", "EQUINOX": 1950.0}))
    fk4 = read_celestial(fits.Header({**tan, "RADESYS": "FK4", "EQUINOX": 1950.0}))
    assert _arcsec_apart(_positions(found), _positions(fk4)) == 0
    assert "is taken as FK4" in _remark(found)


def test_an_equinox_that_is_no_year_is_passed_over(tan: dict[str, Any]) -> None:
    found = read_celestial(fits.Header({**tan, "EQUINOX": 0.0}))
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) == 0
    assert "EQUINOX 0, which is no year" in _remark(found)


def test_sip_that_ctype_does_not_name_is_left_out(tan: dict[str, Any]) -> None:
    sip = {"A_ORDER": 2, "B_ORDER": 2, "A_2_0": -2.5e-4, "B_0_2": 3e-4}
    plain = _positions(read_celestial(fits.Header(tan)))
    left = read_celestial(fits.Header(tan | sip))
    assert _arcsec_apart(_positions(left), plain) == 0
    assert "SIP coefficients that its CTYPE does not name" in _remark(left)
    named = read_celestial(
        fits.Header(tan | sip | {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP"})
    )
    assert named.remarks == ()
    assert _arcsec_apart(_positions(named), plain) > 1e-4


@pytest.mark.parametrize("terms", [PV_OF_DEGREE_1, PV_OF_DEGREE_3, {"PV1_0": 0.0, "PV2_0": 0.0}])
def test_the_identity_of_scamp_moves_nothing(tan: dict[str, Any], terms: dict[str, float]) -> None:
    found = read_celestial(fits.Header(tan | terms))
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) < 1e-6


def test_terms_of_scamp_are_a_polynomial(tan: dict[str, Any]) -> None:
    terms = {"PV1_0": 0.001, "PV1_1": 1.01, "PV1_2": 0.02, "PV2_0": -0.001, "PV2_1": 0.99}
    written = fits.Header(tan | terms | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV"})
    found = _positions(read_celestial(fits.Header(tan | terms)))
    assert _arcsec_apart(found, WCS(written).pixel_to_world(X, Y)) == 0


@pytest.mark.parametrize("projection", ["TAN", "TPV"])
@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"PV1_1": 0.0, "PV2_1": 0.0},
        {f"PV{i}_{j}": 0.0 for i in (1, 2) for j in range(11)},
    ],
)
def test_terms_that_are_all_zero_move_nothing(
    tan: dict[str, Any], projection: str, terms: dict[str, float]
) -> None:
    cards = tan | terms | {"CTYPE1": f"RA---{projection}", "CTYPE2": f"DEC--{projection}"}
    found = read_celestial(fits.Header(cards))
    assert found.remarks == ()
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) == 0


@pytest.mark.parametrize("projection", ["TAN", "TPV"])
def test_the_linear_term_of_an_axis_without_terms_is_1(
    tan: dict[str, Any], projection: str
) -> None:
    types = {"CTYPE1": f"RA---{projection}", "CTYPE2": f"DEC--{projection}"}
    left_out = read_celestial(fits.Header(tan | types | {"PV2_1": 1.0, "PV2_0": 0.01}))
    written = fits.Header(tan | {"CTYPE1": "RA---TPV", "CTYPE2": "DEC--TPV"})
    written.update({"PV1_1": 1.0, "PV2_1": 1.0, "PV2_0": 0.01})
    assert _arcsec_apart(_positions(left_out), WCS(written).pixel_to_world(X, Y)) == 0


def test_a_matrix_that_an_older_tool_has_left_beside_cd_is_left_out(tan: dict[str, Any]) -> None:
    scale = 0.03 / 3600
    cd = {"CD1_1": -scale, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": scale}
    bare = {key: value for key, value in tan.items() if not key.startswith(("CDELT", "CD", "PC"))}
    plain = _positions(read_celestial(fits.Header(bare | cd)))
    for rest in ({"PC1_1": 1.0, "PC2_2": 1.0}, {"PC1_1": 0.6, "PC1_2": -0.8, "PC2_1": 0.8}):
        found = read_celestial(fits.Header(bare | cd | rest))
        assert _arcsec_apart(_positions(found), plain) == 0
        assert found.remarks == ()


def test_two_matrices_that_contradict_each_other_are_said(tan: dict[str, Any]) -> None:
    scale = 0.03 / 3600
    cd = {"CD1_1": -scale, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": scale}
    bare = {key: value for key, value in tan.items() if not key.startswith(("CDELT", "CD", "PC"))}
    steps = {"CDELT1": -scale, "CDELT2": scale}
    both = fits.Header(bare | cd | steps | {"PC1_1": 1.0, "PC2_2": 1.0})
    same = read_celestial(both)
    assert same.remarks == ()
    # to the last bit what it was
    np.testing.assert_array_equal(same.wcs.all_pix2world(X, Y, 0), WCS(both).all_pix2world(X, Y, 0))
    turned = {"PC1_1": 0.0, "PC1_2": 1.0, "PC2_1": -1.0, "PC2_2": 0.0}
    found = read_celestial(fits.Header(bare | cd | steps | turned))
    assert _remark(found) == (
        "has a CD matrix, and PC and CDELT that say otherwise: CD is used, as SExtractor does; "
        "remove the wrong ones"
    )
    plain = _positions(read_celestial(fits.Header(bare | cd)))
    assert _arcsec_apart(_positions(found), plain) == 0


def test_terms_that_give_the_native_pole_stay_what_they_are(tan: dict[str, Any]) -> None:
    found = read_celestial(fits.Header(tan | {"PV1_1": 0.0, "PV1_2": 90.0}))
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) < 1e-6


@pytest.mark.parametrize(
    ("axes", "frame"),
    [
        ("ELON ELAT", BarycentricMeanEcliptic(equinox="J2000")),
        ("SLON SLAT", Supergalactic()),
        ("GLON GLAT", Galactic()),
        ("RA-- DEC-", FK4(equinox="B1950")),
    ],
)
@pytest.mark.parametrize("projection", ["TAN", "SIN", "ZEA", "CAR", "AIT"])
@pytest.mark.parametrize("first", ["longitude", "latitude"])
def test_any_frame_can_be_converted_to_icrs(
    tan: dict[str, Any], axes: str, frame: Any, projection: str, first: str
) -> None:
    lon, lat = axes.split()
    order = (1, 2) if first == "longitude" else (2, 1)
    central = 0.0 if projection in ("CAR", "AIT") else -27.0
    values = (f"{lon}-{projection}", 53.0), (f"{lat}-{projection}", central)
    cards = dict(tan)
    for axis, (name, value) in zip(order, values, strict=True):
        cards |= {f"CTYPE{axis}": name, f"CRVAL{axis}": value}
    if lon == "RA--":
        cards |= {"RADESYS": "FK4", "EQUINOX": 1950.0}
    world = WCS(fits.Header(cards)).all_pix2world(X, Y, 0)
    true = SkyCoord(*(world[axis - 1] * u.deg for axis in order), frame=frame).icrs
    found = read_celestial(fits.Header(cards))
    assert found.remarks == ()
    assert _arcsec_apart(_positions(found), true) < 1e-5


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"CTYPE1": "GLON---TAN", "CTYPE2": "GLAT---TAN"}, "Unrecognized projection code"),
        ({"CTYPE2": "DEC---TA"}, "Unrecognized projection code"),
        (
            {
                "CTYPE1": "RA---ZPX",
                "CTYPE2": "DEC--ZPX",
                "WAT0_001": "system=image",
                "WAT1_001": "wtype=zpx axtype=ra projp1=1.",
            },
            "Internal error in wcslib header parser",
        ),
        ({"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN"}, "HPLN is of a frame that is not known"),
        ({"CRVAL2": "north"}, "CRVAL2 is 'north'"),
        ({"CRVAL2": 100.0}, "Ill-conditioned"),
        ({"CUNIT1": "furlong"}, "CUNIT1"),
        ({"CD1_1": 1e-5, "CD1_2": 2e-5, "CD2_1": 2e-5, "CD2_2": 4e-5}, "its CD matrix is singular"),
        ({"CD1_1": 1e-5, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 0.0}, "its CD matrix is singular"),
        ({"CDELT1": -1.0, "CDELT2": 1.0}, "its pixel scale is 1 degree"),
        ({"CDELT1": -1e-30, "CDELT2": 1e-30}, "its pixel scale is 3.6e-27 arcsec"),
    ],
)
def test_what_gives_no_position_is_no_wcs(
    tan: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    if "CD1_1" in change:
        tan = {key: value for key, value in tan.items() if not key.startswith("CDELT")}
    found = read_celestial(fits.Header({**tan, **change}))
    assert found.wcs is None
    assert reason in _remark(found)
    assert "so positions on the sky are unknown; correct its WCS keywords" in _remark(found)


def test_without_a_scale_there_is_no_wcs(tan: dict[str, Any]) -> None:
    bare = {key: value for key, value in tan.items() if not key.startswith("CDELT")}
    assert read_celestial(fits.Header(bare)).wcs is None
    assert scale_of_matrix(fits.Header(bare)) is None


def test_numbers_written_as_text_are_read(tan: dict[str, Any]) -> None:
    text = {**tan, "CRVAL1": "53.0", "CRPIX2": " 6.5"}
    found = read_celestial(fits.Header(text))
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) == 0


@pytest.mark.parametrize("distortion", ["none", "SIP", "tables"])
def test_a_part_has_the_positions_of_the_whole(tan: dict[str, Any], distortion: str) -> None:
    whole = WCS(fits.Header(tan))
    if distortion == "SIP":
        coefficients = np.zeros((3, 3))
        coefficients[1, 1], coefficients[2, 0] = 1e-3, 2e-3
        whole.wcs.ctype = [f"{name}-SIP" for name in whole.wcs.ctype]
        whole.sip = Sip(coefficients, coefficients.T.copy(), None, None, whole.wcs.crpix)
    elif distortion == "tables":
        shifts = np.random.default_rng(1).normal(0, 2, (2, 5, 5)).astype(np.float32)
        place = ((1.0, 1.0), (3.0, 2.0), (50.0, 50.0))
        whole.cpdis1, whole.det2im2 = (DistortionLookupTable(each, *place) for each in shifts)
    part = cut_wcs(whole, (slice(40, 100), slice(70, 160)))
    x, y = np.array([0.0, 30.5, 88.0]), np.array([0.0, 11.5, 59.0])
    at = part.all_pix2world(x, y, 0)
    np.testing.assert_allclose(at, whole.all_pix2world(x + 70, y + 40, 0), rtol=0, atol=1e-12)
    plain = np.array(whole.wcs_pix2world(x + 70, y + 40, 0))
    assert (np.abs(at - plain).max() > 1e-7) == (distortion != "none")


def test_tables_of_distortion_that_are_not_there_are_left_out(tan: dict[str, Any]) -> None:
    header = fits.Header({**tan, "CPDIS1": "LOOKUP", "CPDIS2": "LOOKUP"})
    found = read_celestial(header, fits.HDUList([fits.PrimaryHDU(np.ones((4, 4)), header)]))
    assert _arcsec_apart(_positions(found), _positions(read_celestial(fits.Header(tan)))) == 0
    assert "tables of distortion that its file does not hold" in _remark(found)


@pytest.mark.parametrize("order", [10**9, -1, "x"])
def test_an_order_of_distortion_that_there_is_not_is_no_usable_wcs(
    tan: dict[str, Any], order: int | str
) -> None:
    header = fits.Header({**tan, "A_ORDER": order, "B_ORDER": 2})
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN-SIP", "DEC--TAN-SIP"
    found = read_celestial(header)
    assert found.wcs is None
    assert "A_ORDER is" in str(found.remarks[0])
