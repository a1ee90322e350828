"""The comparison that a viewer shows, and the change of it that is pointed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyseg.errors import ParameterError
from skyseg.notebook.changes import change_box, change_html, changes_of

if TYPE_CHECKING:
    from skyseg.comparison import Comparison
    from skyseg.notebook.canvas import Canvas
    from skyseg.notebook.viewer import Viewer


class Comparing:
    """Shows the comparison of a viewer in the band in hand, and goes through its changes.

    Parameters
    ----------
    viewer : Viewer
        The viewer, whose traits ``comparison`` and ``change`` are followed.

    Attributes
    ----------
    canvas : Canvas or None
        Where the comparison is shown.
    """

    def __init__(self, viewer: Viewer) -> None:
        self.canvas: Canvas | None = None
        self._viewer = viewer
        viewer.observe(self._show, "comparison")
        viewer.observe(self._point_out, "change")

    def checked(self, comparison: Comparison | None) -> Comparison | None:
        """Return a comparison that can be shown.

        Raises
        ------
        ParameterError
            If it has another shape than the band in hand.
        """
        band = self._viewer.active.band
        if comparison is not None and comparison.a.shape != band.shape:
            raise ParameterError(
                f"the comparison has shape {comparison.a.shape}, but {band.name} has "
                f"{band.shape}; compare maps of this band, or bring it in hand first"
            )
        return comparison

    def checked_change(self, number: int) -> int:
        """Return the number of a change that is there; -1 is none.

        Raises
        ------
        ParameterError
            If it is not.
        """
        known = self._number()
        if not -1 <= number < known:
            raise ParameterError(
                f"change {number} is not there; the comparison has {known}, from 0 on"
            )
        return number

    def step(self, by: int) -> None:
        """Point out the change some steps after or before the one that is, going round."""
        known = self._number()
        if known:
            here = max(self._viewer.change, -1 if by > 0 else 0)
            self._viewer.change = (here + by) % known

    def _number(self) -> int:
        comparison = self._viewer.comparison
        return 0 if comparison is None else len(changes_of(comparison))

    def _show(self, change: Any) -> None:
        self._viewer.change = -1
        self.canvas = None if change.new is None else self._viewer.active
        for canvas in self._viewer.canvases:
            canvas.show_comparison(change.new if canvas is self.canvas else None)

    def _point_out(self, change: Any) -> None:
        if self.canvas is None:
            return
        if change.new < 0:
            self.canvas.point_out(None)
            return
        row = changes_of(self._viewer.comparison)[change.new]
        box = change_box(row)
        self.canvas.point_out(box)
        self._viewer.fly_to(box, self.canvas)
        self._viewer.show_row(change_html(row))
