"""Why? in a real window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

from skyseg import Data
from skyseg.assessment.why_text import tell
from skyseg.napari_plugin.widgets.sources_widget import SourcesWidget

from .conftest import click
from .test_widgets import docked, open_bands, place_of

Until = Callable[..., None]


def test_a_click_tells_why_as_text_and_as_a_tree(
    window: Any, bands: Data, qtbot: QtBot, until: Until
) -> None:
    open_bands(window, bands)
    window.window.resize(1280, 720)
    sources: SourcesWidget = docked(window, SourcesWidget)
    until(lambda: sources.browser.catalogue is not None)
    why = sources.why
    assert not why.area.isVisible()
    sources.session.selected = (38,)
    why.button.click()
    until(lambda: "in source 38" in why.text.text())
    click(window, qtbot, place_of(window, 24))
    until(lambda: "in source 24" in why.text.text())
    assert why.area.isVisible()
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
    assert not why.area.isVisible()
    assert why.answers.answer is None
