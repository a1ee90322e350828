"""A band that is segmented: made, loaded, remade, compared, on real imaging with both methods."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from skyseg.comparison import compare
from skyseg.engine import segment_image
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.parameters import Parameters
from skyseg.errors import (
    ConfigError,
    DataNotFoundError,
    ImageError,
    MethodError,
    ParameterError,
    ProductError,
    StaleProductError,
)
from skyseg.methods._sextractor_program import find_program
from skyseg.products.making import tell_making
from skyseg.products.store import ForeignProductWarning
from skyseg.settings import config
from skyseg.survey.band import BandData
from skyseg.survey.band_extraction import extract, make_recipe
from skyseg.survey.label_measurement import measure_band_labels

MakeBand = Callable[..., BandData]
METHODS = ["skyseg", "sextractor", "sep", "photutils"]


@pytest.fixture
def uds(imaging_dir: Path) -> MakeBand:
    folder = imaging_dir / "jwst/UDS-B/NIRCam/v1/40mas"

    def band(name: str = "f444w") -> BandData:
        sci, wht = (folder / f"uds-b-{name}_{role}.fits" for role in ("sci", "wht"))
        return BandData.from_files(sci, wht=wht, survey="UDS-B", version="v1")

    return band


@pytest.fixture
def xdf(imaging_dir: Path) -> MakeBand:
    """A small band with an rms map and no weight, by default."""
    folder = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas"

    def band(**changes: object) -> BandData:
        maps = {
            role: folder / f"xdf-f160w_{end}.fits" for role, end in (("sci", "sci"), ("err", "rms"))
        }
        return BandData.from_files(**({"survey": "XDF", "version": "v1", **maps} | changes))

    return band


@pytest.fixture
def xdf_copy(xdf: MakeBand, tmp_path: Path) -> MakeBand:
    """The same from copies that a test may change: sci.fits and err.fits."""
    original = xdf()
    for role, ref in (("sci", original.sci), ("err", original.err)):
        (tmp_path / f"{role}.fits").write_bytes(ref.path.read_bytes())

    def band(**changes: object) -> BandData:
        return xdf(**({"sci": tmp_path / "sci.fits", "err": tmp_path / "err.fits"} | changes))

    return band


def change(path: Path, edit: Callable[[np.ndarray, fits.Header], None]) -> None:
    """Change pixels or header of a file."""
    with fits.open(path, mode="update") as hdus:
        edit(hdus[0].data, hdus[0].header)


def test_the_mesh_background_is_the_same_model_in_both_methods(uds: MakeBand) -> None:
    band = uds()
    band.segment(method="sextractor")
    theirs = band.load_bkg()
    band.segment(method="skyseg")
    ours = band.load_bkg()
    assert theirs.std() > 0
    np.testing.assert_allclose(ours, theirs, atol=0.02 * theirs.std())


@pytest.mark.parametrize("method", METHODS)
def test_products_go_to_the_folder_that_is_given_and_are_loaded_from_there(
    xdf: MakeBand, method: str, tmp_path: Path
) -> None:
    band = xdf(work_dir=tmp_path / "bands")
    band.segment(method=method)
    assert band.seg_path.is_relative_to(tmp_path / "bands")
    band.segment(method=method, work_dir=tmp_path / "call")
    assert band.products.made
    assert band.seg_path.is_relative_to(tmp_path / "call")
    assert not config.work_dir.exists()
    again = xdf()
    again.segment(**band.seg_args)
    assert (again.products.made, again.seg_path) == (False, band.seg_path)
    other = again.with_products("wht") if method == "skyseg" else again
    assert other.seg_path.is_relative_to(tmp_path / "call")


@pytest.mark.parametrize("method", METHODS)
def test_segmenting_again_loads_and_overwrite_makes(
    xdf: MakeBand, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "skyseg.survey.band")
    band = xdf()
    said, stamps = [], []
    for overwrite in (False, False, True):
        caplog.clear()
        assert band.segment(method=method, overwrite=overwrite) is None
        said.append(caplog.records[-1].getMessage())
        stamps.append(fits.getheader(band.seg_path, 1)["RUNID"])
    n = len(band.load_cat())
    assert f"XDF v1 F160W rms_err: {n} sources made in" in said[0]
    assert f"XDF v1 F160W rms_err: {n} sources loaded in" in said[1]
    assert f"{n} sources made in" in said[2]
    assert stamps[0] == stamps[1] != stamps[2]


def test_what_was_made_is_remembered_and_shown(xdf: MakeBand) -> None:
    band = xdf()
    assert band.seg_path is band.bkg_path is band.cat_path is band.seg_args is None
    assert "SEG          -" in str(band)
    band.segment("wht", parameters="crowded", aper_diams=[0.5, 1] * u.arcsec)
    folder = config.work_dir / "skyseg/WFC3_IR/v1/XDF/MAP_WEIGHT/segmentation"
    assert band.seg_path == folder / "XDF_F160W_F160W_sel_cat_v1_crowded_seg.fits"
    assert band.bkg_path == folder / "XDF_F160W_F160W_sel_cat_v1_crowded_bkg.fits"
    assert band.cat_path == folder / "XDF_F160W_F160W_sel_cat_v1_crowded.fits"
    assert band.seg_args["err_type"] == "wht"
    assert band.seg_args["parameters"] == "crowded"
    for text in (str(band), band._repr_html_()):
        assert str(band.seg_path) in text
        assert "crowded" in text
    again = xdf()
    again.segment(**band.seg_args)
    assert again.seg_path == band.seg_path


def test_both_error_types_stand_beside_each_other(xdf: MakeBand) -> None:
    band = xdf()
    band.segment()
    rms_err_seg, rms_err_path = band.load_seg(), band.seg_path
    band.segment("wht", overwrite=True)
    wht_seg = band.load_seg()
    assert rms_err_path.is_file()
    assert rms_err_path != band.seg_path
    assert (rms_err_seg - wht_seg).any()


def test_the_configured_method_is_the_default(
    xdf: MakeBand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYSEG_METHOD", "sextractor")
    config.reload()
    band = xdf()
    band.segment()
    assert band.seg_path.is_relative_to(config.sex_dir)
    assert band.seg_args["method"] == "sextractor"


def test_apertures_are_those_given_then_those_set_then_those_configured(xdf: MakeBand) -> None:
    band = xdf()
    np.testing.assert_array_equal(band.aper_diams.value, config.aper_diams)
    band.load_aper_diams([0.5, 1.0] * u.arcsec)
    band.segment()
    assert band.load_cat()["FLUX_APER"].shape[1] == 2
    band.segment(aper_diams=(0.02 * u.arcmin).reshape(1), overwrite=True)
    assert band.load_cat()["FLUX_APER"].shape[1] == 1
    assert fits.getheader(band.cat_path, 1)["APERDIAM"].startswith("1.2")


@pytest.mark.parametrize(
    "diameters",
    [[0.5, 1.0], 3 * u.pix, [0.5, -1] * u.arcsec, np.nan * u.arcsec, [] * u.arcsec, "a"],
)
def test_apertures_that_are_no_positive_angles_are_refused(xdf: MakeBand, diameters) -> None:
    for call in (xdf().load_aper_diams, lambda given: xdf().segment(aper_diams=given)):
        with pytest.raises(ParameterError, match="aper_diams is"):
            call(diameters)
    assert not config.work_dir.exists()


def test_an_aperture_that_is_there_twice_is_refused_by_name(
    xdf: MakeBand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    band = xdf()
    twice = [0.5, 1.0, 0.5] * u.arcsec
    for call in (band.load_aper_diams, lambda given: band.segment(aper_diams=given)):
        with pytest.raises(ParameterError, match=r"^aper_diams has 0.5 twice; give each once$"):
            call(twice)
    with pytest.raises(ParameterError, match=r"^phot_apertures has 5 twice"):
        band.segment(parameters=Parameters(phot_apertures=(5, 5)))
    (tmp_path / "twice.toml").write_text("phot_fluxfrac = [0.5, 0.9, 0.5]\n")
    with pytest.raises(ParameterError, match=r"twice\.toml: phot_fluxfrac has 0\.5 twice"):
        band.segment(parameters=tmp_path / "twice.toml")
    monkeypatch.setenv("SKYSEG_APER_DIAMS", "0.5,0.5")
    config.reload()
    with pytest.raises(ConfigError, match="numbers, in arcsec, each of them once"):
        band.segment()


def test_an_aperture_that_a_sex_file_has_twice_has_two_columns_as_in_sextractor(
    xdf: MakeBand, tmp_path: Path
) -> None:
    band = xdf()
    (tmp_path / "twice.sex").write_text("PHOT_APERTURES 5,5,9\nPHOT_FLUXFRAC 0.5,0.5\n")
    band.segment("rms_err", parameters=tmp_path / "twice.sex")
    flux = band.load_cat()["FLUX_APER"]
    assert flux.shape[1] == 3 and np.array_equal(flux[:, 0], flux[:, 1])
    band.segment(**band.seg_args)
    flat = Table.read(band.write_cat(tmp_path / "cat.csv"))
    assert [name for name in flat.colnames if name.startswith("FLUX_APER")] == [
        "FLUX_APER_0", "FLUX_APER_1", "FLUX_APER_2",
    ]  # fmt: skip
    assert {"FLUX_RADIUS_0", "FLUX_RADIUS_1"} <= set(flat.colnames)


def test_config_name_is_another_word_for_parameters(xdf: MakeBand) -> None:
    band = xdf()
    band.segment(config_name="test.sex")
    assert band.seg_path.name == "XDF_F160W_F160W_sel_cat_v1_test_seg.fits"
    assert fits.getheader(band.seg_path, 1)["DETECT_MINAREA"] == 15
    with pytest.raises(ParameterError, match="give one of them"):
        band.segment(parameters="crowded", config_name="test.sex")


def test_wrong_arguments_are_refused_with_what_is_allowed(xdf: MakeBand) -> None:
    band = xdf()
    with pytest.raises(ParameterError, match="err_type is 'rms'; use 'rms_err'"):
        band.segment("rms")
    with pytest.raises(MethodError, match=r"no method 'magic'; use one of .*skyseg"):
        band.segment(method="magic")
    with pytest.raises(ParameterError, match="use one of default, crowded, deep"):
        band.segment(parameters="faint")
    assert not config.work_dir.exists()


@pytest.mark.parametrize("method", ["skyseg", "sep"])
def test_a_method_that_does_not_use_the_cluster_says_so(
    xdf: MakeBand, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    maps = xdf().maps
    recipe = make_recipe(maps, "rms_err", method, "default", [0.5] * u.arcsec)
    extract(maps, recipe, mapper=ThreadMapper())
    expected = "XDF v1 F160W: the method 'sep' runs on this machine, and not on the cluster"
    assert (expected in caplog.text) == (method == "sep")


def test_two_values_given_in_python_are_two_products(xdf: MakeBand) -> None:
    first, second = xdf(), xdf()
    first.segment(parameters=Parameters(detect_thresh=3.0))
    second.segment(parameters=Parameters(detect_thresh=3.5))
    assert first.seg_path != second.seg_path
    assert fits.getheader(first.seg_path, 1)["PARSET"] in first.seg_path.name
    xdf().segment(parameters=Parameters(detect_thresh=3.0))


def test_a_changed_parameter_set_or_zero_point_is_said(xdf: MakeBand, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("detect_thresh = 3.0")
    xdf().segment(parameters=mine)
    mine.write_text("detect_thresh = 3.5")
    with pytest.raises(StaleProductError, match=r"detect_thresh was 3.0 and is 3.5"):
        xdf().segment(parameters=mine)
    xdf().segment(parameters=Parameters(detect_thresh=3.0))
    with pytest.raises(StaleProductError, match=r"zero_point was unknown and is 25.95"):
        xdf(zero_point=25.95).segment(parameters=Parameters(detect_thresh=3.0))


def test_a_changed_image_is_said_and_remade_when_told(xdf_copy: MakeBand, tmp_path: Path) -> None:
    xdf_copy().segment()

    def brighten(data: np.ndarray, header: fits.Header) -> None:
        data[50, 50] += 1

    change(tmp_path / "sci.fits", brighten)
    band = xdf_copy()
    with pytest.raises(StaleProductError, match=rf"file of SCI {tmp_path}/sci.fits\[.*changed"):
        band.segment()
    assert band.seg_path is None
    band.segment(overwrite=True)
    xdf_copy().segment()


def test_inputs_are_never_changed(xdf_copy: MakeBand, tmp_path: Path) -> None:
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.glob("*.fits")
    }
    for method in METHODS:
        xdf_copy().segment(method=method)
    after = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.glob("*.fits")}
    assert after == before


@pytest.mark.parametrize("method", METHODS)
def test_bad_pixels_are_counted_and_reported(
    xdf_copy: MakeBand, tmp_path: Path, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    def spoil(data: np.ndarray, header: fits.Header) -> None:
        data[10, 10:20] = 0
        data[11, 10:20] = -1

    change(tmp_path / "err.fits", spoil)
    caplog.set_level(logging.INFO)
    band = xdf_copy()
    band.segment(method=method)
    assert "XDF v1 F160W: 20 of 40000 pixels are bad" in caplog.text
    assert fits.getheader(band.seg_path, 1)["N_BAD"] == 20


@pytest.mark.parametrize("method", METHODS)
def test_maps_that_are_all_bad_are_refused_and_nothing_is_written(
    xdf_copy: MakeBand, tmp_path: Path, method: str
) -> None:
    def blank(data: np.ndarray, header: fits.Header) -> None:
        data[:] = np.nan

    change(tmp_path / "sci.fits", blank)
    with pytest.raises(
        ImageError, match=r"rms_err \(.*/sci.fits\[0\] and .*/err.fits\[0\]\).* no good pixel"
    ):
        xdf_copy().segment(method=method)
    assert not config.work_dir.exists()


@pytest.mark.parametrize("method", METHODS)
def test_without_a_wcs_sky_columns_are_nan(
    xdf_copy: MakeBand, tmp_path: Path, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    def forget(data: np.ndarray, header: fits.Header) -> None:
        for name in ("CTYPE1", "CTYPE2"):
            del header[name]

    for role in ("sci", "err"):
        change(tmp_path / f"{role}.fits", forget)
    band = xdf_copy(pix_scale=0.06 * u.arcsec)
    band.segment(method=method)
    assert len(band.load_cat()) > 10
    assert np.isnan(band.load_cat()["ALPHA_J2000"]).all()
    assert "no WCS" in caplog.text
    assert "CTYPE1" not in band.load_seg(incl_hdr=True)[1]


def test_a_weight_that_cannot_be_scaled_is_told_with_the_name_of_its_band(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("sci", "wht"):
        fits.writeto(tmp_path / f"{name}.fits", np.ones((80, 80), np.float32))
    band = BandData.from_files(
        tmp_path / "sci.fits", wht=tmp_path / "wht.fits", survey="flat", version="v1", band="F444W"
    )
    band.segment("wht", aper_diams=3 * u.arcsec)
    (line,) = (each for each in caplog.messages if "cannot be scaled" in each)
    assert line.startswith("flat v1 F444W wht (")


def test_a_band_without_an_error_map_is_refused(xdf: MakeBand) -> None:
    with pytest.raises(DataNotFoundError, match=r"neither an ERR nor a WHT map .* err_type='none'"):
        xdf(err=None).segment()
    xdf().segment()
    with pytest.raises(StaleProductError, match=r"rms\.fits was read and now no ERR is given"):
        xdf(err=None).segment()


def test_a_band_without_an_error_map_is_segmented_by_the_noise_of_the_image(
    xdf: MakeBand, caplog: pytest.LogCaptureFixture
) -> None:
    bare, whole = xdf(err=None), xdf()
    bare.segment("none")
    whole.segment("none")
    assert not whole.products.made
    assert not [each for each in caplog.messages if "noise" in each or "error map" in each]
    expected = segment_image(bare.load_sci(), None, "none", Parameters()).labels
    np.testing.assert_array_equal(bare.load_seg(), expected)
    assert np.isfinite(bare.load_cat()["FLUXERR_AUTO"]).all()
    comparison = whole.difference("rms_err", "none")
    assert comparison.b.name == "XDF v1 F160W none (from the image) skyseg"
    assert np.isfinite(comparison.table["flux_err_b"]).any()
    crowded = bare.copy()
    crowded.segment("none", parameters="crowded")
    alone = compare(bare, crowded)
    assert np.isfinite(alone.table["flux_a"]).any()
    assert np.isnan(alone.table["flux_err_a"]).all()


def test_a_part_of_a_map_is_that_part_of_the_whole(uds: MakeBand) -> None:
    band = uds()
    band.segment()
    part = np.s_[100:220, 300:333]
    for ext in ("SCI", "ERR", "WHT", "SEG", "BKG"):
        whole = getattr(band, f"load_{ext.lower()}")()
        found = band.load_part(ext, part)
        np.testing.assert_array_equal(found, whole[part])
        assert found.dtype == whole.dtype
    with pytest.raises(ParameterError, match="ext is 'DQ'"):
        band.load_part("DQ", part)
    with pytest.raises(ParameterError, match="holds no pixel"):
        band.load_part("SCI", np.s_[5000:, :])
    with pytest.raises(ProductError, match="not been segmented"):
        uds().load_part("SEG", part)


@pytest.mark.parametrize("unit", ["nJy", u.uJy, u.erg / u.s / u.cm**2 / u.Hz])
def test_fluxes_are_given_in_a_flux_density_that_fits_the_magnitudes(
    uds: MakeBand, unit: u.UnitBase | str
) -> None:
    band = uds()
    band.segment()
    plain, cat = band.load_cat(), band.load_cat(flux_unit=unit)
    for kind in ("APER", "AUTO"):
        flux, mag = cat[f"FLUX_{kind}"], cat[f"MAG_{kind}"]
        assert flux.unit == u.Unit(unit) and cat[f"FLUXERR_{kind}"].unit == u.Unit(unit)
        good = np.isfinite(mag)
        np.testing.assert_allclose(flux[good].to_value(u.ABmag), mag[good].value, atol=2e-5)
        ratio = (cat[f"FLUXERR_{kind}"] / flux).to_value(u.one)
        before = plain[f"FLUXERR_{kind}"] / plain[f"FLUX_{kind}"]
        np.testing.assert_allclose(ratio, u.Quantity(before).value, rtol=1e-6)
    changed = {name for name in plain.colnames if plain[name].unit != cat[name].unit}
    assert changed and all(name.startswith(("FLUX_", "FLUXERR_")) for name in changed)
    assert "FLUX_RADIUS" not in changed
    assert cat["FLUX_AUTO"].dtype == plain["FLUX_AUTO"].dtype
    assert cat["FLUX_AUTO"].info.description == plain["FLUX_AUTO"].info.description


def forget_zero_point(_: np.ndarray, header: fits.Header) -> None:
    for key in ("BUNIT", "PHOTFLAM", "ZEROPNT", "ABZP", "MAGZERO", "MAGZPT"):
        header.remove(key, ignore_missing=True)


def test_a_flux_density_needs_a_zero_point_and_a_unit_of_one(
    xdf_copy: MakeBand, tmp_path: Path
) -> None:
    change(tmp_path / "sci.fits", forget_zero_point)
    band = xdf_copy()
    band.segment()
    with pytest.raises(ParameterError, match=r"flux_unit is nJy, and the zero point .* unknown"):
        band.load_cat(flux_unit="nJy")
    with pytest.raises(ParameterError, match=r"flux_unit is 'mag'; give a flux density such as"):
        band.load_cat(flux_unit="mag")


def test_a_band_tells_the_zero_point_that_its_products_were_made_with(
    xdf_copy: MakeBand, tmp_path: Path
) -> None:
    change(tmp_path / "sci.fits", forget_zero_point)
    band = xdf_copy()
    assert band.summary()["zero point"] == "-"
    band.segment(parameters=Parameters(mag_zeropoint=25.0))
    assert band.summary()["zero point"] == "25.000 AB mag"
    assert fits.getheader(band.cat_path, 1)["MAGZERO"] == 25.0


def test_products_are_not_there_before_they_are_made(xdf: MakeBand) -> None:
    band = xdf()
    for load in (band.load_seg, band.load_bkg, band.load_cat):
        with pytest.raises(
            ProductError, match=r"XDF v1 F160W has not been segmented; call segment"
        ):
            load()


def test_galfinds_own_products_are_loaded_with_a_warning(
    xdf: MakeBand, monkeypatch: pytest.MonkeyPatch
) -> None:
    band = xdf()
    folder = config.sex_dir / "WFC3_IR/v1/XDF/MAP_RMS/segmentation"
    folder.mkdir(parents=True)
    stem = "XDF_F160W_F160W_sel_cat_v1"
    (folder / "columns.param").write_text("NUMBER\nALPHA_J2000\nMAG_AUTO\nMAG_APER(2)\n")
    command = f"""-c /dev/null -CATALOG_NAME {stem}.fits -CATALOG_TYPE FITS_1.0 -FILTER N
        -PARAMETERS_NAME columns.param -CHECKIMAGE_TYPE SEGMENTATION,-BACKGROUND
        -CHECKIMAGE_NAME {stem}_seg.fits,{stem}_bkg.fits -WEIGHT_TYPE MAP_RMS
        -PHOT_APERTURES 5,10 -VERBOSE_TYPE QUIET -WEIGHT_IMAGE"""
    subprocess.run(
        [find_program().path, band.sci.path, *command.split(), band.err.path],
        cwd=folder,
        check=True,
    )
    with pytest.warns(ForeignProductWarning, match="it is taken as it is") as caught:
        band.segment(method="sextractor")
    assert caught[0].filename == __file__
    seg = band.load_seg()
    np.testing.assert_array_equal(seg, fits.getdata(folder / f"{stem}_seg.fits"))
    cat = band.load_cat()
    assert len(cat) == seg.max()
    assert cat["MAG_APER"].shape == (len(cat), 2)
    assert cat["ALPHA_J2000"].unit == u.deg


def test_a_copy_is_segmented_on_its_own(xdf: MakeBand) -> None:
    band = xdf()
    band.segment()
    other = band.copy()
    assert other == band
    assert other.seg_path == band.seg_path
    other.segment("wht")
    assert band.seg_args["err_type"] == "rms_err"


def test_products_of_the_other_error_type_come_on_a_copy(xdf: MakeBand) -> None:
    band = xdf()
    band.segment(parameters="crowded")
    assert band.with_products(None) is band
    assert band.with_products("rms_err") is band
    other = band.with_products("wht")
    assert other.seg_args["parameters"] == "crowded"
    assert other.seg_args["err_type"] == "wht"
    assert band.seg_args["err_type"] == "rms_err"


LOCK = ".XDF_F160W_F160W_sel_cat_v1.lock"
CHILD = """
import logging, sys
logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stdout)
from skyseg.survey.band import BandData
band = BandData.from_files(sys.argv[1], err=sys.argv[2], survey="XDF", version="v1")
band.segment(method="sextractor")
print("sum", band.load_seg().sum())
"""


def test_two_processes_at_once_make_a_band_once(xdf: MakeBand) -> None:
    band = xdf()
    command = [sys.executable, "-c", CHILD, band.sci.path, band.err.path]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [child.communicate()[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert sorted("sources made" in text for text in said) == [False, False, True]
    assert sorted("sources loaded" in text for text in said) == [False, True, True]
    assert len({text.split("sum ")[1] for text in said}) == 1
    band.segment(method="sextractor")
    left = {path.name for path in band.seg_path.parent.iterdir()}
    assert left == {band.seg_path.name, band.bkg_path.name, band.cat_path.name, LOCK}


def test_two_error_types_are_compared_and_leave_the_band_as_it_was(xdf: MakeBand) -> None:
    band = xdf()
    comparison = band.difference("rms_err", "wht", parameters="test")
    assert band.seg_path is None
    sides = {}
    for err_type in ("rms_err", "wht"):
        band.segment(err_type, parameters="test")
        sides[err_type] = set(np.unique(band.load_seg())) - {0}
    for side, err_type in (("labels_a", "rms_err"), ("labels_b", "wht")):
        assert {label for row in comparison.table[side] for label in row} == sides[err_type]


@pytest.mark.parametrize("other", ["sep", "sextractor", "photutils"])
def test_two_methods_are_compared_and_leave_the_band_as_it_was(xdf: MakeBand, other: str) -> None:
    band = xdf()
    comparison = band.compare_methods("skyseg", other, err_type="wht", parameters="test")
    assert band.seg_path is None
    for side, method in ((comparison.a, "skyseg"), (comparison.b, other)):
        band.segment("wht", method, parameters="test")
        assert not band.products.made
        np.testing.assert_array_equal(side.labels, band.load_seg())
        assert side.name.endswith(f"wht {method} test")


@pytest.mark.parametrize("method", ["sep", "photutils"])
def test_products_say_what_the_library_does_otherwise(xdf: MakeBand, method: str) -> None:
    band = xdf()
    band.segment("wht", method)
    header = band.load_seg(incl_hdr=True)[1]
    assert (header["METHOD"], header["METHVERS"].split()[0]) == (method, method)
    said = [unquote(text) for text in header["CAVEAT*"].values()]
    assert "noise is 1/sqrt(WHT), not scaled to the noise of the image (RESCALE_WEIGHTS)" in said
    assert said[-1].startswith("not measured: ")
    assert "CLASS_STAR" in said[-1]


def test_products_say_how_far_the_sky_scatters_and_a_warning_that_noise_is_detected(
    xdf: MakeBand, caplog: pytest.LogCaptureFixture
) -> None:
    band = xdf()
    band.segment(parameters=Parameters(detect_thresh=0.6, analysis_thresh=0.6))
    (line,) = (each for each in caplog.messages if "sigma of the filtered sky" in each)
    headers = band.load_seg(incl_hdr=True)[1], band.load_bkg(incl_hdr=True)[1]
    for header in headers:
        assert f"is {header['DETECT_SIGMA']:.2f} sigma" in line
        assert header["DETECT_SIGMA"] == pytest.approx(0.6 / header["FILTERED_SIGMA"], rel=1e-3)
        assert unquote(header["CAVEAT1"]) in line
    told = tell_making(band.products.paths.cat)
    assert told is not None
    assert told["noise"]["detect_sigma"] == headers[0]["DETECT_SIGMA"]


@pytest.mark.parametrize("method", METHODS)
def test_the_catalogue_has_the_columns_of_a_param_file(
    xdf: MakeBand, method: str, tmp_path: Path
) -> None:
    asked = tmp_path / "few.param"
    asked.write_text("FLUX_APER(2)\nMAG_APER\nNUMBER\nFLAGS\nFLUXERR_BEST\nALPHA_J2000\n")
    band = xdf()
    band.segment(method=method, params_name=asked, aper_diams=[0.5, 1, 2] * u.arcsec)
    few = band.load_cat()
    assert few.colnames == [
        *("FLUX_APER", "MAG_APER", "NUMBER", "FLAGS", "FLUXERR_BEST", "ALPHA_J2000"),
    ]  # fmt: skip
    assert few["FLUX_APER"].shape == (len(few), 2)
    assert few["MAG_APER"].shape == (len(few),)
    with pytest.raises(StaleProductError, match=r"params_name was FLUX_APER.*and is default"):
        band.segment(method=method, aper_diams=[0.5, 1, 2] * u.arcsec)
    arguments = band.seg_args
    band.segment(**arguments)
    assert not band.products.made
    band.segment(**arguments | {"params_name": None, "overwrite": True})
    usual = band.load_cat()
    assert np.array_equal(few["FLUX_APER"], usual["FLUX_APER"][:, :2])
    assert np.array_equal(few["MAG_APER"], usual["MAG_APER"][:, 0], equal_nan=True)
    assert np.array_equal(few["ALPHA_J2000"], usual["ALPHA_J2000"])


def test_values_beyond_the_apertures_are_0_as_in_the_program_and_said(
    xdf: MakeBand, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = tmp_path / "many.param"
    asked.write_text("NUMBER\nFLUX_APER(3)\nFLUXERR_APER\n")
    band = xdf()
    band.segment(params_name=asked, aper_diams=[0.5, 1] * u.arcsec)
    cat = band.load_cat()
    assert (cat["FLUX_APER"][:, 2].value == 0).all()
    assert "FLUX_APER has 2 values and 3 are asked for: the last ones are 0" in caplog.text
    assert "FLUXERR_APER holds the first 1 of 2 values" in caplog.text


@pytest.mark.parametrize("method", ["skyseg", "sextractor"])
def test_a_flag_map_is_read_and_recorded(xdf: MakeBand, method: str, tmp_path: Path) -> None:
    band = xdf()
    flags = np.zeros(band.shape, np.uint8)
    flags[:, ::3] = 4
    path = tmp_path / "flags.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(flags, name="DQ")]).writeto(path)
    band.segment(method=method, flag_image=f"{path}[DQ]")
    cat, labels = band.load_cat(), band.load_seg()
    assert cat.colnames[-2:] == ["IMAFLAGS_ISO", "NIMAFLAGS_ISO"]
    marked = np.bincount(labels[flags > 0], minlength=len(cat) + 1)[1:]
    np.testing.assert_array_equal(cat["NIMAFLAGS_ISO"], marked)
    np.testing.assert_array_equal(cat["IMAFLAGS_ISO"], np.where(marked > 0, 4, 0))
    assert fits.getheader(band.cat_path, 1)["IN3ROLE"] == "FLAG"
    band.segment(**band.seg_args)
    assert not band.products.made
    with pytest.raises(StaleProductError, match=r"FLAG .* was read and now no FLAG is given"):
        band.segment(method=method)
    band.segment(method=method, overwrite=True)
    with pytest.raises(StaleProductError, match=r"no FLAG was read and now .*flags.fits.* is"):
        band.segment(method=method, flag_image=path)


def test_a_flag_map_that_no_column_needs_is_not_read_and_that_is_said(
    xdf: MakeBand, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    band, asked, path = xdf(), tmp_path / "two.param", tmp_path / "flags.fits"
    asked.write_text("NUMBER\nFLUX_ISO\n")
    fits.writeto(path, np.ones(band.shape, np.uint8))
    band.segment(params_name=asked)
    assert not any("flag map" in each for each in caplog.messages)
    band.segment(params_name=asked, flag_image=path)
    assert not band.products.made
    (said,) = (each for each in caplog.messages if "flag map" in each)
    assert f"the flag map {path} is not read: no column that is asked for needs it" in said


def test_flags_that_are_asked_for_need_a_map_on_the_same_pixels(
    xdf: MakeBand, tmp_path: Path
) -> None:
    asked = tmp_path / "flags.param"
    asked.write_text("NUMBER\nIMAFLAGS_ISO\n")
    with pytest.raises(ParameterError, match="IMAFLAGS_ISO needs a flag map; give flag_image="):
        xdf().segment(params_name=asked)
    halves = np.full(xdf().shape, 0.5)
    for name, values in (("small", np.zeros((5, 5), np.int16)), ("halves", halves)):
        fits.writeto(tmp_path / f"{name}.fits", values)
        with pytest.raises(ImageError, match=f"{name}.fits"):
            xdf().segment(params_name=asked, flag_image=tmp_path / f"{name}.fits")


ISLANDS = """
import numpy as np
from scipy import ndimage
from skyseg.engine import as_array
from skyseg.methods import catalogue
from skyseg.methods.base import Outcome

