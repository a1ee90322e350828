"""Edits of a map: kept in a journal, done again on the same map and on others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.wcs import WCS

from skyseg import BandData
from skyseg.editing.edits import Edits
from skyseg.editing.journal_file import read_journal
from skyseg.editing.operations import Anchor
from skyseg.errors import DataNotFoundError, ParameterError, ProductError

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


@pytest.fixture(scope="module")
def bands(imaging_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, BandData]:
    made = {}
    for name in ("f444w", "f115w"):
        stem = imaging_dir / UDS / f"uds-b-{name}"
        band = BandData.from_files(
            f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=tmp_path_factory.mktemp(name)
        )
        band.segment()
        made[name] = band
    return made


def _largest(band: BandData) -> int:
    cat = band.load_cat()
    return int(cat["NUMBER"][np.argmax(cat["ISOAREAF_IMAGE"])])


def _edit(edits: Edits, band: BandData) -> None:
    cat = band.load_cat()
    order = np.argsort(np.asarray(cat["ISOAREAF_IMAGE"]))[::-1]
    first, second, third, fourth = (int(cat["NUMBER"][place]) for place in order[:4])
    part = edits.map.part_of([first])
    middle = (part[0].start + part[0].stop) / 2
    edits.split(first, line=[(part[1].start - 3, middle), (part[1].stop + 3, middle)])
    edits.merge([second, third], why="one galaxy")
    edits.grow(fourth, 2)
    edits.mark(fourth, "star")
    edits.draw([(2, 2), (9, 2), (9, 9), (2, 9)], over=True)


def test_a_journal_does_the_same_edits_again_to_the_byte(
    bands: dict[str, BandData], tmp_path: Path
) -> None:
    band = bands["f444w"]
    edits = Edits(band, path=tmp_path / "edits.json", who="ada")
    _edit(edits, band)
    again = Edits.load(tmp_path / "edits.json", band)
    assert again.labels.tobytes() == edits.labels.tobytes()
    assert again.operations == edits.operations
    assert again.report.counts == {"applied": 5, "changed": 0, "conflict": 0}
    assert again.operations[1].who == "ada"
    assert again.operations[1].why == "one galaxy"
    while again.operations:
        again.undo()
    assert again.labels.tobytes() == band.load_seg().tobytes()
    while len(again) < 5:
        again.redo()
    assert again.labels.tobytes() == edits.labels.tobytes()


def test_the_map_of_the_band_is_never_changed(bands: dict[str, BandData]) -> None:
    band = bands["f444w"]
    before = band.load_seg().tobytes(), band.seg_path.read_bytes()  # type: ignore[union-attr]
    edits = Edits(band)
    _edit(edits, band)
    assert (band.load_seg().tobytes(), band.seg_path.read_bytes()) == before  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="read-only"):
        edits.labels[0, 0] = 3


def test_each_edit_is_on_disk_before_the_next_and_what_was_undone_too(
    bands: dict[str, BandData], tmp_path: Path
) -> None:
    file, label = tmp_path / "edits.json", _largest(bands["f444w"])
    edits = Edits(bands["f444w"], path=file)
    edits.mark(label, "keep")
    assert [each.kind for each in read_journal(file).operations] == ["mark"]
    edits.delete(label)
    edits.undo()
    kept = read_journal(file)
    assert [each.kind for each in kept.operations] == ["mark"]
    assert [each.kind for each in kept.undone] == ["delete"]
    assert Edits.load(file, bands["f444w"]).redo().kind == "delete"


def test_on_another_band_each_edit_applies_applies_otherwise_or_conflicts(
    bands: dict[str, BandData], tmp_path: Path
) -> None:
    edits = Edits(bands["f444w"])
    _edit(edits, bands["f444w"])
    cat = bands["f444w"].load_cat()
    other = bands["f115w"].load_seg()
    labels = edits.labels
    missing = next(
        int(row["NUMBER"]) for row in cat
        if not other[labels == row["NUMBER"]].any() and (labels == row["NUMBER"]).any()
    )  # fmt: skip
    edits.delete(missing)
    edits.save(tmp_path / "edits.json")
    moved = Edits.load(tmp_path / "edits.json", bands["f115w"])
    assert sum(moved.report.counts.values()) == 6
    last = moved.report.steps[-1]
    assert (last.status, last.why) == ("conflict", f"there is no source where {missing} was")
    assert moved.report.steps[4].status == "applied"
    assert len(moved.operations) == 6 - moved.report.counts["conflict"]
    assert moved.path is None
    assert f"delete {missing}" in str(moved.report)
    base = bands["f115w"].load_seg()
    untouched = ~np.isin(base, list(moved.touched)) & ~np.isin(moved.labels, list(moved.touched))
    assert np.array_equal(moved.labels[untouched], base[untouched])


def test_edits_move_with_the_sky_to_a_shifted_and_finer_grid() -> None:
    def frame(scale: float, x: float, y: float) -> WCS:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval, wcs.wcs.crpix = [53.1, -27.8], [x, y]
        wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
        return wcs

    coarse = np.zeros((40, 50), np.int32)
    coarse[10:20, 10:20], coarse[25:35, 30:40] = 1, 2
    fine = np.kron(np.roll(coarse, (5, 4), (0, 1)), np.ones((2, 2), int)) * 10
    edits = Edits(coarse, wcs=frame(0.06, 20.5, 20.5))
    edits.grow(1, 1)
    edits.draw([(1.5, 20.5), (8.5, 20.5), (8.5, 27.5), (1.5, 27.5)])
    edits.paint(2, [(26, 40, 44), (27, 40, 44)])
    edits.split(2, seeds=[(32, 30), (37, 30)])
    # pixel (x, y) from 0 lies at 2 (x + 4.5) - 0.5 of the finer one
    moved = Edits(fine, wcs=frame(0.03, 48.5, 50.5))
    replayed = _replayed(edits, moved)
    counts = replayed.report.counts
    assert counts["conflict"] == 0
    expected = np.kron(np.roll(edits.labels, (5, 4), (0, 1)) > 0, np.ones((2, 2), bool))
    assert np.array_equal(expected, replayed.labels > 0)
    assert len(np.unique(replayed.labels)) == len(np.unique(edits.labels))


def _replayed(edits: Edits, onto: Edits) -> Edits:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = edits.save(Path(folder) / "edits.json")
        return Edits.load(file, onto.labels, wcs=onto._plane.wcs)


def test_an_edit_is_taken_out_of_the_middle_unless_a_later_one_needs_it() -> None:
    labels = np.zeros((12, 30), np.int32)
    labels[2:10, 2:12], labels[2:10, 18:28] = 1, 2
    edits = Edits(labels)
    split = edits.split(1, seeds=[(3, 5), (10, 5)])
    grown = edits.grow(2)
    edits.mark(split.made[0], "star")
    edits.withdraw(grown.id)
    assert (edits.labels == 2).sum() == 80
    before = edits.labels.tobytes()
    with pytest.raises(ParameterError, match="needed by a later edit"):
        edits.withdraw(split.id)
    assert edits.labels.tobytes() == before
    assert len(edits) == 2
    assert edits.marks == {split.made[0]: "star"}


def test_a_revised_edit_has_the_numbers_of_the_former_and_new_ones_for_more_parts() -> None:
    edits = Edits(np.ones((5, 20), int))
    split = edits.split(1, seeds=[(2, 2), (17, 2)])
    grown = edits.draw([(0, 0), (3, 0), (0, 3)], over=True)
    again = edits.revise(split.id, seeds=[(2, 2), (9, 2), (17, 2)], why="three")
    assert (split.made, grown.made, again.made) == ((2,), (3,), (2, 4))
    assert [each.id for each in edits.operations] == [again.id, grown.id]
    assert (again.why, again.id == split.id) == ("three", False)
    assert [anchor.label for anchor in again.anchors] == [1]
    with pytest.raises(ParameterError, match="split has no line"):
        edits.revise(again.id, line=[(0, 0), (1, 1)])
    with pytest.raises(ParameterError, match="no edit"):
        edits.revise("x", why="")


def test_what_is_foreseen_is_what_is_done_and_leaves_map_journal_and_numbers() -> None:
    edits = Edits(np.ones((5, 20), int))
    before = edits.labels.copy()
    patch = edits.foresee(lambda verbs: verbs.split(1, seeds=[(2, 2), (17, 2)]))
    assert patch is not None
    assert (edits.labels.tobytes(), len(edits)) == (before.tobytes(), 0)
    assert edits.split(1, seeds=[(2, 2), (17, 2)]).made == (2,)
    assert np.array_equal(patch.after, edits.labels)
    assert edits.foresee(lambda verbs: verbs.mark(1, "star")) is None


def test_what_another_window_has_saved_is_taken_in_when_it_is_asked_for(tmp_path: Path) -> None:
    labels = np.repeat([[1, 2, 3]], 4, axis=0)
    mine = Edits(labels, path=tmp_path / "edits.json")
    mine.delete(1)
    theirs = Edits.load(tmp_path / "edits.json", labels)
    assert not theirs.refresh()
    mine.merge([2, 3])
    assert theirs.refresh()
    assert theirs.labels.max() == 2
    assert not theirs.refresh() and not mine.refresh()
    assert not Edits(labels).refresh()


def test_what_touches_no_pixel_of_a_source_leaves_its_number(bands: dict[str, BandData]) -> None:
    band = bands["f444w"]
    edits = Edits(band)
    _edit(edits, band)
    base = band.load_seg()
    for number in np.unique(base[base > 0]):
        if int(number) not in edits.touched:
            assert np.array_equal(edits.labels == number, base == number)
    new = {each for operation in edits.operations for each in operation.made}
    assert min(new) > base.max()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"format": "skyseg edits"}',
        b'{"format": "skyseg edits", "version": 2}',
        b'{"format": "skyseg edits", "version": 1, "base": {"shape": [1, 1], "largest": -1}}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_journal_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "edits.json"
    file.write_bytes(content)
    with pytest.raises(ParameterError):
        Edits.load(file, np.ones((3, 3), int))


def test_a_journal_with_hostile_values_is_refused_or_conflicts(tmp_path: Path) -> None:
    labels = np.pad(np.ones((28, 28), int), 1)
    edits = Edits(labels)
    edits.split(1, seeds=[(3, 3), (20, 20)])
    edits.grow(2)
    edits.draw(runs=[(0, 0, 3)], over=True)
    file = edits.save(tmp_path / "edits.json")
    content = json.loads(file.read_text())

    def spoil(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [{**value, key: bad} for key in value for bad in spoil(value[key])]
        if isinstance(value, list):
            return [[*value[:at], bad, *value[at + 1 :]] for at in range(len(value))
                    for bad in spoil(value[at])]  # fmt: skip
        return [None, -1, 1e300, "x", [], 2**40]

    for spoiled in spoil(content):
        file.write_text(json.dumps(spoiled))
        try:
            Edits.load(file, labels[:20, :25])
        except (ParameterError, DataNotFoundError):
            continue


def test_calls_that_make_no_sense_are_refused() -> None:
    edits = Edits(np.ones((9, 9), int))
    for call in (
        lambda: edits.undo(),
        lambda: edits.redo(),
        lambda: edits.withdraw("x"),
        lambda: edits.save(),
        lambda: edits.delete("abc"),
        lambda: edits.delete([]),
        lambda: edits.merge([1]),
        lambda: edits.merge([1, 1]),
        lambda: edits.split(1),
        lambda: edits.split(1, seeds=[(1, 1), (2, 2)], line=[(0, 0), (9, 9)]),
        lambda: edits.split(1, seeds=[(1, 1), (np.nan, 2)]),
        lambda: edits.split(1, seeds=5),
        lambda: edits.grow(1, 0),
        lambda: edits.grow(1, 1000),
        lambda: edits.mark(1, ""),
        lambda: edits.mark(7, "star"),
        lambda: edits.delete(True),
        lambda: edits.delete(1, why="\ud800"),
        lambda: edits.foresee(3),
        lambda: edits.foresee(lambda map: None),
        lambda: Edits.open(3),
    ):
        with pytest.raises(ParameterError):
            call()
    assert len(edits) == 0
    with pytest.raises(ParameterError) as refused:
        edits.mark(1, "x" * 100_000)
    assert len(str(refused.value)) < 200
    with pytest.raises(ProductError):
        edits.mark(1, "a") and edits.save("/proc/none/edits.json")


@pytest.mark.parametrize("area", [0, -5, 10**400])
def test_a_journal_with_an_area_that_no_source_has_is_refused(area: int) -> None:
    with pytest.raises(ValueError, match="area"):
        Anchor(label=1, x=0, y=0, area=area)


def _spoil_journal(file: Path, **spoiled: Any) -> None:
    content = json.loads(file.read_text())
    content["base"] |= spoiled.pop("base", {})
    content["operations"][0] |= spoiled
    file.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("spoiled", "named"),
    [
        (
            {"anchors": [{"label": 1, "x": 1, "y": 1, "dec": 1000, "area": 9}]},
            "operations.0.mark.anchors",
        ),
        (
            {"anchors": [{"label": 1, "x": float("nan"), "y": 1, "area": 9}]},
            "operations.0.mark.anchors",
        ),
        ({"sky": [[0, 91]]}, "operations.0.mark.sky"),
        ({"why": "\ud800"}, "operations.0.mark.why"),
        ({"foo": 1}, "operations.0.mark.foo"),
        ({"kind": "zap"}, "operations.0"),
        ({"base": {"pix_scale": 0}}, "base.pix_scale"),
        ({"base": {"pix_scale": float("nan")}}, "base.pix_scale"),
        ({"base": {"shape": [-5, 5]}}, "base.shape"),
    ],
)
def test_a_journal_with_a_wrong_field_is_refused_with_its_name(
    spoiled: dict[str, Any], named: str, tmp_path: Path
) -> None:
    edits = Edits(np.ones((9, 9), int))
    edits.mark(1, "star")
    file = edits.save(tmp_path / "edits.json")
    _spoil_journal(file, **spoiled)
    with pytest.raises(ParameterError, match=f"has a wrong {named}"):
        Edits.load(file, np.ones((9, 9), int))


def test_runs_that_lie_off_the_map_of_their_journal_conflict(tmp_path: Path) -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [-1e-5, 1e-5]
    edits = Edits(np.ones((9, 9), int), wcs=wcs)
    edits.paint(0, [(0, 0, 3)])
    file = edits.save(tmp_path / "edits.json")
    _spoil_journal(file, runs=[[0, 0, 2**40]])
    for labels in (np.ones((9, 9), int), np.ones((8, 9), int)):
        (step,) = Edits.load(file, labels, wcs=wcs).report.conflicts
        assert "lie off the map" in step.why


def test_a_merge_of_sources_that_lie_far_apart_says_how_far(
    caplog: pytest.LogCaptureFixture,
) -> None:
    labels = np.zeros((20, 90), int)
    for label, left in enumerate((0, 6, 12, 70), start=1):
        labels[4:8, left : left + 4] = label
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt = ("RA---TAN", "DEC--TAN"), (-0.1 / 3600, 0.1 / 3600)
    edits = Edits(labels, wcs=wcs)
    edits.merge([1, 2, 3])
    assert edits.doubt is None and not caplog.records
    far = edits.merge([1, 4])
    assert edits.doubt is not None and str(edits.doubt) == caplog.messages[0]
    assert caplog.messages == [
        "sources 1 and 4 are one now, and lie 54 pixels (5.4 arcsec) apart; undo it unless they "
        "are one"
    ]
    edits.grow(1)
    assert edits.doubt is None
    edits.undo()
    edits.revise(far.id, why="a ring")
    assert len(caplog.messages) == 2
    edits.undo()
    assert edits.doubt is None
    assert edits.foresee(lambda map: map.merge([1, 4])) is not None
    assert len(caplog.messages) == 2
    edits.redo()
    assert edits.doubt is not None and caplog.messages[2] == caplog.messages[1]


def test_a_far_piece_is_told_beside_large_sources_that_lie_farther_from_each_other() -> None:
    labels = np.zeros((5, 250), int)
    for label, (left, right) in enumerate(((0, 60), (110, 170), (200, 203), (238, 241)), start=1):
        labels[:, left:right] = label
    edits = Edits(labels)
    edits.merge([1, 2, 3])
    assert edits.doubt is None
    edits.undo()
    edits.merge([1, 2, 3, 4])
    assert edits.doubt is not None
    assert edits.doubt.what == "sources 2 and 4 are one now, and lie 68 pixels apart"


def test_a_report_of_no_edits_is_told() -> None:
    assert str(Edits(np.ones((3, 3), int)).report) == "0 edits: 0 applied, 0 changed, 0 conflict"


_VERBS: dict[str, Callable[[Edits, Any], object]] = {
    "delete": lambda edits, label: edits.delete(label),
    "delete of several": lambda edits, label: edits.delete([label, 1]),
    "merge": lambda edits, label: edits.merge([label, 1]),
    "split": lambda edits, label: edits.split(label, seeds=[(0, 0), (1, 0)]),
    "cut": lambda edits, label: edits.split(label, line=[(1, 0), (1, 2)]),
    "deblend": lambda edits, label: edits.split(label, mincont=0.1),
    "paint": lambda edits, label: edits.paint(label, [(0, 0, 1)]),
    "grow": lambda edits, label: edits.grow(label),
    "pixels to grow": lambda edits, number: edits.grow(2, number),
    "shrink": lambda edits, label: edits.shrink(label),
    "smooth": lambda edits, label: edits.smooth(label),
    "fill_holes": lambda edits, label: edits.fill_holes(label),
    "mark": lambda edits, label: edits.mark(label, "star"),
}


@pytest.mark.parametrize("label", ["2", "12", b"12", 2.0, 2.7, True])
@pytest.mark.parametrize("verb", _VERBS)
def test_no_verb_takes_text_or_a_fraction_for_the_number_of_a_source(
    verb: str, label: object
) -> None:
    edits = Edits(np.repeat([[1] * 5 + [2] * 5], 5, axis=0))
    with pytest.raises(ParameterError, match=r"label|pixels"):
        _VERBS[verb](edits, label)
    assert not len(edits)


def test_an_edit_is_not_revised_to_a_number_that_is_text() -> None:
    edits = Edits(np.repeat([[1] * 5 + [2] * 5], 5, axis=0))
    marked = edits.mark(1, "star")
    with pytest.raises(ParameterError, match="label"):
        edits.revise(marked.id, label="2")
    assert edits.operations[0].named == (1,)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda edits: edits.merge([1]), "labels is (1,); give at least 2"),
        (lambda edits: edits.delete([0]), "labels is (0,); give 1 or more"),
        (lambda edits: edits.delete(1, to="x"), "to is 'x'; give 'background' or 'neighbour'"),
        (lambda edits: edits.grow(1, 101), "pixels is 101; give 100 or less"),
        (lambda edits: edits.grow(1, 1.5), "pixels is 1.5; give a whole number"),
        (lambda edits: edits.split(1, mincont="a"), "mincont is 'a'; give a number"),
        (lambda edits: edits.mark(1, ""), "word is ''; give at least 1 character"),
        (lambda edits: edits.mark(1, 5), "word is 5; give text"),
        (lambda edits: edits.paint(1, []), "runs is (); give at least 1"),
    ],
)
def test_what_is_wrong_with_an_edit_is_said_in_plain_words(
    edit: Callable[[Edits], object], said: str
) -> None:
    edits = Edits(np.ones((3, 9), int))
    with pytest.raises(ParameterError) as caught:
        edit(edits)
    assert str(caught.value) == said
    assert not edits.operations
