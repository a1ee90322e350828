"""The selected sources: the viewer's, its session's and those of its canvases are the same."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from skyseg.errors import ParameterError
from skyseg.notebook._guard import Guard

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas


class Selecting:
    """Keeps the traits `selected` and `selection`, the session and the canvases the same.

    The session's selection is what the others follow; the last of it is the current source.

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
        viewer.observe(self._on_selection, "selection")

    def check(self, number: int) -> int:
        """Return the number of a source of the active band; 0 is none.

        Raises
        ------
        ParameterError
            If there is no such source.
        """
        if number:
            self._check((number,))
        return number

    def _check(self, numbers: tuple[int, ...]) -> None:
        canvas = self._viewer.active
        if numbers and canvas.sources is None:
            raise ParameterError(
                f"source {numbers[0]} cannot be selected, as {canvas.band.name} has no SEG map",
                hint="segment it first",
            )
        if numbers and canvas.sources is not None:
            canvas.sources.check(numbers)

    def check_all(self, numbers: Any) -> tuple[int, ...]:
        """Return the numbers of sources of the active band, each once.

        Raises
        ------
        ParameterError
            If they are no numbers, or one is of no source.
        """
        try:
            found = tuple(dict.fromkeys(map(int, numbers)))
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"is {numbers!r}", hint="give NUMBERs of sources", argument="selection"
            ) from error
        self._check(tuple(number for number in found if number))
        return found

    def follow(self, canvas: BandCanvas) -> None:
        """Select what a person picks on a canvas, or steps to."""
        canvas.observe(self._on_pick, "selected")
        canvas.on_added = lambda number: self._add(canvas, number)

    def go_to(self, number: int) -> None:
        """Bring a source of the active band into view."""
        active = self._viewer.active
        if active.sources is not None:
            self._viewer.fly_to(active.sources.extent(number), active)

    def choose(self, numbers: Iterable[int]) -> None:
        """Select sources of the active band, the current one last, and stay in place."""
        with self.stay():
            self._viewer.session.selected = tuple(numbers)

    def stay(self) -> AbstractContextManager[None]:
        """Let the view stay where it is, whatever is selected in the block."""
        return self._guard.ignore("fly")

    def _on_selected(self, change: Any) -> None:
        number = change.new
        if self._viewer.session.selected[-1:] != ((number,) if number else ()):
            self._viewer.session.selected = (number,) if number else ()
        if number and "fly" not in self._guard:
            self.go_to(number)

    def _on_selection(self, change: Any) -> None:
        self._viewer.session.selected = change.new

    def _on_session(self, numbers: tuple[int, ...]) -> None:
        viewer = self._viewer
        current = numbers[-1] if numbers else 0
        with self._guard.ignore("pick"):
            for canvas in viewer.canvases:
                active = canvas.band is viewer.active.band
                canvas.mark_selected(numbers if active else ())
                canvas.selected = current if active else 0
        viewer.selection = numbers
        viewer.selected = current

    def _on_pick(self, change: Any) -> None:
        if "pick" in self._guard:
            return
        viewer = self._viewer
        viewer.activate(change.owner)
        self.choose((change.new,) if change.new else ())

    def _add(self, canvas: BandCanvas, number: int) -> None:
        """Add a source to those that are selected, or take it away."""
        self._viewer.activate(canvas)
        selected = self._viewer.session.selected
        others = [each for each in selected if each != number]
        self.choose(others if number in selected else (*others, number))
