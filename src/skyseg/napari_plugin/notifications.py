"""What napari's notifications say: errors of ours in the panel's words, and what is news."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.components import ViewerModel
from napari.utils.notifications import show_error, show_info
from qtpy.QtCore import QEvent, QObject, QTimer

from skyseg.errors import SkysegError
from skyseg.panel.wording import worded


def report_errors(function: Callable[..., Any]) -> Callable[..., None]:
    """Make a slot that tells errors of ours in a notification, and goes on."""

    def slot(*arguments: Any) -> None:
        try:
            function(*arguments)
        except SkysegError as error:
            show_failure(error)

    return slot


def show_failure(error: Exception) -> None:
    """Show an error of ours; raise any other, which napari shows with its traceback."""
    if not isinstance(error, SkysegError):
        raise error
    show_error(worded(error))


def tell_when_active(viewer: ViewerModel, message: str) -> None:
    """Tell news once the window is active: napari never takes away what it shows before.

    Parameters
    ----------
    viewer : ViewerModel
        The window.
    message : str
        The news.
    """
    window = viewer.window._qt_window if hasattr(viewer, "window") else None
    if window is None or window.isActiveWindow():
        show_info(message)
    else:
        window.installEventFilter(_News(window, message))


class _News(QObject):
    """Waits for a window to become active."""

    def __init__(self, window: QObject, message: str) -> None:
        super().__init__(window)
        self._message = message

    def eventFilter(self, window: QObject | None, event: QEvent | None) -> bool:
        if window is None or event is None or event.type() != QEvent.Type.WindowActivate:
            return False
        window.removeEventFilter(self)
        message = self._message
        QTimer.singleShot(0, lambda: show_info(message))
        self.deleteLater()
        return False
