"""The scale bar of a window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication

from skyseg.napari_plugin.canvas.cursor_readout import show_readout
from skyseg.napari_plugin.canvas.scale_bar import find_length


@pytest.mark.parametrize("zoom", [0.0031, 0.7, 1.0, 7.0, 13.0, 99.9, 100.0, 180.0, 4e4])
def test_it_is_round_and_ends_before_a_notification_of_a_small_window(zoom: float) -> None:
    viewer = ViewerModel()
    show_readout(viewer)
    viewer.scene.camera.zoom = zoom
    length = viewer.canvas.overlays["scale_bar"].length
    assert length == find_length(zoom)
    assert 39 < length * zoom <= 100
    assert f"{length:e}"[:2] in ("1.", "2.", "5.")


def test_it_is_drawn_as_long_as_it_says_at_every_zoom(window: Any) -> None:
    window.add_image(np.zeros((90, 90), np.float32))
    overlay = window.canvas.overlays["scale_bar"]
    overlay.box_color = "red"
    for zoom in (3.3, 33.0, 14.0):
        window.scene.camera.zoom = zoom
        QApplication.processEvents()
        shot = window.screenshot(canvas_only=True, flash=False).astype(int)
        red = np.flatnonzero(((shot[..., 0] > 200) & (shot[..., 2] < 60)).any(axis=0))
        assert abs(red[-1] - red[0] - 11 - overlay.length * zoom) < 4
        assert red[-1] < 130
