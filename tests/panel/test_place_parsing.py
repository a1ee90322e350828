"""Places from what a person writes and draws."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from skyseg import Data
from skyseg.errors import ParameterError
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_parsing import (
    PlaceKind,
    make_rectangle_place,
    name_unit,
    parse_place,
)
from skyseg.panel.region_shapes import trace_shapes
from skyseg.panel.sky_frame import choose_frame


@pytest.mark.parametrize(
    "text",
    [
        "34.3021 -5.1105",
        "34.3021, -5.1105",
        "02:17:12.504 -05:06:37.8",
        "02h17m12.504s -05d06m37.8s",
        "34.3021d -5.1105d",
        "02 17 12.504 -05 06 37.8",
    ],
)
def test_a_position_is_read_in_any_form(info: MapInfo, text: str) -> None:
    place = parse_place("RA Dec", text, 5.0, info)
    wanted = SkyCoord(34.3021, -5.1105, unit="deg")
    assert place.centre.separation(wanted) < 0.01 * u.arcsec
    assert (place.width, place.height) == (5.0, 5.0)


def test_pixels_and_sources_are_places_on_the_sky(info: MapInfo, bands: Data) -> None:
    wcs = bands["F444W"].wcs
    assert wcs is not None
    place = parse_place("pixel x y", "501, 201", 3.0, info)
    assert place.centre.separation(wcs.pixel_to_world(500, 200)) < 1e-6 * u.arcsec
    row = bands["F444W"].load_cat()[12]
    source = parse_place("source", "13", 3.0, info)
    sky = SkyCoord(row["ALPHA_J2000"], row["DELTA_J2000"])
    assert source.centre.separation(sky) < 1e-3 * u.arcsec


@pytest.mark.parametrize(
    ("kind", "text"),
    [("RA Dec", "nowhere"), ("pixel x y", "5"), ("pixel x y", "a b"), ("source", "99999")],
)
def test_a_place_that_is_not_understood_is_refused(info: MapInfo, kind: str, text: str) -> None:
    with pytest.raises(ParameterError):
        parse_place(kind, text, 3.0, info)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("34.3021 -5.1105", ("RA Dec", "34.3021 -5.1105")),
        ("02:17:12.504 -05:06:37.8", ("RA Dec", "02:17:12.504 -05:06:37.8")),
        ("501 201", ("pixel x y", "501 201")),
        ("pixel 501, 201", ("pixel x y", "501 201")),
        ("13", ("source", "13")),
        ("source 13", ("source", "13")),
        ("#13", ("source", "13")),
    ],
)
def test_what_is_written_is_told_by_its_form_and_by_what_is_in_the_image(
    info: MapInfo, text: str, same: tuple[PlaceKind, str]
) -> None:
    there, wanted = parse_place("any", text, 3.0, info), parse_place(*same, 3.0, info)
    assert (there.x, there.y) == (wanted.x, wanted.y)


def test_a_pixel_counts_from_1_as_x_image_does(info: MapInfo, bands: Data) -> None:
    row = bands["F444W"].load_cat()[12]
    written = f"{row['X_IMAGE'].value:.4f} {row['Y_IMAGE'].value:.4f}"
    pixel = parse_place("any", written, 3.0, info)
    source = parse_place("source", "13", 3.0, info)
    assert pixel.centre.separation(source.centre) < 1e-4 * u.arcsec


def test_two_numbers_that_may_be_both_are_asked_for() -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [34.3, 5.1]
    wcs.wcs.crpix, wcs.wcs.cdelt = [100, 100], [-1e-3, 1e-3]
    wide = MapInfo("SCI", (200, 200), wcs, choose_frame(wcs, (200, 200), []))
    with pytest.raises(ParameterError, match="choose which it is"):
        parse_place("any", "34.3 5.1", 3.0, wide)
    assert parse_place("RA Dec", "34.3 5.1", 3.0, wide).x == pytest.approx(34.3)


def test_places_of_a_map_without_wcs_are_in_pixels() -> None:
    plain = MapInfo("SCI", (50, 80))
    place = parse_place("any", "34.5 5", 9.0, plain)
    assert (place.frame, place.x, place.y, place.width) == ("pixel", 33.5, 4.0, 9.0)
    assert (name_unit(plain), place.region) == ("pixels", ((33.5, 4.0), (9.0, 9.0)))
    with pytest.raises(ParameterError, match="the map has no WCS"):
        parse_place("any", "02:17:12.504 -05:06:37.8", 9.0, plain)
    drawn = make_rectangle_place([(1, 2), (1, 6), (11, 6), (11, 2)], plain, "box")
    assert (drawn.x, drawn.y, drawn.width, drawn.height) == (6, 4, 10, 4)
    assert drawn.shape is not None
    assert (drawn.shape.frame, drawn.shape.size, drawn.shape.angle) == ("pixel", (5, 2), 0)
    with pytest.raises(ParameterError, match="has no size"):
        make_rectangle_place([(1, 2), (1, 2), (11, 2), (11, 2)], plain, "line")


def test_a_drawn_rectangle_keeps_its_corners_on_a_rotated_image() -> None:
    turn = np.radians(33)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [34.3, -5.1]
    wcs.wcs.crpix = [100, 100]
    wcs.wcs.cd = np.array([[-np.cos(turn), np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * (
        0.04 / 3600
    )
    info = MapInfo("SCI", (200, 200), wcs, choose_frame(wcs, (200, 200), []))
    corners = np.array([(20.0, 30), (60, 30), (60, 50), (20, 50)])
    drawn = make_rectangle_place(corners, info, "box")
    assert (drawn.width, drawn.height) == (pytest.approx(1.6), pytest.approx(0.8))
    assert drawn.shape is not None
    (outline,) = trace_shapes([drawn.shape], wcs)
    np.testing.assert_allclose(sorted(outline.tolist()), sorted(corners.tolist()), atol=1e-4)
