"""The Difference widget: two SEG maps compared, their changes stepped through, blinked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Labels, Layer
from napari.qt.threading import create_worker
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.notifications import show_error, show_warning
from qtpy.QtCore import QTimer
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

from skyseg.comparison import Comparison, compare
from skyseg.comparison.classes import CHANGES, KINDS, LEGEND
from skyseg.errors import ParameterError
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_data import describe_labels, make_label_levels
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info, list_frames
from skyseg.napari_plugin.notifications import report_errors
from skyseg.napari_plugin.preferences import get_setting
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.table_model import TableModel, make_table_view
from skyseg.panel.change_table import ChangeTable
from skyseg.panel.jobs import Done, Failed, Job, Noted, Progressed
from skyseg.panel.map_info import MapInfo
from skyseg.panel.runs import FinishedTask, plan_comparison, segment_all
from skyseg.panel.sky_frame import SkyFrame
from skyseg.panel.wording import worded

if TYPE_CHECKING:
    import napari

_POLL_MS, _BLINK_MS = 50, 500
_ALL = "all changes"


class DifferenceWidget(QWidget):
    """Compare two SEG layers, or the two error types of a band.

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
        self._job: Job | None = None
        self._make_widgets()
        self._lay_out()
        self._polling, self._blinking = QTimer(self), QTimer(self)
        self._polling.setInterval(_POLL_MS)
        self._blinking.setInterval(_BLINK_MS)
        self._listen()
        self.refresh()

    def _make_widgets(self) -> None:
        self.first, self.second, self.kinds = QComboBox(), QComboBox(), QComboBox()
        self.kinds.addItems([_ALL, *KINDS])
        self.compare = QPushButton("Compare")
        self.error_types = QPushButton("rms_err against wht of the band")
        self.legend, self.summary = QLabel(), QLabel()
        self.legend.setWordWrap(True)
        self.summary.setWordWrap(True)
        self.table = make_table_view(self.model)
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
        for widget in (self.compare, self.error_types, self.legend, self.summary, self.kinds):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        row = QHBoxLayout()
        for button in (self.previous, self.next, self.blink):
            row.addWidget(button)
        layout.addLayout(row)

    def _listen(self) -> None:
        self.compare.clicked.connect(report_errors(lambda *_: self.compare_layers()))
        self.error_types.clicked.connect(report_errors(lambda *_: self.compare_error_types()))
        self.kinds.currentTextChanged.connect(self._choose_kind)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._fly(now.row()))
        self.next.clicked.connect(lambda: self.step(1))
        self.previous.clicked.connect(lambda: self.step(-1))
        self.blink.toggled.connect(self._toggle_blink)
        self._blinking.timeout.connect(self._swap)
        self._polling.timeout.connect(self._hear)
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
            raise ParameterError("choose two segmentation maps that are not the same one")
        self._start(self.viewer.layers[names[0]], self.viewer.layers[names[1]])

    def compare_error_types(self) -> None:
        """Compare the two error types of the chosen band, made or loaded in another process.

        Raises
        ------
        SkysegError
            If no single band is chosen.
        """
        bands = self.session.bands() if self.session.survey else []
        if len(bands) != 1:
            raise ParameterError("choose one band in the Segment widget first")
        if self._job is not None:
            self._job.cancel()
        self._job = Job(segment_all, plan_comparison(self.session, bands[0]))
        self.destroyed.connect(self._job.cancel)
        self.summary.setText("segmenting")
        self._polling.start()

    def _hear(self) -> None:
        for message in self._job.messages() if self._job else ():
            if isinstance(message, Progressed):
                self.summary.setText(f"{message.part:.0%}  {message.text}")
            elif isinstance(message, Noted):
                show_warning(worded(message.advice))
            elif isinstance(message, Failed):
                self._polling.stop()
                self._fail(worded(message.advice))
            elif isinstance(message, Done):
                self._polling.stop()
                self._read(message.result)

    def _read(self, runs: list[FinishedTask]) -> None:
        """Add the SEG layers of both error types, then compare them."""
        outlined = get_setting("maps", "outlines", True)
        found: list[Layer] = []
        worker = create_worker(_seg_layers, runs, list_frames(self.viewer.layers), outlined)
        worker.yielded.connect(found.append)
        worker.yielded.connect(partial(put_layer, self.viewer))
        worker.returned.connect(lambda _: self._compare_both(*found))
        worker.errored.connect(lambda error: self._fail(str(error)))
        worker.start()

    def _compare_both(self, first: Layer, second: Layer) -> None:
        self.first.setCurrentText(first.name)
        self.second.setCurrentText(second.name)
        self._start(first, second)

    def _start(self, first: Layer, second: Layer) -> None:
        self.summary.setText("comparing")
        worker = create_worker(_compared, first, second)
        worker.returned.connect(lambda result: self._show(first, second, *result))
        worker.errored.connect(lambda error: self._fail(str(error)))
        worker.start()

    def _fail(self, text: str) -> None:
        self.summary.setText("")
        show_error(text)

    def _show(self, first: Labels, second: Labels, comparison: Comparison, layer: Layer) -> None:
        self.blink.setChecked(False)
        self.pair = first, second
        first.visible = second.visible = False
        if layer.name in self.viewer.layers:
            self.viewer.layers.remove(layer.name)
        self.viewer.layers.append(layer)
        self._differences = layer
        self.legend.setText(_legend(first.name, second.name))
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

    def _fly(self, row: int) -> None:
        info = get_info(self.pair[0]) if self.pair else None
        if info is not None and 0 <= row < self.model.rowCount():
            go_to_box(self.viewer, info, self.rows.box(row))

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

    def _swap(self) -> None:
        if self.pair is None or not all(layer in self.viewer.layers for layer in self.pair):
            self.blink.setChecked(False)
            return
        first, second = self.pair
        first.visible = not first.visible
        second.visible = not first.visible


