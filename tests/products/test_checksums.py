"""Checksums of inputs, taken during other work."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import _loops
from skyseg.imaging.refs import MapRef
from skyseg.products import input_maps
from skyseg.products.input_maps import (
    InputMap,
    expecting_checksums,
    forget_checksums,
    taking_checksums,
)

LENGTHS = (0, 1, 55, 56, 63, 64, 119, 120, 2**16 - 1, 2**16, 2**16 + 9, 2**17, 200_000)


@pytest.fixture(autouse=True)
def unknown() -> None:
    forget_checksums()


@pytest.mark.parametrize("length", LENGTHS)
def test_two_files_have_the_digests_of_each(tmp_path: Path, length: int) -> None:
    contents = [np.random.default_rng(size).bytes(size) for size in (length, 70_000)]
    paths = tmp_path / "first", tmp_path / "second"
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    with paths[0].open("rb") as first, paths[1].open("rb") as second:
        files = {"first": first.fileno(), "second": second.fileno()}
        found = _loops.digest_pair(**files, unwanted=np.zeros(1, np.uint8))
        assert _loops.digest_pair(**files, unwanted=np.ones(1, np.uint8)) is None
    if found is None:
        pytest.skip("this processor has no instructions for it")
    assert list(found) == [hashlib.sha256(content).digest() for content in contents]


@pytest.mark.parametrize("has_instructions", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_all_are_there_when_the_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, has_instructions: bool
) -> None:
    if not has_instructions:
        monkeypatch.setattr(_loops, "digest_pair", lambda **_: None)
    inputs = []
    for number in range(count):
        path = tmp_path / f"{number}.fits"
        # the last one has a DATASUM, which is checked in the same reading
        image = fits.PrimaryHDU(np.full((9, 1000 * number + 9), number, np.float32))
        image.writeto(path, checksum=number == 2)
        inputs.append(InputMap.of("SCI", MapRef(path, 0)))
    with taking_checksums(tuple(inputs)):
        pass
    for given in inputs:
        assert given.checksum() == hashlib.sha256(given.ref.path.read_bytes()).hexdigest()


def test_that_of_one_file_is_taken_with_the_next_that_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = []
    for number in range(4):
        fits.writeto(tmp_path / f"{number}.fits", np.full((9, 9), number, np.float32))
        inputs.append(InputMap.of("SCI", MapRef(tmp_path / f"{number}.fits", 0)))
    inputs[1].ref.path.unlink()
    read: list[int] = []

    def digest_pair(**files: int) -> list[bytes]:
        read.extend((files["first"], files["second"]))
        return [os.fstat(files[name]).st_ino.to_bytes(32, "big") for name in ("first", "second")]

    monkeypatch.setattr(_loops, "digest_pair", digest_pair)
    with expecting_checksums(inputs[2:]), taking_checksums((inputs[0],)):
        pass
    assert len(read) == 2
    for given in (inputs[0], inputs[2]):
        assert int(given.checksum(), 16) == given.ref.path.stat().st_ino
    with taking_checksums((inputs[3],)):
        pass
    assert len(read) == 2
    # one that is no longer there keeps the other one from nothing
    forget_checksums()
    with expecting_checksums((inputs[1],)), taking_checksums((inputs[0],)):
        pass
    assert inputs[0].checksum() == hashlib.sha256(inputs[0].ref.path.read_bytes()).hexdigest()


def test_a_file_that_goes_meanwhile_is_told_by_who_asks_for_its_checksum(tmp_path: Path) -> None:
    inputs = []
    for name in ("sci.fits", "err.fits"):
        fits.writeto(tmp_path / name, np.zeros((9, 9), np.float32))
        inputs.append(InputMap.of("SCI", MapRef(tmp_path / name, 0)))
    (tmp_path / "err.fits").unlink()
    with taking_checksums(tuple(inputs)):
        pass
    assert inputs[0].checksum()


@pytest.mark.parametrize("has_instructions", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_checksums_that_nobody_wants_any_more_end_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, has_instructions: bool
) -> None:
    if not has_instructions:
        monkeypatch.setattr(_loops, "digest_pair", lambda **_: None)
    forget_checksums()
    inputs = []
    for name in ("sci.fits", "err.fits")[:count]:
        (tmp_path / name).touch()
        with (tmp_path / name).open("r+b") as file:
            file.truncate(2**29)
        inputs.append(InputMap.of("REGIONS", MapRef(tmp_path / name, 0)))
    with pytest.raises(KeyboardInterrupt), taking_checksums(tuple(inputs)):
        raise KeyboardInterrupt
    for each in threading.enumerate():
        if "_take_checksums" in each.name:
            each.join()
    assert not input_maps._checksums
