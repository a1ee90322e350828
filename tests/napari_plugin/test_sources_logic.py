"""Catalogue, filters, selection and exports, on a window without a canvas."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable
from hypothesis import given
from hypothesis import strategies as st
from napari.components import ViewerModel
from regions import Regions

from skyseg import BandData, Data
from skyseg.errors import ParameterError, ProductError
from skyseg.napari_plugin.canvas.camera import get_view
from skyseg.napari_plugin.canvas.source_selection import SELECTED_LAYER, SourceSelection
from skyseg.napari_plugin.layers.finding import find_current_seg
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.napari_plugin.viewer_session import get_session, unwrap_viewer
from skyseg.panel.catalogue import Catalogue, trace_outline
from skyseg.panel.catalogue_filter import match_rows
from skyseg.panel.map_info import MapInfo
from skyseg.panel.source_cutouts import draw_cutouts, make_cutouts
from skyseg.panel.source_exports import format_skycoord, write_regions, write_table
from skyseg.panel.source_table import SourceTable

COLUMNS = {
    "MAG_AUTO": np.array([24.0, 27.0, np.nan, 25.5]),
    "FLAGS": np.array([0, 3, 4, 7], np.int16),
    "MAG_APER": np.array([[25.0, 24.0], [28.0, 27.0], [26.0, 25.0], [30.0, 20.0]]),
}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", [1, 1, 1, 1]),
        ("MAG_AUTO < 26 & FLAGS == 0", [1, 0, 0, 0]),
        ("MAG_AUTO < 26 | FLAGS == 4", [1, 0, 1, 1]),
        ("~(MAG_AUTO < 26)", [0, 1, 1, 0]),
        ("24 < MAG_AUTO <= 27", [0, 1, 0, 1]),
        ("MAG_APER[1] - MAG_APER[0] == -1", [1, 1, 1, 0]),
        ("(FLAGS & 4) != 0", [0, 0, 1, 1]),
        ("flags % 2 == 1 and mag_auto > 26", [0, 1, 0, 0]),
        ("MAG_AUTO == MAG_AUTO", [1, 1, 0, 1]),
    ],
)
def test_a_filter_keeps_the_rows_it_says(text: str, kept: list[int]) -> None:
    assert match_rows(COLUMNS, text).tolist() == [bool(value) for value in kept]


@pytest.mark.parametrize(
    "text",
    [
        "MAG_AUTO <",
        "MAG_AUTO",
        "1 < 2",
        "MAGNITUDE < 3",
        "__import__('os').system('x')",
        "MAG_AUTO.mean() > 3",
        "[x for x in (1,)]",
        "MAG_APER[9] > 1",
        "MAG_APER > 1",
        "'a' == 'a'",
        "lambda: 1",
        "FLAGS == 9 ** 9 ** 9 ** 9 ** 9 & (MAG_AUTO",
        "(" * 500,
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        match_rows(COLUMNS, text)


@given(st.text(max_size=40))
def test_no_text_does_anything_but_filter_or_be_refused(text: str) -> None:
    try:
        mask = match_rows(COLUMNS, text)
    except ParameterError:
        return
    assert mask.dtype == np.bool_
    assert mask.shape == (4,)


@pytest.fixture
def catalogue(bands: Data) -> Catalogue:
    return Catalogue(bands["F444W"].load_cat())


@pytest.fixture
def selection(model: ViewerModel, catalogue: Catalogue) -> SourceSelection:
    model.layers.selection.active = model.layers["F444W SEG rms_err"]
    made = SourceSelection(model, get_session(model))
    made.catalogue = catalogue
    made.order = catalogue.columns["NUMBER"]
    return made


def place_of(model: ViewerModel, number: int) -> Any:
    layer = model.layers["F444W SEG rms_err"]
    row, column = np.argwhere(np.asarray(get_full_map(layer)) == number)[0]
    return layer.data_to_world((row, column))


def test_layers_are_grouped_by_band_and_named(model: ViewerModel) -> None:
    assert [layer.name for layer in model.layers] == [
        "F115W SCI",
        "F115W SEG rms_err",
        "F444W SCI",
        "F444W SEG rms_err",
    ]
    seg = model.layers["F444W SEG rms_err"]
    assert seg.multiscale
    assert seg.contour == 1


def test_a_label_has_the_same_colour_in_every_layer(model: ViewerModel) -> None:
    first, second = model.layers["F115W SEG rms_err"], model.layers["F444W SEG rms_err"]
    for number in (1, 57, 12345):
        np.testing.assert_array_equal(first.get_color(number), second.get_color(number))
    assert len({tuple(first.get_color(number)) for number in range(1, 100)}) == 99


def test_a_place_gives_the_label_of_the_full_map(
    selection: SourceSelection, model: ViewerModel, bands: Data
) -> None:
    labels = bands["F444W"].load_seg()
    layer = model.layers["F444W SEG rms_err"]
    rng = np.random.default_rng(1)
    for row, column in rng.integers(0, (820, 1000), (200, 2)):
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
    selection.select_at(model.layers["F444W SEG rms_err"].data_to_world((-50, -50)))
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
    selection.order = np.array([7, 3, 90])
    for number in (7, 3, 90, 7):
        selection.step(1)
        assert selection.session.selected == (number,)
        assert selection.catalogue is not None
        y0, y1, x0, x1 = selection.catalogue.box(number)
        middle = model.layers["F444W SEG rms_err"].data_to_world(((y0 + y1) / 2, (x0 + x1) / 2))
        np.testing.assert_allclose(get_view(model)[0], middle, atol=1e-6)
    selection.step(-1)
    assert selection.session.selected == (90,)


def test_the_seg_layer_stays_the_one_that_was_active_last(model: ViewerModel) -> None:
    model.layers.selection.active = model.layers["F115W SEG rms_err"]
    assert find_current_seg(model) is not None
    model.layers.selection.active = model.layers["F444W SCI"]
    target = find_current_seg(model)
    assert target is not None
    assert target[0].name == "F115W SEG rms_err"
    assert unwrap_viewer(model) is model


def test_outlines_run_along_the_pixels(bands: Data, catalogue: Catalogue) -> None:
    labels = bands["F444W"].load_seg()
    box = catalogue.box(40)
    inside = np.argwhere(labels == 40)
    assert box == (*inside[:, 0][[0, -1]], inside[:, 1].min(), inside[:, 1].max())
    points = np.concatenate(trace_outline(labels, 40, box))
    np.testing.assert_array_equal(points.min(axis=0), inside.min(axis=0) - 0.5)
    np.testing.assert_array_equal(points.max(axis=0), inside.max(axis=0) + 0.5)


def test_a_source_is_cut_out_of_every_band_with_its_lines(
    model: ViewerModel, bands: Data, catalogue: Catalogue
) -> None:
    layer = model.layers["F444W SEG rms_err"]
    info = get_info(layer)
    assert info is not None
    found = make_cutouts(get_full_map(layer), info, catalogue, 40, list(bands))
    assert [cutout.title for cutout in found] == ["F115W", "F444W"]
    for cutout in found:
        assert all(len(lines) >= 1 for lines in cutout.lines)
    for ours, theirs in zip(found[0].lines, found[1].lines, strict=True):
        np.testing.assert_allclose(ours[0], theirs[0], atol=0.1)
    assert found[0].matrix == pytest.approx(found[1].matrix, abs=1e-4)
    image = draw_cutouts(found)
    assert image.shape[2] == 4
    assert len(np.unique(image.reshape(-1, 4), axis=0)) > 50


def test_cutouts_have_north_up_whatever_the_pixels_have(
    model: ViewerModel, bands: Data, catalogue: Catalogue, tmp_path: Path
) -> None:
    band = bands["F444W"]
    image = band.load_sci()
    turned = band.wcs.to_header()
    # a pixel (x, y) of the image is at (ny - 1 - y, x) of the turned one
    turned["CRPIX1"] = image.shape[0] + 1 - band.wcs.wcs.crpix[1]
    turned["CRPIX2"] = band.wcs.wcs.crpix[0]
    scales = band.wcs.pixel_scale_matrix @ np.array([[0, 1], [-1, 0]])
    for (i, j), value in np.ndenumerate(scales):
        turned[f"PC{i + 1}_{j + 1}"] = value
    turned["CDELT1"] = turned["CDELT2"] = 1.0
    fits.writeto(tmp_path / "turned_sci.fits", np.rot90(image, -1), turned)
    other = BandData.from_files(tmp_path / "turned_sci.fits", band="F444W")
    layer = model.layers["F444W SEG rms_err"]
    info = get_info(layer)
    assert info is not None
    straight, round_ = make_cutouts(get_full_map(layer), info, catalogue, 40, [band, other])
    assert abs(straight.matrix[0, 0]) > 0.02 and abs(round_.matrix[0, 0]) < 0.01
    first, second = (draw_cutouts([each]).astype(float) for each in (straight, round_))
    assert np.mean(np.abs(first - second) > 30) < 0.02


def test_positions_are_copied_as_python(catalogue: Catalogue) -> None:
    position = catalogue.sky((3, 9))
    assert position is not None
    again = eval(format_skycoord(position), {"SkyCoord": SkyCoord})
    assert np.all(position.separation(again) < 1e-2 * u.arcsec)


@pytest.mark.parametrize("ending", ["fits", "ecsv"])
def test_selected_rows_are_written(catalogue: Catalogue, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"few.{ending}"
    write_table(catalogue, (9, 3), path)
    again = QTable.read(path)
    assert again["NUMBER"].tolist() == [9, 3]
    assert again["MAG_AUTO"].unit == catalogue.table["MAG_AUTO"].unit
    with pytest.raises(ProductError, match="no known ending"):
        write_table(catalogue, (9,), tmp_path / "few.txt")


def test_regions_lie_where_the_sources_do(
    model: ViewerModel, catalogue: Catalogue, tmp_path: Path
) -> None:
    info = get_info(model.layers["F444W SEG rms_err"])
    assert info is not None
    write_regions(catalogue, (9, 3), info, tmp_path / "few.reg")
    found = Regions.read(tmp_path / "few.reg", format="ds9")
    position = catalogue.sky((9, 3))
    assert position is not None
    for region, wanted, number in zip(found, position, (9, 3), strict=True):
        assert region.center.separation(wanted) < 1e-3 * u.arcsec
        assert str(number) in str(region.meta)
        drawn = region.to_pixel(info.wcs)
        row = catalogue.table[catalogue.row(number)]
        kron = float(row["KRON_RADIUS"])
        axes = [2 * kron * u.Quantity(row[f"{name}_IMAGE"]).value for name in "AB"]
        np.testing.assert_allclose((drawn.width, drawn.height), axes, rtol=1e-2)
        turned = (drawn.angle - u.Quantity(row["THETA_IMAGE"].value, u.deg)).to_value(u.deg)
        assert abs((turned + 90) % 180 - 90) < 0.5
    with pytest.raises(ProductError, match=r"use \.reg"):
        write_regions(catalogue, (9,), info, tmp_path / "few.fits")


def test_regions_without_a_wcs_are_in_pixels(catalogue: Catalogue, tmp_path: Path) -> None:
    write_regions(catalogue, (9,), MapInfo("SEG", (820, 1000)), tmp_path / "one.reg")
    (region,) = Regions.read(tmp_path / "one.reg", format="ds9")
    row = catalogue.row(9)
    assert region.center.x == pytest.approx(catalogue.columns["X_IMAGE"][row] - 1, abs=1e-3)
    assert region.center.y == pytest.approx(catalogue.columns["Y_IMAGE"][row] - 1, abs=1e-3)


def test_a_table_is_not_written_over_an_image(catalogue: Catalogue, tmp_path: Path) -> None:
    image = tmp_path / "f444w_sci.fits"
    fits.writeto(image, np.zeros((3, 3), np.float32))
    before = image.read_bytes()
    with pytest.raises(ProductError, match="holds an image"):
        write_table(catalogue, (9,), image)
    assert image.read_bytes() == before


def test_many_sources_are_found_in_a_table_at_once() -> None:
    numbers = np.random.default_rng(0).permutation(np.arange(1, 100_001)).astype(np.int32)
    table = SourceTable()
    assert table.find_rows((3,)).size == 0
    table.show(Catalogue(QTable({"NUMBER": numbers, "MAG_AUTO": numbers[::-1] / 10})))
    table.filter("MAG_AUTO < 5000")
    kept = table.numbers
    np.testing.assert_array_equal(table.find_rows(kept.tolist()), np.arange(len(kept)))
    assert table.find_rows((0, 100_001)).size == 0
