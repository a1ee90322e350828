"""Parts of a panel that are scrolled where there is no room, so that windows keep their size."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QScrollArea, QSizePolicy, QWidget


def scroll(part: QWidget) -> QScrollArea:
    """Put a part of a panel into an area in which it is scrolled up and down alone."""
    return _set_up(QScrollArea(), part)


class ScrolledPart(QScrollArea):
    """An area that is as high as its part, and less only where there is no room for it.

    Parameters
    ----------
    part : QWidget
        The part; it has a layout.
    least : int
        Height below which the area of a higher part does not go, in pixels.
    """

    def __init__(self, part: QWidget, least: int) -> None:
        super().__init__()
        _set_up(self, part)
        self._least = least
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        part.installEventFilter(self)

    def sizeHint(self) -> QSize:  # noqa: D102
        part = self.widget()
        layout = None if part is None else part.layout()
        if layout is None:
            return super().sizeHint()
        hint, frame = layout.sizeHint(), self.height() - self.viewport().height()
        high = layout.heightForWidth(self.width() - frame)  # no bar stands where there is room
        return QSize(hint.width(), (hint.height() if high < 0 else high) + frame)

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(super().minimumSizeHint().width(), min(self._least, self.sizeHint().height()))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.updateGeometry()

    def eventFilter(self, part: QObject | None, event: QEvent | None) -> bool:
        """Ask for another height where the part has become another one."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(part, event))


def _set_up(area: QScrollArea, part: QWidget) -> QScrollArea:
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(part)
    return area
