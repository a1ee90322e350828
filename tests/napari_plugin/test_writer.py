"""Labels saved as SEG maps, painted or as they are."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from astropy.io import fits
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from napari.layers.labels._labels_key_bindings import new_label

from skyseg import Data
from skyseg.errors import ProductError
from skyseg.napari_plugin.canvas.camera import get_part_in_view, go_to_box
from skyseg.napari_plugin.files.reader import read_paths
from skyseg.napari_plugin.files.writer import write_labels
from skyseg.napari_plugin.layers.edit import EDIT_KEY
from skyseg.napari_plugin.layers.edit_layer import add_edit_layer
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.panel.map_info import MapInfo

SEG = "UDS-B F444W SEG rms_err"


def known(model: ViewerModel, name: str = SEG) -> MapInfo:
    info = get_info(model.layers[name])
    assert info is not None
    return info


def saved(layer: Labels, path: Path) -> fits.HDUList:
    data, meta, _ = layer.as_layer_data_tuple()
    (written,) = write_labels(str(path), data, meta)
    return fits.open(written)


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
    names = [data[1]["name"] for data in read_paths(str(tmp_path / "edited.fits"))]
    assert names == [f"{SEG} edited"]


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


def test_a_map_of_ours_that_was_opened_as_a_file_is_saved_with_its_catalogue(
    bands: Data, tmp_path: Path
) -> None:
    layer = Layer.create(*read_paths(str(bands["F444W"].seg_path))[0])
    with saved(layer, tmp_path / "mine.fits") as hdus:
        assert len(hdus["OBJECTS"].data) == len(bands["F444W"].load_cat())
    again = Layer.create(*read_paths(str(tmp_path / "mine.fits"))[0])
    with saved(again, tmp_path / "again.fits") as hdus:
        assert len(hdus["OBJECTS"].data) == len(bands["F444W"].load_cat())


def test_labels_of_no_band_are_saved_alone(tmp_path: Path) -> None:
    layer = Labels(np.eye(5, dtype=np.int64), name="mine")
    with saved(layer, tmp_path / "mine.fits") as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "SEG"]
        np.testing.assert_array_equal(hdus["SEG"].data, np.eye(5))


def test_a_layer_of_any_name_is_saved_with_it(tmp_path: Path) -> None:
    with saved(Labels(np.eye(9, dtype=int), name="Größe\n1"), tmp_path / "map.fits") as hdus:
        assert unquote(hdus["SEG"].header["LAYER"]) == "Größe\n1"


def edit_at(model: ViewerModel, box: tuple[int, int, int, int]) -> tuple[Labels, tuple[int, int]]:
    """Edit what is around a box; return the layer, and row and column of its first pixel."""
    model.layers.selection.active = model.layers[SEG]
    go_to_box(model, known(model), box)
    layer = add_edit_layer(model)
    rows, columns = layer.metadata[EDIT_KEY].part
    return layer, (rows.start, columns.start)


def test_edits_at_two_places_end_in_one_file_with_both(
    model: ViewerModel, bands: Data, tmp_path: Path
) -> None:
    first, (y0, x0) = edit_at(model, (100, 120, 100, 120))
    first.data[1:4, 1:4] = first.selected_label
    second, (y1, x1) = edit_at(model, (300, 320, 450, 470))
    assert second.selected_label == first.selected_label + 1
    second.data[2:5, 2:6] = second.selected_label
    wanted = bands["F444W"].load_seg().copy()
    wanted[y0 + 1 : y0 + 4, x0 + 1 : x0 + 4] = first.selected_label
    wanted[y1 + 2 : y1 + 5, x1 + 2 : x1 + 6] = second.selected_label
    for number, layer in enumerate((first, second)):
        with saved(layer, tmp_path / f"{number}.fits") as hdus:
            np.testing.assert_array_equal(hdus["SEG"].data, wanted)
    third, _ = edit_at(model, (100, 120, 100, 120))
    np.testing.assert_array_equal(third.data, first.data)
    model.layers.remove(third)
    model.layers.remove(second)
    with saved(first, tmp_path / "without.fits") as hdus:
        assert second.selected_label not in hdus["SEG"].data


def test_a_new_label_is_above_all_of_the_map_and_never_that_of_another_source(
    model: ViewerModel, bands: Data
) -> None:
    whole = bands["F444W"].load_seg()
    layer, _ = edit_at(model, (100, 120, 100, 120))
    assert layer.data.max() < whole.max()
    assert layer.selected_label == whole.max() + 1
    new_label(layer)  # what the key m and napari's button do
    assert layer.selected_label == whole.max() + 1
    layer.data[0, :3] = whole.max() + 1
    new_label(layer)
    assert layer.selected_label == whole.max() + 2
    elsewhere = next(each for each in np.unique(whole) if each and each not in layer.data)
    layer.selected_label = int(elsewhere)
    assert layer.selected_label not in whole
    inside = int(layer.data[layer.data > 0].min())
    layer.selected_label = inside
    assert layer.selected_label == inside


def test_what_was_saved_is_told(
    model: ViewerModel, bands: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("skyseg.napari_plugin.files.writer.show_info", told.append)
    saved(model.layers[SEG], tmp_path / "map.fits").close()
    number = len(bands["F444W"].load_cat())
    assert told == [f"map.fits saved with {number} sources, in {tmp_path}"]
