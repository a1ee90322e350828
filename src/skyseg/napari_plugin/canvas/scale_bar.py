"""The scale bar: so short that a notification in a small window leaves it alone."""

from __future__ import annotations

import math
from typing import Any

from napari.components import ViewerModel

_LONGEST = 100.0  # pixels of the screen
_STEPS = (5, 2, 1)


def show_scale_bar(viewer: ViewerModel) -> None:
    """Show the scale bar in a corner, and keep it short at every zoom.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    """
    overlay = viewer.canvas.overlays["scale_bar"]

    def shorten(event: Any = None) -> None:
        length = find_length(viewer.scene.camera.zoom)
        if length != overlay.length:
            overlay.length = length
            # at one zoom napari draws the bar anew for its letters alone
            overlay.events.font_size.emit(overlay.font_size)

    overlay.position = "bottom_left"
    shorten()
    overlay.visible = True
    viewer.scene.camera.events.zoom.connect(shorten)


def find_length(zoom: float) -> float:
    """Return the largest round length that is not longer than a bar is to be.

    Parameters
    ----------
    zoom : float
        Pixels of the screen for one unit of length.

    Returns
    -------
    float
        1, 2 or 5 times a power of ten, in the unit of ``zoom``.

    Examples
    --------
    >>> find_length(7.0), find_length(180.0)
    (10.0, 0.5)
    """
    longest = _LONGEST / zoom
    power = math.floor(math.log10(longest))
    step = next(each for each in _STEPS if each * 10.0**power <= longest or each == 1)
    return float(f"{step}e{power}")
