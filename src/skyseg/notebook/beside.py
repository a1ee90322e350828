"""The boxes that choose which bands are shown side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

if TYPE_CHECKING:
    from skyseg.notebook.viewer import Viewer


class BandBoxes:
    """A box to tick for every band of a viewer; at least one stays ticked.

    Parameters
    ----------
    viewer : Viewer
        The viewer.

    Attributes
    ----------
    widget : ipywidgets.HBox
        The boxes and what they are for; hidden where there is nothing to choose.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._boxes: dict[str, Any] = {}
        self._showing = False  # whether the boxes follow the viewer, not the viewer the boxes
        self._row = ipywidgets.HBox(layout={"flex_flow": "row wrap"})
        self.widget = ipywidgets.HBox([ipywidgets.Label("Side by side"), self._row])
        self.offer()
        viewer.observe(self._show, "bands")

    def offer(self) -> None:
        """Offer the bands that the viewer has now."""
        keys = self._viewer.band_keys()
        self._boxes = {key: _box(key) for key in keys}
        self._row.children = tuple(self._boxes.values())
        self.widget.layout.display = None if len(keys) > 1 else "none"
        self._show()
        for box in self._boxes.values():
            box.observe(self._choose, "value")

    def _show(self, _: Any = None) -> None:
        self._showing = True
        for key, box in self._boxes.items():
            box.value = key in self._viewer.bands
            box.disabled = self._viewer.bands == (key,)
        self._showing = False

    def _choose(self, _: Any) -> None:
        if not self._showing:
            self._viewer.bands = tuple(key for key, box in self._boxes.items() if box.value)


def _box(key: str) -> Any:
    return ipywidgets.Checkbox(
        description=key,
        indent=False,
        tooltip=f"Show {key} beside the other bands",
        layout={"width": "auto", "margin": "0 12px 0 0"},
    )
