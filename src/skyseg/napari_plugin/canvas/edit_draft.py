"""A split or a drawing on the canvas before it is done: what was clicked, what it would give."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Points, Shapes
from napari.utils.colormaps import DirectLabelColormap

from skyseg.editing.edited_map import Patch
from skyseg.napari_plugin.canvas.helper_layers import drop_helper, find_helper, put_helper
from skyseg.napari_plugin.canvas.line_width import measure_edge, widen_lines
from skyseg.napari_plugin.canvas.seg_outlines import OUTLINED_KEY
from skyseg.napari_plugin.canvas.source_selection import hold_clicks
from skyseg.napari_plugin.layers.edited_layers import EditDesk
from skyseg.napari_plugin.layers.layer_data import place_in_world
from skyseg.napari_plugin.notifications import report_errors
from skyseg.panel.draft import Draft
from skyseg.panel.map_info import MapInfo

PREVIEW_LAYER = "Edit preview"
POINTS_LAYER = "Edit points"
LINE_LAYER = "Edit line"

_COLOUR = "cyan"
_POINT, _EDGE = 11.0, 2.0  # on the screen, in pixels
_STEADY = 3
_KEYS = {"Enter": "accept", "Escape": "cancel", "Backspace": "drop_point"}


class DraftOnCanvas:
    """Draws the draft of the edits that are worked on, and takes clicks for it.

    Clicks add points, and dragging draws the ellipse in a box, where it is the first thing
    that is drawn. Enter does it, Escape gives it up, Backspace takes the last point back.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    desk : EditDesk
        Its edited layers.
    """

    def __init__(self, viewer: ViewerModel, desk: EditDesk) -> None:
        self._viewer, self._desk = viewer, desk
        self._shown: Draft | None = None
        self._bound: list[Any] = []
        desk.changed.connect(self._follow)
        viewer.scene.camera.events.zoom.connect(self._keep_sizes)
        viewer.mouse_drag_callbacks.append(self._on_press)

    def detach(self) -> None:
        """Leave the window as it was."""
        self._desk.changed.disconnect(self._follow)
        self._viewer.scene.camera.events.zoom.disconnect(self._keep_sizes)
        self._viewer.mouse_drag_callbacks.remove(self._on_press)
        self._show(None, None)

    def _follow(self) -> None:
        current = self._desk.current
        draft = None if current is None else current.edit.draft
        if draft is not self._shown:
            self._show(draft, None if current is None else current.info)

    def _show(self, draft: Draft | None, info: MapInfo | None) -> None:
        hold_clicks(self._viewer, draft is not None and draft.tool != "contrast")
        if (draft is None) != (self._shown is None):
            self._bind(draft is not None)
        self._shown = draft
        if draft is None or info is None:
            for name in (PREVIEW_LAYER, POINTS_LAYER, LINE_LAYER):
                drop_helper(self._viewer, name)
        else:
            self._draw_patch(draft.patch, info)
            self._draw_points(draft, info)
        # after the active layer, which sets it too, has been another for a moment
        self._viewer.scene.camera.mouse_pan = draft is None or not _may_drag(draft)

    def _bind(self, begun: bool) -> None:
        """Let keys be those of the draft; the active layer, which has them first, too."""
        active = self._viewer.layers.selection.active
        for owner in self._bound:
            for key in _KEYS:
                owner.bind_key(key, None, overwrite=True)
        self._bound = [each for each in (self._viewer, active) if each is not None] if begun else []
        for owner in self._bound:
            for key, deed in _KEYS.items():
                owner.bind_key(key, report_errors(partial(self._do, deed)), overwrite=True)

    def _do(self, deed: str, _: Any = None) -> None:
        if self._desk.current is not None:
            getattr(self._desk.current.edit, deed)()

    def _draw_patch(self, patch: Patch | None, info: MapInfo) -> None:
        if patch is None:
            drop_helper(self._viewer, PREVIEW_LAYER)
            return
        numbers = sorted(patch.labels)
        parts = np.searchsorted(numbers, patch.after) + 1
        labels = np.where(np.isin(patch.after, numbers), parts, 0).astype(np.uint16)
        layer = Labels(
            labels,
            name=PREVIEW_LAYER,
            colormap=DirectLabelColormap(color_dict={None: _COLOUR, 0: "transparent"}),
            opacity=1.0,
            metadata={OUTLINED_KEY: True},
            **place_in_world(info, (patch.part[0].start, patch.part[1].start)),
        )
        layer.contour = 1
        put_helper(self._viewer, layer, info)

    def _draw_points(self, draft: Draft, info: MapInfo) -> None:
        places = np.array([(y, x) for x, y in draft.points], np.float64).reshape(-1, 2)
        if draft.tool == "contrast":
            return
        if len(places) > 1 and draft.tool != "seeds":
            kind = "polygon" if draft.tool == "outline" and len(places) > 2 else "path"
            line = Shapes(ndim=2, name=LINE_LAYER, opacity=1.0, **place_in_world(info))
            line.add(
                places, shape_type=kind, edge_color=_COLOUR, face_color="transparent",
                edge_width=measure_edge(self._viewer, info.scale, _EDGE),
            )  # fmt: skip
            put_helper(self._viewer, line, info)
        else:
            drop_helper(self._viewer, LINE_LAYER)
        if len(places):
            put_helper(self._viewer, self._make_points(places, info), info)
        else:
            drop_helper(self._viewer, POINTS_LAYER)

    def _make_points(self, places: Any, info: MapInfo) -> Points:
        return Points(
            places, ndim=2, name=POINTS_LAYER, size=self._point_size(), face_color=_COLOUR,
            border_color="black", **place_in_world(info),
        )  # fmt: skip

    def _point_size(self) -> float:
        return measure_edge(self._viewer, 1.0, _POINT)  # napari scales points by no affine

    def _keep_sizes(self) -> None:
        """Keep points and lines as large on the screen, whatever the zoom."""
        current = self._desk.current
        points, line = (find_helper(self._viewer, name) for name in (POINTS_LAYER, LINE_LAYER))
        if points is not None:
            points.size = self._point_size()
        if line is not None and current is not None:
            widen_lines(line, measure_edge(self._viewer, current.info.scale, _EDGE))

    def _on_press(self, viewer: ViewerModel, event: Any) -> Iterator[None]:
        current = self._desk.current
        draft = None if current is None else current.edit.draft
        if current is None or draft is None or draft.tool == "contrast":
            return
        start, first = np.array(event.pos, float), current.layer.world_to_data(event.position)
        yield
        while event.type == "mouse_move":
            yield
        last = current.layer.world_to_data(event.position)
        if np.abs(np.array(event.pos, float) - start).max() <= _STEADY:
            current.edit.add_point(round(float(last[-1]), 2), round(float(last[-2]), 2))
        elif _may_drag(draft):
            current.edit.set_ellipse(*map(float, (*first[:-3:-1], *last[:-3:-1])))


def _may_drag(draft: Draft) -> bool:
    """Tell whether dragging draws an ellipse, and does not move the view."""
    return draft.tool == "outline" and not draft.points
