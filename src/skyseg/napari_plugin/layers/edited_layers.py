"""SEG layers that are edited: they follow the journal, and what is painted on them enters it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels
from psygnal import Signal
from qtpy.QtCore import QObject

from skyseg.editing.anchors import find_runs
from skyseg.engine.types import LabelImage, Slices
from skyseg.errors import SkysegError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.kept_by_window import find_one, keep_one
from skyseg.napari_plugin.layers.layer_data import make_label_levels
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.napari_plugin.layers.unsaved import find_journal, keep_journal
from skyseg.napari_plugin.notifications import report_errors, show_failure
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.editing import EditSession, Work, work_here
from skyseg.panel.map_info import MapInfo
from skyseg.panel.session import Session

_ROWS = 64


class LayerEdits:
    """The edits of one SEG layer, which shows the edited map.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    layer : Labels
        The layer; where it is plain, what is painted on it enters the journal.
    info : MapInfo
        What it shows.
    session : Session
        The session of the window.
    work : callable
        Works in another thread; see `EditSession`.

    Attributes
    ----------
    edit : EditSession
        The edits.
    """

    def __init__(
        self, viewer: ViewerModel, layer: Labels, info: MapInfo, session: Session, work: Work
    ) -> None:
        self._viewer, self.layer, self.info = viewer, layer, info
        former = find_journal(layer)
        self.edit = EditSession(session, work) if former is None else former
        self.edit.map_changed.connect(self._follow)
        if former is None:
            self._begin()

    def _begin(self) -> None:
        """Read the edits, and follow what is painted."""
        layer, info = self.layer, self.info
        keep_journal(layer, self.edit)
        if not layer.multiscale:
            rows, columns = (slice(0, length) for length in info.shape)
            journal_painting(self.edit, layer, (rows, columns))
        bind_undo(self.edit, layer)
        if info.band is not None and info.band.products is not None:
            self.edit.use(info.band, layer.name)
            return
        # they are read in a thread, and a plain layer may be painted on meanwhile
        labels = get_full_map(layer) if layer.multiscale else layer.data.copy()
        if info.ref is not None:
            self.edit.use_file(info.ref, labels, layer.name)
        else:
            self.edit.use_labels(labels, info.wcs, layer.name)

    def _follow(self, parts: Sequence[Slices]) -> None:
        """Show the labels of parts of the map as they are now."""
        labels, layer = self.edit.labels, self.layer
        levels = list(layer.data) if layer.multiscale else [layer.data]
        largest = max(int(labels[part].max(initial=0)) for part in parts)
        whole = any(labels[part].shape == labels.shape for part in parts)
        if whole and _can_write(levels) and _are_same(levels[0], labels):
            return
        if whole or largest > np.iinfo(levels[0].dtype).max or not _can_write(levels):
            fresh = make_label_levels(labels.copy())
            layer.data = type(layer.data)(fresh) if layer.multiscale else fresh[0]
        else:
            for part in parts:
                levels[0][part] = labels[part]
            layer.refresh()
        if hasattr(self._viewer, "window"):
            draw_outlines(self._viewer).ask()


def bind_undo(edit: EditSession, layer: Labels) -> None:
    """Let napari's keys for undo and redo on a layer be those of the journal."""
    for key, deed in (("Control-Z", edit.undo), ("Control-Shift-Z", edit.redo)):
        layer.bind_key(key, report_errors(lambda _, deed=deed: deed()), overwrite=True)


def journal_painting(edit: EditSession, layer: Labels, part: Slices) -> None:
    """Let what is painted on a layer enter the journal, from now on.

    Parameters
    ----------
    edit : EditSession
        The edits of the map.
    layer : Labels
        The layer, which is plain.
    part : tuple of slice
        The rows and columns of the map that it shows.
    """
    painted = False

    def take(event: Any) -> None:
        # napari tells of a stroke when it has ended, of a single call before pixels are others
        nonlocal painted
        painted = painted or event.type == "paint"
        if painted and edit.edits is not None and not np.array_equal(layer.data, edit.labels[part]):
            painted = False
            _take_painted(edit, np.array(layer.data, np.int64), part)

    for events in (layer.events.paint, layer.events.labels_update, layer.events.set_data):
        events.connect(take)


