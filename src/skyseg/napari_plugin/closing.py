"""A window that is closed while labels or edits are not saved asks what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import napari
from napari.layers import Labels
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QFileDialog, QMessageBox

from skyseg.errors import SkysegError
from skyseg.napari_plugin.background_work import wait_for
from skyseg.napari_plugin.layers.edited_layers import list_unsaved_edits
from skyseg.napari_plugin.layers.unsaved import list_unsaved, watch_painting
from skyseg.napari_plugin.notifications import show_failure
from skyseg.panel.editing import EditSession

T = TypeVar("T")

_JOURNALS = "Journals (*.json)"
_FITS = "FITS (*.fits)"
_Button = QMessageBox.StandardButton


def ask_for_journal(window: Any, edit: EditSession) -> str:
    """Ask where the journal of labels of no band goes; empty where nowhere."""
    start = f"{_name_file(edit.name)}_edits.json"
    return str(QFileDialog.getSaveFileName(window, "Save the journal", start, _JOURNALS)[0])


def _name_file(name: str) -> str:
    return name.replace(" ", "_").replace("/", "_")


class ClosingGuard(QObject):
    """Asks before a person closes a window with labels that are painted and not saved.

    A program that closes its own viewer is not asked.

    Parameters
    ----------
    viewer : napari.Viewer
        The window.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        window = viewer.window._qt_window
        super().__init__(window)
        self._viewer = viewer
        watch_painting(viewer)
        window.installEventFilter(self)

    def eventFilter(self, window: QObject | None, event: QEvent | None) -> bool:
        """Hold a closing back that a person thinks better of."""
        if event is None or event.type() != QEvent.Type.Close or self._is_closed_by_program():
            return False
        if self._settle_painted() and self._settle_edits():
            return False
        event.ignore()
        return True

    def _is_closed_by_program(self) -> bool:
        """Tell whether `napari.Viewer.close` was called, which closes the canvas first."""
        return bool(self._viewer.window._qt_viewer.isHidden())

    def _settle(
        self, unsaved: Sequence[T], title: str, told: str, save: Callable[[T], bool]
    ) -> bool:
        """Ask, and save what is wanted; tell whether the window may be closed."""
        if not unsaved:
            return True
        answer = QMessageBox.question(
            self._viewer.window._qt_window,
            title,
            f"{told} before the window is closed?",
            _Button.Save | _Button.Discard | _Button.Cancel,
            _Button.Save,
        )
        if answer == _Button.Save:
            return all(map(save, unsaved))
        return bool(answer == _Button.Discard)

    def _settle_painted(self) -> bool:
        unsaved = list_unsaved(self._viewer)
        names = ", ".join(layer.name for layer in unsaved)
        told = f"What was painted on {names} is in no file. Save it"
        return self._settle(unsaved, "Labels are not saved", told, self._save)

    def _settle_edits(self) -> bool:
        unsaved = list_unsaved_edits(self._viewer)
        told = "; ".join(edit.unsaved for edit in unsaved)
        told = f"{told[:1].upper()}{told[1:]}. Save"
        return self._settle(unsaved, "Edits are not saved", told, self._save_edits)

    def _save_edits(self, edit: EditSession) -> bool:
        """Save the edits of a map; tell whether that was done."""
        path = None
        if edit.needs_path:
            window: Any = self._viewer.window._qt_window
            path = ask_for_journal(window, edit)
            if not path:
                return False
        try:
            wait_for(partial(edit.save, path))
            edit.note_saved()
        except SkysegError as error:
            show_failure(error)
            return False
        return True

    def _save(self, layer: Labels) -> bool:
        """Ask where to, and save one layer; tell whether that was done."""
        window: Any = self._viewer.window._qt_window
        start = f"{_name_file(layer.name)}.fits"
        path = QFileDialog.getSaveFileName(window, f"Save {layer.name}", start, _FITS)[0]
        if not path:
            return False
        try:
            layer.save(path, plugin="skyseg")
        except SkysegError as error:
            show_failure(error)
            return False
        return True
