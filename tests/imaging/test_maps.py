"""The maps of one band."""

from __future__ import annotations

import copy
import logging
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits

from skyseg.engine.rows import Window
from skyseg.errors import DataNotFoundError, ImageError, ParameterError
from skyseg.imaging import BandMaps, MapRef

UDS = "jwst/UDS-B/NIRCam/v1/40mas/uds-b-f444w"


@pytest.fixture
def uds(imaging_dir: Path) -> BandMaps:
    return BandMaps.from_files(
        imaging_dir / f"{UDS}_sci.fits", wht=imaging_dir / f"{UDS}_wht.fits", survey="UDS-B"
    )


def test_a_band_of_real_files_knows_what_its_headers_say(uds: BandMaps) -> None:
    assert (uds.facility, uds.instrument) == ("JWST", "NIRCam")
    assert (uds.survey, uds.version, uds.band) == ("UDS-B", "v0", "F444W")
    assert uds.shape == (300, 772)
    assert uds.unit == "10.0*nanoJansky"
    assert uds.pix_scale.to_value(u.arcsec) == pytest.approx(0.04)
    assert uds.zero_point == pytest.approx(28.9, abs=1e-4)
    assert uds.wcs is not None
    assert uds.header["NDRIZIM"] == 297
    assert uds.name == "UDS-B v0 F444W"


def test_the_pixel_area_is_that_of_the_drizzled_pixels(imaging_dir: Path, tmp_path: Path) -> None:
    with fits.open(imaging_dir / f"{UDS}_sci.fits") as hdus:
        hdus[0].header["BUNIT"] = "MJy/sr"
        native = hdus[0].header["PIXAR_SR"]
        hdus.writeto(tmp_path / "a_sci.fits")
    drizzled = (0.04 * u.arcsec.to(u.rad)) ** 2
    assert native / drizzled == pytest.approx(2.45, abs=0.01)
    zero_point = BandMaps.from_files(tmp_path / "a_sci.fits").zero_point
    assert zero_point == pytest.approx(8.9 - 2.5 * math.log10(1e6 * drizzled), abs=1e-4)


def test_a_real_multi_extension_file_is_a_band(imaging_dir: Path) -> None:
    path = imaging_dir / "misc" / "jwst_ngc346_f444w_cal_100px.fits"
    band = BandMaps.from_files(path)
    assert (band.sci.name, band.wht) == ("SCI", None)
    assert band.err == MapRef(path, 2, "ERR")
    assert (band.survey, band.band, band.instrument) == (path.stem, "F444W", "NIRCam")
    assert band.pix_scale.to_value(u.arcsec) == pytest.approx(0.0629, abs=1e-4)
    assert band.zero_point == pytest.approx(8.9 - 2.5 * math.log10(1e6 * 9.31e-14), abs=2e-3)
    err, wht = band.load_err(), band.load_wht()
    good = np.isfinite(err) & (err > 0)
    np.testing.assert_allclose(wht[good], err[good] ** -2.0, rtol=1e-5)
    assert not wht[~good].any()


def test_images_of_a_real_archive_without_names_are_a_band(imaging_dir: Path) -> None:
    path = imaging_dir / "misc" / "legacy_dr9_grz_image-invvar_256px.fits"
    r = BandMaps.from_files(f"{path}[3]", wht=f"{path}[4]", band="r", zero_point=22.5)
    assert (r.band, r.instrument, r.zero_point) == ("R", "unknown", 22.5)
    assert r.pix_scale.to_value(u.arcsec) == pytest.approx(0.262)
    told = BandMaps.from_files(f"{path}[3]")
    assert (told.band, told.survey) == ("R", f"{path.stem}_HDU3")


def test_a_real_rms_alone_gives_the_weight(imaging_dir: Path) -> None:
    stem = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas/xdf-f160w"
    band = BandMaps.from_files(f"{stem}_sci.fits", f"{stem}_rms.fits")
    assert (band.survey, band.instrument, band.band) == ("xdf-f160w", "WFC3_IR", "F160W")
    np.testing.assert_allclose(band.load_wht(), band.load_err() ** -2.0, rtol=1e-5)


