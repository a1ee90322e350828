"""The RGB layer of a window: three bands in one, as the session's display says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image, Layer
from qtpy.QtCore import QObject

from skyseg.display.rgb import compose_rgb, resample
from skyseg.display.scales import choose_limits
from skyseg.engine.types import ByteImage
from skyseg.errors import ParameterError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.layers.layer_data import place_in_world, sample_image
from skyseg.napari_plugin.layers.layer_info import KEY, get_full_map, get_info
from skyseg.napari_plugin.layers.looks import list_bands, name_band_of
from skyseg.napari_plugin.notifications import show_failure
from skyseg.panel.display_model import Display
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Session

_ROLE = "RGB"


class ColourImage(QObject):
    """Makes the RGB layer in a thread when three bands are chosen, and takes it away again.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session; ``display.rgb`` is followed.
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        super().__init__()
        self._viewer, self._session = viewer, session
        self._made: tuple[str, ...] = ()
        session.events.display.connect(self._follow)

    def _follow(self, display: Display) -> None:
        if display.rgb == self._made:
            return
        self._made = display.rgb
        for layer in [each for each in self._viewer.layers if _is_rgb(each)]:
            self._viewer.layers.remove(layer)
        if not display.rgb:
            return
        try:
            layers = [find_science(self._viewer, name) for name in display.rgb]
        except ParameterError as error:
            self._give_up(error)
            return
        wanted = display.rgb
        run_in_thread(
            self,
            lambda: _make_levels(layers),
            lambda levels: self._put(wanted, layers[0], levels),
            self._give_up,
        )

    def _give_up(self, error: Exception) -> None:
        self._session.display = self._session.display.replace(rgb=())
        show_failure(error)

    def _put(self, wanted: tuple[str, ...], red: Layer, levels: list[ByteImage]) -> None:
        if wanted != self._made:
            return
        info = get_info(red)
        assert info is not None
        names = list_bands(self._viewer, "SCI")
        own = MapInfo(_ROLE, info.shape, info.wcs, info.frame)
        layer = Image(
            levels if len(levels) > 1 else levels[0],
            rgb=True,
            multiscale=len(levels) > 1,
            name=" ".join((_ROLE, *(names.get(each, each).split(" ")[-1] for each in wanted))),
            metadata={KEY: own},
            interpolation2d="nearest",
            **place_in_world(own),
        )
        images = [
            number for number, each in enumerate(self._viewer.layers) if isinstance(each, Image)
        ]
        active = self._viewer.layers.selection.active
        self._viewer.layers.insert(max(images, default=-1) + 1, layer)
        if active is not None:
            self._viewer.layers.selection.active = active


def find_science(viewer: ViewerModel, name: str) -> Layer:
    """Return the topmost SCI layer of a band.

    Raises
    ------
    ParameterError
        If there is none.
    """
    for layer in reversed(viewer.layers):
        info = get_info(layer)
        if info is not None and info.role == "SCI" and name_band_of(layer, info) == name:
            return layer
    raise ParameterError(f"{name} has no SCI layer for a colour image", hint="open or segment it")


def _is_rgb(layer: Layer) -> bool:
    info = get_info(layer)
    return info is not None and info.role == _ROLE


def _make_levels(layers: Sequence[Layer]) -> list[ByteImage]:
    """Compose each level on the pixels of the red band."""
    limits = [choose_limits(sample_image(get_full_map(each)), "SCI", "auto") for each in layers]
    levels = [_list_levels(layer) for layer in layers]
    infos = [get_info(layer) for layer in layers]
    composed = []
    for number, red in enumerate(levels[0]):
        images = [red]
        for info, own in zip(infos[1:], levels[1:], strict=True):
            near = own[min(number, len(own) - 1)]
            images.append(
                near if _same(infos[0], info, near, red) else _move(infos, info, own, red)
            )
        composed.append(compose_rgb(images, limits))
    return composed


def _same(red: MapInfo | None, other: MapInfo | None, near: Any, wanted: Any) -> bool:
    assert red is not None
    assert other is not None
    return near.shape == wanted.shape and bool(np.allclose(red.matrix, other.matrix, atol=1e-6))


def _move(infos: Sequence[MapInfo | None], own: MapInfo | None, levels: Any, red: Any) -> Any:
    """Bring the level of a band with the nearest pixel size to the pixels of the red one."""
    first = infos[0]
    assert first is not None
    assert own is not None
    shrunk = first.shape[0] / red.shape[0]
    ideal = shrunk * first.scale / own.scale
    number = int(np.clip(np.rint(np.log2(max(ideal, 1))), 0, len(levels) - 1))
    grow = np.diag([shrunk, shrunk, 1.0])
    shrink = np.diag([0.5**number, 0.5**number, 1.0])
    matrix = shrink @ np.linalg.inv(own.matrix) @ first.matrix @ grow
    return resample(levels[number], matrix, red.shape)


def _list_levels(layer: Layer) -> list[Any]:
    return list(layer.data) if layer.multiscale else [layer.data]
