"""One field at a time and one comparison: what else there is does not lie over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from napari.utils.notifications import notification_manager

from skyseg import Data
from skyseg.napari_plugin.canvas.drawn_layers import SHAPES_LAYER, TARGET_LAYER
from skyseg.napari_plugin.canvas.edit_draft import POINTS_LAYER
from skyseg.napari_plugin.canvas.edit_marks import EDITED_LAYER
from skyseg.napari_plugin.layers.finding import find_layers, find_shown_map
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.difference_widget import DifferenceWidget
from skyseg.napari_plugin.widgets.edit_widget import EditWidget
from skyseg.napari_plugin.widgets.region_widget import RegionWidget

from .conftest import show

F444W_SEG = "UDS-B F444W SEG rms_err"

Until = Callable[..., None]


def test_a_switch_of_field_is_told_once(window: Any, imaging_dir: Path) -> None:
    xdf = window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    window.open(imaging_dir / "jwst" / "UDS-B", plugin="skyseg")
    assert not any(layer.visible for layer in xdf)
    before = len(notification_manager.records)
    xdf[-1].visible = True
    said = [record.message for record in list(notification_manager.records)[before:]]
    assert [text for text in said if "is shown" in text] == [
        "XDF is shown; UDS-B, in another field, is hidden"
    ]
    assert sum(layer.visible for layer in xdf) == len(xdf)


def test_what_is_drawn_on_a_field_does_not_lie_on_another(
    window: Any, bands: Data, imaging_dir: Path, tmp_path: Path
) -> None:
    show(window, bands["F444W"])
    region = RegionWidget(window)
    file = tmp_path / "circle.reg"
    file.write_text("image\ncircle(100,120,10)\n")
    region.open_regions(str(file))
    region.text.setText("100 120")
    region.go.click()
    drawn = window.layers[SHAPES_LAYER], window.layers[TARGET_LAYER]
    assert all(layer.visible for layer in drawn)
    window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    assert not any(layer.visible for layer in drawn)
    shown = find_shown_map(window)
    assert shown is not None
    assert shown.shape == (200, 200)
    region.text.setText("100 50")
    region.go.click()
    assert [layer.visible for layer in drawn] == [False, True]
    window.layers[F444W_SEG].visible = True
    assert [layer.visible for layer in drawn] == [True, False]


def test_edits_of_a_field_are_not_marked_on_another(
    window: Any, bands: Data, imaging_dir: Path, until: Until
) -> None:
    show(window, bands["F444W"])
    window.layers.selection.active = window.layers[F444W_SEG]
    edit = EditWidget(window)
    until(lambda: "0 edits" in edit.title.text())
    edit.session.selected = (3,)
    edit.do("grow")
    edit.session.selected = (4,)
    edit.do("line")
    edit.edit.add_point(10.0, 10.0)
    drawn = window.layers[EDITED_LAYER], window.layers[POINTS_LAYER]
    assert all(layer.visible for layer in drawn)
    window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    assert not any(layer.visible for layer in drawn)
    edit.edit.add_point(20.0, 20.0)
    assert not window.layers[POINTS_LAYER].visible
    window.layers[F444W_SEG].visible = True
    assert window.layers[EDITED_LAYER].visible
    assert window.layers[POINTS_LAYER].visible


def test_what_is_drawn_on_two_fields_is_seen_on_each_of_them(
    window: Any, bands: Data, imaging_dir: Path, tmp_path: Path
) -> None:
    show(window, bands["F444W"])
    region, file = RegionWidget(window), tmp_path / "circle.reg"
    file.write_text("image\ncircle(100,120,10)\n")
    region.open_regions(str(file))
    window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    other = window.layers[-1]
    file.write_text("image\ncircle(50,60,10)\n")
    region.open_regions(str(file))
    drawn = window.layers[SHAPES_LAYER]
    for shown, number in ((window.layers[F444W_SEG], 0), (other, 1)):
        shown.visible = True
        assert drawn.visible
        middle = drawn.data_to_world(drawn.data[number].mean(axis=0))
        row, column = shown.world_to_data(middle)
        assert 0 < row < shown.extent.data[1][0]
        assert 0 < column < shown.extent.data[1][1]


def test_a_comparison_is_seen_alone_and_a_map_opened_as_a_file_is_not_there_twice(
    window: Any, bands: Data, imaging_dir: Path, until: Until
) -> None:
    files = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w_sci.fits", bands["F444W"].seg_path
    for path in files:
        window.open(path, plugin="skyseg")
    get_session(window).update({"survey": "UDS-B", "version": "v1", "band": "F444W"})
    edit = EditWidget(window)  # which is open, and nothing is edited
    until(lambda: "0 edits" in edit.title.text())
    widget: DifferenceWidget = DifferenceWidget(window)
    widget.compare_runs.click()
    until(lambda: widget.changes.model.rowCount())
    assert [layer.name for layer in find_layers(window, "SEG")].count(F444W_SEG) == 1
    assert len(find_layers(window, "SEG")) == 2
    window.add_labels(np.ones(window.layers[F444W_SEG].data[0].shape, np.int32), name="mine")
    widget.compare_runs.click()
    until(lambda: "comparing" in widget.summary.text())
    until(lambda: "comparing" not in widget.summary.text())
    assert not any(layer.visible for layer in find_layers(window, "SEG"))
    assert len(find_layers(window, "DIFF")) == 1


def test_a_comparison_lies_on_the_image_of_its_own_band(
    window: Any, bands: Data, imaging_dir: Path, until: Until
) -> None:
    xdf = window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    window.open(imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f115w_sci.fits", plugin="skyseg")
    get_session(window).update({"survey": "UDS-B", "version": "v1", "band": "F444W"})
    widget: DifferenceWidget = DifferenceWidget(window)
    for _ in range(2):  # then the image is there
        widget.compare_runs.click()
        until(lambda: widget.changes.model.rowCount())
        assert [layer.name for layer in window.layers if layer.visible] == [
            "UDS-B F444W SCI",
            "DIFF rms_err - wht UDS-B F444W",
        ]
        window.layers["UDS-B F115W SCI"].visible = True
        window.layers.remove("DIFF rms_err - wht UDS-B F444W")
    assert not any(layer.visible for layer in xdf)
