"""Layers look as the session says: scales of images, outlines or areas, colours, one band's SEG."""

from __future__ import annotations

from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from skyseg.display.scales import choose_limits
from skyseg.engine.types import FloatImage
from skyseg.imaging.instruments import any_instrument, known_instruments
from skyseg.napari_plugin.canvas.field_switch import list_visible_frames
from skyseg.napari_plugin.layers.colours import (
    make_image_colourmap,
    make_label_colourmap,
    make_map_colourmap,
)
from skyseg.napari_plugin.layers.layer_data import choose_role, sample_image
from skyseg.napari_plugin.layers.layer_info import ARRAY, get_full_map, get_info
from skyseg.panel.display_model import Display
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Session
from skyseg.panel.sky_frame import SkyFrame
from skyseg.settings import config

_FILLED = 0.6


class LayerLooks:
    """Keeps the layers of a window as ``session.display`` says.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session. Limits that are set by hand are told to it as cuts "by hand".
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self._shown = session.display
        self._samples: WeakKeyDictionary[Layer, FloatImage] = WeakKeyDictionary()
        self._places: WeakKeyDictionary[Layer, int] = WeakKeyDictionary()
        self._hidden: WeakSet[Layer] = WeakSet()
        self._drawing = False
        self._seen = 0
        session.events.display.connect(self._follow)
        viewer.layers.events.inserted.connect(lambda event: self._adopt(event.value))
        for layer in viewer.layers:
            self._adopt(layer)

    def _adopt(self, layer: Layer) -> None:
        """Draw a new layer as all others."""
        info = get_info(layer)
        display = self._session.display
        if info is None or info.role == ARRAY:
            return
        if isinstance(layer, Image) and not layer.rgb:
            role = choose_role(info)
            layer.events.contrast_limits.connect(partial(self._note_hand, role))
            if display.scale_of(role) != Display().scale_of(role):
                self._draw_image(layer, role)
        elif isinstance(layer, Labels) and info.role == "SEG":
            self._find_place(layer)
            if info.find_file() is not None:
                self._draw_seg(layer, info, display)

    def _follow(self, display: Display) -> None:
        before, self._shown = self._shown, display
        for layer in list(self._viewer.layers):
            info = get_info(layer)
            if info is None or info.role == ARRAY:
                continue
            if isinstance(layer, Image) and not layer.rgb:
                role = choose_role(info)
                if display.scale_of(role) != before.scale_of(role):
                    self._draw_image(layer, role)
            elif isinstance(layer, Labels) and info.role == "SEG":
                self._draw_seg(layer, info, display, before)

    def show_field(self, frame: SkyFrame | None) -> None:
        """Hide or show the SEG maps of a field that is shown in place of another."""
        for layer in list(self._viewer.layers):
            info = get_info(layer)
            if isinstance(layer, Labels) and info and (info.role, info.frame) == ("SEG", frame):
                self._show_or_hide(layer, info, self._session.display)

    def _draw_image(self, layer: Image, role: str) -> None:
        if layer not in self._samples:
            self._samples[layer] = sample_image(get_full_map(layer))
        scale = self._session.display.scale_of(role)
        limits = choose_limits(self._samples[layer], role, scale.cuts)
        if scale.cuts == "by hand":
            limits = limits.moved(*layer.contrast_limits)
        self._drawing = True
        try:
            wanted = limits.low, limits.high
            layer.contrast_limits_range = _widen(layer.contrast_limits_range, wanted)
            layer.contrast_limits = wanted
            layer.colormap = make_image_colourmap(scale.colormap, scale.stretch, limits.softening)
        finally:
            self._drawing = False

    def _note_hand(self, role: str, event: Any) -> None:
        display = self._session.display
        if not self._drawing and display.scale_of(role).cuts != "by hand":
            self._session.display = display.with_scale(role, cuts="by hand")

    def _draw_seg(
        self, layer: Labels, info: MapInfo, display: Display, before: Display | None = None
    ) -> None:
        if before is None or display.label_style != before.label_style:
            outlined = display.label_style == "contour"
            if layer.contour != int(outlined):  # napari draws the layer anew at each
                layer.contour = int(outlined)
            layer.opacity = 1.0 if outlined else _FILLED
        if display.colour_by != (before or Display()).colour_by:
            by_map = display.colour_by == "map"
            place = self._find_place(layer)
            layer.colormap = make_map_colourmap(place) if by_map else make_label_colourmap()
        self._show_or_hide(layer, info, display)

    def _find_place(self, layer: Labels) -> int:
        """Return the place of a SEG layer among all that were seen in the window."""
        if layer not in self._places:
            self._places[layer] = self._seen
            self._seen += 1
        return self._places[layer]

    def _show_or_hide(self, layer: Labels, info: MapInfo, display: Display) -> None:
        """Hide a SEG map that is off, or not that whose outlines are over all; bring it back.

        Of a field that is not shown they are left for when it is.
        """
        frames = list_visible_frames(self._viewer.layers)
        if frames and info.frame not in frames:
            return
        known = display.outlines_of in list_bands(self._viewer, "SEG", info)
        other = known and name_band_of(layer, info) != display.outlines_of
        if display.label_style == "off" or other:
            if layer.visible:
                self._hidden.add(layer)
                layer.visible = False
            return
        if layer in self._hidden or known:
            self._hidden.discard(layer)
            layer.visible = True
        if known:
            layers = self._viewer.layers
            layers.move(layers.index(layer), len(layers))


def name_band_of(layer: Layer, info: MapInfo) -> str:
    """Return the name by which the band of a layer is chosen."""
    return _cut_role(layer, info) if info.band is None else info.band.name


def list_bands(viewer: ViewerModel, role: str, beside: MapInfo | None = None) -> dict[str, str]:
    """Return the bands that have a layer of a role in a window, in rising wavelength.

    Those whose wavelength is not known come last, from the lowest layer.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    role : str
        The role.
    beside : MapInfo, optional
        A map, of whose field the layers are; by default they are of any.

    Returns
    -------
    dict of str
        What a person calls them, by the name by which they are chosen.
    """
    found = [
        (layer, info)
        for layer in viewer.layers
        if (info := get_info(layer)) is not None
        and info.role == role
        and (beside is None or info.frame == beside.frame)
    ]
    known = any_instrument(known_instruments(config.facilities))
    found.sort(key=lambda each: known.wavelength(_find_filter(*each)))
    return {name_band_of(layer, info): _cut_role(layer, info) for layer, info in found}


def _find_filter(layer: Layer, info: MapInfo) -> str:
    """Return the name of a layer's filter; that of a file stands last in the layer's name."""
    if info.band is not None:
        return info.band.band
    return _cut_role(layer, info).rpartition(" ")[2]


def _cut_role(layer: Layer, info: MapInfo) -> str:
    return str(layer.name).partition(f" {info.role}")[0]


def _widen(known: Any, wanted: tuple[float, float]) -> tuple[float, float]:
    return min(known[0], wanted[0]), max(known[1], wanted[1])
