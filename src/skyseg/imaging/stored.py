"""Pixels that stand in a file as they are: read a part at a time, and never mapped.

A file that is cut while it is read gives an error, where a map would end the process.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg import _loops
from skyseg.imaging.faults import faults_told, truncated
from skyseg.writing import open_regular

_BUFFER: Final = 2**18
_CALL: Final = 2**12
"""Bytes that are copied in the time that a call of the system takes."""

_WORD: Final = 4

_SCALING: Final = frozenset({"BSCALE", "BZERO"})


@dataclass(frozen=True)
class StoredPixels:
    """Where the pixels of an image stand in its file, neither compressed nor scaled.

    Attributes
    ----------
    offset : int
        Byte at which they begin.
    dtype : dtype
        Their type and byte order.
    shape : tuple of int
        Shape (ny, nx).
    """

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, int]

    @classmethod
    def of(cls, hdu: fits.hdu.base._BaseHDU) -> StoredPixels | None:
        """Find the pixels of an HDU of an open file; None where values have to be worked out."""
        if type(hdu) not in (fits.PrimaryHDU, fits.ImageHDU) or len(hdu.shape) < 2:
            return None
        dtype = np.dtype(fits.BITPIX2DTYPE[hdu.header["BITPIX"]]).newbyteorder(">")
        # floats are blank where they are NaN, whatever BLANK says
        has_blanks = dtype.kind != "f" and "BLANK" in hdu.header
        if has_blanks or not _SCALING.isdisjoint(hdu.header):
            return None
        ny, nx = hdu.shape[-2:]
        return cls(hdu.fileinfo()["datLoc"], dtype, (ny, nx))

    def read(
        self, path: Path, rows: slice, columns: slice, dtype: npt.DTypeLike | None = None
    ) -> npt.NDArray[Any]:
        """Read a part, and convert it.

        Values of 32 bits are read into their place. Others go by some rows at a time, through a
        buffer that stays in the processor's cache.

        Parameters
        ----------
        path : Path
            The file.
        rows, columns : slice
            The part, in steps of 1.
        dtype : dtype, optional
            What it is converted to; by default the file's type in native byte order.

        Returns
        -------
        ndarray
            A copy.

        Raises
        ------
        DataNotFoundError
            If there is no such file.
        ImageError
            If it has become shorter, or cannot be read.
        """
        (top, bottom, _), (left, right, _) = (
            part.indices(length) for part, length in zip((rows, columns), self.shape, strict=True)
        )
        kind = self.dtype.newbyteorder("=") if dtype is None else dtype
        found = np.empty((max(bottom - top, 0), max(right - left, 0)), kind)
        size, step = self.dtype.itemsize, self.shape[1] * self.dtype.itemsize
        if size == _WORD and found.size and found.dtype == self.dtype.newbyteorder("="):
            with faults_told(path), open_regular(path, 0) as file:
                _fill_with_words(path, file, self.offset + top * step + left * size, step, found)
            return found
        # rows are read whole where that is less work than a call for each
        is_whole = step - found.shape[1] * size <= max(_CALL, step // 2)
        first, width = (0, self.shape[1]) if is_whole else (left, found.shape[1])
        several = max(1, _BUFFER // max(1, width * size))
        buffer = np.empty((min(several, len(found)), width), self.dtype)
        with faults_told(path), open_regular(path, 0) as file:
            for y in range(0, len(found), several):
                block = buffer[: len(found) - y]
                place = self.offset + (top + y) * step + first * size
                if is_whole:
                    _fill(path, file, place, block.reshape(-1))
                else:
                    _fill_rows(path, file, place, step, block)
                found[y : y + several] = block[:, left - first : right - first]
        return found


def _fill_with_words(
    path: Path, file: io.FileIO, place: int, step: int, found: npt.NDArray[Any]
) -> None:
    """Fill rows with values of 32 bits that stand in a file at equal steps, and turn them."""
    is_whole = found.shape[1] * _WORD == step
    rows = found.view(np.uint8).reshape(1 if is_whole else len(found), -1)
    filled = _loops.read_rows(file=file.fileno(), place=place, step=step, are_words=True, out=rows)
    for number in range(filled, len(rows)):
        _fill(path, file, place + number * step, rows[number])
        if sys.byteorder == "little":
            rows[number].view(np.uint32).byteswap(inplace=True)


def _fill_rows(path: Path, file: io.FileIO, place: int, step: int, block: npt.NDArray[Any]) -> None:
    """Fill rows of a block with bytes that stand in a file at equal steps."""
    rows = block.view(np.uint8)
    filled = _loops.read_rows(file=file.fileno(), place=place, step=step, are_words=False, out=rows)
    for number in range(filled, len(rows)):
        _fill(path, file, place + number * step, rows[number])


def _fill(path: Path, file: io.FileIO, place: int, pixels: npt.NDArray[Any]) -> None:
    """Fill contiguous pixels with the bytes that stand at a place of a file."""
    wanted = pixels.view(np.uint8).data
    file.seek(place)
    while wanted:
        count = file.readinto(wanted)
        if not count:
            raise truncated(path)
        wanted = wanted[count:]
