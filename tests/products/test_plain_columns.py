"""Columns of numbers are read from the bytes of a file as astropy reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from skyseg.products._plain_columns import read_plain_columns
from skyseg.products.fits_files import read_catalogue

PLAIN = [
    fits.Column("WHOLE", "J", array=np.array([3, -1], np.int32)),
    fits.Column("SHORT", "I", array=np.array([3, -1], np.int16)),
    fits.Column("LONG", "K", array=np.array([2**40, -1])),
    fits.Column("SINGLE", "E", unit="pix", array=np.array([np.nan, 1.5], np.float32)),
    fits.Column("DOUBLE", "1D", unit="mag", array=np.array([np.inf, 1e300])),
    fits.Column("SEVERAL", "3D", array=np.arange(6.0).reshape(2, 3)),
    fits.Column("ONE", "1E", dim="(1)", array=np.ones((2, 1), np.float32)),
]


def _write(path: Path, columns: list[fits.Column]) -> Path:
    fits.BinTableHDU.from_columns(columns).writeto(path)
    return path


@pytest.mark.parametrize("rows", [2, 0])
def test_plain_columns_are_those_that_astropy_reads(tmp_path: Path, rows: int) -> None:
    hdu = fits.BinTableHDU.from_columns(PLAIN)
    hdu.data = hdu.data[:rows]
    hdu.writeto(tmp_path / "cat.fits")
    with fits.open(tmp_path / "cat.fits", memmap=False) as hdus:
        found = read_plain_columns(hdus[1])
        assert found is not None
        for column, usual in zip(found, hdus[1].columns, strict=True):
            values = np.asarray(hdus[1].data[usual.name])
            assert (column.name, column.unit) == (usual.name, usual.unit)
            assert (column.values.dtype, column.values.shape) == (values.dtype, values.shape)
            assert column.values.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "column",
    [
        fits.Column("TEXT", "4A", array=np.array(["a", "b"])),
        fits.Column("SWITCH", "L", array=np.array([True, False])),
        fits.Column("SCALED", "E", bscale=0.5, array=np.array([1.5, 2.0], np.float32)),
        fits.Column("SHIFTED", "J", bzero=2**31, array=np.array([7, 2**31], np.uint32)),
        fits.Column("BLANK", "J", null=-99, array=np.array([7, -99], np.int32)),
        fits.Column("SQUARE", "4E", dim="(2,2)", array=np.ones((2, 2, 2), np.float32)),
        fits.Column("LISTS", "PD()", array=np.array([[1.0], [2.0, 3.0]], dtype=object)),
        fits.Column("NONE", "0D", array=np.empty((2, 0))),
    ],
    ids=lambda column: column.name,
)
def test_astropy_is_asked_where_a_column_is_not_plain(tmp_path: Path, column: Any) -> None:
    with fits.open(_write(tmp_path / "cat.fits", [PLAIN[0], column]), memmap=False) as hdus:
        assert read_plain_columns(hdus[1]) is None


def test_astropy_is_asked_where_two_columns_have_one_name(tmp_path: Path) -> None:
    path = _write(tmp_path / "cat.fits", PLAIN)
    path.write_bytes(path.read_bytes().replace(b"'SHORT   '", b"'WHOLE   '"))
    with fits.open(path, memmap=False) as hdus:
        assert read_plain_columns(hdus[1]) is None


def test_astropy_is_asked_about_a_file_that_is_cut(tmp_path: Path) -> None:
    path = _write(tmp_path / "cat.fits", PLAIN)
    path.write_bytes(path.read_bytes()[:-2880])
    with pytest.warns(AstropyUserWarning, match="truncated"), fits.open(path) as hdus:
        assert read_plain_columns(hdus[1]) is None


def test_values_of_a_catalogue_that_was_read_may_be_changed(tmp_path: Path) -> None:
    table = read_catalogue(_write(tmp_path / "cat.fits", PLAIN))
    table["WHOLE"][0] = 5
    assert table["WHOLE"].tolist() == [5, -1]
