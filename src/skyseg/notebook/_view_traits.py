"""What a viewer tells and is told: its traits."""

from __future__ import annotations

import traitlets as t

from skyseg.display.scales import COLORMAPS, CUTS, STRETCHES
from skyseg.engine.parameters import Parameters
from skyseg.notebook._canvas_traits import HIGHEST, LOWEST
from skyseg.notebook._side_panel import EXTS
from skyseg.notebook._trait_kinds import Above, Choice, Part, Rising, Several, Switch, Text, Whole
from skyseg.panel.display_model import COLOUR_BY, LABEL_STYLES

CHOICES = ("survey", "version", "band", "err_type", "method", "parameter_set", "parameters")
"""Fields of the session that choose what there is; see `skyseg.panel.choices`."""

OF_SESSION = (*CHOICES, "overwrite", "preview", "maps")
"""Those that are fields of the session."""

OF_ALL = ("opacity", "label_style", "colour_by", "height", "north_up")
"""Those that all canvases have."""

OF_ACTIVE = ("limits", "softening", "difference_shown", "blink")
"""Those that the canvas of the active band has."""


class ViewTraits(t.HasTraits):
    """The traits of a viewer; `skyseg.notebook.viewer.Viewer` says what they are."""

    selected = Whole(0)
    selection = t.Any(())
    filter = Text()
    region = t.Any(None)
    bands = t.Any(())
    ext = Choice(EXTS, "SCI")
    limits = Rising(t.Float(), t.Float(), default_value=(0.0, 1.0))
    stretch = Choice(STRETCHES, "asinh")
    softening = Above(0.1)
    colormap = Choice(COLORMAPS, "gray")
    cuts = Choice(CUTS, "auto")
    opacity = Part(0.6)
    label_style = Choice(LABEL_STYLES, "contour")
    colour_by = Choice(COLOUR_BY, "source")
    outlines_of = Text()
    rgb = t.Any(())
    maps = Several(EXTS)
    north_up = Switch(False)
    height = Whole(520, min=LOWEST, max=HIGHEST)
    comparison = t.Any(None)
    change = Whole(-1)
    difference_shown = Switch(False)
    blink = Switch(False)
    blink_with = Text()
    panel_shown = Switch(True)
    active_band = Text()
    survey = t.Any("")  # these are checked by what the session can choose
    version = t.Any("")
    band = t.Any("")
    err_type = t.Any("rms_err")
    method = t.Any("")
    parameter_set = t.Any("")
    parameters = t.Any(Parameters())
    overwrite = Switch(False)
    preview = Switch(False)
    running = Switch(False)
