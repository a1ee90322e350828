"""Bands shown one after another: their maps are read in a thread, and each is added when ready."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event
from typing import Any
from weakref import ref

from napari.components import ViewerModel
from napari.layers import Layer
from napari.qt.threading import create_worker
from qtpy.QtCore import QTimer

from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.canvas.field_switch import list_visible_frames
from skyseg.napari_plugin.layers.band_layers import assign_bands, put_layer, read_layers
from skyseg.napari_plugin.layers.finding import list_band_maps
from skyseg.napari_plugin.layers.layer_info import get_info, list_frames
from skyseg.napari_plugin.preferences import get_setting
from skyseg.panel.naming import name_band
from skyseg.panel.session import MapRole
from skyseg.panel.sky_frame import SkyFrame
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
    on_moved : callable
        Told where the view has gone, if what is shown lies elsewhere.
    on_failed : callable
        Told why maps of a band cannot be read; those that wait are left.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        *,
        on_shown: Callable[[], None],
        on_moved: Callable[[str], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self._viewer = viewer
        self._on_shown, self._on_moved, self._on_failed = on_shown, on_moved, on_failed
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
        for event, deed in (
            (reader.yielded, LayerQueue._put),
            (reader.returned, LayerQueue._end),
            (reader.errored, LayerQueue._fail),
        ):
            event.connect(partial(_tell, ref(self), deed, reader))
        reader.start()

    def _put(self, reader: Any, layer: Layer) -> None:
        if reader is not self._reader:
            return
        before = list_visible_frames(self._viewer.layers)
        put_layer(self._viewer, layer)
        self._bring_into_view(layer, before)
        QTimer.singleShot(0, self._drawn.set)

    def _bring_into_view(self, layer: Layer, before: set[SkyFrame | None]) -> None:
        """Go to a layer that is not where the view was, and say so."""
        info = get_info(layer)
        if info is None or not layer.visible:
            return
        away = get_part_in_view(self._viewer, info) is None
        if away or not before:
            self._viewer.fit_to_view(layers=[layer])
        if before and info.band is not None and (away or info.frame not in before):
            self._on_moved(f"the view has gone to {name_band(info.band)}, which lies elsewhere")

    def _end(self, reader: Any, _: Any) -> None:
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


def _tell(
    queue: ref[LayerQueue], deed: Callable[[LayerQueue, Any, Any], None], reader: Any, what: Any
) -> None:
    """Tell a queue of what a reader has; napari keeps readers that have ended, but no queue."""
    asker = queue()
    if asker is not None:
        deed(asker, reader, what)


def _read_in_turn(read: Callable[[], Iterator[Layer]], drawn: Event) -> Iterator[Layer]:
    """Read layers, and pause while the window draws one: both at once would make it wait."""
    for layer in read():
        drawn.clear()
        yield layer
        drawn.wait(_LONGEST_PAUSE)
