"""Whether bands lie side by side: a window does as its session says."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QTimer

from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.band_grid import leave_grid, renew_grid, show_grid
from skyseg.napari_plugin.canvas.drawn_in_boxes import DrawnInBoxes
from skyseg.napari_plugin.notifications import show_failure
from skyseg.napari_plugin.viewer_session import follow_once
from skyseg.panel.session import Session


class BandArrangement:
    """Puts bands side by side, and above each other again, as a session says.

    Where there are not two bands, the session is told that they do not lie so.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session.
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self._shown = self._moving = self._asked = False
        self._hidden: list[Layer] = []
        DrawnInBoxes(viewer)
        if hasattr(viewer, "window"):
            for event in (viewer.layers.events.inserted, viewer.layers.events.removed):
                event.connect(self._ask)
        session.events.side_by_side.connect(self._arrange)
        if session.side_by_side:
            self._arrange(True)

    def _arrange(self, shown: bool) -> None:
        if shown == self._shown:
            return
        if not shown:
            self._shown = False
            leave_grid(self._viewer, self._hidden)
            return
        try:
            self._hidden = show_grid(self._viewer)
            self._shown = True
        except ParameterError as error:
            self._session.side_by_side = False
            show_failure(error)

    def _ask(self, event: Any = None) -> None:
        """Lay bands out anew when all layers that come or go together have."""
        if self._shown and not self._moving and not self._asked:
            self._asked = True
            QTimer.singleShot(0, self._again)

    def _again(self) -> None:
        self._asked = False
        is_closed = not hasattr(self._viewer.window, "_qt_window")  # its layers went with it
        if is_closed or not self._shown:
            return
        self._moving = True
        try:
            self._hidden = renew_grid(self._viewer, self._hidden)
        except ParameterError:  # the bands are gone
            self._shown = False
            self._session.side_by_side = False
        finally:
            self._moving = False


def follow_arrangement(viewer: ViewerModel) -> BandArrangement:
    """Lay bands out as the session of a window says, from now on.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    BandArrangement
        The same one at each call.
    """
    return follow_once(viewer, BandArrangement, BandArrangement)
