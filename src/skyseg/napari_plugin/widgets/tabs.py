"""Panels of ours that are tabs of one another, with names that can be read."""

from __future__ import annotations

from napari.components import ViewerModel
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QSize, Qt, QTimer
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QWidget

_OURS = "skyseg panel"
_NARROW = "QTabBar::tab { padding: 3px 1px; }"  # all names in the width of a panel
_NOWHERE = Qt.DockWidgetArea.NoDockWidgetArea


def tab_together(panel: QWidget, title: str, viewer: ViewerModel) -> None:
    """Let a panel become a tab beside those that are open, when it is shown in a window.

    The window keeps its size at every moment. A panel that comes to the front takes the keys;
    one that is chosen in the menu while it lies behind another comes to the front, where napari
    alone would close it.

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
        panel.installEventFilter(_FirstDocked(panel, QSize(width, height)))


class _FirstDocked(QObject):
    """Arranges its panel's dock once: as a tab before the window grows, the rest when seen."""

    def __init__(self, panel: QWidget, size: QSize) -> None:
        super().__init__(panel)
        self._panel, self._size = panel, size
        self._dock: QDockWidget | None = None

    def eventFilter(self, panel: QObject | None, event: QEvent | None) -> bool:
        """Wait for the dock that the panel is put into, and for the first time it is seen."""
        if not isalive(self._panel):
            return False
        if self._dock is None:
            self._dock = _find_dock(self._panel)
            if self._dock is not None:
                self._dock.dockLocationChanged.connect(self._place)
        if event is not None and event.type() == QEvent.Type.Show:
            self._panel.removeEventFilter(self)
            QTimer.singleShot(0, self._arrange)
        return False

    def _place(self) -> None:
        assert self._dock is not None
        self._dock.dockLocationChanged.disconnect(self._place)
        _make_tab(self._panel, self._dock)

    def _arrange(self) -> None:
        if isalive(self._panel):
            _arrange(self._panel, self._size)


class _InFront(QObject):
    """Lets the panel in front have the keys, and brings one to the front that is asked for."""

    def __init__(self, panel: QWidget, dock: QDockWidget) -> None:
        super().__init__(panel)
        self._panel, self._dock = panel, dock
        self._behind = self._closed = False
        dock.visibilityChanged.connect(self._follow)
        dock.installEventFilter(self)

    def eventFilter(self, dock: QObject | None, event: QEvent | None) -> bool:
        """Bring a dock to the front that is shown again, or hidden while it lies behind another."""
        kind = None if event is None else event.type()
        if kind == QEvent.Type.Hide and self._dock.isHidden():
            self._closed = True
            if self._behind:
                QTimer.singleShot(0, self._bring_to_front)
        elif kind == QEvent.Type.Show and self._closed:
            self._closed = False
            QTimer.singleShot(0, self._bring_to_front)
        return False

    def _bring_to_front(self) -> None:
        window = self._panel.window() if isalive(self._panel) else None
        if isinstance(window, QMainWindow) and window.dockWidgetArea(self._dock) != _NOWHERE:
            self._dock.show()
            self._dock.raise_()

    def _follow(self, seen: bool) -> None:
        self._behind = not seen and not self._dock.isHidden()
        if seen and not isinstance(QApplication.focusWidget(), QTabBar):
            self._panel.setFocus()


def _make_tab(panel: QWidget, dock: QDockWidget) -> None:
    window = dock.parent()
    if not isinstance(window, QMainWindow):
        return
    others = [
        other
        for each in window.findChildren(QWidget)
        if each is not panel and each.property(_OURS) and (other := _find_dock(each))
        if other.isVisible() and not other.isFloating()
    ]
    if others and dock not in window.tabifiedDockWidgets(others[0]):
        window.tabifyDockWidget(others[-1], dock)


def _arrange(panel: QWidget, size: QSize) -> None:
    window, dock = panel.window(), _find_dock(panel)
    if dock is None or not isinstance(window, QMainWindow):
        return
    _make_tab(panel, dock)  # beside those that were opened together with it
    _InFront(panel, dock)
    dock.setWindowTitle(str(panel.property(_OURS)))
    dock.raise_()
    panel.setFocus()
    _shrink(window, size)
    for bar in window.findChildren(QTabBar):
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        bar.setStyleSheet(_NARROW)


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
