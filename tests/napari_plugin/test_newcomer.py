"""The newcomer's path of docs/napari.md, walked by mouse and menu, and its actions counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import QTable
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QFileDialog, QWidget

from skyseg.napari_plugin.layers.finding import find_current_seg, find_layers
from skyseg.napari_plugin.layers.layer_info import get_full_map

from .conftest import canvas_point

MOST_ACTIONS = 8
SCI = "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w_sci.fits"
Until = Callable[..., None]


class Newcomer:
    """A person at a window, who counts what they do."""

    def __init__(self, window: Any, qtbot: QtBot) -> None:
        self.window, self.qtbot, self.actions = window, qtbot, 0

    def open_file(self, path: Path) -> None:
        self.actions += 1
        self.window.open(path, plugin="skyseg")

    def open_panel(self, name: str) -> Any:
        self.actions += 1
        return self.window.window.add_plugin_dock_widget("skyseg", name)[1]

    def click(self, widget: QWidget, point: QPoint | None = None) -> None:
        self.actions += 1
        assert widget.isVisible()
        assert widget.isEnabled()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=point or widget.rect().center())

    def click_largest(self) -> int:
        """Click the largest source whose middle is seen on the canvas; return its NUMBER."""
        layer, _ = find_current_seg(self.window)
        labels = np.asarray(get_full_map(layer))
        canvas = self.window.window._qt_viewer.canvas.native
        for number in np.argsort(-np.bincount(labels.ravel())[1:]) + 1:
            inside = np.argwhere(labels == number)
            point = canvas_point(
                self.window, self.qtbot, layer.data_to_world(inside[len(inside) // 2])
            )
            if canvas.rect().contains(point):
                break
        QTest.mouseMove(canvas, point)
        self.click(canvas, point)
        return int(number)


def test_the_newcomers_path_takes_eight_actions(
    window: Any,
    imaging_dir: Path,
    tmp_path: Path,
    qtbot: QtBot,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved = tmp_path / "sources.fits"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    window.window.resize(1280, 720)
    person = Newcomer(window, qtbot)
    person.open_file(imaging_dir / SCI)
    segment = person.open_panel("Segment")
    until(lambda: segment.panel.run.native.isVisible())
    person.click(segment.panel.run.native)
    until(lambda: find_layers(window, "SEG") and not segment.panel.busy)
    assert segment.panel.message.value.startswith("UDS-B F444W SEG rms_err: made")

    sources = person.open_panel("Sources")
    until(lambda: sources.model.rowCount() and sources.table.isVisible())
    number = person.click_largest()
    assert sources.session.selected == (number,)
    person.click(sources.actions.buttons["Save table"])
    assert list(QTable.read(saved)["NUMBER"]) == [number]

    difference = person.open_panel("Difference")
    until(difference.compare_runs.isVisible)
    assert difference.compare_runs.text() == "rms_err against wht of the band"
    person.click(difference.compare_runs)
    until(difference.changes.model.rowCount)
    assert find_layers(window, "DIFF")
    assert person.actions == MOST_ACTIONS
