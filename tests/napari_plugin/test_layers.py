"""Layers of bands: order, names, colours, and which one is worked with."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Labels

from skyseg.napari_plugin.layers.colours import make_label_colourmap
from skyseg.napari_plugin.layers.difference_layer import name_difference
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_data import make_label_levels
from skyseg.napari_plugin.viewer_session import unwrap_viewer

F444W_SEG = "UDS-B F444W SEG rms_err"
F115W_SEG = "UDS-B F115W SEG rms_err"


def test_layers_are_grouped_by_band_and_named(model: ViewerModel) -> None:
    assert [layer.name for layer in model.layers] == [
        "UDS-B F115W SCI",
        F115W_SEG,
        "UDS-B F444W SCI",
        F444W_SEG,
    ]
    seg = model.layers[F444W_SEG]
    assert seg.multiscale
    assert seg.contour == 1


def test_a_label_has_the_same_colour_in_every_layer(model: ViewerModel) -> None:
    first, second = (
        model.layers[F115W_SEG],
        model.layers[F444W_SEG],
    )
    for number in (1, 57, 12345):
        np.testing.assert_array_equal(first.get_color(number), second.get_color(number))
    assert len({tuple(first.get_color(number)) for number in range(1, 100)}) == 99


def test_labels_have_their_colour_whatever_type_holds_them() -> None:
    labels = np.arange(600 * 600).reshape(600, 600) % 50_000
    narrow = Labels(make_label_levels(labels.astype(np.int32)), multiscale=True)
    assert narrow.data[0].dtype == np.uint16
    np.testing.assert_array_equal(narrow.data[0], labels)
    wide = Labels(labels.astype(np.int32))
    for layer in (narrow, wide):
        layer.colormap = make_label_colourmap()
    for number in (1, 239, 240, 241, 49_999):
        np.testing.assert_array_equal(narrow.get_color(number), wide.get_color(number))
    negative = np.full((600, 600), -1, np.int32)
    assert make_label_levels(negative)[0].dtype == np.int32


def test_the_seg_layer_stays_the_one_that_was_active_last(model: ViewerModel) -> None:
    model.layers.selection.active = model.layers[F115W_SEG]
    assert find_current_seg(model) is not None
    model.layers.selection.active = model.layers["UDS-B F444W SCI"]
    target = find_current_seg(model)
    assert target is not None
    assert target[0].name == F115W_SEG
    assert unwrap_viewer(model) is model


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("UDS-B F444W SEG rms_err", "UDS-B F444W SEG wht", "DIFF rms_err - wht UDS-B F444W"),
        ("UDS-B F115W SEG wht", "UDS-B F444W SEG wht", "DIFF F115W - F444W UDS-B wht"),
        ("b SEG rms_err", "b SEG rms_err sep", "DIFF rms_err - rms_err sep b"),
        (
            "b-f444w F444W SEG none",
            "b-f444w F444W SEG none photutils",
            "DIFF none - none photutils b-f444w F444W",
        ),
        ("one SEG", "two SEG", "DIFF one - two"),
        ("check SEG", "UDS-B F444W SEG wht", "DIFF check - UDS-B F444W wht"),
    ],
)
def test_names_of_differences_begin_with_what_differs_as_the_list_cuts_their_middle(
    first: str, second: str, name: str
) -> None:
    assert name_difference(first, second) == name
    assert len(name) <= 42