class Islands:
    def version(self):
        return "islands 1"

    def run(self, request):
        sci = as_array(request.sci)
        err = sci.std() if request.err is None else as_array(request.err)
        seg, n = ndimage.label(sci > 5 * err, output=np.int32)
        numbers = np.arange(1, n + 1)
        places = np.array(ndimage.center_of_mass(seg > 0, seg, numbers))
        measured = {"NUMBER": numbers, "X_IMAGE": places[:, 1] + 1, "Y_IMAGE": places[:, 0] + 1}
        cat = catalogue.build(measured, request)
        cat["N_PIXELS"] = np.bincount(seg.ravel())[1:]
        return Outcome(seg=seg, bkg=None, cat=cat, version=self.version())
"""


def _install_islands(
    site: Path, monkeypatch: pytest.MonkeyPatch, attribute: str = "about = 'islands'"
) -> None:
    info = site / "islands-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: islands\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[skyseg.methods]\nislands = islands:Islands\n")
    (site / "islands.py").write_text(f"{ISLANDS}\n    {attribute}\n")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "islands", raising=False)


@pytest.mark.parametrize("uses_mapper", [True, False])
def test_a_method_of_another_package_says_itself_whether_it_uses_the_cluster(
    xdf: MakeBand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    uses_mapper: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    _install_islands(tmp_path / "site", monkeypatch, f"uses_mapper = {uses_mapper}")
    maps = xdf().maps
    recipe = make_recipe(maps, "rms_err", "islands", "default", [0.5] * u.arcsec)
    extract(maps, recipe, mapper=ThreadMapper())
    assert ("and not on the cluster" in caplog.text) != uses_mapper


def test_a_method_of_another_package_without_a_background_leaves_three_whole_products(
    xdf: MakeBand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_islands(tmp_path / "site", monkeypatch)
    band = xdf()
    band.segment("rms_err", "islands")
    seg, (bkg, header), cat = band.load_seg(), band.load_bkg(incl_hdr=True), band.load_cat()
    assert bkg.shape == seg.shape == band.shape
    assert np.isnan(bkg).all()
    assert header["CAVEAT1"] == "no background model: BKG is NaN"
    assert cat["NUMBER"].tolist() == list(range(1, int(seg.max()) + 1))
    assert cat["N_PIXELS"].dtype == np.int64
    assert cat["N_PIXELS"].sum() == np.count_nonzero(seg)


def test_a_method_that_finds_the_noise_itself_takes_a_band_without_an_error_map(
    xdf: MakeBand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_islands(tmp_path / "site", monkeypatch, "finds_noise = True")
    band = xdf(err=None)
    band.segment("none", "islands")
    assert band.seg_path.parent.parent.name == "NONE"
    assert band.made_by == "none (from the image) islands"
    header = fits.getheader(band.seg_path, 1)
    assert (header["ERRTYPE"], header["IN1ROLE"], "IN2ROLE" in header) == ("none", "SCI", False)
    other = xdf()
    other.segment("rms_err", "islands")
    comparison = compare(other, band)
    assert comparison.b.name == "XDF v1 F160W none (from the image) islands"
    again = xdf()
    again.segment("none", "islands")
    assert not again.products.made


def test_a_method_that_needs_an_error_map_is_not_run_without(
    xdf: MakeBand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install_islands(tmp_path / "site", monkeypatch)
    with pytest.raises(ParameterError, match="is 'none', and the method 'islands' needs an error"):
        xdf().segment("none", "islands")


def test_a_comparison_has_the_apertures_of_the_last_segment(xdf: MakeBand) -> None:
    band = xdf()
    band.segment(aper_diams=[0.5] * u.arcsec)
    band.difference()
    band.segment("wht", aper_diams=[0.5] * u.arcsec)
    assert not band.products.made


def test_a_plot_shows_the_products_of_the_error_type_asked_for(
    xdf: MakeBand, tmp_path: Path
) -> None:
    band = xdf()
    band.segment()
    band.plot("SCI", overlay=True, err_type="wht", save=tmp_path / "band.png")
    assert (tmp_path / "band.png").stat().st_size > 1000
    assert list(config.work_dir.rglob("MAP_WEIGHT"))
    assert band.seg_args["err_type"] == "rms_err"


def test_two_chips_of_one_file_are_segmented_beside_each_other(
    tmp_path: Path, imaging_dir: Path
) -> None:
    folder = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas"
    header = fits.getheader(folder / "xdf-f160w_sci.fits")
    sci, rms = (fits.getdata(folder / f"xdf-f160w_{end}.fits") for end in ("sci", "rms"))
    chips = [
        fits.ImageHDU(image[rows], header, name=name, ver=version)
        for version, rows in ((1, slice(0, 60)), (2, slice(40, 110)))
        for name, image in (("SCI", sci), ("ERR", rms))
    ]
    path = tmp_path / "j_flt.fits"
    fits.HDUList([fits.PrimaryHDU(), *chips]).writeto(path)
    bands = [BandData.from_files(f"{path}[SCI,{version}]") for version in (1, 2)]
    for band in bands:
        band.segment()
    assert bands[0].seg_path != bands[1].seg_path
    assert [band.load_seg().shape for band in bands] == [band.shape for band in bands]
    again = BandData.from_files(f"{path}[3]")
    again.segment()
    assert again.seg_path == bands[1].seg_path
    assert again.products is not None
    assert not again.products.made


def test_a_variance_is_segmented_as_its_root(xdf: MakeBand, tmp_path: Path) -> None:
    rms = fits.getdata(xdf().err.path)
    for name, image in (("a_rms", np.sqrt(rms**2)), ("a_var", rms**2)):
        fits.PrimaryHDU(image).writeto(tmp_path / f"{name}.fits")
    found = []
    for name in ("a_rms", "a_var"):
        band = xdf(err=tmp_path / f"{name}.fits", survey=name)
        band.segment(method="sep")
        found.append(band.load_seg())
    np.testing.assert_array_equal(*found)


def test_map_var_takes_no_root_of_a_variance_whatever_its_name(
    xdf: MakeBand, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rms = fits.getdata(xdf().err.path)
    maps = {"a_var": rms**2, "a_rms": rms**2, "a_wht": 1 / rms**2}
    found = []
    for name, image in maps.items():
        fits.PrimaryHDU(image).writeto(tmp_path / f"{name}.fits")
        role = {"a_wht": "wht"}.get(name, "err")
        given = {"err": None, "wht": None} | {role: tmp_path / f"{name}.fits"}
        band = BandData.from_files(xdf().sci, **given, survey=name, zero_point=26.0)
        band.segment("rms_err", parameters=Parameters(weight_type="MAP_VAR"), work_dir=tmp_path)
        found.append(band.load_seg())
    assert "noise of the image" not in caplog.text
    np.testing.assert_array_equal(found[1], found[0])
    assert np.mean((found[2] > 0) != (found[0] > 0)) < 1e-4  # 1/WHT is rounded


def test_an_error_map_of_the_other_kind_is_said(
    xdf: MakeBand, uds: MakeBand, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    maps = uds().maps
    with caplog.at_level(logging.WARNING):
        uds().segment("rms_err", work_dir=tmp_path)
        uds().segment("wht", work_dir=tmp_path)
        xdf().segment("rms_err", work_dir=tmp_path)
        assert not [text for text in caplog.messages if "noise of the image" in text]
        BandData.from_files(maps.sci, err=maps.wht, survey="swapped").segment(work_dir=tmp_path)
        assert "as a weight would be; if it is one, give it as wht=" in caplog.text
        rms = xdf().err
        BandData.from_files(xdf().sci, wht=rms, survey="swapped").segment("wht", work_dir=tmp_path)
        assert "as an rms would be; if it is one, give it as err=" in caplog.text


def test_maps_whose_squares_are_beyond_32_bits_are_worked_by_the_engine_alone(
    xdf_copy: MakeBand, tmp_path: Path
) -> None:
    usual = xdf_copy()
    usual.segment(work_dir=tmp_path / "usual")
    for ref in (usual.sci, usual.err):
        change(ref.path, lambda image, _: np.multiply(image, np.float32(1e-20), out=image))
    small = xdf_copy()
    small.segment(work_dir=tmp_path / "small")
    assert np.array_equal(small.load_seg(), usual.load_seg())
    flux, expected = (band.load_cat()["FLUX_AUTO"].value for band in (small, usual))
    np.testing.assert_allclose(flux, expected * 1e-20, rtol=1e-4)
    np.testing.assert_allclose(small.load_bkg(), usual.load_bkg() * 1e-20, atol=1e-24)
    for method in ("sextractor", "sep"):
        with pytest.raises(ImageError, match=r"F160W: the noise is .*or use the method skyseg"):
            xdf_copy().segment("rms_err", method, work_dir=tmp_path)


FAINT = 7e-23


def _write_faint(folder: Path, unit: float) -> None:
    """Write a field of some sources, its rms, weight and variance, in a unit."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:120, :150]
    rms = np.where(x < 70, 1.0, 1.5)
    sci = rng.normal(size=x.shape) * rms
    for cx, cy in ((20, 30), (60, 90), (110, 40), (130, 100)):
        sci += 60 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8)
    header = fits.Header({"BUNIT": "erg/s/cm2/A", "PHOTPLAM": 2e4})
    noise = rms * unit
    maps = {"sci": (sci * unit).astype(np.float32), "err": noise.astype(np.float32)}
    for name, image in {**maps, "wht": noise**-2, "var": noise**2}.items():
        fits.writeto(folder / f"{name}.fits", image, header)


