"""Places that are looked at, edited maps, and what is saved."""

from __future__ import annotations

from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from napari.components import ViewerModel
from napari.layers import Labels, Layer

from skyseg import Data
from skyseg.errors import ParameterError, ProductError
from skyseg.napari_plugin.canvas.band_grid import leave_grid, show_grid
from skyseg.napari_plugin.canvas.camera import get_part_in_view, get_place_in_view, go_to, go_to_box
from skyseg.napari_plugin.files.reader import read_paths
from skyseg.napari_plugin.files.writer import write_labels
from skyseg.napari_plugin.layers.colours import make_label_colourmap
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.layer_data import make_label_levels
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.panel.map_info import MapInfo
from skyseg.panel.place_parsing import parse_place, read_region_places
from skyseg.panel.session import Place

SEG = "F444W SEG rms_err"


def known(model: ViewerModel, name: str = SEG) -> MapInfo:
    info = get_info(model.layers[name])
    assert info is not None
    return info


def saved(layer: Labels, path: Path) -> fits.HDUList:
    data, meta, _ = layer.as_layer_data_tuple()
    (written,) = write_labels(str(path), data, meta)
    return fits.open(written)


@pytest.mark.parametrize(
    "text",
    [
        "34.3021 -5.1105",
        "34.3021, -5.1105",
        "02:17:12.504 -05:06:37.8",
        "02h17m12.504s -05d06m37.8s",
        "34.3021d -5.1105d",
        "02 17 12.504 -05 06 37.8",
    ],
)
def test_a_position_is_read_in_any_form(model: ViewerModel, text: str) -> None:
    place = parse_place("RA Dec", text, 5.0, known(model))
    wanted = SkyCoord(34.3021, -5.1105, unit="deg")
    assert place.centre.separation(wanted) < 0.01 * u.arcsec
    assert (place.width, place.height) == (5.0, 5.0)


def test_pixels_and_sources_are_places_on_the_sky(model: ViewerModel, bands: Data) -> None:
    wcs = bands["F444W"].wcs
    assert wcs is not None
    place = parse_place("pixel x y", "500, 400", 3.0, known(model))
    assert place.centre.separation(wcs.pixel_to_world(500, 400)) < 1e-6 * u.arcsec
    row = bands["F444W"].load_cat()[12]
    source = parse_place("source", "13", 3.0, known(model))
    sky = SkyCoord(row["ALPHA_J2000"], row["DELTA_J2000"])
    assert source.centre.separation(sky) < 1e-3 * u.arcsec


@pytest.mark.parametrize(
    ("kind", "text"),
    [("RA Dec", "nowhere"), ("pixel x y", "5"), ("pixel x y", "a b"), ("source", "99999")],
)
def test_a_place_that_is_not_understood_is_refused(
    model: ViewerModel, kind: str, text: str
) -> None:
    with pytest.raises(ParameterError):
        parse_place(kind, text, 3.0, known(model))  # type: ignore[arg-type]


def test_the_view_goes_to_a_place_and_knows_it(model: ViewerModel) -> None:
    info = known(model)
    place = parse_place("pixel x y", "300 200", 8.0, info)
    go_to(model, info, place)
    seen = get_place_in_view(model, info)
    assert seen.centre.separation(place.centre) < 1e-3 * u.arcsec
    assert min(seen.width, seen.height) == pytest.approx(8.0)
    part = get_part_in_view(model, info, 4000)
    assert part is not None
    rows, columns = part
    assert rows.start <= 200 < rows.stop
    assert columns.start <= 300 < columns.stop
    assert get_part_in_view(model, info, 50) is not None
    with pytest.raises(ParameterError, match="is not in the image"):
        go_to(model, info, Place(x=90, y=0, width=3, height=3, name="far"))
    model.scene.camera.center = (0, 9999, 0)
    assert get_part_in_view(model, info, 50) is None


def test_regions_of_ds9_become_places(model: ViewerModel, tmp_path: Path) -> None:
    path = tmp_path / "two.reg"
    path.write_text(
        '# Region file format: DS9\nicrs\ncircle(34.3021,-5.1105,2") # text={ring}\n'
        "image\nbox(101,201,40,20,0)\n"
    )
    ring, box = read_region_places(path, known(model))
    assert ring.name == "ring"
    assert ring.width == pytest.approx(4, abs=0.1)
    assert (box.width, box.height) == (pytest.approx(1.6, abs=0.1), pytest.approx(0.8, abs=0.1))
    path.write_text("no regions")
    with pytest.raises(ParameterError):
        read_region_places(path, known(model))


