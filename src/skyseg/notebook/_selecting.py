"""The selected source: the viewer's, its session's and that of its canvases are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyseg.errors import ParameterError
from skyseg.notebook._guard import Guard

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas


class Selecting:
    """Keeps the trait `selected`, the session's selection and the canvases' the same.

    Parameters
    ----------
    viewer : ViewHost
        Whose they are.
    """

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self._guard = Guard()
        viewer.session.events.selected.connect(self._on_session)
        viewer.observe(self._on_selected, "selected")

    def check(self, number: int) -> int:
        """Return the number of a source of the active band; 0 is none.

        Raises
        ------
        ParameterError
            If there is no such source.
        """
        canvas = self._viewer.active
        if number and canvas.sources is None:
            raise ParameterError(
                f"source {number} cannot be selected, as {canvas.band.name} has no SEG map",
                hint="segment it first",
            )
        if number and canvas.sources is not None:
            canvas.sources.extent(number)
        return number

    def follow(self, canvas: BandCanvas) -> None:
        """Select what a person picks on a canvas, or steps to."""
        canvas.observe(self._on_pick, "selected")

    def _on_selected(self, change: Any) -> None:
        viewer, number = self._viewer, change.new
        active = viewer.active
        with self._guard.ignore("pick"):
            for canvas in viewer.canvases:
                canvas.selected = number if canvas is active else 0
        viewer.show_row(active.sources.format_row(number) if number and active.sources else "")
        viewer.session.selected = (number,) if number else ()
        if number and active.sources and "fly" not in self._guard:
            viewer.fly_to(active.sources.extent(number), active)

    def _on_session(self, numbers: tuple[int, ...]) -> None:
        self._viewer.selected = numbers[-1] if numbers else 0

    def _on_pick(self, change: Any) -> None:
        if "pick" in self._guard:
            return
        viewer = self._viewer
        with self._guard.ignore("fly"):
            viewer.activate(change.owner)
            viewer.selected = change.new

    def step(self, canvas: BandCanvas, by: int) -> None:
        """Select the source some steps after or before the selected one, and go there."""
        if canvas.sources is None:
            return
        number = canvas.sources.next(canvas.selected, by)
        if number:
            with self._guard.ignore("fly"):
                canvas.selected = number
            self._viewer.fly_to(canvas.sources.extent(number), canvas)
