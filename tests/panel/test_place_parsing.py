"""Places from what a person writes, and from region files."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import pytest
from astropy.coordinates import SkyCoord

from skyseg import Data
from skyseg.errors import ParameterError
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_parsing import parse_place, read_region_places


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
    place = parse_place("pixel x y", "500, 200", 3.0, info)
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


def test_regions_of_ds9_become_places(info: MapInfo, tmp_path: Path) -> None:
    path = tmp_path / "two.reg"
    path.write_text(
        '# Region file format: DS9\nicrs\ncircle(34.3021,-5.1105,2") # text={ring}\n'
        "image\nbox(101,201,40,20,0)\n"
    )
    ring, box = read_region_places(path, info)
    assert ring.name == "ring"
    assert ring.width == pytest.approx(4, abs=0.1)
    assert (box.width, box.height) == (pytest.approx(1.6, abs=0.1), pytest.approx(0.8, abs=0.1))
    path.write_text("no regions")
    with pytest.raises(ParameterError):
        read_region_places(path, info)
