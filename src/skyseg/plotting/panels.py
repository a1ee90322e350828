"""Figures and axes that a notebook shows once.

A notebook shows the figures that pyplot holds when a cell ends, and the value of its last
line. A figure of pyplot, or its axes, as the last line would be shown twice.
"""

from __future__ import annotations

import io
from typing import Any

from astropy.visualization.wcsaxes import WCSAxes
from matplotlib import get_backend
from matplotlib._pylab_helpers import Gcf
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def _is_shown_at_the_end(figure: Any) -> bool:
    """Whether pyplot holds a figure that the notebook shows when the cell ends."""
    held = any(manager.canvas.figure is figure for manager in Gcf.get_all_fig_managers())
    return held and "inline" in get_backend().lower()


class PanelFigure(Figure):
    """A figure of panels; once it is shown it is not shown again when the cell ends."""

    def _ipython_display_(self) -> None:
        if _is_shown_at_the_end(self):
            Gcf.destroy_fig(self)
        raise NotImplementedError  # so that it is shown as any figure


class _Panel:
    """Axes of a figure that is shown when the cell ends are not named besides."""

    def _ipython_display_(self: Any) -> None:
        if not _is_shown_at_the_end(self.get_figure(root=True)):
            raise NotImplementedError


class SkyPanel(_Panel, WCSAxes):  # type: ignore[misc]
    """A panel on the sky."""


class PixelPanel(_Panel, Axes):
    """A panel in pixels."""


class ShownFigure(Figure):
    """A figure that pyplot does not hold, which a notebook shows also where it has no backend."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
