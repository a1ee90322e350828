"""Regions of DS9: read as places with shapes, traced over images, and written again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from regions import PixCoord, Regions

from skyseg import Data
from skyseg.errors import ParameterError
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_list import forget_places, move_place, name_next, rename_place
from skyseg.panel.region_files import read_region_places, save_region_places
from skyseg.panel.region_shapes import trace_shapes
from skyseg.panel.session import Place, Session

ALL_KINDS = """# Region file format: DS9
icrs
circle(34.3021,-5.1105,2") # text={ring} color=red
ellipse(34.3021,-5.1105,2",1",30)
polygon(34.3021,-5.1105,34.3022,-5.1105,34.3022,-5.1106)
point(34.3,-5.1)
fk5
box(34.3021,-5.1105,2",1",30)
image
box(101,201,40,20,0)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "all.reg"
    path.write_text(ALL_KINDS)
    return path


def test_regions_of_ds9_become_places_with_their_shapes(info: MapInfo, file: Path) -> None:
    places, note = read_region_places(file, info)
    kinds = [place.shape.kind for place in places if place.shape is not None]
    assert kinds == ["circle", "ellipse", "polygon", "box", "box"]
    assert note == "all.reg: 1 point left out, as no shape is drawn of it"
    ring, box = places[0], places[-1]
    assert (ring.name, box.name) == ("ring", "region 5")
    assert ring.width == pytest.approx(4, abs=0.1)
    assert (box.width, box.height) == (pytest.approx(1.6, abs=0.1), pytest.approx(0.8, abs=0.1))


def test_shapes_are_traced_where_ds9_has_them(info: MapInfo, file: Path) -> None:
    places, _ = read_region_places(file, info)
    outlines = trace_shapes([place.shape for place in places if place.shape], info.wcs)
    true = [
        region.to_pixel(info.wcs) if hasattr(region, "to_pixel") else region
        for region in Regions.parse(ALL_KINDS, format="ds9")
        if "Point" not in type(region).__name__
    ]
    for region, outline in zip(true, outlines, strict=True):
        centre = outline.mean(axis=0)
        for by, inside in ((0.99, True), (1.01, False)):
            at = centre + by * (outline - centre)
            assert (region.contains(PixCoord(*at.T)) == inside).all(), region


def test_places_are_written_as_regions_and_read_again(
    info: MapInfo, file: Path, tmp_path: Path
) -> None:
    places, _ = read_region_places(file, info)
    view = Place(x=34.3021, y=-5.1105, width=6, height=4, name="a view")
    save_region_places(tmp_path / "again.reg", [*places, view])
    again, note = read_region_places(tmp_path / "again.reg", info)
    assert note == ""
    assert [place.name for place in again] == [
        *(place.name for place in places),
        "a view",
    ]
    shapes = [place.shape for place in places if place.shape]
    same = [place.shape for place in again if place.shape]
    assert same[0].colour == "red"
    for old, new in zip(trace_shapes(shapes, info.wcs), trace_shapes(same, info.wcs), strict=False):
        np.testing.assert_allclose(old, new, atol=1e-3)
    assert same[-1].size == (pytest.approx(3, abs=1e-4), pytest.approx(2, abs=1e-4))


def test_regions_in_pixels_count_from_1_in_the_file(tmp_path: Path) -> None:
    plain = MapInfo("SCI", (50, 80))
    path = tmp_path / "plain.reg"
    path.write_text("image\ncircle(11,21,3)\n")
    (place,), _ = read_region_places(path, plain)
    assert place.shape is not None
    assert (place.frame, place.x, place.y) == ("pixel", pytest.approx(10), pytest.approx(20))
    assert place.shape.points == ((10.0, 20.0),)
    save_region_places(path, [place])
    assert "circle(11.0" in path.read_text()


def test_what_holds_no_region_is_refused(info: MapInfo, tmp_path: Path, bands: Data) -> None:
    path = tmp_path / "bad.reg"
    for text in ("no regions", "icrs\npoint(34.3,-5.1)\n"):
        path.write_text(text)
        with pytest.raises(ParameterError):
            read_region_places(path, info)
    path.write_text(ALL_KINDS)
    with pytest.raises(ParameterError, match="the map has no WCS"):
        read_region_places(path, MapInfo("SCI", (50, 80)))
    with pytest.raises(ParameterError, match="no place to save"):
        save_region_places(path, [])


def test_places_are_renamed_put_in_order_and_forgotten() -> None:
    session = Session()
    session.places = tuple(Place(x=1, y=1, width=1, height=1, name=name) for name in "abc")
    rename_place(session, 1, " here ")
    assert move_place(session, 2, -2) == 0
    assert [place.name for place in session.places] == ["c", "a", "here"]
    assert move_place(session, 2, 5) == 2
    with pytest.raises(ParameterError, match="name is empty"):
        rename_place(session, 1, " ")
    forget_places(session, [0, 2])
    assert [place.name for place in session.places] == ["a"]
    assert name_next(session.places, "a") == "a 1"
