"""Canvases side by side that move together."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import ipywidgets

from skyseg.errors import SkysegError
from skyseg.notebook._geometry import place_to_extent
from skyseg.notebook.canvas import BandCanvas
from skyseg.panel.session import Place

if TYPE_CHECKING:
    from skyseg.plotting.maps import Band


class CanvasRow:
    """Canvases side by side that move together.

    Parameters
    ----------
    viewer : str
        What tells their viewer from others.
    prepare : callable
        Called with every canvas that is made.

    Attributes
    ----------
    canvases : tuple of BandCanvas
        The canvases, from the left.
    box : ipywidgets.HBox
        The widget that holds them.
    """

    def __init__(self, viewer: str, prepare: Callable[[BandCanvas], None]) -> None:
        self.canvases: tuple[BandCanvas, ...] = ()
        self.box = ipywidgets.HBox(
            layout={"flex": "1000 1 440px", "min_width": "280px", "flex_flow": "row wrap"}
        )
        self._viewer, self._prepare = viewer, prepare

    def show(self, bands: Sequence[Band], exts: Sequence[str]) -> None:
        """Show maps of bands; a canvas that shows one of them already stays as it is.

        Parameters
        ----------
        bands : sequence of BandData or ArrayBand
            The bands.
        exts : sequence of str
            Which maps of each. The first is there; others are left out where they are not.
        """
        before = self.canvases
        self.canvases = tuple(canvas for band in bands for canvas in self._canvases_of(band, exts))
        group = uuid.uuid4().hex if len(self.canvases) > 1 else ""
        for place, canvas in enumerate(self.canvases):
            canvas.join(group, bands[0].wcs, place)
        self.box.children = self.canvases
        for canvas in before:
            if canvas not in self.canvases:
                canvas.close()

    def _canvases_of(self, band: Band, exts: Sequence[str]) -> Iterator[BandCanvas]:
        yield self._canvas_of(band, exts[0])
        for ext in exts[1:]:
            with suppress(SkysegError):
                yield self._canvas_of(band, ext)

    def of(self, band: Band) -> BandCanvas:
        """Return the first canvas of a band."""
        return next(canvas for canvas in self.canvases if canvas.band is band)

    def _canvas_of(self, band: Band, ext: str) -> BandCanvas:
        for canvas in self.canvases:
            if canvas.band is band and canvas.ext == ext:
                return canvas
        canvas = BandCanvas(band, ext, self._viewer)
        canvas.peers = lambda: self.canvases
        self._prepare(canvas)
        return canvas

    def go_to(self, place: Place | None, but: BandCanvas | None = None) -> None:
        """Bring all canvases, but one that is there, to a place; None is the whole image."""
        for canvas in self.canvases:
            if canvas is but:
                continue
            ny, nx = canvas.band.shape
            whole = (0.0, 0.0, float(nx), float(ny))
            here = (canvas.band.wcs, canvas.band.pix_scale)
            canvas.go_to(whole if place is None else place_to_extent(place, *here))
