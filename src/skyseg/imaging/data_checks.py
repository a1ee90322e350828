"""The data of HDUs held against the DATASUM of their headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from skyseg.errors import ImageError
from skyseg.imaging.data_sums import DataSum
from skyseg.imaging.faults import faults_told, truncated, unreadable
from skyseg.imaging.remote import is_remote
from skyseg.imaging.roman import is_asdf
from skyseg.imaging.structure import Extent, forget_structures, read_structure
from skyseg.writing import open_regular

_CHUNK: Final = 2**20

_State = tuple[Path, int, int, int]

_whole: Final[set[_State]] = set()
"""File, HDU, size and time of data that was found to be whole."""


def check_data(path: Path, ext: int) -> None:
    """Check the data of an HDU against its DATASUM, where there is one.

    A file is read for it once while it stays as it is; of one on a server nothing is.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ImageError
        If the data has another sum, or cannot be read.
    """
    check = DataCheck.of(path, ext)
    if check is not None:
        check.read()
        check.finish()


def check_fetched(path: Path, ext: int, data: npt.NDArray[Any]) -> None:
    """Check pixels that a server has sent, as they stand in its file, against their DATASUM.

    Raises
    ------
    ImageError
        If they have another sum.
    """
    extents = read_structure(path).extents
    if ext < len(extents) and extents[ext].length == data.nbytes:
        found = DataSum()
        found.add(np.ascontiguousarray(data).view(np.uint8).data.cast("B"))
        if extents[ext].told_sum not in (None, found.value):
            raise _other_data(path, ext)


def forget_checks() -> None:
    """Have all files read again when they are asked for, whatever their size and time say."""
    _whole.clear()
    forget_structures()


def believe(path: Path, size: int, mtime: int, ext: int) -> None:
    """Take the data of an HDU for whole, as another process, or who wrote it, has found it."""
    _whole.add((path, ext, size, mtime))


class DataCheck:
    """The data of one HDU, which is summed as the bytes of its file pass.

    Parameters
    ----------
    state : tuple
        File, number of the HDU, size and time of the file.
    extent : Extent
        Where the data stands, and the sum that is told.
    """

    def __init__(self, state: _State, extent: Extent) -> None:
        self._state = state
        self._extent = extent
        self._sum = DataSum()
        self._place = 0

    @classmethod
    def of(cls, path: Path, ext: int) -> Self | None:
        """Begin a check; None where there is nothing to check, or it was whole before.

        Raises
        ------
        DataNotFoundError
            If there is no such file.
        ImageError
            If it is packed, and its data has another sum; or it cannot be read.
        """
        if is_remote(path) or is_asdf(path):
            return None
        with faults_told(path):
            found = path.stat()
        state = path, ext, found.st_size, found.st_mtime_ns
        if state in _whole:
            return None
        structure = read_structure(path)
        if ext >= len(structure.extents):
            raise unreadable(path, f"it has no HDU {ext}")
        extent = structure.extents[ext]
        if not extent.is_whole:
            raise _other_data(path, ext)
        return None if extent.told_sum is None or structure.is_packed else cls(state, extent)

    def see(self, part: memoryview) -> None:
        """Take the next bytes of the file, from its first one on."""
        start, end = (max(at - self._place, 0) for at in (self._extent.start, self._extent.end))
        if start < len(part):
            self._sum.add(part[start:end])
        self._place += len(part)

    def read(self) -> None:
        """Read the data from the file, in place of `see`.

        Raises
        ------
        ImageError
            If it cannot be read.
        """
        path, left = self._state[0], self._extent.end - self._extent.start
        with faults_told(path), open_regular(path, buffering=0) as file:
            file.seek(self._extent.start)
            while left:
                part = file.read(min(left, _CHUNK))
                if not part:
                    raise truncated(path)
                self._sum.add(part)
                left -= len(part)

    def finish(self) -> None:
        """Tell what came of it.

        Raises
        ------
        ImageError
            If the data has another sum than its DATASUM tells.
        """
        if self._sum.value != self._extent.told_sum:
            raise _other_data(self._state[0], self._state[1])
        _whole.add(self._state)


def _other_data(path: Path, ext: int) -> ImageError:
    return ImageError(
        f"the pixels of {path}[{ext}] are not those that its DATASUM was written for",
        hint="copy or download it again; where a program has changed them and left DATASUM, "
        "remove it from the header",
    )
