"""The readout of a window: what it says, and when."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from napari.components import ViewerModel
from napari.layers import Image, Layer
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication

from skyseg import Data
from skyseg.napari_plugin.canvas import cursor_readout
from skyseg.napari_plugin.canvas.blinking import Blinker
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.canvas.cursor_readout import describe_position, show_readout
from skyseg.napari_plugin.files.reader import read_paths
from skyseg.napari_plugin.layers.edit import EDIT_KEY
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.layer_info import KEY, get_info
from skyseg.panel.map_info import MapInfo

from .conftest import drag, show

UDS = "jwst/UDS-B/NIRCam/v1/40mas"
SEG = "UDS-B F444W SEG rms_err"


@pytest.fixture
def opened(imaging_dir: Path) -> ViewerModel:
    viewer = ViewerModel()
    for data in read_paths(str(imaging_dir / UDS / "uds-b-f444w_sci.fits")):
        viewer.add_layer(Layer.create(*data))
    return viewer


def point(viewer: ViewerModel, position: Any) -> str:
    """Move the mouse to a place, and return what the readout says."""
    show_readout(viewer)
    viewer.cursor.position = tuple(position)
    for callback in viewer.mouse_move_callbacks:
        callback(viewer, SimpleNamespace())
    return said(viewer)


def said(viewer: ViewerModel) -> str:
    overlay = viewer.canvas.overlays["text"]
    lines = overlay.text.splitlines() if overlay.visible else []
    return "\n".join(line.rstrip() for line in lines)


def test_position_pixel_and_values_are_told(opened: ViewerModel, imaging_dir: Path) -> None:
    path = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    (layer,) = opened.layers
    sky_line, pixel, value = describe_position(opened.layers, layer.data_to_world((200, 500)))
    sky = WCS(fits.getheader(path)).pixel_to_world(500, 200)
    assert f"({sky.ra.deg:.6f}, {sky.dec.deg:.6f})" in sky_line
    assert pixel.startswith("x 501.0  y 201.0  (pixels from 1")
    assert value.startswith(f"{layer.name}  {fits.getdata(path)[200, 500]:.5g}")
    assert describe_position(opened.layers, layer.data_to_world((-5, 500))) == []
    layer.visible = False
    assert describe_position(opened.layers, layer.data_to_world((200, 500))) == []


def test_a_map_without_a_wcs_has_no_position_though_another_has_one(opened: ViewerModel) -> None:
    plain = np.ones((900, 900), np.float32)
    opened.add_layer(Image(plain, name="plain", metadata={KEY: MapInfo("SCI", plain.shape)}))
    position = opened.layers[0].data_to_world((200, 500))
    lines = describe_position([opened.layers[0], opened.layers[1]], (position[0] + 30, 20.0))
    assert lines[0].startswith("x 21.0")
    assert [line.split("  ")[0] for line in lines[1:]] == ["plain"]


def test_it_follows_what_changes_beneath_a_mouse_that_rests(model: ViewerModel) -> None:
    seg = model.layers[SEG]
    text = point(model, seg.data_to_world((200, 300)))
    assert SEG in text
    seg.visible = False
    assert SEG not in said(model)
    seg.visible = True
    seg.name = "another name"
    assert "another name" in said(model)
    model.layers.remove(seg)
    assert "another name" not in said(model)
    model.layers.clear()
    assert said(model) == ""


def test_it_follows_the_view_as_the_mouse_rests_on_the_canvas(model: ViewerModel) -> None:
    layer = model.layers["UDS-B F444W SCI"]
    model.scene.camera.center = (0.0, *layer.data_to_world((200, 300)))
    assert "x 301.0  y 201.0" in point(model, layer.data_to_world((200, 300)))
    model.scene.camera.center = (0.0, *layer.data_to_world((210, 320)))
    assert "x 321.0  y 211.0" in said(model)
    place = layer.data_to_world((215, 330))
    before = point(model, place)
    model.scene.camera.zoom *= 2
    assert "x 326.0  y 213.5" in said(model)
    assert before != said(model)


def test_it_follows_what_is_painted_and_where(window: Any, bands: Data, qtbot: QtBot) -> None:
    show(window, bands["F444W"])
    show_readout(window)
    seg = window.layers[SEG]
    window.layers.selection.active = seg
    info = get_info(seg)
    assert info is not None
    go_to_box(window, info, (200, 260, 300, 380))
    layer = add_edit_layer(window)
    layer.mode = "paint"
    number = layer.selected_label
    first, last = (seg.data_to_world(place) for place in ((215, 320), (215, 330)))
    drag(window, qtbot, first, last, steps=5)
    assert f"{layer.name}  source {number}" in said(window)
    (pixel,) = [line for line in said(window).splitlines() if line.startswith("x ")]
    assert abs(float(pixel.split()[1]) - 331) < 1


def test_an_edit_layer_tells_pixels_of_the_whole_map(model: ViewerModel) -> None:
    seg = model.layers[SEG]
    model.layers.selection.active = seg
    info = get_info(seg)
    assert info is not None
    go_to_box(model, info, (200, 260, 300, 380))
    layer = add_edit_layer(model)
    row, column = (part.start for part in layer.metadata[EDIT_KEY].part)
    assert row > 0
    text = point(model, layer.data_to_world((3, 5)))
    assert f"x {column + 6}.0  y {row + 4}.0" in text


def test_it_stays_in_its_corner_of_a_small_canvas(model: ViewerModel, bands: Data) -> None:
    seg = model.layers[SEG]
    seg.name = "a very long name of a layer " * 5
    model.canvas.size = (200, 320)
    text = point(model, seg.data_to_world((200, 300)))
    assert max(map(len, text.splitlines())) <= 320 / 8
    overlays = model.canvas.overlays
    assert overlays["text"].position != overlays["scale_bar"].position
    assert "right" not in str(overlays["text"].position)  # napari's notifications are there
    assert "right" not in str(overlays["scale_bar"].position)


@pytest.mark.parametrize(
    "line", ["x 155.9  y 641.0  (pixels from 1, as X_IMAGE and DS9)", "W" * 40]
)
@pytest.mark.parametrize("n_lines", [1, 2, 6])
@pytest.mark.parametrize("corner", ["top_left", "bottom_left"])
def test_its_box_holds_its_letters(
    window: Any, monkeypatch: pytest.MonkeyPatch, line: str, n_lines: int, corner: str
) -> None:
    lines = [line, line[::-1], *["Jy (g)"] * 4][:n_lines]
    monkeypatch.setattr(cursor_readout, "describe_position", lambda *_: lines)
    window.add_image(np.zeros((90, 90), np.float32))
    show_readout(window)
    overlay = window.canvas.overlays["text"]
    overlay.position = corner
    point(window, (40.0, 40.0))
    assert overlay.box_color[3] > 0.9
    overlay.box_color = "red"  # its letters are then cyan
    QApplication.processEvents()
    shot = window.screenshot(canvas_only=True, flash=False).astype(int)
    is_box = (shot[..., 0] > 200) & (shot[..., 2] < 60)
    is_letter = (shot[..., 0] < 120) & (shot[..., 2] > 120)
    for axis in (0, 1):
        box, letters = (np.flatnonzero(each.any(axis=axis)) for each in (is_box, is_letter))
        assert box[0] < letters[0]
        assert letters[-1] < box[-1]


def test_the_name_of_what_blinks_leaves_it_alone(
    window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor_readout, "describe_position", lambda *_: ["x" * 60] * 4)
    window.window.resize(1280, 720)
    layers = [window.add_image(np.zeros((90, 90)), name=name) for name in ("a " * 20, "b " * 20)]
    point(window, (40.0, 40.0))
    overlay = window.canvas.overlays["text"]
    overlay.box_color = "red"

    def count() -> int:
        QApplication.processEvents()
        shot = window.screenshot(canvas_only=True, flash=False).astype(int)
        return int(((shot[..., 0] > 200) & (shot[..., 1:3].max(axis=-1) < 60)).sum())

    before = count()
    blinker = Blinker(window, window.window._qt_window)
    blinker.start(layers)
    assert count() == before > 1000
    blinker.stop()


def test_its_box_has_the_colour_of_another_theme(opened: ViewerModel) -> None:
    show_readout(opened)
    overlay = opened.canvas.overlays["text"]
    dark = tuple(overlay.box_color)
    opened.theme = "light"
    assert tuple(overlay.box_color) != dark
    assert overlay.box_color[3] > 0.9


def test_a_window_is_set_up_once(opened: ViewerModel) -> None:
    assert show_readout(opened) is show_readout(opened)
    assert len(opened.mouse_move_callbacks) == 1


def test_letters_of_a_fine_screen_fit_the_canvas(
    model: ViewerModel, bands: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = {}
    for dots in (96.0, 192.0):
        monkeypatch.setattr(cursor_readout, "_get_dots", lambda dots=dots: dots)
        model.canvas.size = (400, 480)
        text = point(model, model.layers[SEG].data_to_world((200, 300)))
        widths[dots] = max(map(len, text.splitlines()))
        assert "…" not in text.splitlines()[0]
    assert widths[192.0] <= 27 < widths[96.0] <= 54
