"""The edits of the map that is worked with, as both viewers show them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Data
from skyseg.editing.edits import Edits
from skyseg.errors import ParameterError
from skyseg.imaging.refs import MapRef
from skyseg.panel.draft import contrast_at, step_of
from skyseg.panel.edit_offers import OFFERS
from skyseg.panel.edited_sources import EditedSources
from skyseg.panel.editing import EditSession
from skyseg.panel.session import Session


@pytest.fixture
def band(imaging_dir: Path, tmp_path: Path) -> BandData:
    """A band with products of its own, beside which the journal lies."""
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    data["F444W"].segment(progress=False)
    return data["F444W"]


@pytest.fixture
def edit(band: BandData) -> EditSession:
    made = EditSession(Session())
    made.use(band, "F444W")
    return made


@pytest.fixture
def plain() -> EditSession:
    """Two squares that touch, and a third one."""
    labels = np.zeros((30, 40), int)
    labels[5:15, 5:15], labels[5:15, 15:25], labels[20:24, 30:34] = 1, 2, 3
    made = EditSession(Session())
    made.use_labels(labels, name="mine")
    return made


def rows(edit: EditSession) -> list[list[str]]:
    return [
        [edit.journal.text(row, column) for column in (0, 1)] for row in range(len(edit.journal))
    ]


def test_verbs_work_on_the_selection_and_select_what_they_leave(plain: EditSession) -> None:
    selected = plain.session
    selected.selected = (2, 1)
    plain.merge()
    assert selected.selected == (1,)
    made = plain.split(1, seeds=[(8, 9), (20, 9)]).made
    assert (made, selected.selected) == ((4,), (1, 4))
    plain.grow()
    assert [each.kind for each in plain.edits.operations[-2:]] == ["grow", "grow"]
    plain.delete([3])
    assert 3 not in plain.labels
    assert selected.selected == ()
    plain.draw([(30, 2), (38, 2), (34, 9)])
    assert selected.selected == (5,)
    plain.mark("star")
    assert plain.edited == (1, 4, 5)
    assert plain.edits.marks == {5: "star"}


def test_a_merge_of_sources_that_lie_far_apart_is_told_until_the_next_edit() -> None:
    labels = np.zeros((30, 80), int)
    labels[5:9, 5:9], labels[5:9, 60:64] = 1, 2
    edit = EditSession(Session())
    edit.use_labels(labels, name="mine")
    edit.merge([1, 2])
    assert "lie 51 pixels apart; undo it unless they are one" in edit.note
    edit.undo()
    assert edit.note == ""


def test_only_what_can_do_anything_is_ready(plain: EditSession, tmp_path: Path) -> None:
    assert EditSession(Session()).ready == frozenset()
    assert plain.ready == frozenset()
    plain.merge([1, 2])
    done = {"undo", "withdraw", "revise", "difference", "save"}
    assert plain.ready == done
    plain.save(tmp_path / "mine.json")
    plain.note_saved()
    assert plain.ready == done
    plain.undo()
    assert plain.ready == {"redo"}


def test_an_edited_map_without_its_edits_is_ready_to_be_saved(edit: EditSession) -> None:
    assert edit.ready == frozenset()
    edit.delete([7])
    edit.save()
    edit.undo()
    assert edit.ready == {"redo", "save"}


def test_parts_of_the_map_that_are_others_are_told_before_the_selection(
    plain: EditSession,
) -> None:
    told: list[Any] = []
    plain.map_changed.connect(told.append)
    plain.session.events.selected.connect(lambda of: told.append(of))
    before = plain.labels.copy()
    plain.session.selected = (1, 2)
    plain.merge()
    plain.undo()
    changed = [each for each in told if each and isinstance(each[0], tuple)]
    assert [part for (part,) in changed] == [(slice(5, 15), slice(5, 25))] * 2
    assert told.index(changed[0]) < told.index((1,))
    assert np.array_equal(plain.labels, before)


def test_what_cannot_be_done_says_why_and_leaves_all_as_it_was(plain: EditSession) -> None:
    with pytest.raises(ParameterError, match="no source is selected"):
        plain.delete()
    plain.session.selected = (1,)
    with pytest.raises(ParameterError, match="one source is selected"):
        plain.merge()
    with pytest.raises(ParameterError, match="nothing to take back"):
        plain.undo()
    assert (rows(plain), plain.session.selected) == ([], (1,))
    with pytest.raises(ParameterError, match="no segmentation map to edit"):
        EditSession(Session()).delete([1])


def test_the_journal_shows_what_was_taken_back_after_what_is_done(plain: EditSession) -> None:
    plain.merge([1, 2])
    plain.delete([3])
    plain.undo()
    assert rows(plain) == [["1", "merge 1 2"], ["(2)", "delete 3"]]
    assert (plain.journal.colour(0, 0), plain.journal.is_done(1)) == (None, False)
    plain.redo()
    plain.withdraw(plain.journal.operation(0).id)
    assert rows(plain) == [["1", "delete 3"]]
    assert plain.find_box(0) == (19, 23, 29, 33)
    plain.journal.sort(1, rising=False)
    assert plain.journal.find_row(plain.edits.operations[0].id) == 0


def test_an_edit_in_the_middle_is_revised_and_those_after_it_are_done_again(
    plain: EditSession,
) -> None:
    cut = plain.split(1, line=[(7, 0), (7, 20)])
    plain.mark("artefact", [4])
    again = plain.revise(cut.id, line=[(11, 0), (11, 20)])
    assert again.made == cut.made == (4,)
    assert [each.kind for each in plain.edits.operations] == ["cut", "mark"]
    after = plain.labels.copy()
    assert after[9, 14] == 4
    assert after[9, 8] == 1
    with pytest.raises(ParameterError, match="cut has no mincont"):
        plain.revise(again.id, mincont=0.1)
    with pytest.raises(ParameterError, match="does not part source 1"):
        plain.revise(again.id, line=[(100, 0), (100, 20)])
    assert np.array_equal(plain.labels, after)


def test_a_split_is_seen_before_it_is_done(plain: EditSession) -> None:
    plain.session.selected = (1,)
    plain.start("seeds")
    assert plain.draft.text == "click a seed on each part"
    plain.add_point(6, 9)
    plain.add_point(13, 9)
    assert plain.draft.text == "source 1 in 2 parts"
    assert rows(plain) == []
    assert not (plain.labels == 4).any()
    plain.add_point(25, 25)
    assert "no pixel of source 1" in plain.draft.text
    plain.drop_point()
    plain.accept()
    assert plain.draft is None
    assert plain.session.selected == (1, 4)
    plain.start("outline")
    for corner in ((30, 2), (38, 2), (34, 9)):
        plain.add_point(*corner)
    assert "a new source of" in plain.draft.text
    plain.cancel()
    assert plain.draft is None
    plain.session.selected = (1, 4)
    with pytest.raises(ParameterError, match="2 sources are selected"):
        plain.start("line")


def test_an_edit_of_the_journal_is_revised_by_its_draft_or_by_its_value(
    plain: EditSession,
) -> None:
    cut = plain.split(1, line=[(7, 0), (7, 20)])
    plain.start_revision(cut.id)
    assert plain.draft.points == cut.line
    plain.drop_point()
    assert not plain.draft.is_ready
    plain.add_point(11, 20)
    assert "done otherwise" in plain.draft.text
    plain.accept()
    assert plain.edits.operations[0].line == ((7, 0), (11, 20))
    plain.why = "too narrow"
    (grown,) = plain.grow([3])
    plain.start_revision(grown.id, pixels=3, word="star")
    assert (plain.draft, plain.edits.operations[-1].pixels) == (None, 3)
    gone = plain.delete([2])
    with pytest.raises(ParameterError, match="no value that can be another"):
        plain.start_revision(gone.id, pixels=3)
    plain.undo()
    with pytest.raises(ParameterError, match="taken back"):
        plain.start_revision(gone.id)
    plain.start("outline")
    for corner in ((14, 10), (29, 10), (29, 25)):
        plain.add_point(*corner)
    small = int((plain.draft.patch.before != plain.draft.patch.after).sum())
    plain.set_over(True)
    assert int((plain.draft.patch.before != plain.draft.patch.after).sum()) > small
    drawn = plain.accept()
    plain.start_revision(drawn.id)
    assert plain.draft.over


def test_contrast_is_tried_on_the_light_of_the_band(edit: EditSession) -> None:
    largest = int(np.argmax(np.bincount(edit.labels.ravel())[1:])) + 1
    edit.session.selected = (largest,)
    edit.start("contrast")
    parts = []
    for step in (0, step_of(0.5)):
        edit.set_contrast(contrast_at(step), 64)
        parts.append(0 if edit.draft.patch is None else len(edit.draft.patch.labels))
    assert parts[0] > 1
    assert parts[1] == 0
    assert edit.draft.text == f"source {largest} stays one at this contrast"
    assert not edit.draft.is_ready
    edit.set_contrast(contrast_at(0))
    assert edit.accept().nthresh == 64
    assert len(edit.session.selected) == parts[0]


def test_the_catalogue_follows_each_edit(edit: EditSession) -> None:
    catalogue = edit.catalogue
    assert catalogue is not None
    number = len(catalogue)
    assert not catalogue.columns["EDITED"].any()
    edit.merge([1, 2])
    edit.mark("star", [5])
    edit.delete([3])
    after = edit.catalogue
    assert len(after) == number - 2
    assert after.find_row(3) is None
    assert after.columns["EDITED"][after.find_row(1)] == 1
    assert after.columns["MARK"][after.find_row(5)] == "star"
    while edit.edits.operations:
        edit.undo()
    for name, values in edit.catalogue.columns.items():
        assert values.tobytes() == catalogue.columns[name].tobytes(), name


def test_what_is_edited_while_sources_are_measured_is_measured_afterwards(band: BandData) -> None:
    waiting: list[tuple[Callable[..., Any], ...]] = []

    def work(*each: Callable[..., Any]) -> None:
        waiting.append(each)

    def go_on() -> None:
        do, then, _ = waiting.pop(0)
        then(do())

    edit = EditSession(Session(), work)
    edit.use(band)
    assert edit.edits is None
    go_on()
    edit.delete([1])
    edit.merge([2, 3])
    assert (edit.measuring, len(waiting)) == (True, 1)
    while waiting:
        go_on()
    assert not edit.measuring
    assert edit.catalogue.find_row(1) is edit.catalogue.find_row(3) is None
    edit.use(band)
    edit.use(None)
    while waiting:
        go_on()
    assert edit.edits is None


def test_half_of_an_edit_that_is_seen_by_a_measure_is_measured_again(band: BandData) -> None:
    edits = Edits.open(band)
    sources = EditedSources(edits, band)
    assert sources.begin()
    sources.measure()
    sources.end()
    edits.grow(2)
    sources.note(edits.take_changes())
    labels = edits.map.labels
    labels.flags.writeable = True  # as within an edit
    of_it = labels == 2

    assert sources.begin()
    with sources.editing():
        labels[of_it] = 0
        assert sources.measure() is None
        labels[of_it] = 2
    assert sources.end()
    assert sources.begin()
    assert sources.measure().find_row(2) is not None
    assert not sources.end()

    edits.shrink(2)
    sources.note(edits.take_changes())
    labels.flags.writeable = True
    labels[labels == 2] = 0
    with pytest.raises(ValueError, match="rise"):
        sources.measure()


def test_who_reads_beside_an_edit_sees_operations_with_their_patches(band: BandData) -> None:
    edits = Edits.open(band)
    edits.grow(2)
    before = edits.touched
    read = threading.Event()
    found: list[frozenset[int]] = []

    def look() -> None:
        while not read.is_set():
            found.append(edits.touched)

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(200):
        edits.undo()
        edits.redo()
    read.set()
    reader.join()
    assert set(found) <= {frozenset(), before}


def test_save_makes_the_edited_map_and_says_what_it_wrote(
    edit: EditSession, band: BandData
) -> None:
    assert edit.unsaved == ""
    edit.merge([1, 2])
    assert "is not made with the 1 edit that its journal has" in edit.unsaved
    told = edit.save()
    edit.note_saved()
    assert edit.unsaved == ""
    assert "_edited.fits, and its _seg and _bkg are written in" in told
    assert "the journal UDS-B_F444W_F444W_sel_cat_v1_edits.json" in told
    copy = band.copy()
    copy.segment(edits=True, progress=False)
    assert not copy.products.made
    assert np.array_equal(copy.load_seg(), edit.labels)
    edit.undo()
    assert edit.unsaved
    again = EditSession(Session())
    again.use(band)
    assert again.unsaved
    again.redo()
    assert again.unsaved == ""


def test_edits_of_labels_are_in_no_file_until_they_are_saved(
    plain: EditSession, tmp_path: Path
) -> None:
    assert plain.unsaved == ""
    plain.merge([1, 2])
    assert plain.unsaved == "1 edit of mine is in no file"
    with pytest.raises(ParameterError, match="no file"):
        plain.save()
    assert str(tmp_path / "mine.json") in plain.save(tmp_path / "mine.json")
    assert plain.unsaved == ""


def test_a_seg_map_in_a_file_has_a_journal_that_is_found_again(
    plain: EditSession, tmp_path: Path
) -> None:
    fits.writeto(tmp_path / "mine_seg.fits", plain.labels)
    ref = MapRef.parse(tmp_path / "mine_seg.fits", None)
    edit, again, painted = (EditSession(Session()) for _ in range(3))
    edit.use_file(ref, plain.labels, name="mine")
    assert not edit.needs_path
    edit.merge([1, 2])
    assert edit.unsaved == ""
    assert edit.save() == f"1 edit: {edit.edits.path} is written"
    again.use_file(ref, plain.labels, name="mine")
    assert rows(again) == [["1", "merge 1 2"]]
    assert again.compare_with_base().counts["merged"] == 1
    painted.use_file(ref, np.minimum(plain.labels, 2), name="mine")
    assert (painted.needs_path, rows(painted)) == (True, [])
    labels = plain.labels.copy()
    labels[20:24, 30:34] = 0
    fits.writeto(tmp_path / "mine_seg.fits", labels, overwrite=True)
    anew = EditSession(Session())
    anew.use_file(ref, labels, name="mine")
    assert anew.note == "the map was made anew; of its 1 edit: 1 applied"
    assert anew.unsaved == "1 edit of mine is in no file"
    assert str(edit.edits.path) in anew.save()


def test_what_another_window_saves_in_the_journal_is_taken_in(
    edit: EditSession, band: BandData
) -> None:
    other = EditSession(Session())
    other.use(band)
    other.delete([7])
    told: list[Any] = []
    edit.map_changed.connect(told.append)
    assert edit.follow_file()
    assert len(told) == 1
    assert 7 not in edit.labels
    assert rows(edit) == [["1", "delete 7"]]
    assert not edit.follow_file()
    edit.undo()
    assert other.follow_file()
    assert 7 in other.labels


def test_a_journal_of_a_map_that_was_made_anew_says_what_became_of_it(
    edit: EditSession, band: BandData
) -> None:
    edit.delete([4])
    edit.merge([1, 2])
    band.segment(parameters=band.products.recipe.parameters.replace(detect_thresh=3.0),
                 progress=False)  # fmt: skip
    run = band.products.paths.journal
    run.write_bytes(edit.edits.path.read_bytes())
    again = EditSession(Session())
    again.use(band)
    assert "the map was made anew; of its 2 edits: " in again.note
    assert "in no file" in again.unsaved
    assert Edits.open(band).path is None


def test_questionable_sources_are_gone_through_and_left_when_settled(edit: EditSession) -> None:
    edit.doubts = ("blend",)
    blends = edit.list_questionable()
    assert len(blends) > 2
    first = edit.step_questionable(1)
    assert edit.tell_doubts(first).startswith("blend")
    assert edit.step_questionable(1) == blends[1]
    assert edit.step_questionable(-1) == first
    assert edit.step_questionable(-1) == blends[-1]
    edit.mark("keep", [blends[1]])
    assert blends[1] not in edit.list_questionable()
    edit.session.selected = (first,)
    assert edit.step_questionable(1) == blends[2]
    edit.doubts = ()
    assert edit.step_questionable(1) is None


def test_the_map_as_it_was_is_compared_with_the_edited_one(edit: EditSession) -> None:
    edit.merge([1, 2])
    comparison = edit.compare_with_base()
    kinds = comparison.table["kind"]
    assert (comparison.a.name, comparison.b.name) == ("F444W", "F444W edited")
    assert len([kind for kind in kinds if kind not in ("same", "matched")]) >= 1


def test_what_was_painted_belongs_to_a_source_or_makes_one(plain: EditSession) -> None:
    assert plain.paint(1, [(2, 5, 9)]) == 1
    assert plain.paint(0, [(5, 5, 9)]) == 0
    assert plain.paint(77, [(0, 0, 4)]) == 4
    assert [each.kind for each in plain.edits.operations] == ["paint", "paint", "draw"]


def test_each_offer_has_a_key_of_its_own_and_says_for_how_many_sources_it_is() -> None:
    keys = [offer.key for offer in OFFERS.values()]
    assert len(set(keys)) == len(keys)
    assert [OFFERS["seeds"].suits(number) for number in (0, 1, 2)] == [False, True, False]
    assert OFFERS["undo"].hint == "Take the last edit back (U)"
