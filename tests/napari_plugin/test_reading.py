"""FITS files as layers, in one frame in arcsec."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import sep
from astropy import units
from astropy.io import fits
from astropy.wcs import WCS
from napari.components import ViewerModel
from napari.layers import Layer, _layer_actions
from npe2 import PluginManager, PluginManifest
from npe2 import _pytest_plugin as npe2_testing

import skyseg
from skyseg.display.fits_maps import ImageOnDisk, LostPixelsWarning
from skyseg.errors import DataNotFoundError, ImageError
from skyseg.napari_plugin.files.reader import get_reader, read_paths
from skyseg.napari_plugin.layers.band_layers import read_layers
from skyseg.napari_plugin.layers.layer_info import get_full_map, get_info
from skyseg.survey import BandData

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


def opened(*paths: Path) -> ViewerModel:
    viewer = ViewerModel()
    for data in read_paths([str(path) for path in paths]):
        viewer.layers.append(Layer.create(*data))
    return viewer


def test_the_manifest_is_found_and_whole() -> None:
    package = Path(skyseg.__file__).parent
    manifest = PluginManifest.from_file(package / "napari.yaml")
    manifest.validate_imports()
    assert (package.parents[1] / "napari.yaml").resolve() == package / "napari.yaml"
    manager = PluginManager()
    manager.discover()
    assert "skyseg" in {found.name for found in manager.iter_manifests()}


def test_napari_opens_a_fits_file_with_it(
    imaging_dir: Path, npe2pm: npe2_testing.TestPluginManager
) -> None:
    viewer = ViewerModel()
    with npe2pm.tmp_plugin(manifest=Path(skyseg.__file__).parent / "napari.yaml"):
        viewer.open(imaging_dir / UDS / "uds-b-f444w_sci.fits", plugin="skyseg")
    assert [layer.name for layer in viewer.layers] == ["UDS-B F444W SCI"]


def test_maps_of_one_file_are_layers_of_their_kind(imaging_dir: Path) -> None:
    viewer = opened(imaging_dir / "misc/jwst_ngc346_f444w_cal_100px.fits")
    layers = {layer.name: layer for layer in viewer.layers}
    assert type(layers["jwst_ngc346_f444w_cal_100px DQ"]).__name__ == "Labels"
    (shown,) = (layer for layer in viewer.layers if layer.visible)
    assert shown.name == "jwst_ngc346_f444w_cal_100px SCI"
    assert viewer.layers[-1] is shown
    for layer in viewer.layers:
        np.testing.assert_allclose(layer.affine.affine_matrix, viewer.layers[0].affine)
        assert [str(unit) for unit in layer.units] == ["arcsecond", "arcsecond"]


def test_a_file_without_names_opens_all_its_images(imaging_dir: Path) -> None:
    viewer = opened(imaging_dir / "misc/legacy_dr9_grz_image-invvar_256px.fits")
    assert len(viewer.layers) == 6
    assert sum(layer.visible for layer in viewer.layers) == 1


def test_bands_of_other_scale_and_rotation_overlie(imaging_dir: Path, tmp_path: Path) -> None:
    source = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    turned = tmp_path / "uds-b-f115w_sci.fits"
    header = fits.getheader(source)
    wcs = WCS(header).deepcopy()
    angle, scale = np.radians(30), 0.06 / 3600
    wcs.wcs.pc = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    wcs.wcs.cdelt = [-scale, scale]
    wcs.wcs.crpix = [100, 120]
    wcs.wcs.crval = [34.3021, -5.1104]
    fits.writeto(turned, np.zeros((300, 280), np.float32), wcs.to_header())
    viewer = opened(source, turned)
    first, second = viewer.layers
    for row, column in ((0, 0), (299, 0), (150, 140), (299, 279)):
        sky = wcs.pixel_to_world(column, row)
        x, y = WCS(header).world_to_pixel(sky)
        world = second.data_to_world((row, column))
        np.testing.assert_allclose(first.world_to_data(world), (y, x), atol=0.02)


def test_north_is_up_and_east_is_left(imaging_dir: Path) -> None:
    path = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    (layer,) = opened(path).layers
    wcs = WCS(fits.getheader(path))
    centre = wcs.pixel_to_world(500, 200)
    for position, axis, sign in (
        (centre.directional_offset_by(0 * units.deg, 1 * units.arcsec), 0, 1),
        (centre.directional_offset_by(90 * units.deg, 1 * units.arcsec), 1, -1),
    ):
        x, y = wcs.world_to_pixel(position)
        moved = np.subtract(layer.data_to_world((y, x)), layer.data_to_world((200, 500)))
        assert moved[axis] == pytest.approx(sign, abs=1e-3)
        assert moved[1 - axis] == pytest.approx(0, abs=1e-3)


def test_plain_maps_stay_in_their_file_and_compressed_ones_are_read(
    imaging_dir: Path, tmp_path: Path
) -> None:
    source = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    packed = tmp_path / "uds-b-f115w_sci.fits.gz"
    with gzip.open(packed, "wb") as file:
        file.write(source.read_bytes())
    tiled = tmp_path / "uds-b-f200w_sci.fits.fz"
    data, header = fits.getdata(source, header=True)
    image = fits.CompImageHDU(
        data, header, name="SCI", compression_type="GZIP_2", quantize_level=0.0
    )
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(tiled)
    viewer = opened(source, packed, tiled)
    assert isinstance(get_full_map(viewer.layers[0]), ImageOnDisk)
    for layer in viewer.layers:
        np.testing.assert_array_equal(np.asarray(get_full_map(layer)), data)


def test_a_map_that_is_cut_while_it_is_looked_at_becomes_blank_and_says_so(
    imaging_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "uds-b-f444w_sci.fits"
    shutil.copy(imaging_dir / UDS / path.name, path)
    viewer = opened(path)
    (layer,) = viewer.layers
    # as close as one pixel of the map to one of the screen
    corners = np.array([layer.data_to_world(corner) for corner in ((0, 0), (200, 200))])
    layer._update_draw(layer.scale[0], corners, (200, 200))
    assert layer.data_level == 0
    assert np.isfinite(layer._slice.image.view).any()
    os.truncate(path, 9000)
    with pytest.warns(LostPixelsWarning, match=r"sci\.fits was changed.*blank; open it again"):
        layer.refresh()
    assert not np.isfinite(layer._slice.image.view).any()


def test_a_label_map_opens_as_labels(tmp_path: Path) -> None:
    labels = np.arange(700 * 600, dtype=np.int32).reshape(700, 600) % 9
    fits.writeto(tmp_path / "deep_seg.fits", labels)
    (layer,) = opened(tmp_path / "deep_seg.fits").layers
    assert type(layer).__name__ == "Labels"
    assert layer.multiscale
    np.testing.assert_array_equal(get_full_map(layer), labels)


def test_a_folder_of_a_survey_opens_its_science_maps(imaging_dir: Path) -> None:
    assert get_reader(str(imaging_dir / "jwst/UDS-B")) is not None
    viewer = opened(imaging_dir / "jwst/UDS-B")
    assert [layer.name for layer in viewer.layers] == ["UDS-B F115W SCI", "UDS-B F444W SCI"]


def test_limits_show_faint_sources(imaging_dir: Path) -> None:
    (layer,) = opened(imaging_dir / UDS / "uds-b-f444w_sci.fits").layers
    low, high = layer.contrast_limits
    noise = 1.48 * np.median(np.abs(get_full_map(layer)))
    assert low < 0 < 3 * noise < high
    grey = layer.colormap.map((3 * noise - low) / (high - low))[0][0]
    assert grey > 0.15


def test_what_is_no_fits_is_left_to_others_and_what_is_broken_is_an_error(
    imaging_dir: Path, tmp_path: Path
) -> None:
    assert get_reader("picture.png") is None
    with pytest.raises(DataNotFoundError, match="holds no FITS file"):
        read_paths(str(tmp_path))
    broken = tmp_path / "cut_sci.fits"
    whole = (imaging_dir / UDS / "uds-b-f444w_sci.fits").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r"cut_sci\.fits is truncated"):
        read_paths(str(broken))
    empty = tmp_path / "empty.fits"
    fits.PrimaryHDU().writeto(empty)
    with pytest.raises(ImageError, match="no 2-D image"):
        read_paths(str(empty))


def test_a_variance_is_shown_as_it_is_from_its_file_and_as_the_error_of_a_band(
    tmp_path: Path,
) -> None:
    image = np.full((12, 16), 9.0, np.float32)
    hdus = [fits.ImageHDU(image, name=name) for name in ("IMAGE", "MASK", "VARIANCE")]
    path = tmp_path / "calexp-HSC-I-9813-5,4.fits"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    layers = {layer.name: layer for layer in opened(path).layers}
    assert {f"calexp-HSC-I-9813-5,4 {role}" for role in ("SCI", "VARIANCE")} <= set(layers)
    assert np.max(layers["calexp-HSC-I-9813-5,4 VARIANCE"].data[0]) == 9
    (layer,) = read_layers(BandData.from_files(path), ["ERR"], [], outlined=False)
    assert np.max(layer.data[0]) == 3


def test_any_label_map_opens_as_labels_over_its_image(imaging_dir: Path, tmp_path: Path) -> None:
    image = fits.getdata(imaging_dir / UDS / "uds-b-f444w_sci.fits").astype(np.float32)
    found = sep.extract(image, 0.05, minarea=9, segmentation_map=True)[1]
    segm, plain = tmp_path / "segm.fits", tmp_path / "plain.fits"
    extension = fits.ImageHDU(found.astype(np.int16), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), extension]).writeto(segm)
    fits.writeto(plain, found.astype(np.float64))
    for path in (segm, plain):
        (layer,) = opened(path).layers
        assert type(layer).__name__ == "Labels"
        np.testing.assert_array_equal(get_full_map(layer), found)


def test_maps_of_the_noise_lie_hidden_under_the_image(imaging_dir: Path, tmp_path: Path) -> None:
    sci = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    wht = imaging_dir / UDS / "uds-b-f444w_wht.fits"
    viewer = opened(wht, sci)
    assert [(get_info(layer).role, layer.visible) for layer in viewer.layers] == [
        ("WHT", False),
        ("SCI", True),
    ]
    (alone,) = opened(wht).layers
    assert alone.visible


@pytest.mark.filterwarnings("ignore:projection mode")
def test_a_grey_image_can_be_converted_to_labels(imaging_dir: Path) -> None:
    viewer = opened(imaging_dir / UDS / "uds-b-f444w_sci.fits")
    assert viewer.layers[0].multiscale
    viewer.layers.selection.active = viewer.layers[0]
    _layer_actions._convert(viewer.layers, "labels")
    assert type(viewer.layers[1]).__name__ == "Labels"
    assert viewer.layers[1].multiscale