def test_a_weight_alone_gives_the_error(uds: BandMaps) -> None:
    wht, err = uds.load_wht(), uds.load_err()
    assert err.dtype == np.float32
    np.testing.assert_allclose(err[wht > 0], wht[wht > 0] ** -0.5, rtol=1e-6)
    assert np.isinf(err[wht <= 0]).all()


def test_the_error_type_chooses_the_map_of_the_noise(uds: BandMaps) -> None:
    whole = Window(0, uds.shape[0], 0, uds.shape[1])
    np.testing.assert_array_equal(uds.noise_rows("rms_err").read(whole), uds.load_err())
    np.testing.assert_array_equal(uds.noise_rows("wht").read(whole), uds.load_wht())
    assert uds.noise_rows("none") is None
    assert uds.err_types == ("rms_err", "wht", "none")
    with pytest.raises(ParameterError, match="err_type is 'rms'; use 'rms_err', 'wht' or 'none'"):
        uds.noise_rows("rms")


def test_both_maps_are_read_where_both_are_there(write: Any, ramp: np.ndarray) -> None:
    band = BandMaps.from_files(
        write("a.fits"), write("e.fits", ramp * 2), write("w.fits", ramp * 3)
    )
    np.testing.assert_array_equal(band.load_err(), ramp * 2)
    np.testing.assert_array_equal(band.load_wht(), ramp * 3)


def test_loading_with_header_gives_the_map_that_was_read(write: Any, ramp: np.ndarray) -> None:
    path = write("a_i2d.fits", hdus={"SCI": ramp, "WHT": ramp}, FILTER="F444W")
    band = BandMaps.from_files(path)
    sci, header = band.load_sci(incl_hdr=True)
    np.testing.assert_array_equal(sci, ramp)
    assert header["EXTNAME"] == "SCI"
    assert band.load_err(incl_hdr=True)[1]["EXTNAME"] == "WHT"
    assert band.load_wht(incl_hdr=True)[1]["EXTNAME"] == "WHT"


def test_a_band_without_noise_says_so_when_asked(write: Any) -> None:
    band = BandMaps.from_files(write("x_f444w_sci.fits"))
    assert band.load_sci().shape == (12, 16)
    for load in (band.load_err, band.load_wht):
        with pytest.raises(
            DataNotFoundError,
            match=r"x_f444w v0 F444W has neither an ERR nor a WHT .* with err_type='none'",
        ):
            load()
    assert band.err_types == ("none",)


def test_names_are_taken_from_the_file_and_can_be_given(write: Any) -> None:
    path = write("deep_f444w_sci.fits")
    band = BandMaps.from_files(path)
    assert (band.survey, band.version, band.band) == ("deep_f444w", "v0", "F444W")
    given = BandMaps.from_files(path, survey="JOF", version="v11", band="f115w")
    assert (given.survey, given.version, given.band) == ("JOF", "v11", "F115W")
    assert BandMaps.from_files(write("image.fits")).band == "IMAGE"


@pytest.mark.parametrize("argument", ["survey", "version", "band"])
@pytest.mark.parametrize("name", ["a/b", "..", "a\\b", ""])
def test_names_with_path_separators_are_refused(write: Any, argument: str, name: str) -> None:
    path = write("a.fits")
    with pytest.raises(ParameterError, match=f"cannot be the name of a {argument}"):
        BandMaps.from_files(path, **{argument: name})


def test_a_given_zero_point_goes_before_the_header(write: Any) -> None:
    path = write("a.fits", BUNIT="nJy")
    assert BandMaps.from_files(path).zero_point == pytest.approx(31.4)
    assert BandMaps.from_files(path, zero_point=25).zero_point == 25.0


