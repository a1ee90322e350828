"""Files that are damaged, cut or made to harm: each is refused in one sentence, at once."""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import DataNotFoundError, ImageError
from skyseg.imaging.data_checks import check_data
from skyseg.imaging.reading import list_hdus, read_headers, read_image, read_part
from skyseg.imaging.structure import read_structure

_CARD = 80


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(60, 70)).astype(np.float32)


def _with_card(path: Path, key: str, card: str) -> Path:
    """Write a card over the first one of a keyword, as no library would."""
    content = bytearray(path.read_bytes())
    at = content.index(f"{key:8}=".encode())
    content[at : at + _CARD] = f"{card:80}".encode()
    path.write_bytes(content)
    return path


def test_the_structure_is_where_the_pixels_stand(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", hdus={"SCI": ramp, "ERR": ramp + 1})
    found = read_structure(path)
    assert not found.is_packed
    content = path.read_bytes()
    for extent, pixels in zip(found.extents[1:], (ramp, ramp + 1), strict=True):
        data = content[extent.start : extent.start + extent.length]
        np.testing.assert_array_equal(np.frombuffer(data, ">f4").reshape(ramp.shape), pixels)


def test_a_flipped_bit_in_a_gzipped_file_is_seen(write: Any, noise: np.ndarray) -> None:
    path = write("a.fits.gz", noise)
    content = path.read_bytes()
    for place in np.linspace(20, len(content) - 1, 40).astype(int):
        changed = bytearray(content)
        changed[place] ^= 4
        path.write_bytes(changed)
        os.utime(path, ns=(int(place), int(place)))
        with pytest.raises(ImageError, match=r"a\.fits\.gz"):
            read_image(path, 0)


def test_no_more_is_unpacked_than_headers_promise(tmp_path: Path, noise: np.ndarray) -> None:
    fits.writeto(tmp_path / "a.fits", noise)
    path = tmp_path / "b.fits.gz"
    with gzip.open(path, "wb", 1) as stream:
        stream.write((tmp_path / "a.fits").read_bytes())
        for _ in range(40):
            stream.write(bytes(2**20))
    with pytest.raises(ImageError, match=r"what follows HDU 0 is no HDU"):
        list_hdus(path)


def test_padding_after_the_last_hdu_is_none_of_its_business(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", ramp)
    path.write_bytes(path.read_bytes() + bytes(5000))
    np.testing.assert_array_equal(read_image(path, 0), ramp)


@pytest.mark.parametrize(
    ("key", "card"),
    [
        ("GCOUNT", "GCOUNT  =                   -1"),
        ("PCOUNT", "PCOUNT  =                -5760"),
        ("NAXIS", "NAXIS   =           1000000000"),
        ("NAXIS1", "NAXIS1  =                   -1"),
        ("NAXIS2", "NAXIS2  =  9223372036854775807"),
        ("NAXIS2", "NAXIS2  =                 12.5"),
        ("BITPIX", "BITPIX  =                    7"),
    ],
)
def test_lengths_that_no_file_has_are_refused_with_their_hdu(
    write: Any, ramp: np.ndarray, key: str, card: str
) -> None:
    path = write("a.fits", hdus={"SCI": ramp})
    content = path.read_bytes()
    at = content.index(b"XTENSION")
    _with_card(path, key, card)
    if path.read_bytes()[:at] != content[:at]:  # the primary header has it as well
        path.write_bytes(content[:at] + path.read_bytes()[at:])
        at = content.index(f"{key:8}=".encode(), at)
        path.write_bytes(content[:at] + f"{card:80}".encode() + content[at + _CARD :])
    with pytest.raises(ImageError, match=r"a\.fits (cannot be read as FITS \(HDU 1 has|is trunc)"):
        list_hdus(path)


def test_a_compressed_image_has_the_tiles_that_it_promises(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits.fz", hdus={"SCI": ramp.astype("i4")})
    _with_card(path, "ZNAXIS2", "ZNAXIS2 =           2000000000")
    with pytest.raises(ImageError, match=r"HDU 1 is a compressed image of 2000000000 tiles"):
        read_image(path, 1)


def test_a_header_that_is_lost_or_no_text_is_refused(write: Any, ramp: np.ndarray) -> None:
    path = write("a.fits", hdus={"SCI": ramp, "ERR": ramp})
    content = path.read_bytes()
    second = content.index(b"XTENSION", content.index(b"XTENSION") + 1)
    for state, (damage, reason) in enumerate(
        (
            (content[:second] + b"\xff" * 2880 + content[second + 2880 :], "what follows HDU 1"),
            (content.replace(b"END      ", b"AND      "), "has no END"),
            (content[: second + 80] + b"\x01\xfe" * 100 + content[second + 280 :], "is no text"),
            (
                b"SIMPLE  =" + content[9:].replace(b"END      ", b"         ", 1),
                "the header of HDU 0",
            ),
        )
    ):
        path.write_bytes(damage)
        os.utime(path, ns=(state, state))
        with pytest.raises(ImageError, match=rf"a\.fits cannot be read as FITS \(.*{reason}"):
            list_hdus(path)


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz", "a.fits.fz"])
def test_pixels_that_are_not_those_of_their_datasum_are_refused(
    tmp_path: Path, noise: np.ndarray, name: str
) -> None:
    path, plain = tmp_path / name, tmp_path / "plain.fits"
    image = fits.CompImageHDU(noise) if name.endswith("fz") else fits.ImageHDU(noise)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(plain, checksum=True)
    pack: Callable[[bytes], bytes] = gzip.compress if name.endswith("gz") else bytes
    content = plain.read_bytes()
    path.write_bytes(pack(content))
    check_data(path, 1)
    read_image(path, 1)
    extent = read_structure(path).extents[1]
    changed = bytearray(content)
    changed[extent.start + extent.length - 1] ^= 1
    path.write_bytes(pack(bytes(changed)))
    os.utime(path, ns=(1, 1))
    for read in (check_data, read_image):
        with pytest.raises(ImageError, match=rf"the pixels of .*{name}\[1\] are not those.*again"):
            read(path, 1)
    check_data(path, 0)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.fits")
    for path in (tmp_path / "a.fits", Path("/dev/zero")):
        with pytest.raises(ImageError, match=r"cannot be read \(it is a pipe or a device"):
            list_hdus(path)


def test_a_file_that_others_pack_is_refused_with_what_to_do(write: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.fits.bz2"
    path.write_bytes(bz2.compress(write("a.fits").read_bytes()))
    with pytest.raises(ImageError, match=r"a\.fits\.bz2 is packed by bzip2; unpack it"):
        list_hdus(path)


def test_cards_that_cannot_be_read_are_left_out_with_a_word(
    write: Any, ramp: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    path = write("a.fits", ramp, RADESYS="ICRS", CRVAL1=1.0, BUNIT="nJy", FILTER="F444W", N=1)
    _with_card(path, "RADESYS", "RADESYS = ICRS'")
    _with_card(path, "CRVAL1", "CRVAL1  = 1E+999999")
    _with_card(path, "N", f"N       = {'9' * 60}")
    header, _ = read_headers(path, 0)
    assert "BUNIT" in header
    assert not {"RADESYS", "CRVAL1", "N"}.intersection(header)
    assert "left out: RADESYS, CRVAL1, N; correct its header" in caplog.text


@pytest.mark.parametrize("kind", ["f4", "i2"])
def test_a_file_cut_while_it_is_read_is_told_and_stops_nothing(
    write: Any, noise: np.ndarray, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = write("a.fits", noise.astype(kind), **({"BLANK": 7} if kind == "i2" else {}))
    list_hdus(path)
    state = path.stat()
    os.truncate(path, 6000)
    monkeypatch.setattr(
        "skyseg.imaging.reading.look_up", lambda _: (state.st_size, state.st_mtime_ns)
    )
    with pytest.raises(ImageError, match=r"a\.fits is truncated"):
        read_part(path, 0, slice(0, 60), slice(0, 70))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"none\.fits does not exist"):
        read_structure(tmp_path / "none.fits")


def test_a_header_that_its_checksum_was_not_written_for_is_told(
    tmp_path: Path, ramp: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(ramp, fits.Header({"BUNIT": "nJy"})).writeto(path, checksum=True)
    list_hdus(path)
    assert not caplog.records
    _with_card(path, "BUNIT", "BUNIT   = 'mJy'")
    list_hdus(path)
    assert "a.fits[0] has another header than its CHECKSUM was written for" in caplog.text


def test_an_hdu_that_astropy_cannot_make_out_is_refused_at_once(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.ones((2, 2), np.float32)).writeto(tmp_path / "a.fits")
    _with_card(tmp_path / "a.fits", "SIMPLE", "SIMPLE  =     $              T")
    path = tmp_path / "b.fits.gz"
    path.write_bytes(gzip.compress((tmp_path / "a.fits").read_bytes()))
    with pytest.raises(ImageError, match=r"b\.fits\.gz cannot be read as FITS \(HDU 0 "):
        list_hdus(path)


@pytest.mark.parametrize(
    "card", ["TFIELDS =           1000000000", "ZNAXIS  =                 1000"]
)
def test_a_table_of_a_compressed_image_has_possible_counts(
    write: Any, ramp: np.ndarray, card: str
) -> None:
    path = _with_card(write("a.fits.fz", hdus={"SCI": ramp}), card[:8].strip(), card)
    with pytest.raises(ImageError, match=rf"HDU 1 has {card[:8].strip()} = 1000"):
        list_hdus(path)
