"""Live tuning: what changed parameters would give, drawn over what is in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.qt.threading import create_worker
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QObject, QTimer

from skyseg.engine.parameters import Parameters
from skyseg.engine.previews import Preview, Previewer
from skyseg.engine.types import ErrType, Slices
from skyseg.errors import SkysegError
from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.layers.band_layers import assign_bands
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_data import place_in_world
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.panel.live_preview import open_previewer
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.survey import BandData

PREVIEW_LAYER = "Preview"
_LARGEST_PART = 2048

_WAIT_MS = 60
_COLOUR = "cyan"
_APPLY = "Apply runs the whole band"


class LivePreview(QObject):
    """Outlines of a preview in the window, while the session wants one.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session; the preview follows its parameters.
    say : callable
        Told in one line what was found.
    parent : QObject
        What it lives with.
    """

    def __init__(
        self, viewer: ViewerModel, session: Session, say: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer, self._session, self._say = viewer, session, say
        self._previewer: tuple[tuple[Any, ...], Previewer] | None = None
        self._working = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._work)
        for name in ("parameters", "err_type", "band", "preview"):
            getattr(session.events, name).connect(self.ask)
        viewer.scene.camera.events.connect(self.ask)

    def ask(self) -> None:
        """Make the preview anew soon; what is asked for meanwhile is asked for once."""
        if self._session.preview:
            self._timer.start()
        else:
            self._timer.stop()
            self._remove()

    def _work(self) -> None:
        if self._working:
            return
        try:
            target = self._target()
        except SkysegError as error:
            self._say(str(error))
            return
        if target is None:
            self._say("open or segment a band, then Preview shows what parameters change")
            return
        band, info = target
        part = get_part_in_view(self._viewer, info, _LARGEST_PART)
        if part is None:
            self._say(f"{band.band} is out of view")
            return
        session = self._session
        key = (band, session.err_type, band.cat_path)
        known = self._previewer[1] if self._previewer and self._previewer[0] == key else None
        asked = (session.parameters, session.err_type, part)
        self._working = True
        if known is None:
            self._say(f"reading {band.band} for the preview")
        worker = create_worker(_preview, band, known, *asked)
        worker.returned.connect(lambda result: self._show(key, info, asked, *result))
        worker.errored.connect(self._fail)
        worker.start()

    def _target(self) -> tuple[BandData, MapInfo] | None:
        """Return the band that is tuned: the chosen one, else that of the topmost SCI map."""
        if self._session.survey:
            assign_bands(self._viewer, self._session.data())
        for layer in find_layers(self._viewer, "SCI"):
            info = get_info(layer)
            if not layer.visible or info is None or info.band is None:
                continue
            if self._session.band in (ALL_BANDS, info.band.band):
                return info.band, info
        return None

    def _show(
        self,
        key: tuple[Any, ...],
        info: MapInfo,
        asked: tuple[Parameters, ErrType, Slices],
        previewer: Previewer,
        preview: Preview,
    ) -> None:
        self._working = False
        self._previewer = (key, previewer)
        if not self._session.preview:
            return
        self._draw(info, preview)
        self._say(f"preview: {preview.n_sources} sources in view; {_APPLY}")
        part = get_part_in_view(self._viewer, info, _LARGEST_PART)
        if asked != (self._session.parameters, self._session.err_type, part):
            self._timer.start()

    def _draw(self, info: MapInfo, preview: Preview) -> None:
        # napari compiles code in the window's own thread for the colours of wider types
        narrow = np.promote_types(np.uint16, np.min_scalar_type(preview.n_sources))
        labels = preview.labels.astype(narrow)
        corner = preview.part[0].start, preview.part[1].start
        if PREVIEW_LAYER in self._viewer.layers:
            layer = self._viewer.layers[PREVIEW_LAYER]
            layer.data = labels
            layer.affine = place_in_world(info, corner)["affine"]
            return
        active = self._viewer.layers.selection.active
        layer = Labels(
            labels,
            name=PREVIEW_LAYER,
            colormap=DirectLabelColormap(color_dict={None: _COLOUR, 0: "transparent"}),
            opacity=1.0,
            **place_in_world(info, corner),
        )
        layer.contour = 1
        self._viewer.layers.append(layer)
        if active is not None:
            self._viewer.layers.selection.active = active

    def _remove(self) -> None:
        if PREVIEW_LAYER in self._viewer.layers:
            self._viewer.layers.remove(PREVIEW_LAYER)

    def _fail(self, error: Exception) -> None:
        self._working = False
        if not isinstance(error, SkysegError):
            raise error
        self._say(str(error))


def _preview(
    band: BandData,
    previewer: Previewer | None,
    parameters: Parameters,
    err_type: ErrType,
    part: Slices,
) -> tuple[Previewer, Preview]:
    previewer = previewer or open_previewer(band, err_type)
    return previewer, previewer.run(parameters, part)
