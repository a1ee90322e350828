"""Pixels that stand in a file as they are, read a part at a time."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg import _loops
from skyseg.errors import ImageError
from skyseg.imaging.stored import StoredPixels

ROWS, COLUMNS = 40, 9000
NARROW, WIDE, ALL = slice(7000, 7300), slice(5, 8995), slice(None)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(ROWS, COLUMNS)).astype(np.float32)


@pytest.fixture
def path(pixels: np.ndarray, tmp_path: Path) -> Path:
    fits.writeto(tmp_path / "map.fits", pixels)
    return tmp_path / "map.fits"


def _stored(path: Path) -> StoredPixels:
    with fits.open(path) as hdus:
        found = StoredPixels.of(hdus[0])
    assert found is not None
    return found


@pytest.mark.parametrize("columns", [NARROW, WIDE, ALL])
def test_a_part_holds_what_the_map_has_there(
    pixels: np.ndarray, path: Path, columns: slice
) -> None:
    part = _stored(path).read(path, slice(3, 31), columns)
    np.testing.assert_array_equal(part, pixels[3:31, columns])


@pytest.mark.parametrize("columns", [NARROW, WIDE, ALL])
@pytest.mark.parametrize("kind", ["f4", "f8", "i4", "i2"])
def test_a_system_that_reads_no_rows_at_a_place_gives_the_same(
    pixels: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: slice, kind: str
) -> None:
    values = (1000 * pixels).astype(kind)
    fits.writeto(tmp_path / "map.fits", values)
    stored = _stored(tmp_path / "map.fits")
    parts = [stored.read(tmp_path / "map.fits", slice(3, 31), columns)]
    monkeypatch.setattr(_loops, "read_rows", lambda **_: 0)
    parts.append(stored.read(tmp_path / "map.fits", slice(3, 31), columns))
    for part in parts:
        assert part.dtype == values.dtype
        np.testing.assert_array_equal(part, values[3:31, columns])


@pytest.mark.parametrize("columns", [NARROW, WIDE, ALL])
def test_a_map_that_was_cut_is_said_to_be_truncated(path: Path, columns: slice) -> None:
    stored = _stored(path)
    os.truncate(path, stored.offset + 20 * COLUMNS * 4 + 7100 * 4)
    with pytest.raises(ImageError, match=r"map\.fits is truncated"):
        stored.read(path, slice(3, 31), columns)
    assert stored.read(path, slice(3, 20), columns).shape[0] == 17