@pytest.mark.parametrize("given", ["err", "wht"])
@pytest.mark.parametrize(
    ("err_type", "weight_type"), [("rms_err", None), ("wht", None), ("rms_err", "MAP_VAR")]
)
def test_any_kind_of_error_map_may_be_of_any_scale(
    tmp_path: Path, given: str, err_type: str, weight_type: str | None
) -> None:
    found = []
    for unit in (1.0, FAINT):
        folder = tmp_path / str(unit)
        folder.mkdir()
        _write_faint(folder, unit)
        is_var = weight_type == "MAP_VAR" and given == "err"
        noise = folder / f"{'var' if is_var else given}.fits"
        band = BandData.from_files(
            folder / "sci.fits", **{given: noise}, pix_scale=0.03 * u.arcsec, work_dir=folder
        )
        parameters = Parameters(weight_type=weight_type, back_type="AUTO", back_size=32)
        band.segment(err_type, parameters=parameters)
        found.append(band)
    usual, faint = found
    np.testing.assert_array_equal(faint.load_seg(), usual.load_seg())
    assert len(usual.load_cat()) == 4
    for name in ("FLUX_AUTO", "FLUXERR_AUTO"):
        flux, expected = (band.load_cat()[name].value for band in (faint, usual))
        np.testing.assert_allclose(flux, expected * FAINT, rtol=1e-4)
    headers = (fits.getheader(band.seg_path, 1) for band in (faint, usual))
    factors = [header["WEIGHT_FACTOR"] for header in headers]
    # a weight in the unit of the image has the same one, whatever that is
    assert factors[0] == pytest.approx(factors[1], rel=1e-4)


