"""Sums of data are those of FITS, in whatever parts the data comes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import ImageError
from skyseg.imaging.data_checks import DataCheck, check_data, forget_checks
from skyseg.imaging.data_sums import DataSum, sum_parts
from skyseg.imaging.structure import read_structure


@pytest.mark.parametrize("lengths", [[2880], [1, 2, 3, 5], [7, 1000], [4, 3, 1], [1]])
def test_a_sum_is_the_same_in_parts_of_any_length(lengths: list[int]) -> None:
    content = np.random.default_rng(2).bytes(2880 * 3)
    hdu = fits.ImageHDU(np.frombuffer(content, np.uint8))
    hdu.add_datasum()
    found, of_sums, parts, place = DataSum(), DataSum(), [], 0
    while place < len(content):
        for length in lengths:
            parts.append(content[place : place + length])
            place += length
    for part in parts:
        found.add(memoryview(part))
        of_sums.add_summed(sum_parts([part]), len(part))
    wanted = int(hdu.header["DATASUM"])
    assert (found.value, of_sums.value, sum_parts(parts)) == (wanted, wanted, wanted)


@pytest.mark.parametrize("step", [1999, 2880, 10**6])
def test_data_is_checked_as_its_file_passes(write: Any, tmp_path: Path, step: int) -> None:
    path = tmp_path / "a.fits"
    image = np.random.default_rng(1).normal(size=(60, 70)).astype(np.float32)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(image), fits.ImageHDU(image + 1)]
    fits.HDUList(hdus).writeto(path, checksum=True)
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[read_structure(path).extents[2].start + 11] ^= 8
    for content in (whole, bytes(changed)):
        checks = [DataCheck.of(path, ext) for ext in (1, 2)]
        for place in range(0, len(content), step):
            for check in checks:
                assert check is not None
                check.see(memoryview(content)[place : place + step])
        assert checks[0] is not None
        assert checks[1] is not None
        checks[0].finish()
        if content is whole:
            checks[1].finish()
            # what was found whole is not looked at again
            assert DataCheck.of(path, 2) is None
            forget_checks()
        else:
            with pytest.raises(ImageError, match=r"a\.fits\[2\] are not those that its DATASUM"):
                checks[1].finish()


def test_data_that_was_changed_in_place_is_seen_when_it_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(np.ones((9, 9), np.float32)).writeto(path, checksum=True)
    check_data(path, 0)
    _change_in_place(path)
    check_data(path, 0)
    forget_checks()
    with pytest.raises(ImageError, match=r"a\.fits\[0\] are not those that its DATASUM"):
        check_data(path, 0)


def _change_in_place(path: Path) -> None:
    """Change a pixel; size and time of the file stay."""
    state = path.stat()
    content = bytearray(path.read_bytes())
    content[read_structure(path).extents[0].start] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