def test_an_unknown_zero_point_is_nan_and_said_once(
    write: Any, caplog: pytest.LogCaptureFixture
) -> None:
    band = BandMaps.from_files(write("a.fits"), survey="S", band="B")
    with caplog.at_level(logging.WARNING):
        assert str(band).endswith("zero point   -")
        assert caplog.messages == []
        assert math.isnan(band.zero_point)
        assert math.isnan(band.zero_point)
    assert caplog.messages == [
        "S v0 B: the zero point is unknown, so magnitudes will be NaN; give zero_point="
    ]


def test_without_wcs_the_pixel_scale_is_the_given_one(write: Any) -> None:
    band = BandMaps.from_files(write("a.fits", BUNIT="MJy/sr"), pix_scale=0.04 * u.arcsec)
    assert band.wcs is None
    assert band.pix_scale == 0.04 * u.arcsec
    area = (0.04 * u.arcsec.to(u.rad)) ** 2
    assert band.zero_point == pytest.approx(8.9 - 2.5 * math.log10(1e6 * area), abs=1e-4)


def test_an_unknown_pixel_scale_is_one_arcsec_and_said_once(
    write: Any, caplog: pytest.LogCaptureFixture
) -> None:
    band = BandMaps.from_files(write("a.fits", BUNIT="MJy/sr"), survey="S", band="B")
    with caplog.at_level(logging.WARNING):
        assert band.pix_scale == 1 * u.arcsec
        assert band.pix_scale == 1 * u.arcsec
        assert math.isnan(band.zero_point)
    assert caplog.messages[0] == (
        "S v0 B: the pixel scale is unknown, so one pixel counts as 1 arcsec; give pix_scale="
    )
    assert len(caplog.messages) == 2


def test_maps_of_other_shapes_are_refused(write: Any) -> None:
    sci, err = write("a.fits"), write("b.fits", np.ones((3, 4)))
    with pytest.raises(ImageError, match=r"b.fits\[0\] has the shape 3 x 4 but .*a.fits\[0\] has"):
        BandMaps.from_files(sci, err)
    with pytest.raises(ImageError, match=r"b.fits\[0\] has the shape"):
        BandMaps.from_files(sci, wht=err)


def test_maps_of_another_wcs_are_refused_also_when_they_are_loaded(
    write: Any, tan: dict[str, Any]
) -> None:
    sci, err = write("a.fits", **tan), write("b.fits", **{**tan, "CRPIX2": 9.5})
    with pytest.raises(ImageError, match=r"is off that of .* by 3 pixels"):
        BandMaps.from_files(sci, err)
    names = {
        "facility": "JWST",
        "instrument": "NIRCam",
        "survey": "S",
        "version": "v1",
        "band": "B",
    }
    band = BandMaps(**names, sci=MapRef(sci, 0), err=MapRef(err, 0))
    with pytest.raises(ImageError, match=r"by 3 pixels; give maps of one pixel grid"):
        band.load_err()


def test_nothing_is_written_beside_the_maps(write: Any, ramp: np.ndarray) -> None:
    path = write("a_i2d.fits", hdus={"SCI": ramp, "WHT": ramp})
    before = path.read_bytes()
    band = BandMaps.from_files(path)
    band.load_sci()[:] = 0
    band.load_err()
    band.header["EXTNAME"] = "X"
    assert sorted(path.parent.glob("*.fits*")) == [path]
    assert path.read_bytes() == before


def test_bands_are_equal_by_what_they_are(write: Any) -> None:
    path = write("a.fits")
    band = BandMaps.from_files(path)
    assert band == BandMaps.from_files(path)
    assert band == copy.deepcopy(band)
    assert hash(band) == hash(copy.copy(band))
    assert band != BandMaps.from_files(path, zero_point=25.0)
    assert band != BandMaps.from_files(path, survey="other")
    assert band != "band"


def test_a_copy_keeps_what_was_read(uds: BandMaps) -> None:
    assert uds.zero_point == copy.deepcopy(uds).zero_point
    assert copy.deepcopy(uds).shape == uds.shape


