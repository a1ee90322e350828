"""Sessions of a window: saved, and shown again in another window."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QApplication, QFileDialog
from tests.napari_plugin.test_widgets import docked, open_bands

import skyseg
from skyseg import Data
from skyseg.napari_plugin.canvas.band_grid import leave_grid, show_grid
from skyseg.napari_plugin.canvas.camera import get_view, go_to
from skyseg.napari_plugin.files.session_files import open_session, save_window
from skyseg.napari_plugin.layers.finding import find_current_seg, find_layers, find_shown_map
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.difference_widget import DifferenceWidget
from skyseg.napari_plugin.widgets.region_widget import RegionWidget
from skyseg.panel.marks import MarkSet
from skyseg.panel.region_shapes import RegionShape
from skyseg.panel.session import Place
from skyseg.products.names import ProductPaths

Until = Callable[..., None]


def prepare(window: Any, bands: Data) -> None:
    """Look at a part of two bands, with hidden and restyled layers, a region and marks."""
    open_bands(window, bands)
    session = get_session(window)
    info = find_shown_map(window)
    assert info is not None and info.wcs is not None
    sky = info.wcs.pixel_to_world(300, 200)
    at = float(sky.ra.deg), float(sky.dec.deg)
    shape = RegionShape(kind="circle", points=(at,), size=(1.0, 1.0))
    place = Place(x=at[0], y=at[1], width=5, height=5, name="here", shape=shape)
    session.places = (place,)
    session.marks = (MarkSet(name="truth", x=(at[0],), y=(at[1],)),)
    session.err_type = "wht"
    for layer in window.layers:
        if isinstance(layer, Image):
            layer.contrast_limits = (-0.5, 2.5)
        elif isinstance(layer, Labels):
            layer.opacity, layer.contour = 0.3, 0
    window.layers[0].visible = False
    window.layers[0].colormap = "viridis"
    go_to(window, info, place)


def describe(window: Any) -> list[tuple[Any, ...]]:
    found = []
    for layer in window.layers:
        form = [layer.name, layer.visible, layer.opacity]
        if isinstance(layer, Image):
            form += [tuple(layer.contrast_limits), layer.colormap.name]
        elif isinstance(layer, Labels):
            form += [layer.contour]
        found.append(tuple(form))
    return sorted(found)


def test_the_comparison_of_two_maps_is_shown_again(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    open_bands(window, bands)
    widget = docked(window, DifferenceWidget)
    widget.compare.click()
    until(lambda: widget.changes.model.rowCount())
    before, names = widget.summary.text(), [layer.name for layer in widget.pair]
    file = save_window(window, tmp_path / "field")
    window.layers.clear()
    assert (get_session(window).compared, widget.summary.text()) == (None, "")
    window.open(str(file), plugin="skyseg")
    until(lambda: widget.changes.model.rowCount())
    assert widget.summary.text().splitlines()[0] == before.splitlines()[0]
    assert [layer.name for layer in widget.pair] == names
    assert find_layers(window, "DIFF")


def test_a_session_is_saved_and_shown_again(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    prepare(window, bands)
    docked(window, RegionWidget)
    QApplication.processEvents()
    before, seen = describe(window), get_view(window)
    file = save_window(window, tmp_path / "field")
    assert file.name in notification_manager.records[-1].message
    window.layers.clear()
    get_session(window).update({"places": (), "marks": (), "err_type": "rms_err", "survey": "XDF"})
    window.open(str(file), plugin="skyseg")
    until(lambda: len(window.layers) == len(before))
    assert describe(window) == before
    np.testing.assert_allclose(get_view(window), seen, rtol=0.01, atol=1e-3)
    session = get_session(window)
    assert (session.survey, session.err_type) == ("UDS-B", "wht")
    assert save_window(window, tmp_path / "again").read_text() == file.read_text()
    hidden = show_grid(window)
    assert window.canvas.grid.actual_shape(window.layers) == (1, 2)
    leave_grid(window, hidden)


def test_of_two_fields_the_one_that_was_shown_is_shown_again(
    window: Any, bands: Data, until: Until, imaging_dir: Path, tmp_path: Path
) -> None:
    open_bands(window, bands)
    shown = find_layers(window, "SEG")[0]
    window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    shown.visible = True
    before = {layer.name: layer.visible for layer in window.layers}
    assert set(before.values()) == {True, False}
    file = save_window(window, tmp_path / "fields")
    window.layers.clear()
    open_session(window, file)
    until(lambda: len(window.layers) == len(before))
    assert {layer.name: layer.visible for layer in window.layers} == before


def test_bands_that_lie_side_by_side_are_shown_so_again(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    region, session = docked(window, RegionWidget), get_session(window)
    region.side_by_side.setChecked(True)
    assert "needs the SCI maps of two bands" in notification_manager.records[-1].message
    assert not region.side_by_side.isChecked() and not window.canvas.grid.enabled
    prepare(window, bands)
    region.side_by_side.setChecked(True)
    before, seen = describe(window), get_view(window)
    file = save_window(window, tmp_path / "field")
    open_session(window, file)
    until(lambda: window.canvas.grid.enabled)
    assert describe(window) == before
    assert window.canvas.grid.actual_shape(window.layers) == (1, 2)
    assert region.side_by_side.isChecked()
    np.testing.assert_allclose(get_view(window), seen, rtol=0.01, atol=1e-3)
    assert save_window(window, tmp_path / "again").read_text() == file.read_text()
    region.side_by_side.setChecked(False)
    assert not session.side_by_side and not window.canvas.grid.enabled
    viewer = bands.view()
    viewer.bands = ("F115W", "F444W")
    open_session(window, viewer.save_session(tmp_path / "notebook"))
    until(lambda: window.canvas.grid.enabled)
    assert window.canvas.grid.actual_shape(window.layers) == (1, 2)


def test_a_window_is_closed_in_silence_while_bands_lie_side_by_side(
    window: Any, bands: Data, qtbot: Any
) -> None:
    region = docked(window, RegionWidget)
    prepare(window, bands)
    region.side_by_side.setChecked(True)
    with qtbot.captureExceptions() as raised:
        window.close()
        qtbot.wait(50)
    assert raised == []


def test_a_session_of_napari_is_the_same_after_the_notebook_has_opened_it(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    prepare(window, bands)
    get_session(window).selected = (42,)
    file = save_window(window, tmp_path / "field")
    viewer = skyseg.view(str(file))
    assert viewer.bands == ("F444W",)
    assert viewer.limits == (-0.5, 2.5)
    assert viewer.selected == 42
    again = viewer.save_session(tmp_path / "notebook")
    assert again.read_text() == file.read_text()
    viewer.limits = (0.0, 1.0)
    viewer.save_session(again)
    open_session(window, again)
    until(lambda: any("F444W SCI" in layer.name for layer in window.layers))
    (sci,) = (layer for layer in window.layers if "F444W SCI" in layer.name)
    assert tuple(sci.contrast_limits) == (0.0, 1.0)
    viewer.cuts = "auto"
    open_session(window, viewer.save_session(again))
    until(lambda: any("F444W SCI" in layer.name for layer in window.layers))
    assert get_session(window).display.scale_of("SCI").cuts == "auto"  # nobody set limits


def test_what_is_missing_is_told_and_the_rest_is_shown(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    prepare(window, bands)
    file = save_window(window, tmp_path / "field")
    seg = str(bands["F444W"].seg_path)
    file.write_text(file.read_text().replace(seg, "/nowhere/gone_seg.fits"))
    notification_manager.records.clear()
    open_session(window, file)
    until(lambda: any("gone_seg" in each.message for each in notification_manager.records))
    until(lambda: sum(isinstance(layer, Labels) for layer in window.layers) == 1)
    assert sum(isinstance(layer, Image) for layer in window.layers) == 2


def test_the_map_that_is_seen_is_the_one_that_is_worked_with(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    open_bands(window, bands)
    seen, hidden = sorted(find_layers(window, "SEG"), key=window.layers.index)
    hidden.visible, window.layers.selection.active = False, seen
    number = len(window.layers)
    open_session(window, save_window(window, tmp_path / "field"))
    until(lambda: len(window.layers) == number)
    found = find_current_seg(window)
    assert found is not None and found[0].name == seen.name


def test_the_map_that_was_worked_with_is_so_again(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    open_bands(window, bands)
    lower, upper = sorted(find_layers(window, "SEG"), key=window.layers.index)
    number = len(window.layers)
    for layer in (lower, upper):
        window.layers.selection.active = window.layers[layer.name]
        file = save_window(window, tmp_path / "field")
        window.layers.clear()
        open_session(window, file)
        until(lambda: len(window.layers) == number)
        found = find_current_seg(window)
        assert found is not None and found[0].name == layer.name


def test_edits_of_a_run_whose_map_is_shown_as_a_file_are_told(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    prepare(window, bands)
    file, seg = save_window(window, tmp_path / "field"), bands["F444W"].seg_path
    copy = shutil.copy(seg, tmp_path)
    file.write_text(file.read_text().replace(str(seg), str(copy)))
    ProductPaths.of_seg(Path(copy)).journal.touch()
    notification_manager.records.clear()
    open_session(window, file)
    told = "UDS-B F444W SEG rms_err has edits, which are shown once it is run in Segment"
    until(lambda: any(told in each.message for each in notification_manager.records))


def test_layers_in_no_file_are_named_and_stay(
    window: Any, bands: Data, until: Until, tmp_path: Path
) -> None:
    from skyseg.napari_plugin.layers.layer_info import KEY
    from skyseg.panel.map_info import MapInfo

    prepare(window, bands)
    info = MapInfo("SEG", (4, 4))
    window.add_labels(np.ones((4, 4), int), name="by hand", metadata={KEY: info}, visible=False)
    file = save_window(window, tmp_path / "field")
    assert "not in it, as they are in no file: by hand" in notification_manager.records[-1].message
    open_session(window, file)
    assert "by hand" in window.layers
    until(lambda: sum(isinstance(layer, Image) for layer in window.layers) == 2)


def test_buttons_save_and_open_a_session(
    window: Any, bands: Data, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_bands(window, bands)
    widget = docked(window, RegionWidget)
    path = str(tmp_path / "field.skyseg.json")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    widget.save_session.click()
    number = len(window.layers)
    window.layers.clear()
    widget.open_session.click()
    until(lambda: len(window.layers) == number)
