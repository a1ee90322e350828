"""napari's brush, fill and eraser on a SEG map: what is painted enters the journal."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels

from skyseg.engine.types import Slices
from skyseg.errors import ParameterError
from skyseg.napari_plugin.layers.edited_layers import (
    EditDesk,
    LayerEdits,
    bind_undo,
    journal_painting,
)
from skyseg.napari_plugin.layers.painted_part import make_part_layer, need_part_in_view
from skyseg.napari_plugin.layers.unsaved import JOURNAL_KEY

_OPACITY = 0.4


class Brush:
    """A plain layer of what is in view, as a layer of several scales cannot be painted on.

    It shows the map as it is edited; what is painted on it enters the journal at the end of
    each stroke. A SEG layer that is plain is painted on itself.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    desk : EditDesk
        Its edited layers.
    """

    def __init__(self, viewer: ViewerModel, desk: EditDesk) -> None:
        self._viewer, self._desk = viewer, desk
        self._layer: Labels | None = None
        self._of: LayerEdits | None = None
        self._part: Slices = (slice(0, 0), slice(0, 0))
        desk.map_changed.connect(self._follow)

    def detach(self) -> None:
        """Leave the window as it was."""
        self.stop()
        self._desk.map_changed.disconnect(self._follow)

    @property
    def painting(self) -> bool:
        """Whether there is a layer to be painted on."""
        return self._layer is not None and self._layer in self._viewer.layers

    def start(self) -> None:
        """Begin to paint on what is in view, with the number of the selected source.

        Raises
        ------
        ParameterError
            If no map is worked on, or it is out of view.
        """
        current = self._desk.current
        if current is None or current.edit.edits is None:
            raise ParameterError(
                "there is no segmentation map to edit", hint="segment a band first"
            )
        self.stop()
        layer = current.layer
        if layer.multiscale:
            self._part = need_part_in_view(self._viewer, current.info, layer.name, "edit")
            layer = self._make_layer(current, self._part)
            self._viewer.layers.append(layer)
        self._layer, self._of = layer, current
        chosen = current.edit.chosen
        layer.selected_label = chosen[-1] if chosen else current.edit.edits.map.next_label
        self._viewer.layers.selection.active = layer
        layer.mode = "paint"

    def stop(self) -> None:
        """Paint no more."""
        layer, of = self._layer, self._of
        self._layer = self._of = None
        if layer is None or of is None:
            return
        if layer is of.layer:
            layer.mode = "pan_zoom"
        elif layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
            if of.layer in self._viewer.layers:
                self._viewer.layers.selection.active = of.layer

    def _make_layer(self, current: LayerEdits, part: Slices) -> Labels:
        labels, name = current.edit.labels[part].copy(), f"{current.layer.name} brush"
        layer = make_part_layer(
            labels, part, current.info, name, {JOURNAL_KEY: True}, opacity=_OPACITY
        )
        journal_painting(current.edit, layer, part)
        layer.events.selected_label.connect(partial(self._keep_free, current, layer))
        bind_undo(current.edit, layer)
        return layer

    def _keep_free(self, current: LayerEdits, layer: Labels, event: Any = None) -> None:
        """Choose a new number in place of one that a source outside of the part has.

        napari's "new label" knows the largest number of the part alone.
        """
        edits, number = current.edit.edits, int(layer.selected_label)
        if edits is None or number not in edits.map or number in current.edit.chosen:
            return
        if not (layer.data == number).any():
            layer.selected_label = edits.map.next_label

    def _follow(self, parts: Any) -> None:
        """Show the map as it is now."""
        layer, of = self._layer, self._of
        if layer is None or of is None or layer is of.layer:
            return
        now = of.edit.labels[self._part]
        if not np.array_equal(layer.data, now):
            layer.data[...] = now
            layer.refresh()
