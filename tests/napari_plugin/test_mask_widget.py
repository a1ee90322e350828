"""The Mask widget in a real window, by its buttons and by the mouse on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication
from tests.napari_plugin.conftest import drag

from skyseg.masks.bits import MaskBit
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.layer_info import get_full_map, list_frames
from skyseg.napari_plugin.layers.mask_layers import DRAWN_LAYER, MASK_LAYER, PAINTED_LAYER
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.mask_widget import MaskWidget
from skyseg.napari_plugin.widgets.segment_widget import SegmentWidget

Until = Callable[..., None]


@pytest.fixture
def widget(window: Any, three_bands: Path) -> Any:
    session = get_session(window)
    session.update({"data_dir": three_bands / "data", "survey": "JOF", "version": "v1"})
    session.band = "F444W"
    band = session.data()["F444W"]
    for layer in read_layers(band, ("SCI",), list_frames(window.layers), outlined=True):
        put_layer(window, layer)
    made = MaskWidget(window)
    window.window.add_dock_widget(made, name="Mask")
    window.fit_to_view()
    QApplication.processEvents()
    return made


def drag_over(
    window: Any, qtbot: QtBot, start: tuple[float, float], end: tuple[float, float]
) -> None:
    """Drag the mouse over pixels (x, y) of the image, which are the world's without a WCS."""
    drag(window, qtbot, start[::-1], end[::-1], steps=5)


def test_the_mask_is_made_and_shown_with_names_and_colours_of_its_bits(
    window: Any, widget: Any, until: Until
) -> None:
    said: list[str] = []
    widget._progressed.connect(said.append)
    widget.make.click()
    until(lambda: MASK_LAYER in window.layers)
    assert said[0] == "looking for bad pixels, 0%"
    assert said[-1].startswith("writing, ")
    layer = window.layers[MASK_LAYER]
    bits = widget.draft.bits
    np.testing.assert_array_equal(get_full_map(layer), bits)
    assert (bits & MaskBit.EDGE).any()
    assert layer.features["bits"][int(MaskBit.EDGE | MaskBit.BAD)] == "EDGE BAD"
    assert "EDGE" in widget.legend.text()
    assert widget.title.text() == "F444W: auto mask"
    widget.shown.setChecked(False)
    assert MASK_LAYER not in window.layers


def test_an_ellipse_is_drawn_and_a_bit_painted_saved_and_used_by_the_next_run(
    window: Any, widget: Any, until: Until, qtbot: QtBot
) -> None:
    widget.ellipse.click()
    assert window.layers[DRAWN_LAYER].mode == "add_ellipse"
    drag_over(window, qtbot, (16, 16), (30, 28))
    assert window.layers[DRAWN_LAYER].nshapes == 1
    widget.bit.setCurrentText("STAR")
    widget.paint.click()
    painted = window.layers[PAINTED_LAYER]
    assert (painted.mode, painted.selected_label) == ("paint", int(MaskBit.STAR))
    painted.brush_size = 3
    drag_over(window, qtbot, (7, 32), (12, 32))
    assert painted.data.any()
    widget.save.click()
    until(lambda: widget.save.isEnabled() and MASK_LAYER in window.layers)
    assert DRAWN_LAYER not in window.layers
    assert PAINTED_LAYER not in window.layers
    band = widget.session.data()["F444W"]
    bits, header = band.load_mask(incl_hdr=True)
    assert header["METHOD"] == "manual"
    assert bits[22, 23] & MaskBit.ARTEFACT
    assert bits[32, 9] & MaskBit.STAR
    np.testing.assert_array_equal(get_full_map(window.layers[MASK_LAYER]), bits)

    panel = SegmentWidget(window)
    window.window.add_dock_widget(panel, name="Segment")
    widget.session.update({"mask": True, "exclude": ("ARTEFACT",)})
    panel.panel.run.native.click()
    until(lambda: not panel.panel.busy)
    assert "made, 0 sources" in panel.panel.message.value


def test_bits_are_painted_away(window: Any, widget: Any, until: Until, qtbot: QtBot) -> None:
    band = widget.session.data()["F444W"]
    band.mask(edge_distance=8, stars=False)
    widget.bit.setCurrentText("none (unmask)")
    widget.paint.click()
    window.layers[PAINTED_LAYER].brush_size = 4
    drag_over(window, qtbot, (6, 20), (6, 28))
    widget.save.click()
    until(lambda: widget.save.isEnabled() and MASK_LAYER in window.layers)
    bits = band.load_mask()
    assert bits[24, 6] == 0
    assert bits[3, 25] & MaskBit.EDGE


def test_a_polygon_keeps_its_bit_and_nothing_drawn_is_told(
    window: Any, widget: Any, until: Until
) -> None:
    widget.save.click()
    assert not widget.save.isEnabled()
    until(widget.save.isEnabled)
    assert "nothing is drawn" in notification_manager.records[-1].message
    widget.bit.setCurrentText("SPIKE")
    widget.polygon.click()
    layer = window.layers[DRAWN_LAYER]
    assert layer.mode == "add_polygon"
    layer.add_polygons([np.array([[5, 5], [5, 20], [15, 5]])], edge_color=layer.current_edge_color)
    widget.save.click()
    until(lambda: widget.save.isEnabled() and MASK_LAYER in window.layers)
    assert widget.session.data()["F444W"].load_mask()[8, 8] == MaskBit.SPIKE
    widget.ellipse.click()
    widget.clear.click()
    assert DRAWN_LAYER not in window.layers
