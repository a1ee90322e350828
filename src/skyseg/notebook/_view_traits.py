"""What a viewer tells and is told: its traits."""

from __future__ import annotations

from typing import get_args

import traitlets as t

from skyseg.engine.parameters import Parameters
from skyseg.engine.types import ErrType
from skyseg.notebook._side_panel import EXTS
from skyseg.notebook.canvas import LABEL_STYLES, STRETCHES

OF_SESSION = (
    *("survey", "version", "band", "err_type", "method"),
    *("parameter_set", "parameters", "overwrite", "preview"),
)
"""Those that are fields of the session."""

OF_ALL = ("opacity", "label_style")
"""Those that all canvases have."""

OF_ACTIVE = ("limits", "stretch", "softening", "difference_shown", "blink")
"""Those that the canvas of the active band has."""


class ViewTraits(t.HasTraits):
    """The traits of a viewer; `skyseg.notebook.viewer.Viewer` says what they are."""

    selected = t.Int(0)
    region = t.Any(None)
    bands = t.Tuple()
    ext = t.Enum(EXTS, "SCI")
    limits = t.Tuple(t.Float(), t.Float(), default_value=(0.0, 1.0))
    stretch = t.Enum(STRETCHES, "asinh")
    softening = t.Float(0.1)
    opacity = t.Float(0.6, min=0, max=1)
    label_style = t.Enum(LABEL_STYLES, "contour")
    comparison = t.Any(None)
    change = t.Int(-1)
    difference_shown = t.Bool(False)
    blink = t.Bool(False)
    panel_shown = t.Bool(True)
    survey = t.Unicode()
    version = t.Unicode()
    band = t.Unicode()
    err_type = t.Enum(get_args(ErrType), "rms_err")
    method = t.Unicode()
    parameter_set = t.Unicode()
    parameters = t.Instance(Parameters, ())
    overwrite = t.Bool(False)
    preview = t.Bool(False)
    running = t.Bool(False)
