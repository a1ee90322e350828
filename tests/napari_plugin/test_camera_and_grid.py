"""What is in view, and bands in a grid."""

from __future__ import annotations

from typing import Any

import astropy.units as u
import numpy as np
import pytest
from napari.components import ViewerModel
from tests.napari_plugin.conftest import show

from skyseg import Data
from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.band_grid import leave_grid, show_grid
from skyseg.napari_plugin.canvas.camera import get_part_in_view, get_place_in_view, go_to
from skyseg.napari_plugin.canvas.cursor_readout import show_readout
from skyseg.napari_plugin.canvas.drawn_layers import follow_session
from skyseg.napari_plugin.canvas.side_by_side import follow_arrangement
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.layer_info import get_info, list_frames
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_parsing import parse_place
from skyseg.panel.session import Place

F115W_SEG = "UDS-B F115W SEG rms_err"

SEG = "UDS-B F444W SEG rms_err"


def known(model: ViewerModel, name: str = SEG) -> MapInfo:
    info = get_info(model.layers[name])
    assert info is not None
    return info


def test_the_view_goes_to_a_place_and_knows_it(model: ViewerModel) -> None:
    info = known(model)
    place = parse_place("pixel x y", "301 201", 8.0, info)
    go_to(model, info, place)
    seen = get_place_in_view(model, info)
    assert seen.centre.separation(place.centre) < 1e-3 * u.arcsec
    assert min(seen.width, seen.height) == pytest.approx(8.0)
    part = get_part_in_view(model, info, 4000)
    assert part is not None
    rows, columns = part
    assert rows.start <= 200 < rows.stop
    assert columns.start <= 300 < columns.stop
    assert get_part_in_view(model, info, 50) is not None
    with pytest.raises(ParameterError, match="is not in the image"):
        go_to(model, info, Place(x=90, y=0, width=3, height=3, name="far"))
    model.scene.camera.center = (0, 9999, 0)
    assert get_part_in_view(model, info, 50) is None


def boxes_of(model: ViewerModel) -> dict[str, tuple[int, int]]:
    grid = model.canvas.grid
    places = {layer.name: grid.position(n, model.layers) for n, layer in enumerate(model.layers)}
    return {name: place for name, place in places.items() if model.layers[name].visible}


def test_the_grid_has_one_box_for_each_band(model: ViewerModel) -> None:
    for name in ("Selected", "Regions", "Marks truth"):
        model.add_shapes([[[0, 0], [1, 1]]], shape_type="line", name=name)
    assert show_grid(model) == []
    grid = model.canvas.grid
    assert (grid.enabled, grid.actual_shape(model.layers)) == (True, (1, 2))
    assert boxes_of(model) == {
        **dict.fromkeys(("UDS-B F115W SCI", F115W_SEG), (0, 0)),
        **dict.fromkeys(("UDS-B F444W SCI", SEG), (0, 1)),
        **dict.fromkeys(("Selected", "Regions", "Marks truth"), (0, 0)),
    }
    info = known(model)
    go_to(model, info, parse_place("pixel x y", "301 201", 4.0, info))
    sides = np.array(model.canvas.size) / grid.actual_shape(model.layers)
    assert (sides / model.scene.camera.zoom).min() == pytest.approx(4.0)
    leave_grid(model, [])
    assert not grid.enabled
    assert all(layer.visible for layer in model.layers)
    assert len(model.layers) == 7


def test_side_by_side_keeps_the_zoom_at_each_switch(model: ViewerModel) -> None:
    camera = model.scene.camera
    camera.center, camera.zoom = (0, 1, 2), 30
    for _ in range(3):
        hidden = show_grid(model)
        assert (camera.center[-2:], camera.zoom) == ((1, 2), 30)
        leave_grid(model, hidden)
        assert (camera.center[-2:], camera.zoom) == ((1, 2), 30)


