"""Maps of FITS files read some rows at a time, by as many threads as there are cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import numpy.typing as npt

from skyseg.engine.mappers import ThreadMapper, count_cores
from skyseg.imaging.reading import is_seekable, opened, read_section
from skyseg.imaging.remote import is_remote

Part = TypeVar("Part")

_PIXELS: Final = 2**21
"""Of a strip: a few stay in memory at a time."""


def map_strips(
    path: Path, ext: int, change: Callable[[npt.NDArray[Any]], Part]
) -> Iterator[tuple[slice, Part]]:
    """Read an image strip by strip, and yield what becomes of each, from the first row on.

    A file that cannot be read in parts, or lies on a server, is one strip, and so is an image
    without pixels.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU, an image.
    change : callable
        Called in a thread with the rows, of the type in which they are stored, in native
        byte order.

    Yields
    ------
    rows : slice
    part
        What ``change`` returned.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    with ExitStack() as files:

        def open_hdu() -> Any:
            return files.enter_context(opened(path))[ext]

        hdu = open_hdu()
        strips = _list_strips(hdu, is_whole=not is_seekable(path) or is_remote(path))
        count = min(count_cores(), len(strips))
        # astropy reads headers anew whenever a file is opened, and a file has one place
        lent: SimpleQueue[Any] = SimpleQueue()
        lent.put(hdu)
        for _ in range(1, count):
            lent.put(open_hdu())

        def read(rows: slice) -> Part:
            hdu = lent.get()
            try:
                return change(read_section(hdu, rows, slice(None)))
            finally:
                lent.put(hdu)

        yield from zip(strips, ThreadMapper(count)(read, strips), strict=True)


def _list_strips(hdu: Any, *, is_whole: bool) -> list[slice]:
    """Rows of strips, which are whole tiles of what is compressed in tiles."""
    ny, nx = hdu.shape[-2:]
    if is_whole or ny * nx == 0:
        return [slice(0, ny)]
    tile = getattr(hdu, "tile_shape", (1, nx))[-2]
    step = tile * max(1, _PIXELS // (tile * nx))
    return [slice(first, min(first + step, ny)) for first in range(0, ny, step)]
