"""The View widget in a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Image
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QComboBox

from skyseg import Data
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.layer_info import KEY, get_info, list_frames
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.view_widget import ViewWidget

from .conftest import show

Until = Callable[..., None]


@pytest.fixture
def view(window: Any, bands: Data) -> ViewWidget:
    for band in bands:
        show(window, band)
    return ViewWidget(window)


def choose(box: QComboBox, text: str) -> None:
    """Choose as a person does."""
    box.setCurrentText(text)
    assert box.currentText() == text
    box.textActivated.emit(text)
    box.activated.emit(box.currentIndex())


def rgb_layers(viewer: Any) -> list[Image]:
    return [each for each in viewer.layers if isinstance(each, Image) and each.rgb]


def test_what_is_chosen_is_the_session_s_and_what_changes_elsewhere_is_shown(
    view: ViewWidget,
) -> None:
    session = view.session
    choose(view.stretch, "log")
    choose(view.colours, "map")
    assert session.display.scale_of("SCI").stretch == "log"
    assert session.display.colour_by == "map"
    layer = next(each for each in view.viewer.layers if isinstance(each, Image))
    layer.contrast_limits = (0.0, 0.3)
    assert view.cuts.currentText() == "by hand"
    session.display = session.display.replace(label_style="filled")
    assert view.style.currentText() == "filled"


def test_the_scale_is_that_of_the_active_layer(view: ViewWidget, bands: Data) -> None:
    viewer = view.viewer
    frames = list_frames(viewer.layers)
    for layer in read_layers(bands["F444W"], ("WHT",), frames, outlined=True):
        put_layer(viewer, layer)
        viewer.layers.selection.active = layer
    assert view.role.currentText() == "WHT"
    assert view.colormap.currentText() == "viridis"
    choose(view.colormap, "gray")
    assert layer.colormap.name == "gray"
    assert all(
        each.colormap.name.startswith("gray asinh")
        for each in viewer.layers
        if (info := get_info(each)) and info.role == "SCI"
    )


def test_one_band_s_outlines_are_shown_over_all(view: ViewWidget) -> None:
    bands = [view.outlines.itemText(number) for number in range(view.outlines.count())]
    assert len(bands) == 3
    choose(view.outlines, bands[1])
    shown = [
        each.name
        for each in view.viewer.layers
        if each.visible and (info := get_info(each)) and info.role == "SEG"
    ]
    assert len(shown) == 1
    assert view.viewer.layers[-1].name == shown[0]


def test_three_bands_are_a_layer_in_colour_on_the_pixels_of_the_red_one(
    view: ViewWidget, until: Until
) -> None:
    assert [box.currentText()[-5:] for box in view.rgb] == ["F444W", "F115W", "F115W"]
    view.show_rgb.setChecked(True)
    until(lambda: rgb_layers(view.viewer))
    (layer,) = rgb_layers(view.viewer)
    red = next(each for each in view.viewer.layers if each.name.endswith("F444W SCI"))
    assert layer.data[0].shape == (*red.data[0].shape, 3)
    assert [level.shape[:2] for level in layer.data] == [level.shape for level in red.data]
    np.testing.assert_allclose(layer.affine.affine_matrix, red.affine.affine_matrix)
    view.show_rgb.setChecked(False)
    assert not rgb_layers(view.viewer)


def test_the_longest_wavelength_is_red_in_whatever_order_files_are_opened(
    window: Any, imaging_dir: Path
) -> None:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"
    for band in ("f444w", "f115w"):
        window.open(folder / f"uds-b-{band}_sci.fits", plugin="skyseg")
    red, _, blue = (box.currentText() for box in ViewWidget(window).rgb)
    assert (red, blue) == ("UDS-B F444W", "UDS-B F115W")


def test_colours_are_offered_of_the_field_that_is_shown(
    window: Any, imaging_dir: Path, until: Until
) -> None:
    xdf = window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    uds = window.open(imaging_dir / "jwst" / "UDS-B", plugin="skyseg")
    view = ViewWidget(window)

    def list_offered() -> set[str]:
        texts = (box.itemText(number) for box in view.rgb for number in range(box.count()))
        return {text.partition(" ")[0] for text in texts}

    assert list_offered() == {"UDS-B"}
    view.show_rgb.setChecked(True)
    until(lambda: rgb_layers(window))
    xdf[-1].visible = True
    assert list_offered() == {"XDF"}
    assert not view.show_rgb.isChecked()
    assert not any(layer.visible for layer in rgb_layers(window))
    uds[-1].visible = True
    assert list_offered() == {"UDS-B"}
    assert view.show_rgb.isChecked()
    assert all(layer.visible for layer in rgb_layers(window))


def test_the_outlines_of_a_band_stand_over_the_bands_of_its_field(
    window: Any, bands: Data, imaging_dir: Path
) -> None:
    xdf = window.open(imaging_dir / "hst" / "XDF", plugin="skyseg")
    info = get_info(xdf[-1])
    assert info is not None
    known = {KEY: replace(info, role="SEG", ref=None)}
    other = window.add_labels(np.ones(info.shape, int), name="XDF SEG", metadata=known)
    view = ViewWidget(window)
    assert [view.outlines.itemData(number) for number in range(view.outlines.count())] == [
        "", "XDF"
    ]  # fmt: skip
    choose(view.outlines, view.outlines.itemText(1))
    for band in bands:
        show(window, band)
    assert not other.visible
    assert view.outlines.currentData() == ""
    assert all(each.visible for each in window.layers if "UDS-B" in each.name)


def test_bands_that_are_gone_are_told_and_nothing_is_shown(view: ViewWidget) -> None:
    session = get_session(view.viewer)
    session.display = session.display.replace(rgb=("F000W", "F001W", "F002W"))
    assert session.display.rgb == ()
    assert not view.show_rgb.isChecked()
    assert "F000W" in notification_manager.records[-1].message
