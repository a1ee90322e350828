"""How wide lines over the maps are on the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from skyseg import Data
from skyseg.napari_plugin.canvas.camera import go_to_box
from skyseg.napari_plugin.canvas.drawn_layers import SHAPES_LAYER
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER, SourceSelection
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.napari_plugin.widgets.region_widget import RegionWidget
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.source_browser import SourceBrowser

from .conftest import wait_for_rest
from .test_widgets import docked, open_bands

SOURCE = 38


@pytest.fixture
def lines(window: Any, bands: Data, tmp_path: Any) -> Any:
    """A selected source, and a region around it."""
    open_bands(window, bands)
    widget = docked(window, RegionWidget)
    target = find_current_seg(window)
    assert target is not None
    selection = SourceSelection(window, SourceBrowser(get_session(window)))
    selection.browser.use(Catalogue(bands["F444W"].load_cat()), target[1], target[0].name)
    selection.session.selected = (SOURCE,)
    rows, columns = np.nonzero(np.asarray(get_full_map(target[0])) == SOURCE)
    path = tmp_path / "box.reg"
    path.write_text(f"image\nbox({columns.mean() + 1},{rows.mean() + 1},16,16,0)\n")
    widget.open_regions(str(path))
    return selection


def measure_width(window: Any, qtbot: QtBot, name: str) -> float:
    """Return the lit area of a layer of lines by their length, in pixels of the screen."""
    wait_for_rest(window, qtbot)
    picture = window.screenshot(canvas_only=True, flash=False)[..., :3].astype(float)
    light = picture.max(axis=-1) - picture[0, 0].max()
    area = light.sum() / light.max()
    layer = window.layers[name]
    length = sum(
        np.hypot(*np.diff(np.vstack([line, line[:1]]), axis=0).T).sum() for line in layer.data
    )
    scale = np.sqrt(abs(np.linalg.det(layer.affine.linear_matrix)))
    return float(area / (length * scale * window.scene.camera.zoom))


@pytest.mark.parametrize(("name", "width"), [(SELECTED_LAYER, 2.5), (SHAPES_LAYER, 1.5)])
def test_lines_are_as_wide_on_the_screen_at_any_zoom(
    window: Any, lines: SourceSelection, qtbot: QtBot, name: str, width: float
) -> None:
    target = find_current_seg(window)
    catalogue = lines.browser.catalogue
    assert target is not None and catalogue is not None
    go_to_box(window, target[1], catalogue.get_box(SOURCE))
    for layer in window.layers:
        layer.visible = layer.name == name
    window.canvas.overlays["scale_bar"].visible = False
    near = 0.3 * window.scene.camera.zoom
    for zoom in (near, 8 * near, near / 2, 4 * near):
        window.scene.camera.zoom = zoom
        assert 0.75 * width < measure_width(window, qtbot, name) < 1.25 * width


def test_lines_are_as_wide_in_every_box_of_bands_side_by_side(
    window: Any, lines: SourceSelection, bands: Data, qtbot: QtBot
) -> None:
    target, catalogue = find_current_seg(window), lines.browser.catalogue
    assert target is not None and catalogue is not None
    get_session(window).side_by_side = True
    wait_for_rest(window, qtbot)
    go_to_box(window, target[1], catalogue.get_box(SOURCE))
    for layer in window.layers:
        layer.visible = layer.name in (SELECTED_LAYER, "UDS-B F115W SCI", "UDS-B F444W SCI")
        if layer.visible and layer.name != SELECTED_LAYER:
            layer.contrast_limits = (1e9, 2e9)  # black
            layer.name_overlay.visible = False
    window.canvas.overlays["scale_bar"].visible = False
    wait_for_rest(window, qtbot)
    picture = window.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    red = np.clip(picture[..., 0] - picture[..., 2], 0, None)
    first, second = (float(box.sum()) for box in np.array_split(red, 2, axis=1))
    assert min(first, second) > 1000
    assert 0.85 < first / second < 1.15
