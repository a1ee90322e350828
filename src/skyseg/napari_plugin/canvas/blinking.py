"""Layers shown in turn, each with its name on the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from napari.components import ViewerModel
from napari.components.overlays import TextOverlay
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

_BLINK_MS = 700
_NAME = "skyseg blink"
_FONT_SIZE = 14


class Blinker(QObject):
    """Shows layers of a window in turn; afterwards all are shown or hidden as before.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    parent : QObject
        What it belongs to.

    Attributes
    ----------
    stopped : Signal
        Emitted when a layer is gone, so that nothing is shown in turn any more.
    """

    stopped = Signal()

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._frames: tuple[Layer, ...] = ()
        self._before: dict[Layer, bool] = {}
        self._place = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_BLINK_MS)
        self._timer.timeout.connect(self._show_next)

    def start(self, frames: Sequence[Layer], hidden: Sequence[Layer] = ()) -> None:
        """Show layers in turn.

        Parameters
        ----------
        frames : sequence of Layer
            The layers, the first one to be shown first.
        hidden : sequence of Layer, optional
            Layers that are hidden meanwhile.
        """
        self.stop()
        self._frames, self._place = tuple(frames), 0
        self._before = {layer: layer.visible for layer in (*frames, *hidden)}
        for layer in hidden:
            layer.visible = False
        self._show()
        self._timer.start()

    def stop(self) -> None:
        """Show and hide all layers as before."""
        self._timer.stop()
        for layer, visible in self._before.items():
            layer.visible = visible
        self._before, self._frames = {}, ()
        self._viewer.canvas.overlays.pop(_NAME, None)

    def _show_next(self) -> None:
        if not all(layer in self._viewer.layers for layer in self._frames):
            self.stop()
            self.stopped.emit()
            return
        self._place = (self._place + 1) % len(self._frames)
        self._show()

    def _show(self) -> None:
        for place, layer in enumerate(self._frames):
            layer.visible = place == self._place
        overlays = self._viewer.canvas.overlays
        if _NAME not in overlays:
            # above the scale bar, where neither the readout nor a notification is
            self._viewer.canvas.overlay_tiling.bottom_left = "vertical"
            overlays[_NAME] = TextOverlay(
                position="bottom_left", font_size=_FONT_SIZE, box=True, visible=True
            )
        overlays[_NAME].text = self._frames[self._place].name


def get_shown_name(viewer: ViewerModel) -> str:
    """Return the name that stands on the canvas; empty while nothing is shown in turn."""
    overlay = viewer.canvas.overlays.get(_NAME)
    return "" if overlay is None else str(overlay.text)
