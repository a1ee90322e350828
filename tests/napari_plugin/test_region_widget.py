"""The Region widget in a real window: places, drawn rectangles, regions of DS9, marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table
from pytestqt.qtbot import QtBot
from tests.napari_plugin.conftest import drag
from tests.napari_plugin.test_widgets import docked, open_bands, place_of, told

from skyseg import Data
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.canvas.drawn_layers import SHAPES_LAYER, TARGET_LAYER
from skyseg.napari_plugin.layers.finding import find_shown_map
from skyseg.napari_plugin.widgets.region_widget import RECTANGLE_LAYER, RegionWidget
from skyseg.panel.session import Place

Until = Callable[..., None]


@pytest.fixture
def widget(window: Any, bands: Data) -> RegionWidget:
    open_bands(window, bands)
    made: RegionWidget = docked(window, RegionWidget)
    return made


def wait_for_no_rectangle(widget: RegionWidget, until: Until) -> None:
    until(lambda: RECTANGLE_LAYER not in widget.viewer.layers)


def test_places_are_gone_to_and_marked(window: Any, widget: RegionWidget) -> None:
    row = find_band(widget).load_cat()[41]
    x, y = row["X_IMAGE"].value, row["Y_IMAGE"].value
    ra, dec = row["ALPHA_J2000"].value, row["DELTA_J2000"].value
    for text in ("42", f"{x:.3f} {y:.3f}", f"{ra:.7f} {dec:.7f}"):
        window.fit_to_view()
        widget.text.setText(text)
        widget.go.click()
        assert np.abs(np.subtract(get_view(window)[0], place_of(window, 42))).max() < 1.0, text
        (point,) = window.layers[TARGET_LAYER].data
        np.testing.assert_allclose(point, (y - 1, x - 1), atol=0.01)
    widget.clear.click()
    assert TARGET_LAYER not in window.layers
    widget.text.setText("nothing")
    widget.go.click()
    assert "'nothing' is no place" in told()


def find_band(widget: RegionWidget) -> Any:
    info = find_shown_map(widget.viewer)
    assert info is not None
    return info.band


def test_places_are_remembered_renamed_put_in_order_and_forgotten(
    window: Any, widget: RegionWidget
) -> None:
    widget.text.setText("42")
    widget.go.click()
    widget.name.setText("a galaxy")
    widget.remember.click()
    widget.remember.click()
    window.fit_to_view()
    names = widget.places.list
    assert [place.name for place in widget.session.places] == ["a galaxy", "place 1"]
    names.setCurrentRow(0)
    names.itemClicked.emit(names.item(0))
    assert np.abs(np.subtract(get_view(window)[0], place_of(window, 42))).max() < 1.0
    names.item(1).setText("its neighbour")
    names.setCurrentRow(1)
    widget.places.up.click()
    assert [place.name for place in widget.session.places] == ["its neighbour", "a galaxy"]
    names.item(0).setText("")
    assert "the name is empty" in told()
    assert names.item(0).text() == "its neighbour"
    widget.places.forget.click()
    assert [place.name for place in widget.session.places] == ["a galaxy"]


@pytest.mark.parametrize("zoom", [0.4, 1.0, 12.0])
def test_a_drawn_rectangle_has_an_edge_of_one_to_two_screen_pixels_at_any_zoom(
    window: Any, widget: RegionWidget, qtbot: QtBot, until: Until, zoom: float
) -> None:
    camera = window.scene.camera
    camera.center = (0.0, 0.0, 0.0)
    camera.zoom *= zoom
    side = 60 / camera.zoom
    widget.draw.click()
    rectangle = window.layers[RECTANGLE_LAYER]
    corners = (-side, -2 * side), (side, 2 * side)
    drag(window, qtbot, *corners, steps=5)
    assert 1 <= rectangle.edge_width[0] * camera.zoom <= 2
    wait_for_no_rectangle(widget, until)
    (place,) = widget.session.places
    assert (place.width, place.height) == (
        pytest.approx(4 * side, rel=0.05),
        pytest.approx(2 * side, rel=0.05),
    )
    shapes, info = window.layers[SHAPES_LAYER], find_shown_map(window)
    assert info is not None
    for factor in (1, 0.3, 20):
        camera.zoom *= factor
        assert 1 <= shapes.edge_width[0] * info.scale * camera.zoom <= 2


def test_the_view_goes_to_a_drawn_rectangle(
    window: Any, widget: RegionWidget, qtbot: QtBot, until: Until
) -> None:
    widget.draw.click()
    drag(window, qtbot, (5, -8), (-3, 4), steps=5)
    wait_for_no_rectangle(widget, until)
    (place,) = widget.session.places
    assert (place.width, place.height) == (pytest.approx(12, abs=0.2), pytest.approx(8, abs=0.2))
    np.testing.assert_allclose(get_view(window)[0], (1, -2), atol=0.2)


def test_regions_of_ds9_are_drawn_listed_and_saved(
    window: Any, widget: RegionWidget, tmp_path: Path
) -> None:
    info = find_shown_map(window)
    assert info is not None and info.wcs is not None
    sky = info.wcs.pixel_to_world(300, 200)
    path = tmp_path / "two.reg"
    path.write_text(
        f'icrs\ncircle({sky.ra.deg},{sky.dec.deg},1") # text={{ring}} color=red\n'
        "image\nbox(101,151,40,20,0)\npoint(3,3)\n"
    )
    widget.open_regions(str(path))
    layer = window.layers[SHAPES_LAYER]
    assert layer.nshapes == 2
    np.testing.assert_allclose(layer.data[0].mean(axis=0), (200, 300), atol=0.1)
    assert layer.data[1].min(axis=0) == pytest.approx((140, 80), abs=0.1)
    np.testing.assert_allclose(layer.edge_color[0], (1, 0, 0, 1))
    assert "1 point left out" in told()
    assert [place.name for place in widget.session.places] == ["ring", "region 2"]
    widget.save_regions(str(tmp_path / "again"))
    assert "ring" in (tmp_path / "again.reg").read_text()
    widget.places.list.setCurrentRow(0)
    widget.places.forget.click()
    assert layer.nshapes == 1


def test_a_person_s_layer_of_the_name_of_ours_stays_theirs(
    window: Any, widget: RegionWidget, tmp_path: Path
) -> None:
    mine = window.add_shapes([[(0, 0), (0, 5), (5, 5)]], shape_type="polygon", name=SHAPES_LAYER)
    path = tmp_path / "circles.reg"
    path.write_text("image\ncircle(100,120,10)\ncircle(200,220,10)\n")
    widget.open_regions(str(path))
    ours = next(each for each in window.layers if each.name == f"{SHAPES_LAYER} [1]")
    assert (mine.nshapes, ours.nshapes) == (1, 2)
    ours.name = "circles"
    widget.places.list.setCurrentRow(0)
    widget.places.forget.click()
    assert (mine.nshapes, ours.nshapes) == (1, 1)
    widget.places.list.setCurrentRow(0)
    widget.places.forget.click()
    assert mine in window.layers
    assert ours not in window.layers


def test_a_table_is_marked_over_the_maps_in_a_colour_of_its_own(
    window: Any, widget: RegionWidget, tmp_path: Path
) -> None:
    table = find_band(widget).load_cat()
    paths = [tmp_path / "truth.csv", tmp_path / "stars.csv"]
    for path in paths:
        Table({"ra": table["ALPHA_J2000"].value, "dec": table["DELTA_J2000"].value}).write(path)
        widget.marks.open_table(str(path))
    truth, stars = window.layers["Marks truth"], window.layers["Marks stars"]
    at = np.stack([table["Y_IMAGE"].value, table["X_IMAGE"].value], axis=1) - 1
    np.testing.assert_allclose(truth.data, at, atol=0.01)
    assert not np.allclose(truth.border_color[0], stars.border_color[0])
    for _ in range(2):
        assert truth.size[0] * window.scene.camera.zoom == pytest.approx(13)
        window.scene.camera.zoom *= 7
    assert widget.marks.list.count() == 2
    widget.marks.list.setCurrentRow(0)
    widget.marks.remove.click()
    assert "Marks truth" not in window.layers
    window.layers.remove("Marks stars")
    assert widget.session.marks == ()
    widget.marks.add.setEnabled(True)


def test_places_of_a_map_without_wcs_are_in_pixels(
    make_napari_viewer: Callable[..., Any],
) -> None:
    from skyseg.napari_plugin.layers.layer_info import KEY
    from skyseg.panel.map_info import MapInfo

    viewer = make_napari_viewer()
    widget = RegionWidget(viewer)
    viewer.window.add_dock_widget(widget)
    assert widget.field.suffix() == " arcsec"
    viewer.add_image(np.zeros((60, 80)), metadata={KEY: MapInfo("SCI", (60, 80))})
    assert widget.field.suffix() == " pixels"
    widget.text.setText("21 11")
    widget.go.click()
    np.testing.assert_allclose(get_view(viewer)[0], (10, 20))
    assert widget.session.region == Place(
        x=20, y=10, width=5, height=5, frame="pixel", name="pixel x y 21 11"
    )
    np.testing.assert_allclose(viewer.layers[TARGET_LAYER].data, [(10, 20)])
