"""The bar over the canvases: one set of controls for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import traitlets as t

from skyseg.display.scales import COLORMAPS, CUTS, STRETCHES
from skyseg.errors import explain
from skyseg.notebook._part import STATIC, ViewerPart
from skyseg.notebook._trait_kinds import Choice, Part, Rising, Switch
from skyseg.panel.display_model import COLOUR_BY, LABEL_STYLES
from skyseg.panel.wording import worded

OF_BAR = (
    *("stretch", "colormap", "cuts", "limits", "label_style", "colour_by", "outlines_of"),
    *("opacity", "north_up", "difference_shown", "blink", "panel_shown"),
)
"""Traits of a viewer that the bar shows and changes."""

_BETWEEN = ", "
_COLOUR_BY_TEXTS = {"source": "source", "map": "band"}


class CanvasBar(ViewerPart):
    """Controls of how the canvases of a viewer are drawn; the traits are the viewer's."""

    _esm = STATIC / "bar.js"

    stretch = Choice(STRETCHES, "asinh").tag(sync=True)
    colormap = Choice(COLORMAPS, "gray").tag(sync=True)
    cuts = Choice(CUTS, "auto").tag(sync=True)
    limits = Rising(t.Float(), t.Float(), default_value=(0.0, 1.0)).tag(sync=True)
    label_style = Choice(LABEL_STYLES, "contour").tag(sync=True)
    colour_by = Choice(COLOUR_BY, "source").tag(sync=True)
    outlines_of = t.Unicode().tag(sync=True)
    opacity = Part(0.6).tag(sync=True)
    _rgb_text = t.Unicode().tag(sync=True)
    north_up = Switch(False).tag(sync=True)
    difference_shown = Switch(False).tag(sync=True)
    blink = Switch(False).tag(sync=True)
    panel_shown = Switch(True).tag(sync=True)

    _options: Any = t.Dict().tag(sync=True)
    _has_sky = t.Bool(False).tag(sync=True)
    _has_panel = t.Bool(False).tag(sync=True)
    _has_difference = t.Bool(False).tag(sync=True)
    _refused: Any = t.Dict().tag(sync=True)

    def __init__(self, viewer: str, has_panel: bool) -> None:
        super().__init__(_viewer=viewer, _has_panel=has_panel)
        self._refusals = 0
        self.offer(())

    def offer(self, bands: Sequence[str], rgb: Sequence[str] = ()) -> None:
        """Offer bands whose outlines can be drawn over all, and three of them in colour.

        Parameters
        ----------
        bands : sequence of str
            Their keys, in rising wavelength.
        rgb : sequence of str, optional
            Those that are shown in colour, where a person has chosen others than the
            longest, the one in the middle, and the shortest.
        """
        usual = [bands[-1], bands[len(bands) // 2], bands[0]] if len(bands) > 2 else []
        colours = list(dict.fromkeys(write_rgb(each) for each in (usual, rgb) if each))
        self._options = {
            "_rgb_text": [["", "off"], *([each, each.replace(_BETWEEN, " ")] for each in colours)],
            "stretch": _options(STRETCHES),
            "colormap": _options(COLORMAPS),
            "cuts": _options(CUTS),
            "label_style": _options(LABEL_STYLES),
            "colour_by": [[value, _COLOUR_BY_TEXTS[value]] for value in COLOUR_BY],
            "outlines_of": [["", "each band"], *_options(bands)],
        }

    def forget_panel(self) -> None:
        """Offer no switch for a panel that is not shown."""
        self._has_panel = False

    def refuse(self, error: Exception) -> None:
        """Say under the bar why a value was not taken."""
        self._refusals += 1
        self._refused = {"text": worded(explain(error)), "number": self._refusals}

    @t.observe(*OF_BAR)
    def _forget_refusal(self, _: Any) -> None:
        self._refused = {}


def write_rgb(keys: Iterable[str]) -> str:
    """Return the keys of three bands as one text."""
    return _BETWEEN.join(keys)


def read_rgb(text: str) -> tuple[str, ...]:
    """Return the keys that a text names."""
    return tuple(text.split(_BETWEEN)) if text else ()


def _options(values: Iterable[str]) -> list[list[str]]:
    return [[value, value] for value in values]
