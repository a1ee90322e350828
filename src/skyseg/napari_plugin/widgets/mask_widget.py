"""The Mask widget: the mask of a band shown, made, drawn and painted on, and saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info
from qtpy.compat import isalive
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from skyseg.engine.types import Progress
from skyseg.errors import ParameterError
from skyseg.napari_plugin.background_work import run_in_thread
from skyseg.napari_plugin.layers.finding import find_layers
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.layers.mask_layers import (
    clear_drawing,
    copy_drawing,
    hide_mask,
    make_mask_layer,
    show_mask,
    start_drawing,
    start_painting,
)
from skyseg.napari_plugin.notifications import report_errors, show_failure
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.map_info import MapInfo
from skyseg.panel.mask_draft import DRAWN_BITS, Kind, MaskDraft
from skyseg.panel.mask_looks import list_legend
from skyseg.panel.session import ALL_BANDS

if TYPE_CHECKING:
    import napari
    from napari.layers import Labels

    from skyseg.survey import BandData

_UNMASK = "none (unmask)"
_ABOUT_BIT = "What is drawn or painted gets this bit; none paints away the bits that are there"


class MaskWidget(QWidget):
    """The mask of the band whose layer is worked with.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.

    Attributes
    ----------
    draft : MaskDraft or None
        The mask that is shown or drawn on; None before.
    """

    # told from the thread in which a mask is made
    _progressed = Signal(str)

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        tab_together(self, "Mask", self.viewer)
        self.session = get_session(self.viewer)
        self.draft: MaskDraft | None = None
        self._band: BandData | None = None
        self._reading = Lock()
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.make, self.viewer)
        self._listen()

    def _make_widgets(self) -> None:
        self.title, self.legend = QLabel(""), QLabel("")
        for label in (self.title, self.legend):
            label.setWordWrap(True)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.shown = QCheckBox("Show mask")
        self.shown.setToolTip("Show the bits of the mask of the band whose layer is active")
        self.bit = QComboBox()
        self.bit.addItems([*(str(bit.name) for bit in DRAWN_BITS), _UNMASK])
        self.bit.setCurrentText("ARTEFACT")
        self.bit.setToolTip(_ABOUT_BIT)
        self.make = _make_button(
            "Make mask", "Find edges and stars; what was drawn and saved stays"
        )
        self.ellipse = _make_button("Draw ellipse", "Drag the box of an ellipse over the image")
        self.polygon = _make_button(
            "Draw polygon", "Click the corners, the last with a double click"
        )
        self.paint = _make_button("Paint", "Paint on what is in view with napari's brush")
        self.clear = _make_button("Clear drawing", "Take away what is not saved")
        self.save = _make_button(
            "Save mask", "Save the mask with what was drawn; the next run and Preview use it"
        )

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        top = QHBoxLayout()
        top.addWidget(self.shown)
        top.addWidget(self.make, 1)
        bit = QHBoxLayout()
        bit.addWidget(QLabel("Bit"))
        bit.addWidget(self.bit, 1)
        tools = QGridLayout()
        buttons = (self.ellipse, self.polygon, self.paint, self.clear)
        for number, button in enumerate(buttons):
            tools.addWidget(button, number // 2, number % 2)
        layout.addWidget(self.title)
        layout.addLayout(top)
        layout.addWidget(self.legend)
        layout.addLayout(bit)
        layout.addLayout(tools)
        layout.addWidget(self.save)
        layout.addStretch(1)

    def _listen(self) -> None:
        self.shown.toggled.connect(report_errors(lambda *_: self.show_mask()))
        self.make.clicked.connect(report_errors(lambda *_: self.make_mask()))
        self.ellipse.clicked.connect(report_errors(lambda *_: self.draw("ellipse")))
        self.polygon.clicked.connect(report_errors(lambda *_: self.draw("polygon")))
        self.paint.clicked.connect(report_errors(lambda *_: self.start_painting()))
        self.clear.clicked.connect(lambda: clear_drawing(self.viewer))
        self.save.clicked.connect(report_errors(lambda *_: self.save_mask()))
        self._progressed.connect(self.title.setText)

    def show_mask(self) -> None:
        """Show the mask of the band, which is read in a thread, or take it away.

        Raises
        ------
        SkysegError
            If there is no band.
        """
        if not self.shown.isChecked():
            hide_mask(self.viewer)
            self.title.clear()
            self.legend.clear()
            return
        try:
            info = self._find_info()
        except ParameterError:
            self.shown.setChecked(False)
            raise
        self.title.setText("reading the mask")

        def fail(error: Exception) -> None:
            self._tell_title()
            self.shown.setChecked(False)
            show_failure(error)

        run_in_thread(self, lambda: _view(self._open(info), info), self._show, fail)

    def _show(self, view: _View) -> None:
        if self.shown.isChecked():
            show_mask(self.viewer, view.layer)
            self.title.setText(view.draft.title)
            self.legend.setText(view.legend)

    def draw(self, kind: Kind) -> None:
        """Let an ellipse or a polygon be drawn; it is kept until it is saved or cleared.

        Raises
        ------
        SkysegError
            If there is no band, or no bit is chosen.
        """
        info = self._find_info()
        chosen = self._find_bit()
        if chosen is None:
            raise ParameterError("what is drawn gets a bit", hint="choose one, or paint")
        start_drawing(self.viewer, info, kind, chosen)

    def start_painting(self) -> None:
        """Let the bit be painted on what is in view.

        Raises
        ------
        SkysegError
            If there is no band, or it is out of view.
        """
        start_painting(self.viewer, self._find_info(), self._find_bit())

    def make_mask(self) -> None:
        """Have edges and stars found, and show them.

        Raises
        ------
        SkysegError
            If there is no band.
        """
        self._work(self._find_info(), MaskDraft.make, "the mask is made")

    def save_mask(self) -> None:
        """Save what was drawn and painted as the band's mask.

        Raises
        ------
        SkysegError
            If there is no band.
        """
        info = self._find_info()
        enter = copy_drawing(self.viewer, info)
        self._set_busy(True)
        self._let_draw(False)

        def take() -> None:
            draft = self._open(info)
            enter(draft)
            if not draft.unsaved:
                raise ParameterError("nothing is drawn", hint="draw or paint on the image")

        def go_on(_: None) -> None:
            self._let_draw(True)
            clear_drawing(self.viewer)
            self._work(info, MaskDraft.save, "the mask is saved")

        run_in_thread(self, take, go_on, self._fail)

    def _let_draw(self, may: bool) -> None:
        """Let nothing be drawn that would be neither taken nor kept."""
        for button in (self.ellipse, self.polygon, self.paint, self.clear):
            button.setEnabled(may)

    def _work(self, info: MapInfo, work: Callable[[MaskDraft, Progress], Any], said: str) -> None:
        """Do what takes a while in a thread, say how far it is, and show what has come out."""
        self._set_busy(True)

        def do() -> _View:
            draft = self._open(info)
            work(draft, self._tell)
            return _view(draft, info)

        def end(view: _View) -> None:
            self._set_busy(False)
            with QSignalBlocker(self.shown):
                self.shown.setChecked(True)
            self._show(view)
            show_info(said)
            self.session.events.exclude.emit(self.session.exclude)

        run_in_thread(self, do, end, self._fail)

    def _fail(self, error: Exception) -> None:
        self._set_busy(False)
        self._let_draw(True)
        self._tell_title()
        show_failure(error)

    def _tell_title(self) -> None:
        self.title.setText("" if self.draft is None else self.draft.title)

    def _tell(self, part: float, text: str) -> None:
        """Say, from any thread, how far a mask is that is being made."""
        if isalive(self):
            self._progressed.emit(f"{text}, {part:.0%}")

    def _set_busy(self, busy: bool) -> None:
        self.make.setEnabled(not busy)
        self.save.setEnabled(not busy)

    def _find_bit(self) -> Any:
        name = self.bit.currentText()
        return next((bit for bit in DRAWN_BITS if bit.name == name), None)

    def _find_info(self) -> MapInfo:
        """Return the map that is drawn on: of the active layer, else of the chosen band."""
        active = get_info(self.viewer.layers.selection.active)
        if active is not None and active.band is not None:
            self._band = active.band
            return active
        if self._band is not None:
            for layer in find_layers(self.viewer, "SCI"):
                info = get_info(layer)
                if info is not None and info.band == self._band:
                    return info
        for layer in find_layers(self.viewer, "SCI"):
            info = get_info(layer)
            if info is None or info.band is None:
                continue
            if self.session.band in (ALL_BANDS, info.band.band):
                self._band = info.band
                return info
        raise ParameterError("there is no band to mask", hint="run a band, or make it active")

    def _open(self, info: MapInfo) -> MaskDraft:
        """Return the draft of a band's mask, which is read once, in the thread that asks."""
        assert info.band is not None
        with self._reading:
            if self.draft is None or self.draft.band != info.band:
                self.draft = MaskDraft(info.band)
            return self.draft


@dataclass(frozen=True)
class _View:
    """A mask, and what is shown of it."""

    draft: MaskDraft
    layer: Labels
    legend: str


def _view(draft: MaskDraft, info: MapInfo) -> _View:
    return _View(draft, make_mask_layer(draft.bits, info), _write_legend(draft))


def _write_legend(draft: MaskDraft) -> str:
    """Write the bits of a mask, their colours and pixels, as rich text."""
    return " &nbsp; ".join(
        f'<span style="color:{each.colour}">■</span>&nbsp;{each.name}&nbsp;{each.pixels}'
        for each in list_legend(draft.bits)
    )


def _make_button(text: str, about: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(about)
    return button
