"""The View widget: how maps are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from qtpy.QtWidgets import QComboBox, QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from skyseg.display.scales import COLORMAPS, CUTS, STRETCHES
from skyseg.napari_plugin.layers.finding import find_shown_map
from skyseg.napari_plugin.layers.layer_data import choose_role
from skyseg.napari_plugin.layers.layer_info import ARRAY, get_info
from skyseg.napari_plugin.layers.looks import list_bands
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.napari_plugin.widgets.focus import guide_keys
from skyseg.napari_plugin.widgets.tabs import tab_together
from skyseg.panel.display_model import COLOUR_BY, LABEL_STYLES, Display

if TYPE_CHECKING:
    import napari

_ROLES = ("SCI", "ERR", "WHT", "BKG")
_OWN = "each band's own"
_COLOURS = "Red", "Green", "Blue"


class ViewWidget(QWidget):
    """Scales of images, looks of SEG maps, and a colour image of three bands.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The window.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.viewer = unwrap_viewer(napari_viewer)
        tab_together(self, "View", self.viewer)
        self.session = get_session(self.viewer)
        self._chosen = False
        self._bands: dict[str, str] = {}
        self._make_widgets()
        self._lay_out()
        guide_keys(self, self.role, self.viewer)
        self._listen()
        self.refresh()

    def _make_widgets(self) -> None:
        self.role = _make_box(_ROLES, "The maps whose scale is chosen; follows the active layer")
        self.colormap = _make_box(COLORMAPS, "Colours from the lower to the upper cut")
        self.stretch = _make_box(
            STRETCHES, "How values between the cuts are drawn; asinh shows faint and bright"
        )
        self.cuts = _make_box(
            CUTS,
            "Values drawn first and last: found in each image by its noise (auto), or by a "
            "percentage of its pixels; by hand where a layer's contrast limits were set",
        )
        self.style = _make_box(LABEL_STYLES, "How SEG maps are drawn")
        self.colours = _make_box(COLOUR_BY, "A colour for each source, or for each map")
        self.outlines = _make_box((), "Show one band's SEG map over all bands")
        self.rgb = [_make_box((), f"The band that is {name.lower()}") for name in _COLOURS]
        self.show_rgb = QPushButton("Show in colour")
        self.show_rgb.setCheckable(True)
        self.show_rgb.setToolTip("A layer of three bands, each scaled by its own noise")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, box in (
            ("Maps", self.role),
            ("Colormap", self.colormap),
            ("Stretch", self.stretch),
            ("Cuts", self.cuts),
            ("SEG maps", self.style),
            ("Colour by", self.colours),
            ("Outlines of", self.outlines),
            *zip(_COLOURS, self.rgb, strict=True),
        ):
            name = QLabel(label)
            name.setToolTip(box.toolTip())
            form.addRow(name, box)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.show_rgb)
        layout.addStretch(1)

    def _listen(self) -> None:
        self.role.currentIndexChanged.connect(lambda _: self._show(self.session.display))
        for name in ("colormap", "stretch", "cuts"):
            box: QComboBox = getattr(self, name)
            box.textActivated.connect(lambda text, name=name: self._scale(**{name: text}))
        self.style.textActivated.connect(lambda text: self._change(label_style=text))
        self.colours.textActivated.connect(lambda text: self._change(colour_by=text))
        self.outlines.activated.connect(
            lambda _: self._change(outlines_of=self.outlines.currentData())
        )
        self.show_rgb.toggled.connect(self._toggle_rgb)
        for box in self.rgb:
            box.activated.connect(lambda _: self._choose_rgb())
            box.activated.connect(lambda _: self._toggle_rgb(self.show_rgb.isChecked()))
        self.session.events.display.connect(self._show)
        layers = self.viewer.layers
        for events in (layers.events.inserted, layers.events.removed):
            events.connect(self.refresh)
        layers.events.inserted.connect(self._follow_field)
        for layer in layers:
            layer.events.visible.connect(self._show_field)
        layers.selection.events.active.connect(self._follow_active)
        self.destroyed.connect(_leaver(self.session.events.display.disconnect, self._show))

    def refresh(self, event: Any = None) -> None:
        """Offer the bands that the window has of the field that is shown."""
        shown = find_shown_map(self.viewer)
        _offer(self.outlines, {"": _OWN, **list_bands(self.viewer, "SEG", shown)})
        self._bands = bands = list_bands(self.viewer, "SCI", shown)
        self._chosen &= all(box.currentData() in bands for box in self.rgb)
        for number, box in enumerate(self.rgb):
            _offer(box, bands)
            if not self._chosen and bands:  # the longest wavelength is red
                box.setCurrentIndex(round((len(bands) - 1) * (2 - number) / 2))
        self.show_rgb.setEnabled(bool(bands))
        self._show(self.session.display)

    def _follow_field(self, event: Any) -> None:
        event.value.events.visible.connect(self._show_field)

    def _show_field(self) -> None:
        """Offer others where another field is shown."""
        if list_bands(self.viewer, "SCI", find_shown_map(self.viewer)) != self._bands:
            self.refresh()

    def _follow_active(self, event: Any = None) -> None:
        layer = self.viewer.layers.selection.active
        info = get_info(layer)
        if isinstance(layer, Image) and not layer.rgb and info and info.role != ARRAY:
            self.role.setCurrentText(choose_role(info))

    def _show(self, display: Display) -> None:
        """Show what is so, whoever changed it."""
        scale = display.scale_of(self.role.currentText())
        shown = {
            self.colormap: scale.colormap,
            self.stretch: scale.stretch,
            self.cuts: scale.cuts,
            self.style: display.label_style,
            self.colours: display.colour_by,
        }
        for box, text in shown.items():
            box.setCurrentText(text)
        self.outlines.setCurrentIndex(max(self.outlines.findData(display.outlines_of), 0))
        here = bool(display.rgb) and set(display.rgb) <= set(self._bands)
        for box, band in zip(self.rgb, display.rgb if here else (), strict=False):
            box.setCurrentIndex(box.findData(band))
        self.show_rgb.blockSignals(True)
        self.show_rgb.setChecked(here)
        self.show_rgb.blockSignals(False)

    def _scale(self, **changes: str) -> None:
        self.session.display = self.session.display.with_scale(self.role.currentText(), **changes)

    def _change(self, **changes: Any) -> None:
        self.session.display = self.session.display.replace(**changes)

    def _toggle_rgb(self, shown: bool) -> None:
        self._change(rgb=tuple(box.currentData() for box in self.rgb) if shown else ())

    def _choose_rgb(self) -> None:
        self._chosen = True


def _make_box(choices: Sequence[str], tooltip: str) -> QComboBox:
    box = QComboBox()
    box.addItems(list(choices))
    box.setToolTip(tooltip)
    return box


def _offer(box: QComboBox, choices: Mapping[str, str]) -> None:
    """Offer other bands; what was chosen stays where it is still among them."""
    chosen = box.currentData()
    box.clear()
    for band, name in choices.items():
        box.addItem(name, band)
    box.setCurrentIndex(max(box.findData(chosen), 0))


def _leaver(leave: Callable[..., Any], slot: Callable[..., Any]) -> Callable[..., None]:
    return lambda *_: leave(slot)
