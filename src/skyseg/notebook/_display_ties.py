"""How maps are drawn: the viewer's traits, its session's display and its canvases are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyseg.notebook._guard import Guard

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost

_OF_SCALE = ("stretch", "colormap", "cuts")
_OF_DISPLAY = ("label_style", "colour_by", "outlines_of", "rgb")


class DisplayTies:
    """Keeps how maps are drawn the same in a viewer, its session and its canvases.

    Parameters
    ----------
    viewer : ViewHost
        Whose they are.
    """

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self._guard = Guard()
        viewer.observe(self._on_scale, list(_OF_SCALE))
        viewer.observe(self._on_display, list(_OF_DISPLAY))
        viewer.observe(self._on_limits, "limits")
        viewer.session.events.display.connect(self.apply)

    def apply(self) -> None:
        """Draw all as the session says."""
        viewer, display = self._viewer, self._viewer.session.display
        with self._guard.ignore("traits"):
            for canvas in viewer.canvases:
                scale = display.scale_of(canvas.ext)
                canvas.stretch, canvas.colormap = scale.stretch, scale.colormap
                canvas.cut(scale.cuts)
            shown = display.scale_of(viewer.active.ext)
            for name in _OF_SCALE:
                viewer.set_trait(name, getattr(shown, name))
            for name in _OF_DISPLAY:
                viewer.set_trait(name, getattr(display, name))
            viewer.show_rgb()

    def _on_scale(self, change: Any) -> None:
        if "traits" not in self._guard:
            session = self._viewer.session
            scale = {change.name: change.new}
            session.display = session.display.with_scale(self._viewer.active.ext, **scale)

    def _on_display(self, change: Any) -> None:
        if "traits" not in self._guard:
            session = self._viewer.session
            session.display = session.display.replace(**{change.name: change.new})

    def _on_limits(self, change: Any) -> None:
        active = self._viewer.active
        if "traits" not in self._guard and change.new != active.found_limits:
            session = self._viewer.session
            session.display = session.display.with_scale(active.ext, cuts="by hand")
