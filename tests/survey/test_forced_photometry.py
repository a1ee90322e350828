"""Sources of one band measured in others: made, loaded, stale, whole, and past bands that fail."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits

from skyseg import BandData, Data, Edits
from skyseg.engine import whole_image
from skyseg.engine.flags import Flag
from skyseg.engine.maps import Maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.errors import BatchError, ImageError, ParameterError, ProductError, StaleProductError
from skyseg.masks.bits import MaskBit
from skyseg.parity import compare_with_sextractor
from skyseg.survey.band_extraction import make_request


@pytest.fixture
def archive(imaging_dir: Path, tmp_path: Path) -> Path:
    """The two bands of UDS-B, in files that may be changed."""
    folder = Path("jwst/UDS-B/NIRCam/v1/40mas")
    (tmp_path / "data" / folder).mkdir(parents=True)
    for path in sorted((imaging_dir / folder).glob("*.fits")):
        shutil.copy(path, tmp_path / "data" / folder)
    return tmp_path / "data"


@pytest.fixture
def data(archive: Path) -> Data:
    return Data.from_survey_version("UDS-B", "v1", data_dir=archive)


def _rewrite(path: Path, change: float) -> None:
    with fits.open(path) as hdus:
        hdu = next(each for each in hdus if each.data is not None)
        fits.writeto(path, hdu.data + np.float32(change), hdu.header, overwrite=True)


def test_a_band_is_measured_at_the_sources_of_another(data: Data) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment()
    f115w.perform_forced_phot(f444w)
    detected, measured = f444w.load_cat(), f115w.load_forced_phot()
    assert measured.colnames == detected.colnames
    for name in ("NUMBER", "X_IMAGE", "ALPHA_J2000", "ISOAREAF_IMAGE", "YMAX_IMAGE"):
        np.testing.assert_array_equal(measured[name], detected[name], err_msg=name)
    assert not np.allclose(measured["FLUX_AUTO"], detected["FLUX_AUTO"])
    light = measured["FLUX_AUTO"].value[np.argmax(detected["FLUX_AUTO"])]
    magnitude = measured["MAG_AUTO"].value[np.argmax(detected["FLUX_AUTO"])]
    assert magnitude == pytest.approx(f115w.zero_point - 2.5 * np.log10(light), abs=1e-4)
    assert f115w.forced_phot_path is not None
    assert f115w.forced_phot_path.name == "UDS-B_F115W_F444W_sel_cat_v1.fits"
    assert f115w.load_forced_phot("nJy")["FLUX_AUTO"].unit == u.nJy
    header = fits.getheader(f115w.forced_phot_path, 1)
    assert f444w.products is not None
    assert header["DETRUN"] == f444w.products.run_id
    assert [header[f"IN{k}ROLE"] for k in (1, 2, 3, 4)] == ["SCI", "WHT", "DET_SCI", "DET_WHT"]


def test_measured_in_its_own_band_a_detection_has_its_own_light(data: Data) -> None:
    parameters = Parameters(deblend_mincont=1.0)
    band = data["F444W"]
    band.segment(parameters=parameters)
    band.perform_forced_phot(band)
    detected, measured = band.load_cat(), band.load_forced_phot()
    for name in ("FLUX_ISO", "FLUX_AUTO", "FLUX_APER", "FLUXERR_AUTO", "KRON_RADIUS", "FLAGS"):
        np.testing.assert_allclose(
            np.asarray(measured[name]), np.asarray(detected[name]), rtol=1e-5, err_msg=name
        )


def test_what_fits_is_loaded_and_what_has_changed_is_stale(data: Data, archive: Path) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment()
    f115w.perform_forced_phot(f444w)
    assert f115w.forced_phot is not None
    assert f115w.forced_phot.made
    f115w.perform_forced_phot(f444w)
    assert not f115w.forced_phot.made
    with pytest.raises(StaleProductError, match="aper_diams was"):
        f115w.perform_forced_phot(f444w, aper_diams=[1] * u.arcsec)
    f444w.segment(overwrite=True)
    with pytest.raises(StaleProductError, match="run of the detection was"):
        f115w.perform_forced_phot(f444w)
    f115w.perform_forced_phot(f444w, overwrite=True)
    _rewrite(next(archive.rglob("*f115w_sci.fits")), 1)
    with pytest.raises(StaleProductError, match="of SCI"):
        f115w.perform_forced_phot(f444w)


def test_a_detection_whose_image_has_changed_makes_its_measurements_stale(
    data: Data, archive: Path
) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment()
    f115w.perform_forced_phot(f444w)
    _rewrite(next(archive.rglob("*f444w_sci.fits")), 1)
    with pytest.raises(StaleProductError, match="of DET_SCI"):
        f115w.perform_forced_phot(f444w)


def test_a_catalogue_that_was_interrupted_is_not_there(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stop)
        with pytest.raises(KeyboardInterrupt):
            f115w.perform_forced_phot(f444w)
    assert f115w.forced_phot_path is None
    f115w.perform_forced_phot(f444w)
    assert f115w.forced_phot_path is not None
    assert [each.name for each in f115w.forced_phot_path.parent.glob("*.fits")] == [
        f115w.forced_phot_path.name
    ]


def test_any_seg_map_is_measured_with_the_shapes_that_an_image_shows(
    data: Data, tmp_path: Path
) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    labels = np.zeros(f444w.shape, np.int32)
    labels[60:70, 80:95], labels[100:104, 20:30] = 9, 4
    fits.writeto(tmp_path / "mine.fits", labels)
    f115w.perform_forced_phot(f444w, seg=tmp_path / "mine.fits")
    of_detection = f115w.load_forced_phot()
    f115w.perform_forced_phot(tmp_path / "mine.fits", overwrite=True)
    of_itself = f115w.load_forced_phot()
    assert list(of_detection["NUMBER"]) == list(of_itself["NUMBER"]) == [4, 9]
    np.testing.assert_array_equal(of_detection["FLUX_ISO"], of_itself["FLUX_ISO"])
    assert not np.allclose(of_detection["X_IMAGE"], of_itself["X_IMAGE"])
    labels[60:70, 80:95] = 0
    fits.writeto(tmp_path / "mine.fits", labels, overwrite=True)
    with pytest.raises(StaleProductError, match="SEG"):
        f115w.perform_forced_phot(tmp_path / "mine.fits")


def test_apertures_that_a_detection_has_twice_are_measured_by_any_set(
    data: Data, tmp_path: Path
) -> None:
    (tmp_path / "twice.sex").write_text("PHOT_APERTURES 10,10,20\nDETECT_MINAREA 9\n")
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment(parameters=tmp_path / "twice.sex")
    f115w.perform_forced_phot(f444w, parameters="default")
    light = f115w.load_forced_phot()["FLUX_APER"]
    np.testing.assert_array_equal(light[:, 0], light[:, 1])
    assert light.shape[1] == 3
    f115w.run_depths(f444w)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, np.int64])
def test_a_seg_map_may_be_stored_in_any_type(
    data: Data, tmp_path: Path, dtype: type[np.generic]
) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    labels = np.zeros(f444w.shape, np.int32)
    labels[60:70, 80:95], labels[100:104, 20:30] = 9, 4
    fits.writeto(tmp_path / "mine.fits", labels)
    f115w.perform_forced_phot(f444w, seg=tmp_path / "mine.fits")
    expected = f115w.load_forced_phot()
    stored = labels.astype(dtype)
    if stored.dtype.kind == "f":
        stored[:5] = np.nan  # no coverage, to many programs
    fits.writeto(tmp_path / "other.fits", stored)
    f115w.perform_forced_phot(f444w, seg=tmp_path / "other.fits")
    found = f115w.load_forced_phot()
    for name in expected.colnames:
        np.testing.assert_array_equal(found[name], expected[name])


def test_a_seg_map_of_other_numbers_is_refused(data: Data, tmp_path: Path) -> None:
    labels = np.zeros(data["F444W"].shape, np.float32)
    labels[60:70, 80:95] = 1.5
    fits.writeto(tmp_path / "mine.fits", labels)
    with pytest.raises(ImageError, match="numbers that are not whole; give whole numbers from 0"):
        data["F115W"].perform_forced_phot(data["F444W"], seg=tmp_path / "mine.fits")


def test_all_bands_are_measured_past_one_that_fails(data: Data, archive: Path) -> None:
    data.perform_forced_phot("F444W", progress=False)
    assert all(band.forced_phot is not None and band.forced_phot.made for band in data)
    next(archive.rglob("*f115w_sci.fits")).write_bytes(b"no image")
    with pytest.raises(BatchError, match="1 of 2 bands could not be measured") as caught:
        data.perform_forced_phot(["F444W"], overwrite=True, progress=False)
    assert list(caught.value.errors) == ["F115W"]


def test_edits_of_the_detection_are_measured_where_they_are_asked_for(data: Data) -> None:
    detection = data["F444W"]
    detection.segment()
    numbers = detection.load_cat()["NUMBER"]
    Edits.open(detection).delete([int(numbers[0])], why="a spike")
    data.perform_forced_phot(detection, progress=False)
    assert len(data["F115W"].load_forced_phot()) == len(numbers)
    data.perform_forced_phot(detection, edits=True, progress=False)
    assert len(data["F115W"].load_forced_phot()) == len(numbers) - 1
    with pytest.raises(ParameterError, match="edits"):
        data.perform_forced_phot(detection, seg=detection.seg_path, edits=True)


def test_one_detection_is_looked_at_once_for_all_bands(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skyseg.survey import forced_detection

    seen: list[object] = []
    detect = forced_detection.detect_labels

    def count(*given: object, **options: object) -> object:
        seen.append(given)
        return detect(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(forced_detection, "detect_labels", count)
    data.perform_forced_phot("F444W", progress=False)
    assert len(seen) == 1


def test_what_a_segmentation_saw_is_used_while_the_files_stay_as_they_are(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[object] = []
    usual = PreparedImage.filter

    def note(self: PreparedImage, *given: Any) -> Any:
        looks.append(given)
        return usual(self, *given)

    monkeypatch.setattr(PreparedImage, "filter", note)
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment()
    f115w.perform_forced_phot(f444w)
    recalled = f115w.load_forced_phot()
    assert not looks
    seconds = f444w.sci.path.stat().st_mtime + 5
    os.utime(f444w.sci.path, (seconds, seconds))
    f115w.perform_forced_phot(f444w, overwrite=True)
    assert looks
    seen = f115w.load_forced_phot()
    for name in seen.colnames:
        np.testing.assert_array_equal(recalled[name], seen[name], err_msg=name)


def test_a_band_that_covers_less_has_nan_and_a_flag_for_the_rest(data: Data, archive: Path) -> None:
    wht = next(archive.rglob("*f115w_wht.fits"))
    with fits.open(wht) as hdus:
        hdu = next(each for each in hdus if each.data is not None)
        hdu.data[:, : hdu.data.shape[1] // 2] = 0
        fits.writeto(wht, hdu.data, hdu.header, overwrite=True)
    data["F444W"].segment()
    data["F115W"].perform_forced_phot(data["F444W"], "wht")
    table = data["F115W"].load_forced_phot()
    beyond = table["XMAX_IMAGE"].value <= data["F115W"].shape[1] // 2
    flags = np.asarray(table["FLAGS"])
    np.testing.assert_array_equal((flags & int(Flag.NOT_COVERED)) > 0, beyond)
    assert 0 < beyond.sum() < len(table)
    np.testing.assert_array_equal(np.isnan(table["FLUX_AUTO"].value), beyond)


def test_what_cannot_be_measured_says_why(data: Data, archive: Path, imaging_dir: Path) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    with pytest.raises(ProductError, match="has not been segmented; call"):
        f115w.perform_forced_phot(f444w)
    with pytest.raises(ProductError, match="no sources were measured"):
        f115w.load_forced_phot()
    f444w.segment(region=np.s_[:80, :80])
    with pytest.raises(ParameterError, match="in the region"):
        f115w.perform_forced_phot(f444w)
    other = BandData.from_files(imaging_dir / "hst/XDF/WFC3_IR/v1/60mas/xdf-f160w_sci.fits")
    other.segment("none")
    with pytest.raises(ImageError, match="shape"):
        f115w.perform_forced_phot(other)


def test_values_for_two_images_need_a_run_that_detected(data: Data, tmp_path: Path) -> None:
    file = tmp_path / "two.sex"
    file.write_text("WEIGHT_TYPE MAP_RMS,MAP_WEIGHT\n")
    labels = np.zeros(data["F444W"].shape, np.int32)
    labels[60:70, 80:95] = 1
    fits.writeto(tmp_path / "mine.fits", labels)
    with pytest.raises(ParameterError, match="weight_type of the parameter set has values for"):
        data["F115W"].perform_forced_phot(tmp_path / "mine.fits", parameters=file)
    with pytest.raises(ParameterError, match="one image is compared"):
        compare_with_sextractor(data["F444W"], parameters=file)
    data["F444W"].segment(parameters=file)
    data["F115W"].perform_forced_phot(data["F444W"])
    assert data["F444W"].products is not None and data["F115W"].forced_phot is not None
    assert data["F444W"].products.recipe.err_type == "rms_err"
    assert data["F115W"].forced_phot.recipe.err_type == "wht"


def test_messages_name_each_file_once(data: Data) -> None:
    band = data["F444W"]
    band.segment()
    band.perform_forced_phot(band)
    assert band.forced_phot is not None
    recipe = band.forced_phot.recipe
    assert [each.role for each in recipe.inputs][::2] == ["SCI", "DET_SCI"]
    assert make_request(band.maps, recipe).name.count(str(band.sci)) == 1


def test_a_stack_is_a_detection_like_others(data: Data) -> None:
    stack = data["F115W+F444W"]
    stack.segment()
    data.perform_forced_phot(stack, progress=False)
    detected = stack.load_cat()
    for band in data:
        measured = band.load_forced_phot()
        assert band.forced_phot_path is not None
        assert band.forced_phot_path.name == f"UDS-B_{band.band}_F115W+F444W_sel_cat_v1.fits"
        for name in ("NUMBER", "X_IMAGE", "ISOAREAF_IMAGE"):
            np.testing.assert_array_equal(measured[name], detected[name], err_msg=name)
        assert np.isfinite(measured["FLUX_AUTO"].value).all()
    data.perform_forced_phot("F115W+F444W", progress=False)
    assert all(band.forced_phot is not None and not band.forced_phot.made for band in data)
    data["F115W+F444W"].segment(overwrite=True)
    with pytest.raises(BatchError, match="run of the detection was"):
        data.perform_forced_phot("F115W+F444W", progress=False)


def test_masks_of_the_detection_and_of_the_band_have_columns_of_their_own(
    data: Data, tmp_path: Path
) -> None:
    f115w, f444w = data["F115W"], data["F444W"]
    f444w.segment()
    sources = f444w.load_cat()
    first, second = np.argsort(sources["FLUX_AUTO"])[-2:]
    for band, row in ((f444w, first), (f115w, second)):
        x, y = (sources[f"{axis}_IMAGE"].value[row] for axis in "XY")
        path = tmp_path / f"{band.band}.reg"
        path.write_text(f"image\ncircle({x},{y},40)\n")
        band.mask(path)
    f444w.segment(mask=True, exclude=["BAD"], overwrite=True)
    detected = f444w.load_cat()
    f115w.perform_forced_phot(f444w, mask=True, exclude=[])
    measured = f115w.load_forced_phot()
    np.testing.assert_array_equal(measured["DET_MASK_REGION"], detected["MASK_REGION"])
    assert "mask of the detection" in measured["DET_MASK_REGION"].info.description
    labels, bits = f444w.load_seg(), f115w.load_mask()
    np.testing.assert_array_equal(
        measured["MASK_REGION"],
        [np.count_nonzero(bits[labels == n] & MaskBit.REGION) for n in measured["NUMBER"]],
    )
    assert (measured["MASK_REGION"] > 0).any()
    with pytest.raises(StaleProductError, match="exclude"):
        f115w.perform_forced_phot(f444w, mask=True)
    f115w.perform_forced_phot(f444w, mask=True, overwrite=True)
    hidden = f115w.load_forced_phot()
    beyond = hidden["MASK_REGION"] == hidden["ISOAREAF_IMAGE"].value
    assert beyond.any()
    assert np.isnan(hidden["FLUX_AUTO"].value[beyond]).all()
    np.testing.assert_array_equal((np.asarray(hidden["FLAGS"]) & int(Flag.NOT_COVERED)) > 0, beyond)


def test_what_a_mask_keeps_from_detection_is_no_source_beside_apertures(
    data: Data, tmp_path: Path
) -> None:
    band = data["F444W"]
    (tmp_path / "bright.reg").write_text("image\ncircle(60,60,15)\n")
    band.mask(tmp_path / "bright.reg")
    band.segment(parameters=Parameters(clean=False, deblend_mincont=1.0), mask=True)
    band.perform_forced_phot(band, mask=True)
    detected, measured = band.load_cat(), band.load_forced_phot()
    for name in ("FLUX_ISO", "FLUX_AUTO", "FLUX_APER", "FLUXERR_AUTO", "KRON_RADIUS", "FLAGS"):
        np.testing.assert_allclose(
            np.asarray(measured[name]), np.asarray(detected[name]), rtol=1e-5, err_msg=name
        )


def test_the_sky_of_maps_that_stay_as_they_are_is_measured_once(
    data: Data, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[str] = []
    measure = whole_image._join_facts

    def count(maps: Maps, *given: Any) -> Any:
        measured.append(maps.name.split()[2])
        return measure(maps, *given)

    monkeypatch.setattr(whole_image, "_join_facts", count)
    for band in data:
        band.segment()
    assert {"F115W", "F444W"} == set(measured)
    before = len(measured)
    data.perform_forced_phot("F444W", progress=False)
    assert len(measured) == before
    data["F115W"].perform_forced_phot(data["F444W"], overwrite=True, verify=True)
    assert "F115W" in measured[before:]
    before = len(measured)
    _rewrite(next(archive.rglob("*f115w_sci.fits")), 1)
    data["F115W"].perform_forced_phot(data["F444W"], overwrite=True)
    assert set(measured[before:]) == {"F115W"}
