"""Colours of layers: a grey scale that shows faint sources, and a colour for each label."""

from __future__ import annotations

import numpy as np
from napari.utils.colormaps import Colormap, CyclicLabelColormap

from skyseg.display.rendering import colour_labels

_N_COLOURS = 240
_ASINH_STEPS = 64


def make_label_colourmap() -> CyclicLabelColormap:
    """Colours of labels: those of the project's figures, repeated from one number on."""
    colours = np.ones((_N_COLOURS + 1, 4), np.float32)
    colours[0] = 0
    colours[1:, :3] = colour_labels(np.arange(1, _N_COLOURS + 1)) / 255
    return CyclicLabelColormap(colors=colours, name="skyseg labels")


def make_asinh_grey(softening: float) -> Colormap:
    """Grey scale that is linear up to a part of its range, and logarithmic above."""
    places = np.linspace(0, 1, _ASINH_STEPS) ** 3
    grey = np.arcsinh(places / softening) / np.arcsinh(1 / softening)
    return Colormap(np.repeat(grey[:, None], 3, axis=1), controls=places, name="asinh grey")
