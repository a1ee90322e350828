"""Going from place to place: the viewer's region, its session's and its canvases follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyseg.notebook._geometry import Extent, extent_to_place
from skyseg.notebook._guard import Guard

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.session import Place

_MARGIN = 4  # a source is shown in a part of the sky so many times as wide
_SMALLEST = 64.0  # pixels such a part has at least


class Travel:
    """Keeps the trait `region`, the session's region and the canvases at one place.

    Parameters
    ----------
    viewer : ViewHost
        Whose they are.
    """

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self._guard = Guard()
        self._mover: BandCanvas | None = None
        viewer.session.events.region.connect(self.go_to)
        viewer.observe(self._on_region, "region")

    def check(self, region: Any) -> Any:
        """Return a region that the active band has a part of.

        Raises
        ------
        ParameterError
            If it is not understood or lies outside.
        """
        if "region" not in self._guard:
            self._viewer.active.extent_of(region)
        return region

    def _on_region(self, change: Any) -> None:
        if "region" not in self._guard:
            self._fly(self._viewer.active.extent_of(change.new), self._viewer.active)

    def _fly(self, extent: Extent, canvas: BandCanvas) -> None:
        band = canvas.band
        with self._guard.ignore("region"):
            self._viewer.session.region = extent_to_place(extent, band.wcs, band.pix_scale)

    def go_to(self, place: Place | None) -> None:
        """Bring all canvases to a place; None is the whole image."""
        viewer = self._viewer
        with self._guard.ignore("move"):
            viewer.canvas_row.go_to(place, self._mover)
        if "region" not in self._guard:
            with self._guard.ignore("region"):
                viewer.region = None if place is None else place.region

    def follow(self, canvas: BandCanvas) -> None:
        """Go where a person moves a canvas."""
        canvas.observe(self._on_move, "_extent")

    def _on_move(self, change: Any) -> None:
        if "move" in self._guard or not change.new:
            return
        band = change.owner.band
        with self._guard.ignore():
            self._mover = change.owner
            self._viewer.session.region = extent_to_place(
                tuple(change.new), band.wcs, band.pix_scale
            )
            self._mover = None

    def fly_to(self, box: Extent, canvas: BandCanvas) -> None:
        """Bring a part of the image of a canvas into view, with room around it."""
        left, lower, right, upper = box
        x, y = (left + right) / 2, (lower + upper) / 2
        half = max(_MARGIN * max(right - left, upper - lower), _SMALLEST) / 2
        self._fly((x - half, y - half, x + half, y + half), canvas)
        region = self._viewer.session.region
        with self._guard.ignore("region"):
            self._viewer.region = None if region is None else region.region