def _name(first: str, second: str) -> str:
    """Name of a difference layer, such as ``"F444W DIFF rms_err - wht"``."""
    (band, _, words), (other, _, others) = first.partition(" SEG "), second.partition(" SEG ")
    if band == other and words and others:
        return f"{band} DIFF {words} - {others}"
    return f"DIFF {first} - {second}"


def _side(layer: Layer) -> Any:
    """Return what is compared: the band with its products where the layer shows them."""
    info = get_info(layer)
    if info is not None and info.band is not None and info.band.seg_path is not None:
        return info.band
    labels = get_full_map(layer)
    return labels if info is None or info.wcs is None else (labels, info.wcs)


def _compared(first: Labels, second: Labels) -> tuple[Comparison, Layer]:
    """Compare two maps, and make the layer of their differences."""
    comparison = compare(_side(first), _side(second))
    own = get_info(first)
    assert own is not None
    info = MapInfo("DIFF", own.shape, own.wcs, own.frame)
    levels = make_label_levels(comparison.difference_map)
    kind, arguments, name = describe_labels(levels, _name(first.name, second.name), info)
    return comparison, Layer.create(kind, {**arguments, "colormap": _colours()}, name)


def _seg_layers(
    runs: list[FinishedTask], frames: list[SkyFrame], outlined: bool
) -> Iterator[Layer]:
    for run in runs:
        yield from read_layers(run.band, ("SEG",), frames, outlined=outlined)


def _colours() -> DirectLabelColormap:
    colours: dict[int | None, str] = {entry.value.value: entry.colour for entry in LEGEND}
    return DirectLabelColormap(color_dict={**colours, 0: "transparent", None: "transparent"})


def _legend(first: str, second: str) -> str:
    lines = [f"a = {first}, b = {second}"]
    lines += [
        f'<span style="color:{entry.colour}">■</span> {entry.text}'
        for entry in LEGEND
        if entry.value != 0
    ]
    return "<br>".join(lines)
