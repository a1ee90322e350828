"""Panels as a window shows them: tabs that can be read, sizes, tooltips, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QTabBar,
    QWidget,
)

from skyseg.napari_plugin.widgets.difference_widget import DifferenceWidget
from skyseg.napari_plugin.widgets.source_details import SourceDetails

from .conftest import wait_for_rest

Until = Callable[..., None]
PANELS = ("Segment", "Sources", "Edit", "Region", "Difference", "Mask", "Assess", "View")


@pytest.fixture
def panels(window: Any, until: Until, qtbot: QtBot) -> dict[str, Any]:
    """Docks of all panels, opened one after the other as from the menu."""
    window.window.resize(1280, 720)
    wait_for_rest(window, qtbot)
    docks = {}
    for name in PANELS:
        docks[name], _ = window.window.add_plugin_dock_widget("skyseg", name)
    main = docks["View"].window()
    until(lambda: len(main.tabifiedDockWidgets(docks["View"])) == len(PANELS) - 1)
    return docks


def test_panels_opened_from_the_menu_are_tabs_and_fit_a_small_screen(
    window: Any, panels: dict[str, Any], qtbot: QtBot
) -> None:
    main = panels["View"].window()
    wait_for_rest(window, qtbot)
    assert (main.width(), main.height()) == (1280, 720)
    assert main.minimumSizeHint().height() <= 720
    for dock in panels.values():
        dock.raise_()
        wait_for_rest(window, qtbot)
        assert (main.width(), main.height()) == (1280, 720)


def test_what_is_under_the_mouse_stays_there_as_a_panel_becomes_a_tab(
    window: Any, qtbot: QtBot
) -> None:
    window.window.resize(1280, 720)
    window.window.add_plugin_dock_widget("skyseg", "Segment")
    wait_for_rest(window, qtbot)
    heights = {window.canvas.size[0]}
    window.canvas.events.size.connect(lambda event: heights.add(event.value[0]))
    for name in PANELS[1:]:
        window.window.add_plugin_dock_widget("skyseg", name)
        wait_for_rest(window, qtbot)
    assert len(heights) == 1


def test_tabs_can_be_read(panels: dict[str, Any], until: Until) -> None:
    main = panels["View"].window()

    def texts() -> list[str]:
        bars = [bar for bar in main.findChildren(QTabBar) if bar.isVisible()]
        return [bar.tabText(number) for bar in bars for number in range(bar.count())]

    until(lambda: set(PANELS) <= set(texts()))
    for bar in main.findChildren(QTabBar):
        for number in range(bar.count()):
            needed = bar.fontMetrics().horizontalAdvance(bar.tabText(number))
            assert bar.tabRect(number).width() >= needed
            assert bar.tabRect(number).left() >= 0
            assert bar.tabRect(number).right() <= bar.width()


def test_the_table_of_changes_has_the_height_that_is_left(
    window: Any, panels: dict[str, Any], qtbot: QtBot
) -> None:
    panels["Difference"].raise_()
    wait_for_rest(window, qtbot)
    (panel,) = panels["Difference"].findChildren(DifferenceWidget)
    bottom = panel.blink.geometry().bottom()
    assert panel.height() - bottom < 20


def test_the_pictures_of_a_source_leave_the_window_its_size(
    window: Any, panels: dict[str, Any], qtbot: QtBot
) -> None:
    main = panels["Sources"].window()
    panels["Sources"].raise_()
    (details,) = panels["Sources"].findChildren(SourceDetails)
    picture = QPixmap(340, 500)
    picture.fill()
    details.pictures.show_picture(picture)
    details.values.setText("<br>".join(["a line"] * 6))
    wait_for_rest(window, qtbot)
    assert main.minimumSizeHint().height() <= 720
    assert main.height() == 720
    assert 100 < details.pictures.pixmap().height() < 500


def controls(panel: QWidget) -> list[QWidget]:
    """What a person can press or write in."""
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit)
    return [
        each
        for kind in kinds
        for each in panel.findChildren(kind)
        if not isinstance(each.parent(), (QAbstractSpinBox, QComboBox, QLineEdit, QTabBar))
        and not each.objectName().startswith("qt_")
    ]


@pytest.mark.parametrize("name", PANELS)
def test_each_control_says_what_it_does_and_is_reached_by_keys(window: Any, name: str) -> None:
    _, panel = window.window.add_plugin_dock_widget("skyseg", name)
    found = controls(panel)
    assert found
    silent = [
        (type(each).__name__, each.objectName() or getattr(each, "text", str)())
        for each in found
        if not each.toolTip()
    ]
    assert silent == []
    unreached = [each for each in found if each.focusPolicy() == Qt.FocusPolicy.NoFocus]
    assert unreached == []