def test_weights_beyond_single_precision_that_are_taken_as_they_are_are_refused(
    tmp_path: Path,
) -> None:
    _write_faint(tmp_path, FAINT)
    band = BandData.from_files(
        tmp_path / "sci.fits", wht=tmp_path / "wht.fits", pix_scale=0.03 * u.arcsec
    )
    with pytest.raises(ImageError, match=r"wht\.fits\[0\] .* beyond 32-bit numbers"):
        band.segment("wht", parameters=Parameters(rescale_weights=False), work_dir=tmp_path)


@pytest.mark.parametrize("name", ["seg_path", "cat_path", "seg_args", "made_by", "aper_diams"])
def test_what_segment_sets_is_set_by_nobody_else(xdf: MakeBand, name: str) -> None:
    band = xdf()
    with pytest.raises(AttributeError, match=rf"^{name} cannot be set: \w+\(\) does it$"):
        setattr(band, name, None)


@pytest.mark.parametrize("folder", [3, b"x", "~no-such-user/x", "a\0b", "x" * 300])
def test_a_folder_that_cannot_be_one_is_refused(xdf: MakeBand, folder: Any) -> None:
    with pytest.raises(ParameterError):
        xdf().segment(work_dir=folder)


@pytest.mark.parametrize("part", [(slice(0.5, 3), slice(0, 3)), (slice(None), slice("a"))])
def test_a_part_between_no_whole_numbers_is_refused(xdf: MakeBand, part: Any) -> None:
    with pytest.raises(ParameterError, match="whole numbers"):
        xdf().load_part("SCI", part)
    with pytest.raises(ParameterError, match="ext"):
        xdf().load_part(["SCI"], np.s_[:3, :3])  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
