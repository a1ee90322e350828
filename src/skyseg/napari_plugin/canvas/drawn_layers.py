"""What a session draws over the maps: shapes of places, marks of tables, a frame where one went."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Points, Shapes

from skyseg.engine.types import FloatArray
from skyseg.napari_plugin.canvas.field_switch import stay_in_field
from skyseg.napari_plugin.canvas.helper_layers import (
    drop_helper,
    find_helper,
    get_helper_name,
    put_helper,
)
from skyseg.napari_plugin.canvas.line_width import EDGE, measure_edge, widen_lines
from skyseg.napari_plugin.layers.finding import find_shown_map
from skyseg.napari_plugin.layers.layer_data import place_in_world
from skyseg.napari_plugin.layers.layer_info import FRAME_KEY, IN_BOXES_KEY, get_info
from skyseg.napari_plugin.viewer_session import follow_once
from skyseg.panel.map_info import MapInfo
from skyseg.panel.marks import MarkSet
from skyseg.panel.region_shapes import trace_shapes
from skyseg.panel.session import Session

SHAPES_LAYER = "Regions"
TARGET_LAYER = "Gone to"

SHAPE_COLOUR = "#ffd60a"
_TARGET_COLOUR = "#ff375f"
_MARK_SIZE, _TARGET_SIZE, _DOT_SIZE = 13.0, 30.0, 4.0
_MOST_OPEN = 5000
_MARKS, _SIZE = "Marks ", "skyseg size"


def follow_session(viewer: ViewerModel) -> DrawnLayers:
    """Draw what the session of a window draws over the maps, from now on.

    Parameters
    ----------
    viewer : ViewerModel
        The window.

    Returns
    -------
    DrawnLayers
        The same one at each call.
    """
    return follow_once(viewer, DrawnLayers, DrawnLayers)


def name_marks_layer(marks: MarkSet) -> str:
    """Return the name of the layer of marks."""
    return f"{_MARKS}{marks.name}"


class DrawnLayers:
    """The layers that a session draws over the maps of its window.

    A person who removes a layer of marks, or the frame, takes them out of the session.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session.
    """

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self._info: MapInfo | None = None
        self._own = 0
        for name, draw in (
            ("places", self._draw_shapes),
            ("marks", self._draw_marks),
            ("target", self._draw_target),
        ):
            getattr(session.events, name).connect(draw)
        for layer in viewer.layers:
            self._follow(layer)
        viewer.layers.events.inserted.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.scene.camera.events.zoom.connect(self._keep_width)
        self._draw()

    def _draw(self) -> None:
        self._draw_shapes()
        self._draw_marks()
        self._draw_target()

    def _on_layers(self, event: Any) -> None:
        """Draw what had to wait for a map to be drawn on."""
        self._follow(event.value)
        if self._info is None and find_shown_map(self._viewer) is not None:
            self._draw()

    def _follow(self, layer: Layer) -> None:
        if get_info(layer) is not None:
            layer.events.visible.connect(self._take_to_field)

    def _take_to_field(self) -> None:
        """Draw again what lies on the field that is shown, and was drawn on another since."""
        info = find_shown_map(self._viewer)
        if info is None:
            return
        drawn = [each for each in self._viewer.layers if _is_drawn(each)]
        away = {get_helper_name(each) for each in drawn if each.metadata[FRAME_KEY] != info.frame}
        shaped = [each for each in self._session.places if each.shape and each.frame == "sky"]
        x, y = (tuple(getattr(each, axis) for each in shaped) for axis in "xy")
        if SHAPES_LAYER in away and _lie_on(info, MarkSet(name="", x=x, y=y)):
            self._draw_shapes()
        marks = [each for each in self._session.marks if name_marks_layer(each) in away]
        if any(each.frame == "sky" and _lie_on(info, each) for each in marks):
            self._draw_marks()

    def _draw_shapes(self) -> None:
        shapes = [place.shape for place in self._session.places if place.shape is not None]
        info = self._find_map()
        outlines = [] if info is None else trace_shapes(shapes, info.wcs)
        drawn = [
            (outline[:, ::-1], shape.colour or SHAPE_COLOUR)
            for outline, shape in zip(outlines, shapes, strict=False)
            if np.isfinite(outline).all()
        ]
        if info is None or not drawn:
            self._take_away(SHAPES_LAYER)
            return
        layer = self._get(SHAPES_LAYER, Shapes, info)
        width = measure_edge(self._viewer, info.scale)
        layer.data = []
        layer.add_polygons(
            [corners for corners, _ in drawn],
            edge_width=width,
            edge_color=[colour for _, colour in drawn],
            face_color="transparent",
        )
        layer.selected_data = set()

    def _draw_marks(self) -> None:
        wanted = {name_marks_layer(marks): marks for marks in self._session.marks}
        for name in [get_helper_name(each) for each in self._viewer.layers if _is_marks(each)]:
            if name not in wanted:
                self._take_away(name)
        info = self._find_map()
        for name, marks in wanted.items():
            if info is not None:
                layer = self._get(name, Points, info)
                at = marks.to_pixels(info.wcs)
                self._put_points(layer, at, marks.colour, "disc", _MARK_SIZE)

    def _draw_target(self) -> None:
        target, info = self._session.target, self._find_map()
        if target is None or info is None:
            self._take_away(TARGET_LAYER)
            return
        at = MarkSet(name="", frame=target.frame, x=(target.x,), y=(target.y,))
        layer = self._get(TARGET_LAYER, Points, info)
        self._put_points(layer, at.to_pixels(info.wcs), _TARGET_COLOUR, "square", _TARGET_SIZE)

    def _put_points(
        self, layer: Points, at: FloatArray, colour: str, symbol: str, size: float
    ) -> None:
        """Put open points of one size on the screen into a layer; dots where they are many."""
        many = len(at) > _MOST_OPEN
        layer.metadata[IN_BOXES_KEY] = _DOT_SIZE if many else size
        layer.data = at[:, ::-1]
        if many:
            layer.canvas_size_limits = (_DOT_SIZE, _DOT_SIZE)
            layer.face_color, layer.border_color, layer.border_width = colour, colour, 0
            return
        layer.symbol = symbol
        layer.face_color, layer.border_color = "transparent", colour
        layer.border_width = EDGE / size
        layer.metadata[_SIZE] = size
        self._keep_size(layer)

    def _keep_size(self, layer: Points) -> None:
        if _SIZE in layer.metadata:
            layer.size = measure_edge(self._viewer, 1.0, layer.metadata[_SIZE])

    def _find_map(self) -> MapInfo | None:
        self._info = find_shown_map(self._viewer)
        return self._info

    def _get(self, name: str, kind: type[Any], info: MapInfo) -> Any:
        """Return the layer of a name, placed as a map is; it is made where it is not there."""
        placed = place_in_world(info)
        layer = find_helper(self._viewer, name)
        if layer is not None:
            layer.affine = placed["affine"]
            stay_in_field(layer, info)
            return layer
        known = {IN_BOXES_KEY: EDGE if kind is Shapes else _MARK_SIZE}
        layer = kind(ndim=2, name=name, metadata=known, **placed)
        with self._ours():
            put_helper(self._viewer, layer, info)
        return layer

    def _take_away(self, name: str) -> None:
        with self._ours():
            drop_helper(self._viewer, name)

    @contextmanager
    def _ours(self) -> Iterator[None]:
        self._own += 1
        try:
            yield
        finally:
            self._own -= 1

    def _on_removed(self, event: Any) -> None:
        """Take out of the session what a person has removed."""
        layer: Layer = event.value
        name = get_helper_name(layer)
        if self._own or find_helper(self._viewer, name) is not None:  # what is removed is a copy
            return
        if name == TARGET_LAYER:
            self._session.target = None
        elif _is_marks(layer):
            self._session.marks = tuple(
                marks for marks in self._session.marks if name_marks_layer(marks) != name
            )

    def _keep_width(self) -> None:
        """Keep edges and points as large on the screen as they are, whatever the zoom."""
        for layer in self._viewer.layers:
            if self._info is None or not _is_drawn(layer):
                continue
            if isinstance(layer, Points):
                self._keep_size(layer)
            elif layer.nshapes:
                widen_lines(layer, measure_edge(self._viewer, self._info.scale))


def _is_drawn(layer: Layer) -> bool:
    """Tell whether a layer is one that a session draws."""
    return get_helper_name(layer) in (SHAPES_LAYER, TARGET_LAYER) or _is_marks(layer)


def _is_marks(layer: Layer) -> bool:
    return get_helper_name(layer).startswith(_MARKS)


def _lie_on(info: MapInfo, marks: MarkSet) -> bool:
    """Tell whether any of some marks lies on a map."""
    at = marks.to_pixels(info.wcs)
    return bool(((at >= 0) & (at < info.shape[::-1])).all(axis=1).any())
