"""What napari makes of the plugin: its menus, reader, writer, sample data and settings page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points, metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from napari.errors import MultipleReaderError
from napari.layers import Labels
from napari.settings import get_plugin_settings, get_settings
from napari.utils.notifications import notification_manager
from npe2 import PluginManager
from qtpy.QtCore import QEvent, QMimeData, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from skyseg import Data
from skyseg.napari_plugin.files.writer import write_labels
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.preferences import claim_fits_files, get_setting
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.imaging_choice import NEW_STACK

from .conftest import show

Until = Callable[..., None]

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


@pytest.fixture(autouse=True)
def no_choice_of_readers() -> Iterator[None]:
    """As after a fresh installation."""
    plugins = get_settings().plugins
    before = plugins.extension2reader
    plugins.extension2reader = {}
    yield
    plugins.extension2reader = before


def test_files_and_folders_open_without_a_question_once_a_widget_was_open(
    make_napari_viewer: Callable[..., Any], imaging_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(imaging_dir))
    viewer = make_napari_viewer()
    path = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    with pytest.raises(MultipleReaderError):
        viewer.open(path, plugin=None)
    viewer.window.add_plugin_dock_widget("skyseg", "Segment")
    viewer.open(path, plugin=None)
    assert [layer.name for layer in viewer.layers] == ["UDS-B F444W SCI"]
    viewer.open(imaging_dir / "jwst" / "UDS-B", plugin=None)
    assert [layer.name for layer in viewer.layers][1:] == ["UDS-B F115W SCI", "UDS-B F444W SCI [1]"]


def drop(widget: Any, *paths: Path) -> None:
    """Let files fall onto a widget, as the window system does."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    middle = widget.rect().center()
    how = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(middle, *how)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(middle), *how))


def test_a_file_and_a_folder_dropped_onto_the_window_open(
    make_napari_viewer: Callable[..., Any], imaging_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_DATA_DIR", str(imaging_dir))
    viewer = make_napari_viewer(show=True)
    viewer.window.add_plugin_dock_widget("skyseg", "Segment")
    canvas = viewer.window._qt_viewer.canvas.native
    drop(canvas, imaging_dir / UDS / "uds-b-f444w_sci.fits")
    assert [layer.name for layer in viewer.layers] == ["UDS-B F444W SCI"]
    drop(canvas, imaging_dir / UDS / "uds-b-f115w_sci.fits", imaging_dir / "hst" / "XDF")
    names = [layer.name for layer in viewer.layers]
    assert names == ["UDS-B F444W SCI", "UDS-B F115W SCI", "XDF F105W SCI", "XDF F160W SCI"]


def test_labels_of_a_plain_file_are_measured_in_the_imaging_beneath_them(
    make_napari_viewer: Callable[..., Any], imaging_dir: Path, bands: Data, tmp_path: Path
) -> None:
    band = bands["F444W"]
    seg, header = band.load_seg(), band.wcs.to_header()
    fits.writeto(tmp_path / "mine_seg.fits", seg, header)
    viewer = make_napari_viewer()
    viewer.open(tmp_path / "mine_seg.fits", plugin="skyseg")
    _, meta, _ = viewer.layers[0].as_layer_data_tuple()
    meta["multiscale"] = False
    changed = seg.copy()
    changed[20:24, 30:35] = 9000

    def saved(name: str) -> fits.HDUList:
        return fits.open(write_labels(str(tmp_path / name), changed, meta)[0])

    with saved("alone.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SEG"]
    assert "without a catalogue" in notification_manager.records[-1].message
    sci = tmp_path / "uds-b-f444w_sci.fits"
    shutil.copy(imaging_dir / UDS / sci.name, sci)
    viewer.open(sci, plugin="skyseg")
    with saved("no_error_map.fits") as hdus:
        assert hdus["SEG"].header["ERRTYPE"] == "none"
        assert np.isfinite(hdus["OBJECTS"].data["FLUXERR_ISO"]).all()
    assert "from the image itself" in notification_manager.records[-1].message
    shutil.copy(imaging_dir / UDS / "uds-b-f444w_wht.fits", tmp_path)
    with saved("measured.fits") as hdus:
        assert hdus["SEG"].header["EDITED"] is True
        assert hdus["SEG"].header["ERRTYPE"] == "rms_err"
        assert hdus["SEG"].header["IN1PATH"].endswith("uds-b-f444w_sci.fits")
        table = hdus["OBJECTS"].data
        assert set(table["NUMBER"]) == set(np.unique(changed)) - {0}
        assert hdus["SEG"].header["NSOURCES"] == len(table)
        stored = band.load_cat()
        assert table["FLUX_ISO"][0] == pytest.approx(stored["FLUX_ISO"][0].value, rel=1e-3)


def test_another_choice_of_a_reader_stays_and_the_settings_page_can_forbid_ours(
    tmp_path: Path,
) -> None:
    plugins = get_settings().plugins
    plugins.extension2reader = {"*.fits": "another"}
    claim_fits_files(tmp_path, print)
    assert plugins.extension2reader["*.fits"] == "another"
    assert plugins.extension2reader["*.fits.gz"] == "skyseg"
    plugins.extension2reader = {}
    page = get_plugin_settings()["skyseg"].imaging
    page.open_fits = False
    try:
        claim_fits_files(tmp_path, print)
    finally:
        page.open_fits = True
    assert plugins.extension2reader == {}


def test_that_fits_files_open_is_told_once_the_window_is_active(
    make_napari_viewer: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("skyseg.napari_plugin.notifications.show_info", told.append)
    viewer = make_napari_viewer()
    window = viewer.window._qt_window
    assert not window.isActiveWindow()
    get_session(viewer)
    assert told == []
    for _ in range(2):
        QApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))
        QApplication.processEvents()
    assert len(told) == 1
    assert told[0].startswith("FITS files open with skyseg now")


