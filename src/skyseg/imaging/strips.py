"""Maps of FITS files read some rows at a time, by as many threads as there are cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from skyseg.engine.mappers import ThreadMapper, count_cores
from skyseg.imaging.reading import is_seekable, opened, read_native_part
from skyseg.imaging.remote import is_remote

Part = TypeVar("Part")

_PIXELS: Final = 2**21
"""Of a strip: a few stay in memory at a time."""


def find_shape(path: Path, ext: int) -> tuple[int, int] | None:
    """Return the shape of an image; None where an HDU holds none.

    Raises
    ------
    ImageError
        If the file cannot be read.
    """
    with opened(path) as hdus:
        shape: tuple[int, ...] = hdus[ext].shape if hdus[ext].is_image else ()
    return (shape[-2], shape[-1]) if len(shape) >= 2 else None


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
    strips = _list_strips(path, ext)
    if len(strips) == 1:
        yield strips[0], change(read_native_part(path, ext, strips[0], slice(None)))
        return
    count = min(count_cores(), len(strips))
    with ExitStack() as files:
        # astropy reads headers anew whenever a file is opened, and a file has one place
        lent: SimpleQueue[Any] = SimpleQueue()
        for _ in range(count):
            lent.put(files.enter_context(opened(path))[ext])

        def read(rows: slice) -> Part:
            hdu = lent.get()
            try:
                return change(_read_rows(hdu, rows))
            finally:
                lent.put(hdu)

        yield from zip(strips, ThreadMapper(count)(read, strips), strict=True)


def _read_rows(hdu: Any, rows: slice) -> npt.NDArray[Any]:
    leading = (0,) * (len(hdu.shape) - 2)
    part = np.asarray(hdu.section[(*leading, rows, slice(None))])
    return part.astype(part.dtype.newbyteorder("="), copy=False)


def _list_strips(path: Path, ext: int) -> list[slice]:
    """Rows of strips, which are whole tiles of what is compressed in tiles."""
    with opened(path) as hdus:
        hdu = hdus[ext]
        ny, nx = hdu.shape[-2:]
        tile = getattr(hdu, "tile_shape", (1, nx))[-2]
    if not is_seekable(path) or is_remote(path) or ny * nx == 0:
        return [slice(0, ny)]
    step = tile * max(1, _PIXELS // (tile * nx))
    return [slice(first, min(first + step, ny)) for first in range(0, ny, step)]
