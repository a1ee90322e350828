"""Blinking by a button: the two maps that are compared, or images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.blinking import Blinker
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.notifications import show_failure

_MAPS: Final = "the maps a and b"
_IMAGES: Final = "images"


class BlinkBar(QWidget):
    """A button that shows layers in turn, with their names on the canvas.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    get_pair : callable
        Gives the two maps that are compared; empty where none are.
    """

    def __init__(self, viewer: ViewerModel, get_pair: Callable[[], Sequence[Layer]]) -> None:
        super().__init__()
        self._viewer, self._get_pair = viewer, get_pair
        self._blinker = Blinker(viewer, self)
        self.button = QPushButton("Blink")
        self.button.setCheckable(True)
        self.button.setToolTip("Show them in turn, each with its name on the canvas")
        self.what = QComboBox()
        self.what.addItems([_MAPS, _IMAGES])
        self.what.setToolTip(
            "What is shown in turn; images are those selected in the layer list, else all SCI"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.what, 1)
        self.button.toggled.connect(self._toggle)
        self.what.currentTextChanged.connect(lambda _: self.stop())
        self._blinker.stopped.connect(self.stop)
        self.destroyed.connect(self._blinker.stop)

    def stop(self) -> None:
        """Show all layers as before."""
        self.button.setChecked(False)

    def _toggle(self, on: bool) -> None:
        if not on:
            self._blinker.stop()
            return
        try:
            frames, hidden = self._choose()
        except ParameterError as error:
            self.stop()
            show_failure(error)
            return
        self._blinker.start(frames, hidden)

    def _choose(self) -> tuple[Sequence[Layer], Sequence[Layer]]:
        """Return what is shown in turn, and what is hidden meanwhile."""
        if self.what.currentText() == _MAPS:
            pair = self._get_pair()
            if not pair:
                raise ParameterError("no two maps are compared yet", hint="compare two first")
            over = [*find_layers(self._viewer, "DIFF"), *find_layers(self._viewer, "SEG")]
            return pair, [layer for layer in over if layer not in pair]
        images = [each for each in self._viewer.layers if isinstance(each, Image)]
        chosen = [each for each in images if each in self._viewer.layers.selection]
        if len(chosen) < 2:
            chosen = [each for each in images if _shows(each, "SCI")]
        if len(chosen) < 2:
            raise ParameterError(
                "there are no two images to blink", hint="open another, or select two layers"
            )
        return chosen, [each for each in images if each not in chosen]


def _shows(layer: Layer, role: str) -> bool:
    info = get_info(layer)
    return info is not None and info.role == role
