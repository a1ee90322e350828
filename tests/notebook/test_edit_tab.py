"""The tab Edit of the notebook viewer, and edits by code, without a browser."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Edits, view
from skyseg.editing.journal_file import read_journal
from skyseg.errors import ParameterError
from skyseg.notebook._brush import find_stroke
from skyseg.notebook._tiles import TileGrid, TileLayer

STEM = "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w"


def read_band(imaging_dir: Path, work_dir: Path) -> BandData:
    stem = imaging_dir / STEM
    band = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=work_dir)
    band.segment(progress=False)
    return band


@pytest.fixture(scope="module")
def made(imaging_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with the products of the band."""
    folder = tmp_path_factory.mktemp("made")
    read_band(imaging_dir, folder)
    return folder


@pytest.fixture
def band(imaging_dir: Path, tmp_path: Path, made: Path) -> BandData:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return read_band(imaging_dir, tmp_path)


@pytest.fixture
def viewer(band: BandData) -> Any:
    viewer = band.view()
    viewer.drawer.show("Edit")
    yield viewer
    viewer.edits.wait()


def send(viewer: Any, **message: Any) -> None:
    """Tell the kernel what a browser tells it."""
    viewer.active._msg_callbacks(viewer.active, message, [])


def click(viewer: Any, *places: tuple[float, float]) -> None:
    for x, y in places:
        send(viewer, kind="point", at=[x + 0.5, y + 0.5])


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def titles(viewer: Any) -> list[str]:
    return [each.title for each in viewer.edits.edits.operations]


def test_edits_are_done_by_code_and_seen_on_canvas_table_and_disk(band: BandData) -> None:
    viewer = band.view()
    before, version = band.load_seg(), viewer.active._layers["labels"]
    viewer.drawer.show("Edit")
    assert "edited" not in viewer.active._title
    assert viewer.edits.merge([34, 37]).title == "merge 34 37"
    assert viewer.active._layers["labels"] != version
    assert viewer.active.sources.at(646.5, 267.5) == 34 == viewer.active.sources.at(642.5, 296.5)
    assert viewer.selection == (34,)
    assert "edited" in viewer.active._title
    viewer.edits.wait()
    wait_until(lambda: 37 not in viewer.sources.read().catalogue.columns["NUMBER"])
    assert viewer.sources.browser.catalogue.find_row(34) is not None
    with pytest.raises(ParameterError, match="no source 37"):
        viewer.selected = 37
    assert [each.title for each in read_journal(viewer.edits.edits.path).operations] == [
        "merge 34 37"
    ]
    viewer.edits.undo()
    assert np.array_equal(viewer.active.sources.labels, before)
    assert np.array_equal(band.load_seg(), before)
    assert "edited" not in viewer.active._title
    viewer.edits.wait()


def test_buttons_are_offered_by_what_is_selected_and_edit_it(viewer: Any) -> None:
    tab = viewer.edit_tab
    assert tab.buttons["delete"].disabled
    assert not tab.buttons["outline"].disabled
    assert tab.selected.value == "click a source, and more with Ctrl"
    viewer.selection = (28, 30)
    assert not tab.buttons["merge"].disabled
    assert tab.buttons["contrast"].disabled
    tab.why.value = "one galaxy"
    tab.buttons["merge"].click()
    assert viewer.edits.edits.operations[-1].why == "one galaxy"
    tab.width.value = 3
    tab.buttons["grow"].click()
    assert viewer.edits.edits.operations[-1].pixels == 3
    tab.word.value = "artefact"
    tab.buttons["mark"].click()
    assert viewer.edits.edits.marks == {28: "artefact"}
    assert "artefact" in tab.selected.value
    tab.buttons["undo"].click()
    assert titles(viewer) == ["merge 28 30", "grow 28"]
    assert tab.journal.rows.text(2, 1) == "mark 28"
    assert "2 edits" in tab.status.value
    tab.journal.choose([0])
    tab.withdraw.click()
    assert titles(viewer) == ["grow 28"]
    viewer.selection = (28,)
    tab.press("merge")
    assert "one source is selected" in tab.message.value


