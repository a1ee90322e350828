"""How a FITS file is laid out by its own headers, checked before anything is made of it.

What the headers promise is held against what is there: no length, number or compressed
stream makes a reader walk back, wait, or take more memory than the file stands for.
"""

from __future__ import annotations

import gzip
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Final, NoReturn, Protocol

from skyseg.errors import ImageError
from skyseg.imaging.data_sums import MODULUS, DataSum, sum_words
from skyseg.imaging.faults import faults_told, truncated, unreadable
from skyseg.imaging.remote import is_remote, look_up, open_stream
from skyseg.writing import open_regular

_BLOCK: Final = 2880
_CARD: Final = 80
_CHUNK: Final = _BLOCK * 360
_BITPIX: Final = frozenset({8, 16, 32, 64, -32, -64})
_MOST_BLOCKS: Final = 10_000
"""Blocks of a header: of 28 MB."""

_MOST_HDUS: Final = 10_000
_MOST_AXES: Final = 999
_LONGEST: Final = 2**62
_LONGEST_TAIL: Final = 2**20
"""Bytes of padding after the last HDU, as of tapes."""

_MOST_PER_BYTE: Final = 2**17
"""Pixels that a byte of tile compression can stand for."""

_RICE: Final = {"BLOCKSIZE": frozenset({16, 32}), "BYTEPIX": frozenset({1, 2, 4, 8})}
"""What parameters of Rice compression may be."""

_GZIP: Final = b"\x1f\x8b"
_MOST_OF_GZIP: Final = 1040
"""Bytes that one of a gzip stream can stand for."""

_OTHER_PACKERS: Final = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"PK\x03\x04": "zip",
    b"\x1f\x9d": "compress",
}
_CHECKSUM_LENGTH: Final = 16


@dataclass(frozen=True)
class Extent:
    """One HDU as its header lays it out.

    Attributes
    ----------
    start : int
        Byte at which its data begins.
    length : int
        Bytes of its data, without padding.
    told_sum : int or None
        DATASUM as its header has it; None where there is none.
    is_whole : bool
        False where the data, if it was read, has another sum.
    is_header_whole : bool
        False where header and DATASUM do not sum up as its CHECKSUM says.
    """

    start: int
    length: int
    told_sum: int | None
    is_whole: bool = True
    is_header_whole: bool = True

    @property
    def end(self) -> int:
        """Byte at which the next HDU begins."""
        return self.start + _padded(self.length)


@dataclass(frozen=True)
class Structure:
    """A FITS file as its headers lay it out.

    Attributes
    ----------
    extents : tuple of Extent
        Of its HDUs, in order.
    is_packed : bool
        Whether the file is compressed as a whole, so that no part of it can be read
        without what comes before.
    """

    extents: tuple[Extent, ...]
    is_packed: bool


def read_structure(path: Path) -> Structure:
    """Read the headers of a file, and hold their promises against it.

    A file that is compressed as a whole is read to its end, and its checksum with it;
    no more is unpacked than the headers promise. Of one on a server only headers are
    fetched; where it is compressed it is taken as it is, and has no extents.

    Parameters
    ----------
    path : Path
        A FITS file, plain or compressed.

    Returns
    -------
    Structure

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If it is no regular file, is truncated, or its content is no FITS.
    """
    with faults_told(path):
        size, state = look_up(path)
    return (_fetch_structure if is_remote(path) else _read_structure)(path, size, state)


@lru_cache(maxsize=256)
def _read_structure(path: Path, size: int, mtime: int) -> Structure:
    with faults_told(path), open_regular(path) as file:
        start = file.peek(6)
        packer = next(
            (name for magic, name in _OTHER_PACKERS.items() if start.startswith(magic)), ""
        )
        if packer:
            raise ImageError(f"{path} is packed by {packer}", hint="unpack it, or pack it by gzip")
        if not start.startswith(_GZIP):
            return Structure(tuple(_walk(path, _Plain(file), size)), is_packed=False)
        with gzip.open(file) as stream:
            found = tuple(_walk(path, _Unpacked(stream), size * _MOST_OF_GZIP))
            return Structure(found, is_packed=True)


