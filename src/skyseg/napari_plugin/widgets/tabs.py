"""Panels of ours that are tabs of one another, with names that can be read."""

from __future__ import annotations

from napari.components import ViewerModel
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

_OURS = "skyseg panel"


def tab_together(panel: QWidget, title: str, viewer: ViewerModel) -> None:
    """Let a panel become a tab beside those that are open, when it is shown in a window.

    The window keeps its size, though for a moment panels are above each other.

    Parameters
    ----------
    panel : QWidget
        The panel, which napari puts into a dock of its own.
    title : str
        What its tab is called.
    viewer : ViewerModel
        The window.
    """
    panel.setProperty(_OURS, title)
    if hasattr(viewer, "window"):
        _, _, width, height = viewer.window.geometry()
        panel.installEventFilter(_FirstShown(panel, QSize(width, height)))


class _FirstShown(QObject):
    """Arranges its panel's dock once, after napari has placed it."""

    def __init__(self, panel: QWidget, size: QSize) -> None:
        super().__init__(panel)
        self._size = size

    def eventFilter(self, panel: QObject | None, event: QEvent | None) -> bool:
        """Wait for the first time that the panel is seen."""
        if event is not None and event.type() == QEvent.Type.Show and isinstance(panel, QWidget):
            panel.removeEventFilter(self)
            QTimer.singleShot(0, lambda: _arrange(panel, self._size) if isalive(panel) else None)
        return False


def _arrange(panel: QWidget, size: QSize) -> None:
    window, dock = panel.window(), _find_dock(panel)
    if dock is None or not isinstance(window, QMainWindow):
        return
    dock.setWindowTitle(str(panel.property(_OURS)))
    others = [
        other
        for each in window.findChildren(QWidget)
        if each is not panel and each.property(_OURS) and (other := _find_dock(each))
        if other.isVisible() and not other.isFloating()
    ]
    if others and dock not in window.tabifiedDockWidgets(others[0]):
        window.tabifyDockWidget(others[-1], dock)
    if others:
        dock.raise_()
    _shrink(window, size)
    for bar in window.findChildren(QTabBar):
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)


def _shrink(window: QMainWindow, size: QSize) -> None:
    """Give a window the size back that it had."""
    layout = window.layout()
    if layout is not None and not window.isMaximized() and not window.isFullScreen():
        layout.activate()
        window.resize(window.size().boundedTo(size))


def _find_dock(panel: QWidget) -> QDockWidget | None:
    parent = panel.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent
