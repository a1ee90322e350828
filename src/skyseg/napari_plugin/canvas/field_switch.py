"""One field at a time: layers of fields that lie far apart never cover each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from weakref import WeakSet

from napari.components import ViewerModel
from napari.layers import Layer
from psygnal import Signal

from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.layers.layer_data import name_units
from skyseg.napari_plugin.layers.layer_info import FRAME_KEY, get_info
from skyseg.panel.map_info import MapInfo
from skyseg.panel.naming import name_field
from skyseg.panel.sky_frame import SkyFrame


class FieldSwitch:
    """Shows the layers of one field, and hides those of others, which have planes of their own.

    A layer that is added, or made visible, brings its field, and what was hidden of it; what is
    drawn over a map goes with it.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    say : callable
        Told in a sentence which field is shown now, and what is hidden.

    Attributes
    ----------
    shown : psygnal.Signal
        Emitted with the plane of a field that is shown in place of another.
    """

    shown = Signal(object)

    def __init__(self, viewer: ViewerModel, say: Callable[[str], None]) -> None:
        self._viewer, self._say = viewer, say
        self._hidden: dict[SkyFrame | None, WeakSet[Layer]] = {}
        for layer in viewer.layers:
            self._follow(layer)
        # after the window has taken the layer in; a method of ours would not be kept alive
        viewer.layers.events.inserted.connect(
            lambda event: self._take_in(event.value), position="last"
        )

    def _take_in(self, layer: Layer) -> None:
        self._follow(layer)
        infos = (get_info(each) for each in (layer, *self._viewer.layers) if each.visible)
        shown = next((info for info in infos if info is not None), None)
        if shown is not None:
            name_units(self._viewer.layers, shown)
            if layer.visible and layer.metadata.get(FRAME_KEY, shown.frame) != shown.frame:
                self._hide(layer)
        self._show(layer)

    def _follow(self, layer: Layer) -> None:
        layer.events.visible.connect(lambda: self._show(layer))

    def _show(self, layer: Layer) -> None:
        info = get_info(layer)
        if info is None or not layer.visible:
            return
        name_units(self._viewer.layers, info)
        others = [
            each
            for each in self._viewer.layers
            if each.visible and (other := get_info(each)) and other.frame != info.frame
        ]
        if not others:
            return
        drawn = [
            each
            for each in self._viewer.layers
            if each.visible and each.metadata.get(FRAME_KEY, info.frame) != info.frame
        ]
        for each in (*others, *drawn):
            self._hide(each)
        for each in self._hidden.pop(info.frame, ()):
            each.visible = each in self._viewer.layers and _frame(each) == info.frame
        if get_part_in_view(self._viewer, info) is None or info.frame is None:
            self._viewer.fit_to_view(layers=[layer])
        self.shown.emit(info.frame)
        hidden = ", ".join(dict.fromkeys(map(_name, others)))
        self._say(f"{_name(layer)} is shown; {hidden}, in another field, is hidden")

    def _hide(self, layer: Layer) -> None:
        self._hidden.setdefault(_frame(layer), WeakSet()).add(layer)
        layer.visible = False


def stay_in_field(layer: Layer, info: MapInfo) -> None:
    """Let a layer that is drawn over another map than before be seen with the field of that."""
    if layer.metadata.get(FRAME_KEY, info.frame) != info.frame:
        layer.visible = True
    layer.metadata[FRAME_KEY] = info.frame


def _frame(layer: Layer) -> SkyFrame | None:
    """Return the plane of a map, or of the map that a layer is drawn on."""
    info = get_info(layer)
    frame: SkyFrame | None = layer.metadata.get(FRAME_KEY) if info is None else info.frame
    return frame


def _name(layer: Layer) -> str:
    info = get_info(layer)
    return (name_field(info) if info is not None else "") or layer.name


def list_visible_frames(layers: Iterable[Layer]) -> set[SkyFrame | None]:
    """Return the planes of the layers of ours that are shown."""
    infos = [get_info(layer) for layer in layers if layer.visible]
    return {info.frame for info in infos if info is not None}
