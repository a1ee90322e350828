"""The buttons by which a map is edited, each with its key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.components import ViewerModel
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from skyseg.panel.edit_offers import OFFERS, Deed

_COLUMNS = 4
_PANEL: tuple[Deed, ...] = (
    "delete",
    "give",
    "merge",
    "brush",
    "contrast",
    "seeds",
    "line",
    "outline",
    "grow",
    "shrink",
    "smooth",
    "fill_holes",
)


class EditButtons(QWidget):
    """Buttons for what is done to selected sources.

    Attributes
    ----------
    buttons : dict of QPushButton
        By what they do.
    pressed : Signal
        Emitted with what is to be done, by a button or by its key.
    """

    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.buttons = make_buttons(_PANEL, self.pressed.emit)
        self.buttons["brush"].setCheckable(True)
        for place, button in enumerate(self.buttons.values()):
            layout.addWidget(button, place // _COLUMNS, place % _COLUMNS)

    def suit(self, number: int, ready: bool) -> None:
        """Offer what can be done to so many selected sources; nothing where no map is edited."""
        for deed, button in self.buttons.items():
            button.setEnabled(ready and OFFERS[deed].suits(number))


def make_buttons(deeds: Sequence[Deed], press: Callable[[str], Any]) -> dict[str, QPushButton]:
    """Make buttons that say what they do, and by which key."""
    made: dict[str, QPushButton] = {}
    for deed in deeds:
        button = made[deed] = QPushButton(OFFERS[deed].title)
        button.setToolTip(OFFERS[deed].hint)
        button.setStyleSheet("padding-left: 4px; padding-right: 4px")
        button.clicked.connect(lambda *_, deed=deed: press(deed))
    return made


def bind_keys(viewer: ViewerModel, press: Callable[[str], Any] | None) -> None:
    """Let the keys of all offers be pressed on the canvas; None unbinds them."""
    for deed, offer in OFFERS.items():
        act = None if press is None else _make_slot(press, deed)
        viewer.bind_key(offer.key.replace("+", "-"), act, overwrite=True)


def _make_slot(press: Callable[[str], Any], deed: str) -> Callable[[ViewerModel], None]:
    # napari asks functions of keys for their names, which partial ones have not
    def slot(viewer: ViewerModel) -> None:
        press(deed)

    return slot


def find_deed(event: QKeyEvent) -> Deed | None:
    """Return what is done by a key that is pressed in a panel; None where nothing is."""
    if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        return None
    shift = "Shift+" if event.modifiers() == Qt.KeyboardModifier.ShiftModifier else ""
    key = f"{shift}{event.text().upper()}"
    return next((offer.deed for offer in OFFERS.values() if offer.key == key), None)