def test_gain_and_saturation_of_the_header_go_before_the_parameters_and_are_said(
    xdf_copy: MakeBand, tmp_path: Path, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    def tell(data: np.ndarray, header: fits.Header) -> None:
        header["GAIN"], header["SATURATE"] = 2000.0, 0.005

    plain = xdf_copy()
    plain.segment(method=method, work_dir=tmp_path / "plain")
    change(tmp_path / "sci.fits", tell)
    told = xdf_copy()
    with caplog.at_level(logging.WARNING):
        told.segment(method=method, work_dir=tmp_path / "told")
    assert "GAIN of the header, 2000, stands for gain 0" in caplog.text
    assert "SATURATE of the header, 0.005, stands for satur_level 500000" in caplog.text
    header = fits.getheader(told.seg_path, 1)
    assert (header["GAIN"], header["SATUR_LEVEL"]) == (2000.0, 0.005)
    assert header.comments["SATUR_LEVEL"] == "from the card SATURATE of SCI"
    np.testing.assert_array_equal(told.load_seg(), plain.load_seg())
    before, after = plain.load_cat(), told.load_cat()
    assert np.all(after["FLUXERR_AUTO"] > before["FLUXERR_AUTO"])
    assert np.count_nonzero(after["FLAGS"] & 4) > np.count_nonzero(before["FLAGS"] & 4)
    by_hand = Parameters(gain=2000.0, satur_level=0.005)
    plain.segment(method=method, work_dir=tmp_path / "by hand", parameters=by_hand)
    for name in ("FLUXERR_AUTO", "FLUXERR_APER", "FLAGS"):
        np.testing.assert_array_equal(plain.load_cat()[name], after[name])


def test_given_labels_are_measured_with_the_gain_of_the_header(
    xdf_copy: MakeBand, tmp_path: Path
) -> None:
    def tell(data: np.ndarray, header: fits.Header) -> None:
        header["GAIN"] = 2000.0

    change(tmp_path / "sci.fits", tell)
    band = xdf_copy()
    band.segment(work_dir=tmp_path)
    recipe = make_recipe(band.maps, "rms_err", "skyseg", "default", band.aper_diams)
    measured = measure_band_labels(band.load_seg(), band.maps, recipe)
    without = replace(recipe, parameters=recipe.parameters.replace(gain=0.0))
    dark = measure_band_labels(band.load_seg(), band.maps, without)
    bright = dark["FLUX_ISO"].value > 0
    assert np.all(measured["FLUXERR_ISO"][bright] > dark["FLUXERR_ISO"][bright])


def test_the_header_of_the_image_counts_and_not_that_of_its_file(
    xdf: MakeBand, tmp_path: Path
) -> None:
    image = fits.PrimaryHDU(header=fits.Header([("GAIN", 5.0)]))
    science = fits.ImageHDU(xdf().load_sci(), xdf().maps.header, name="SCI")
    fits.HDUList([image, science]).writeto(tmp_path / "both.fits")
    band = xdf(sci=f"{tmp_path / 'both.fits'}[SCI]")
    recipe = make_recipe(band.maps, "rms_err", "skyseg", "default", band.aper_diams)
    assert recipe.parameters.gain == 0
