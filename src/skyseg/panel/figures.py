"""Small figures beside a canvas: they are drawn without a window, on a transparent ground."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg.engine.types import ByteImage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI: Final = 100


def make_figure(inches: tuple[float, float]) -> Figure:
    """Make a figure without axes, of a width and a height in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, dpi=_DPI, facecolor="none", layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def make_axes(inches: tuple[float, float]) -> Any:
    """Make a figure of one pair of axes, and return these; ``axes.figure`` is the figure."""
    axes: Any = make_figure(inches).subplots()
    axes.patch.set_alpha(0)
    return axes


def colour_axes(axes: Any, texts: Iterable[Any], ink: str, size: float) -> None:
    """Draw the edges and ticks of axes and texts of theirs thin, small and in one colour."""
    axes.tick_params(colors=ink, labelsize=size, which="both", width=0.5)
    for text in texts:
        text.set(color=ink, fontsize=size)
    for side in axes.spines.values():
        side.set(color=ink, linewidth=0.5)


def draw_figure(figure: Figure) -> ByteImage:
    """Return the pixels of a figure: red, green, blue and opacity, from the upper edge on."""
    canvas: Any = figure.canvas
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()
