"""Keys in panels: where they go when a panel is opened, and the frame that shows it."""

from __future__ import annotations

from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.components import ViewerModel
from napari.utils.theme import get_theme
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from qtpy.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QApplication, QScrollArea, QWidget

_WIDTH = 2
_MOVES = (
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.Show,
    QEvent.Type.Hide,
    QEvent.Type.ZOrderChange,
)


def guide_keys(panel: QWidget, first: QWidget, viewer: ViewerModel) -> None:
    """Let a panel that gets the focus hand it to a control, and frame the control that has it.

    Parameters
    ----------
    panel : QWidget
        The panel, with all of its controls.
    first : QWidget
        The control that keys go to when the panel is opened.
    viewer : ViewerModel
        The window, whose theme gives the frame its colour.
    """
    panel.setFocusProxy(first)
    FocusFrame(panel, viewer)


class FocusFrame(QWidget):
    """A frame around the control of a panel that keys go to.

    napari's style draws buttons and boxes that have the focus as it draws all others, and a
    notification that closes gives the focus to the canvas; the control gets it back.

    Parameters
    ----------
    panel : QWidget
        The panel.
    viewer : ViewerModel
        The window, whose theme gives the colour.
    """

    def __init__(self, panel: QWidget, viewer: ViewerModel) -> None:
        super().__init__(panel)
        self._viewer = viewer
        self._watched: list[QWidget] = []
        self._taken = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def _follow(self, before: QWidget | None, control: QWidget | None) -> None:
        """Watch the control, and all that it lies in, for moves."""
        taken, self._taken = self._taken, False
        panel = self.parentWidget()
        ours = panel is not None and before is not None and panel.isAncestorOf(before)
        if taken and ours and _holds_notification(control):
            QTimer.singleShot(0, lambda: _give_back(before, control))
        for each in self._watched:
            if isalive(each):
                each.removeEventFilter(self)
        self._watched = []
        if panel is not None and control is not None and panel.isAncestorOf(control):
            self._watched = _list_up_to(panel, control)
        for each in self._watched:
            each.installEventFilter(self)
            if isinstance(each, QScrollArea) and control is not each:
                each.ensureWidgetVisible(control)  # Qt does it for steps within the area alone
        self._place()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay around the control wherever it goes."""
        if event is not None and event.type() in _MOVES:
            self._place()
        if isinstance(event, QFocusEvent) and event.lostFocus():
            self._taken = event.reason() == Qt.FocusReason.OtherFocusReason
        return False

    def _place(self) -> None:
        """Lie around what is seen of the control."""
        panel = self.parentWidget()
        if panel is None or not self._watched or not self._watched[0].isVisible():
            self.hide()
            return
        control, *outer = self._watched
        frame = _find_place(control, panel).adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH)
        for each in outer:
            frame &= _find_place(each, panel)
        self.setGeometry(frame)
        self.setVisible(not frame.isEmpty())
        self.raise_()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the frame in the colour of the window's text."""
        painter = QPainter(self)
        pen = QPen(QColor(get_theme(self._viewer.theme).text.as_hex("long")), _WIDTH)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = _WIDTH // 2
        painter.drawRect(self.rect().adjusted(half, half, -half, -half))


def _give_back(before: QWidget | None, control: QWidget | None) -> None:
    """Give the focus back to who had it, unless something else has taken it since."""
    if before is not None and isalive(before) and QApplication.focusWidget() is control:
        before.setFocus()


def _holds_notification(widget: QWidget | None) -> bool:
    """Whether a notification lies on a widget, which gets the focus when that closes."""
    children = [] if widget is None else widget.children()
    return any(isinstance(each, NapariQtNotification) for each in children)


def _list_up_to(panel: QWidget, control: QWidget) -> list[QWidget]:
    """Return a control and all that it lies in, the panel left out."""
    found: list[QWidget] = []
    each: QWidget | None = control
    while each is not None and each is not panel:
        found.append(each)
        each = each.parentWidget()
    return found


def _find_place(widget: QWidget, panel: QWidget) -> QRect:
    return QRect(widget.mapTo(panel, QPoint()), widget.size())
