"""Layers look as the session says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.colormaps import AVAILABLE_COLORMAPS, ensure_colormap

from skyseg import Data
from skyseg.display.scales import COLORMAPS, STRETCHES, stretch_parts
from skyseg.napari_plugin.layers.band_layers import put_layer, read_layers
from skyseg.napari_plugin.layers.colours import make_image_colourmap
from skyseg.napari_plugin.layers.layer_info import get_info, list_frames
from skyseg.napari_plugin.layers.looks import list_bands
from skyseg.napari_plugin.viewer_session import get_session

from .conftest import show


def of_role(model: ViewerModel, role: str) -> list:
    return [each for each in model.layers if (info := get_info(each)) and info.role == role]


def test_napari_knows_the_colormaps() -> None:
    assert set(COLORMAPS) <= set(AVAILABLE_COLORMAPS)


@pytest.mark.parametrize("stretch", STRETCHES)
def test_a_stretch_is_in_the_colormap(stretch: str) -> None:
    parts = np.linspace(0, 1, 40)
    drawn = make_image_colourmap("gray", stretch, 0.05).map(parts)[:, 0]
    np.testing.assert_allclose(drawn, stretch_parts(parts, stretch, 0.05), atol=0.02)
    last = ensure_colormap("viridis").map(1.0)
    np.testing.assert_allclose(
        make_image_colourmap("viridis", stretch, 0.05).map(1.0), last, atol=0.01
    )


def test_images_of_a_role_follow_the_session_each_with_its_own_cuts(model: ViewerModel) -> None:
    session = get_session(model)
    sci = of_role(model, "SCI")
    before = [tuple(layer.contrast_limits) for layer in sci]
    session.display = session.display.with_scale("SCI", cuts="min to max", colormap="magma")
    for layer, old in zip(sci, before, strict=True):
        low, high = layer.contrast_limits
        assert (low, high) == (np.nanmin(layer.data[0]), np.nanmax(layer.data[0]))
        assert (low, high) != old
        assert layer.colormap.name.startswith("magma asinh")
    session.display = session.display.with_scale("SCI", cuts="auto")
    np.testing.assert_allclose([layer.contrast_limits for layer in sci], before)


def test_limits_set_by_hand_are_told_and_stay(model: ViewerModel) -> None:
    session = get_session(model)
    layer = of_role(model, "SCI")[0]
    layer.contrast_limits = (0.0, 0.5)
    assert session.display.scale_of("SCI").cuts == "by hand"
    session.display = session.display.with_scale("SCI", stretch="log")
    assert tuple(layer.contrast_limits) == (0.0, 0.5)
    assert layer.colormap.name == "gray log"


def test_maps_can_be_told_apart_by_one_colour_each(model: ViewerModel) -> None:
    session = get_session(model)
    segs = of_role(model, "SEG")
    session.display = session.display.replace(colour_by="map")
    colours = [layer.colormap.map(np.array([1, 7, 300])) for layer in segs]
    for colour in colours:
        assert (colour == colour[0]).all()
    assert np.abs(colours[0][0] - colours[1][0]).max() > 0.2
    session.display = session.display.replace(colour_by="source")
    assert len({tuple(each) for each in segs[0].colormap.map(np.arange(1, 50))}) == 49


def test_labels_are_outlined_filled_or_off(model: ViewerModel) -> None:
    session = get_session(model)
    first, second = of_role(model, "SEG")
    second.visible = False
    session.display = session.display.replace(label_style="filled")
    assert (first.contour, first.visible, second.visible) == (0, True, False)
    session.display = session.display.replace(label_style="off")
    assert not first.visible
    session.display = session.display.replace(label_style="contour")
    assert (first.contour, first.visible, second.visible) == (1, True, False)


def test_the_outlines_of_one_band_lie_over_all_bands(model: ViewerModel) -> None:
    session = get_session(model)
    bands = list(list_bands(model, "SEG"))
    first, second = of_role(model, "SEG")
    session.display = session.display.replace(outlines_of=bands[0])
    assert (first.visible, second.visible) == (True, False)
    assert model.layers[-1] is first
    session.display = session.display.replace(outlines_of="")
    assert (first.visible, second.visible) == (True, True)
    session.display = session.display.replace(outlines_of="a band that is not there")
    assert (first.visible, second.visible) == (True, True)


def test_new_layers_look_as_those_before(bands: Data) -> None:
    model = ViewerModel()
    session = get_session(model)
    session.display = session.display.with_scale("SCI", stretch="sqrt").replace(colour_by="map")
    show(model, bands["F444W"])
    for layer in read_layers(bands["F115W"], ("SCI", "SEG"), [], outlined=True):
        put_layer(model, layer)
    assert [layer.colormap.name for layer in of_role(model, "SCI")] == ["gray sqrt"] * 2
    assert {layer.colormap.name for layer in of_role(model, "SEG")} == {
        "skyseg map 1",
        "skyseg map 2",
    }


def test_labels_opened_as_a_file_look_as_those_that_are_there(window: Any, bands: Data) -> None:
    session = get_session(window)
    for style in ("contour", "filled", "off"):
        session.display = session.display.replace(label_style=style)
        (layer,) = window.open(bands["F444W"].seg_path, plugin="skyseg")
        assert (layer.contour > 0, layer.visible) == (style == "contour", style != "off")
        window.layers.clear()


def test_seg_maps_of_a_field_that_is_not_shown_wait_for_it(
    model: ViewerModel, imaging_dir: Path
) -> None:
    session, own = get_session(model), of_role(model, "SEG")
    other = Data.from_survey_version("XDF", "v1", data_dir=imaging_dir)["F160W"]
    (sci,) = read_layers(other, ("SCI",), list_frames(model.layers), outlined=True)
    put_layer(model, sci)
    assert not any(layer.visible for layer in own)
    session.display = session.display.replace(outlines_of=own[0].name.partition(" SEG")[0])
    session.display = session.display.replace(label_style="off")
    assert sci.visible
    own_sci = of_role(model, "SCI")[0]
    own_sci.visible = True
    assert not any(layer.visible for layer in own)
    sci.visible = True
    session.display = session.display.replace(label_style="filled", outlines_of="")
    assert sci.visible
    own_sci.visible = True
    assert all(layer.visible for layer in own)
