"""What a canvas tells its browser and is told: its traits."""

from __future__ import annotations

from typing import Any

import traitlets as t

from skyseg.display.scales import COLORMAPS, STRETCHES
from skyseg.notebook._part import STATIC, ViewerPart
from skyseg.notebook._trait_kinds import Above, Choice, Edges, Part, Rising, Switch, Whole
from skyseg.panel.display_model import COLOUR_BY, LABEL_STYLES

LOWEST, HIGHEST = 200, 4000
"""Pixels of the screen that a canvas can be high, as in grip.js."""

TOOLS = (
    "", "rectangle", "ellipse", "polygon", "seeds", "line", "outline", "brush", "paint", "erase",
)  # fmt: skip
"""What can be in a person's hand, as in drawn.js and edit_tools.js; empty for nothing."""


class CanvasTraits(ViewerPart):
    """The traits of a canvas; `skyseg.notebook.canvas.BandCanvas` says what they are."""

    _esm = STATIC / "viewer.js"

    limits = Rising(t.Float(), t.Float(), default_value=(0.0, 1.0)).tag(sync=True)
    stretch = Choice(STRETCHES, "asinh").tag(sync=True)
    softening = Above(0.1).tag(sync=True)
    colormap = Choice(COLORMAPS, "gray").tag(sync=True)
    opacity = Part(0.6).tag(sync=True)
    label_style = Choice(LABEL_STYLES, "contour").tag(sync=True)
    colour_by = Choice(COLOUR_BY, "source").tag(sync=True)
    selected = Whole(0, min=0, max=2**32 - 1).tag(sync=True)
    difference_shown = Switch(False).tag(sync=True)
    blink = Switch(False).tag(sync=True)
    height = Whole(520, min=LOWEST, max=HIGHEST).tag(sync=True)
    north_up = Switch(False).tag(sync=True)

    _kept = t.Bytes().tag(sync=True)  # bits
    _kept_large = t.Bytes().tag(sync=True)  # numbers of 32 bits, as are those marked
    _marked = t.Bytes().tag(sync=True)
    _place = t.Int(0).tag(sync=True)
    _grid = t.Dict().tag(sync=True)
    _layers = t.Dict().tag(sync=True)
    _sky = t.Dict().tag(sync=True)
    _link: Any = t.Dict({"group": ""}).tag(sync=True)
    _title = t.Unicode().tag(sync=True)
    _note = t.Unicode().tag(sync=True)
    _legend: Any = t.List().tag(sync=True)
    _sides: Any = t.List().tag(sync=True)
    _second: Any = t.Dict().tag(sync=True)
    _map_colour = t.Unicode("#56b4e9").tag(sync=True)
    _palette = t.Bytes().tag(sync=True)
    _palette_names: Any = t.List(list(COLORMAPS)).tag(sync=True)
    _extent = Edges().tag(sync=True)
    _visible = Edges().tag(sync=True)
    _frame = Edges().tag(sync=True)
    _drawn: Any = t.List().tag(sync=True)
    _tool = t.Enum(TOOLS, "").tag(sync=True)
    _brush = t.Int(1).tag(sync=True)
    _deeds: Any = t.Dict().tag(sync=True)
    _deeds_help = t.Unicode().tag(sync=True)
    _picture = t.Bytes().tag(sync=True)
