"""The Mask widget: the mask of a band shown, made, drawn and painted on, and saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info
from qtpy.compat import isalive
from qtpy.QtCore import Qt, Signal
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
    hide_mask,
    show_mask,
    start_drawing,
    start_painting,
    take_drawing,
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
        """Show the mask of the band, or take it away.

        Raises
        ------
        SkysegError
            If there is no band, or its mask cannot be read.
        """
        if not self.shown.isChecked():
            hide_mask(self.viewer)
            self.title.clear()
            self.legend.clear()
            return
        try:
            draft, info = self._open()
        except Exception:
            self.shown.setChecked(False)
            raise
        show_mask(self.viewer, draft.bits, info)
        self.title.setText(draft.title)
        self.legend.setText(_write_legend(draft))

    def draw(self, kind: Kind) -> None:
        """Let an ellipse or a polygon be drawn; it is kept until it is saved or cleared.

        Raises
        ------
        SkysegError
            If there is no band, no bit is chosen, or the mask cannot be read.
        """
        info = self._open()[1]
        chosen = self._find_bit()
        if chosen is None:
            raise ParameterError("what is drawn gets a bit", hint="choose one, or paint")
        start_drawing(self.viewer, info, kind, chosen)

    def start_painting(self) -> None:
        """Let the bit be painted on what is in view.

        Raises
        ------
        SkysegError
            If there is no band, it is out of view, or its mask cannot be read.
        """
        start_painting(self.viewer, self._open()[1], self._find_bit())

    def make_mask(self) -> None:
        """Have edges and stars found, and show them.

        Raises
        ------
        SkysegError
            If there is no band, or its mask cannot be read.
        """
        draft, _ = self._open()
        self._work(draft.make, "the mask is made")

    def save_mask(self) -> None:
        """Save what was drawn and painted as the band's mask.

        Raises
        ------
        SkysegError
            If nothing was drawn, or there is no band.
        """
        draft, info = self._open()
        take_drawing(self.viewer, info, draft)
        if not draft.unsaved:
            raise ParameterError("nothing is drawn", hint="draw or paint on the image")
        self._work(draft.save, "the mask is saved")

    def _work(self, work: Callable[[Progress], Any], said: str) -> None:
        """Do what takes a while in a thread, say how far it is, and show what has come out."""
        self._set_busy(True)

        def end(_: Any) -> None:
            self._set_busy(False)
            self.shown.setChecked(True)
            self.show_mask()
            show_info(said)
            self.session.events.exclude.emit(self.session.exclude)

        def fail(error: Exception) -> None:
            self._set_busy(False)
            self.title.setText("" if self.draft is None else self.draft.title)
            show_failure(error)

        run_in_thread(self, lambda: work(self._tell), end, fail)

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
            return active
        if self.draft is not None:
            known = self.draft.band
            for layer in find_layers(self.viewer, "SCI"):
                info = get_info(layer)
                if info is not None and info.band == known:
                    return info
        for layer in find_layers(self.viewer, "SCI"):
            info = get_info(layer)
            if info is None or info.band is None:
                continue
            if self.session.band in (ALL_BANDS, info.band.band):
                return info
        raise ParameterError("there is no band to mask", hint="run a band, or make it active")

    def _open(self) -> tuple[MaskDraft, MapInfo]:
        info = self._find_info()
        assert info.band is not None
        if self.draft is None or self.draft.band != info.band:
            self.draft = MaskDraft(info.band)
        return self.draft, info


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