def test_buttons_that_can_do_nothing_are_off_and_a_merge_of_far_sources_says_so(
    viewer: Any,
) -> None:
    tab = viewer.edit_tab
    kept = {
        **{deed: tab.buttons[deed] for deed in ("undo", "redo")},
        "withdraw": tab.withdraw, "revise": tab.revise,
        "difference": tab.difference, "save": tab.save,
    }  # fmt: skip

    def offered() -> set[str]:
        return {deed for deed, button in kept.items() if not button.disabled}

    assert "0 edits" in tab.status.value and offered() == set()
    numbers = viewer.edits.edits.map.numbers
    viewer.selection = (numbers[0], numbers[-1])
    tab.buttons["merge"].click()
    assert "arcsec) apart; undo it unless they are one" in tab.status.value
    assert offered() == {"undo", "withdraw", "revise", "difference", "save"}
    tab.buttons["undo"].click()
    assert "apart" not in tab.status.value and offered() == {"redo"}


def test_a_line_is_clicked_its_parts_are_seen_and_then_done(viewer: Any) -> None:
    tab = viewer.edit_tab
    viewer.selection = (17,)
    tab.buttons["line"].click()
    assert viewer.active._tool == "line"
    click(viewer, (670, 150))
    assert tab.told.value == "click the line across the source, from edge to edge"
    click(viewer, (710, 158))
    assert tab.told.value == "source 17 in 2 parts"
    assert "preview" in viewer.active._layers
    assert {item["kind"] for item in viewer.active._drawn} == {"ring", "line"}
    send(viewer, kind="deed", what="drop")
    assert len(viewer.edits.draft.points) == 1
    assert "preview" not in viewer.active._layers
    click(viewer, (710, 158))
    send(viewer, kind="deed", what="accept")
    assert titles(viewer) == ["cut 17"]
    assert len(viewer.selection) == 2
    assert viewer.active._tool == ""
    assert viewer.active._drawn == []
    viewer.selection = (9,)
    tab.buttons["seeds"].click()
    click(viewer, (215, 70), (240, 60))
    send(viewer, kind="deed", what="cancel")
    assert (titles(viewer), viewer.active._tool) == (["cut 17"], "")


def test_a_contrast_is_tried_and_a_source_drawn_by_corners_or_as_an_ellipse(viewer: Any) -> None:
    tab = viewer.edit_tab
    viewer.selection = (33,)
    tab.buttons["contrast"].click()
    assert viewer.active._tool == ""
    tab.contrast.value = 0
    parts = tab.told.value
    assert parts.startswith("source 33 in ")
    tab.accept.click()
    assert titles(viewer) == ["deblend 33"]
    tab.buttons["outline"].click()
    click(viewer, (91, 203), (95, 199), (101, 199), (104, 203), (101, 207), (95, 207))
    assert "a new source of" in tab.told.value
    send(viewer, kind="path", points=[[91.5, 199.5], [105.5, 207.5]])
    assert tab.told.value == "a new source of 87 pixels"
    assert len(viewer.edits.draft.points) == 32
    send(viewer, kind="deed", what="accept")
    (made,) = viewer.edits.edits.operations[-1].made
    assert viewer.edits.labels[203, 98] == made
    assert viewer.selection == (made,)


def test_an_edit_is_revised_in_place_by_its_points_its_contrast_or_its_width(viewer: Any) -> None:
    tab = viewer.edit_tab
    viewer.edits.grow([22])
    viewer.edits.split(17, line=[(670, 150), (710, 158)])
    tab.width.value = 4
    tab.journal.choose([0])
    tab.revise.click()
    assert viewer.edits.edits.operations[0].pixels == 4
    tab.journal.choose([1])
    tab.revise.click()
    assert viewer.active._tool == "line"
    send(viewer, kind="deed", what="drop")
    click(viewer, (712, 160))
    tab.accept.click()
    assert viewer.edits.edits.operations[1].line[1] == (712, 160)
    assert titles(viewer) == ["grow 22", "cut 17"]
    viewer.edits.split(33, mincont=0.0001)
    tab.journal.choose([2])
    tab.revise.click()
    assert tab.contrast.label == "0.0001"
    tab.contrast.value = 0
    tab.accept.click()
    assert viewer.edits.edits.operations[2].mincont == 1e-5
    tab.journal.choose([])
    tab.revise.click()
    assert "no edit is chosen" in tab.message.value


