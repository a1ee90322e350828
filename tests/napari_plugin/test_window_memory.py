"""A window that is closed leaves the memory, with all that its panels knew of it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any
from weakref import ref

import pytest
from napari.components import ViewerModel

from skyseg import Data
from skyseg.napari_plugin.canvas.drawn_layers import follow_session
from skyseg.napari_plugin.canvas.side_by_side import follow_arrangement
from skyseg.napari_plugin.layers.edited_layers import get_desk
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.opened_layers import keep_arranged
from skyseg.napari_plugin.viewer_session import get_session

from .conftest import show
from .test_panels import PANELS

Until = Callable[..., None]


def is_gone(*held: ref[Any]) -> bool:
    gc.collect()
    return all(one() is None for one in held)


def test_a_window_and_its_maps_leave_the_memory(bands: Data) -> None:
    model = ViewerModel()
    session = get_session(model)
    for follow in (follow_session, follow_arrangement, keep_arranged):
        follow(model)
    for band in bands:
        show(model, band)
    desk = get_desk(model, session)
    desk.work_on(find_current_seg(model))
    assert desk.current is not None
    held = [ref(each) for each in (model, session, desk, desk.current.layer)]
    del model, session, desk
    assert is_gone(*held)


def test_an_edited_map_that_is_removed_leaves_the_memory(bands: Data) -> None:
    model = ViewerModel()
    session = get_session(model)
    show(model, bands["F444W"])
    desk = get_desk(model, session)
    desk.work_on(find_current_seg(model))
    assert desk.current is not None
    held = ref(desk.current.layer)
    show(model, bands["F115W"])  # napari holds the layer that was active last
    desk.work_on(find_current_seg(model))
    model.layers.remove(held())
    assert is_gone(held)


@pytest.mark.parametrize("name", PANELS)
def test_a_window_that_is_closed_leaves_the_memory(
    make_napari_viewer: Callable[..., Any], bands: Data, until: Until, name: str
) -> None:
    window = make_napari_viewer(show=True)
    window.window.add_plugin_dock_widget("skyseg", name)
    show(window, bands["F444W"])
    held = ref(window), ref(window.layers[-1])
    window.close()
    del window
    until(lambda: is_gone(*held))
