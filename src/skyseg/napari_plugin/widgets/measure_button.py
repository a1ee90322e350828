"""Measure: the labels that are worked with, measured in the image beneath them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from astropy.table import QTable
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.notifications import show_error, show_warning
from qtpy.QtWidgets import QPushButton, QWidget

from skyseg.errors import ParameterError
from skyseg.napari_plugin.background_work import FollowerTimer
from skyseg.napari_plugin.layers.finding import find_current_seg, find_imaging
from skyseg.napari_plugin.layers.layer_info import KEY, get_full_map
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.following import JobFollower
from skyseg.panel.label_catalogue import has_stored_catalogue
from skyseg.panel.map_info import MapInfo
from skyseg.panel.measuring import measure_in_image

_MEASURE, _CANCEL = "Measure", "Cancel"


class MeasureButton(QPushButton):
    """A button that measures the SEG layer that is worked with, in another process.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    parent : QWidget
        What it belongs to; the work ends with it.
    say : callable
        Told how far the work is.
    on_done : callable
        Called when the layer has another catalogue, or the work has ended without one.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        parent: QWidget,
        say: Callable[[str], Any],
        on_done: Callable[[], Any],
    ) -> None:
        super().__init__(_MEASURE, parent)
        self.setToolTip(
            "Measure these labels in the image beneath them, with its error map if there is one, "
            "and with the parameters chosen in Segment"
        )
        self._viewer, self._on_done = viewer, on_done
        self._follower = JobFollower(
            on_progress=lambda part, text: say(f"{text}, {part:.0%}"),
            on_note=show_warning,
            on_failed=self._fail,
            on_cancelled=self._end,
        )
        self._timer = FollowerTimer(self._follower, self)
        self.clicked.connect(report_errors(lambda *_: self.press()))

    def press(self) -> None:
        """Start to measure, or cancel it.

        Raises
        ------
        ParameterError
            If there are no labels, they have their catalogue, or no image lies under them.
        """
        if self._follower.running:
            self._follower.cancel()
            return
        target = find_current_seg(self._viewer)
        if target is None:
            raise ParameterError("there is no segmentation map to measure", hint="open one")
        layer, info = target
        if has_stored_catalogue(info):
            raise ParameterError(
                f"{layer.name} has its catalogue already", hint="choose a map that has none"
            )
        band = find_imaging(info, self._viewer)
        if band is None:
            raise ParameterError(
                f"no image lies under {layer.name}", hint="open the one that it is of"
            )
        self._follower.start(
            measure_in_image,
            *(np.asarray(get_full_map(layer)) if info.ref is None else info.ref, band),
            get_session(self._viewer).segment_arguments()["parameters"],
            on_done=lambda table: self._keep(layer, info, table),
        )
        self._timer.start()
        self.setText(_CANCEL)

    def _keep(self, layer: Labels, info: MapInfo, table: QTable) -> None:
        layer.metadata[KEY] = replace(info, table=table)
        self._end()

    def _fail(self, text: str) -> None:
        show_error(text)
        self._end()

    def _end(self) -> None:
        self.setText(_MEASURE)
        self._on_done()
