"""Label maps without a WCS lie on the image that they were made on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from napari.utils.notifications import notification_manager

from skyseg.napari_plugin.canvas.camera import get_part_in_view
from skyseg.napari_plugin.layers.layer_info import get_info
from skyseg.napari_plugin.viewer_session import get_session

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


@pytest.mark.parametrize("order", ["image first", "labels first", "together"])
def test_labels_without_a_wcs_lie_on_the_image_whose_shape_they_have(
    window: Any, imaging_dir: Path, tmp_path: Path, order: str
) -> None:
    plain = tmp_path / "segm.fits"
    sci = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    fits.writeto(plain, (fits.getdata(sci) > 1).astype(np.int32))
    before = len(notification_manager.records)
    paths = [sci, plain] if order != "labels first" else [plain, sci]
    for each in [[str(path) for path in paths]] if order == "together" else paths:
        window.open(each, plugin="skyseg", stack=False)
    image, labels = (
        next(layer for layer in window.layers if get_info(layer).role == role)
        for role in ("SCI", "SEG")
    )
    for corner in ((0, 0), (3, 700)):
        np.testing.assert_allclose(labels.data_to_world(corner), image.data_to_world(corner))
    assert (labels.visible, image.visible) == (True, True)
    assert get_info(labels).wcs is get_info(image).wcs
    assert window.layers.extent.units is not None
    assert get_part_in_view(window, get_info(image)) is not None
    said = [record.message for record in list(notification_manager.records)[before:]]
    assert sum("has no WCS: it lies on UDS-B F444W SCI" in text for text in said) == 1


def test_labels_without_a_wcs_lie_on_no_image_where_there_are_two_places(
    window: Any, imaging_dir: Path, tmp_path: Path
) -> None:
    sci = imaging_dir / UDS / "uds-b-f444w_sci.fits"
    image, header = fits.getdata(sci), fits.getheader(sci)
    header["CRVAL2"] += 0.01
    fits.writeto(tmp_path / "moved_sci.fits", image, header)
    fits.writeto(tmp_path / "segm.fits", (image > 1).astype(np.int32))
    for path in (sci, tmp_path / "moved_sci.fits"):
        window.open(path, plugin="skyseg")
    (labels,) = window.open(tmp_path / "segm.fits", plugin="skyseg")
    assert get_info(labels).wcs is None


def list_told(before: int) -> list[str]:
    return [record.message for record in list(notification_manager.records)[before:]]


def test_images_of_arrays_lie_on_the_image_of_their_shape_or_have_a_plane_of_their_own(
    window: Any, imaging_dir: Path
) -> None:
    (image,) = window.open(imaging_dir / UDS / "uds-b-f444w_sci.fits", plugin="skyseg")
    shape, before = get_info(image).shape, len(notification_manager.records)
    smooth = window.add_image(np.ones(shape), name="smooth", contrast_limits=(0, 3))
    np.testing.assert_allclose(smooth.data_to_world((3, 700)), image.data_to_world((3, 700)))
    assert (smooth.visible, image.visible) == (True, True)
    assert "smooth has no WCS: it lies on UDS-B F444W SCI, whose shape it has" in list_told(before)
    other = window.add_image(np.ones((50, 60)), name="another shape")
    assert [each.visible for each in (image, smooth, other)] == [False, False, True]
    said = "another shape is shown; UDS-B, smooth, in another field, is hidden"
    assert said in list_told(before)
    session = get_session(window)
    session.display = session.display.with_scale("SCI", cuts="99 %")
    smooth.contrast_limits = (0, 2)
    assert tuple(smooth.contrast_limits) == (0, 2)  # its looks are a person's own
    assert session.display.scale_of("SCI").cuts == "99 %"


@pytest.mark.parametrize("first", ["on the sky", "without a WCS"])
def test_layers_of_any_kind_have_the_units_of_the_plane_that_is_shown(
    window: Any, imaging_dir: Path, tmp_path: Path, first: str
) -> None:
    before = len(notification_manager.records)
    plain = tmp_path / "plain.fits"
    fits.writeto(plain, np.ones((300, 400), np.float32))
    files = [imaging_dir / UDS / "uds-b-f444w_sci.fits", plain]
    for file in files if first == "on the sky" else files[::-1]:
        window.open(file, plugin="skyseg")
    assert not any("Inconsistent units" in text for text in list_told(before))
    window.add_points([[1, 1]])
    for layer in list(window.layers):
        layer.visible = True
        assert window.layers.extent.units is not None


def test_arrays_lie_on_the_image_of_their_shape_or_have_a_plane_of_their_own(
    window: Any, imaging_dir: Path
) -> None:
    (image,) = window.open(imaging_dir / UDS / "uds-b-f444w_sci.fits", plugin="skyseg")
    before = len(notification_manager.records)
    labels = window.add_labels(np.ones(get_info(image).shape, np.int32), name="mine")
    np.testing.assert_allclose(labels.data_to_world((3, 700)), image.data_to_world((3, 700)))
    assert (labels.visible, image.visible) == (True, True)
    other = window.add_labels(np.ones((50, 60), np.int32), name="another shape")
    said = [record.message for record in list(notification_manager.records)[before:]]
    assert "mine has no WCS: it lies on UDS-B F444W SCI, whose shape it has" in said
    assert "another shape is shown; UDS-B, mine, in another field, is hidden" in said
    before = len(notification_manager.records)
    for shown, unit in ((other, "pixel"), (image, "arcsecond"), (other, "pixel")):
        shown.visible = True
        on_sky = shown is image
        assert [each.visible for each in (image, labels, other)] == [on_sky, on_sky, not on_sky]
        window.screenshot(flash=False)
        assert set(map(str, window.layers.extent.units)) == {unit}  # of the scale bar too
    said = [record.message for record in list(notification_manager.records)[before:]]
    assert not any("Inconsistent units" in text for text in said)
