"""A catalogue that is written byte by byte is the file that astropy writes, but for its sums."""

from __future__ import annotations

import io

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Column, QTable

from skyseg.methods.filled import with_unit
from skyseg.products._table_file import pack_cat
from skyseg.products.fits_files import make_cat_hdus

_SUMS = ("CHECKSUM", "DATASUM")


def _make_cat(rows: int) -> QTable:
    rng = np.random.default_rng(5)
    cat = QTable()
    cat["NUMBER"] = with_unit(np.arange(1, rows + 1), None, "Label, it's own")
    cat["FLAGS"] = with_unit(rng.integers(0, 99, rows).astype(np.int16), None)
    cat["FLUX_APER"] = with_unit(
        rng.normal(size=(rows, 5)).astype(np.float32), u.MJy / u.sr * u.pix**2, "x" * 200
    )
    cat["ONE"] = with_unit(rng.normal(size=(rows, 1)), u.mag, "with % and é")
    cat["X_IMAGE"] = with_unit(np.full(rows, np.nan), u.pix)
    cat["SMALL"] = Column(np.zeros(rows, np.uint8))
    cat["NAME"] = Column(np.array(["J1", "", "longer"] * rows, "U6")[:rows], description="")
    return cat


def _make_header() -> fits.Header:
    header = fits.Header([("DATE", "now", "when"), ("NSOURCES", 3), ("MAGZERO", 28.9)])
    header["HIERARCH weight_factor"] = 0.25
    header["IN1PATH"] = "/a/" + "long" * 40
    return header


def _without_sums(content: bytes) -> list[tuple[list[str], bytes | None]]:
    with fits.open(io.BytesIO(content)) as hdus:
        for hdu in hdus:
            for key in _SUMS:
                del hdu.header[key]
        raw = [None if hdu.data is None else hdu.data.tobytes() for hdu in hdus]
        return [([str(card) for card in hdu.header.cards], data)
                for hdu, data in zip(hdus, raw, strict=True)]  # fmt: skip


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_the_file_is_that_of_astropy(rows: int) -> None:
    cat, header = _make_cat(rows), _make_header()
    usual = io.BytesIO()
    make_cat_hdus(cat, header).writeto(usual, checksum=True)
    packed = pack_cat(cat, header)
    assert len(packed) == len(usual.getvalue())
    assert _without_sums(packed) == _without_sums(usual.getvalue())
    assert header == _make_header()


@pytest.mark.filterwarnings("error")
def test_its_sums_are_right() -> None:
    with fits.open(io.BytesIO(pack_cat(_make_cat(50), _make_header())), checksum=True) as hdus:
        hdus.verify("exception")
        assert len(hdus[1].data) == 50
