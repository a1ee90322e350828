"""Rice coding: what astropy reads is what was packed, and what is unpacked is what it reads."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from skyseg.errors import ProductError
from skyseg.products._packing import PackedCanvas
from skyseg.products._rice import rice, unrice
from skyseg.products._unpacking import unpack_labels
from skyseg.products.fits_files import read_map

ANY = st.integers(-(2**31), 2**31 - 1)
SMALL = st.integers(-3, 3)


@settings(max_examples=60, deadline=None)
@given(
    values=st.one_of(
        arrays.arrays(np.int32, st.integers(1, 300), elements=SMALL),
        arrays.arrays(np.int32, st.integers(1, 300), elements=ANY, fill=st.just(0)),
        arrays.arrays(np.int32, st.integers(1, 300), elements=st.sampled_from([0, 5, 2**27])),
    )
)
def test_astropy_reads_what_was_coded(
    tmp_path_factory: pytest.TempPathFactory, map_hdus: Callable[..., fits.HDUList], values
) -> None:
    path = tmp_path_factory.mktemp("rice") / "map.fits"
    map_hdus("SEG", values[np.newaxis], fits.Header()).writeto(path)
    np.testing.assert_array_equal(fits.getdata(path, 1)[0], values)


@settings(max_examples=100, deadline=None)
@given(
    image=st.one_of(
        arrays.arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 99)), elements=each)
        for each in (SMALL, ANY, st.sampled_from([0, 5, 2**27]))
    )
)
def test_what_was_coded_is_unpacked(image: np.ndarray) -> None:
    code, found = rice(image), np.empty((len(image), image.shape[1] + 3), np.int32)
    unrice(code, found, 2, image.shape[1] + 2)
    np.testing.assert_array_equal(found[:, 2:-1], image)
    for other in (code[:-1], code + b"0"):
        with pytest.raises(OSError, match="more or less"):
            unrice(other, found, 2, image.shape[1] + 2)


@pytest.mark.parametrize("shape", [(700, 600), (256, 512), (40, 1000)])
def test_parts_of_a_map_are_those_that_astropy_reads(
    shape: tuple[int, int], tmp_path: Path, map_hdus: Callable[..., fits.HDUList]
) -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, shape).astype(np.int32) * rng.integers(0, 10**6, shape[1])
    path = tmp_path / "seg.fits"
    map_hdus("SEG", labels.astype(np.int32), fits.Header()).writeto(path)
    with fits.open(path) as hdus:
        for part in (
            (slice(0, shape[0]), slice(0, shape[1])),
            (slice(10, 11), slice(0, shape[1])),
            (slice(30, 40), slice(250, 501)),
            (slice(0, shape[0]), slice(255, 257)),
        ):
            found = unpack_labels(hdus[1], part)
            assert found is not None
            np.testing.assert_array_equal(found, hdus[1].section[part])
            np.testing.assert_array_equal(found, labels[part])


def test_maps_packed_in_another_way_are_left_to_astropy(tmp_path: Path) -> None:
    labels = np.arange(600, dtype=np.int32).reshape(20, 30)
    whole = slice(0, 20), slice(0, 30)
    for number, kind in enumerate(("GZIP_1", "HCOMPRESS_1", "PLIO_1", "RICE_1")):
        path = tmp_path / f"{number}.fits"
        stored = labels.astype(np.int16) if kind == "RICE_1" else labels
        fits.CompImageHDU(stored, compression_type=kind).writeto(path)
        with fits.open(path) as hdus:
            assert unpack_labels(hdus[1], whole) is None
        np.testing.assert_array_equal(read_map(path, np.int32)[0], labels)


def _write_without_sums(path: Path, hdus: fits.HDUList) -> bytes:
    hdus.writeto(path)
    written = path.read_bytes()
    return written.replace(b"CHECKSUM=", b"XHECKSUM=").replace(b"DATASUM =", b"XATASUM =")


@pytest.mark.parametrize(
    ("number", "value"),
    [(0, -1), (0, 0), (0, 10**4), (0, 2**62), (0, 2**63 - 1), (1, -1), (1, 1), (1, 2**63 - 1)],
)
def test_damaged_places_of_tiles_are_refused(
    number: int, value: int, tmp_path: Path, map_hdus: Callable[..., fits.HDUList]
) -> None:
    labels = np.random.default_rng(4).integers(0, 9, (300, 40)).astype(np.int32)
    path = tmp_path / "seg.fits"
    written = bytearray(_write_without_sums(path, map_hdus("SEG", labels, fits.Header())))
    with fits.open(path, disable_image_compression=True) as hdus:
        place = hdus[1].fileinfo()["datLoc"] + 8 * number
    written[place : place + 8] = value.to_bytes(8, "big", signed=True)
    path.write_bytes(written)
    with pytest.raises(ProductError, match="damaged"):
        read_map(path, np.int32)


@pytest.mark.parametrize(
    ("key", "value"),
    [("ZNAXIS1", 39), ("ZNAXIS2", 600), ("ZTILE1", -256), ("ZTILE2", 0), ("THEAP", 0)],
)
def test_a_map_of_other_tiles_than_it_says_is_refused(
    key: str, value: int, tmp_path: Path, map_hdus: Callable[..., fits.HDUList]
) -> None:
    labels = np.random.default_rng(4).integers(0, 9, (300, 40)).astype(np.int32)
    path = tmp_path / "seg.fits"
    map_hdus("SEG", labels, fits.Header()).writeto(path)
    with fits.open(path, disable_image_compression=True) as hdus:
        place, header = hdus[1].fileinfo(), hdus[1].header.copy()
    for each in ("CHECKSUM", "DATASUM"):
        header.remove(each, ignore_missing=True)
    header[key] = value
    written = path.read_bytes()
    changed = header.tostring().encode()
    path.write_bytes(written[: place["hdrLoc"]] + changed + written[place["datLoc"] :])
    with pytest.raises(ProductError, match="damaged"):
        read_map(path, np.int32)


def test_a_map_is_read_from_a_file_that_is_deflated(
    tmp_path: Path, map_hdus: Callable[..., fits.HDUList]
) -> None:
    labels = np.random.default_rng(4).integers(0, 9, (300, 40)).astype(np.int32)
    path = tmp_path / "seg.fits"
    map_hdus("SEG", labels, fits.Header()).writeto(path)
    path.write_bytes(gzip.compress(path.read_bytes()))
    part = slice(250, 290), slice(3, 9)
    np.testing.assert_array_equal(read_map(path, np.int32, part)[0], labels[part])


def test_a_map_that_is_replaced_is_read_to_its_end(
    tmp_path: Path, map_hdus: Callable[..., fits.HDUList]
) -> None:
    labels = np.ones((30, 40), np.int32)
    path, other = tmp_path / "seg.fits", tmp_path / "other.fits"
    map_hdus("SEG", labels, fits.Header()).writeto(path)
    map_hdus("SEG", 2 * labels, fits.Header()).writeto(other)
    with fits.open(path) as hdus:
        other.replace(path)
        found = unpack_labels(hdus[1], (slice(0, 30), slice(0, 40)))
    np.testing.assert_array_equal(found, labels)


def _code_by_reference(image: np.ndarray) -> bytes:
    hdu = fits.CompImageHDU(image, compression_type="RICE_1", tile_shape=image.shape)
    whole = fits.HDUList([fits.PrimaryHDU(), hdu])
    stream = BytesIO()
    whole.writeto(stream)
    stream.seek(0)
    with fits.open(stream, disable_image_compression=True) as hdus:
        coded: bytes = hdus[1].data["COMPRESSED_DATA"][0].tobytes()
    return coded


def test_the_code_is_that_of_the_reference_coder() -> None:
    image = np.random.default_rng(1).poisson(40, (256, 256)).astype(np.int32)
    assert rice(image) == _code_by_reference(image)


@pytest.mark.parametrize("place", range(1, 32))
def test_the_longest_code_begins_at_any_bit_of_a_byte(place: int) -> None:
    rises = np.resize([-(2**22), 2**22], 32)  # of which 24 low bits are kept
    rises[0], rises[place] = 0, 2**28
    values = np.cumsum(rises).astype(np.int32)[np.newaxis]
    assert rice(values) == _code_by_reference(values)


@pytest.mark.parametrize("step", [2.0**-140, 2.0**-18, 0.25, 2.0**40])
def test_a_rounded_background_comes_back_to_the_bit(tmp_path: Path, step: float) -> None:
    steps = np.random.default_rng(2).integers(-(2**23), 2**23, (256, 300), dtype=np.int32)
    with PackedCanvas((256, 300)) as canvas:
        canvas.write(0, canvas.packer(step)(np.zeros_like(steps), steps))
        with (tmp_path / "bkg.fits").open("wb") as stream:
            canvas.bkg.write_to("BKG", fits.Header(), stream)
    found, header = read_map(tmp_path / "bkg.fits", np.float32)
    np.testing.assert_array_equal(found, (steps * step).astype(np.float32))
    assert header["BITPIX"] == -32


def test_what_is_packed_waits_on_disk_not_in_memory(tmp_path: Path) -> None:
    tiles = [bytes(2**20)] * 64
    with PackedCanvas((64 * 256, 256), tmp_path) as canvas:
        tracemalloc.start()
        try:
            canvas.write(0, (tiles, tiles))
            with (tmp_path / "seg.fits").open("wb") as stream:
                canvas.seg.write_to("SEG", fits.Header(), stream)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 2**22
    (written,) = tmp_path.iterdir()
    assert written.stat().st_size > 2**26
