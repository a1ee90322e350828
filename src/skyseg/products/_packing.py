"""Maps as tile-compressed FITS, compressed as they are drawn and kept on disk meanwhile."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.mappers import LightTasks, Mapper
from skyseg.engine.types import FloatImage, LabelImage
from skyseg.imaging.data_sums import DataSum, sum_parts
from skyseg.products._card_text import FIRST_CARDS, sign_cards, table_cards, text_of, write_cards
from skyseg.products._copying import Part, copy_part, copy_parts, share_parts
from skyseg.products._rice import BLOCK, rice
from skyseg.products._spread import WrittenRows, WrittenTiles, check_rows, write_rows
from skyseg.products.names import cannot_write

TILE: Final = 256
_FITS_BLOCK: Final = 2880
_ZLIB_LEVEL: Final = 1
_GZIP_FORMAT: Final = 31
_COPIED_AT_ONCE: Final = 2**22
_ALIGNED: Final = 2**20
"""Whole pages of any host: two that write into one page of a file may undo each other's bytes."""

PackedRows = tuple[list[bytes], list[bytes]]


class _Piece(NamedTuple):
    """Tiles in a file; None stands for the nameless one of the map."""

    path: Path | None
    begin: int
    size: int


class PackedMap:
    """A map as compressed tiles of 256 x 256 pixels, row by row, in a temporary file.

    The file has no name and goes when the map is closed. Writing a product copies it, which the
    system does where it can, so that no more of it is in memory.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the map.
    bitpix : int
        32 for labels, -32 for a background.
    step : float or None
        What the whole numbers of a rounded background count, packed by RICE_1 as
        labels are; None for labels, and for a background that is not rounded,
        which GZIP_2 packs.
    folder : Path or None
        Where the temporary file lies; that of the system by default.
    mapper : Mapper or None
        Who copies what other processes have written, where it is large.
    """

    def __init__(
        self, shape: tuple[int, int], bitpix: int, step: float | None, folder: Path | None = None,
        mapper: Mapper | None = None,
    ) -> None:  # fmt: skip
        self.shape, self.step = shape, step
        self._mapper = mapper
        self._bitpix = bitpix
        self._folder = folder or Path(tempfile.gettempdir())
        row = [("length", ">i8"), ("offset", ">i8")]
        if step is not None:
            row += [("scale", ">f8"), ("zero", ">f8")]
        count = sum(1 for _ in _corners(shape))
        self._table = np.zeros(count, np.dtype(row))
        self._count, self._size = 0, 0
        self._sum = DataSum()
        self._pieces: list[_Piece] = []
        try:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        except OSError as error:
            raise cannot_write(self._folder, error) from error

    @property
    def is_whole(self) -> bool:
        """Whether all tiles are there."""
        return self._count == len(self._table)

    def add(self, tiles: Iterable[bytes]) -> None:
        """Take the next tiles.

        Raises
        ------
        ProductError
            If the folder cannot be written to.
        """
        packed = list(tiles)
        try:
            begin = self._file.tell()
            self._file.writelines(packed)
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        self._append(None, WrittenTiles(begin, tuple(map(len, packed)), sum_parts(packed)))

    def add_written(self, path: Path, tiles: WrittenTiles) -> None:
        """Take the next tiles from a file, which stays until the map is written."""
        self._append(path, tiles)

    def _append(self, path: Path | None, tiles: WrittenTiles) -> None:
        lengths = np.array(tiles.lengths, np.int64)
        rows = slice(self._count, self._count + len(lengths))
        self._table["length"][rows] = lengths
        self._table["offset"][rows] = self._size + np.cumsum(lengths) - lengths
        self._pieces.append(_Piece(path, tiles.begin, tiles.size))
        self._sum.add_summed(tiles.total, tiles.size)
        self._count += len(lengths)
        self._size += tiles.size

    def write_to(self, name: str, header: fits.Header, stream: IO[bytes]) -> None:
        """Write the map as FITS into an empty file, once all tiles are there.

        astropy's own writer puts the time of day into every GZIP tile; this one
        gives the same bytes for the same map.

        Raises
        ------
        ProductError
            If tiles cannot be read where they are kept.
        """
        if self.step is not None:
            self._table["scale"] = self.step
        cards, total = self._layout(name) + text_of(header), DataSum()
        table = self._table.tobytes()
        total.add(table)
        total.add_summed(self._sum.value, self._size)
        stream.write(sign_cards(write_cards(FIRST_CARDS), 0))
        stream.write(sign_cards(cards, total.value))
        stream.write(table)
        self._copy_to(stream)
        stream.write(bytes(-(len(table) + self._size) % _FITS_BLOCK))

    def _copy_to(self, stream: IO[bytes]) -> None:
        """Copy all tiles from where they are kept."""
        if self._mapper is not None and self._have_copied(stream, self._mapper):
            return
        for piece in self._pieces:
            try:
                if piece.path is None:
                    self._file.flush()
                    copy_part(self._file, piece.begin, piece.size, stream)
                else:
                    with piece.path.open("rb", buffering=0) as source:
                        copy_part(source, piece.begin, piece.size, stream)
            except OSError as error:
                raise cannot_write(self._folder, error) from error

    def _have_copied(self, stream: IO[bytes], mapper: Mapper) -> bool:
        """Have others copy tiles into a product; not if they are few, or in a nameless file.

        They write whole pages; what begins or ends within one is copied here.
        """
        begin, place = stream.tell(), stream.tell()
        parts = []
        for piece in self._pieces:
            if piece.path is None:
                return False
            parts.append(Part(piece.path, piece.begin, piece.size, place))
            place += piece.size
        first, last = -(-begin // _ALIGNED) * _ALIGNED, place // _ALIGNED * _ALIGNED
        if last - first <= 2 * _COPIED_AT_ONCE:
            return False
        cuts = [*range(first, last, _COPIED_AT_ONCE), last]
        head, *tasks, tail = share_parts(parts, cuts)
        stream.flush()
        copy = partial(copy_parts, Path(stream.name))
        is_done = all(list(mapper(copy, LightTasks(tasks)))) and copy([*head, *tail])
        stream.seek(place if is_done else begin)
        return is_done

    def _layout(self, name: str) -> str:
        """Cards of a table of tiles."""
        columns = [("COMPRESSED_DATA", f"1QB({self._table['length'].max()})")]
        if self.step is not None:
            columns += [("ZSCALE", "1D"), ("ZZERO", "1D")]
        fields = (
            [(f"TTYPE{number}", name, ""), (f"TFORM{number}", kind, "")]
            for number, (name, kind) in enumerate(columns, start=1)
        )
        is_rice = self._bitpix > 0 or self.step is not None
        layout: dict[str, bool | int | str] = {
            "ZIMAGE": True, "ZCMPTYPE": "RICE_1" if is_rice else "GZIP_2",
        }  # fmt: skip
        if is_rice:
            layout |= {"ZNAME1": "BLOCKSIZE", "ZVAL1": BLOCK, "ZNAME2": "BYTEPIX", "ZVAL2": 4}
        if self._bitpix < 0:
            layout["ZQUANTIZ"] = "NONE" if self.step is None else "NO_DITHER"
        ny, nx = self.shape
        layout |= {
            "ZBITPIX": self._bitpix,
            "ZNAXIS": 2,
            "ZNAXIS1": nx,
            "ZNAXIS2": ny,
            "ZTILE1": TILE,
            "ZTILE2": TILE,
        }
        begin = table_cards(self._table.itemsize, len(self._table), self._size, fields)
        named = [("EXTNAME", name, "extension name")]
        return begin + write_cards([*named, *((key, value, "") for key, value in layout.items())])

    def close(self) -> None:
        """Give the temporary file back."""
        # what a full disk did not take is not wanted any more
        with suppress(OSError):
            self._file.close()


class PackedCanvas:
    """Labels and background that are compressed as they are drawn; a context that closes them.

    Parameters
    ----------
    shape : tuple of int
        Shape (ny, nx) of the maps.
    folder : Path or None
        Where they are kept meanwhile; that of the system by default.
    parts : Path or None
        Folder into which other processes, where they see it, write what they packed.
    mapper : Mapper or None
        Who copies it from there, where it is large.
    """

    row_step = TILE

    def __init__(
        self, shape: tuple[int, int], folder: Path | None = None, parts: Path | None = None,
        mapper: Mapper | None = None,
    ) -> None:  # fmt: skip
        self._folder, self._parts = folder, parts
        self.seg = PackedMap(shape, 32, None, folder, mapper)
        self.bkg = PackedMap(shape, -32, 1.0, folder, mapper)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.seg.close()
        self.bkg.close()

    def packer(self, step: float) -> Callable[[LabelImage, LabelImage], PackedRows | WrittenRows]:
        """Return what compresses rows of labels, and of background in steps."""
        self.bkg.step = step
        return _packed_rows if self._parts is None else partial(_write_packed, self._parts)

    def write(self, first: int, packed: PackedRows | WrittenRows) -> None:
        """Take compressed rows."""
        if isinstance(packed, WrittenRows):
            assert self._parts is not None
            path = check_rows(self._parts, packed)
            for each, tiles in zip((self.seg, self.bkg), packed.lists, strict=True):
                each.add_written(path, tiles)
            return
        seg, bkg = packed
        self.seg.add(seg)
        self.bkg.add(bkg)

    @property
    def is_whole(self) -> bool:
        """Whether all tiles of both maps are there."""
        return self.seg.is_whole and self.bkg.is_whole

    def take(self, seg: LabelImage | None, bkg: FloatImage | None) -> None:
        """Take whole maps, without loss, in place of those that are drawn."""
        if seg is not None:
            self.seg.add(pack_rows(seg))
        if bkg is not None:
            self.bkg.close()
            self.bkg = PackedMap(self.bkg.shape, -32, None, self._folder)
            self.bkg.add(_gzip(bkg[rows, x : x + TILE]) for rows, x in _corners(self.bkg.shape))


def _packed_rows(seg: LabelImage, bkg: LabelImage) -> PackedRows:
    return list(pack_rows(seg)), list(pack_rows(bkg))


def _write_packed(parts: Path, seg: LabelImage, bkg: LabelImage) -> PackedRows | WrittenRows:
    """Write compressed rows into a folder; return them where it is not seen."""
    packed = _packed_rows(seg, bkg)
    return write_rows(parts, packed) or packed


def pack_rows(image: npt.NDArray[Any]) -> Iterator[bytes]:
    """Compress rows of a map of whole numbers, tile by tile."""
    nx = image.shape[1]
    for rows, x in _corners((image.shape[0], nx)):
        yield rice(image[rows], x, min(x + TILE, nx))


def _corners(shape: tuple[int, int]) -> Iterator[tuple[slice, int]]:
    """Rows and first column of the tiles of an image, row by row."""
    for y in range(0, shape[0], TILE):
        for x in range(0, shape[1], TILE):
            yield slice(y, y + TILE), x


def _gzip(tile: npt.NDArray[Any]) -> bytes:
    """Most significant bytes first, then deflated."""
    tile = tile.astype(tile.dtype.newbyteorder(">"))
    planes = np.ascontiguousarray(tile.reshape(-1).view(np.uint8).reshape(-1, 4).T)
    packer = zlib.compressobj(_ZLIB_LEVEL, wbits=_GZIP_FORMAT)
    return packer.compress(planes.data) + packer.flush()