@lru_cache(maxsize=256)
def _fetch_structure(path: Path, size: int, state: int) -> Structure:
    with faults_told(path), open_stream(path) as stream:
        if isinstance(stream, gzip.GzipFile):
            return Structure((), is_packed=True)
        # not every server tells a size
        return Structure(tuple(_walk(path, _Plain(stream), size or _LONGEST)), is_packed=False)


def forget_structures() -> None:
    """Have headers read again when they are asked for, whatever size and time of files say."""
    _read_structure.cache_clear()
    _fetch_structure.cache_clear()


class _Stream(Protocol):
    def read(self, count: int, /) -> bytes: ...


class _Plain:
    """A file whose data is passed over."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, count: int) -> bytes:
        return self._file.read(count)

    def pass_data(self, length: int, told_sum: int | None) -> bool | None:
        self._file.seek(_padded(length), 1)
        return True


class _Unpacked:
    """A stream that is unpacked, whose data is read through."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    def read(self, count: int) -> bytes:
        return self._stream.read(count)

    def pass_data(self, length: int, told_sum: int | None) -> bool | None:
        """Tell whether data has the sum that it should have; None where it ends early."""
        left, found = _padded(length), DataSum()
        while left:
            part = self._stream.read(min(left, _CHUNK))
            if not part:
                return None
            left -= len(part)
            if told_sum is not None:
                found.add(part)
        return told_sum is None or found.value == told_sum


def _walk(path: Path, source: _Plain | _Unpacked, largest: int) -> Iterator[Extent]:
    place = 0
    for number in range(_MOST_HDUS):
        header = _read_header(path, source, number)
        if header is None:
            return
        cards = _Cards(path, number, header)
        length, told_sum = _length_of_data(cards), cards.told_sum()
        start = place + len(header)
        if start + _padded(length) > largest:
            raise truncated(path)
        is_whole = source.pass_data(length, told_sum)
        if is_whole is None:
            raise truncated(path)
        yield (found := Extent(start, length, told_sum, is_whole, cards.are_whole()))
        place = found.end
    raise unreadable(path, f"it has more than {_MOST_HDUS} HDUs")


