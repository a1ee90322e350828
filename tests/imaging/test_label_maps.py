"""What tells label maps from images, whoever wrote them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.imaging.archive import find_bands
from skyseg.imaging.instruments import BUILT_IN
from skyseg.imaging.label_maps import (
    find_labels,
    name_role,
    names_labels,
    read_labels,
    read_small_labels,
)
from skyseg.imaging.reading import list_hdus
from skyseg.imaging.refs import MapRef

UDS = "jwst/UDS-B/NIRCam/v1/40mas"
WriteFits = Callable[..., Path]


@pytest.fixture(scope="module")
def labels(imaging_dir: Path) -> dict[str, Any]:
    """SEG maps of a real field, as sep and photutils make them."""
    import sep
    from photutils.segmentation import deblend_sources, detect_sources

    image = fits.getdata(imaging_dir / UDS / "uds-b-f444w_sci.fits").astype(np.float32)
    noise = float(1.48 * np.median(np.abs(image)))
    _, of_sep = sep.extract(image, 2 * noise, minarea=9, segmentation_map=True)
    found = detect_sources(image, 2 * noise, n_pixels=9)
    deblended = deblend_sources(image, found, n_pixels=9, progress_bar=False)
    return {"sep": of_sep, "photutils": deblended.data}


def role_of(path: Path) -> str:
    listing = list_hdus(path)
    return name_role(listing, listing.images[-1])


@pytest.mark.parametrize("program", ["sep", "photutils"])
@pytest.mark.parametrize("dtype", ["i2", "u2", "i4", "u4", "i8", "f4", "f8"])
def test_labels_are_known_by_what_they_hold_whatever_type_and_name(
    labels: dict[str, Any], write: WriteFits, program: str, dtype: str
) -> None:
    path = write("check.fits", labels[program].astype(dtype))
    assert role_of(path) == "SEG"
    assert find_labels(path) == MapRef(path, 0)
    np.testing.assert_array_equal(read_labels(path, 0), labels[program])


@pytest.mark.parametrize(
    "name",
    [
        *("segm.fits", "seg.fits", "segmentation.fits", "field_segmentation.fits.gz"),
        *("jw01_f444w_segm.fits", "abell-ir_seg.fits", "f444w_segmap_v2.fits", "labels.fits"),
    ],
)
def test_a_name_tells_labels_also_where_they_are_few_or_stored_as_floats(
    write: WriteFits, name: str
) -> None:
    one = np.zeros((40, 40), np.float32)
    one[3:30, 3:30] = 7
    assert role_of(write(name, one)) == "SEG"
    assert role_of(write(f"a/{name}", hdus={"SCI": one})) == "SEG"
    assert role_of(write(f"b/{name}", one + 0.5)) != "SEG"


def test_extname_tells_labels_and_a_copied_one_hides_none(
    labels: dict[str, Any], write: WriteFits
) -> None:
    assert role_of(write("a.fits", hdus={"SEGMENTATION": labels["sep"]})) == "SEG"
    assert role_of(write("b.fits", hdus={"SCI": labels["sep"]}, BUNIT="MJy/sr")) == "SEG"
    assert role_of(write("c.fits.fz", hdus={"X": labels["sep"].astype(np.int32)})) == "SEG"


def test_no_image_is_taken_for_labels(labels: dict[str, Any], write: WriteFits) -> None:
    random = np.random.default_rng(1)
    photons = random.poisson(0.05, (400, 400)).astype(np.int32)
    mask = (labels["sep"] > 0).astype(np.uint8)
    flags = (2 ** random.integers(0, 5, (400, 400))) * (random.random((400, 400)) < 0.1)
    raw = random.poisson(300, (400, 400)).astype(np.uint16)
    exposures = np.repeat(np.repeat(np.arange(1, 5, dtype=np.int32).reshape(2, 2), 90, 0), 90, 1)
    for number, image in enumerate((photons, mask, flags, raw, exposures, np.zeros((90, 90)))):
        assert role_of(write(f"{number}.fits", image)) == "0"
        assert role_of(write(f"sci{number}.fits", hdus={"SCI": image})) == "SCI"
    assert role_of(write("x_sci.fits", labels["sep"])) == "SCI"
    assert role_of(write("x_wht.fits", labels["sep"])) == "WHT"


def test_real_maps_are_what_they_are(imaging_dir: Path) -> None:
    for path, roles in {
        f"{UDS}/uds-b-f444w_sci.fits": ["SCI"],
        f"{UDS}/uds-b-f444w_wht.fits": ["WHT"],
        "hst/XDF/WFC3_IR/v1/60mas/xdf-f105w_rms.fits": ["ERR"],
        "misc/legacy_dr9_grz_image-invvar_256px.fits": ["SCI", "WHT"] * 3,
    }.items():
        listing = list_hdus(imaging_dir / path)
        assert [name_role(listing, hdu) for hdu in listing.images] == roles


def test_labels_beside_an_image_are_no_second_image_of_its_band(
    labels: dict[str, Any], write: WriteFits
) -> None:
    image = np.zeros(labels["sep"].shape, np.float32)
    path = write("f444w_i2d.fits", hdus={"SCI": image})
    write("f444w_segm.fits", hdus={"SCI": labels["sep"]})
    (band,) = find_bands(path.parent, BUILT_IN["NIRCam"]).bands
    assert band.sci.path == path


def test_labels_are_found_where_no_image_is_beside_them(
    labels: dict[str, Any], write: WriteFits
) -> None:
    both = write("both.fits", hdus={"SCI": np.ones((9, 9)), "SEG": labels["sep"]})
    assert find_labels(both) is None
    assert find_labels(f"{both}[SEG]") == MapRef(both, 2, "SEG")
    assert find_labels(f"{both}[SCI]") is None
    assert not names_labels(Path("segment_sci.fits"))
    blank = read_labels(write("nan.fits", np.full((9, 9), np.nan, np.float32)), 0)
    assert blank is not None
    assert blank.max() == 0


@pytest.mark.parametrize("name", ["plain.fits", "gzipped.fits.gz", "tiled.fits"])
@pytest.mark.parametrize(
    ("highest", "kind"), [(200, "u1"), (60_000, "u2"), (70_000, "i4"), (2**40, "i8")]
)
def test_small_labels_are_those_of_the_file_in_the_smallest_type_that_holds_all_of_them(
    tmp_path: Path, name: str, highest: int, kind: str
) -> None:
    stored = np.zeros((1500, 3000), "i8" if kind == "i8" else "i4")
    stored[::7, 5:2000] = np.linspace(1, highest, 215).astype(stored.dtype)[:, None]
    made = fits.CompImageHDU if name == "tiled.fits" and kind != "i8" else fits.ImageHDU
    fits.HDUList([fits.PrimaryHDU(), made(stored)]).writeto(tmp_path / name)
    found = read_small_labels(tmp_path / name, 1)
    assert found is not None and found.dtype == np.dtype(kind)
    np.testing.assert_array_equal(found, stored)
    as_stored = read_labels(tmp_path / name, 1)
    assert as_stored is not None and as_stored.dtype == stored.dtype
    np.testing.assert_array_equal(as_stored, stored)


def test_unsigned_labels_of_64_bits_bring_no_remark(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = np.array([[0, 3], [2**40, 0]], np.uint64)
    fits.writeto(tmp_path / "seg.fits", stored)
    np.testing.assert_array_equal(read_labels(tmp_path / "seg.fits", 0), stored)
    assert "BZERO" not in caplog.text


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_a_map_without_pixels_is_read_as_it_is(tmp_path: Path, shape: tuple[int, int]) -> None:
    fits.writeto(tmp_path / "seg.fits", np.zeros(shape, np.int32))
    for read in (read_labels, read_small_labels):
        found = read(tmp_path / "seg.fits", 0)
        assert found is not None and found.shape == shape


def test_a_large_map_of_floats_is_labels_where_its_last_rows_are_whole_too(tmp_path: Path) -> None:
    pixels = np.zeros((1500, 3000), np.float32)
    pixels[700:, 5], pixels[3, 3] = 70_000, np.nan
    fits.writeto(tmp_path / "whole.fits", pixels)
    found = read_small_labels(tmp_path / "whole.fits", 0)
    assert found is not None
    np.testing.assert_array_equal(found, np.nan_to_num(pixels))
    pixels[-1, -1] = 0.5
    fits.writeto(tmp_path / "half.fits", pixels)
    assert read_small_labels(tmp_path / "half.fits", 0) is None
