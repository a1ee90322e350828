"""A region becomes slices of the image, whatever way it is given."""

from __future__ import annotations

from typing import Any, get_args

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable
from hypothesis import given
from hypothesis import strategies as st
from regions import CirclePixelRegion, CircleSkyRegion, PixCoord, RectanglePixelRegion

from skyseg.errors import ParameterError
from skyseg.imaging.regions import Region, region_slices
from skyseg.samples.sources import make_sky_wcs

SHAPE = (100, 120)
WCS = make_sky_wcs(SHAPE)
SCALE = 0.03 * u.arcsec


def catalogue() -> QTable:
    return QTable({"NUMBER": [3, 8], "X_IMAGE": [41.0, 71.0] * u.pix, "Y_IMAGE": [31, 61] * u.pix})


def limits(region: Any, **known: Any) -> tuple[int, int, int, int]:
    """First and last + 1 of x, then of y."""
    rows, columns = region_slices(region, SHAPE, **known)
    return columns.start, columns.stop, rows.start, rows.stop


@pytest.mark.parametrize(
    "region",
    [
        ((40, 30), 10),
        ((40.0, 30.0), (10, 10)),
        (np.array([40, 30]), 10 * u.pix),
        ((40, 30), 0.3 * u.arcsec),
        ((40, 30), [0.3, 0.3] * u.arcsec),
        (3, 10),
        (np.int32(3), 10),
        (SkyCoord(*WCS.pixel_to_world_values(40, 30), unit="deg"), 10),
        ("{:.8f} {:.8f}".format(*WCS.pixel_to_world_values(40, 30)), 10),
        (slice(25, 35), slice(35, 45)),
        RectanglePixelRegion(PixCoord(39.5, 29.5), 9.9, 9.9),
    ],
)
def test_each_way_to_give_a_region_gives_the_same_slices(region: Any) -> None:
    found = limits(region, wcs=WCS, pix_scale=SCALE, catalogue=catalogue)
    assert found == (35, 45, 25, 35)


def test_region_is_a_type_that_signatures_can_use() -> None:
    kinds = get_args(Region | None)
    assert tuple[slice, slice] in kinds
    assert type(None) in kinds
    assert Any not in kinds


def test_no_region_is_the_whole_image() -> None:
    assert limits(None) == (0, 120, 0, 100)


def test_width_comes_before_height() -> None:
    assert limits(((40, 30), (20, 10))) == (30, 50, 25, 35)


def test_a_shape_on_the_sky_is_its_bounding_box() -> None:
    centre = SkyCoord(*WCS.pixel_to_world_values(60, 50), unit="deg")
    on_sky = limits(CircleSkyRegion(centre, 10 * SCALE), wcs=WCS)
    assert on_sky == limits(CirclePixelRegion(PixCoord(60, 50), 10))


def test_a_region_is_cut_at_the_edges() -> None:
    assert limits(((0, 99), 20)) == (0, 10, 89, 100)
    assert limits((slice(-10, None), slice(None, 500))) == (0, 120, 90, 100)


@given(
    x=st.floats(0, 119), y=st.floats(0, 99), width=st.floats(0.01, 500), height=st.floats(0.01, 500)
)
def test_slices_lie_in_the_image_and_hold_the_centre(
    x: float, y: float, width: float, height: float
) -> None:
    left, right, low, high = limits(((x, y), (width, height)))
    assert 0 <= left < right <= 120
    assert 0 <= low < high <= 100
    assert left - 1 <= x <= right + 1
    assert low - 1 <= y <= high + 1
    assert right - left <= max(round(width), 1)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (((500, 30), 10), "is no pixel of the image"),
        (((53.16, -27.79), 2 * u.arcsec), "is no pixel of .* a text such as '53.16 -27.79'"),
        ((slice(50, 50), slice(0, 10)), "holds no pixel"),
        (CirclePixelRegion(PixCoord(-50, 3), 4), "holds no pixel"),
        ((SkyCoord(10, 10, unit="deg"), 10), "holds no pixel|no place"),
        ((slice(0, 50, 2), slice(0, 10)), "step"),
        ((99, 10), "source 99 is not in the catalogue"),
        (((40, 30), 0), "above zero"),
        (((40, 30), -3), "above zero"),
        (((40, 30), np.nan), "above zero"),
        (((np.nan, 30), 5), "no place"),
        (((40, 30), 3 * u.s), "not understood"),
        (((40, 30), (1, 2, 3)), "not understood"),
        (("here", 10), "no position on the sky"),
        ((True, 10), "not understood"),
        (((40, 30, 20), 10), "not understood"),
        (((40, 30),), "not understood"),
        ("all", "not understood"),
        ((SkyCoord([1, 2], [3, 4], unit="deg"), 10), "several positions"),
    ],
)
def test_a_wrong_region_is_refused(region: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        region_slices(region, SHAPE, wcs=WCS, pix_scale=SCALE, catalogue=catalogue)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ((SkyCoord(10, 10, unit="deg"), 10), "no WCS"),
        (CircleSkyRegion(SkyCoord(10, 10, unit="deg"), 1 * u.arcsec), "no WCS"),
        (((40, 30), 1 * u.arcsec), "no pixel scale"),
        ((3, 10), "no catalogue"),
    ],
)
def test_what_a_region_needs_and_does_not_have_is_named(region: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        region_slices(region, SHAPE)


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (((5, 5), 4 * u.pc), "size 4.0 pc is not understood"),
        (((5, 5), -1 * u.pix), "size -1.0 pix is not above zero"),
        (((5, 5), [0, 1] * u.pix), r"size \[0. 1.\] pix is not above zero"),
        (((5, 5), 2 * u.arcsec), "size 2.0 arcsec is an angle"),
        ((("x", 5), 2), r"centre \('x', 5\) is not understood"),
    ],
)
def test_a_message_spells_a_quantity_as_a_person_does(region: Any, said: str) -> None:
    with pytest.raises(ParameterError, match=f"^region {said}"):
        region_slices(region, SHAPE)
