"""Maps of other programs whose tiles or headers are damaged: an error that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skyseg.errors import ImageError, ProductError
from skyseg.imaging.reading import read_image
from skyseg.products.fits_files import read_catalogue, read_map


def write_map(path: Path, compression: str = "RICE_1") -> bytes:
    """Write a compressed map as astropy does, and return its bytes."""
    labels = np.random.default_rng(1).integers(0, 900, (60, 70), np.int32)
    hdu = fits.CompImageHDU(labels, compression_type=compression, name="SEG", tile_shape=(60, 70))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path.read_bytes()


def set_card(content: bytes, key: str, value: int) -> bytes:
    """Return the bytes of a file with another number in a card."""
    at = content.index(f"{key:<8}= ".encode()) + 10
    return content[:at] + f"{value:>20}".encode() + content[at + 20 :]


@pytest.mark.parametrize("compression", ["RICE_1", "GZIP_1", "GZIP_2"])
def test_tiles_whose_bytes_are_cleared_are_refused(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "seg.fits"
    content = write_map(path, compression)
    with fits.open(path, disable_image_compression=True) as hdus:
        place = hdus[1].fileinfo()
    begin = place["datLoc"] + hdus[1].header["NAXIS1"] * hdus[1].header["NAXIS2"]
    end = place["datLoc"] + place["datSpan"]
    path.write_bytes(content[:begin] + b"\xff" * (end - begin) + content[end:])
    with pytest.raises(ProductError, match=r"seg.fits is damaged or not FITS \(.+\); "):
        read_map(path, np.int32)
    with pytest.raises(ImageError, match=r"seg.fits cannot be read as FITS \(.+\); "):
        read_image(path, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ZNAXIS1", 2_000_000_000), ("ZNAXIS2", 10**12), ("ZTILE1", 10**10), ("ZTILE2", 10**10),
        ("ZVAL1", 10**9), ("ZVAL2", 10**9), ("ZVAL1", 0), ("ZVAL2", 3),
    ],
)  # fmt: skip
def test_a_header_that_promises_too_much_is_refused(key: str, value: int, tmp_path: Path) -> None:
    path = tmp_path / "seg.fits"
    path.write_bytes(set_card(write_map(path), key, value))
    for read, kind in ((lambda: read_map(path, np.int32), ProductError),
                       (lambda: read_image(path, 1), ImageError)):  # fmt: skip
        with pytest.raises(kind, match=r"seg\.fits"):
            read()


@pytest.mark.parametrize("error", [MemoryError("x"), RuntimeError("tile 7"), MemoryError()])
def test_whatever_a_reader_raises_names_the_file_and_what_to_do(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "seg.fits"
    write_map(path)

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(fits, "open", fail)
    reason = "takes more memory" if isinstance(error, MemoryError) else r"is damaged .*tile 7"
    for read in (lambda: read_map(path, np.int32), lambda: read_catalogue(path)):
        with pytest.raises(ProductError, match=rf"seg.fits {reason}.*; "):
            read()
