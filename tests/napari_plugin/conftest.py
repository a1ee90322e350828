"""What the tests of the napari plugin share."""

from __future__ import annotations

import gc
import itertools
import os

# read when napari's settings are first asked for: no test writes into a person's settings
os.environ["NAPARI_CONFIG"] = ""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import napari
import numpy as np
import pytest
from napari.components import ViewerModel
from npe2 import PluginManifest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt, QThreadPool, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QLabel, QWidget

from skyseg import BandData, Data
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.layer_info import list_frames

RESTING = 5
# ms within which short timers of the window have run out
AFTER_WORK = 100
# windows before which most modules have been loaded by those that were open
MODULES_LOADED = (1, 2, 8, 40)


@pytest.fixture(scope="session")
def plugins_found_once() -> Iterator[None]:
    """Which plugins are installed is read once for all windows."""
    found = list(PluginManifest.discover())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginManifest, "discover", lambda paths=(): iter(found))
        yield


@pytest.fixture(scope="session")
def windows_counted() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture(autouse=True)
def quick_windows(request: pytest.FixtureRequest) -> None:
    """What modules keep is left out where napari looks for garbage, whenever layers go."""
    if "make_napari_viewer" not in request.fixturenames:
        return
    request.getfixturevalue("plugins_found_once")
    if next(request.getfixturevalue("windows_counted")) in MODULES_LOADED:
        gc.collect()
        gc.freeze()


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
def window(
    make_napari_viewer: Callable[..., napari.Viewer], imaging_dir: Path, qtbot: QtBot
) -> Any:
    """A real window on the archive of the tests, closed once work in threads has been told."""
    from skyseg.napari_plugin.viewer_session import get_session

    viewer = make_napari_viewer(show=True)
    get_session(viewer).data_dir = imaging_dir
    QApplication.processEvents()
    yield viewer
    pool = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: pool.activeThreadCount() == 0, timeout=60000)
    qtbot.wait(AFTER_WORK)


def wait_for_rest(window: Any, qtbot: QtBot) -> None:
    """Wait until window and canvas keep their sizes, and the canvas is drawn as large as it is.

    Docks are laid out, and the camera follows the size of the canvas, in later turns of the
    event loop: what is measured before lies elsewhere when it is clicked.
    """
    canvas, main = window.window._qt_viewer.canvas, window.window._qt_window
    seen: list[tuple[Any, ...]] = []

    def rests() -> bool:
        sizes = main.size(), canvas.native.size(), tuple(window.canvas.size)
        seen.append((*sizes, window.scene.camera.zoom))
        told = (sizes[1].height(), sizes[1].width()) == sizes[2]
        drawn = np.isclose(canvas.camera.zoom, window.scene.camera.zoom)
        return told and drawn and seen[-RESTING:] == [seen[-1]] * RESTING

    qtbot.waitUntil(rests, timeout=60000)


def canvas_point(window: Any, qtbot: QtBot, world: Any) -> QPoint:
    """Where a place in world coordinates is on the canvas once that rests; north is up."""
    wait_for_rest(window, qtbot)
    centre, _ = get_view(window)
    down, right = (np.asarray(world) - centre) * (-1, 1) * window.scene.camera.zoom
    height, width = window.canvas.size
    return QPoint(round(width / 2 + right), round(height / 2 + down))


def click(window: Any, qtbot: QtBot, world: Any, key: Any = Qt.KeyboardModifier.NoModifier) -> None:
    """Click a place in world coordinates on the canvas."""
    native = window.window._qt_viewer.canvas.native
    point = canvas_point(window, qtbot, world)
    qtbot.mouseMove(native, point)
    qtbot.mouseClick(native, Qt.MouseButton.LeftButton, key, point)


def drag(window: Any, qtbot: QtBot, start: Any, end: Any, *, steps: int = 1) -> None:
    """Drag the mouse from one place in world coordinates to another."""
    native, left = window.window._qt_viewer.canvas.native, Qt.MouseButton.LeftButton
    first, last = (canvas_point(window, qtbot, world) for world in (start, end))
    qtbot.mouseMove(native, first)
    qtbot.mousePress(native, left, pos=first)
    for step in range(1, steps + 1):
        _move_pressed(native, first + (last - first) * step / steps)
        QApplication.processEvents()
    qtbot.mouseRelease(native, left, pos=last)


def _move_pressed(native: QWidget, point: QPoint) -> None:
    """Move the mouse with its left button down; qtbot moves it without."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(point),
        QPointF(native.mapToGlobal(point)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(native, event)