def test_the_grid_has_one_box_for_each_band(model: ViewerModel) -> None:
    model.add_shapes([[[0, 0], [1, 1]]], shape_type="line", name="Selected")
    assert show_grid(model) == []
    grid = model.canvas.grid
    assert (grid.enabled, grid.stride, grid.actual_shape(model.layers)) == (True, 2, (1, 2))
    boxes = {layer.name: grid.position(n, model.layers) for n, layer in enumerate(model.layers)}
    assert boxes["F115W SCI"] == boxes["F115W SEG rms_err"] == (0, 0)
    assert boxes["F444W SCI"] == boxes["F444W SEG rms_err"] == (0, 1)
    info = known(model)
    go_to(model, info, parse_place("pixel x y", "300 200", 4.0, info))
    sides = np.array(model.canvas.size) / grid.actual_shape(model.layers)
    assert (sides / model.scene.camera.zoom).min() == pytest.approx(4.0)
    leave_grid(model, [])
    assert not grid.enabled


def test_the_grid_shows_what_all_bands_have(model: ViewerModel) -> None:
    model.layers.remove(SEG)
    hidden = show_grid(model)
    assert [layer.name for layer in hidden] == ["F115W SEG rms_err"]
    assert model.canvas.grid.stride == 1
    assert not model.layers["F115W SEG rms_err"].visible
    leave_grid(model, hidden)
    assert model.layers["F115W SEG rms_err"].visible
    model.layers.remove("F444W SCI")
    with pytest.raises(ParameterError, match="SCI maps of two bands"):
        show_grid(model)


def test_a_stored_map_is_saved_as_it_is(model: ViewerModel, bands: Data, tmp_path: Path) -> None:
    with saved(model.layers[SEG], tmp_path / "map") as hdus:
        seg = hdus["SEG"]
        np.testing.assert_array_equal(seg.data, bands["F444W"].load_seg())
        assert seg.data.dtype.newbyteorder("=") == np.int32
        assert seg.header["EDITED"] is False
        assert seg.header["METHOD"] == "skyseg"
        assert seg.header["CTYPE1"] == "RA---TAN"
        assert len(hdus["OBJECTS"].data) == len(bands["F444W"].load_cat())


def test_painted_labels_are_measured_again_and_marked(
    model: ViewerModel, bands: Data, tmp_path: Path
) -> None:
    model.layers.selection.active = model.layers[SEG]
    go_to_box(model, known(model), (200, 260, 300, 380))
    layer = add_edit_layer(model)
    origin = np.round(model.layers[SEG].world_to_data(layer.data_to_world((0, 0)))).astype(int)
    part = get_part_in_view(model, known(model), 2048)
    assert part is not None
    assert tuple(origin) == (part[0].start, part[1].start)
    layer.data[10:14, 20:25] = 900
    stored = bands["F444W"].load_seg()
    with saved(layer, tmp_path / "edited.fits") as hdus:
        wanted = stored.copy()
        wanted[origin[0] + 10 : origin[0] + 14, origin[1] + 20 : origin[1] + 25] = 900
        np.testing.assert_array_equal(hdus["SEG"].data, wanted)
        assert hdus["SEG"].header["EDITED"] is True
        table = hdus["OBJECTS"].data
        assert set(table["NUMBER"]) == set(np.unique(wanted)) - {0}
        assert table["ISOAREAF_IMAGE"][-1] == 20
        assert hdus["SEG"].header["NSOURCES"] == len(table)
    np.testing.assert_array_equal(get_full_map(model.layers[SEG]), stored)


def test_nothing_is_saved_over_what_others_have_made(
    model: ViewerModel, bands: Data, tmp_path: Path
) -> None:
    own = bands["F444W"].seg_path
    assert own is not None
    before = own.read_bytes()
    for path in (own, bands["F444W"].sci.path):
        with pytest.raises(ProductError, match="was not saved from here"):
            saved(model.layers[SEG], path)
    assert own.read_bytes() == before
    text = tmp_path / "notes.fits"
    text.write_text("mine")
    with pytest.raises(ProductError):
        saved(model.layers[SEG], text)
    for _ in range(2):
        saved(model.layers[SEG], tmp_path / "again.fits").close()


def test_labels_of_a_file_are_saved_with_its_wcs_and_marked(bands: Data, tmp_path: Path) -> None:
    wcs = bands["F444W"].wcs
    assert wcs is not None
    small = bands["F444W"].load_seg()[:300, :400]
    fits.writeto(tmp_path / "small_seg.fits", small, wcs.to_header())
    layer = Layer.create(*read_paths(str(tmp_path / "small_seg.fits"))[0])
    assert layer.data.dtype.itemsize == 4
    with saved(layer, tmp_path / "same.fits") as hdus:
        assert hdus["SEG"].header["EDITED"] is False
        assert hdus["SEG"].header["CTYPE1"] == "RA---TAN"
    layer.data[5:9, 5:9] = 70_000
    with saved(layer, tmp_path / "other.fits") as hdus:
        assert hdus["SEG"].header["EDITED"] is True
        assert hdus["SEG"].data[6, 6] == 70_000


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


def test_labels_of_no_band_are_saved_alone(tmp_path: Path) -> None:
    layer = Labels(np.eye(5, dtype=np.int64), name="mine")
    with saved(layer, tmp_path / "mine.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SEG"]
        np.testing.assert_array_equal(hdus["SEG"].data, np.eye(5))
