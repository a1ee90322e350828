"""The live preview on the canvas: outlines of what changed parameters would give."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QObject, QTimer

from skyseg.engine.previews import Preview
from skyseg.errors import ParameterError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.canvas.field_switch import stay_in_field
from skyseg.napari_plugin.canvas.helper_layers import drop_helper, find_helper, put_helper
from skyseg.napari_plugin.canvas.seg_outlines import OUTLINED_KEY
from skyseg.napari_plugin.layers.band_layers import assign_bands
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_data import place_in_world
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.panel.live_preview import InView, LivePreview
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.survey import BandData

PREVIEW_LAYER = "Preview"

_WAIT_MS = 60
_COLOUR = "cyan"


class PreviewOutlines(QObject):
    """Draws the live preview of a session over what is in view.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session; the preview follows its parameters.
    say : callable
        Told in one line what was found.
    parent : QObject
        The widget that it belongs to.
    """

    def __init__(
        self, viewer: ViewerModel, session: Session, say: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer, self._session = viewer, session
        self._preview = LivePreview(
            session, look=self._look, run=partial(run_in_thread, self), clear=self._clear, say=say
        )
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_WAIT_MS)
        self._timer.timeout.connect(self._preview.ask)
        viewer.scene.camera.events.connect(self._follow_camera)

    @property
    def working(self) -> bool:
        """Whether a preview is being made right now."""
        return self._preview.working

    def _follow_camera(self) -> None:
        if self._session.preview:
            self._timer.start()

    def _look(self) -> InView:
        band, info = self._find_band()
        part = get_part_in_view(self._viewer, info)
        if part is None:
            raise ParameterError(f"{band.band} is out of view", hint="move the view to it")
        return InView(band, part, partial(self._draw, info))

    def _find_band(self) -> tuple[BandData, MapInfo]:
        """Return the chosen band, or that of the topmost SCI map where all are chosen."""
        if self._session.survey:
            assign_bands(self._viewer, self._session.data())
        for layer in find_layers(self._viewer, "SCI"):
            info = get_info(layer)
            if not layer.visible or info is None or info.band is None:
                continue
            if self._session.band in (ALL_BANDS, info.band.band):
                return info.band, info
        raise ParameterError("there is no band to preview", hint="open or segment one")

    def _draw(self, info: MapInfo, preview: Preview) -> None:
        # napari compiles code in the window's own thread for the colours of wider types
        narrow = np.promote_types(np.uint16, np.min_scalar_type(preview.n_sources))
        labels = preview.labels.astype(narrow)
        placed = place_in_world(info, (preview.part[0].start, preview.part[1].start))
        layer: Labels | None = find_helper(self._viewer, PREVIEW_LAYER)
        if layer is not None:
            layer.data = labels
            layer.affine = placed["affine"]
            stay_in_field(layer, info)
            return
        layer = Labels(
            labels,
            name=PREVIEW_LAYER,
            colormap=DirectLabelColormap(color_dict={None: _COLOUR, 0: "transparent"}),
            opacity=1.0,
            metadata={OUTLINED_KEY: True},
            **placed,
        )
        layer.contour = 1
        put_helper(self._viewer, layer, info)

    def _clear(self) -> None:
        drop_helper(self._viewer, PREVIEW_LAYER)
