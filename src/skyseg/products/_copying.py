"""Parts of files that are copied into others, by the system itself where it can."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, NamedTuple

_AT_ONCE: Final = 2**20


class Part(NamedTuple):
    """A part of a file, and where in another one it belongs."""

    path: Path
    begin: int
    size: int
    place: int


def share_parts(parts: Iterable[Part], cuts: Sequence[int]) -> list[list[Part]]:
    """Split parts at rising places of the file that they go into; one list more than places."""
    shares: list[list[Part]] = [[] for _ in range(len(cuts) + 1)]
    for path, begin, size, place in parts:
        done = 0
        while done < size:
            number = bisect_right(cuts, place + done)
            room = cuts[number] - place - done if number < len(cuts) else size
            count = min(size - done, room)
            shares[number].append(Part(path, begin + done, count, place + done))
            done += count
    return shares


def copy_parts(product: Path, parts: Sequence[Part]) -> bool:
    """Copy parts of files into another one that is there; tell whether that could be done."""
    try:
        with product.open("r+b", buffering=0) as stream:
            for part in parts:
                stream.seek(part.place)
                with part.path.open("rb", buffering=0) as source:
                    copy_part(source, part.begin, part.size, stream)
    except OSError:
        return False
    return True


def copy_part(source: IO[bytes], begin: int, size: int, stream: IO[bytes]) -> None:
    """Copy a part of a file to where another one stands.

    Parameters
    ----------
    source : binary file
        The file, of which nothing waits to be written.
    begin, size : int
        First byte of the part, and how many there are.
    stream : binary file
        The other one, which may be no file of the system.

    Raises
    ------
    OSError
        If a file ends too early, or the system cannot read or write.
    """
    place, done = stream.tell(), 0
    # between some file systems it cannot; BytesIO is no file
    with suppress(OSError, AttributeError, io.UnsupportedOperation):
        stream.flush()
        while done < size:
            handles = source.fileno(), stream.fileno()
            count = os.copy_file_range(*handles, size - done, begin + done, place + done)
            if not count:
                break
            done += count
    stream.seek(place + done)
    source.seek(begin + done)
    while done < size:
        part = source.read(min(size - done, _AT_ONCE))
        if not part:
            raise OSError("a file ends before its last part")
        done += stream.write(part)
