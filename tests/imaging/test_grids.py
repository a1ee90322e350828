"""Pixel scales, and whether two maps lie on one grid."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from skyseg.errors import ImageError, ParameterError
from skyseg.imaging.grids import check_pixel_scale, check_same_grid, largest_offset, pixel_scale
from skyseg.imaging.reading import read_sky, read_wcs
from skyseg.imaging.refs import MapRef
from skyseg.imaging.sky import Sky

SHAPE = (12, 16)


def _check(first: Path, second: Path) -> None:
    check_same_grid(MapRef(first, 0), SHAPE, MapRef(second, 0), SHAPE)


def test_the_wcs_tells_the_scale_of_the_pixels_in_the_file(tan: dict[str, Any]) -> None:
    header = fits.Header({"PIXAR_SR": 9.2e-14, "PIXAR_A2": 0.0039})
    assert pixel_scale(Sky(WCS(fits.Header(tan))), [header], None, "x") == pytest.approx(0.03)


def test_pixar_tells_the_scale_where_there_is_no_wcs() -> None:
    both = fits.Header({"PIXAR_SR": 1.0, "PIXAR_A2": 0.0039})
    assert pixel_scale(None, [both], 0.1, "x") == pytest.approx(math.sqrt(0.0039), rel=1e-6)
    steradian = fits.Header({"PIXAR_SR": (0.03 * u.arcsec.to(u.rad)) ** 2})
    assert pixel_scale(None, [steradian], None, "x") == pytest.approx(0.03)


def test_what_was_told_serves_where_the_header_says_nothing() -> None:
    assert pixel_scale(None, [fits.Header({"PIXAR_A2": 0.0})], 0.1, "x") == 0.1
    assert pixel_scale(None, [fits.Header()], None, "x") is None


def test_a_scale_that_contradicts_the_header_is_said(
    tan: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    wcs = WCS(fits.Header(tan))
    with caplog.at_level(logging.WARNING):
        assert pixel_scale(Sky(wcs), [fits.Header()], 0.0305, "x") == pytest.approx(0.03)
        assert caplog.messages == []
        assert pixel_scale(Sky(wcs), [fits.Header()], 0.04, "JOF F444W") == pytest.approx(0.03)
    assert caplog.messages == [
        "JOF F444W: its header has a pixel scale of 0.03 arcsec, not 0.04; the header's is used"
    ]


@pytest.mark.parametrize("given", [0.03 * u.arcsec, 30 * u.mas, 0.03 * u.arcsec / 1])
def test_a_scale_is_an_angle(given: u.Quantity) -> None:
    assert check_pixel_scale(given) == pytest.approx(0.03)


@pytest.mark.parametrize("given", [0.03, 0 * u.arcsec, -1 * u.arcsec, 3 * u.m, [1, 2] * u.mas, "x"])
def test_what_is_no_scale_is_refused(given: Any) -> None:
    with pytest.raises(ParameterError, match=r"it must be a positive angle, such as 0.03"):
        check_pixel_scale(given)


def test_a_scale_is_refused_by_the_argument_that_gave_it() -> None:
    with pytest.raises(ParameterError, match=r"^pix_scales is 0.03; it must be a positive angle"):
        check_pixel_scale(0.03, "pix_scales")


@pytest.mark.parametrize("given", [1e-50 * u.arcsec, 1e19 * u.arcsec])
def test_a_scale_that_no_pixel_of_the_sky_has_is_refused(given: u.Quantity) -> None:
    with pytest.raises(ParameterError, match=r"it must lie between 1e-06 and 36000 arcsec"):
        check_pixel_scale(given)


def test_a_wcs_of_no_possible_scale_is_refused_and_such_a_pixar_says_nothing(
    tan: dict[str, Any],
) -> None:
    matrix = {"CDELT1": -1e-30, "CDELT2": 1e-30}
    with pytest.raises(ImageError, match=r"x: its WCS has a pixel scale of .*; correct its WCS"):
        pixel_scale(Sky(WCS(fits.Header(tan | matrix))), [fits.Header()], None, "x")
    assert pixel_scale(None, [fits.Header({"PIXAR_A2": 1e-60})], 0.1, "x") == 0.1


def test_maps_of_one_grid_pass(write: Any, tan: dict[str, Any]) -> None:
    _check(write("a.fits", **tan), write("b.fits", **tan))


@pytest.mark.parametrize(("card", "value"), [("LONPOLE", 170.0), ("A_0_2", 1e-2)])
def test_grids_are_compared_where_one_card_of_the_sky_differs(
    write: Any, tan: dict[str, Any], card: str, value: float
) -> None:
    sip = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2}
    first = tan | (sip if card.startswith("A_") else {})
    with pytest.raises(ImageError, match="is off that of"):
        _check(write("sci.fits", **first), write("err.fits", **first | {card: value}))


@pytest.mark.parametrize(("card", "read"), [("BUNIT", 1), ("BACK_how", 1), ("NOTKNOWN", 2)])
def test_grids_are_compared_where_a_card_differs_that_is_not_known_to_be_of_other_things(
    write: Any, tan: dict[str, Any], monkeypatch: pytest.MonkeyPatch, card: str, read: int
) -> None:
    found: list[Path] = []

    def count(path: Path, ext: int, *, quiet: bool) -> Sky | None:
        found.append(path)
        return read_sky(path, ext, quiet=quiet)

    monkeypatch.setattr("skyseg.imaging.grids.read_sky", count)
    key = card if card.isupper() else f"HIERARCH {card}"
    _check(write("a.fits", **tan | {key: "first"}), write("b.fits", **tan | {key: "second"}))
    assert len(found) == read


_TNX = 'wtype=tnx axtype={} {}cor = "3. 2. 2. 0. -1. 1. -1. 1. 0. 0.0001 0.0001 0. "'
_OF_IRAF = {"CTYPE1": "RA---TNX", "CTYPE2": "DEC--TNX", "WAT1_001": _TNX.format("ra", "lng")[:68],
            "WAT1_002": _TNX.format("ra", "lng")[68:], "WAT2_001": _TNX.format("dec", "lat")[:68],
            "WAT2_002": _TNX.format("dec", "lat")[68:]}  # fmt: skip
_OF_DSS = {"PLTRAH": 3, "PLTRAM": 32, "PLTRAS": 0.0, "PLTDECSN": "-", "PLTDECD": 27, "PLTDECM": 0,
           "PLTDECS": 0.0, "PPO3": 177500.0, "PPO6": 177500.0, "XPIXELSZ": 15.0, "YPIXELSZ": 15.0,
           "CNPIX1": 5900, "CNPIX2": 5900, "AMDX1": 67.2, "AMDY1": 67.2,
           **{f"AMD{axis}{number}": 0.0 for axis in "XY" for number in range(2, 14)}}  # fmt: skip


@pytest.mark.parametrize(
    ("cards", "card", "value"),
    [
        ({"PC001001": 1.0, "PC001002": 0.0, "PC002001": 0.0, "PC002002": 1.0}, "PC001002", 0.2),
        (_OF_IRAF, "WAT1_001", _OF_IRAF["WAT1_001"].replace("1. 0. ", "1. .1 ")),
        (_OF_DSS, "AMDX3", 90.0),
    ],
    ids=["former names", "IRAF", "DSS"],
)
def test_grids_are_compared_where_one_card_of_a_former_way_to_tell_the_sky_differs(
    write: Any, tan: dict[str, Any], cards: dict[str, Any], card: str, value: object
) -> None:
    first = tan | cards
    _check(write("a.fits", **first), write("b.fits", **first))
    with pytest.raises(ImageError, match="is off that of"):
        _check(write("sci.fits", **first), write("err.fits", **first | {card: value}))


def test_a_map_without_wcs_is_compared_by_its_shape(write: Any, tan: dict[str, Any]) -> None:
    _check(write("a.fits", **tan), write("b.fits"))
    _check(write("c.fits"), write("d.fits", **tan))


def test_shapes_that_differ_are_refused(write: Any) -> None:
    sci, err = MapRef(write("a.fits"), 0), MapRef(write("b.fits", np.zeros((5, 7))), 0)
    with pytest.raises(ImageError) as caught:
        check_same_grid(sci, SHAPE, err, (5, 7))
    assert str(caught.value) == (
        f"{err} has the shape 5 x 7 but {sci} has 12 x 16; give maps of one pixel grid"
    )


@pytest.mark.parametrize("pixels", [0.01, 0.09])
def test_a_wcs_off_by_little_passes(write: Any, tan: dict[str, Any], pixels: float) -> None:
    _check(write("a.fits", **tan), write("b.fits", **{**tan, "CRPIX1": tan["CRPIX1"] + pixels}))


@pytest.mark.parametrize(
    "change",
    [
        {"CRPIX1": 8.7},
        {"CRVAL2": -27.0 + 0.01 / 3600},
        {"CDELT2": 0.031 / 3600},
        {"PC1_2": 0.05, "PC2_1": -0.05},
        {"CTYPE1": "GLON-TAN", "CTYPE2": "GLAT-TAN", "CRVAL1": 10.0},
    ],
)
def test_a_wcs_that_differs_is_refused(
    write: Any, tan: dict[str, Any], change: dict[str, Any]
) -> None:
    first, second = write("a.fits", **tan), write("b.fits", **{**tan, **change})
    with pytest.raises(ImageError, match=r"the WCS of .*b.fits\[0\] is off that of .*a.fits\[0\]"):
        _check(first, second)


def test_a_frame_that_only_one_header_names_is_no_difference(
    write: Any, tan: dict[str, Any]
) -> None:
    first = write("a.fits", **tan, RADESYS="ICRS")
    _check(first, write("b.fits", **tan, RADESYS="FK5", EQUINOX=2000.0))


def test_a_grid_across_right_ascension_zero_is_no_difference(
    write: Any, tan: dict[str, Any]
) -> None:
    first = write("a.fits", **{**tan, "CRVAL1": 0.0})
    _check(first, write("b.fits", **{**tan, "CRVAL1": 360.0 - 1e-7}))


def test_the_same_sky_by_cd_and_by_cdelt_is_no_difference(write: Any, tan: dict[str, Any]) -> None:
    cd = {"CD1_1": tan["CDELT1"], "CD2_2": tan["CDELT2"], "CD1_2": 0.0, "CD2_1": 0.0}
    rest = {key: value for key, value in tan.items() if not key.startswith("CDELT")}
    _check(write("a.fits", **tan), write("b.fits", **rest, **cd))


def test_the_cd_matrix_tells_the_scale_of_a_wcs_that_cannot_be_read() -> None:
    matrix = {"CD1_1": -0.05 / 3600, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 0.05 / 3600}
    zpx = fits.Header({"CTYPE1": "RA---ZPX", "CTYPE2": "DEC--ZPX", **matrix})
    assert pixel_scale(None, [zpx], None, "x") == pytest.approx(0.05)
    zpx.update(CD2_2=0.0)
    assert pixel_scale(None, [zpx], 0.1, "x") == 0.1
    linear = fits.Header({"CTYPE1": "LINEAR", "CTYPE2": "LINEAR", **matrix})
    assert pixel_scale(None, [linear], 0.1, "x") == 0.1


@pytest.mark.parametrize("declination", [-27.0, 89.9999, -90.0, 0.0])
def test_grids_are_compared_by_angle_also_at_a_pole_and_with_declination_first(
    write: Any, tan: dict[str, Any], declination: float
) -> None:
    first = {**tan, "CRVAL1": 0.0, "CRVAL2": declination}
    swapped = {
        **first,
        "CTYPE1": "DEC--TAN",
        "CTYPE2": "RA---TAN",
        "CRVAL1": declination,
        "CRVAL2": 360.0,
    }
    swapped |= {"CD1_1": 0.0, "CD1_2": tan["CDELT2"], "CD2_1": tan["CDELT1"], "CD2_2": 0.0}
    swapped = {key: value for key, value in swapped.items() if not key.startswith("CDELT")}
    _check(write("a.fits", **first), write("b.fits", **swapped))
    with pytest.raises(ImageError, match=r"by 1 pixels"):
        _check(write("c.fits", **first), write("d.fits", **{**first, "CRPIX1": 9.5}))


def test_the_same_sky_in_two_frames_is_no_difference(write: Any, tan: dict[str, Any]) -> None:
    ecliptic = {**tan, "CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"}
    wcs = read_wcs(write("a.fits", **ecliptic), 0)
    assert wcs is not None
    _check(write("b.fits", **ecliptic), write("c.fits", **dict(wcs.to_header())))


def test_a_map_of_the_same_file_may_have_an_old_wcs(tmp_path: Path, tan: dict[str, Any]) -> None:
    old = {**tan, "CRVAL1": tan["CRVAL1"] + 0.4 / 3600, "CRVAL2": tan["CRVAL2"] - 0.3 / 3600}
    images = [
        fits.ImageHDU(np.ones(SHAPE, np.float32), fits.Header(cards), name=name)
        for name, cards in (("SCI", tan), ("ERR", old))
    ]
    path = tmp_path / "j_flc.fits"
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path)
    advice = check_same_grid(MapRef(path, 1), SHAPE, MapRef(path, 2), SHAPE)
    assert advice is not None
    assert "both are maps of one file" in str(advice)


def test_a_person_may_say_that_the_grid_is_the_same(write: Any, tan: dict[str, Any]) -> None:
    first, second = write("a.fits", **tan), write("b.fits", **{**tan, "CRPIX1": 12.0})
    refs = MapRef(first, 0), SHAPE, MapRef(second, 0)
    with pytest.raises(ImageError, match=r"or say by same_grid=True that they are of one"):
        check_same_grid(*refs, SHAPE)
    assert check_same_grid(*refs, SHAPE, same_grid=True) is None
    with pytest.raises(ImageError, match=r"has the shape 5 x 7"):
        check_same_grid(*refs, (5, 7), same_grid=True)


@given(
    ra=st.floats(0, 360),
    dec=st.floats(-90, 90),
    angle=st.floats(0, 360),
    shift=st.floats(0, 5),
    frame=st.sampled_from(["RA-- DEC-", "GLON GLAT", "DEC- RA--"]),
)
def test_an_offset_is_what_a_map_is_moved_wherever_it_lies(
    ra: float, dec: float, angle: float, shift: float, frame: str
) -> None:
    first, second = WCS(naxis=2), WCS(naxis=2)
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    for wcs, moved in ((first, 0.0), (second, shift)):
        wcs.wcs.ctype = [f"{axis}-TAN" for axis in frame.split()]
        wcs.wcs.crval = [dec, ra] if frame.startswith("DEC") else [ra, dec]
        wcs.wcs.cdelt = [-0.03 / 3600, 0.03 / 3600]
        wcs.wcs.pc = [[cos, -sin], [sin, cos]]
        wcs.wcs.crpix = [8.5 + moved, 6.5]
        wcs.wcs.set()
    assert largest_offset(first, second, SHAPE) == pytest.approx(shift, abs=1e-3)


def test_an_area_that_no_pixel_has_is_left_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    header = fits.Header({"PIXAR_A2": 1e-60, "PIXAR_SR": 2.3504430539e-14})
    scale = pixel_scale(None, [header], None, "a.fits")
    assert scale == pytest.approx(0.031622, rel=1e-3)
    assert "a.fits: PIXAR_A2 is 1e-60, which is the area of no pixel" in caplog.text
