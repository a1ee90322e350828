"""Lines and marks of the screen that are drawn in every box of the grid.

napari puts a layer into one box, and an overlay of the scene into all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from napari._vispy.overlays.base import ViewerOverlayMixin, VispySceneOverlay
from napari._vispy.utils.visual import overlay_to_visual
from napari.components.overlays import SceneOverlay
from vispy.scene import Node
from vispy.scene.visuals import Line, Markers

from skyseg.engine.types import FloatArray
from skyseg.napari_plugin.canvas.line_width import EDGE


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn, in world coordinates.

    Attributes
    ----------
    segments : ndarray of float, shape (2 * n_lines, 2)
        The two ends of each line.
    line_colours : ndarray of float, shape (2 * n_lines, 4)
    line_widths : ndarray of float, shape (2 * n_lines,)
        On the screen, in pixels.
    marks : ndarray of float, shape (n_marks, 2)
    mark_colours : ndarray of float, shape (n_marks, 4)
        Colours of their edges.
    symbols : list of str
        Their forms, as napari names them.
    sizes : ndarray of float, shape (n_marks,)
        On the screen, in pixels.
    """

    segments: FloatArray
    line_colours: FloatArray
    line_widths: FloatArray
    marks: FloatArray
    mark_colours: FloatArray
    symbols: list[str]
    sizes: FloatArray


class DrawnOverlay(SceneOverlay):
    """A drawing over all boxes but the first, in which napari draws the layers themselves.

    Attributes
    ----------
    drawing : Drawing or None
        What is drawn; None is nothing.
    n_boxes : int
        Number of boxes that have it.
    """

    drawing: Any = None
    n_boxes: int = 0


class _DrawnVisual(ViewerOverlayMixin, VispySceneOverlay):
    """Draws in one box."""

    def __init__(self, **kwargs: Any) -> None:
        self._lines: dict[float, Line] = {}
        self._marks = Markers(scaling="fixed")
        super().__init__(node=Node(), **kwargs)
        self._put(self._marks)
        # napari makes one for each box in their order, and takes the last ones away first
        self._is_first = self.overlay.n_boxes == 0
        self.overlay.n_boxes += 1
        self.overlay.events.drawing.connect(self._draw)
        self.reset()

    def _on_blending_change(self) -> None:
        """Stay translucent: a node of its own has no state to set."""

    def _put(self, part: Any) -> None:
        part.parent = self.node
        part.set_gl_state("translucent", depth_test=False)

    def _draw(self) -> None:
        drawing: Drawing | None = None if self._is_first else self.overlay.drawing
        for lines in self._lines.values():
            lines.visible = False
        self._marks.visible = drawing is not None and len(drawing.marks) > 0
        if drawing is None:
            return
        for width in np.unique(drawing.line_widths).tolist():
            if width not in self._lines:
                self._lines[width] = Line(connect="segments", width=width, antialias=True)
                self._put(self._lines[width])
            drawn = drawing.line_widths == width
            self._lines[width].set_data(
                np.array(drawing.segments[drawn][:, ::-1]), drawing.line_colours[drawn]
            )
            self._lines[width].visible = True
        if self._marks.visible:
            self._marks.set_data(
                np.array(drawing.marks[:, ::-1]),
                size=drawing.sizes,
                symbol=drawing.symbols,
                edge_width=EDGE,
                edge_color=drawing.mark_colours,
                face_color="transparent",
            )

    def reset(self) -> None:
        super().reset()
        self._draw()

    def close(self) -> None:
        self.overlay.n_boxes -= 1
        self.overlay.events.drawing.disconnect(self._draw)
        super().close()


overlay_to_visual[DrawnOverlay] = _DrawnVisual