def test_the_readout_leaves_the_names_of_bands_side_by_side_alone(model: ViewerModel) -> None:
    show_readout(model)
    text, names = model.canvas.overlays["text"], model.layers["UDS-B F115W SCI"].name_overlay
    assert text.position == names.position == "top_left"
    hidden = show_grid(model)
    assert names.visible
    assert (text.position, names.position) == ("bottom_left", "top_left")
    leave_grid(model, hidden)
    assert (text.position, names.visible) == ("top_left", False)


def test_the_grid_shows_the_seg_maps_that_there_are(model: ViewerModel) -> None:
    model.layers.remove(SEG)
    names = [layer.name for layer in model.layers]
    assert show_grid(model) == []
    assert boxes_of(model) == {
        "UDS-B F115W SCI": (0, 0),
        F115W_SEG: (0, 0),
        "UDS-B F444W SCI": (0, 1),
    }
    leave_grid(model, [])
    assert sorted(layer.name for layer in model.layers) == sorted(names)
    model.layers.remove("UDS-B F444W SCI")
    with pytest.raises(ParameterError, match="SCI maps of two bands"):
        show_grid(model)


def test_the_list_of_layers_shows_no_layers_that_only_fill_the_grid(
    window: Any, bands: Data
) -> None:
    for band in bands:
        show(window, band)
    for name in ("Selected", "Regions"):
        window.add_shapes([[[0, 0], [1, 1]]], shape_type="line", name=name)
    names = [layer.name for layer in window.layers]
    hidden = show_grid(window)
    rows = window.window._qt_viewer.layers
    assert len(window.layers) > len(names)
    window.layers.move(0, 3)
    shown = [row for row in range(rows.model().rowCount()) if not rows.isRowHidden(row)]
    assert sorted(rows.model().index(row, 0).data() for row in shown) == sorted(names)
    leave_grid(window, hidden)
    assert not any(rows.isRowHidden(row) for row in range(rows.model().rowCount()))


def test_maps_that_the_grid_hides_come_back(model: ViewerModel, bands: Data) -> None:
    show(model, bands["F444W"].with_products("wht"))
    hidden = show_grid(model)
    assert [layer.name for layer in hidden] == [SEG]
    assert boxes_of(model)["UDS-B F444W SEG wht"] == (0, 1)
    leave_grid(model, hidden)
    assert model.layers[SEG].visible


def test_what_is_drawn_over_the_maps_is_in_every_box(window: Any, bands: Data, until: Any) -> None:
    for band in bands:
        show(window, band)
    session = get_session(window)
    follow_session(window)
    follow_arrangement(window)
    window.fit_to_view()
    place = get_place_in_view(window, known(window))
    session.target = place
    session.side_by_side = True
    window.fit_to_view()

    def count() -> list[int]:
        picture = window.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
        red = (picture[..., 0] > 180) & (picture[..., 1] < 110)
        return [int(box.sum()) for box in np.array_split(red, 2, axis=1)]

    until(lambda: min(count()) > 40)
    session.target = None
    until(lambda: max(count()) < 20)


def test_a_map_that_comes_while_bands_lie_side_by_side_goes_into_the_box_of_its_band(
    window: Any, bands: Data, until: Any
) -> None:
    for band in bands:
        show(window, band)
    session = get_session(window)
    follow_arrangement(window)
    session.side_by_side = True
    window.layers[F115W_SEG].visible = False
    for layer in read_layers(
        bands["F115W"].with_products("wht"), ("SEG",), list_frames(window.layers), outlined=True
    ):
        put_layer(window, layer)
    window.add_points([[0, 0]], name="mine", units=window.layers[0].units)
    wanted = {"UDS-B F115W SCI": (0, 0), "UDS-B F115W SEG wht": (0, 0), "mine": (0, 0)}
    wanted |= {"UDS-B F444W SCI": (0, 1), SEG: (0, 1)}
    until(lambda: boxes_of(window) == wanted)
    for name in ("UDS-B F444W SCI", SEG):
        window.layers.remove(name)
    until(lambda: not session.side_by_side)
    assert not window.canvas.grid.enabled