def test_a_band_is_copied_while_another_thread_reads_more_of_it(uds: BandMaps) -> None:
    class Reading:
        """Reads what was not read yet in the middle of a copy."""

        def __deepcopy__(self, memo: dict[int, Any]) -> Reading:
            assert "_headers" not in uds.__dict__
            assert uds.unit
            return self

    uds.meanwhile = Reading()  # type: ignore[attr-defined]
    assert copy.deepcopy(uds) == uds


def test_a_band_is_shown_as_text_and_html(uds: BandMaps) -> None:
    assert repr(uds) == "<BandMaps UDS-B v0 NIRCam F444W>"
    lines = str(uds).splitlines()
    assert lines[0] == repr(uds)
    assert "  pixel scale  0.04 arcsec" in lines
    assert "  zero point   28.900 AB mag" in lines
    assert "  ERR          1 / sqrt(WHT)" in lines
    html = uds._repr_html_()
    assert html.startswith("<table><caption>UDS-B v0 F444W</caption>")
    assert "<td>shape</td><td>300 x 772</td>" in html


def test_names_are_escaped_in_html(write: Any) -> None:
    band = BandMaps.from_files(write("a.fits"), survey="<b>")
    assert "<b>" not in band._repr_html_()
    assert "&lt;b&gt;" in band._repr_html_()


