"""Editing in a viewer: the edits of each band, shown on its canvases, and the tools in hand."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg.engine.types import Slices
from skyseg.errors import ParameterError, SkysegError
from skyseg.notebook._brush import find_stroke
from skyseg.notebook._drawn import make_item
from skyseg.notebook._edit_session import NotebookEdits
from skyseg.notebook._edited_labels import EditedLabels
from skyseg.panel.wording import worded
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._selecting import Selecting
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.draft import Draft

_INTERVAL: Final = 1.0
_TOOLS: Final = ("seeds", "line", "outline", "brush")
_DRAFT: Final = "#ffd60a"
_EDITED: Final = "#ff9f0a"

logger = logging.getLogger(__name__)


class Editing:
    """The edits of a viewer's bands, and what is drawn and clicked for them.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.
    selecting : Selecting
        What is selected in it.

    Attributes
    ----------
    brush_width : int
        Diameter of the brush in pixels.
    erasing : bool
        Whether the brush gives pixels to the background.
    marking : bool
        Whether edited sources are marked on the canvas.
    on_changed : callable
        Called when the edits, the draft, the tool or the band in hand are others.
    on_deed : callable
        Told what a key on a canvas stands for.
    on_error : callable
        Told why something cannot be done.
    """

    def __init__(self, viewer: ViewHost, selecting: Selecting) -> None:
        self._viewer, self._selecting = viewer, selecting
        self._edits: list[tuple[Any, NotebookEdits]] = []
        self._watching: threading.Thread | None = None
        self._keys: dict[str, str] = {}
        self._keys_help = ""
        self.brush_width, self.erasing, self.marking = 5, False, False
        self.on_changed: Callable[[], None] = lambda: None
        self.on_deed: Callable[[str], None] = lambda _: None
        self.on_error: Callable[[SkysegError], None] = lambda _: None
        viewer.drawn.listers.append(self._list_drawn)

    @property
    def current(self) -> NotebookEdits | None:
        """The edits of the active band; None before they are opened."""
        return self._find(self._viewer.active.band) if self._viewer.canvases else None

    def _find(self, band: Any) -> NotebookEdits | None:
        """Return the edits of a band; None where they are not open, or its map was made anew."""
        if not self._viewer.seg_maps.is_edited(band):
            self._edits = [(each, edits) for each, edits in self._edits if each is not band]
        return next((edits for each, edits in self._edits if each is band), None)

    def open(self) -> NotebookEdits:
        """Return the edits of the active band, and show its map as it is edited.

        Raises
        ------
        ParameterError
            If it has no SEG map, or one that cannot be edited.
        """
        found = self.current
        if found is not None:
            return found
        viewer, canvas = self._viewer, self._viewer.active
        band: Any = canvas.band
        before = viewer.seg_maps.find(band)
        if before is None:
            raise ParameterError(
                f"{band.name} has no SEG map to edit", hint="segment it, or open a map, first"
            )
        made = NotebookEdits(viewer.session, self._selecting.stay)
        if isinstance(band, BandData) and not viewer.seg_maps.is_given(band):
            made.use(band, band.name)
        elif before.ref is not None:
            made.use_file(before.ref, before.labels, band.name)
        else:
            made.use_labels(before.labels, band.wcs, band.name)
        self._edits.append((band, made))
        viewer.seg_maps.edit(band, EditedLabels(made, before))
        made.map_changed.connect(lambda _parts: self._show_map(made))
        made.catalogue_changed.connect(partial(self._show_catalogue, made))
        made.changed.connect(partial(self._show_changed, made))
        viewer.show_labels()
        self._show_catalogue(made)
        self._watch()
        return made

    def follow(self, canvas: BandCanvas) -> None:
        """Listen to what is clicked and drawn on a new canvas."""
        canvas.on_msg(self._on_message)
        canvas._deeds, canvas._deeds_help = self._keys, self._keys_help

    def use_keys(self, keys: dict[str, str], about: str) -> None:
        """Let keys on the canvases edit, by their names; without any they do not."""
        self._keys, self._keys_help = keys, about
        for canvas in self._viewer.canvases:
            canvas._deeds, canvas._deeds_help = keys, about

    def take_up(self, tool: str) -> None:
        """Begin to split the selected source or to draw, or take the brush.

        Raises
        ------
        ParameterError
            If not exactly one source is selected to be split.
        """
        edits = self.open()
        if tool == "brush":
            edits.cancel()
        else:
            edits.start(tool)  # type: ignore[arg-type]
        self.hold(tool)

    def hold(self, tool: str) -> None:
        """Let the canvases take what is clicked with a tool."""
        self._viewer.drawn.take_tool("" if tool == "contrast" else tool, self.brush_width)
        self.on_changed()

    def put_down(self) -> None:
        """Give up what was begun."""
        current = self.current
        if current is not None and current.draft is not None:
            current.cancel()
        if self._viewer.drawn.tool != "rectangle":
            self._viewer.drawn.take_tool("")
        self.on_changed()

    def accept(self) -> None:
        """Do what was begun.

        Raises
        ------
        ParameterError
            If nothing was, or it cannot be done.
        """
        self.open().accept()
        self.put_down()

    def fly_to_edit(self, row: int) -> None:
        """Bring the place of an edit into view, by its row in the journal."""
        y0, y1, x0, x1 = self.open().find_box(row)
        self._viewer.fly_to((float(x0), float(y0), x1 + 1.0, y1 + 1.0), self._viewer.active)

    def draw(self) -> None:
        """Draw the draft, and the marks of edited sources, anew."""
        self._viewer.drawn.draw()

    def _on_message(self, canvas: BandCanvas, message: dict[str, Any], _: Any) -> None:
        kind = message.get("kind")
        if kind not in ("point", "path", "deed"):
            return
        try:
            if kind == "deed":
                self.on_deed(str(message["what"]))
            elif self._viewer.drawn.tool in _TOOLS:
                self._viewer.activate(canvas)
                points = [message["at"]] if kind == "point" else message["points"]
                self._take(np.asarray(points, np.float64).reshape(-1, 2) - 0.5)
        except SkysegError as error:
            self.on_error(error)
        except (KeyError, TypeError, ValueError) as error:
            logger.warning("%s is no place on the canvas (%s)", message, error)

    def _take(self, points: np.typing.NDArray[np.float64]) -> None:
        """Take points that were clicked, or that the pointer ran over."""
        if not np.isfinite(points).all():
            raise ValueError("not finite")
        edits = self.open()
        if self._viewer.drawn.tool == "brush":
            self._paint(edits, points)
        elif len(points) == 1:
            edits.add_point(*points[0].round(2).tolist())
        else:
            edits.set_ellipse(*points[0].tolist(), *points[-1].tolist())

    def _paint(self, edits: NotebookEdits, points: np.typing.NDArray[np.float64]) -> None:
        runs = find_stroke(points.tolist(), self.brush_width, edits.labels.shape)
        if not runs:
            return
        if self.erasing:
            edits.paint(0, runs)
        elif len(edits.chosen) == 1:
            edits.paint(edits.chosen[0], runs)
        else:
            edits.draw(runs=runs, over=True)

    def _canvases_of(self, edits: NotebookEdits) -> list[BandCanvas]:
        """Return the canvases that show the labels that are edited."""
        return [
            canvas for canvas in self._viewer.canvases
            if canvas.sources is not None and canvas.sources.labels is edits.labels
        ]  # fmt: skip

    def _show_map(self, edits: NotebookEdits) -> None:
        shown = self._canvases_of(edits)
        compared = self._viewer.comparison
        if compared is not None and shown:
            self._viewer.comparison = None  # it is of the map as it was before
        for canvas in shown:
            canvas.update_labels()

    def _show_catalogue(self, edits: NotebookEdits) -> None:
        if self.current is edits:
            self._viewer.sources.follow(self._viewer.active)
            self.on_changed()

    def _show_changed(self, edits: NotebookEdits) -> None:
        draft = edits.draft
        for canvas in self._canvases_of(edits):
            canvas.show_tried(_find_tried(draft))
            canvas.name_again()
        self.draw()
        if self.current is edits:
            self.on_changed()

    def _list_drawn(self, canvas: BandCanvas) -> list[dict[str, Any]]:
        """Return the points of the draft, and marks of the edited sources, on a canvas."""
        edits = self._find(canvas.band)
        if edits is None:
            return []
        items = _trace_draft(edits.draft)
        edited = edits.edited if self.marking else ()
        if edited:
            y0, y1, x0, x1 = edits.find_boxes(edited).T
            middle = np.stack([(x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2], axis=1)
            items.append(make_item("ring", _EDITED, middle))
        return items

    def _watch(self) -> None:
        """Take in what other windows save, as long as the viewer is there."""
        if self._watching is None:
            self._watching = threading.Thread(target=_watch, args=(weakref.ref(self),))
            self._watching.start()

    def look_at_files(self) -> None:
        """Take in what other windows have saved in the journals."""
        for _, edits in self._edits:
            try:
                edits.look_at_file()
            except SkysegError as error:
                logger.warning("%s", worded(error))


def _watch(editing: weakref.ref[Editing]) -> None:
    main = threading.main_thread()
    while True:
        main.join(_INTERVAL)
        alive = editing()
        if alive is None or not main.is_alive():
            return
        alive.look_at_files()
        del alive


def _find_tried(draft: Draft | None) -> tuple[Slices, Any] | None:
    """Return the labels that a draft would make, and where."""
    patch = None if draft is None else draft.patch
    if patch is None:
        return None
    return patch.part, np.where(np.isin(patch.after, list(patch.labels)), patch.after, 0)


def _trace_draft(draft: Draft | None) -> list[dict[str, Any]]:
    if draft is None or not draft.points:
        return []
    points = np.asarray(draft.points, np.float64)
    items = []
    if len(points) < 50:
        items.append(make_item("ring", _DRAFT, points))
    if draft.tool != "seeds" and len(points) > 1:
        kind = "path" if draft.tool == "outline" else "line"
        items.append(make_item(kind, _DRAFT, points, [len(points)]))
    return items
