"""The Segment widget: choose, run in another process, see the maps as layers."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from napari.qt.threading import create_worker
from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from vispy.visuals.line.dash_atlas import DashAtlas

from skyseg.errors import SkysegError
from skyseg.napari_plugin.background_work import FollowerTimer
from skyseg.napari_plugin.canvas.preview_outlines import PreviewOutlines
from skyseg.napari_plugin.layers.band_layers import drop_replaced
from skyseg.napari_plugin.layers.finding import list_open_maps
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.layers.layer_queue import LayerQueue
from skyseg.napari_plugin.layers.opened_layers import keep_arranged
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.scrolled import scroll
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.controls import Panel
from skyseg.panel.naming import describe_products_folder
from skyseg.panel.running import Runner
from skyseg.panel.runs import FinishedTask
from skyseg.panel.wording import worded
from skyseg.panel.zero_points import follow_zero_points

if TYPE_CHECKING:
    import napari

_WIDTH = 330
_MARGINS = 9, 4, 9, 4
_LINES = 5
_STEPS = 1000
_MAY_BREAK = "\u200b"


class SegmentWidget(QWidget):
    """Choose a survey and how it is segmented; Run makes or loads the maps and shows them.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        tab_together(self, "Segment", self.viewer)
        self.session = get_session(self.viewer)
        keep_arranged(self.viewer)
        self.panel = Panel(self.session, "qt")
        self.panel.started.connect(self.run)
        self.panel.stack_asked.connect(self.make_stack)
        self.panel.measure_asked.connect(self.measure_in_all_bands)
        self.panel.advice_asked.connect(self.advise)
        self.panel.cancelled.connect(self.cancel)
        self.preview = PreviewOutlines(self.viewer, self.session, self.panel.complain, self)
        self.runner = Runner(
            self.panel,
            on_finished=self._show,
            on_done=self._end_when_shown,
            on_stacked=lambda stack: self._queue.add(stack, ("SCI",)),
            on_measured=lambda band: self._queue.add(band, ("SCI", "SEG")),
            on_note=show_warning,
            on_failed=show_error,
        )
        self._queue = LayerQueue(
            self.viewer,
            on_shown=self._end_when_shown,
            on_moved=self.runner.note,
            on_failed=self._fail_showing,
        )
        self._timer = FollowerTimer(self.runner.follower, self)
        self._lay_out()
        guide_keys(self, self.panel.run.native, self.viewer)
        self._show_products_folder()
        self.session.events.method.connect(self._show_products_folder)
        self.session.events.files.connect(self._show_products_folder)
        self.session.events.zero_points.connect(self._follow_zero_points)
        self._offer_maps()
        for change in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            change.connect(self._offer_maps)
        create_worker(_warm_up).start()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(*_MARGINS)
        self.panel.container.margins = (0, 0, 0, 0)
        self.open = QPushButton("Open archive…")
        self.open.setToolTip("Choose the folder of the imaging")
        self.open.clicked.connect(lambda: self.open_archive())
        column.addWidget(self.open)
        column.addWidget(self.panel.container.native)
        column.addStretch(1)
        self._area = scroll(inside)
        self.setMinimumWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area, 1)
        layout.addLayout(self._make_footer())

    def _make_footer(self) -> QVBoxLayout:
        """Lay out Run and what it says, in places that do not move whatever is said."""
        self.products_folder = QLabel()
        self.products_folder.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setRange(0, _STEPS)
        self.progress.setTextVisible(False)
        self.progress.setToolTip("How far the work is")
        self.panel.progressed.connect(lambda part: self.progress.setValue(round(_STEPS * part)))
        bar = self.panel.bar.native
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        bar.setMinimumHeight(bar.fontMetrics().height())
        footer = QVBoxLayout()
        footer.setContentsMargins(*_MARGINS)
        footer.addWidget(self.products_folder)
        buttons = QHBoxLayout()
        buttons.addWidget(self.panel.run.native, 1)
        buttons.addWidget(self.panel.measure.native)
        footer.addLayout(buttons)
        for part in (self.progress, bar, self._make_message()):
            footer.addWidget(part)
        return footer

    def _make_message(self) -> QScrollArea:
        """Give what is said some lines, in which it is wrapped, scrolled and can be copied."""
        label = self.panel.message.native
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        area = scroll(label)
        area.setFixedHeight(_LINES * label.fontMetrics().lineSpacing() + 2 * area.frameWidth())
        return area

    def showEvent(self, event: QShowEvent) -> None:
        """Give the labels one width, and the scroll bar room, known when the window's style is."""
        super().showEvent(event)
        for box in (self.panel.choices, self.panel.parameter_box):
            labels = box.native.findChildren(QLabel)
            star = self.fontMetrics().horizontalAdvance(" *")  # marks a changed value
            width = max(label.sizeHint().width() for label in labels) + star
            for label in labels:
                label.setMinimumWidth(width)
        column = (
            self.panel.parameter_box.native.minimumSizeHint().width() + _MARGINS[0] + _MARGINS[2]
        )
        bar = self._area.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(max(_WIDTH, column + bar))

    def _offer_maps(self, event: Any = None) -> None:
        """Offer the images that are open as files to segment."""
        self.panel.files.offer(list_open_maps(self.viewer))

    def _follow_zero_points(self) -> None:
        """Let the bands of layers have the zero points that are given in the panel."""
        infos = (get_info(layer) for layer in self.viewer.layers)
        bands = [info.band for info in infos if info is not None and info.band is not None]
        with suppress(SkysegError):  # which the panel says
            follow_zero_points(bands, self.session.data())

    def _show_products_folder(self) -> None:
        """Say where products go; by default that is where napari was started."""
        files = self.session.files
        folder = None if files is None else files.work_dir or None
        text, about = describe_products_folder(self.session.method, folder)
        self.products_folder.setText(text.replace(os.sep, os.sep + _MAY_BREAK))
        self.products_folder.setToolTip(f"{about}, then start napari anew.")

    def open_archive(self, folder: str = "") -> None:
        """Look at another archive; asks for the folder where none is given."""
        shown = str(self.session.archive)
        folder = folder or QFileDialog.getExistingDirectory(self, "Archive", shown)
        if folder:
            self.panel.open_archive(folder)

    def run(self) -> None:
        """Segment the chosen bands in another process; each is shown when it is finished."""
        if self.runner.start():
            self._timer.start()

    def make_stack(self) -> None:
        """Combine the bands that are chosen, in another process; the stack is shown then."""
        if self.runner.start_stack():
            self._timer.start()

    def measure_in_all_bands(self) -> None:
        """Measure the sources of the chosen band in every band, in another process."""
        if self.runner.start_measuring():
            self._timer.start()

    def advise(self) -> None:
        """Find which threshold gives the purity that is asked for, in another process."""
        if self.runner.start_advising():
            self._timer.start()

    def cancel(self) -> None:
        """End the process that segments; nothing it was writing appears."""
        showing = self._queue.busy
        self._queue.leave()
        if self.runner.follower.running:
            self.runner.follower.cancel()
        elif showing:
            self.runner.tell_cancelled()
        for name in drop_replaced(self.viewer):
            show_warning(f"{name} has become another on disk, so it is taken away; Run shows it")

    def _show(self, task: FinishedTask) -> None:
        self._queue.add(task.band, ("SCI", "SEG", *self.session.maps))

    def _end_when_shown(self) -> None:
        if self._queue.busy or self.runner.follower.running:
            return
        self.runner.end()

    def _fail_showing(self, error: Exception) -> None:
        self.runner.follower.cancel()
        if not isinstance(error, SkysegError):
            self.panel.end("")
            raise error
        self.runner.fail(worded(error))


def _warm_up() -> None:
    """Make what the first layers of a window wait for: libraries, and patterns that vispy keeps."""
    Labels(np.zeros((2, 2), np.uint8))
    Image(np.zeros((2, 2), np.float32))
    DashAtlas()