def test_every_widget_opens_by_its_name(make_napari_viewer: Callable[..., Any]) -> None:
    viewer = make_napari_viewer()
    for name in ("Segment", "Sources", "Region", "Difference"):
        dock, widget = viewer.window.add_plugin_dock_widget("skyseg", name)
        assert dock.windowTitle().startswith(name)
        assert type(widget).__name__ == f"{name}Widget"


def test_the_sample_survey_opens_from_the_menu(
    make_napari_viewer: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    viewer = make_napari_viewer()
    viewer.open_sample("skyseg", "survey")
    shown = [layer.name for layer in viewer.layers if layer.visible]
    assert shown == ["sample F115W SCI", "sample F200W SCI", "sample F444W SCI"]
    _, widget = viewer.window.add_plugin_dock_widget("skyseg", "Segment")
    assert widget.panel.survey.value == "sample"
    assert list(widget.panel.band.choices) == ["", NEW_STACK, "F115W", "F200W", "F444W"]


def test_a_map_is_saved_and_opened_again(
    make_napari_viewer: Callable[..., Any], tmp_path: Path
) -> None:
    viewer = make_napari_viewer()
    labels = np.kron(np.arange(1, 10).reshape(3, 3), np.ones((5, 5), np.int64))
    viewer.add_layer(Labels(labels, name="mine"))
    (path,) = viewer.layers.save(str(tmp_path / "mine.fits"), plugin="skyseg")
    assert fits.getdata(path, extname="SEG").dtype.newbyteorder("=") == np.int32
    viewer.open(path, plugin="skyseg")
    assert isinstance(viewer.layers[-1], Labels)
    np.testing.assert_array_equal(get_full_map(viewer.layers[-1]), labels)


def test_saving_a_layer_offers_fits_first_and_keeps_the_window_alive(
    window: Any, bands: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(window, bands["F444W"])
    window.layers.selection = {window.layers["UDS-B F444W SEG rms_err"]}
    asked: list[str] = []
    alive: list[int] = []

    def answer(*_: Any, filter: str, **__: Any) -> tuple[str, str]:
        asked.append(filter)
        QTimer.singleShot(0, lambda: alive.append(1))
        return str(tmp_path / "edited.fits"), filter.split(";;")[0]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(
        "skyseg.napari_plugin.files.writer.show_info",
        lambda line: alive.append(2) or asked.append(line),
    )
    action = next(
        each for each in window.window.file_menu.actions() if "Save Selected" in each.text()
    )
    action.trigger()
    assert "FITS" in asked[0].split(";;")[0]
    assert alive == [1, 2]
    assert "edited.fits" in asked[1]
    with fits.open(tmp_path / "edited.fits") as hdus:
        assert hdus["SEG"].data.shape == bands["F444W"].shape
        assert hdus["SEG"].header["CTYPE1"] == "RA---TAN"
        assert "OBJECTS" in hdus


def test_menus_and_settings_name_what_is_there() -> None:
    manifest = PluginManager.instance().get_manifest("skyseg")
    menus = manifest.contributions.menus
    assert {item.command for item in menus["napari/layers/segment"]} == {
        "skyseg.segment",
        "skyseg.edit",
    }
    assert {item.command for item in menus["napari/layers/measure"]} == {
        "skyseg.sources",
        "skyseg.difference",
        "skyseg.assess",
    }
    assert get_setting("maps", "outlines", False) is True
    assert get_setting("imaging", "data_dir", "nothing") == ""


def test_the_package_tells_the_napari_hub_what_it_reads() -> None:
    told = metadata("skyseg")
    assert "Framework :: napari" in told.get_all("Classifier")
    assert told["Summary"]
    assert told["License-Expression"] == "BSD-3-Clause"
    assert told["Description-Content-Type"] == "text/markdown"
    (entry,) = entry_points(group="napari.manifest", name="skyseg")
    assert entry.value == "skyseg:napari.yaml"
