"""Maps of labels as skyseg packs them: a part is unpacked, and not the rest."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, Self

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
    def read(cls, hdu: fits.CompImageHDU) -> Self | None:
        where = hdu.fileinfo()
        file, begin = where["file"], where["datLoc"]
        file.seek(where["hdrLoc"])
        header = fits.Header.fromstring(file.read(begin - where["hdrLoc"]))
        is_ours = all(header.get(key) == value for key, value in _LAYOUT.items())
        if not is_ours or not _SCALING.isdisjoint(header):
            return None
        shape = header["ZNAXIS2"], header["ZNAXIS1"]
        of_tile = int(header["ZTILE2"]), int(header["ZTILE1"])
        if min(of_tile) < 1:
            raise OSError("its tiles have no pixels")
        size = header["NAXIS1"] * header["NAXIS2"]
        heap = header.get("THEAP", size)
        places = np.frombuffer(file.read(size), ">i8").reshape(-1, 2).astype(np.int64)
        lengths, starts = places.T
        least = np.minimum(lengths, starts)
        if (least < 0).any() or (starts > where["datSpan"] - heap - lengths).any():
            raise OSError("a tile is beyond the end of its extension")
        if len(places) != math.prod(-(-n // side) for n, side in zip(shape, of_tile, strict=True)):
            raise OSError("there are not as many tiles as the map has")
        places[:, 1] += begin + heap
        return cls(shape, of_tile, places)


def unpack_labels(hdu: fits.CompImageHDU, part: Slices) -> LabelImage | None:
    """Unpack a part of a map of labels.

    Parameters
    ----------
    hdu : astropy.io.fits.CompImageHDU
        The map, in a file that is open.
    part : tuple of slice
        Rows and columns, within the map.

    Returns
    -------
    ndarray of int32 or None
        None where it is not packed as skyseg packs labels.

    Raises
    ------
    OSError
        If it cannot be read, or its tiles do not hold its pixels and nothing else.
    """
    tiles = _Tiles.read(hdu)
    return None if tiles is None else _unpack(hdu.fileinfo()["file"], tiles, part)


def _unpack(file: Any, tiles: _Tiles, part: Slices) -> LabelImage:
    rows, columns = part
    height, width = tiles.of_tile
    across = -(-tiles.shape[1] // width)
    found = np.empty((rows.stop - rows.start, columns.stop - columns.start), np.int32)
    for y in range(rows.start // height * height, rows.stop, height):
        for x in range(columns.start // width * width, columns.stop, width):
            size, place = tiles.places[y // height * across + x // width].tolist()
            file.seek(place)
            code = file.read(size)
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
