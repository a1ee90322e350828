"""Texts of the panels, as they are drawn, stand out from their ground in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from skyseg import Data
from skyseg.display.colours import LEAST_CONTRAST, measure_contrast
from skyseg.napari_plugin.viewer_session import get_session

from .conftest import show

PANELS = ("Segment", "Sources", "Edit", "Region", "Difference", "Assess", "View")
WITH_TEXT = QLabel, QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox


def find_texts(panel: QWidget) -> Iterator[tuple[str, QWidget]]:
    """Widgets of a panel in which a text is drawn in one colour; disabled ones may be pale."""
    for kind in WITH_TEXT:
        for each in panel.findChildren(kind):
            text = each.currentText() if isinstance(each, QComboBox) else each.text()
            if text.strip() and "<" not in text and each.isVisible() and each.isEnabled():
                yield text, each


def measure_drawn(widget: QWidget) -> float:
    """Contrast of the most frequent colour and of that which stands out most from it."""
    image = widget.grab().toImage()
    colours = [
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    ]
    names, counts = np.unique(colours, return_counts=True)
    ground = str(names[counts.argmax()])
    return max(measure_contrast(str(name), ground) for name in names)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_texts_of_every_panel_can_be_read_in_both_themes(
    window: Any, bands: Data, until: Callable[..., None], theme: str
) -> None:
    show(window, bands["F444W"])
    get_session(window).update({"survey": "UDS-B", "version": "v1", "band": "F444W"})
    window.window.resize(1920, 1080)
    docks = [window.window.add_plugin_dock_widget("skyseg", name)[0] for name in PANELS]
    window.theme = theme
    pale = {}
    for name, dock in zip(PANELS, docks, strict=True):
        dock.raise_()
        QApplication.processEvents()
        found = list(find_texts(dock.widget()))
        assert len(found) > 3, name
        for text, widget in found:
            contrast = measure_drawn(widget)
            if contrast < LEAST_CONTRAST:
                pale[name, type(widget).__name__, text[:40]] = round(contrast, 2)
    assert not pale


def test_texts_in_the_pictures_of_a_source_have_the_colour_of_the_theme(
    window: Any, bands: Data, until: Callable[..., None]
) -> None:
    show(window, bands["F444W"])
    widget = window.window.add_plugin_dock_widget("skyseg", "Sources")[1]
    until(lambda: widget.browser.catalogue)
    get_session(window).selected = (7,)
    for theme in ("light", "dark"):
        until(lambda: not widget.details.pictures.pixmap().isNull())
        before = widget.details.pictures.pixmap().toImage()
        window.theme = theme
        until(lambda before=before: widget.details.pictures.pixmap().toImage() != before)
