"""The Segment widget: choose, run in another process, see the maps as layers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.qt.threading import create_worker
from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QFileDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from vispy.visuals.line.dash_atlas import DashAtlas

from skyseg.errors import SkysegError
from skyseg.napari_plugin.background_work import FollowerTimer
from skyseg.napari_plugin.canvas.preview_outlines import PreviewOutlines
from skyseg.napari_plugin.layers.band_layers import assign_bands, put_layer, read_layers
from skyseg.napari_plugin.layers.finding import list_band_maps
from skyseg.napari_plugin.layers.layer_info import list_frames
from skyseg.napari_plugin.notifications import show_failure
from skyseg.napari_plugin.preferences import get_setting
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.panel.controls import Panel
from skyseg.panel.following import JobFollower
from skyseg.panel.runs import FinishedTask, give_all, plan_run, segment_all
from skyseg.panel.session import MapRole
from skyseg.panel.wording import worded
from skyseg.products.names import find_root
from skyseg.settings import settings_file
from skyseg.survey import BandData

if TYPE_CHECKING:
    import napari

_WIDTH = 330
_LONGEST_PAUSE = 2.0
_MARGINS = 9, 4, 9, 4
_MAY_BREAK = "\u200b"
_ABOUT_FOLDER = "{folder}. Set work_dir in {file} to choose another folder, then start napari anew."


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
        self.session = get_session(self.viewer)
        self.panel = Panel(self.session, "qt")
        self.panel.message.native.setWordWrap(True)
        self.panel.started.connect(self.run)
        self.panel.cancelled.connect(self.cancel)
        self.preview = PreviewOutlines(self.viewer, self.session, self.panel.say, self)
        self.follower = JobFollower(
            on_progress=self.panel.show_progress,
            on_note=show_warning,
            on_failed=self._fail,
            on_cancelled=lambda: self._finish("cancelled"),
        )
        self._timer = FollowerTimer(self.follower, self)
        self._reader: Any = None
        self._drawn = Event()
        self._lay_out()
        self._show_products_folder()
        self.session.events.method.connect(self._show_products_folder)
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
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        self.setMinimumWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area, 1)
        layout.addLayout(self._make_footer())

    def _make_footer(self) -> QVBoxLayout:
        """Lay out Run and what it says, in view wherever the choices are scrolled to."""
        self.products_folder = QLabel()
        self.products_folder.setWordWrap(True)
        footer = QVBoxLayout()
        footer.setContentsMargins(*_MARGINS)
        for part in (self.panel.run, self.panel.bar, self.panel.message):
            footer.addWidget(part.native)
        footer.addWidget(self.products_folder)
        return footer

    def showEvent(self, event: QShowEvent) -> None:
        """Give the labels one width, and the scroll bar room, known when the window's style is."""
        super().showEvent(event)
        for box in (self.panel.choices, self.panel.parameter_box):
            labels = box.native.findChildren(QLabel)
            width = max(label.sizeHint().width() for label in labels)
            for label in labels:
                label.setMinimumWidth(width)
        column = self.panel.parameter_box.native.sizeHint().width() + _MARGINS[0] + _MARGINS[2]
        bar = self._area.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(max(_WIDTH, column + bar))

    def _show_products_folder(self) -> None:
        """Say where products go; by default that is where napari was started."""
        folder = find_root(self.session.method)
        home = Path.home()
        short = Path("~") / folder.relative_to(home) if folder.is_relative_to(home) else folder
        self.products_folder.setText(
            f"Products go to {str(short).replace(os.sep, os.sep + _MAY_BREAK)}"
        )
        self.products_folder.setToolTip(_ABOUT_FOLDER.format(folder=folder, file=settings_file()))

    def open_archive(self, folder: str = "") -> None:
        """Look at another archive; asks for the folder where none is given."""
        shown = str(self.session.archive)
        folder = folder or QFileDialog.getExistingDirectory(self, "Archive", shown)
        if folder:
            self.panel.open_archive(folder)

    def run(self) -> None:
        """Segment the chosen bands in another process."""
        try:
            tasks = plan_run(self.session)
        except SkysegError as error:
            self._fail(worded(error))
            return
        self.follower.start(segment_all, tasks, on_done=self._show)
        self._timer.start()
        self.panel.set_busy(True)
        self.panel.show_progress(0.0, "starting")
        self.panel.say("")

    def cancel(self) -> None:
        """End the process that segments; nothing it was writing appears."""
        self.follower.cancel()
        if self._reader is not None:
            self._reader.quit()
            self._finish("cancelled")

    def _finish(self, line: str) -> None:
        self._reader = None
        self.panel.set_busy(False)
        self.panel.say(line)

    def _finish_run(self, done: list[FinishedTask]) -> None:
        self._finish("\n".join(task.line for task in done))
        if failed := [task.line for task in done if task.failure is not None]:
            show_error("\n".join(failed))

    def _fail(self, text: str) -> None:
        self._finish(text)
        show_error(text)

    def _fail_reading(self, error: Exception) -> None:
        self._finish(worded(error) if isinstance(error, SkysegError) else "")
        show_failure(error)

    def _show(self, done: list[FinishedTask]) -> None:
        """Read the maps in a thread, and add each when it is ready."""
        self.panel.show_progress(1.0, "showing")
        assign_bands(self.viewer, self.session.data())
        give_all(done, self.session.data())
        roles: tuple[MapRole, ...] = ("SCI", "SEG", *self.session.maps)
        read = partial(
            read_layers,
            roles=roles,
            frames=list_frames(self.viewer.layers),
            shown=list_band_maps(self.viewer),
            outlined=get_setting("maps", "outlines", True),
        )
        self._reader = create_worker(
            _read_in_turn,
            read,
            [task.band for task in done if task.failure is None],
            self._drawn,
            _connect={
                "yielded": self._put,
                "returned": lambda _: self._finish_run(done),
                "errored": self._fail_reading,
            },
        )

    def _put(self, layer: Layer) -> None:
        if self._reader is None:
            return
        first = not len(self.viewer.layers)
        put_layer(self.viewer, layer)
        if first:
            self.viewer.fit_to_view()
        QTimer.singleShot(0, self._drawn.set)


def _warm_up() -> None:
    """Make what the first layers of a window wait for: libraries, and patterns that vispy keeps."""
    Labels(np.zeros((2, 2), np.uint8))
    Image(np.zeros((2, 2), np.float32))
    DashAtlas()


def _read_in_turn(
    read: Callable[[BandData], Iterator[Layer]], bands: list[BandData], drawn: Event
) -> Iterator[Layer]:
    """Read layers, and pause while the window draws one: both at once would make it wait."""
    for band in bands:
        for layer in read(band):
            drawn.clear()
            yield layer
            drawn.wait(_LONGEST_PAUSE)
