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

from skyseg.errors import ImageError, ParameterError
from skyseg.imaging.grids import check_pixel_scale, check_same_grid, pixel_scale
from skyseg.imaging.refs import MapRef

SHAPE = (12, 16)


def _check(first: Path, second: Path) -> None:
    check_same_grid(MapRef(first, 0), SHAPE, MapRef(second, 0), SHAPE)


def test_the_wcs_tells_the_scale_of_the_pixels_in_the_file(tan: dict[str, Any]) -> None:
    header = fits.Header({"PIXAR_SR": 9.2e-14, "PIXAR_A2": 0.0039})
    assert pixel_scale(WCS(fits.Header(tan)), [header], None, "x") == pytest.approx(0.03)


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
        assert pixel_scale(wcs, [fits.Header()], 0.0305, "x") == pytest.approx(0.03)
        assert caplog.messages == []
        assert pixel_scale(wcs, [fits.Header()], 0.04, "JOF F444W") == pytest.approx(0.03)
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


@pytest.mark.parametrize("given", [1e-50 * u.arcsec, 1e19 * u.arcsec])
def test_a_scale_that_no_pixel_of_the_sky_has_is_refused(given: u.Quantity) -> None:
    with pytest.raises(ParameterError, match=r"it must lie between 1e-06 and 36000 arcsec"):
        check_pixel_scale(given)


def test_a_wcs_of_no_possible_scale_is_refused_and_such_a_pixar_says_nothing(
    tan: dict[str, Any],
) -> None:
    matrix = {"CDELT1": -1e-30, "CDELT2": 1e-30}
    with pytest.raises(ImageError, match=r"x: its WCS has a pixel scale of .*; correct its WCS"):
        pixel_scale(WCS(fits.Header(tan | matrix)), [fits.Header()], None, "x")
    assert pixel_scale(None, [fits.Header({"PIXAR_A2": 1e-60})], 0.1, "x") == 0.1


def test_maps_of_one_grid_pass(write: Any, tan: dict[str, Any]) -> None:
    _check(write("a.fits", **tan), write("b.fits", **tan))


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
