"""The tab of differences as the kernel holds it: which maps, the order, stepping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import skyseg
from skyseg.errors import ParameterError
from skyseg.notebook._difference_drawer import SHOWN
from skyseg.notebook.viewer import Viewer
from skyseg.samples import make_survey


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_survey(folder, bands=("F200W", "F444W"), shape=(300, 260), seed=2)
    return folder


@pytest.fixture
def data(archive: Path, monkeypatch: pytest.MonkeyPatch) -> skyseg.Data:
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(archive / "work"))
    skyseg.config.reload()
    found = skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)
    found.segment(progress=False)
    return found


@pytest.fixture
def viewer(data: skyseg.Data) -> Viewer:
    made: Viewer = data.view()
    made.comparison = data["F200W"].difference("rms_err", "wht")
    return made


def tell(viewer: Viewer, **message: Any) -> None:
    viewer.differences.table._handle_custom_msg(message, [])


def rows_of(viewer: Viewer) -> list[int]:
    rows: list[int] = viewer.differences.table.rows.rows.tolist()
    return rows


def sort_by(viewer: Viewer, title: str, *, rising: bool) -> None:
    titles = viewer.differences.table.rows.titles
    tell(viewer, kind="sort", column=titles.index(title), rising=rising)


def test_changes_are_stepped_through_in_the_order_of_the_table(viewer: Viewer) -> None:
    sort_by(viewer, "significance", rising=False)
    significance = np.abs(viewer.comparison.table["flux_change_sigma"])
    order = rows_of(viewer)
    shown = significance[order]
    assert (np.diff(shown[np.isfinite(shown)]) <= 0).all()

    step = {"kind": "step", "what": "change", "by": 1}
    for place in (0, 1):
        viewer._on_step(viewer.active, step, None)
        assert viewer.change == place
    row = viewer.comparison.table[order[1]]
    assert viewer.active.frame[:2] == (row["x_min"], row["y_min"])
    assert f"at 2 of {len(order)}" in viewer.differences.table._status
    assert viewer.differences.table.chosen == [1]


def test_what_is_known_of_a_comparison_goes_with_it(viewer: Viewer) -> None:
    assert "fluxes are sums of the science image" in viewer.differences._message.value
    viewer.comparison = None
    assert viewer.differences._message.value == ""
    assert viewer.differences.table._status == "no two maps are compared"


def test_the_change_in_hand_stays_so_when_rows_are_sorted_and_filtered(viewer: Viewer) -> None:
    viewer.change = 3
    change, frame = rows_of(viewer)[3], viewer.active.frame
    region = viewer.region
    sort_by(viewer, "X_IMAGE", rising=True)
    assert viewer.change == rows_of(viewer).index(change)
    assert (viewer.active.frame, viewer.region) == (frame, region)

    x = float(viewer.comparison.table["x"][change])
    tell(viewer, kind="filter", text=f"X_IMAGE > {x + 2}")
    assert viewer.change == -1
    assert viewer.active.frame is None


def test_rows_are_of_chosen_kinds_and_a_wrong_filter_leaves_them(
    viewer: Viewer, data: skyseg.Data, archive: Path
) -> None:
    truth = next(archive.rglob("*f200w*_truth_seg.fits"))
    viewer.comparison = skyseg.compare(data["F200W"], truth)
    before = len(rows_of(viewer))
    parts = viewer.differences.table._groups[0]["parts"]
    kind = parts[0]["name"]
    tell(viewer, kind="part", name=kind, shown=False)
    left = rows_of(viewer)
    assert 0 < len(left) < before
    assert kind not in viewer.comparison.table["kind"][left]
    assert f"{len(left)} of {before} changes" in viewer.differences.table._status

    tell(viewer, kind="filter", text="sigma >")
    assert "not understood" in viewer.differences.table._error
    assert rows_of(viewer) == left
    assert viewer.differences.table._filter == ""


def test_a_row_that_is_chosen_is_pointed_out(viewer: Viewer) -> None:
    table = viewer.differences.table
    table.set_state({"_choice": {"edges": [2, 2], "current": 2, "version": table._version}})

    assert viewer.change == 2
    y0, y1, x0, x1 = table.rows.get_box(2)
    assert viewer.active.frame == (x0, y0, x1 + 1, y1 + 1)


def test_a_comparison_of_another_band_is_refused_and_that_of_before_stays(
    viewer: Viewer, data: skyseg.Data
) -> None:
    before = viewer.comparison
    with pytest.raises(ParameterError, match=r"is not of .*F200W.*; choose its band first"):
        viewer.comparison = data["F444W"].difference("rms_err", "wht")

    assert viewer.comparison is before
    assert viewer.active.comparison is before


def test_any_two_maps_are_compared_under_their_names(viewer: Viewer, archive: Path) -> None:
    tab = viewer.differences
    truth = next(archive.rglob("*f200w*_truth_seg.fits"))
    tab.first.value, tab.second.value = SHOWN, str(truth)
    tab.start()
    tab.wait()

    assert viewer.comparison.b.name == str(truth)
    assert np.array_equal(viewer.comparison.a.labels, viewer.active.sources.labels)
    assert f"with {truth.name}: " in tab.table._status
    assert all("/" not in entry["text"] for entry in viewer.active.legend)
    assert viewer.drawer.opened == "Difference"

    tab.first.value = "wht skyseg"
    tab.start()
    tab.wait()
    assert viewer.comparison.a.name == "sample v1 F200W wht skyseg"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (SHOWN, "", "give two maps that differ"),
        (SHOWN, SHOWN, "give two maps that differ"),
        (SHOWN, "nowhere.fits", "nowhere.fits"),
    ],
)
def test_what_cannot_be_compared_is_told(
    viewer: Viewer, first: str, second: str, message: str
) -> None:
    before, tab = viewer.comparison, viewer.differences
    tab.first.value, tab.second.value = first, second
    tab.start()
    tab.wait()

    assert message in tab._message.value
    assert viewer.comparison is before


def test_two_runs_are_compared_by_the_panel(viewer: Viewer) -> None:
    tab = viewer.differences
    tab.first.value, tab.second.value = "rms_err", "wht skyseg"
    tab.start()
    viewer._side_panel.wait()

    assert [run.label for run in viewer.session.difference] == ["rms_err", "wht skyseg"]
    assert "wht" in viewer.comparison.b.name
    tab.second.value = "rms_err skyseg"
    tab.start()
    assert "the two runs to compare are the same" in tab._message.value


def test_the_two_runs_of_the_session_are_offered_first(viewer: Viewer) -> None:
    tab = viewer.differences
    assert (tab.first.value, tab.second.value) == ("rms_err", "wht")
    viewer.session.difference = viewer.session.difference[::-1]
    assert (tab.first.value, tab.second.value) == ("wht", "rms_err")


def test_what_is_shown_is_compared_in_the_image_beneath(viewer: Viewer, archive: Path) -> None:
    tab = viewer.differences
    tab.first.value, tab.second.value = SHOWN, str(next(archive.rglob("*f200w*_truth_seg.fits")))
    tab.start()
    tab.wait()
    assert np.isfinite(viewer.comparison.table["flux_change_sigma"]).any()


def test_two_maps_of_files_are_compared_again_when_a_session_is_opened(
    viewer: Viewer, archive: Path, tmp_path: Path
) -> None:
    tab = viewer.differences
    truth = next(archive.rglob("*f200w*_truth_seg.fits"))
    tab.first.value, tab.second.value = SHOWN, str(truth)
    tab.start()
    tab.wait()
    before = viewer.comparison
    opened = skyseg.view(viewer.save_session(tmp_path / "field"))
    opened.differences.wait()

    assert (opened.comparison.a.name, opened.comparison.b.name) == (before.a.name, str(truth))
    assert opened.comparison.counts == before.counts
    viewer.comparison = None
    assert viewer.session.compared is None
    viewer.kept.show(tmp_path / "field.skyseg.json")
    viewer.differences.wait()
    assert viewer.comparison.counts == before.counts


def test_arrays_are_compared_with_what_is_shown() -> None:
    labels = np.zeros((60, 80), int)
    labels[10:14, 20:26] = 3
    other = np.roll(labels, 30, axis=1)
    viewer = skyseg.view(np.zeros(labels.shape), labels)
    viewer.comparison = skyseg.compare(labels, other)
    viewer.change = 0

    assert viewer.differences.table._length == 2
    assert viewer.differences.table._columns[0]["left"]
    viewer.comparison = None
    assert viewer.differences.table._length == 0
    assert viewer.differences.table._status == "no two maps are compared"


def test_the_image_of_another_band_blinks_on_the_canvas_in_hand(
    viewer: Viewer, data: skyseg.Data
) -> None:
    viewer.comparison = None
    tab = viewer.differences
    assert [label for label, _ in tab.blink_with.options] == ["no other", "F444W"]
    tab.blink_with.value = "F444W"

    first = viewer.active
    assert viewer.blink
    np.testing.assert_array_equal(first.tiles["second"].pixels, data["F444W"].load_sci())
    assert first._second["names"] == ["sample v1 F200W", "sample v1 F444W"]

    viewer.bands = ("F200W", "F444W")
    viewer.band = "F444W"
    assert [canvas._second for canvas in viewer.canvases] == [{}, {}]
    viewer.blink_with = "F200W"
    assert ["second" in canvas.tiles for canvas in viewer.canvases] == [False, True]

    with pytest.raises(ParameterError, match="F999W"):
        viewer.blink_with = "F999W"
    tab.blink_with.value = ""
    assert not viewer.blink
    assert "second" not in viewer.active.tiles
