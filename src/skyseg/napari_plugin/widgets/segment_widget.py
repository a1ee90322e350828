"""The Segment widget: choose, run in another process, see the maps as layers."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
from skyseg.napari_plugin.canvas.preview_outlines import LivePreview
from skyseg.napari_plugin.layers.band_layers import assign_bands, put_layer, read_layers
from skyseg.napari_plugin.layers.finding import list_band_maps
from skyseg.napari_plugin.layers.layer_info import list_frames
from skyseg.napari_plugin.preferences import get_setting
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.panel.controls import Panel
from skyseg.panel.jobs import Done, Failed, Job, Noted, Progressed
from skyseg.panel.runs import FinishedTask, give_all, plan_run, segment_all
from skyseg.panel.session import Role
from skyseg.panel.sky_frame import SkyFrame
from skyseg.panel.wording import worded
from skyseg.products.names import root_of
from skyseg.settings import settings_file
from skyseg.survey import BandData

if TYPE_CHECKING:
    import napari

_POLL_MS = 50
_WIDTH = 330
_PATIENCE = 2.0
_MARGINS = 9, 4, 9, 4
_MAY_BREAK = "\u200b"
_ABOUT_PLACE = "{folder}. Set work_dir in {file} to choose another folder, then start napari anew."
_There = frozenset[tuple[BandData, str]]


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
        self.preview = LivePreview(self.viewer, self.session, self.panel.say, self)
        self._job: Job | None = None
        self._worker: Any = None
        self._shown = Event()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._hear)
        self._lay_out()
        self._name_place()
        self.session.events.method.connect(self._name_place)
        create_worker(_bring_in).start()

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
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self.setMinimumWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        layout.addLayout(self._below())

    def _below(self) -> QVBoxLayout:
        """Run and what it says: in view wherever the choices are scrolled to."""
        self.place = QLabel()
        self.place.setWordWrap(True)
        below = QVBoxLayout()
        below.setContentsMargins(*_MARGINS)
        for part in (self.panel.run, self.panel.bar, self.panel.message):
            below.addWidget(part.native)
        below.addWidget(self.place)
        return below

    def showEvent(self, event: QShowEvent) -> None:
        """Give the labels one width, which is known when the window's style is."""
        super().showEvent(event)
        for box in (self.panel.choices, self.panel.parameter_box):
            labels = box.native.findChildren(QLabel)
            width = max(label.sizeHint().width() for label in labels)
            for label in labels:
                label.setMinimumWidth(width)

    def _name_place(self) -> None:
        """Say where products go; by default that is where napari was started."""
        folder = root_of(self.session.method)
        home = Path.home()
        short = Path("~") / folder.relative_to(home) if folder.is_relative_to(home) else folder
        self.place.setText(f"Products go to {str(short).replace(os.sep, os.sep + _MAY_BREAK)}")
        self.place.setToolTip(_ABOUT_PLACE.format(folder=folder, file=settings_file()))

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
        self._job = Job(segment_all, tasks)
        self.destroyed.connect(self._job.cancel)
        self.panel.set_busy(True)
        self.panel.show_progress(0.0, "starting")
        self.panel.say("")
        self._timer.start()

    def cancel(self) -> None:
        """End the process that segments; nothing it was writing appears."""
        if self._job is not None:
            self._job.cancel()
        if self._worker is not None:
            self._worker.quit()
        self._rest("cancelled")

    def _rest(self, line: str) -> None:
        self._timer.stop()
        self._job = self._worker = None
        self.panel.set_busy(False)
        self.panel.say(line)

    def _fail(self, text: str) -> None:
        self._rest(text)
        show_error(text)

    def _hear(self) -> None:
        """Show what the other process has told."""
        for message in self._job.messages() if self._job else ():
            if isinstance(message, Progressed):
                self.panel.show_progress(message.part, message.text)
            elif isinstance(message, Noted):
                show_warning(worded(message.advice))
            elif isinstance(message, Failed):
                self._fail(worded(message.advice))
            elif isinstance(message, Done):
                self._show(message.result)

    def _show(self, runs: list[FinishedTask]) -> None:
        """Read the maps beside the window's own thread, and add each when it is ready."""
        self._timer.stop()
        self._job = None
        self.panel.show_progress(1.0, "showing")
        assign_bands(self.viewer, self.session.data())
        give_all(runs, self.session.data())
        wanted: tuple[Role, ...] = ("SCI", "SEG", *self.session.maps)
        worker = create_worker(
            _read_all,
            runs,
            wanted,
            list_frames(self.viewer.layers),
            list_band_maps(self.viewer),
            get_setting("maps", "outlines", True),
            self._shown,
        )
        worker.yielded.connect(self._put)
        worker.returned.connect(lambda _: self._rest("\n".join(run.line for run in runs)))
        worker.errored.connect(lambda error: self._fail(str(error)))
        self._worker = worker
        worker.start()

    def _put(self, layer: Layer) -> None:
        if self._worker is None:
            return
        first = not len(self.viewer.layers)
        put_layer(self.viewer, layer)
        if first:
            self.viewer.fit_to_view()
        QTimer.singleShot(0, self._shown.set)


def _bring_in() -> None:
    """Make what the first layers of a window wait for: libraries, and patterns that vispy keeps."""
    Labels(np.zeros((2, 2), np.uint8))
    Image(np.zeros((2, 2), np.float32))
    DashAtlas()


def _read_all(
    runs: list[FinishedTask],
    roles: tuple[Role, ...],
    frames: list[SkyFrame],
    there: _There,
    outlined: bool,
    shown: Event,
) -> Iterator[Layer]:
    """Read layers, and rest while the window shows one: both would take turns, and it waits."""
    for run in runs:
        for layer in read_layers(run.band, roles, frames, there, outlined=outlined):
            shown.clear()
            yield layer
            shown.wait(_PATIENCE)
