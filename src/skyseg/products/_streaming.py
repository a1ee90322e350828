"""Images of one file that are written a few rows at a time, side by side, with their checksums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.imaging.data_sums import DataSum
from skyseg.products._card_text import sign_cards, text_of

_BLOCK: Final = 2880
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


def write_images(
    stream: IO[bytes],
    images: Sequence[StreamedImage],
    shape: tuple[int, int],
    strips: Iterable[Sequence[npt.NDArray[Any]]],
    finish: Callable[[fits.Header], None],
) -> None:
    """Write images of one shape into a file, as rows of all of them come.

    Parameters
    ----------
    stream : binary file
        Empty, and one whose places can be sought.
    images : sequence of StreamedImage
        The images, in order.
    shape : tuple of int
        Their shape (ny, nx).
    strips : iterable of sequence of ndarray
        The next rows of each image.
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
    for strip in strips:
        for number, rows in enumerate(strip, start=1):
            stored = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">"))
            content = stored.reshape(-1).view(np.uint8).data
            stream.seek(places[number])
            stream.write(content)
            places[number] += len(content)
            sums[number].add(content)
    for start, header, found in zip(starts, headers, sums, strict=True):
        finish(header)
        stream.seek(start)
        stream.write(sign_cards(text_of(header), found.value))
    stream.seek(end)


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
