"""What a session draws over the canvases: shapes of places, marks of tables, where one went."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from psygnal import Signal

from skyseg.engine.types import FloatArray
from skyseg.errors import SkysegError
from skyseg.panel.map_info import MapInfo
from skyseg.panel.marks import MarkSet
from skyseg.panel.place_list import name_next, remember_places
from skyseg.panel.place_parsing import make_rectangle_place
from skyseg.panel.region_shapes import trace_shapes
from skyseg.panel.sky_frame import choose_frame
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas

_SHAPE_COLOUR: Final = "#ffd60a"
_TARGET_COLOUR: Final = "#ff375f"
_MOST_OPEN: Final = 5000
_SHAPES: Final = ("rectangle", "ellipse", "polygon")
_BRUSHES: Final = ("paint", "erase")


def describe_canvas(canvas: BandCanvas) -> MapInfo:
    """Return what is known of the map that a canvas shows."""
    band: Any = canvas.band
    frame = choose_frame(band.wcs, band.shape, [])
    own = band if isinstance(band, BandData) else None
    return MapInfo(canvas.ext, band.shape, band.wcs, frame, band=own)


class DrawnOverlay:
    """Draws what the session of a viewer has over its canvases, and takes drawn rectangles.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.

    Attributes
    ----------
    tool_changed : psygnal.Signal
        Emitted with the tool that is in hand; empty for none.
    on_error : callable
        Told an error.
    on_shape : callable
        Told the canvas, kind and corners (x, y from 0) of an ellipse or polygon that was drawn.
    on_stroke : callable
        Told the canvas and the way (x, y from 0) of a brush that paints or erases.
    listers : list of callable
        Each returns what else is drawn over a canvas, as `make_item` makes it.
    """

    tool_changed = Signal(str)

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self._tool, self._brush = "", 1
        self.on_error: Callable[[SkysegError], None] = lambda _: None
        self.on_shape: Callable[[BandCanvas, str, FloatArray], None] = lambda *_: None
        self.on_stroke: Callable[[BandCanvas, FloatArray], None] = lambda *_: None
        self.listers: list[Callable[[BandCanvas], list[dict[str, Any]]]] = []
        for name in ("places", "marks", "target"):
            getattr(viewer.session.events, name).connect(self.draw)

    def follow(self, canvas: BandCanvas) -> None:
        """Draw over a new canvas, and listen to it."""
        canvas.on_msg(self._on_message)
        canvas._tool, canvas._brush = self._tool, self._brush
        self._draw_over(canvas)

    def draw(self) -> None:
        """Draw over all canvases."""
        for canvas in self._viewer.canvases:
            self._draw_over(canvas)

    @property
    def tool(self) -> str:
        """What is in a person's hand; empty for nothing."""
        return self._tool

    def take_tool(self, tool: str, brush: int = 1) -> None:
        """Put a tool into a person's hand, or none (""); a brush has a diameter in pixels."""
        self._tool, self._brush = tool, brush
        for canvas in self._viewer.canvases:
            canvas._tool, canvas._brush = tool, brush
        self.tool_changed.emit(tool)

    def _draw_over(self, canvas: BandCanvas) -> None:
        wcs, session = canvas.band.wcs, self._viewer.session
        items = []
        shapes = [place.shape for place in session.places if place.shape is not None]
        outlines = zip(trace_shapes(shapes, wcs), shapes, strict=True)
        by_colour: dict[str, list[FloatArray]] = {}
        for outline, shape in outlines:
            if np.isfinite(outline).all():
                by_colour.setdefault(shape.colour or _SHAPE_COLOUR, []).append(outline)
        for colour, paths in by_colour.items():
            parts = [len(path) for path in paths]
            items.append(make_item("path", colour, np.concatenate(paths), parts))
        for marks in session.marks:
            kind = "ring" if len(marks.x) <= _MOST_OPEN else "dot"
            items.append(make_item(kind, marks.colour, marks.to_pixels(wcs)))
        target = session.target
        if target is not None:
            at = MarkSet(name="", frame=target.frame, x=(target.x,), y=(target.y,))
            items.append(make_item("square", _TARGET_COLOUR, at.to_pixels(wcs)))
        for lister in self.listers:
            items += lister(canvas)
        canvas._drawn = items

    def _on_message(self, canvas: BandCanvas, message: dict[str, Any], _: Any) -> None:
        kind = message.get("kind")
        if kind == "path" and self._tool in _BRUSHES:
            self.on_stroke(canvas, np.asarray(message["points"], float) - 0.5)
            return
        if kind not in _SHAPES or kind != self._tool:
            return
        self.take_tool("")
        corners = np.asarray(message["corners"], float) - 0.5
        if kind != "rectangle":
            self.on_shape(canvas, kind, corners)
            return
        session = self._viewer.session
        name = name_next(session.places, "rectangle")
        try:
            place = make_rectangle_place(corners, describe_canvas(canvas), name)
        except SkysegError as error:
            self.on_error(error)
            return
        remember_places(session, [place])
        session.region = place


def make_item(
    kind: str, colour: str, pixels: FloatArray, parts: list[int] | None = None
) -> dict[str, Any]:
    """Return what the browser draws; a canvas counts from the corner of the first pixel."""
    at = np.ascontiguousarray(pixels + 0.5, "<f4").tobytes()
    return {"kind": kind, "colour": colour, "at": at, "parts": parts or []}
