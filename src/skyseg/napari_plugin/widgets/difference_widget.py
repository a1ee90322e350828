"""The Difference widget: two SEG maps compared, their changes stepped through, blinked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Labels, Layer
from napari.utils.notifications import show_error, show_warning
from napari.utils.theme import get_theme
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.comparison import Comparison
from skyseg.errors import ParameterError
from skyseg.napari_plugin.background_work import FollowerTimer, run_in_thread
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.layers.band_layers import assign_bands, put_layer, read_layers
from skyseg.napari_plugin.layers.difference_layer import (
    compare_layers,
    show_image_below,
    write_legend,
)
from skyseg.napari_plugin.layers.finding import find_layers, list_band_maps
from skyseg.napari_plugin.layers.layer_info import get_info, list_frames
from skyseg.napari_plugin.notifications import report_errors, show_failure
from skyseg.napari_plugin.preferences import get_setting
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.blink_bar import BlinkBar
from skyseg.napari_plugin.widgets.changes_view import ChangesView
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.compared_files import ComparedPair, find_compared_files
from skyseg.panel.compared_runs import list_compared_runs
from skyseg.panel.following import JobFollower
from skyseg.panel.runs import FinishedTask, plan_comparison, segment_to_compare
from skyseg.panel.wording import PANEL

if TYPE_CHECKING:
    import napari

_FILE = "open a file…"
_FILES = "FITS (*.fits *.fits.gz *.fits.fz);;All files (*)"


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
        tab_together(self, "Difference", self.viewer)
        self.session = get_session(self.viewer)
        self.pair: tuple[Labels, Labels] | None = None
        self._differences: Layer | None = None
        self._counts = ""
        self._compared: ComparedPair | None = None
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.compare_runs, self.viewer)
        self.follower = JobFollower(
            on_progress=lambda part, text: self.summary.setText(f"{part:.0%}  {text}"),
            on_note=show_warning,
            on_failed=self._fail,
            on_cancelled=lambda: self.summary.setText("cancelled"),
        )
        self._timer = FollowerTimer(self.follower, self)
        self._listen()
        self.refresh()

    def _make_widgets(self) -> None:
        self.first, self.second = QComboBox(), QComboBox()
        for name, box in zip("ab", (self.first, self.second), strict=True):
            box.setToolTip(f"Segmentation map {name} of the comparison: a layer, or a file")
        self.compare = QPushButton("Compare")
        self.compare.setToolTip("Compare the two maps above, on one grid or on two that overlap")
        self.runs = QComboBox(), QComboBox()
        for name, box in zip("ab", self.runs, strict=True):
            box.setToolTip(f"Run {name} of the band chosen in Segment: error type and method")
            for run in list_compared_runs():
                box.addItem(run.label, run)
        self.compare_runs = QPushButton()
        self.compare_runs.setToolTip("Compare the two runs; what is not there is made")
        self._show_runs()
        self.legend, self.summary = QLabel(), QLabel()
        self.legend.setWordWrap(True)
        self.summary.setWordWrap(True)
        self.changes = ChangesView(lambda: get_theme(self.viewer.theme).background.as_hex("long"))
        self.blink = BlinkBar(self.viewer, lambda: self.pair or ())

    def _lay_out(self) -> None:
        maps, runs = QFormLayout(), QFormLayout()
        for name, box, run in zip("ab", (self.first, self.second), self.runs, strict=True):
            maps.addRow(f"map {name}", box)
            runs.addRow(f"run {name}", run)
        layout = QVBoxLayout(self)
        layout.addLayout(maps)
        layout.addWidget(self.compare)
        layout.addLayout(runs)
        for widget in (self.compare_runs, self.legend, self.summary):
            layout.addWidget(widget)
        layout.addWidget(self.changes, 1)
        layout.addWidget(self.blink)

    def _listen(self) -> None:
        self.compare.clicked.connect(report_errors(lambda *_: self.compare_layers()))
        self.compare_runs.clicked.connect(report_errors(lambda *_: self.compare_band_runs()))
        for place, run in enumerate(self.runs):
            run.currentIndexChanged.connect(partial(self._choose_run, place))
        for box in (self.first, self.second):
            box.activated.connect(report_errors(lambda _, box=box: self._open_chosen(box)))
        self.session.events.difference.connect(self._show_runs)
        self.changes.reached.connect(self._go_to_row)
        layers = self.viewer.layers
        layers.events.inserted.connect(self.refresh)
        layers.events.removed.connect(self.refresh)

    def refresh(self, event: Any = None) -> None:
        """Offer the SEG layers that are there; forget a comparison whose layer is gone."""
        names = [layer.name for layer in find_layers(self.viewer, "SEG")]
        for box, default in ((self.first, -1), (self.second, 0)):
            before = box.currentText()
            box.clear()
            box.addItems([*names, _FILE])
            if names:
                box.setCurrentText(before if before in names else names[default])
        if self._differences is not None and self._differences not in self.viewer.layers:
            self._forget()
        self._compare_again()

    def _compare_again(self) -> None:
        """Compare what a session that was opened compares, once both maps are there."""
        wanted = self.session.compared
        if wanted is None or wanted == self._compared:
            return
        layers = {
            (file.path, file.ext): layer
            for layer in find_layers(self.viewer, "SEG")
            if (info := get_info(layer)) is not None and (file := info.find_file()) is not None
        }
        first, second = (layers.get((each.path, each.ext)) for each in wanted)
        if first is not None and second is not None:
            self._compared = wanted
            self.first.setCurrentText(first.name)
            self.second.setCurrentText(second.name)
            self._start(first, second)

    def _open_chosen(self, box: QComboBox) -> None:
        """Open a file where that is what was chosen, and choose its map."""
        if box.currentText() != _FILE:
            return
        path = QFileDialog.getOpenFileName(self, "Open a segmentation map", "", _FILES)[0]
        self.refresh()
        if path:
            self.open_map(box, path)

    def open_map(self, box: QComboBox, path: str) -> None:
        """Open a segmentation map, and choose it as one of the two that are compared.

        Raises
        ------
        SkysegError
            If it cannot be read, or holds no segmentation map.
        """
        opened = self.viewer.open(path, plugin="skyseg")
        maps = [layer for layer in opened if layer in find_layers(self.viewer, "SEG")]
        if not maps:
            raise ParameterError(f"{path} holds no segmentation map", hint="choose another")
        box.setCurrentText(maps[0].name)

    def compare_layers(self) -> None:
        """Compare the two chosen layers.

        Raises
        ------
        ParameterError
            If they are not two.
        """
        names = self.first.currentText(), self.second.currentText()
        if not all(name in self.viewer.layers for name in names) or names[0] == names[1]:
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
        chosen = self.session.survey or self.session.files
        bands = self.session.bands() if chosen else []
        if len(bands) != 1:
            raise ParameterError("no single band is chosen", hint="choose one in Segment")
        tasks = plan_comparison(self.session, bands[0])
        self.follower.start(segment_to_compare, tasks, on_done=self._read)
        self._timer.start()
        self.summary.setText("segmenting")

    def _read(self, done: list[FinishedTask]) -> None:
        """Add the band's image and the SEG layers of both runs, then compare these."""
        assign_bands(self.viewer, [task.band for task in done])
        read = partial(
            read_layers,
            roles=("SCI", "SEG"),
            frames=list_frames(self.viewer.layers),
            outlined=get_setting("maps", "outlines", True),
        )
        shown = list_band_maps(self.viewer), frozenset({(done[0].band, "SCI")})
        run_in_thread(
            self,
            lambda: [
                layer
                for task, known in zip(done, shown, strict=True)
                for layer in read(task.band, shown=known)
            ],
            self._compare_both,
            self._fail_working,
        )

    def _compare_both(self, layers: list[Layer]) -> None:
        for layer in layers:
            put_layer(self.viewer, layer)
        first, second = layers[-2:]
        self.first.setCurrentText(first.name)
        self.second.setCurrentText(second.name)
        self._start(first, second)

    def _start(self, first: Layer, second: Layer) -> None:
        self.summary.setText("comparing")
        run_in_thread(
            self,
            lambda: compare_layers(first, second),
            lambda result: self._show(first, second, *result),
            self._fail_working,
        )

    def _fail(self, text: str) -> None:
        self.summary.setText(self._counts)
        show_error(text)

    def _fail_working(self, error: Exception) -> None:
        self.summary.setText(self._counts)
        show_failure(error)

    def _show(self, first: Labels, second: Labels, comparison: Comparison, layer: Layer) -> None:
        """Show a comparison alone: no other's colours stay under its legend."""
        self.blink.stop()
        if self._differences is not None and self._differences in self.viewer.layers:
            self.viewer.layers.remove(self._differences)
        for role in ("DIFF", "SEG"):
            for other in find_layers(self.viewer, role):
                other.visible = False
        own = get_info(first)
        if own is not None:
            show_image_below(self.viewer, own)
        self.pair = first, second
        self.viewer.layers.append(layer)
        self._differences = layer
        self.legend.setText(write_legend(comparison.a.name, comparison.b.name))
        counts = ", ".join(f"{number} {kind}" for kind, number in comparison.counts.items())
        self._counts = "\n".join([counts, *(note.worded(PANEL) for note in comparison.advice)])
        self.summary.setText(self._counts)
        self.changes.show_comparison(comparison)
        self._compared = self.session.compared = find_compared_files(comparison)

    def _forget(self) -> None:
        self.blink.stop()
        self.pair = self._differences = None
        self._counts = ""
        self.legend.clear()
        self.summary.clear()
        self.changes.show_comparison(None)
        self._compared = self.session.compared = None

    def _go_to_row(self, row: int) -> None:
        info = get_info(self._differences)
        if info is not None:
            go_to_box(self.viewer, info, self.changes.rows.get_box(row))
