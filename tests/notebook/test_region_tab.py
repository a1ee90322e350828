"""The tab Region of the notebook viewer, and its session, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Table

import skyseg
from skyseg import Data
from skyseg.errors import DataNotFoundError, ParameterError
from skyseg.notebook._drawn import describe_canvas
from skyseg.panel.session import Place
from skyseg.panel.session_file import read_session


@pytest.fixture
def viewer(bands: Data) -> Any:
    return bands["F444W"].view()


def items(viewer: Any) -> dict[str, Any]:
    """What is drawn, by its kind, in pixels from 0."""
    return {
        item["kind"]: np.frombuffer(item["at"], "<f4").reshape(-1, 2) - 0.5
        for item in viewer.active._drawn
    }


def test_places_are_gone_to_and_framed(viewer: Any, bands: Data) -> None:
    row = bands["F444W"].load_cat()[41]
    x, y = row["X_IMAGE"].value, row["Y_IMAGE"].value
    ra, dec = row["ALPHA_J2000"].value, row["DELTA_J2000"].value
    tab = viewer.region_tab
    for text in ("42", f"{x:.3f} {y:.3f}", f"{ra:.7f} {dec:.7f}"):
        viewer.region = None
        tab.text.value = text
        tab.go.click()
        assert tab.message.value == ""
        left, lower, right, upper = viewer.active.extent
        assert ((left + right) / 2 + 0.5, (lower + upper) / 2 + 0.5) == pytest.approx(
            (x, y), abs=0.6
        )
        np.testing.assert_allclose(items(viewer)["square"], [(x - 1, y - 1)], atol=0.01)
    tab.clear.click()
    assert "square" not in items(viewer)
    tab.whole.click()
    assert viewer.region is None
    tab.text.value = "nothing"
    tab.go.click()
    assert "&#x27;nothing&#x27; is no place" in tab.message.value
    assert tab.unit.value == "arcsec"


def test_places_are_remembered_renamed_put_in_order_and_forgotten(viewer: Any) -> None:
    tab, session = viewer.region_tab, viewer.session
    tab.remember.click()
    assert "whole image is in view" in tab.message.value
    for text, name in (("42", "a galaxy"), ("13", "")):
        tab.text.value, tab.name.value = text, name
        tab.go.click()
        tab.remember.click()
    assert [place.name for place in session.places] == ["a galaxy", "place 1"]
    tab.places.index = 0
    assert session.region == session.places[0]
    tab.places.index = 1
    tab.name.value = "its neighbour"
    tab.rename.click()
    tab.up.click()
    assert [label for label, _ in tab.places.options] == ["its neighbour", "a galaxy"]
    tab.forget.click()
    assert [place.name for place in session.places] == ["a galaxy"]


def test_a_rectangle_that_was_dragged_is_kept_drawn_and_gone_to(viewer: Any) -> None:
    tab, canvas = viewer.region_tab, viewer.active
    tab.draw.value = True
    assert canvas._tool == "rectangle"
    corners = [[100.5, 50.5], [140.5, 50.5], [140.5, 70.5], [100.5, 70.5]]
    viewer.drawn._on_message(canvas, {"kind": "rectangle", "corners": corners}, None)
    assert (tab.draw.value, canvas._tool) == (False, "")
    (place,) = viewer.session.places
    side = canvas.band.pix_scale.to_value(u.arcsec)
    assert (place.width, place.height) == pytest.approx((40 * side, 20 * side), rel=1e-4)
    assert viewer.session.region == place
    drawn = items(viewer)["path"]
    np.testing.assert_allclose(drawn.min(axis=0), (100, 50), atol=0.01)
    np.testing.assert_allclose(drawn.max(axis=0), (140, 70), atol=0.01)


def test_regions_of_ds9_are_drawn_listed_and_saved(viewer: Any, tmp_path: Path) -> None:
    tab = viewer.region_tab
    sky = viewer.active.band.wcs.pixel_to_world(300, 200)
    path = tmp_path / "two.reg"
    path.write_text(
        f'icrs\ncircle({sky.ra.deg},{sky.dec.deg},1") # text={{ring}} color=red\n'
        "image\nbox(101,151,40,20,0)\npoint(3,3)\n"
    )
    tab.regions.value = str(path)
    tab.open_regions.click()
    assert "1 point left out" in tab.message.value
    red, box = viewer.active._drawn
    assert (red["colour"], red["parts"], box["parts"]) == ("red", [48], [4])
    assert [place.name for place in viewer.session.places] == ["ring", "region 2"]
    tab.regions.value = str(tmp_path / "again")
    tab.save_regions.click()
    assert "ring" in (tmp_path / "again.reg").read_text()


def test_a_table_is_marked_over_the_image_in_a_colour_of_its_own(
    viewer: Any, bands: Data, tmp_path: Path
) -> None:
    table = bands["F444W"].load_cat()
    viewer.mark(table, name="truth")
    path = tmp_path / "stars.csv"
    Table({"x": [10.0], "y": [20.0]}).write(path)
    viewer.region_tab.table.value = str(path)
    viewer.region_tab.mark.click()
    first, second = viewer.active._drawn
    assert first["colour"] != second["colour"]
    at = np.frombuffer(first["at"], "<f4").reshape(-1, 2) + 0.5
    true = np.stack([table["X_IMAGE"].value, table["Y_IMAGE"].value], axis=1)
    np.testing.assert_allclose(at, true, atol=0.01)
    viewer.region_tab.marks.children[0].children[1].click()
    assert [marks.name for marks in viewer.session.marks] == ["stars"]
    with pytest.raises(ParameterError, match="no columns of positions"):
        viewer.mark(Table({"flux": [1.0]}))


def test_what_is_drawn_lies_over_each_band_that_is_shown(bands: Data) -> None:
    viewer = bands.view()
    viewer.mark(np.array([[10.0, 20.0]]), name="one")
    viewer.bands = ("F115W", "F444W")
    assert [len(canvas._drawn) for canvas in viewer.canvases] == [1, 1]


def test_places_of_an_array_without_wcs_are_in_pixels() -> None:
    viewer = skyseg.view(np.zeros((60, 80)))
    tab = viewer.region_tab
    assert tab.unit.value == "pixels"
    tab.text.value = "21 11"
    tab.go.click()
    assert viewer.session.region == Place(
        x=20, y=10, width=5, height=5, frame="pixel", name="pixel x y 21 11"
    )
    assert describe_canvas(viewer.active).wcs is None


def test_a_session_is_saved_and_shown_again(bands: Data, tmp_path: Path) -> None:
    viewer = bands.view()
    viewer.bands = ("F115W", "F444W")
    viewer.band = "F444W"
    viewer.mark(bands["F444W"].load_cat(), name="truth")
    viewer.canvases[1].limits = (-0.5, 2.0)
    viewer.region_tab.text.value = "42"
    viewer.region_tab.go.click()
    viewer.err_type = "wht"
    file = viewer.save_session(tmp_path / "field")
    again = skyseg.view(str(file))
    assert (again.bands, again.band, again.err_type) == (("F115W", "F444W"), "F444W", "wht")
    assert again.canvases[1].limits == (-0.5, 2.0)
    assert again.session.region == viewer.session.region
    for canvas, true in zip(again.canvases, viewer.canvases, strict=True):
        assert canvas.sources is not None
        np.testing.assert_array_equal(canvas.sources.labels, true.sources.labels)
        assert canvas._drawn == true._drawn
    assert [each.title for each in again.canvases] == [each.title for each in viewer.canvases]
    assert again.save_session(tmp_path / "again").read_text() == file.read_text()


def test_bands_that_lie_side_by_side_are_saved_so(bands: Data, tmp_path: Path) -> None:
    viewer = bands.view()
    for shown in (("F115W", "F444W"), ("F444W",)):
        viewer.bands = shown
        saved = read_session(viewer.save_session(tmp_path / "field"))
        assert saved.session.side_by_side == (len(shown) > 1)


def test_a_session_is_shown_in_a_viewer_that_is_open(bands: Data, tmp_path: Path) -> None:
    file = bands.view().save_session(tmp_path / "field")
    viewer = bands.view()
    viewer.bands = ("F444W",)
    viewer.region_tab.file.value = str(file)
    viewer.region_tab.open_session.click()
    assert viewer.region_tab.message.value == ""
    assert viewer.bands == ("F115W",)
    viewer.region_tab.file.value = str(tmp_path / "none.skyseg.json")
    viewer.region_tab.open_session.click()
    assert "is not there" in viewer.region_tab.message.value


def test_what_is_missing_is_told_and_the_rest_is_shown(
    bands: Data, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = bands["F444W"].view().save_session(tmp_path / "field")
    seg = str(bands["F444W"].seg_path)
    file.write_text(file.read_text().replace(seg, "/nowhere/gone_seg.fits"))
    viewer = skyseg.view(str(file))
    assert "gone_seg.fits is not there" in caplog.text
    assert viewer.active.sources is None
    text = file.read_text().replace(str(bands["F444W"].sci.path), "/nowhere/gone.fits")
    file.write_text(text.replace('"survey": "UDS-B"', '"survey": ""'))
    with pytest.raises(DataNotFoundError, match=r"no image that can be shown: .*gone"):
        skyseg.view(str(file))
