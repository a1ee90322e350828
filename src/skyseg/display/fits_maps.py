"""Pixels of FITS maps for the screen: left in the file where it is plain, else read."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.display.pyramids import SMALLEST, make_image_pyramid
from skyseg.errors import Advice, ImageError, SkysegError
from skyseg.imaging.faults import faults_told
from skyseg.imaging.reading import find_stored, read_image
from skyseg.imaging.remote import look_up
from skyseg.imaging.stored import StoredPixels


class LostPixelsWarning(UserWarning):
    """Pixels that are shown are blank, for their file can no longer be read."""


class ImageOnDisk:
    """An image that stays in its file; what is asked for is read, and a copy.

    A file that is changed, cut or gone meanwhile gives NaN in place of its pixels, for
    what is drawn cannot be refused; a `LostPixelsWarning` says so once.

    Parameters
    ----------
    path : Path
        The file.
    stored : StoredPixels
        Where its pixels stand.

    Attributes
    ----------
    shape, dtype, ndim, size
        As of an array; the byte order is the native one.
    """

    def __init__(self, path: Path, stored: StoredPixels) -> None:
        self.shape = stored.shape
        self.dtype = stored.dtype.newbyteorder("=")
        self.ndim = 2
        self.size = stored.shape[0] * stored.shape[1]
        self._path = path
        self._stored = stored
        self._state = self._look_up()
        self._is_told = False

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if len(parts) > self.ndim or not all(map(_is_plain, parts)):
            return np.asarray(self)[key]
        rows, columns = (*parts, slice(None))[: self.ndim]
        lines, places = _spread(rows, self.shape[0]), _spread(columns, self.shape[1])
        across = slice(places.start, places.stop)
        if lines.step == 1:
            part = self._read(slice(lines.start, lines.stop), across)
        else:
            each = [self._read(slice(row, row + 1), across) for row in lines]
            part = np.concatenate([self._read(slice(0, 0), across), *each])
        found = part[:, :: places.step]
        return found[tuple(slice(None) if isinstance(one, slice) else 0 for one in (rows, columns))]

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        return self._read(slice(None), slice(None)).astype(dtype or self.dtype, copy=False)

    def _read(self, rows: slice, columns: slice) -> npt.NDArray[Any]:
        try:
            if self._look_up() != self._state:
                raise ImageError(f"{self._path} was changed", hint="open it again")
            return self._stored.read(self._path, rows, columns)
        except SkysegError as error:
            if not self._is_told:
                self._is_told = True
                told = Advice(f"{error.what}, so its pixels are blank", error.hint)
                warnings.warn(LostPixelsWarning(told), stacklevel=2)
            lines, places = _spread(rows, self.shape[0]), _spread(columns, self.shape[1])
            return np.full((len(lines), len(places)), np.nan, self.dtype)

    def _look_up(self) -> tuple[int, int]:
        with faults_told(self._path):
            return look_up(self._path)


def _is_plain(part: Any) -> bool:
    if isinstance(part, slice):
        return part.step is None or part.step > 0
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def _spread(part: slice | int, length: int) -> range:
    """Return the places along an axis that a part of a key names."""
    if isinstance(part, slice):
        return range(*part.indices(length))
    place = range(length)[part]
    return range(place, place + 1)


def open_image(path: Path, ext: int) -> Any:
    """Return an image without reading it, where that can be done.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    ImageOnDisk or ndarray of float32, shape (ny, nx)
        The former for a large map of floats that is neither compressed nor scaled.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    stored = find_stored(path, ext)
    if stored is None or stored.dtype.kind != "f" or max(stored.shape) <= SMALLEST:
        return read_image(path, ext)
    return ImageOnDisk(path, stored)


def open_levels(path: Path, ext: int) -> list[Any]:
    """Return an image as `open_image` does, with its smaller copies.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    list of array_like
        See `skyseg.display.pyramids.make_image_pyramid`.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    return list(make_image_pyramid(open_image(path, ext)))
