"""Images of one file that are written a few rows at a time, side by side, with their checksums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg import _loops
from skyseg.engine.mappers import ThreadMapper
from skyseg.imaging.data_sums import DataSum
from skyseg.products._card_text import sign_cards, text_of

_BLOCK: Final = 2880
_WORD: Final = 4
_BITPIX: Final = {"float32": -32, "uint8": 8}


@dataclass(frozen=True)
class StreamedImage:
    """An image that becomes an extension.

    Attributes
    ----------
    name : str
        EXTNAME.
    dtype : {"float32", "uint8"}
        Of its pixels.
    header : Header
        Its cards but those of the structure and of sums.
    """

    name: str
    dtype: str
    header: fits.Header


class _Rows(NamedTuple):
    """Rows of an image, and where in the file they belong."""

    pixels: npt.NDArray[Any]
    place: int


def write_images(
    stream: IO[bytes],
    images: Sequence[StreamedImage],
    shape: tuple[int, int],
    strips: Iterable[Sequence[npt.NDArray[Any]]],
    finish: Callable[[fits.Header], None],
) -> None:
    """Write images of one shape into a file, as rows of all of them come; in threads.

    Parameters
    ----------
    stream : binary file
        Empty, and one that has a name.
    images : sequence of StreamedImage
        The images, in order.
    shape : tuple of int
        Their shape (ny, nx).
    strips : iterable of sequence of ndarray
        The next rows of each image, which are used up.
    finish : callable
        Called with the header of each image when all rows are there, to fill in values for
        which cards of the same length have kept the place.
    """
    headers = [fits.PrimaryHDU().header, *(_make_header(each, shape) for each in images)]
    sums = [DataSum() for _ in headers]
    items = [0, *(np.dtype(each.dtype).itemsize for each in images)]
    starts, places, end = [], [], 0
    for header, item in zip(headers, items, strict=True):
        starts.append(end)
        places.append(end + len(sign_cards(text_of(header), 0)))
        end = places[-1] + _padded(item * shape[0] * shape[1])
    stream.truncate(end)
    write = partial(_write_strip, Path(stream.name))
    for totals in ThreadMapper()(write, _place_strips(strips, places[1:])):
        for found, (total, size) in zip(sums[1:], totals, strict=True):
            found.add_summed(total, size)
    for start, header, found in zip(starts, headers, sums, strict=True):
        finish(header)
        stream.seek(start)
        stream.write(sign_cards(text_of(header), found.value))
    stream.seek(end)


def _place_strips(
    strips: Iterable[Sequence[npt.NDArray[Any]]], begin: Sequence[int]
) -> Iterator[list[_Rows]]:
    """Tell where rows belong that come one after the other."""
    places = list(begin)
    for strip in strips:
        yield list(map(_Rows, strip, places))
        places = [place + rows.nbytes for place, rows in zip(places, strip, strict=True)]


def _write_strip(path: Path, strip: Sequence[_Rows]) -> list[tuple[int, int]]:
    """Write rows into a file that is there; return the sum and the size of those of each image."""
    with path.open("r+b", buffering=0) as file:
        return [_write_rows(file, *rows) for rows in strip]


def _write_rows(file: IO[bytes], pixels: npt.NDArray[Any], place: int) -> tuple[int, int]:
    # those that came over a network may be no others' to write to
    values = np.require(pixels, requirements=["C", "A", "W"]).reshape(-1)
    content = values.view(np.uint8).data
    if values.itemsize == _WORD:
        total = _loops.turn_and_sum(words=values.view(np.uint32))
    else:
        found = DataSum()
        found.add(content)
        total = found.value
    file.seek(place)
    while len(content):
        content = content[file.write(content) :]
    return total, values.nbytes


def _make_header(image: StreamedImage, shape: tuple[int, int]) -> fits.Header:
    header = fits.Header(
        [
            ("XTENSION", "IMAGE", "Image extension"),
            ("BITPIX", _BITPIX[image.dtype], "bits of a pixel"),
            ("NAXIS", 2, "number of axes"),
            ("NAXIS1", shape[1]),
            ("NAXIS2", shape[0]),
            ("PCOUNT", 0),
            ("GCOUNT", 1),
            ("EXTNAME", image.name),
        ]
    )
    header.extend(image.header, strip=True, update=True)
    return header


def _padded(size: int) -> int:
    return size + -size % _BLOCK
