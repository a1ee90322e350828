"""Outlines of SEG layers on the canvas."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from napari.layers import Image, Labels
from napari.utils.colormaps import CyclicLabelColormap

from skyseg import Data
from skyseg.napari_plugin.canvas.camera import look_at
from skyseg.napari_plugin.canvas.outline_overlay import get_outlines
from skyseg.napari_plugin.canvas.seg_outlines import draw_outlines
from skyseg.napari_plugin.layers.layer_data import describe_labels, make_label_levels
from skyseg.panel.map_info import MapInfo

from .conftest import show

Until = Callable[..., None]
SIDE = 1200


def add_square(viewer: Any) -> Labels:
    """Add a bright square of 8 pixels, outlined in red, to an empty field."""
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[600:608, 700:708] = 5
    viewer.add_layer(Image(np.where(labels, 1.0, 0.4), contrast_limits=(0, 1)))
    data, kwargs, _ = describe_labels(
        make_label_levels(labels), "square SEG", MapInfo("SEG", labels.shape)
    )
    red = CyclicLabelColormap(colors=[[0, 0, 0, 0], [1, 0, 0, 1]])
    layer = Labels(data, **{**kwargs, "colormap": red, "opacity": 1.0})
    layer.contour = 1
    viewer.add_layer(layer)
    return layer


def shot(viewer: Any, size: float, until: Until) -> Any:
    """Look at the square, and return what the canvas shows once its outlines are drawn."""
    look_at(viewer, np.array([603.5, 703.5]), np.array([size, size]))
    viewer.canvas.overlays["scale_bar"].visible = False
    outlines = draw_outlines(viewer)
    until(lambda: not outlines.working)
    return viewer.screenshot(canvas_only=True, flash=False).astype(int)


@pytest.mark.parametrize("size", [12.0, 60.0, 150.0])
def test_an_outline_lies_around_its_source_one_pixel_wide(
    window: Any, until: Until, size: float
) -> None:
    layer = add_square(window)
    picture = shot(window, size, until)
    red = (picture[..., 0] > 150) & (picture[..., 1] < 60)
    bright = picture[..., 1] > 200
    rows, columns = np.nonzero(bright)
    zoom = window.scene.camera.zoom
    assert np.ptp(rows) + 1 == pytest.approx(8 * zoom, abs=3.1)
    across = red[(rows.min() + rows.max()) // 2]
    assert 2 <= np.count_nonzero(across) <= 4
    edges = np.flatnonzero(across)
    assert edges[0] == pytest.approx(columns.min(), abs=2.1)
    assert edges[-1] == pytest.approx(columns.max(), abs=2.1)
    layer.visible = False
    assert not ((shot(window, size, until)[..., 1] < 60).any())


def test_the_colours_of_a_layer_are_those_of_its_outlines(window: Any, until: Until) -> None:
    layer = add_square(window)
    blue = CyclicLabelColormap(colors=[[0, 0, 0, 0], [0, 0, 1, 1]])
    layer.colormap = blue
    picture = shot(window, 60, until)
    assert ((picture[..., 2] > 150) & (picture[..., 1] < 60)).any()
    layer.contour = 0
    assert layer.colormap is blue
    filled = shot(window, 60, until)
    assert ((filled[..., 2] > 150) & (filled[..., 1] < 60)).sum() > 100
    layer.contour = 1
    window.layers.remove(layer)
    assert layer.colormap is blue


def test_bands_side_by_side_have_their_own_outlines(window: Any, bands: Data, until: Until) -> None:
    from skyseg.napari_plugin.canvas.band_grid import show_grid

    for band in bands:
        show(window, band)
    show_grid(window)
    window.fit_to_view()
    outlines = draw_outlines(window)
    until(lambda: not outlines.working)
    segs = [layer for layer in window.layers if isinstance(layer, Labels)]
    assert len(segs) == 2
    for layer in segs:
        assert get_outlines(layer).picture.pixels[..., 3].any()


def test_outlines_are_cut_off_at_the_edge_of_the_box_of_their_band(
    window: Any, until: Until
) -> None:
    layer = add_square(window)
    window.add_layer(Image(np.full((SIDE, SIDE), 0.4), contrast_limits=(0, 1)))
    shot(window, 60, until)
    grid = window.canvas.grid
    grid.stride, grid.shape, grid.enabled = 2, (1, 2), True
    shot(window, 60, until)
    canvas = window.window._qt_viewer.canvas
    drawn = canvas._layer_overlay_to_visual[layer][get_outlines(layer)]
    boxes = set(canvas.layer_to_visual[layer].node._clippers)
    assert boxes
    assert set(drawn.node.children[0]._clippers) == boxes


def test_a_map_that_is_removed_is_held_in_memory_no_more(window: Any, until: Until) -> None:
    layer = add_square(window)
    shot(window, 60, until)
    pixels = weakref.ref(layer.data[0])
    window.layers.clear()
    del layer
    until(lambda: gc.collect() >= 0 and pixels() is None, timeout=10000)
