"""The widgets in a real window, by their buttons and by mouse and keys on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from napari.utils.notifications import notification_manager
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QScrollArea,
)
from regions import Regions

from skyseg import Data, Parameters
from skyseg.engine import segment_image
from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.blinking import get_shown_name
from skyseg.napari_plugin.canvas.camera import get_part_in_view, get_view, go_to_box
from skyseg.napari_plugin.canvas.preview_outlines import PREVIEW_LAYER
from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_info import WORDS_KEY, get_full_map, list_frames
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.difference_widget import DifferenceWidget
from skyseg.napari_plugin.widgets.segment_widget import SegmentWidget
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget
from skyseg.products.fits_files import RUN_KEY

from .conftest import click, show, wait_for_rest

F444W_SEG = "UDS-B F444W SEG rms_err"
F115W_SEG = "UDS-B F115W SEG rms_err"

Until = Callable[..., None]
NONE = "none (from the image)"


def told() -> str:
    return notification_manager.records[-1].message if notification_manager.records else ""


def open_bands(window: Any, data: Data) -> None:
    for band in data:
        for layer in read_layers(band, ("SCI", "SEG"), list_frames(window.layers), outlined=True):
            put_layer(window, layer)
    session = get_session(window)
    session.update({"survey": "UDS-B", "version": "v1", "band": "F444W"})
    window.fit_to_view()
    QApplication.processEvents()


def docked(window: Any, kind: type[Any]) -> Any:
    widget = kind(window)
    window.window.add_dock_widget(widget, name=kind.__name__)
    QApplication.processEvents()
    return widget


def press(widget: Any, text: str) -> None:
    button = next(each for each in widget.findChildren(QPushButton) if each.text() == text)
    button.click()


def place_of(window: Any, number: int, name: str = F444W_SEG) -> Any:
    layer = window.layers[name]
    inside = np.argwhere(np.asarray(get_full_map(layer)) == number)
    return layer.data_to_world(inside[len(inside) // 2])


def test_no_field_reaches_under_the_scroll_bar_where_all_parameters_are_shown(
    window: Any, qtbot: QtBot
) -> None:
    widget = docked(window, SegmentWidget)
    widget.panel.show_parameters.value = True
    wait_for_rest(window, qtbot)
    area = widget.findChild(QScrollArea)
    needed = area.widget().minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width()
    assert widget.minimumWidth() >= needed
    assert widget.panel.parameters["rescale_weights"].text == "RESCALE_WEIGHTS"
    assert widget.panel.values.name.native.width() > 100


def test_run_makes_the_maps_and_shows_them(window: Any, until: Until) -> None:
    widget = docked(window, SegmentWidget)
    session = widget.session
    session.update({"survey": "UDS-B", "version": "v1", "band": "F444W", "maps": ("BKG",)})
    widget.panel.run.native.click()
    assert widget.panel.run.text == "Cancel"
    until(lambda: "%" in widget.panel.bar.value)
    until(lambda: not widget.panel.busy)
    assert [layer.name for layer in window.layers] == [
        "UDS-B F444W BKG rms_err",
        "UDS-B F444W SCI",
        F444W_SEG,
    ]
    band = session.data()["F444W"]
    assert widget.panel.message.value.startswith(
        f"{F444W_SEG}: made, {len(band.load_cat())} sources"
    )
    widget.panel.run.native.click()
    until(lambda: not widget.panel.busy)
    assert "loaded" in widget.panel.message.value
    assert len(window.layers) == 3
    session.err_type = "wht"
    widget.panel.run.native.click()
    until(lambda: not widget.panel.busy)
    assert "UDS-B F444W SEG wht" in window.layers
    assert len(window.layers) == 4 + 1


def test_run_stays_in_view_and_the_window_says_where_products_go(
    window: Any, products: Path, bands: Data, qtbot: QtBot
) -> None:
    widget = docked(window, SegmentWidget)
    widget.panel.show_parameters.value = True
    wait_for_rest(window, qtbot)
    shown = widget.panel.run.native.visibleRegion().boundingRect()
    assert shown.height() == widget.panel.run.native.height()
    assert (
        widget.products_folder.text().replace("\u200b", "")
        == f"Products go to {products / 'skyseg'}"
    )
    widget.session.method = "sextractor"
    assert (
        widget.products_folder.text().replace("\u200b", "").endswith(str(products / "SExtractor"))
    )
    assert "skyseg.toml" in widget.products_folder.toolTip()


def test_what_is_said_is_wrapped_in_a_place_that_does_not_move_run(
    window: Any, qtbot: QtBot
) -> None:
    widget = docked(window, SegmentWidget)
    wait_for_rest(window, qtbot)
    message, run = widget.panel.message.native, widget.panel.run.native
    before = run.mapTo(widget, QPoint(0, 0))
    widget.panel.say("the noise is not what the error map says, as far as can be told; " * 12)
    wait_for_rest(window, qtbot)
    assert run.mapTo(widget, QPoint(0, 0)) == before
    area = message.parent()
    assert message.width() == area.width()
    assert message.height() >= message.heightForWidth(message.width()) > area.height()
    widget.panel.show_progress(0.25, "deblending")
    assert widget.progress.value() / widget.progress.maximum() == 0.25
    assert widget.panel.bar.value == "25%  deblending"


def test_a_run_of_another_field_takes_the_place_of_the_one_in_view(
    window: Any, imaging_dir: Path, bands: Data, until: Until
) -> None:
    window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    widget = docked(window, SegmentWidget)
    assert (widget.session.survey, widget.session.band) == ("XDF", "")
    widget.session.update({"survey": "UDS-B", "version": "v1", "instruments": ()})
    widget.session.band = "F444W"
    widget.panel.run.native.click()
    until(lambda: not widget.panel.busy)
    shown = [layer.name for layer in window.layers if layer.visible]
    assert shown == ["UDS-B F444W SCI", F444W_SEG]
    assert widget.panel.message.value.endswith(
        "the view has gone to UDS-B F444W, which lies elsewhere"
    )
    assert "XDF, in another field, is hidden" in told()
    info = window.layers["UDS-B F444W SCI"].metadata["skyseg"]
    assert get_part_in_view(window, info) is not None
    window.layers["XDF F160W SCI"].visible = True
    shown = [layer.name for layer in window.layers if layer.visible]
    assert shown == ["XDF F105W SCI", "XDF F160W SCI"]


def test_a_file_that_is_open_is_the_band_that_is_run(
    window: Any, bands: Data, until: Until
) -> None:
    widget = docked(window, SegmentWidget)
    window.open(bands["F444W"].sci.path, plugin="skyseg")
    assert (widget.panel.survey.value, widget.panel.band.value) == ("UDS-B", "F444W")
    widget.panel.run.native.click()
    until(lambda: not widget.panel.busy)
    assert [layer.name for layer in window.layers] == [
        "UDS-B F444W SCI",
        F444W_SEG,
    ]


def test_cancel_while_maps_are_shown_leaves_the_rest(
    window: Any, bands: Data, until: Until
) -> None:
    widget = docked(window, SegmentWidget)
    widget.session.update({"survey": "UDS-B", "version": "v1"})
    widget.panel.run.native.click()
    until(lambda: len(window.layers))
    widget.panel.run.native.click()
    assert widget.panel.run.text == "Run"
    assert widget.panel.message.value.startswith("cancelled: UDS-B F115W ")
    shown = len(window.layers)
    until(lambda: widget.panel.run.text == "Run")
    assert len(window.layers) == shown


def test_a_map_that_a_cancelled_run_has_replaced_is_not_seen_any_more(
    window: Any, bands: Data, tmp_path: Path
) -> None:
    band = bands["F444W"].copy()
    band.segment(work_dir=tmp_path, progress=False)
    show(window, band)
    widget = docked(window, SegmentWidget)
    widget.cancel()
    assert F444W_SEG in window.layers
    again = {"aper_diams": 0.5 * u.arcsec, "overwrite": True}
    band.copy().segment(work_dir=tmp_path, progress=False, **again)
    widget.cancel()
    assert F444W_SEG not in window.layers
    assert f"{F444W_SEG} has become another on disk" in told()


@pytest.mark.parametrize("left", [None, b"no FITS", "of another map"])
def test_a_map_that_cannot_be_read_any_more_is_seen_after_a_cancel(
    window: Any, bands: Data, tmp_path: Path, left: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    band = bands["F444W"].copy()
    band.segment(work_dir=tmp_path, progress=False)
    show(window, band)
    path = band.products.paths.seg
    if left is None:
        path.unlink()
    elif isinstance(left, bytes):
        path.write_bytes(left)
    else:
        whole = path.read_bytes()
        path.write_bytes(whole[:-2880] + bytes([1]) * 2880)
    monkeypatch.setattr("skyseg.products.fits_files._verify", lambda _: pytest.fail("read whole"))
    docked(window, SegmentWidget).cancel()
    assert F444W_SEG in window.layers


def test_cancel_ends_the_work_and_the_session_goes_on(window: Any, until: Until) -> None:
    widget = docked(window, SegmentWidget)
    widget.session.update({"survey": "UDS-B", "version": "v1"})
    widget.panel.run.native.click()
    job = widget.runner.follower._job
    assert job is not None
    widget.panel.run.native.click()
    assert widget.panel.run.text == "Run"
    assert widget.panel.message.value == "cancelled: UDS-B F115W and UDS-B F444W are not made"
    until(lambda: not job.running)
    assert not window.layers


def test_closing_the_widget_ends_the_work(window: Any, until: Until) -> None:
    widget = docked(window, SegmentWidget)
    widget.session.update({"survey": "UDS-B", "version": "v1"})
    widget.run()
    job = widget.runner.follower._job
    assert job is not None
    window.window.remove_dock_widget(widget)
    widget.deleteLater()
    until(lambda: not job.running, timeout=20000)


def test_closing_the_window_ends_the_work(window: Any, until: Until) -> None:
    widget = docked(window, SegmentWidget)
    widget.session.update({"survey": "UDS-B", "version": "v1"})
    widget.run()
    job = widget.runner.follower._job
    assert job is not None
    window.close()
    until(lambda: not job.running, timeout=20000)


def test_errors_are_told_in_one_sentence_and_the_session_goes_on(window: Any, until: Until) -> None:
    widget = docked(window, SegmentWidget)
    session = widget.session
    session.update({"survey": "XDF", "version": "v1", "band": "F160W"})
    widget.run()
    until(lambda: not widget.panel.busy)
    fits.delval(session.data()["F160W"].bkg_path, RUN_KEY, ext=1)
    widget.run()
    until(lambda: not widget.panel.busy)
    assert "does not belong to the other products" in told()
    assert "or replace all of them with Overwrite" in told()
    assert widget.panel.message.value == told()
    session.overwrite = True
    assert widget.panel.message.value == ""
    widget.run()
    until(lambda: not widget.panel.busy)
    assert "made" in widget.panel.message.value
    assert not session.overwrite


def test_preview_outlines_what_the_whole_run_would_give(
    window: Any, bands: Data, until: Until, qtbot: QtBot
) -> None:
    open_bands(window, bands)
    window.layers["UDS-B F115W SCI"].visible = False
    widget = docked(window, SegmentWidget)
    info = window.layers["UDS-B F444W SCI"].metadata["skyseg"]
    go_to_box(window, info, (300, 400, 400, 550))
    widget.session.preview = True
    until(lambda: PREVIEW_LAYER in window.layers)
    widget.panel.parameters["detect_thresh"].value = "3.5"
    wait_for_rest(window, qtbot)
    part = get_part_in_view(window, info, 2048)
    band = bands["F444W"]
    whole = segment_image(
        band.load_sci(), band.load_err(), "rms_err", Parameters(detect_thresh=3.5)
    )
    assert part is not None
    wanted = whole.labels[part]
    until(lambda: np.array_equal(window.layers[PREVIEW_LAYER].data > 0, wanted > 0))
    corner = window.layers["UDS-B F444W SCI"].world_to_data(
        window.layers[PREVIEW_LAYER].data_to_world((0, 0))
    )
    np.testing.assert_allclose(corner, (part[0].start, part[1].start), atol=1e-6)
    assert F444W_SEG in window.layers
    until(lambda: " on the negative: " in widget.panel.message.value)
    widget.session.preview = False
    assert PREVIEW_LAYER not in window.layers
    until(lambda: not widget.preview.working)


@pytest.fixture
def sources(window: Any, bands: Data, until: Until) -> SourcesWidget:
    open_bands(window, bands)
    window.layers.selection.active = window.layers[F444W_SEG]
    widget: SourcesWidget = docked(window, SourcesWidget)
    until(lambda: "sources" in widget.title.text() and widget.model.rowCount())
    return widget


def test_a_click_on_the_canvas_selects_source_and_row(
    window: Any, sources: SourcesWidget, qtbot: QtBot, until: Until
) -> None:
    click(window, qtbot, place_of(window, 38))
    rows = sources.table.selectionModel().selectedRows
    until(lambda: sources.session.selected == (38,) and len(rows()) == 1)
    (row,) = rows()
    assert sources.model.data(row) == "38"
    assert window.layers[SELECTED_LAYER].nshapes >= 1
    click(window, qtbot, place_of(window, 24), Qt.KeyboardModifier.ControlModifier)
    until(lambda: sources.session.selected == (38, 24) and len(rows()) == 2)
    until(
        lambda: (
            sources.details.pictures.pixmap() is not None
            and sources.details.pictures.pixmap().width()
        )
    )
    assert "Source 24" in sources.details.values.text()


def test_a_row_selects_the_source_and_flies_there(window: Any, sources: SourcesWidget) -> None:
    sources.table.selectRow(41)
    assert sources.session.selected == (42,)
    target = place_of(window, 42)
    assert np.abs(np.subtract(get_view(window)[0], target)).max() < 1.0


def test_keys_go_to_the_next_and_the_previous_source(
    window: Any, sources: SourcesWidget, qtbot: QtBot
) -> None:
    native = window.window._qt_viewer.canvas.native
    sources.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    last = sources.model.rowCount()
    for key, number in ((".", last), (".", last - 1), (",", last)):
        qtbot.keyClicks(native, key)
        assert sources.session.selected == (number,)


def enter(widget: SourcesWidget, text: str) -> None:
    widget.filter.line.setText(text)
    widget.filter.line.returnPressed.emit()


def test_the_table_is_filtered_sorted_and_its_columns_chosen(sources: SourcesWidget) -> None:
    everything = sources.model.rowCount()
    enter(sources, "MAG_AUTO < 26 & FLAGS == 0")
    kept = sources.model.rowCount()
    assert 0 < kept < everything
    assert f"{kept} of {everything} sources, MAG_AUTO < 26" in sources.title.text()
    column = sources.rows.titles.index("MAG_AUTO")
    sources.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    shown = [float(sources.model.data(sources.model.index(row, column))) for row in range(kept)]
    assert shown == sorted(shown)
    sources.filter.line.clear()
    assert sources.model.rowCount() == everything


def test_a_filter_that_fails_leaves_rows_and_text_and_says_why(sources: SourcesWidget) -> None:
    enter(sources, "MAG_AUTO < 26")
    kept, title = sources.model.rowCount(), sources.title.text()
    enter(sources, "MAG_AUT < 24")
    assert "no column 'MAG_AUT' to filter by; use MAG_AUTO" in sources.filter.problem.text()
    assert sources.filter.problem.isVisible()
    assert sources.filter.line.text() == "MAG_AUTO < 26"
    assert (sources.model.rowCount(), sources.title.text()) == (kept, title)
    sources.filter.line.undo()
    assert sources.filter.line.text() == "MAG_AUT < 24"
    enter(sources, "MAG_AUTO < 24")
    assert not sources.filter.problem.isVisible()


def test_the_canvas_shows_what_the_filter_keeps(window: Any, sources: SourcesWidget) -> None:
    fill = partial(draw_outlines(window).get_fill, window.layers[F444W_SEG])
    whole = fill()
    enter(sources, "NUMBER == 38")
    assert [bool(each) for each in fill().map(np.array([37, 38]))[:, 3]] == [False, True]
    enter(sources, "")
    assert fill() is whole
    enter(sources, "NUMBER == 38")
    window.layers.selection.active = window.layers[F115W_SEG]
    assert fill() is whole


def test_filter_and_selection_of_an_opened_session_are_kept(
    window: Any, bands: Data, until: Until
) -> None:
    widget: SourcesWidget = docked(window, SourcesWidget)
    widget.session.update({"filter": "MAG_AUTO < 26", "selected": (9, 38)})
    open_bands(window, bands)
    until(widget.model.rowCount)
    assert widget.session.selected == (9, 38)
    assert widget.filter.line.text() == "MAG_AUTO < 26"
    assert widget.model.rowCount() < len(widget.browser.catalogue or ())
    window.layers.selection.active = window.layers[F115W_SEG]
    until(lambda: widget.title.text().startswith(F115W_SEG) and widget.model.rowCount())
    assert (widget.session.selected, widget.session.filter) == ((), "MAG_AUTO < 26")


def test_columns_are_ticked_by_group_in_a_box_that_stays_open(
    sources: SourcesWidget, until: Until
) -> None:
    press(sources, "Columns")
    tree = sources.chooser.tree
    assert tree.isVisible()
    groups = [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount())]
    assert groups[:3] == ["Source", "Position", "Magnitudes"]
    (apertures,) = tree.findItems("Apertures", Qt.MatchFlag.MatchExactly)
    usual = sources.rows.titles
    apertures.child(0).setCheckState(0, Qt.CheckState.Checked)
    until(lambda: sources.rows.titles == [*usual, 'MAG_APER[0.32"]'])
    (position,) = tree.findItems("Position", Qt.MatchFlag.MatchExactly)
    position.setCheckState(0, Qt.CheckState.Checked)
    until(lambda: {"X_IMAGE", "YMAX_IMAGE"} <= set(sources.rows.titles))
    assert tree.isVisible() and position.isExpanded()
    sources.chooser.usual.click()
    assert sources.rows.titles == usual
    assert apertures.child(0).checkState(0) == Qt.CheckState.Unchecked
    sources.chooser.close()


def test_what_is_scrolled_to_sideways_stays(sources: SourcesWidget, qtbot: QtBot) -> None:
    sources.browser.choose_columns([each.title for each in sources.rows.columns])
    bar = sources.table.horizontalScrollBar()
    bar.setValue(bar.maximum())
    far = bar.value()
    assert far > 0
    sources.table.sortByColumn(len(sources.rows.titles) - 1, Qt.SortOrder.DescendingOrder)
    assert bar.value() == far
    sources.session.selected = (30,)
    assert bar.value() == far
    qtbot.keyClick(sources.table, Qt.Key.Key_Down)
    assert bar.value() == far
    enter(sources, "MAG_AUTO < 26")
    assert bar.value() == far


def test_the_picked_row_stays_in_view_when_its_picture_comes(
    window: Any, sources: SourcesWidget, qtbot: QtBot, until: Until
) -> None:
    last = sources.model.rowCount()
    sources.session.selected = (last,)
    until(lambda: sources.details.pictures.pixmap().height() > 50)
    wait_for_rest(window, qtbot)
    table = sources.table
    assert table.viewport().rect().contains(table.visualRect(table.currentIndex()).center())


def test_keys_step_while_the_table_has_focus(sources: SourcesWidget, qtbot: QtBot) -> None:
    for key, number in ((".", 1), (".", 2), (".", 3), (",", 2)):
        qtbot.keyClicks(sources.table, key)
        assert sources.session.selected == (number,)


def test_every_control_of_sources_and_difference_says_what_it_does(
    window: Any, sources: SourcesWidget
) -> None:
    difference = docked(window, DifferenceWidget)
    for widget in (sources, difference):
        for kind in (QPushButton, QComboBox, QLineEdit):
            for each in widget.findChildren(kind):
                if not isinstance(each.parent(), QComboBox):
                    assert each.toolTip(), each.text() if hasattr(each, "text") else each


def test_all_rows_are_selected_and_stay_so_when_sorted(sources: SourcesWidget) -> None:
    everything = sources.model.rowCount()
    sources.table.selectAll()
    assert set(sources.session.selected) == set(range(1, everything + 1))
    sources.table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert len(sources.table.selectionModel().selectedRows()) == everything
    sources.session.selected = (5, 3, 9)
    rows = sources.table.selectionModel().selectedRows()
    assert {sources.model.data(row) for row in rows} == {"3", "5", "9"}
    assert sources.model.data(sources.table.currentIndex()) == "9"


def test_selections_go_out(
    window: Any, sources: SourcesWidget, tmp_path: Path, until: Until
) -> None:
    sources.session.selected = (9, 3)
    press(sources, "Copy position")
    assert QApplication.clipboard().text().startswith("SkyCoord([34.")
    actions = sources.actions
    for name in ("few.fits", "few.ecsv", "few.csv"):
        actions.save_table(str(tmp_path / name))
        assert Table.read(tmp_path / name)["NUMBER"].tolist() == [9, 3]
    actions.save_regions(str(tmp_path / "few.reg"))
    assert len(Regions.read(tmp_path / "few.reg")) == 2
    actions.save_labels(str(tmp_path / "few_seg.fits"))
    until(lambda: (tmp_path / "few_seg.fits").exists())
    assert set(np.unique(fits.getdata(tmp_path / "few_seg.fits"))) == {0, 3, 9}
    press(sources, "To layer")
    until(lambda: f"{F444W_SEG} selection" in window.layers)
    kept = np.asarray(get_full_map(window.layers[f"{F444W_SEG} selection"]))
    assert set(np.unique(kept)) == {0, 3, 9}
    actions.which.setCurrentText("all")
    actions.save_table(str(tmp_path / "all.csv"))
    assert len(Table.read(tmp_path / "all.csv")) == sources.model.rowCount()
    press(sources, "Edit in view")
    assert window.layers.selection.active.name == f"{F444W_SEG} edit"


def test_a_name_without_an_ending_gets_that_of_the_chosen_kind(
    sources: SourcesWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, kind = str(tmp_path / "few"), "CSV, one column an aperture (*.csv)"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (name, kind))
    sources.session.selected = (9, 3)
    press(sources, "Save table")
    first = Table.read(tmp_path / "few.csv")
    assert first["NUMBER"].tolist() == [9, 3]
    sources.session.selected = (9,)
    press(sources, "Save table")  # nobody was asked whether this file may be replaced
    assert len(Table.read(tmp_path / "few.csv")) == 2
    assert "few.csv is there already" in notification_manager.records[-1].message


def test_sources_are_sent_only_where_a_hub_runs(
    sources: SourcesWidget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'samp').as_uri()}")
    press(sources, "Send")
    until(lambda: "no SAMP hub runs on this machine; start TOPCAT" in told())


def test_another_map_brings_its_catalogue(
    window: Any, sources: SourcesWidget, until: Until
) -> None:
    window.layers.selection.active = window.layers[F115W_SEG]
    until(lambda: sources.title.text().startswith(f"{F115W_SEG}: "))
    assert sources.session.selected == ()
    window.layers.remove(F115W_SEG)
    window.layers.remove(F444W_SEG)
    assert sources.model.rowCount() == 0


def test_the_error_types_of_a_band_are_compared(window: Any, bands: Data, until: Until) -> None:
    open_bands(window, bands)
    widget: DifferenceWidget = docked(window, DifferenceWidget)
    changes = widget.changes
    press(widget, "rms_err against wht of the band")
    until(lambda: changes.model.rowCount())
    counts = bands["F444W"].difference().counts
    told_counts = ", ".join(f"{n} {kind}" for kind, n in counts.items())
    assert widget.summary.text().startswith(told_counts)
    assert "only in wht" in widget.legend.text()
    difference = window.layers["DIFF rms_err - wht UDS-B F444W"]
    assert difference.metadata[WORDS_KEY][3] == "only in wht"
    assert difference.contour == 1  # outlined and hatched, so that pixels are seen
    fill = draw_outlines(window).get_fill(difference)
    same, others = fill.map(np.array([1]))[0], fill.map([2, 3, 4])
    assert same[3] < 0.5
    assert (others[:, 3] == 1).all()
    np.testing.assert_array_equal(
        get_full_map(difference), bands["F444W"].difference().difference_map
    )
    changes.kinds.setCurrentText("new")
    assert changes.model.rowCount() == counts["new"]
    changes.next.click()
    first = get_view(window)[0]
    changes.next.click()
    assert np.abs(np.subtract(get_view(window)[0], first)).max() > 0.1
    changes.previous.click()
    np.testing.assert_allclose(get_view(window)[0], first)
    assert changes.position.text() == f"1 of {counts['new']}"


def test_changes_are_sorted_filtered_and_stepped_through_in_their_order(
    window: Any, bands: Data, until: Until, qtbot: QtBot
) -> None:
    open_bands(window, bands)
    widget: DifferenceWidget = docked(window, DifferenceWidget)
    changes = widget.changes
    press(widget, "Compare")
    until(lambda: changes.model.rowCount())
    whole = changes.model.rowCount()
    assert changes.position.text() == f"{whole} changes"
    column = changes.rows.titles.index("significance")
    changes.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    changes.filter.line.setText("area_a > 0")
    changes.filter.line.returnPressed.emit()
    kept = changes.model.rowCount()
    assert 0 < kept < whole
    for row in range(2):
        qtbot.keyClicks(changes.table, ".")
        assert changes.table.currentIndex().row() == row
        assert changes.position.text() == f"{row + 1} of {kept}"
        y0, y1, x0, x1 = changes.rows.get_box(row)
        middle = window.layers[F115W_SEG].data_to_world(((y0 + y1) / 2, (x0 + x1) / 2))
        np.testing.assert_allclose(get_view(window)[0], middle, atol=1e-6)
    changes.filter.line.setText("nonsense > 0")
    changes.filter.line.returnPressed.emit()
    assert "no column 'nonsense'" in changes.filter.problem.text()
    assert (changes.model.rowCount(), changes.filter.line.text()) == (kept, "area_a > 0")
    window.layers.remove("DIFF F115W - F444W UDS-B rms_err")
    assert (changes.model.rowCount(), widget.legend.text(), widget.summary.text()) == (0, "", "")


def test_a_band_without_an_error_map_is_run_and_compared_by_the_noise_of_the_image(
    window: Any, half_archive: Path, until: Until
) -> None:
    widget = docked(window, SegmentWidget)
    widget.panel.archive.value = str(half_archive)
    widget.panel.maps["ERR"].value = True
    widget.panel.band.value = "F444W"
    assert widget.panel.err_type.native.currentText() == NONE
    assert "the image itself" in widget.panel.message.value
    widget.panel.run.native.click()
    until(lambda: not widget.panel.busy)
    assert [layer.name for layer in window.layers] == [
        "UDS-B F444W SCI",
        "UDS-B F444W SEG none",
    ]
    assert widget.panel.message.value.startswith("UDS-B F444W SEG none: made")
    difference: DifferenceWidget = docked(window, DifferenceWidget)
    assert difference.compare_runs.text() == f"{NONE} against {NONE} photutils of the band"
    for run, err_type in zip(difference.runs, ("rms_err", "wht"), strict=True):
        run.setCurrentText(err_type)
    press(difference, "rms_err against wht of the band")
    until(lambda: "neither an ERR nor a WHT" in told())
    widget.panel.band.value = "F115W"
    assert widget.session.err_type == "rms_err"
    difference.runs[1].setCurrentText(NONE)
    press(difference, f"rms_err against {NONE} of the band")
    until(lambda: "DIFF rms_err - none UDS-B F115W" in window.layers)


def test_two_methods_of_a_band_are_compared(window: Any, bands: Data, until: Until) -> None:
    open_bands(window, bands)
    widget: DifferenceWidget = docked(window, DifferenceWidget)
    widget.runs[1].setCurrentText("rms_err sep")
    press(widget, "rms_err against rms_err sep of the band")
    until(lambda: widget.changes.model.rowCount())
    comparison = bands["F444W"].compare_methods("skyseg", "sep")
    difference = window.layers["DIFF rms_err - rms_err sep UDS-B F444W"]
    np.testing.assert_array_equal(get_full_map(difference), comparison.difference_map)
    widget.runs[1].setCurrentText("rms_err")
    press(widget, "rms_err against rms_err of the band")
    assert "the two runs to compare are the same" in told()


def test_two_maps_are_compared_and_blinked(window: Any, bands: Data, until: Until) -> None:
    open_bands(window, bands)
    widget: DifferenceWidget = docked(window, DifferenceWidget)
    widget.second.setCurrentText(widget.first.currentText())
    press(widget, "Compare")
    assert "two different segmentation maps" in told()
    widget.first.setCurrentText(F115W_SEG)
    widget.second.setCurrentText(F444W_SEG)
    press(widget, "Compare")
    until(lambda: widget.changes.model.rowCount())
    first, second = (
        window.layers[F115W_SEG],
        window.layers[F444W_SEG],
    )
    press(widget, "Blink")
    assert [layer.name for layer in find_layers(window, "SEG") if layer.visible] == [F115W_SEG]
    assert get_shown_name(window) == F115W_SEG
    differences = window.layers["DIFF F115W - F444W UDS-B rms_err"]
    assert not differences.visible
    until(lambda: second.visible)
    assert not first.visible
    assert get_shown_name(window) == F444W_SEG
    second.visible = False
    until(lambda: first.visible)
    assert not second.visible
    press(widget, "Blink")
    assert (first.visible, second.visible, differences.visible) == (False, False, True)
    assert get_shown_name(window) == ""
    press(widget, "Blink")
    widget.second.setCurrentText(F115W_SEG)
    widget.first.setCurrentText(F444W_SEG)
    press(widget, "Compare")
    until(lambda: widget.pair == (second, first))
    assert not widget.blink.button.isChecked()
    assert (first.visible, second.visible) == (False, False)
    found = [layer.name for layer in find_layers(window, "DIFF")]
    assert found == ["DIFF F444W - F115W UDS-B rms_err"]


def test_images_blink_with_their_names_on_the_canvas(
    window: Any, bands: Data, until: Until
) -> None:
    open_bands(window, bands)
    widget: DifferenceWidget = docked(window, DifferenceWidget)
    press(widget, "Blink")
    assert "no two maps are compared yet" in told()
    assert not widget.blink.button.isChecked()
    widget.blink.what.setCurrentText("images")
    names = ["UDS-B F115W SCI", "UDS-B F444W SCI"]
    press(widget, "Blink")
    assert get_shown_name(window) == names[0]
    assert [window.layers[name].visible for name in names] == [True, False]
    until(lambda: get_shown_name(window) == names[1])
    assert [window.layers[name].visible for name in names] == [False, True]
    window.layers.remove(names[0])
    until(lambda: not widget.blink.button.isChecked())
    assert window.layers[names[1]].visible
    assert get_shown_name(window) == ""


def test_a_file_is_compared_with_a_layer(
    window: Any, bands: Data, tmp_path: Path, until: Until
) -> None:
    open_bands(window, bands)
    band = bands["F444W"]
    header = band.wcs.to_header()
    header["CRPIX1"] -= 100
    header["CRPIX2"] -= 50
    cut = np.array(band.load_seg()[50:250, 100:700])
    cut[cut == cut[cut > 0][0]] = 0
    fits.writeto(tmp_path / "mine_seg.fits", cut, header)
    widget: DifferenceWidget = docked(window, DifferenceWidget)
    widget.first.setCurrentText(F444W_SEG)
    widget.open_map(widget.second, str(tmp_path / "mine_seg.fits"))
    name = widget.second.currentText()
    assert "mine_seg" in name
    press(widget, "Compare")
    until(lambda: widget.changes.model.rowCount())
    assert f"b = {name}" in widget.legend.text()
    assert "was brought onto the grid of" in widget.summary.text()
    with pytest.raises(ParameterError, match="holds no segmentation map"):
        widget.open_map(widget.second, str(band.sci.path))
