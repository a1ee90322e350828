"""The Difference widget: two SEG maps compared, their changes stepped through, blinked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Labels, Layer
from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import QModelIndex, QTimer
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.comparison import Comparison
from skyseg.comparison.classes import CHANGES, KINDS
from skyseg.errors import ParameterError
from skyseg.napari_plugin.background_work import FollowerTimer, run_in_thread
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.difference_layer import compare_layers, write_legend
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_info import get_info, list_frames
from skyseg.napari_plugin.notifications import report_errors, show_failure
from skyseg.napari_plugin.preferences import get_setting
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.table_model import TableModel, TableView
from skyseg.panel.change_table import ChangeTable
from skyseg.panel.compared_runs import list_compared_runs
from skyseg.panel.following import JobFollower
from skyseg.panel.runs import FinishedTask, plan_comparison, segment_to_compare

if TYPE_CHECKING:
    import napari

_BLINK_MS = 500
_ALL = "all changes"


class DifferenceWidget(QWidget):
    """Compare two SEG layers, or two runs of a band.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        self.session = get_session(self.viewer)
        self.rows = ChangeTable()
        self.model = TableModel(self.rows)
        self.pair: tuple[Labels, Labels] | None = None
        self._differences: Layer | None = None
        self._make_widgets()
        self._lay_out()
        self.follower = JobFollower(
            on_progress=lambda part, text: self.summary.setText(f"{part:.0%}  {text}"),
            on_note=show_warning,
            on_failed=self._fail,
            on_cancelled=lambda: self.summary.setText("cancelled"),
        )
        self._timer = FollowerTimer(self.follower, self)
        self._blinking = QTimer(self)
        self._blinking.setInterval(_BLINK_MS)
        self._listen()
        self.refresh()

    def _make_widgets(self) -> None:
        self.first, self.second, self.kinds = QComboBox(), QComboBox(), QComboBox()
        self.kinds.addItems([_ALL, *KINDS])
        self.compare = QPushButton("Compare")
        self.runs = QComboBox(), QComboBox()
        for box in self.runs:
            for run in list_compared_runs():
                box.addItem(run.label, run)
        self.compare_runs = QPushButton()
        self._show_runs()
        self.legend, self.summary = QLabel(), QLabel()
        self.legend.setWordWrap(True)
        self.summary.setWordWrap(True)
        self.table = TableView(self.model)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.previous, self.next = QPushButton("Previous"), QPushButton("Next")
        self.blink = QPushButton("Blink")
        self.blink.setCheckable(True)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("a", self.first)
        form.addRow("b", self.second)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        for widget in (
            self.compare,
            *self.runs,
            self.compare_runs,
            self.legend,
            self.summary,
            self.kinds,
        ):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        row = QHBoxLayout()
        for button in (self.previous, self.next, self.blink):
            row.addWidget(button)
        layout.addLayout(row)

    def _listen(self) -> None:
        self.compare.clicked.connect(report_errors(lambda *_: self.compare_layers()))
        self.compare_runs.clicked.connect(report_errors(lambda *_: self.compare_band_runs()))
        for place, box in enumerate(self.runs):
            box.currentIndexChanged.connect(partial(self._choose_run, place))
        self.session.events.difference.connect(self._show_runs)
        self.kinds.currentTextChanged.connect(self._choose_kind)
        self.table.selectionModel().currentRowChanged.connect(self._go_to_row)
        self.next.clicked.connect(lambda: self.step(1))
        self.previous.clicked.connect(lambda: self.step(-1))
        self.blink.toggled.connect(self._toggle_blink)
        self._blinking.timeout.connect(self._swap_shown)
        layers = self.viewer.layers
        layers.events.inserted.connect(self.refresh)
        layers.events.removed.connect(self.refresh)

    def refresh(self, event: Any = None) -> None:
        """Offer the SEG layers that are there."""
        names = [layer.name for layer in find_layers(self.viewer, "SEG")]
        for box, default in ((self.first, -1), (self.second, 0)):
            before = box.currentText()
            box.clear()
            box.addItems(names)
            if names:
                box.setCurrentText(before if before in names else names[default])

    def compare_layers(self) -> None:
        """Compare the two chosen layers.

        Raises
        ------
        ParameterError
            If they are not two.
        """
        names = self.first.currentText(), self.second.currentText()
        if not all(names) or names[0] == names[1]:
            raise ParameterError(
                "two different segmentation maps are needed",
                hint="choose another in a box",
            )
        self._start(self.viewer.layers[names[0]], self.viewer.layers[names[1]])

    def _choose_run(self, place: int, index: int) -> None:
        self.session.choose_compared_run(place, self.runs[place].itemData(index))

    def _show_runs(self) -> None:
        first, second = self.session.difference
        for box, run in zip(self.runs, (first, second), strict=True):
            box.setCurrentText(run.label)
        self.compare_runs.setText(f"{first.label} against {second.label} of the band")

    def compare_band_runs(self) -> None:
        """Compare the two chosen runs of the chosen band, made or loaded in another process.

        Raises
        ------
        SkysegError
            If no single band is chosen, or the two runs are the same.
        """
        bands = self.session.bands() if self.session.survey else []
        if len(bands) != 1:
            raise ParameterError("no single band is chosen", hint="choose one in Segment")
        tasks = plan_comparison(self.session, bands[0])
        self.follower.start(segment_to_compare, tasks, on_done=self._read)
        self._timer.start()
        self.summary.setText("segmenting")

    def _read(self, done: list[FinishedTask]) -> None:
        """Add the SEG layers of both runs, then compare them."""
        outlined = get_setting("maps", "outlines", True)
        frames = list_frames(self.viewer.layers)
        run_in_thread(
            self,
            lambda: [
                layer
                for task in done
                for layer in read_layers(task.band, ("SEG",), frames, outlined=outlined)
            ],
            self._compare_both,
            self._fail_working,
        )

    def _compare_both(self, layers: list[Layer]) -> None:
        for box, layer in zip((self.first, self.second), layers, strict=True):
            put_layer(self.viewer, layer)
            box.setCurrentText(layer.name)
        self._start(*layers)

    def _start(self, first: Layer, second: Layer) -> None:
        self.summary.setText("comparing")
        run_in_thread(
            self,
            lambda: compare_layers(first, second),
            lambda result: self._show(first, second, *result),
            self._fail_working,
        )

    def _fail(self, text: str) -> None:
        self.summary.setText("")
        show_error(text)

    def _fail_working(self, error: Exception) -> None:
        self.summary.setText("")
        show_failure(error)

    def _show(self, first: Labels, second: Labels, comparison: Comparison, layer: Layer) -> None:
        self.blink.setChecked(False)
        self.pair = first, second
        first.visible = second.visible = False
        if layer.name in self.viewer.layers:
            self.viewer.layers.remove(layer.name)
        self.viewer.layers.append(layer)
        self._differences = layer
        self.legend.setText(write_legend(first.name, second.name))
        counts = ", ".join(f"{number} {kind}" for kind, number in comparison.counts.items())
        self.summary.setText(counts)
        self.rows.show(comparison)
        self.model.refresh()
        self.table.resizeColumnsToContents()

    def _choose_kind(self, text: str) -> None:
        self.rows.choose_kinds(tuple(kind for kind in KINDS if kind == text) or CHANGES)
        self.model.refresh()

    def step(self, by: int) -> None:
        """Go to the change that many rows further."""
        rows = self.model.rowCount()
        if rows:
            current = self.table.currentIndex().row()
            row = (current + by) % rows if current >= 0 else 0
            self.table.selectRow(row)

    def _go_to_row(self, current: QModelIndex, _: QModelIndex) -> None:
        row = current.row()
        info = get_info(self.pair[0]) if self.pair else None
        if info is not None and 0 <= row < self.model.rowCount():
            go_to_box(self.viewer, info, self.rows.get_box(row))

    def _toggle_blink(self, on: bool) -> None:
        """Show the two maps in turn, and else the differences."""
        if self.pair is None or self._differences is None:
            self.blink.setChecked(False)
            return
        self._differences.visible = not on
        self.pair[0].visible, self.pair[1].visible = on, False
        if on:
            self._blinking.start()
        else:
            self._blinking.stop()

    def _swap_shown(self) -> None:
        if self.pair is None or not all(layer in self.viewer.layers for layer in self.pair):
            self.blink.setChecked(False)
            return
        first, second = self.pair
        first.visible = not first.visible
        second.visible = not first.visible
