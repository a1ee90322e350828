"""What the tests of the napari plugin share."""

from __future__ import annotations

import os

# read when napari's settings are first asked for: no test writes into a person's settings
os.environ["NAPARI_CONFIG"] = ""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import napari
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QLabel, QWidget

from skyseg import BandData, Data
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.layer_info import list_frames


@pytest.fixture(autouse=True)
def open_questions(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A dialog that waits for a person is refused, and the test that opened it fails."""
    asked: list[str] = []
    if "qapp" not in request.fixturenames:
        yield asked
        return
    request.getfixturevalue("qapp")

    def refuse() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            return
        asked.append(describe(dialog))
        if isinstance(dialog, QDialog):
            dialog.reject()
        else:
            dialog.close()

    timer = QTimer()
    timer.timeout.connect(refuse)
    timer.start(500)
    yield asked
    timer.stop()
    release_keys()
    assert not asked, f"nobody answered {asked}"


def release_keys() -> None:
    """Let go of Shift and Ctrl, which Qt holds after a click of a key together with them."""
    QTest.keyRelease(QWidget(), Qt.Key.Key_Shift)


def describe(dialog: QWidget) -> str:
    lines = [dialog.windowTitle(), *(label.text() for label in dialog.findChildren(QLabel))]
    return f"{type(dialog).__name__}: {' | '.join(line for line in lines if line)}"


@pytest.fixture
def model(bands: Data) -> ViewerModel:
    """A window without a canvas, with SCI and SEG of both bands."""
    viewer = ViewerModel()
    for band in bands:
        show(viewer, band)
    return viewer


def show(viewer: ViewerModel, band: BandData) -> None:
    frames = list_frames(viewer.layers)
    for layer in read_layers(band, ("SCI", "SEG"), frames, outlined=True):
        put_layer(viewer, layer)


@pytest.fixture
def until(qtbot: QtBot) -> Callable[..., None]:
    def wait(condition: Callable[[], Any], timeout: int = 60000) -> None:
        qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    return wait


@pytest.fixture
def window(make_napari_viewer: Callable[..., napari.Viewer], imaging_dir: Path) -> Any:
    """A real window on the archive of the tests."""
    from skyseg.napari_plugin.viewer_session import get_session

    viewer = make_napari_viewer(show=True)
    get_session(viewer).data_dir = imaging_dir
    QApplication.processEvents()
    yield viewer
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        QApplication.processEvents()
