"""A line for a filter, and what is wrong with it below."""

from __future__ import annotations

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QLabel, QLineEdit


class FilterLine(QObject):
    """A line whose text is always the filter that holds.

    Parameters
    ----------
    placeholder : str
        Shown while it is empty.
    about : str
        Its tooltip.

    Attributes
    ----------
    line : QLineEdit
        The line.
    problem : QLabel
        What is wrong with what was entered; hidden where nothing is.
    entered : Signal
        Emitted with the text when a person enters it, or clears the line.
    """

    entered = Signal(str)

    def __init__(self, placeholder: str, about: str) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        self.line.setToolTip(about)
        self.line.setClearButtonEnabled(True)
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.line.returnPressed.connect(lambda: self.entered.emit(self.line.text()))
        self.line.textChanged.connect(lambda text: None if text else self.entered.emit(""))

    def show_filter(self, text: str, problem: str) -> None:
        """Show the filter that holds, and why the one that was entered does not.

        What was entered comes back with the key that undoes.
        """
        self.problem.setText(f"⚠ {problem}" if problem else "")
        self.problem.setVisible(bool(problem))
        if self.line.text() != text:
            self.line.blockSignals(True)
            self.line.selectAll()
            self.line.insert(text)
            self.line.blockSignals(False)
