"""Reading FITS files: what works, and what is refused with its name."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import DataNotFoundError, ImageError
from skyseg.imaging.reading import list_hdus, read_headers, read_image, read_part, read_wcs


def _cut(source: Path, target: Path, size: int) -> Path:
    target.write_bytes(source.read_bytes()[:size])
    return target


def test_an_image_is_read_as_native_float32(write: Any, ramp: np.ndarray) -> None:
    image = read_image(write("a.fits"), 0)
    assert image.dtype == np.dtype("=f4")
    assert image.dtype.isnative
    assert image.flags.c_contiguous
    assert image.flags.writeable
    np.testing.assert_array_equal(image, ramp)


@pytest.mark.parametrize("kind", ["u1", "<i2", ">i2", "i4", "i8", "u2", "u4", ">f8", "<f4"])
def test_every_kind_of_pixel_is_read(write: Any, ramp: np.ndarray, kind: str) -> None:
    image = read_image(write("a.fits", ramp.astype(kind)), 0)
    assert image.dtype == np.dtype("=f4")
    np.testing.assert_array_equal(image, ramp)


@pytest.mark.parametrize("kind", ["u1", ">i2", "i4", "i8", "u2", "u4", ">f8", "<f4"])
def test_a_part_of_every_kind_of_map_is_that_part_of_the_whole(
    write: Any, ramp: np.ndarray, kind: str
) -> None:
    pixels = ramp.astype(kind)
    plain = write("a.fits", hdus={"FIRST": pixels + 1, "SCI": pixels})
    part = read_part(plain, 2, slice(3, 9), slice(5, 16))
    assert part.dtype == np.dtype("=f4")
    assert part.flags.c_contiguous
    np.testing.assert_array_equal(part, read_image(plain, 2)[3:9, 5:16])
    part += 1
    np.testing.assert_array_equal(read_part(plain, 2, slice(3, 9), slice(5, 16)), part - 1)


@pytest.mark.parametrize("kind", ["u1", ">i2", ">f8", "<f4"])
def test_a_narrow_part_of_a_wide_map_is_that_part_of_the_whole(write: Any, kind: str) -> None:
    pixels = np.arange(6 * 40_000).reshape(6, 40_000).astype(kind)
    path = write("a.fits", pixels)
    part = read_part(path, 0, slice(1, 5), slice(30_000, 30_700))
    np.testing.assert_array_equal(part, pixels[1:5, 30_000:30_700].astype("f4"))
    _cut(path, path, 2880 + pixels.nbytes // 2)
    with pytest.raises(ImageError, match=r"a\.fits"):
        read_part(path, 0, slice(1, 5), slice(30_000, 30_700))


def test_a_part_of_a_compressed_or_deeper_map_is_that_part_of_the_whole(
    write: Any, ramp: np.ndarray
) -> None:
    for path, ext in (
        (write("a.fits.fz", hdus={"SCI": ramp.astype("i4")}), 1),
        (write("b.fits", ramp[None, None]), 0),
        (write("c.fits", ramp.astype("i2"), BLANK=7), 0),
    ):
        part = read_part(path, ext, slice(0, 4), slice(2, 9))
        np.testing.assert_array_equal(part, read_image(path, ext)[:4, 2:9])


def test_a_map_that_has_become_shorter_is_named(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", ramp)
    read_part(path, 0, slice(0, 2), slice(0, 2))
    _cut(path, path, 2880)
    with pytest.raises(ImageError, match=r"a\.fits"):
        read_part(path, 0, slice(0, 2), slice(0, 2))


def test_scaled_integers_are_read_as_their_values(tmp_path: Path, ramp: np.ndarray) -> None:
    hdu = fits.PrimaryHDU(ramp.copy())
    hdu.scale("int16", bscale=0.5, bzero=30.0)
    hdu.writeto(tmp_path / "a.fits")
    assert fits.getval(tmp_path / "a.fits", "BSCALE") == 0.5
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits", 0), ramp)


def test_blank_integers_are_nan(write: Any, ramp: np.ndarray) -> None:
    image = read_image(write("a.fits", ramp.astype("i2"), BLANK=7), 0)
    assert np.argwhere(np.isnan(image)).tolist() == [[0, 6]]


def test_values_beyond_float32_are_infinite(write: Any) -> None:
    image = read_image(write("a.fits", np.array([[1e300, -1e300, 2.0]])), 0)
    np.testing.assert_array_equal(image, [[np.inf, -np.inf, 2.0]])


def test_compressed_files_are_read(write: Any, ramp: np.ndarray) -> None:
    np.testing.assert_array_equal(read_image(write("a.fits.gz"), 0), ramp)
    path = write("b.fits.fz", hdus={"SCI": ramp.astype("i4")})
    np.testing.assert_array_equal(read_image(path, 1), ramp)


def test_axes_of_length_one_are_dropped(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", ramp[None, None])
    assert list_hdus(path).hdus[0].is_image
    np.testing.assert_array_equal(read_image(path, 0), ramp)


def test_the_listing_names_every_hdu(write: Any, ramp: np.ndarray) -> None:
    listing = list_hdus(write("a.fits", hdus={"sci": ramp, "": ramp, "CUBE": np.zeros((3, 2, 2))}))
    assert [(hdu.index, hdu.name, hdu.shape) for hdu in listing.hdus] == [
        (0, "", ()),
        (1, "SCI", (12, 16)),
        (2, "", (12, 16)),
        (3, "CUBE", (3, 2, 2)),
    ]
    assert [hdu.index for hdu in listing.images] == [1, 2]
    assert str(listing) == "[0] (no image), [1] SCI (12 x 16), [2] (12 x 16), [3] CUBE (3 x 2 x 2)"


def test_the_name_that_compression_gives_is_no_name(tmp_path: Path, ramp: np.ndarray) -> None:
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(ramp)]).writeto(tmp_path / "a.fits.fz")
    with fits.open(tmp_path / "a.fits.fz", mode="update", disable_image_compression=True) as hdus:
        hdus[1].header["EXTNAME"] = "COMPRESSED_IMAGE"
    assert [hdu.name for hdu in list_hdus(tmp_path / "a.fits.fz").hdus] == ["", ""]


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"none.fits does not exist; correct the path"):
        list_hdus(tmp_path / "none.fits")


@pytest.mark.parametrize("size", [5760, 200_000, 361_000])
def test_a_truncated_file_is_refused_with_its_name(write: Any, tmp_path: Path, size: int) -> None:
    whole = write("whole.fits", np.zeros((300, 300), np.float32))
    path = _cut(whole, tmp_path / "cut.fits", size)
    with pytest.raises(ImageError, match=r"cut.fits is truncated; copy or download it again"):
        list_hdus(path)


def test_a_file_cut_in_a_later_extension_is_refused(write: Any, tmp_path: Path) -> None:
    zeros = np.zeros((300, 300), np.float32)
    whole = write("whole.fits", hdus={"SCI": zeros, "ERR": zeros})
    path = _cut(whole, tmp_path / "cut.fits", whole.stat().st_size - 3000)
    with pytest.raises(ImageError, match=r"cut.fits is truncated"):
        read_image(path, 1)


@pytest.mark.parametrize("name", ["whole.fits.gz", "whole.fits.fz"])
def test_a_truncated_compressed_file_is_refused(write: Any, tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(1).normal(size=(300, 300)).astype(np.float32)
    whole = write(name, hdus={"SCI": noise})
    path = _cut(whole, tmp_path / f"cut{name.removeprefix('whole')}", whole.stat().st_size // 2)
    with pytest.raises(ImageError, match=r"cut.fits.[gf]z (is truncated|cannot be read as FITS)"):
        read_image(path, 1)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello " * 2000, b"SIMPLE  =                    T", gzip.compress(b"x" * 9000)],
)
def test_a_file_that_is_not_fits_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"a.fits cannot be read as FITS \(.+\); replace it"):
        list_hdus(path)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"cannot be read \(Is a directory\)"):
        list_hdus(tmp_path)


def test_every_error_is_one_line(write: Any, tmp_path: Path) -> None:
    path = _cut(write("whole.fits"), tmp_path / "cut.fits", 1000)
    with pytest.raises(ImageError) as caught:
        list_hdus(path)
    assert "\n" not in str(caught.value)


def test_reading_leaves_the_file_as_it_was(write: Any) -> None:
    path = write("a.fits", BUNIT="nJy")
    path.chmod(0o444)
    before = path.read_bytes(), path.stat().st_mtime_ns
    read_image(path, 0)[:] = 0
    read_headers(path, 0)[0]["BUNIT"] = "Jy"
    read_wcs(path, 0)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("ext", [0, 1])
def test_who_changes_a_header_changes_what_no_other_reads(
    write: Any, ramp: np.ndarray, ext: int
) -> None:
    path = write("a.fits", hdus={"SCI": ramp}, FILTER="F444W")
    for header in read_headers(path, ext):
        header["FILTER"] = "F115W"
    assert "F115W" not in [header.get("FILTER") for header in read_headers(path, ext)]


def test_headers_are_the_maps_and_the_primary_one(write: Any, ramp: np.ndarray) -> None:
    header, primary = read_headers(write("a.fits", hdus={"SCI": ramp}, FILTER="F444W"), 1)
    assert header["EXTNAME"] == "SCI"
    assert primary["FILTER"] == "F444W"


def test_an_image_without_wcs_has_none(write: Any) -> None:
    assert read_wcs(write("a.fits"), 0) is None


def test_the_wcs_of_a_thin_cube_is_the_celestial_one(
    write: Any, ramp: np.ndarray, tan: dict[str, Any]
) -> None:
    keywords = {**tan, "CTYPE3": "WAVE", "CRVAL3": 1e-6, "CDELT3": 1e-9, "CRPIX3": 1.0}
    wcs = read_wcs(write("a.fits", ramp[None], **keywords, CUNIT3="m"), 0)
    assert wcs is not None
    assert wcs.naxis == 2
    assert wcs.pixel_to_world(7.5, 5.5).ra.deg == pytest.approx(53.0)


def test_a_broken_wcs_is_none_and_a_warning_names_its_extension(
    write: Any, tan: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    path = write("a.fits", **{**tan, "CTYPE1": "RA---XYZ", "CTYPE2": "DEC--XYZ"})
    assert read_wcs(path, 0, quiet=True) is None
    assert caplog.messages == []
    assert read_wcs(path, 0) is None
    assert caplog.messages == [
        f"{path}[0] has a WCS that cannot be used (Unrecognized projection code (XYZ in CTYPE1)), "
        "so positions on the sky are unknown; correct its WCS keywords"
    ]


def test_real_files_are_read_without_a_warning(imaging_dir: Path) -> None:
    path = imaging_dir / "misc" / "jwst_ngc346_f444w_cal_100px.fits"
    assert [hdu.name for hdu in list_hdus(path).images] == [
        *("SCI", "ERR", "DQ", "AREA", "VAR_POISSON", "VAR_RNOISE", "VAR_FLAT")
    ]
    image = read_image(path, 1)
    assert image.shape == (100, 100)
    assert np.isnan(image).mean() == pytest.approx(0.0018)
    assert read_wcs(path, 1) is not None


def test_a_gzipped_copy_of_a_real_file_is_the_same(imaging_dir: Path, tmp_path: Path) -> None:
    path = imaging_dir / "hst/XDF/WFC3_IR/v1/60mas/xdf-f160w_sci.fits"
    with path.open("rb") as source, gzip.open(tmp_path / "a.fits.gz", "wb") as target:
        shutil.copyfileobj(source, target)
    np.testing.assert_array_equal(read_image(tmp_path / "a.fits.gz", 0), read_image(path, 0))


def test_a_gzipped_file_with_a_table_and_one_of_two_members_are_whole(
    imaging_dir: Path, tmp_path: Path
) -> None:
    content = (imaging_dir / "misc" / "jwst_ngc346_f444w_cal_100px.fits").read_bytes()
    one, two = tmp_path / "one.fits.gz", tmp_path / "two.fits.gz"
    one.write_bytes(gzip.compress(content))
    two.write_bytes(gzip.compress(content[:100_000]) + gzip.compress(content[100_000:]))
    assert list_hdus(one).hdus == list_hdus(two).hdus
    np.testing.assert_array_equal(read_image(one, 2), read_image(two, 2))


def test_a_file_that_is_replaced_is_listed_anew(write: Any, tmp_path: Path) -> None:
    path = write("a.fits", np.zeros((2, 2)))
    assert list_hdus(path).hdus[0].shape == (2, 2)
    write("b.fits", np.zeros((90, 90))).replace(path)
    assert list_hdus(path).hdus[0].shape == (90, 90)


def test_a_wcs_is_read_again_when_its_file_changes_and_is_the_callers_own(
    write: Any, ramp: Any
) -> None:
    keywords = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CDELT1": -1e-5, "CDELT2": 1e-5}
    path = write("a.fits", ramp, **keywords, CRVAL1=10.0)
    wcs = read_wcs(path, 0)
    assert wcs is not None
    wcs.wcs.crval = [0.0, 0.0]
    again = read_wcs(path, 0)
    assert again is not None and again.wcs.crval[0] == 10.0
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["CRVAL1"] = 20.0
    other = read_wcs(path, 0)
    assert other is not None and other.wcs.crval[0] == 20.0
