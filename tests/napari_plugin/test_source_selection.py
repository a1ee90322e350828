"""Selecting sources on the canvas, on a window without one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.colormaps import CyclicLabelColormap

from skyseg import Data
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.canvas.filter_shading import FilterShading, shade
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER, SourceSelection
from skyseg.napari_plugin.layers.colours import make_label_colourmap
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.source_browser import SourceBrowser

SEG = "UDS-B F444W SEG rms_err"


@pytest.fixture
def selection(model: ViewerModel, bands: Data) -> SourceSelection:
    model.layers.selection.active = model.layers[SEG]
    made = SourceSelection(model, SourceBrowser(get_session(model)))
    made.browser.use(Catalogue(bands["F444W"].load_cat()), get_info(model.layers[SEG]), SEG)
    return made


def place_of(model: ViewerModel, number: int) -> Any:
    layer = model.layers[SEG]
    row, column = np.argwhere(np.asarray(get_full_map(layer)) == number)[0]
    return layer.data_to_world((row, column))


def test_a_place_gives_the_label_of_the_full_map(
    selection: SourceSelection, model: ViewerModel, bands: Data
) -> None:
    labels = bands["F444W"].load_seg()
    layer = model.layers[SEG]
    rng = np.random.default_rng(1)
    for row, column in rng.integers(0, labels.shape, (200, 2)):
        assert selection.find_source(layer.data_to_world((row, column))) == labels[row, column]
    assert selection.find_source(layer.data_to_world((-5, 3))) == 0


def test_a_click_selects_and_with_a_key_adds_and_takes_away(
    selection: SourceSelection, model: ViewerModel
) -> None:
    session = selection.session
    selection.select_at(place_of(model, 30))
    assert session.selected == (30,)
    selection.select_at(place_of(model, 31), more=True)
    assert session.selected == (30, 31)
    assert model.layers[SELECTED_LAYER].nshapes >= 2
    selection.select_at(place_of(model, 30), more=True)
    assert session.selected == (31,)
    selection.select_at(model.layers[SEG].data_to_world((-50, -50)))
    assert session.selected == ()
    assert model.layers[SELECTED_LAYER].nshapes == 0


@pytest.mark.parametrize(("moved", "selected"), [(0, (30,)), (40, ())])
def test_a_drag_is_no_click(
    selection: SourceSelection, model: ViewerModel, moved: int, selected: tuple[int, ...]
) -> None:
    event = SimpleNamespace(
        type="mouse_press", pos=np.array([10.0, 10.0]), position=place_of(model, 30), modifiers=[]
    )
    steps = model.mouse_drag_callbacks[-1](model, event)
    next(steps)
    if moved:
        event.type, event.pos = "mouse_move", np.array([10.0 + moved, 10.0])
        next(steps)
    event.type = "mouse_release"
    with pytest.raises(StopIteration):
        next(steps)
    assert selection.session.selected == selected


def test_steps_follow_the_order_and_fly_there(
    selection: SourceSelection, model: ViewerModel
) -> None:
    browser = selection.browser
    browser.filter("NUMBER == 3 | NUMBER == 7 | NUMBER == 38")
    browser.sort(browser.table.titles.index("MAG_AUTO"))
    order = browser.table.numbers.tolist()
    for number in (*order, order[0]):
        selection.step(1)
        assert selection.session.selected == (number,)
        assert browser.catalogue is not None
        y0, y1, x0, x1 = browser.catalogue.get_box(number)
        middle = model.layers[SEG].data_to_world(((y0 + y1) / 2, (x0 + x1) / 2))
        np.testing.assert_allclose(get_view(model)[0], middle, atol=1e-6)
    selection.step(-1)
    assert selection.session.selected == (order[-1],)


def test_a_click_beside_all_sources_does_not_start_the_steps_anew(
    selection: SourceSelection, model: ViewerModel
) -> None:
    order = selection.browser.table.numbers.tolist()
    for _ in range(3):
        selection.step(1)
    selection.select_at(model.layers[SEG].data_to_world((-50, -50)))
    assert selection.session.selected == ()
    selection.step(1)
    assert selection.session.selected == (order[3],)


@pytest.mark.parametrize("labels", [42, 70_000])
def test_sources_that_a_filter_drops_have_no_colour(labels: int) -> None:
    colours = make_label_colourmap()
    kept = np.zeros(labels, np.bool_)
    kept[[3, 40]] = True
    shaded = shade(colours, kept)
    for number in (3, 40):
        np.testing.assert_allclose(shaded.map(number), colours.map(number))
    hidden = np.array([0, 1, 2, 39, labels - 1, labels, labels + 3, labels + 40])
    assert not shaded.map(hidden)[:, 3].any()


def test_a_layer_shows_what_the_filter_keeps_and_all_again(
    selection: SourceSelection, model: ViewerModel
) -> None:
    layer, shading = model.layers[SEG], FilterShading(model)
    whole = layer.colormap
    selection.browser.filter("NUMBER == 3")
    shading.show(layer, selection.browser.table.kept)
    assert layer.colormap.map(3)[3] == 1 and layer.colormap.map(4)[3] == 0
    red = CyclicLabelColormap(colors=[[0, 0, 0, 0], [1, 0, 0, 1]])
    layer.colormap = red
    assert layer.colormap.map(3).tolist() == [1, 0, 0, 1] and layer.colormap.map(4)[3] == 0
    shading.show(layer, None)
    assert layer.colormap is red
    layer.colormap = whole
    assert layer.colormap is whole
