"""Whether bands lie side by side: a window does as its session says."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from napari.components import ViewerModel
from napari.layers import Layer

from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.band_grid import leave_grid, show_grid
from skyseg.napari_plugin.notifications import show_failure
from skyseg.napari_plugin.viewer_session import follow_once
from skyseg.panel.session import Session

_ARRANGED: WeakKeyDictionary[ViewerModel, BandArrangement] = WeakKeyDictionary()


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
        self._shown = False
        self._hidden: list[Layer] = []
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
    return follow_once(_ARRANGED, viewer, BandArrangement)
