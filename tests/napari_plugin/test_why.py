"""Why? in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from skyseg import Data
from skyseg.assessment.why_text import tell
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget

from .conftest import click, wait_for_rest
from .test_widgets import docked, open_bands, place_of

Until = Callable[..., None]
BLEND = 24


def test_a_click_tells_why_as_text_and_as_a_tree(
    window: Any, bands: Data, qtbot: QtBot, until: Until
) -> None:
    open_bands(window, bands)
    window.window.resize(1280, 720)
    sources: SourcesWidget = docked(window, SourcesWidget)
    until(lambda: sources.browser.catalogue is not None)
    why = sources.why
    assert not why.text.isVisible()
    sources.session.selected = (38,)
    why.button.click()
    until(lambda: "in source 38" in why.text.text())
    click(window, qtbot, place_of(window, 24))
    until(lambda: "in source 24" in why.text.text())
    assert why.text.isVisible()
    told = why.answers.answer
    assert told is not None
    assert tell(bands["F444W"].why(told.x, told.y), 1) == why.text.text()
    assert why.picture.isVisible() == (len(told.tree.branches) > 1)
    main = sources.window()
    assert main.minimumSizeHint().height() <= 720
    assert main.height() == 720  # the answer stands in place of the source in detail
    assert not sources.details.isVisible()
    why.button.click()
    assert sources.details.isVisible()
    assert not why.text.isVisible()
    assert why.answers.answer is None


def test_a_small_window_keeps_its_height_beside_what_was_run_and_shows_the_tree_whole(
    window: Any, bands: Data, qtbot: QtBot, until: Until
) -> None:
    open_bands(window, bands)
    window.window.resize(1280, 720)
    _, segment = window.window.add_plugin_dock_widget("skyseg", "Segment")
    segment.panel.run.native.click()
    until(lambda: not segment.panel.busy)
    _, sources = window.window.add_plugin_dock_widget("skyseg", "Sources")
    until(lambda: sources.model.rowCount() and sources.table.isVisible())
    main, why = sources.window(), sources.why
    for number in (38, BLEND):
        row = int(sources.rows.find_rows((number,))[0])
        sources.table.scrollTo(sources.model.index(row, 0))
        place = sources.table.visualRect(sources.model.index(row, 0)).center()
        qtbot.mouseClick(sources.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        until(lambda number=number: f"Source {number}" in sources.details.values.text())
        qtbot.mouseClick(why.button, Qt.MouseButton.LeftButton)
        until(lambda number=number: f"in source {number}" in why.text.text())
        wait_for_rest(window, qtbot)
        assert main.minimumSizeHint().height() <= 720
        assert main.height() == 720
        if number == BLEND:
            assert why.picture.isVisible()
            assert why.picture.pixmap().size() == why.picture.sizeHint()
        qtbot.mouseClick(why.button, Qt.MouseButton.LeftButton)