def test_the_brush_paints_a_new_source_then_for_the_selected_one_and_erases(viewer: Any) -> None:
    tab = viewer.edit_tab
    tab.width.value = 5
    tab.buttons["brush"].click()
    send(viewer, kind="path", points=[[300.5, 150.5]])
    (made,) = viewer.selection
    dot = int((viewer.edits.labels == made).sum())
    assert dot == 13
    send(viewer, kind="path", points=[[300.5, 150.5], [310.5, 150.5]])
    assert (viewer.edits.labels == made).sum() > 50
    tab.erase.value = True
    send(viewer, kind="path", points=[[310.5, 150.5]])
    assert viewer.edits.labels[150, 310] == 0
    send(viewer, kind="path", points=[[-900.5, 150.5]])
    send(viewer, kind="path", points=[["x", 3]])
    send(viewer, kind="path", points=[[float("nan"), 3]])
    send(viewer, kind="point")
    assert [each.kind for each in viewer.edits.edits.operations] == ["draw", "paint", "paint"]
    tab.buttons["brush"].click()
    assert viewer.active._tool == ""


def test_edits_are_waited_for_while_their_measure_begins(
    viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start
    edits = viewer.edits
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            edits.wait()
        except RuntimeError as error:
            raised.append(error)

    def start_beside_one_who_waits(thread: threading.Thread) -> None:
        waiting = threading.Thread(target=wait)
        start(waiting)
        waiting.join(0.2)
        start(thread)

    edits.wait()
    numbers = edits.edits.map.numbers
    monkeypatch.setattr(threading.Thread, "start", start_beside_one_who_waits)
    edits.grow(numbers[:1], 2)
    edits.wait()
    assert raised == []


def test_keys_edit_while_the_tab_is_open(viewer: Any) -> None:
    assert viewer.active._deeds["J"] == "merge"
    assert "J make one source" in viewer.active._deeds_help
    viewer.selection = (3,)
    send(viewer, kind="deed", what="delete")
    assert 3 not in viewer.edits.labels
    viewer.selection = (6,)
    send(viewer, kind="deed", what="cancel")
    assert viewer.selection == ()
    viewer.drawer.show("Sources")
    assert viewer.active._deeds == {}


def test_what_another_window_saves_is_seen_and_both_keep_their_edits(
    viewer: Any, band: BandData
) -> None:
    viewer.edits.delete([39])
    other = Edits.open(band, who="ben")
    other.merge([28, 30], why="one galaxy")
    wait_until(lambda: len(viewer.edit_tab.journal.rows) == 2)
    assert viewer.active.sources.at(714.5, 240.5) == 28
    assert viewer.edit_tab.journal.rows.text(1, 1) == "merge 28 30"
    viewer.edits.mark("star", [34])
    other.refresh()
    assert [each.title for each in other.operations] == titles(viewer)


def test_questionable_sources_are_gone_to_and_the_base_compared(viewer: Any) -> None:
    tab = viewer.edit_tab
    viewer.edits.wait()
    for name, box in tab.doubts.items():
        box.value = name == "blend"
    count = int(tab.doubtful.value.split()[0])
    assert 0 < count < 15
    tab.buttons["next"].click()
    first = viewer.selected
    assert "blend" in tab.selected.value
    tab.buttons["next"].click()
    assert viewer.selected > first
    viewer.edits.delete([first])
    tab.difference.click()
    assert viewer.comparison.counts["lost"] == 1
    viewer.edits.undo()
    assert viewer.comparison is None
    tab.marked.value = True
    viewer.edits.grow([22])
    assert [item["kind"] for item in viewer.active._drawn] == ["ring"]


def test_saving_says_what_was_written_and_makes_the_edited_map(viewer: Any, band: BandData) -> None:
    tab = viewer.edit_tab
    viewer.edits.delete([39])
    assert "not made with the 1 edit" in tab.status.value
    tab.save.click()
    wait_until(lambda: "are written" in tab.message.value)
    wait_until(lambda: not tab.save.disabled)
    assert "not made" not in tab.status.value
    band.segment(edits=True, progress=False)
    assert np.array_equal(band.load_seg(), viewer.edits.labels)


def test_labels_of_arrays_are_edited_and_their_journal_is_saved_where_it_is_said(
    tmp_path: Path,
) -> None:
    labels = np.zeros((60, 80), int)
    labels[10:20, 10:20], labels[10:20, 20:30] = 1, 2
    viewer = view(np.zeros((60, 80), np.float32), labels)
    viewer.drawer.show("Edit")
    viewer.edits.merge([1, 2])
    tab = viewer.edit_tab
    assert "in no file" in tab.status.value
    tab.path.value = str(tmp_path / "mine.json")
    tab.save.click()
    wait_until(lambda: "is written" in tab.message.value)
    assert len(read_journal(tmp_path / "mine.json").operations) == 1
    assert labels[15, 25] == 2


def test_the_journal_of_a_seg_map_that_is_opened_is_found_again(tmp_path: Path) -> None:
    labels = np.zeros((60, 80), np.int32)
    labels[10:20, 10:20], labels[10:20, 20:30] = 1, 2
    file = tmp_path / "check_seg.fits"
    fits.writeto(file, labels)
    before = file.read_bytes()
    viewer = view(file)
    viewer.edits.merge([1, 2])
    assert viewer.edits.unsaved == ""
    again = view(np.zeros((60, 80), np.float32), file)
    again.drawer.show("Edit")
    assert titles(again) == ["merge 1 2"]
    assert again.active.sources.labels[15, 25] == 1
    assert len(Edits.open(file)) == 1
    again.edits.undo()
    viewer.edits.follow_file()
    assert titles(viewer) == []
    assert file.read_bytes() == before


def test_a_run_that_makes_another_map_gives_the_edits_up_and_takes_up_those_of_that_map(
    viewer: Any, band: BandData
) -> None:
    viewer.edits.merge([34, 37])
    former = viewer.edits
    former.wait()
    band.segment(parameters="crowded", progress=False)
    viewer.seg_maps.forget_given(band)
    viewer.show_products()
    assert viewer.edits is not former
    assert len(viewer.edits.edits) == 0
    assert viewer.active.sources.labels is viewer.edits.labels


def test_without_a_map_nothing_is_edited(imaging_dir: Path, tmp_path: Path) -> None:
    stem = imaging_dir / STEM
    band = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=tmp_path)
    viewer = band.view()
    with pytest.raises(ParameterError, match="has no SEG map to edit"):
        _ = viewer.edits
    viewer.drawer.show("Edit")
    assert "has no SEG map to edit" in viewer.edit_tab.message.value
    assert viewer.edit_tab.buttons["outline"].disabled


def test_smaller_copies_follow_a_part_that_changes() -> None:
    labels = np.zeros((1500, 1301), np.int32)
    layer = TileLayer.of_labels(TileGrid(labels.shape), labels)
    layer._levels()
    version = layer.version
    labels[333:700, 401:1301] = 7
    layer.renew()
    assert layer.version != version
    whole = TileLayer.of_labels(TileGrid(labels.shape), labels)
    for mine, right in zip(layer._levels(), whole._levels(), strict=True):
        assert np.array_equal(mine, right)


@pytest.mark.parametrize("width", [1, 2, 5, 8])
def test_a_stroke_stays_on_the_map_and_hangs_together(width: int) -> None:
    drawn = np.zeros((40, 50), bool)
    for row, start, stop in find_stroke([(-9, -9), (20, 15), (70, 30.4)], width, drawn.shape):
        drawn[row, start:stop] = True
    assert drawn[15, 20]
    assert drawn.any(axis=1)[:20].all()
    assert find_stroke([(-50, 3), (-40, 3)], width, drawn.shape) == ()
    assert find_stroke([(1e300, -1e300)], width, drawn.shape) == ()
