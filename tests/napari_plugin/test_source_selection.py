"""Selecting sources on the canvas, on a window without one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel

from skyseg import Data
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER, SourceSelection
from skyseg.napari_plugin.layers.layer_info import get_full_map
from skyseg.napari_plugin.viewer_session import get_session
from skyseg.panel.catalogue import Catalogue

SEG = "UDS-B F444W SEG rms_err skyseg default"


@pytest.fixture
def catalogue(bands: Data) -> Catalogue:
    return Catalogue(bands["F444W"].load_cat())


@pytest.fixture
def selection(model: ViewerModel, catalogue: Catalogue) -> SourceSelection:
    model.layers.selection.active = model.layers[SEG]
    made = SourceSelection(model, get_session(model))
    made.catalogue = catalogue
    made.order = catalogue.columns["NUMBER"]
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
    selection.order = np.array([7, 3, 38])
    for number in (7, 3, 38, 7):
        selection.step(1)
        assert selection.session.selected == (number,)
        assert selection.catalogue is not None
        y0, y1, x0, x1 = selection.catalogue.get_box(number)
        middle = model.layers[SEG].data_to_world(((y0 + y1) / 2, (x0 + x1) / 2))
        np.testing.assert_allclose(get_view(model)[0], middle, atol=1e-6)
    selection.step(-1)
    assert selection.session.selected == (38,)