def _take_painted(edit: EditSession, now: Any, part: Slices) -> None:
    differs = now != edit.labels[part]
    try:
        for value in np.unique(now[differs]).tolist():
            runs = find_runs(differs & (now == value), part[0].start, part[1].start)
            edit.paint(value, runs)
    except SkysegError as error:
        show_failure(error)
    edit.map_changed.emit((part,))


def _are_same(shown: Any, labels: LabelImage) -> bool:
    """Tell whether maps are the same, some rows at a time, which stay in the processor's cache."""
    return shown.shape == labels.shape and all(
        np.array_equal(shown[first : first + _ROWS], labels[first : first + _ROWS])
        for first in range(0, len(labels), _ROWS)
    )


def _can_write(levels: Sequence[Any]) -> bool:
    """Tell whether a map can be written to, and its smaller copies are views that follow it."""
    return all(
        isinstance(level, np.ndarray)
        and level.flags.writeable
        and np.may_share_memory(level, levels[0])
        for level in levels
    )


class EditDesk:
    """The edited SEG layers of a window, of which one is worked on.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    session : Session
        Its session.

    Attributes
    ----------
    current : LayerEdits or None
        The layer that is worked on.
    changed : Signal
        Emitted when another layer is worked on, or its edits are others.
    map_changed : Signal
        Emitted with the parts of its map whose labels are others.
    catalogue_changed : Signal
        Emitted when its catalogue is another.
    """

    changed = Signal()
    map_changed = Signal(tuple)
    catalogue_changed = Signal()

    def __init__(self, viewer: ViewerModel, session: Session) -> None:
        self._viewer, self._session = viewer, session
        self._owner = QObject()  # of work in threads; the window itself would be kept alive
        shown = hasattr(viewer, "window")
        self._work: Work = partial(run_in_thread, self._owner) if shown else work_here
        self._of: dict[Labels, LayerEdits] = {}
        self.current: LayerEdits | None = None
        viewer.layers.events.removed.connect(lambda event: self._of.pop(event.value, None))
        viewer.layers.events.inserted.connect(lambda event: self._take_back(event.value))

    def work_on(self, target: tuple[Labels, MapInfo] | None) -> None:
        """Work on a layer; the first time its edits are read."""
        former = self.current
        if target is None:
            self.current = None
        else:
            layer, info = target
            if layer not in self._of:
                self._begin(layer, info)
            self.current = self._of[layer]
        if self.current is not former:
            self.changed.emit()
            self.catalogue_changed.emit()

    def _take_back(self, layer: Any) -> None:
        """Know the edits of a layer that was removed and comes back."""
        info = get_info(layer)
        if isinstance(layer, Labels) and info is not None and find_journal(layer) is not None:
            self._begin(layer, info)

    def _begin(self, layer: Labels, info: MapInfo) -> None:
        made = LayerEdits(self._viewer, layer, info, self._session, self._work)
        self._of[layer] = made
        edit = made.edit
        edit.changed.connect(lambda: self.changed.emit() if self.current is made else None)
        edit.map_changed.connect(
            lambda parts: self.map_changed.emit(parts) if self.current is made else None
        )
        edit.catalogue_changed.connect(
            lambda: self.catalogue_changed.emit() if self.current is made else None
        )

    def find(self, layer: Labels) -> LayerEdits | None:
        """Return the edits of a layer; None where it was not edited."""
        return self._of.get(layer)

    def list_unsaved(self) -> list[EditSession]:
        """List the edits of the window's layers that would be lost, or are not made yet."""
        found = (self._of[layer].edit for layer in self._viewer.layers if layer in self._of)
        return [edit for edit in found if edit.unsaved]


def get_desk(viewer: ViewerModel, session: Session) -> EditDesk:
    """Return the edited layers of a window; the same object for all of its panels."""
    return keep_one(viewer, EditDesk, lambda: EditDesk(viewer, session))


def find_catalogue(viewer: ViewerModel, layer: Labels) -> Catalogue | None:
    """Return the catalogue of an edited layer; None where it is not edited."""
    desk = find_one(viewer, EditDesk)
    found = None if desk is None else desk.find(layer)
    return None if found is None else found.edit.catalogue


def list_unsaved_edits(viewer: ViewerModel) -> list[EditSession]:
    """List the edits of a window that would be lost, or are not made yet."""
    desk = find_one(viewer, EditDesk)
    return [] if desk is None else desk.list_unsaved()