def _padded(length: int) -> int:
    return -(-length // _BLOCK) * _BLOCK


def _read_header(path: Path, source: _Plain | _Unpacked, number: int) -> bytes | None:
    """Read a header to its END; None at the end of the file."""
    block = source.read(_BLOCK)
    if number and not block.startswith(b"XTENSION"):
        _check_tail(path, source, block, number)
        return None
    if not number and not block.startswith(b"SIMPLE  ="):
        raise unreadable(path, "it does not begin with SIMPLE" if block else "it is empty")
    blocks: list[bytes] = []
    while len(blocks) < _MOST_BLOCKS:
        if len(block) < _BLOCK:
            raise truncated(path) if number else unreadable(path, "its first header has no END")
        blocks.append(block)
        for at in range(0, _BLOCK, _CARD):
            key = block[at : at + 9]
            if key[:8] == b"END     ":
                return b"".join(blocks)
            if (at or len(blocks) > 1) and key in (b"SIMPLE  =", b"XTENSION="):
                raise unreadable(path, f"the header of HDU {number} has no END")
            if not key.isascii() or not key[:8].decode("ascii").isprintable():
                raise unreadable(path, f"the header of HDU {number} is no text")
        block = source.read(_BLOCK)
    raise unreadable(path, f"the header of HDU {number} has no END in {_MOST_BLOCKS} blocks")


def _check_tail(path: Path, source: _Plain | _Unpacked, block: bytes, number: int) -> None:
    """Raise ImageError where there is more than padding after the last HDU."""
    count = 0
    while block:
        count += len(block)
        if count > _LONGEST_TAIL or block.strip(b"\0 "):
            raise unreadable(path, f"what follows HDU {number - 1} is no HDU")
        block = source.read(_BLOCK)


class _Cards:
    """The cards of a header that say how it is laid out."""

    def __init__(self, path: Path, number: int, header: bytes) -> None:
        self._path, self._number, self._header = path, number, header
        self._values: dict[str, str] = {}
        for at in range(0, len(header), _CARD):
            card = header[at : at + _CARD]
            if card[8:10] == b"= ":
                key = card[:8].rstrip().decode("ascii")
                self._values.setdefault(key, card[10:].decode("latin-1"))

    def number(self, key: str, default: int | None, low: int, high: int) -> int:
        """Return a whole number from low to high; without a default it has to be there."""
        text = self._values.get(key)
        if text is None and default is not None:
            return default
        try:
            value = int((text or "").partition("/")[0])
        except ValueError:
            self.refuse(f"has {key} = {(text or '').partition('/')[0].strip() or 'nothing'}")
        if not low <= value <= high:
            self.refuse(f"has {key} = {value}")
        return value

    def text(self, key: str) -> str:
        value = self._values.get(key, "").strip()
        return value[1:].partition("'")[0].strip() if value.startswith("'") else value[:1]

    def told_sum(self) -> int | None:
        """DATASUM; None where there is none that is a number."""
        told = self.text("DATASUM")
        return int(told) % MODULUS if told.isdecimal() else None

    def are_whole(self) -> bool:
        """Whether the header has the sum that its CHECKSUM makes it have: with the data 0."""
        told = self.told_sum()
        if told is None or len(self.text("CHECKSUM")) != _CHECKSUM_LENGTH:
            return True
        return (sum_words(self._header) + told) % MODULUS == 0

    def refuse(self, what: str) -> NoReturn:
        """Raise ImageError for what a card says."""
        raise unreadable(self._path, f"HDU {self._number} {what}")


def _length_of_data(cards: _Cards) -> int:
    """Bytes of the data of an HDU, without padding: section 4.4.1 of the FITS standard."""
    bitpix = cards.number("BITPIX", None, -64, 64)
    if bitpix not in _BITPIX:
        cards.refuse(f"has BITPIX = {bitpix}")
    axes = _axes(cards, "NAXIS")
    # without effect on the length, but astropy goes through as many columns
    cards.number("TFIELDS", 0, 0, _MOST_AXES)
    parameters = cards.number("PCOUNT", 0, 0, _LONGEST)
    groups = cards.number("GCOUNT", 1, 1, _LONGEST)
    if len(axes) > 1 and axes[0] == 0 and cards.text("GROUPS") == "T":
        axes = axes[1:]
    elements = math.prod(axes) + parameters if axes else 0
    length = abs(bitpix) // 8 * groups * elements
    if length > _LONGEST:
        cards.refuse(f"has {elements} elements")
    if cards.text("ZIMAGE") == "T":
        _check_tiles(cards, axes, length)
    return length


def _axes(cards: _Cards, key: str) -> list[int]:
    count = cards.number(key, None, 0, _MOST_AXES)
    return [cards.number(f"{key}{axis}", None, 0, _LONGEST) for axis in range(1, count + 1)]


def _check_tiles(cards: _Cards, axes: list[int], length: int) -> None:
    """Check that the table of a compressed image has its tiles, and bytes for its pixels."""
    sides = _axes(cards, "ZNAXIS")
    of_tile = [
        cards.number(f"ZTILE{axis}", max(side, 1) if axis == 1 else 1, 1, _LONGEST)
        for axis, side in enumerate(sides, 1)
    ]
    tiles = math.prod(-(-side // tile) for side, tile in zip(sides, of_tile, strict=True))
    if len(axes) != 2 or tiles != axes[1]:
        cards.refuse(f"is a compressed image of {tiles} tiles in {axes[1:]} rows")
    most = _MOST_PER_BYTE * max(length, _BLOCK)
    if math.prod(sides) > most:
        cards.refuse(f"has {math.prod(sides)} pixels in {length} bytes")
    if math.prod(of_tile) > most:
        cards.refuse(f"has tiles of {math.prod(of_tile)} pixels in {length} bytes")
    _check_rice(cards)


def _check_rice(cards: _Cards) -> None:
    """Check the numbers that Rice's decoder, which is of C, takes as they are."""
    if cards.text("ZCMPTYPE") not in ("RICE_1", "RICE_ONE"):
        return
    for place in itertools.count(1):
        name = cards.text(f"ZNAME{place}")
        if not name:
            return
        if name in _RICE:
            value = cards.number(f"ZVAL{place}", None, 1, _LONGEST)
            if value not in _RICE[name]:
                cards.refuse(f"has {name} = {value}")
