"""Sources that a filter drops, hidden on the canvas."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap, DirectLabelColormap

from skyseg.engine.types import BoolArray
from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines

_MOST_COLOURS = 2**16
"""Of a map that napari looks colours up in; beyond it makes a dictionary of them."""


class FilterShading:
    """Hides labels of one layer of a window, by its colours alone.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: Labels | None = None
        self._kept: BoolArray | None = None
        self._own: Any = None
        self._shaded: Any = None

    def show(self, layer: Labels | None, kept: BoolArray | None) -> None:
        """Show some labels of a layer alone, and another layer whole again.

        Parameters
        ----------
        layer : Labels or None
            The layer.
        kept : ndarray of bool or None
            True at each label that is shown; labels beyond its end are hidden. None
            shows all.
        """
        if layer is not self._layer or kept is None:
            self._restore()
        if layer is None or kept is None:
            return
        self._kept = kept
        if self._layer is None:
            self._layer = layer
            self._own = self._fill(layer)
            layer.events.colormap.connect(self._follow, position="last")
        self._shade()

    def _shade(self) -> None:
        assert self._layer is not None and self._kept is not None
        self._shaded = shade(self._own, self._kept)
        self._layer.colormap = self._shaded

    def _restore(self) -> None:
        if self._layer is None:
            return
        layer, self._layer = self._layer, None
        layer.events.colormap.disconnect(self._follow)
        layer.colormap = self._own

    def _follow(self, event: Any = None) -> None:
        """Take the layer's colours where another hand has given it new ones."""
        if self._layer is None:
            return
        fill = self._fill(self._layer)
        if fill is not self._shaded and fill is not self._own:
            self._own = fill
            self._shade()

    def _fill(self, layer: Labels) -> Any:
        """Colours of a layer, whether it is outlined or filled."""
        if hasattr(self._viewer, "window"):
            return draw_outlines(self._viewer).get_fill(layer)
        return layer.colormap


def shade(colours: Any, kept: BoolArray) -> CyclicLabelColormap | DirectLabelColormap:
    """Return colours of labels that hide all but some of them.

    Parameters
    ----------
    colours : LabelColormap
        The colours of all.
    kept : ndarray of bool
        True at each label that is shown.

    Returns
    -------
    LabelColormap
        napari draws one of up to 65535 labels at once.
    """
    if len(kept) > _MOST_COLOURS:
        numbers = np.flatnonzero(kept)
        hidden: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
        shown = zip(numbers.tolist(), np.asarray(colours.map(numbers)), strict=True)
        return DirectLabelColormap(color_dict=hidden | dict(shown), name="filtered")
    # as many as there may be: a label beyond the last one would have the colour of another
    shaded = np.zeros((_MOST_COLOURS, 4), np.float32)
    shaded[: len(kept)][kept] = np.asarray(colours.map(np.flatnonzero(kept)))
    return CyclicLabelColormap(colors=shaded, name="filtered")
