"""Colours of layers: stretched scales of images, and colours of sources and of maps."""

from __future__ import annotations

import numpy as np
from napari.utils.colormaps import Colormap, CyclicLabelColormap, ensure_colormap

from skyseg.display.colours import choose_map_colour, parse_colour
from skyseg.display.rendering import colour_labels
from skyseg.display.scales import Stretch, stretch_parts

_N_COLOURS = 240
_STEPS = 96


def make_label_colourmap() -> CyclicLabelColormap:
    """Colours of labels: those of the project's figures, repeated from one number on."""
    colours = np.ones((_N_COLOURS + 1, 4), np.float32)
    colours[0] = 0
    colours[1:, :3] = colour_labels(np.arange(1, _N_COLOURS + 1)) / 255
    return CyclicLabelColormap(colors=colours, name="skyseg labels")


def make_map_colourmap(place: int) -> CyclicLabelColormap:
    """One colour for all labels of a map, by its place among the maps."""
    colours = np.zeros((2, 4), np.float32)
    colours[1] = (*parse_colour(choose_map_colour(place)), 1.0)
    return CyclicLabelColormap(colors=colours, name=f"skyseg map {place + 1}")


def make_image_colourmap(name: str, stretch: Stretch, softening: float) -> Colormap:
    """Return a colormap with a stretch in it, as napari's images know gamma alone.

    Parameters
    ----------
    name : str
        One of `skyseg.display.scales.COLORMAPS`.
    stretch : {"linear", "asinh", "sqrt", "log"}
        The stretch.
    softening : float
        Where asinh turns from linear to logarithmic.
    """
    if stretch == "linear":
        return ensure_colormap(name)
    # napari lists each colormap under its name, so that there must not be too many
    soft = float(f"{softening:.2g}")
    places = np.linspace(0, 1, _STEPS) ** 3
    colours = ensure_colormap(name).map(stretch_parts(places, stretch, soft))
    called = f"{name} asinh {soft:g}" if stretch == "asinh" else f"{name} {stretch}"
    return Colormap(colours, controls=places, name=called)
