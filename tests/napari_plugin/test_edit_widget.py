"""The Edit widget in a real window: a map is corrected by buttons, keys and mouse."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from napari.utils.notifications import notification_manager
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QCloseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from skyseg import BandData, Data
from skyseg.display.pyramids import make_label_pyramid
from skyseg.napari_plugin.canvas.camera import get_view, go_to_box
from skyseg.napari_plugin.canvas.edit_draft import POINTS_LAYER, PREVIEW_LAYER
from skyseg.napari_plugin.canvas.edit_marks import EDITED_LAYER
from skyseg.napari_plugin.closing import ClosingGuard
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.layers.unsaved import list_unsaved
from skyseg.napari_plugin.widgets.edit_widget import EditWidget
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget
from skyseg.panel.draft import step_of
from skyseg.panel.editing import EditSession
from skyseg.samples import make_survey

from .conftest import click, drag, show
from .test_widgets import docked, place_of, told

Until = Callable[..., None]
SEG = "UDS-B F444W SEG rms_err"


@pytest.fixture
def band(imaging_dir: Path, tmp_path: Path) -> BandData:
    """A band with products of its own, beside which the journal lies."""
    found = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)["F444W"]
    found.segment(progress=False)
    return found


@pytest.fixture
def large(tmp_path: Path) -> BandData:
    """A band whose map has several scales."""
    make_survey(tmp_path / "data", shape=(700, 700), bands=["F444W"])
    found = Data.from_survey_version("sample", "v1", data_dir=tmp_path / "data")["F444W"]
    found.segment(progress=False)
    return found


def open_edit(window: Any, band: BandData, until: Until) -> EditWidget:
    show(window, band)
    window.fit_to_view()
    widget: EditWidget = docked(window, EditWidget)
    until(lambda: widget.edit is not None and widget.edit.catalogue is not None)
    return widget


@pytest.fixture
def widget(window: Any, band: BandData, until: Until) -> EditWidget:
    return open_edit(window, band, until)


def shown(widget: EditWidget) -> Any:
    return np.asarray(get_full_map(widget.desk.current.layer))


def journal(widget: EditWidget) -> list[str]:
    return [widget.journal.rows.text(row, 1) for row in range(len(widget.journal.rows))]


def press_key(window: Any, key: Any, modifier: Any = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window.window._qt_viewer.canvas.native, key, modifier)
    QApplication.processEvents()


def find_neighbours(labels: Any) -> tuple[int, int]:
    """Two sources that touch, both well inside the map."""
    inside = labels[40:-40, 40:-40]
    left, right = inside[:, :-1], inside[:, 1:]
    pairs = (left != right) & (left > 0) & (right > 0)
    y, x = np.argwhere(pairs)[0]
    return int(left[y, x]), int(right[y, x])


def go_to(window: Any, widget: EditWidget, number: int) -> None:
    y0, y1, x0, x1 = widget.edit.find_boxes([number])[0].tolist()
    go_to_box(window, widget.desk.current.info, (y0, y1 - 1, x0, x1 - 1))
    QApplication.processEvents()


def test_clicked_sources_are_merged_by_a_key_and_all_follows(
    window: Any, widget: EditWidget, qtbot: QtBot, until: Until
) -> None:
    sources = docked(window, SourcesWidget)
    until(sources.model.rowCount)
    rows, before = sources.model.rowCount(), shown(widget).copy()
    a, b = find_neighbours(before)
    go_to(window, widget, a)
    click(window, qtbot, place_of(window, a, SEG))
    assert not widget.buttons.buttons["merge"].isEnabled()
    click(window, qtbot, place_of(window, b, SEG), Qt.KeyboardModifier.ControlModifier)
    assert set(widget.edit.chosen) == {a, b}
    press_key(window, Qt.Key.Key_J)
    low, high = sorted((a, b))
    assert np.array_equal(shown(widget), np.where(before == high, low, before))
    assert journal(widget) == [f"merge {low} {high}"]
    assert widget.session.selected == (low,)
    until(lambda: sources.model.rowCount() == rows - 1)
    assert EDITED_LAYER in window.layers
    assert len(window.layers[EDITED_LAYER].data) == 1
    assert "1 edit, not in its edited map yet" in widget.title.text()
    press_key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(shown(widget), before)
    until(lambda: sources.model.rowCount() == rows)
    assert EDITED_LAYER not in window.layers
    press_key(window, Qt.Key.Key_U, Qt.KeyboardModifier.ShiftModifier)
    assert journal(widget) == [f"merge {low} {high}"]
    widget.close()


def test_seeds_are_clicked_seen_and_done(window: Any, widget: EditWidget, qtbot: QtBot) -> None:
    a, b = find_neighbours(shown(widget))
    widget.session.selected = (a, b)
    widget.do("merge")
    (merged,) = widget.edit.chosen
    go_to(window, widget, merged)
    layer = window.layers[SEG]
    inside = np.argwhere(shown(widget) == merged)
    ends = inside[np.argmin(inside[:, 1])], inside[np.argmax(inside[:, 1])]
    widget.buttons.buttons["seeds"].click()
    assert not widget.box.isHidden()
    assert not widget.box.done.isEnabled()
    for end in ends:
        click(window, qtbot, layer.data_to_world(end))
    assert len(window.layers[POINTS_LAYER].data) == 2
    assert PREVIEW_LAYER in window.layers
    assert widget.box.text.text() == f"source {merged} in 2 parts"
    assert widget.session.selected == (merged,)
    assert len(journal(widget)) == 1
    press_key(window, Qt.Key.Key_Return)
    assert len(widget.session.selected) == 2
    assert widget.box.isHidden()
    assert POINTS_LAYER not in window.layers
    assert PREVIEW_LAYER not in window.layers
    press_key(window, Qt.Key.Key_K)
    assert told().startswith("2 sources are selected")
    widget.session.selected = (merged,)
    press_key(window, Qt.Key.Key_K)
    assert widget.edit.draft.tool == "line"
    press_key(window, Qt.Key.Key_Escape)
    assert widget.edit.draft is None
    assert window.layers.selection.active is layer


def test_a_split_follows_the_slider_and_is_revised(window: Any, widget: EditWidget) -> None:
    counts = np.bincount(shown(widget).ravel())
    largest = int(np.argmax(counts[1:])) + 1
    widget.session.selected = (largest,)
    widget.buttons.buttons["contrast"].click()
    widget.box.levels.setValue(64)
    widget.box.slider.setValue(100)
    assert "stays one" in widget.box.text.text()
    assert PREVIEW_LAYER not in window.layers
    widget.box.slider.setValue(0)
    parts = len(np.unique(window.layers[PREVIEW_LAYER].data)) - 1
    assert widget.box.text.text() == f"source {largest} in {parts} parts"
    widget.box.done.click()
    assert len(widget.session.selected) == parts
    widget.do("undo")
    widget.do("redo")
    before = widget.edit.edits.operations[0]
    widget.journal.selectRow(0)
    widget.why.setText("less is enough")
    widget.revise.click()
    assert (widget.box.slider.value(), widget.box.levels.value()) == (0, 64)
    widget.box.slider.setValue(step_of(before.mincont) + 5)
    widget.box.done.click()
    after = widget.edit.edits.operations[0]
    assert (after.mincont > before.mincont, after.why) == (True, "less is enough")


def test_new_sources_are_drawn_by_corners_or_as_an_ellipse(
    window: Any, widget: EditWidget, qtbot: QtBot
) -> None:
    layer = window.layers[SEG]
    free = next(
        (y, x)
        for y in range(60, 300, 7)
        for x in range(60, 300, 7)
        if not shown(widget)[y - 12 : y + 13, x - 12 : x + 13].any()
    )
    go_to_box(
        window, widget.desk.current.info, (free[0] - 12, free[0] + 12, free[1] - 12, free[1] + 12)
    )
    QApplication.processEvents()
    press_key(window, Qt.Key.Key_N)
    for dy, dx in ((-10, -10), (-10, -2), (-2, -6)):
        click(window, qtbot, layer.data_to_world((free[0] + dy, free[1] + dx)))
    assert "a new source of" in widget.box.text.text()
    press_key(window, Qt.Key.Key_Return)
    (drawn,) = widget.session.selected
    assert drawn == int(shown(widget).max())
    widget.do("outline")
    before = get_view(window)
    corners = [layer.data_to_world((free[0] + d, free[1] + d)) for d in (1, 10)]
    drag(window, qtbot, *corners)
    assert np.array_equal(get_view(window)[0], before[0])
    widget.box.done.click()
    (ellipse,) = widget.session.selected
    area = int((shown(widget) == ellipse).sum())
    assert 0.6 < area / (np.pi * 4.5**2) < 1.4
    assert window.scene.camera.mouse_pan


def test_what_is_painted_on_a_plain_map_enters_the_journal(window: Any, until: Until) -> None:
    before = np.zeros((60, 80), np.int32)
    before[10:20, 10:20], before[40:50, 40:60] = 1, 2
    layer = window.add_labels(before.copy(), name="mine")
    widget: EditWidget = docked(window, EditWidget)
    until(lambda: widget.edit is not None and widget.edit.edits is not None)
    widget.session.selected = (2,)
    widget.do("brush")
    assert (layer.mode, layer.selected_label) == ("paint", 2)
    layer.brush_size = 3
    layer.paint((39, 45), 2)
    layer.paint((2, 2), 9000)
    layer.fill((12, 12), 0)
    assert [each.kind for each in widget.edit.edits.operations] == ["paint", "draw", "paint"]
    assert layer.data[2, 2] == 3
    assert np.array_equal(layer.data, widget.edit.labels)
    assert list_unsaved(window) == []
    press_key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert layer.data[12, 12] == 1
    widget.do("brush")
    assert layer.mode == "pan_zoom"
    for _ in range(2):
        widget.do("undo")
    assert np.array_equal(layer.data, before)


def test_a_map_of_several_scales_is_painted_on_what_is_in_view(
    window: Any, large: BandData, until: Until
) -> None:
    widget = open_edit(window, large, until)
    layer = widget.desk.current.layer
    assert layer.multiscale
    number = int(shown(widget)[200:500, 200:500].max())
    go_to(window, widget, number)
    widget.session.selected = (number,)
    widget.buttons.buttons["brush"].click()
    cut = window.layers.selection.active
    assert cut is not layer
    assert (cut.mode, cut.selected_label) == ("paint", number)
    y, x = np.argwhere(np.asarray(cut.data) == number)[0]
    cut.brush_size = 3
    cut.paint((y - 4, x), number)
    cut.selected_label = 1  # a source outside of what is in view
    assert cut.selected_label == widget.edit.edits.map.next_label
    cut.paint((3, 3), cut.selected_label)
    cut.fill((y, x), 0)
    assert [each.kind for each in widget.edit.edits.operations] == ["paint", "draw", "paint"]
    expected = make_label_pyramid(widget.edit.labels)
    for level, wanted in zip(layer.data, expected, strict=True):
        assert np.array_equal(level, wanted)
    widget.do("undo")
    assert cut.data[y, x] == number
    assert list_unsaved(window) == []
    widget.buttons.buttons["brush"].click()
    assert cut not in window.layers
    assert window.layers.selection.active is layer


def test_a_star_is_made_whole_a_blend_parted_a_spike_deleted_and_a_missed_source_drawn(
    window: Any, widget: EditWidget, band: BandData, qtbot: QtBot, until: Until
) -> None:
    base, layer = shown(widget).copy(), window.layers[SEG]

    def look(y0: int, y1: int, x0: int, x1: int) -> None:
        go_to_box(window, widget.desk.current.info, (y0, y1, x0, x1))
        QApplication.processEvents()

    def press(x: float, y: float, key: Any = Qt.KeyboardModifier.NoModifier) -> None:
        click(window, qtbot, layer.data_to_world((y, x)), key)

    def take_picture(name: str) -> None:
        if folder := os.environ.get("SHOTS"):
            qtbot.wait(1000)
            window.screenshot(f"{folder}/{name}.png", canvas_only=False, flash=False)

    look(130, 299, 590, 730)
    press(642, 296)
    press(646, 267, Qt.KeyboardModifier.ControlModifier)
    press_key(window, Qt.Key.Key_J)
    assert widget.session.selected == (34,)
    press(611, 277)
    press_key(window, Qt.Key.Key_D)
    press(688, 149)
    press_key(window, Qt.Key.Key_K)
    press(670, 150)
    press(710, 158)
    assert widget.box.text.text() == "source 17 in 2 parts"
    take_picture("napari_edit_line")
    press_key(window, Qt.Key.Key_Return)
    look(180, 225, 75, 120)
    press_key(window, Qt.Key.Key_N)
    for corner in [(91, 203), (95, 199), (101, 199), (104, 203), (101, 207), (95, 207)]:
        press(*corner)
    press_key(window, Qt.Key.Key_Return)
    (drawn,) = widget.session.selected
    take_picture("napari_edit_done")

    assert journal(widget) == ["merge 34 37", "delete 39", "cut 17", f"draw {drawn}"]
    labels = shown(widget)
    assert labels[296, 642] == labels[267, 646] == 34
    assert not labels[base == 39].any()
    assert labels[149, 688] != labels[157, 688]
    assert labels[203, 98] == drawn > base.max()
    widget.save.click()
    until(widget.save.isEnabled)
    assert np.array_equal(band.load_seg(), base)
    band.segment(edits=True, progress=False)
    assert np.array_equal(band.load_seg(), labels)


def test_a_row_of_the_journal_is_gone_to_and_withdrawn(window: Any, widget: EditWidget) -> None:
    for number in (3, 20):
        widget.session.selected = (number,)
        widget.width_.setValue(2)
        widget.do("grow")
    place = widget.desk.current.info.to_world(*np.argwhere(shown(widget) == 3).mean(axis=0))
    widget.journal.selectRow(0)
    centre, size = get_view(window)
    assert (np.abs(centre - place) < size / 4).all()
    widget.withdraw.click()
    assert journal(widget) == ["grow 20"]
    widget.session.selected = (3,)
    widget.word.setCurrentText("star")
    widget.others["mark"].click()
    assert widget.selected.text().startswith("selected: 3 (star")
    widget.journal.clearSelection()
    widget.journal.setCurrentIndex(widget.journal.rows_model.index(-1, -1))
    widget.withdraw.click()
    assert told().startswith("no edit is chosen")


def test_questionable_sources_are_gone_to_by_keys(window: Any, widget: EditWidget) -> None:
    for doubt, box in widget.doubts.items():
        box.setChecked(doubt == "blend")
    blends = widget.edit.list_questionable()
    assert widget.doubtful.text() == f"{len(blends)} questionable"
    press_key(window, Qt.Key.Key_Q)
    assert widget.session.selected == blends[:1]
    assert "(blend" in widget.selected.text()
    press_key(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ShiftModifier)
    assert widget.session.selected == blends[-1:]


def test_save_says_what_it_wrote_and_the_difference_is_shown(
    window: Any, widget: EditWidget, band: BandData, until: Until
) -> None:
    widget.session.selected = (7,)
    widget.do("delete")
    widget.difference.click()
    until(lambda: find_layers(window, "DIFF"))
    assert "1 lost" in widget.saved.text()
    assert widget.difference.isChecked()
    widget.save.click()
    until(widget.save.isEnabled)
    assert widget.saved.text().startswith("1 edit: the journal UDS-B_F444W_F444W_sel_cat_v1_edits")
    assert str(band.products.paths.folder) in widget.saved.text()
    assert widget.title.text() == f"{SEG}: 1 edit"
    band.segment(edits=True, progress=False)
    assert not band.products.made
    widget.do("undo")
    assert find_layers(window, "DIFF") == []
    assert not widget.difference.isChecked()


def test_a_window_with_edits_that_are_not_made_asks_before_it_is_closed(
    window: Any, widget: EditWidget, band: BandData, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers: list[Any] = []

    def question(parent: Any, title: str, text: str, *args: Any) -> Any:
        asked.append(text)
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "question", question)
    main = window.window._qt_window
    guard, button = main.findChild(ClosingGuard), QMessageBox.StandardButton
    assert not guard.eventFilter(main, QCloseEvent())
    widget.session.selected = (7,)
    widget.do("delete")
    answers[:] = [button.Cancel, button.Discard, button.Save]
    main.close()
    assert main.isVisible()
    assert asked[0].startswith(f"The edited map of {SEG} is not made with the 1 edit")
    assert not guard.eventFilter(main, QCloseEvent())
    assert not guard.eventFilter(main, QCloseEvent())
    assert len(asked) == 3
    assert band.products.paths.edited.seg.is_file()
    assert not guard.eventFilter(main, QCloseEvent())
    assert len(asked) == 3


def test_labels_of_no_band_are_edited_and_their_journal_asks_for_a_file(
    window: Any, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.zeros((40, 50), np.int32)
    labels[5:15, 5:15], labels[5:15, 15:25] = 1, 2
    window.add_labels(labels.copy(), name="mine")
    widget: EditWidget = docked(window, EditWidget)
    until(lambda: widget.edit is not None and widget.edit.catalogue is not None)
    widget.session.selected = (1, 2)
    widget.do("merge")
    assert (window.layers["mine"].data == np.minimum(labels, 1)).all()
    paths = ["", str(tmp_path / "mine.json")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (paths.pop(0), ""))
    widget.save.click()
    assert not list(tmp_path.glob("*.json"))
    widget.save.click()
    until(lambda: (tmp_path / "mine.json").is_file())
    until(widget.save.isEnabled)
    assert widget.edit.unsaved == ""


def test_the_journal_of_a_seg_map_that_is_opened_is_found_again(
    window: Any, until: Until, tmp_path: Path
) -> None:
    labels = np.zeros((40, 50), np.int32)
    labels[5:15, 5:15], labels[5:15, 15:25] = 1, 2
    file = tmp_path / "check_seg.fits"
    fits.writeto(file, labels)
    before = file.read_bytes()
    window.open(file, plugin="skyseg")
    widget: EditWidget = docked(window, EditWidget)
    until(lambda: widget.edit is not None and widget.edit.catalogue is not None)
    widget.session.selected = (1, 2)
    widget.do("merge")
    assert widget.edit.unsaved == ""
    window.layers.clear()
    window.open(file, plugin="skyseg")
    until(lambda: journal(widget) == ["merge 1 2"])
    assert (shown(widget) == np.minimum(labels, 1)).all()
    widget.save.click()
    until(lambda: widget.saved.text().endswith("_edits.json is written"))
    assert file.read_bytes() == before


def test_buttons_that_can_do_nothing_are_off_and_a_merge_of_far_sources_says_so(
    window: Any, widget: EditWidget, until: Until
) -> None:
    kept = {
        **{deed: widget.others[deed] for deed in ("undo", "redo")},
        "withdraw": widget.withdraw, "revise": widget.revise,
        "difference": widget.difference, "save": widget.save,
    }  # fmt: skip

    def offered() -> set[str]:
        return {deed for deed, button in kept.items() if button.isEnabled()}

    assert "0 edits" in widget.title.text() and offered() == set()
    numbers = widget.edit.edits.map.numbers
    widget.session.selected = (numbers[0], numbers[-1])
    widget.do("merge")
    assert "arcsec) apart; undo it unless they are one" in widget.title.text()
    assert offered() == {"undo", "withdraw", "revise", "difference", "save"}
    widget.do("undo")
    assert "apart" not in widget.title.text() and offered() == {"redo"}


def test_edits_can_be_saved_again_where_another_map_was_looked_at_meanwhile(
    window: Any, imaging_dir: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    for band in (data["F115W"], data["F444W"]):
        band.segment(progress=False)
        show(window, band)
    widget: EditWidget = docked(window, EditWidget)
    edits = []
    for name in ("F115W", "F444W"):
        window.layers.selection.active = window.layers[f"UDS-B {name} SEG rms_err"]
        until(lambda name=name: widget.edit is not None and name in widget.edit.name)
        until(lambda: widget.edit.catalogue is not None)
        widget.session.selected = (widget.edit.edits.map.numbers[0],)
        widget.do("delete")
        edits.append(widget.edit)
    written, save = threading.Event(), EditSession.save

    def wait_and_save(self: EditSession, path: str | Path | None = None) -> str:
        written.wait(60)
        return save(self, path)

    monkeypatch.setattr(EditSession, "save", wait_and_save)
    widget.save.click()
    assert not widget.save.isEnabled()
    window.layers.selection.active = window.layers["UDS-B F115W SEG rms_err"]
    until(lambda: widget.edit is edits[0])
    assert not widget.save.isEnabled()
    written.set()
    until(lambda: widget.saved.text().startswith("1 edit"))
    assert widget.save.isEnabled()


def test_what_another_window_saves_is_shown(
    window: Any, widget: EditWidget, band: BandData, until: Until
) -> None:
    from skyseg import Edits

    Edits.open(band).delete(9)
    until(lambda: journal(widget) == ["delete 9"])
    assert not (shown(widget) == 9).any()


def test_nothing_can_be_edited_where_there_is_no_map(window: Any) -> None:
    widget = docked(window, EditWidget)
    assert widget.title.text() == "no segmentation map"
    assert not any(button.isEnabled() for button in widget.buttons.buttons.values())
    widget.do("delete")
    assert notification_manager.records[-1].message.startswith("there is no segmentation map")
