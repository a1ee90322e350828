"""The tab of sources as the kernel holds it: filter, selection, order, detail."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import skyseg
from skyseg.errors import ParameterError
from skyseg.notebook.viewer import Viewer
from skyseg.samples import make_survey


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_survey(folder, bands=("F200W", "F444W"), shape=(300, 260), seed=2)
    return folder


@pytest.fixture
def viewer(archive: Path, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    monkeypatch.setenv("SKYSEG_WORK_DIR", str(archive / "work"))
    skyseg.config.reload()
    data = skyseg.Data.from_survey_version("sample", "v1", data_dir=archive)
    data.segment(progress=False)
    made: Viewer = data.view()
    made.sources.read()
    return made


def numbers_of(viewer: Viewer) -> list[int]:
    found: list[int] = viewer.sources.browser.table.numbers.tolist()
    return found


def bright(viewer: Viewer, limit: float) -> np.ndarray:
    columns = viewer.sources.browser.catalogue.columns
    return columns["NUMBER"][columns["MAG_AUTO"] < limit]


def test_the_filter_is_that_of_table_session_and_canvas(viewer: Viewer) -> None:
    viewer.filter = "MAG_AUTO < 26"
    kept = bright(viewer, 26)

    assert 0 < len(kept) < len(viewer.sources.browser.catalogue)
    assert numbers_of(viewer) == kept.tolist()
    assert viewer.session.filter == "MAG_AUTO < 26"
    assert f"{len(kept)} of {len(viewer.sources.browser.catalogue)}" in viewer.sources.table._status
    bits = np.unpackbits(np.frombuffer(viewer.active._kept, np.uint8), bitorder="little")
    assert np.flatnonzero(bits).tolist() == kept.tolist()

    viewer.session.filter = ""
    assert viewer.filter == ""
    assert viewer.active._kept == b""
    assert len(numbers_of(viewer)) == len(viewer.sources.browser.catalogue)


def test_a_source_is_selected_while_the_catalogue_of_its_band_is_read(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skyseg.panel import source_table

    begun, go_on = threading.Event(), threading.Event()
    match_rows = source_table.match_rows

    def wait(*arguments: Any) -> Any:
        begun.set()
        go_on.wait()
        return match_rows(*arguments)

    viewer.bands = ("F200W", "F444W")
    viewer.sources.read()
    monkeypatch.setattr(source_table, "match_rows", wait)
    viewer.active_band = "F444W"
    begun.wait()
    threading.Timer(0.05, go_on.set).start()
    last = len(viewer.active.sources.catalogue)
    viewer.selected = last

    assert viewer.sources.table.chosen == [last - 1]


def test_a_filter_that_is_not_understood_leaves_rows_and_text(viewer: Viewer) -> None:
    viewer.filter = "MAG_AUTO < 26"
    before = numbers_of(viewer)
    with pytest.raises(ParameterError, match="'MAGS'"):
        viewer.filter = "MAGS < 24"
    assert (viewer.filter, viewer.session.filter) == ("MAG_AUTO < 26", "MAG_AUTO < 26")

    viewer.sources.table._handle_custom_msg({"kind": "filter", "text": "MAG_AUTO <"}, [])
    assert "not understood" in viewer.sources.table._error
    assert viewer.sources.table._filter == "MAG_AUTO < 26"
    assert "MAG_AUTO < 26" in viewer.sources.table._status
    assert numbers_of(viewer) == before


def test_several_sources_are_selected_by_code_table_and_canvas(viewer: Viewer) -> None:
    viewer.selection = [2, 5]
    assert viewer.session.selected == (2, 5)
    assert viewer.selected == 5
    assert np.frombuffer(viewer.active._marked, "<u4").tolist() == [2, 5]
    assert viewer.sources.table.chosen == [1, 4]

    table = viewer.sources.table
    table.set_state({"_choice": {"edges": [0, 2], "current": 0, "version": table._version}})
    assert viewer.selection == (2, 3, 1)
    assert viewer.selected == 1

    ys, xs = np.nonzero(viewer.active.sources.labels == 7)
    viewer.active.pick(xs[0] + 0.5, ys[0] + 0.5, add=True)
    assert viewer.selection == (2, 3, 1, 7)
    viewer.active.pick(xs[0] + 0.5, ys[0] + 0.5, add=True)
    assert viewer.selection == (2, 3, 1)

    viewer.selected = 4
    assert viewer.selection == (4,)
    with pytest.raises(ParameterError, match="there is no source 99999"):
        viewer.selection = (3, 99_999)
    with pytest.raises(ParameterError, match="give NUMBERs of sources"):
        viewer.selection = "ab"
    assert viewer.selection == (4,)


def test_a_row_is_chosen_and_the_canvas_goes_there(viewer: Viewer) -> None:
    table = viewer.sources.table
    table.set_state({"_choice": {"edges": [3, 3], "current": 3, "version": table._version}})
    left, lower, right, upper = viewer.active.sources.extent(numbers_of(viewer)[3])
    seen = viewer.active.extent

    assert seen[0] <= left <= right <= seen[2]
    assert seen[1] <= lower <= upper <= seen[3]


def test_stepping_goes_in_the_order_of_the_table(viewer: Viewer) -> None:
    columns = viewer.sources.browser.table.titles
    place = columns.index("MAG_AUTO")
    viewer.sources.table._handle_custom_msg({"kind": "sort", "column": place, "rising": True}, [])
    order = numbers_of(viewer)
    assert order != sorted(order)

    for _ in range(4):
        viewer._on_step(viewer.active, {"kind": "step", "what": "source", "by": 1}, None)
    assert viewer.selected == order[3]
    assert viewer.sources.table.chosen == [3]


def test_columns_are_chosen_one_an_aperture_and_remembered(viewer: Viewer) -> None:
    groups = {each["name"]: each["parts"] for each in viewer.sources.table._groups}
    aperture = groups["Apertures"][1]["name"]
    assert aperture.startswith("MAG_APER[")
    ask = {"kind": "part", "name": aperture, "shown": True}
    viewer.sources.table._handle_custom_msg(ask, [])

    assert viewer.sources.table._columns[-1]["title"] == aperture
    assert "\n" not in viewer.sources.browser.table.text(0, len(viewer.sources.table._columns) - 1)
    other = viewer.session.data().view()
    other.sources.read()
    assert aperture in other.sources.browser.table.titles


def test_the_current_source_is_told_and_cut_out_of_every_band(viewer: Viewer) -> None:
    viewer.selected = 3
    viewer.sources.details.wait()
    assert "Source 3" in viewer.sources.details.values.value
    assert "MAG_APER[" in viewer.sources.details.values.value
    assert bytes(viewer.sources.details.picture.value).startswith(b"\x89PNG")

    viewer.selected = 0
    viewer.sources.details.wait()
    assert viewer.sources.details.values.value == ""
    assert viewer.sources.details.picture.layout.display == "none"


def test_the_light_of_a_source_is_shown_by_wavelength_once_it_is_measured_in_all_bands(
    viewer: Viewer,
) -> None:
    assert "Other bands" not in viewer.sources.browser.table.groups
    viewer.session.band = "F200W"
    viewer._side_panel.measure_in_all_bands()
    viewer._side_panel.wait()
    viewer.sources.read()
    assert "Other bands" in viewer.sources.browser.table.groups
    viewer.session.columns = ("NUMBER", "FLUX_AUTO_F444W")
    assert viewer.sources.browser.table.titles == ["NUMBER", "FLUX_AUTO_F444W"]
    viewer.selected = 3
    viewer.sources.details.wait()
    assert bytes(viewer.sources.details.fluxes.value).startswith(b"\x89PNG")
    viewer.selected = 0
    viewer.sources.details.wait()
    assert viewer.sources.details.fluxes.layout.display == "none"


def test_positions_are_those_of_the_selected_sources_else_of_those_shown(viewer: Viewer) -> None:
    columns = viewer.sources.browser.catalogue.columns
    viewer.selection = (4, 2)
    np.testing.assert_allclose(viewer.coords.ra.deg, columns["ALPHA_J2000"][[3, 1]])

    viewer.selected = 0
    viewer.filter = "MAG_AUTO < 26"
    assert len(viewer.coords) == len(bright(viewer, 26))
    viewer.filter = "MAG_AUTO < 0"
    with pytest.raises(ParameterError, match="no source is selected"):
        viewer.coords  # noqa: B018


def test_sources_go_out_as_files_by_the_ending(viewer: Viewer, tmp_path: Path) -> None:
    bar = viewer.sources.exports
    viewer.selection = (4, 2)
    for form in ("FITS table", "ECSV table", "CSV table", "DS9 regions", "labels"):
        bar.form.label = form
        path = tmp_path / bar.path.value
        bar.path.value = str(path)
        bar.save.click()
        bar.wait()
        assert path.exists(), bar._message.value
        assert bar._message.value == f"2 sources are in {path}"

    assert Table.read(tmp_path / "sources.fits")["NUMBER"].tolist() == [4, 2]
    titles = (tmp_path / "sources.csv").read_text().splitlines()[0]
    assert titles.count("MAG_APER") > 1
    assert np.unique(fits.getdata(tmp_path / "labels.fits")).tolist() == [0, 2, 4]

    bar.which.label, bar.form.label = "all", "CSV table"
    bar.path.value = str(tmp_path / "x.csv")
    bar.save.click()
    bar.wait()
    assert bar._message.value.startswith(f"{len(viewer.sources.browser.catalogue)} sources")


def test_sources_are_downloaded_as_the_same_file(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, bytes]] = []
    bar = viewer.sources.exports
    monkeypatch.setattr(bar, "_keep", lambda name, content: told.append((name, content)))
    viewer.selected = 3
    bar.form.label = "ECSV table"
    bar.download.click()
    bar.wait()

    ((name, content),) = told
    assert name == "sources.ecsv"
    assert Table.read(content.decode(), format="ascii.ecsv")["NUMBER"].tolist() == [3]


@pytest.mark.parametrize(
    ("path", "message"), [("sources.txt", "no known ending"), ("nowhere/sources.fits", "nowhere")]
)
def test_what_cannot_be_written_is_told(
    viewer: Viewer, tmp_path: Path, path: str, message: str
) -> None:
    bar = viewer.sources.exports
    bar.path.value = str(tmp_path / path)
    bar.save.click()
    bar.wait()

    assert message in bar._message.value
    assert list(tmp_path.glob("sources*")) == []


def test_without_a_hub_it_is_told_how_sources_are_sent(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    viewer.sources.exports.send.click()
    viewer.sources.exports.wait()

    assert "no SAMP hub runs" in viewer.sources.exports._message.value


def test_another_band_has_its_own_table(viewer: Viewer) -> None:
    viewer.filter = "MAG_AUTO < 26"
    viewer.bands = ("F200W", "F444W")
    viewer.band = "F444W"
    viewer.sources.read()

    assert "F444W" in viewer.sources.table._status
    assert viewer.canvases[0]._kept == b""
    assert viewer.canvases[1]._kept != b""


def test_labels_without_a_catalogue_have_a_table_and_are_stepped_through() -> None:
    labels = np.zeros((60, 80), int)
    labels[10:14, 20:26] = 3
    labels[40:44, 60:66] = 9
    viewer = skyseg.view(np.zeros(labels.shape), labels)
    viewer.selected = 3
    viewer.sources.read()
    assert viewer.selected == 3
    assert numbers_of(viewer) == [3, 9]

    viewer._on_step(viewer.active, {"kind": "step", "what": "source", "by": 1}, None)
    assert viewer.selected == 9
    with pytest.raises(ParameterError, match="no position on the sky"):
        viewer.coords  # noqa: B018


def test_without_labels_there_is_no_table() -> None:
    viewer = skyseg.view(np.zeros((60, 80)))
    viewer.sources.read()

    assert "no segmentation map" in viewer.sources.table._status
    with pytest.raises(ParameterError, match="there is no catalogue"):
        viewer.coords  # noqa: B018


def list_dropdowns(widget: ipywidgets.Widget) -> list[ipywidgets.Dropdown]:
    inside = [each for child in getattr(widget, "children", ()) for each in list_dropdowns(child)]
    return [widget, *inside] if isinstance(widget, ipywidgets.Dropdown) else inside


def test_every_box_of_choices_says_what_is_chosen(viewer: Viewer) -> None:
    boxes = list_dropdowns(viewer)
    assert len(boxes) > 10
    # ipywidgets takes the value None for no choice, now and then, and shows an empty box
    assert [box.tooltip for box in boxes if None in box._options_values] == []
    assert [box.tooltip for box in boxes if box.options and not box.label] == []
