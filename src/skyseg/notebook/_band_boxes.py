"""The boxes that choose which bands are shown side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets


class BandBoxes:
    """A box to tick for every band; at least one stays ticked.

    Parameters
    ----------
    choose : callable
        Told the keys of the ticked bands when a person ticks another.

    Attributes
    ----------
    widget : ipywidgets.HBox
        The boxes and what they are for; hidden where there is nothing to choose.
    """

    def __init__(self, choose: Callable[[tuple[str, ...]], None]) -> None:
        self._choose = choose
        self._boxes: dict[str, Any] = {}
        self._showing = False  # whether the boxes follow what is shown, not the other way round
        self._row = ipywidgets.HBox(layout={"flex_flow": "row wrap"})
        self.widget = ipywidgets.HBox([ipywidgets.Label("Side by side"), self._row])

    def offer(self, keys: Sequence[str], shown: Sequence[str]) -> None:
        """Offer bands, those that are shown ticked."""
        self._boxes = {key: _make_box(key) for key in keys}
        self._row.children = tuple(self._boxes.values())
        self.widget.layout.display = None if len(keys) > 1 else "none"
        self.tick(shown)
        for box in self._boxes.values():
            box.observe(self._on_change, "value")

    def tick(self, shown: Sequence[str]) -> None:
        """Tick the bands that are shown, and no other."""
        self._showing = True
        for key, box in self._boxes.items():
            box.value = key in shown
            box.disabled = tuple(shown) == (key,)
        self._showing = False

    def _on_change(self, _: Any) -> None:
        if not self._showing:
            self._choose(tuple(key for key, box in self._boxes.items() if box.value))


def _make_box(key: str) -> Any:
    return ipywidgets.Checkbox(
        description=key,
        indent=False,
        tooltip=f"Show {key} beside the other bands",
        layout={"width": "auto", "margin": "0 12px 0 0"},
    )
