"""Panels by keys alone: where keys go when a panel is opened, and that it is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QTableView, QWidget

from skyseg.napari_plugin.widgets.focus import FocusFrame

from .conftest import AFTER_WORK
from .test_panels import PANELS

Until = Callable[..., None]
STARTED_BELOW = "Segment", "Assess"  # the first control is below others


@pytest.fixture
def active(window: Any, until: Until) -> Any:
    """A window to which keys go."""
    main = window.window._qt_window
    main.activateWindow()
    until(lambda: QApplication.activeWindow() is main)
    return window


def open_panel(window: Any, name: str, until: Until) -> tuple[Any, Any]:
    dock, panel = window.window.add_plugin_dock_widget("skyseg", name)
    until(lambda: has_keys(panel))
    return dock, panel


def has_keys(panel: QWidget) -> bool:
    control = QApplication.focusWidget()
    return control is not None and panel.isAncestorOf(control)


def press(key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget(), key)


def test_source_and_comparison_are_reached_by_keys_alone(
    active: Any, until: Until, bands: Any
) -> None:
    _, segment = open_panel(active, "Segment", until)
    press(Qt.Key.Key_Space)
    assert segment.panel.busy
    until(lambda: not segment.panel.busy)
    _, sources = open_panel(active, "Sources", until)
    until(sources.model.rowCount)
    press(Qt.Key.Key_Period)
    assert len(segment.session.selected) == 1
    segment.session.band = "F444W"
    _, difference = open_panel(active, "Difference", until)
    press(Qt.Key.Key_Space)
    until(difference.changes.model.rowCount)


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_that_is_opened_has_the_keys_and_frames_each_control_in_turn(
    active: Any, until: Until, name: str
) -> None:
    _, panel = open_panel(active, name, until)
    (frame,) = panel.findChildren(FocusFrame)
    framed = set()
    while has_keys(panel) and QApplication.focusWidget() not in framed:
        control = QApplication.focusWidget()
        framed.add(control)
        middle = control.mapTo(panel, control.rect().center())
        assert frame.isVisible() and frame.geometry().contains(middle)
        press(Qt.Key.Key_Backtab if name in STARTED_BELOW else Qt.Key.Key_Tab)
    assert len(framed) > 3
    assert not frame.isVisible() or has_keys(panel)


def test_tab_goes_on_from_a_table_to_the_next_control(active: Any, until: Until) -> None:
    for name in ("Sources", "Difference"):
        _, panel = open_panel(active, name, until)
        for table in panel.findChildren(QTableView):
            table.setFocus()
            assert not table.tabKeyNavigation()
            press(Qt.Key.Key_Tab)
            assert QApplication.focusWidget() is not table


def test_a_panel_that_lies_behind_gives_the_keys_to_the_one_in_front(
    active: Any, until: Until
) -> None:
    first, segment = open_panel(active, "Segment", until)
    second, sources = open_panel(active, "Sources", until)
    assert not has_keys(segment)
    first.raise_()
    until(lambda: has_keys(segment))
    second.raise_()
    until(lambda: has_keys(sources))


def test_the_menu_brings_a_panel_that_lies_behind_to_the_front(active: Any, until: Until) -> None:
    first, segment = open_panel(active, "Segment", until)
    second, sources = open_panel(active, "Sources", until)
    until(lambda: first.visibleRegion().isEmpty())
    choose(first)
    until(lambda: not first.visibleRegion().isEmpty() and has_keys(segment))
    choose(first)
    until(lambda: first.isHidden() and has_keys(sources))
    choose(first)
    until(lambda: not first.visibleRegion().isEmpty() and has_keys(segment))
    assert not second.isHidden()


def choose(dock: QWidget) -> None:
    """Do what napari's menu does with a panel that was opened before."""
    dock.setVisible(not dock.isVisible())


def test_a_notification_that_closes_leaves_the_keys_where_they_are(
    active: Any, until: Until
) -> None:
    _, panel = open_panel(active, "Region", until)
    canvas = active.window._qt_viewer.canvas.native
    note = NapariQtNotification("saved", "info", parent=canvas)
    note.show()
    note.close()
    until(lambda: QApplication.focusWidget() is panel.text)


def test_keys_that_a_notification_gave_away_stay_with_what_took_them_since(
    active: Any, until: Until, qtbot: QtBot
) -> None:
    first, region = open_panel(active, "Region", until)
    second, sources = open_panel(active, "Sources", until)
    first.raise_()
    until(lambda: has_keys(region))
    note = NapariQtNotification("saved", "info", parent=active.window._qt_viewer.canvas.native)
    note.show()
    note.close()
    second.raise_()
    until(lambda: has_keys(sources))
    qtbot.wait(AFTER_WORK)
    assert has_keys(sources)


def test_keys_that_were_taken_from_a_panel_once_go_on_as_they_are_told(
    active: Any, until: Until
) -> None:
    _, panel = open_panel(active, "Region", until)
    main, canvas = active.window._qt_window, active.window._qt_viewer.canvas.native
    for note in canvas.findChildren(NapariQtNotification):
        note.close()
    until(lambda: not canvas.findChildren(NapariQtNotification) and has_keys(panel))
    dialog = QDialog(main)
    canvas.setFocus()
    main.setFocus(Qt.FocusReason.TabFocusReason)
    QApplication.processEvents()
    assert QApplication.focusWidget() is main
    panel.text.setFocus()
    main.setFocus()
    QApplication.processEvents()
    assert QApplication.focusWidget() is main
    dialog.deleteLater()
