"""Bands shown one after another: their maps are read in a thread, and each is added when ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer

from skyseg.napari_plugin.layers.band_layers import assign_bands, put_layer, read_layers
from skyseg.napari_plugin.layers.finding import list_band_maps
from skyseg.napari_plugin.layers.layer_info import list_frames
from skyseg.napari_plugin.preferences import get_setting
from skyseg.panel.session import MapRole
from skyseg.survey import BandData

_LONGEST_PAUSE = 2.0


class LayerQueue:
    """Adds the layers of bands to a window, band by band.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    on_shown : callable
        Called when no band waits any more.
    on_failed : callable
        Told why maps of a band cannot be read; those that wait are left.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        *,
        on_shown: Callable[[], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self._viewer = viewer
        self._on_shown, self._on_failed = on_shown, on_failed
        self._waiting: deque[tuple[BandData, tuple[MapRole, ...]]] = deque()
        self._reader: Any = None
        self._drawn = Event()

    @property
    def busy(self) -> bool:
        """Whether a band is read, or waits for it."""
        return self._reader is not None or bool(self._waiting)

    def add(self, band: BandData, roles: tuple[MapRole, ...]) -> None:
        """Show maps of a band, when those before it are shown."""
        self._waiting.append((band, roles))
        if self._reader is None:
            self._read_next()

    def leave(self) -> None:
        """Leave what is not shown yet."""
        self._waiting.clear()
        if self._reader is not None:
            self._reader.quit()
            self._reader = None

    def _read_next(self) -> None:
        band, roles = self._waiting.popleft()
        assign_bands(self._viewer, [band])
        read = partial(
            read_layers,
            band,
            roles=roles,
            frames=list_frames(self._viewer.layers),
            shown=list_band_maps(self._viewer),
            outlined=get_setting("maps", "outlines", True),
        )
        reader = create_worker(_read_in_turn, read, self._drawn, _start_thread=False)
        self._reader = reader
        reader.yielded.connect(lambda layer: self._put(reader, layer))
        reader.returned.connect(lambda _: self._end(reader))
        reader.errored.connect(lambda error: self._fail(reader, error))
        reader.start()

    def _put(self, reader: Any, layer: Layer) -> None:
        if reader is not self._reader:
            return
        first = not len(self._viewer.layers)
        put_layer(self._viewer, layer)
        if first:
            self._viewer.fit_to_view()
        QTimer.singleShot(0, self._drawn.set)

    def _end(self, reader: Any) -> None:
        if reader is not self._reader:
            return
        self._reader = None
        if self._waiting:
            self._read_next()
        else:
            self._on_shown()

    def _fail(self, reader: Any, error: Exception) -> None:
        if reader is self._reader:
            self.leave()
            self._on_failed(error)


def _read_in_turn(read: Callable[[], Iterator[Layer]], drawn: Event) -> Iterator[Layer]:
    """Read layers, and pause while the window draws one: both at once would make it wait."""
    for layer in read():
        drawn.clear()
        yield layer
        drawn.wait(_LONGEST_PAUSE)
