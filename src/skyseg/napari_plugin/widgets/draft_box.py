"""A split or a drawing in the panel before it is done: contrast, what it would give, Done."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
)

from skyseg.panel.draft import STEPS, Draft, contrast_at, step_of


class DraftBox(QFrame):
    """What belongs to a draft; hidden while there is none.

    Attributes
    ----------
    accepted, cancelled : Signal
        Emitted when a person presses Done or Cancel.
    contrast_changed : Signal
        Emitted with DEBLEND_MINCONT and DEBLEND_NTHRESH that are to be tried.
    over_changed : Signal
        Emitted with whether what is drawn takes pixels of other sources.
    """

    accepted, cancelled = Signal(), Signal()
    contrast_changed = Signal(float, int)
    over_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.text, self.value = QLabel(), QLabel()
        self.text.setWordWrap(True)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setToolTip("Contrast (DEBLEND_MINCONT): to the left more parts")
        self.levels = QSpinBox()
        self.levels.setRange(2, 1024)
        self.levels.setToolTip("Number of thresholds (DEBLEND_NTHRESH)")
        self.over = QCheckBox("over others")
        self.over.setToolTip("Take pixels of other sources too")
        self.done, self.cancel = QPushButton("Done"), QPushButton("Cancel")
        self.done.setToolTip("Do it (Enter)")
        self.cancel.setToolTip("Give it up (Escape)")
        self._lay_out()
        self.slider.valueChanged.connect(self._tell)
        self.levels.valueChanged.connect(self._tell)
        self.over.toggled.connect(self.over_changed)
        self.done.clicked.connect(lambda: self.accepted.emit())
        self.cancel.clicked.connect(lambda: self.cancelled.emit())
        self.hide()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget, stretch in ((self.slider, 1), (self.value, 0), (self.levels, 0)):
            first.addWidget(widget, stretch)
        for widget, stretch in ((self.text, 1), (self.over, 0), (self.done, 0), (self.cancel, 0)):
            second.addWidget(widget, stretch)
        layout.addLayout(first)
        layout.addLayout(second)

    def show_draft(self, draft: Draft | None) -> None:
        """Show a draft as it is now."""
        self.setVisible(draft is not None)
        if draft is None:
            return
        splits = draft.tool == "contrast"
        for widget in (self.slider, self.value, self.levels):
            widget.setVisible(splits)
        self.over.setVisible(draft.tool == "outline")
        for box, show, value in (
            (self.slider, self.slider.setValue, step_of(draft.mincont)),
            (self.levels, self.levels.setValue, draft.nthresh),
            (self.over, self.over.setChecked, draft.over),
        ):
            box.blockSignals(True)
            show(value)
            box.blockSignals(False)
        self.value.setText(f"{draft.mincont:g}")
        self.text.setText(draft.text)
        self.done.setEnabled(draft.is_ready)

    def _tell(self) -> None:
        self.contrast_changed.emit(contrast_at(self.slider.value()), self.levels.value())
