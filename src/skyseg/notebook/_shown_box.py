"""A viewer as each front end shows it: live, as a picture, in a line of text."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets as t

from skyseg.notebook import _snapshot
from skyseg.notebook._collector import collector_waits
from skyseg.notebook._marimo import stack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from skyseg.notebook._bar import CanvasBar
    from skyseg.notebook.canvas import BandCanvas

_LEAST = 420  # pixels of the screen, in which a panel shows a few of its controls


class ShownBox(ipywidgets.VBox):  # type: ignore[misc]
    """The box of a viewer.

    Attributes
    ----------
    bar : CanvasBar
        The controls over the canvases.
    """

    bar: CanvasBar

    @property
    def canvases(self) -> tuple[BandCanvas, ...]:
        """The canvas of every band that is shown."""
        raise NotImplementedError

    def put_beside(
        self, canvases: ipywidgets.Widget, side: ipywidgets.Widget | None
    ) -> ipywidgets.Widget:
        """Return canvases with what is at their side, or below them where there is no room."""
        parts = [canvases]
        if side is not None:
            side.add_class("skyseg-side")
            show = (lambda on: None if on else "none",)
            t.dlink((self, "panel_shown"), (side.layout, "display"), *show)
            high = (lambda height: f"{max(height, _LEAST)}px",)
            t.dlink((self, "height"), (side.layout, "height"), *high)
            parts.append(side)
        return ipywidgets.HBox(parts, layout={"flex_flow": "row wrap", "grid_gap": "10px"})

    def snapshot(self) -> Figure:
        """Draw what is in view as a figure.

        Returns
        -------
        matplotlib.figure.Figure
            One panel for each canvas.

        Examples
        --------
        >>> viewer.snapshot().savefig("field.png")
        """
        return _snapshot.draw_figure(self.canvases)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Add a picture, which a saved notebook shows where nothing can run."""
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        metadata = (self.bar._repr_mimebundle_() or ({}, {}))[1]  # which Colab needs
        with collector_waits():
            pictures = [canvas.keep_picture() for canvas in self.canvases]
            picture = pictures[0] if len(pictures) == 1 else _snapshot.draw_png(self.canvases)
        return {**bundle, "image/png": base64.b64encode(picture).decode()}, metadata

    def _display_(self) -> Any:
        """Return what marimo shows."""
        return stack(self.bar, self.canvases)

    def __repr__(self) -> str:
        chosen = f", source {self.selected}" if self.selected else ""
        return f"<Viewer: {', '.join(canvas.title for canvas in self.canvases)}{chosen}>"
