"""What stands under the pointer, in words, in every band at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from skyseg.notebook._geometry import describe_pixel, describe_sky

if TYPE_CHECKING:
    from skyseg.notebook.canvas import BandCanvas


def read_all(here: BandCanvas, canvases: Sequence[BandCanvas], x: float, y: float) -> list[str]:
    """Return what stands at a place of one canvas, and at the same place of the others.

    Parameters
    ----------
    here : BandCanvas
        The canvas under the pointer.
    canvases : sequence of BandCanvas
        Those that tell.
    x, y : float
        The place on the first one.

    Returns
    -------
    list of str
        The text of each canvas. That under the pointer tells the place on the sky, too.
    """
    sky = describe_sky(here.band.wcs, x - 0.5, y - 0.5)
    texts = []
    for canvas in canvases:
        text = read_pixel(canvas, *_move(here, canvas, x, y))
        texts.append("\n".join(filter(None, (sky if canvas is here else "", text))))
    return texts


def read_pixel(canvas: BandCanvas, x: float, y: float) -> str:
    """Return pixel, value and label at a place of a canvas."""
    column, row = int(np.floor(x)), int(np.floor(y))
    text = describe_pixel(x - 0.5, y - 0.5)
    if not (0 <= row < canvas.image.shape[0] and 0 <= column < canvas.image.shape[1]):
        return text
    unit = canvas.band.unit if canvas.ext != "WHT" else ""
    text += f"\n{canvas.ext} {canvas.image[row, column]:.5g} {unit}".rstrip()
    label = 0 if canvas.sources is None else canvas.sources.at(x, y)
    return f"{text}  SEG {label}" if label else text


def _move(here: BandCanvas, there: BandCanvas, x: float, y: float) -> tuple[float, float]:
    """Bring a place of a canvas to another one, by the sky where both have a WCS."""
    wcs, other = here.band.wcs, there.band.wcs
    if there.band is here.band or wcs is None or other is None:
        return x, y
    column, row = other.world_to_pixel(wcs.pixel_to_world(x - 0.5, y - 0.5))
    return float(column) + 0.5, float(row) + 0.5
