"""Maps of labels as skyseg packs them: a part is unpacked, and not the rest."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Self

import numpy as np
from astropy.io import fits

from skyseg.engine.types import IntArray, LabelImage, Slices
from skyseg.products._rice import BLOCK, unrice

_LAYOUT: Final[dict[str, Any]] = {
    "ZIMAGE": True, "ZCMPTYPE": "RICE_1", "ZNAME1": "BLOCKSIZE", "ZVAL1": BLOCK,
    "ZNAME2": "BYTEPIX", "ZVAL2": 4, "ZBITPIX": 32, "ZNAXIS": 2, "TFIELDS": 1, "NAXIS1": 16,
    "TTYPE1": "COMPRESSED_DATA",
}  # fmt: skip
_SCALING: Final = frozenset({"ZBLANK", "BLANK", "BSCALE", "BZERO"})


class _Tiles(NamedTuple):
    """Where the tiles of a map are: shapes (ny, nx), and length and first byte of each tile."""

    shape: tuple[int, int]
    of_tile: tuple[int, int]
    places: IntArray

    @classmethod
    def read(cls, stream: IO[bytes], hdu: fits.BinTableHDU) -> Self | None:
        header, begin = hdu.header, hdu.fileinfo()["datLoc"]
        is_ours = all(header.get(key) == value for key, value in _LAYOUT.items())
        if not is_ours or not _SCALING.isdisjoint(header):
            return None
        size = header["NAXIS1"] * header["NAXIS2"]
        stream.seek(begin)
        places = np.frombuffer(stream.read(size), ">i8").reshape(-1, 2).astype(np.int64)
        places[:, 1] += begin + header.get("THEAP", size)
        return cls(
            (header["ZNAXIS2"], header["ZNAXIS1"]), (header["ZTILE2"], header["ZTILE1"]), places
        )


def unpack_labels(path: Path, ext: int, part: Slices) -> LabelImage | None:
    """Unpack a part of a map of labels.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.
    part : tuple of slice
        Rows and columns, within the map.

    Returns
    -------
    ndarray of int32 or None
        None where it is not packed as skyseg packs labels.

    Raises
    ------
    OSError
        If it cannot be read, or ends before its pixels.
    """
    with (
        path.open("rb") as stream,
        fits.open(stream, memmap=False, disable_image_compression=True) as hdus,
    ):
        tiles = _Tiles.read(stream, hdus[ext])
        return None if tiles is None else _unpack(stream, tiles, part)


def _unpack(stream: IO[bytes], tiles: _Tiles, part: Slices) -> LabelImage:
    rows, columns = part
    height, width = tiles.of_tile
    across = -(-tiles.shape[1] // width)
    found = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.int32)
    for y in range(rows.start // height * height, rows.stop, height):
        for x in range(columns.start // width * width, columns.stop, width):
            size, place = tiles.places[y // height * across + x // width].tolist()
            stream.seek(place)
            code = stream.read(size)
            bottom, right = min(y + height, tiles.shape[0]), min(x + width, tiles.shape[1])
            is_within = rows.start <= y and bottom <= rows.stop
            if is_within and columns.start <= x and right <= columns.stop:
                into = found[y - rows.start : bottom - rows.start]
                unrice(code, into, x - columns.start, right - columns.start)
                continue
            tile = np.empty((bottom - y, right - x), np.int32)
            unrice(code, tile)
            top, left = max(y, rows.start), max(x, columns.start)
            low, far = min(bottom, rows.stop), min(right, columns.stop)
            found[
                top - rows.start : low - rows.start, left - columns.start : far - columns.start
            ] = tile[top - y : low - y, left - x : far - x]
    return found
