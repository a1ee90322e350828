"""Why?: what the run made of the pixel that is clicked on, beneath the sources."""

from __future__ import annotations

from typing import Any

from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.source_selection import SourceSelection
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.widgets.source_details import WholePicture, as_pixmap
from skyseg.panel.why_answers import ABOUT_WHY, WhyAnswers, draw_thresholds


class WhyBox(QWidget):
    """The answer why, and a button by which clicks on the canvas ask, to be laid out apart.

    Parameters
    ----------
    selection : SourceSelection
        What clicks on the canvas.

    Attributes
    ----------
    answers : WhyAnswers
        What was answered.
    button : QPushButton
        The button.
    """

    def __init__(self, selection: SourceSelection) -> None:
        super().__init__()
        self._selection = selection
        self.answers = WhyAnswers(
            lambda work, then, failed: run_in_thread(self, work, then, failed)
        )
        self.button = QPushButton("Why?")
        self.button.setCheckable(True)
        self.button.setToolTip(ABOUT_WHY)
        self.text, self.picture = QLabel(), WholePicture()
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self.text, self.picture):
            layout.addWidget(widget)
        self.button.toggled.connect(self._toggle)
        self.answers.changed.connect(self._show)
        selection.clicked.connect(self._ask_at)
        self.destroyed.connect(lambda: selection.clicked.disconnect(self._ask_at))
        self._show()

    def _toggle(self, asking: bool) -> None:
        self.answers.toggle(asking)
        selected, target = (
            self._selection.session.selected,
            find_current_seg(self._selection.viewer),
        )
        if selected and target is not None:
            self.answers.ask_source(target[1].band, selected[-1])

    def _ask_at(self, position: Any) -> None:
        """Ask about the pixel of the SEG layer at a position in world coordinates."""
        target = find_current_seg(self._selection.viewer)
        if target is None:
            self.answers.ask(None, 0, 0)
            return
        row, column = (float(value) for value in target[0].world_to_data(position)[-2:])
        self.answers.ask(target[1].band, column, row)

    def _show(self) -> None:
        self.setVisible(self.answers.asking)
        self.text.setText(self.answers.said)
        ink = get_theme(self._selection.viewer.theme).text.as_hex("long")
        drawn = draw_thresholds(self.answers.answer, ink)
        self.picture.setVisible(drawn is not None)
        if drawn is not None:
            self.picture.show_picture(as_pixmap(drawn))
