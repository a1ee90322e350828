"""The viewer in marimo, which shows single widgets live, but no boxes of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyseg.notebook._bar import CanvasBar
    from skyseg.notebook.canvas import BandCanvas

_NO_PANEL = (
    "marimo does not show the viewer's panel and tabs: use its traits, such as `viewer.bands` "
    "before it is shown, and `data.segment()`."
)


def stack(bar: CanvasBar, canvases: Sequence[BandCanvas]) -> Any:
    """Return bar and canvases as what marimo shows live, and that it shows no panel.

    Parameters
    ----------
    bar : CanvasBar
        The controls.
    canvases : sequence of BandCanvas
        The canvases, side by side.

    Returns
    -------
    marimo.Html
    """
    marimo = sys.modules["marimo"]  # which alone asks for this
    bar.forget_panel()
    row = marimo.hstack(list(canvases), widths="equal")
    return marimo.vstack([bar, row, marimo.md(_NO_PANEL)])