def test_a_wcs_that_cannot_be_read_costs_the_sky_alone(
    write: Any, tan: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    cards = {**tan, "CTYPE1": "GLON---TAN", "CTYPE2": "GLAT---TAN"}
    band = BandMaps.from_files(write("a.fits", **cards), write("b.fits", **cards))
    assert band.pix_scale.to_value(u.arcsec) == pytest.approx(0.03)
    assert band.wcs is None
    assert [message for message in caplog.messages if "cannot be used" in message] == [
        f"{band.sci} has a WCS that cannot be used (Unrecognized projection code (--T in CTYPE1)), "
        "so positions on the sky are unknown; correct its WCS keywords"
    ]


def test_an_old_wcs_of_the_same_file_is_said_once(
    write: Any, ramp: np.ndarray, tan: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    path = write("j_flc.fits", hdus={"SCI": ramp, "ERR": ramp})
    with fits.open(path, mode="update") as hdus:
        hdus["SCI"].header.update(tan)
        hdus["ERR"].header.update({**tan, "CRPIX1": 12.0})
    band = BandMaps.from_files(path)
    band.load_err()
    band.load_wht()
    assert len([message for message in caplog.messages if "maps of one file" in message]) == 1


def test_a_person_may_say_that_maps_are_of_one_grid(write: Any, tan: dict[str, Any]) -> None:
    sci, err = write("a.fits", **tan), write("b.fits", **{**tan, "CRPIX2": 9.5})
    band = BandMaps.from_files(sci, err, same_grid=True)
    assert band.load_err().shape == band.shape


def test_chips_of_one_file_have_names_of_their_own(tmp_path: Path) -> None:
    image = np.ones((12, 16), np.float32)
    chips = [
        fits.ImageHDU(image, name=name, ver=version)
        for version in (1, 2)
        for name in ("SCI", "ERR")
    ]
    header = fits.Header({"INSTRUME": "ACS", "DETECTOR": "WFC", "FILTER1": "F606W"})
    path = tmp_path / "j_flt.fits"
    fits.HDUList([fits.PrimaryHDU(header=header), *chips]).writeto(path)
    one, two = (BandMaps.from_files(f"{path}[SCI,{version}]") for version in (1, 2))
    assert [each.name for each in (one, two)] == ["j_flt_SCI1 v0 F606W", "j_flt_SCI2 v0 F606W"]
    assert (str(two.err), two.instrument) == (f"{path}[ERR,2]", "ACS_WFC")
    named = BandMaps.from_files(f"{path}[SCI,2]", survey="A370", band="F606W")
    assert named.name == "A370 v0 F606W"


def test_an_instrument_that_is_given_goes_before_the_header(tmp_path: Path) -> None:
    path = tmp_path / "x_sci.fits"
    header = fits.Header({"INSTRUME": "NIRCAM", "FILTER": "g DECam SDSS c0001"})
    fits.PrimaryHDU(np.ones((12, 16), np.float32), header).writeto(path)
    told = BandMaps.from_files(path, instrument="decam")
    assert (told.facility, told.instrument, told.band) == ("Blanco", "DECam", "G")
    own = BandMaps.from_files(path, instrument="MyCam", band="x")
    assert (own.facility, own.instrument, own.band) == ("unknown", "MyCam", "X")


@pytest.mark.parametrize("ending", ["fits", "fits.gz"])
def test_of_a_variance_the_root_is_taken(tmp_path: Path, ending: str) -> None:
    variance = np.arange(192, dtype=np.float32).reshape(12, 16)
    variance[0, 1] = -1
    hdus = [fits.ImageHDU(np.ones_like(variance), name="IMAGE")]
    hdus.append(fits.ImageHDU(variance, name="VARIANCE"))
    path = tmp_path / f"calexp-HSC-I-9813-5,4.{ending}"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    band = BandMaps.from_files(path)
    assert (band.instrument, band.band) == ("HSC", "HSC-I")
    assert band.summary()["ERR"] == f"sqrt({path}[VARIANCE])"
    rms = band.load_err()
    np.testing.assert_array_equal(rms[1:], np.sqrt(variance[1:]))
    assert np.isnan(rms[0, 1])
    part = np.s_[1:3, 2:5]
    np.testing.assert_array_equal(band.load_part("ERR", part), rms[part])
    np.testing.assert_array_equal(band.load_part("WHT", part), band.load_wht()[part])
    np.testing.assert_allclose(band.load_wht()[1:], 1 / variance[1:], rtol=1e-6)
    assert (band.load_wht()[0, :2] == 0).all()


@pytest.mark.parametrize("ending", ["fits", "fits.gz"])
def test_a_file_that_changes_in_place_is_read_again(tmp_path: Path, ending: str) -> None:
    path, window = tmp_path / f"a.{ending}", Window(0, 12, 0, 16)
    seen = []
    for value in (1, 3):
        fits.writeto(path, np.full((12, 16), value, np.float32), overwrite=True)
        os.utime(path, ns=(value * 10**9, value * 10**9))
        band, ref = BandMaps.from_files(path), MapRef(path, 0)
        rows = band.sci_rows(), band.flag_rows(ref), band.mark_rows(ref, 2)
        seen.append([int(each.read(window)[5, 5]) for each in rows])
    assert seen == [[1, 1, False], [3, 3, True]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint32])
def test_a_flag_beyond_31_bits_is_refused_in_any_type(
    tmp_path: Path, dtype: type[np.generic]
) -> None:
    flags = np.zeros((12, 16), dtype)
    flags[3, 4] = 2**31
    fits.writeto(tmp_path / "a.fits", flags)
    band = BandMaps.from_files(tmp_path / "a.fits")
    with pytest.raises(ImageError, match="holds 0 to 2147483648; give whole numbers from 0 to"):
        band.flag_rows(MapRef(tmp_path / "a.fits", 0)).read(Window(0, 12, 0, 16))


def test_a_zero_point_that_is_not_taken_is_named(
    write: Any, caplog: pytest.LogCaptureFixture
) -> None:
    band = BandMaps.from_files(write("a.fits", BUNIT="adu", MAGZPT=22.78, INSTRUME="WFCAM"))
    assert math.isnan(band.zero_point)
    assert caplog.messages == [
        "a v0 A: the zero point is unknown (MAGZPT is 22.78, the Vega magnitude of one count "
        "per second), so magnitudes will be NaN; give zero_point="
    ]
