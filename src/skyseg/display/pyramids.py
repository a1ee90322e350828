"""Smaller and smaller copies of a map, so that a big one can be looked at without delay."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine.types import AnyFloatImage, AnyLabelImage, FloatImage

SMALLEST = 512


def make_image_pyramid(image: AnyFloatImage, smallest: int = SMALLEST) -> list[AnyFloatImage]:
    """Return an image and copies of it, each half as wide and as high as the one before.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        The image, in any byte order, in memory or mapped from a file.
    smallest : int, optional
        No copy is made of one that has no side longer than this.

    Returns
    -------
    list of ndarray
        The image itself, then float32 copies of shape (ceil(ny / 2**k),
        ceil(nx / 2**k)). A pixel is the mean of the finite pixels under it, NaN
        where there is none.

    Examples
    --------
    >>> image = np.arange(16, dtype=np.float32).reshape(4, 4)
    >>> [level.tolist() for level in make_image_pyramid(image, smallest=2)[1:]]
    [[[2.5, 4.5], [10.5, 12.5]]]
    """
    levels = [image]
    while max(levels[-1].shape) > smallest:
        levels.append(_halved(levels[-1]))
    return levels


def make_label_pyramid(labels: AnyLabelImage, smallest: int = SMALLEST) -> list[AnyLabelImage]:
    """Return labels and views of them, each half as wide and as high as the one before.

    Parameters
    ----------
    labels : ndarray of int, shape (ny, nx)
        The labels.
    smallest : int, optional
        No view is made of one that has no side longer than this.

    Returns
    -------
    list of ndarray
        The labels themselves, then views of shape (ceil(ny / 2**k), ceil(nx / 2**k)), which
        follow what is written to them and take no memory. A pixel is the first of the four
        under it; labels are never mixed.

    Examples
    --------
    >>> labels = np.repeat(np.repeat([[1, 2], [3, 4]], 2, axis=0), 2, axis=1)
    >>> make_label_pyramid(labels, smallest=2)[1].tolist()
    [[1, 2], [3, 4]]
    """
    levels = [labels]
    while max(levels[-1].shape) > smallest:
        levels.append(levels[-1][::2, ::2])
    return levels


_BLOCK_ROWS = 64  # of those that are brought into another form; they stay in the cache of a core


def _halved(image: AnyFloatImage) -> FloatImage:
    ny, nx = image.shape
    out = np.empty(((ny + 1) // 2, (nx + 1) // 2), np.float32)
    plain = isinstance(image, np.ndarray) and image.dtype == np.float32 and image.flags.c_contiguous
    step = max(ny, 1) if plain else _BLOCK_ROWS
    for start in range(0, ny, step):
        rows = np.ascontiguousarray(image[start : start + step], np.float32)
        _loops.halve(image=rows, out=out[start // 2 : (start + step + 1) // 2])
    return out


class LazyLevel:
    """One level of a pyramid that is made when it is first looked at.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : dtype
        Its type.
    make : callable
        Returns the level.
    """

    def __init__(
        self, shape: tuple[int, int], dtype: npt.DTypeLike, make: Callable[[], npt.NDArray[Any]]
    ) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self.ndim = 2
        self.size = shape[0] * shape[1]
        self._make = make

    @cached_property
    def _level(self) -> npt.NDArray[Any]:
        return self._make()

    def __getitem__(self, key: Any) -> Any:
        return self._level[key]

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        return np.array(self._level, dtype=dtype, copy=copy)


def make_lazy_pyramid(image: AnyFloatImage, smallest: int = SMALLEST) -> list[Any]:
    """Return what `make_image_pyramid` does, its copies made when they are first looked at.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        The image.
    smallest : int, optional
        No copy is made of one that has no side longer than this.

    Returns
    -------
    list of array_like
        The image itself, then `LazyLevel` objects.
    """
    levels = cache(partial(make_image_pyramid, image, smallest))

    def level(number: int) -> npt.NDArray[Any]:
        return levels()[number]

    found: list[Any] = [image]
    while max(found[-1].shape) > smallest:
        ny, nx = found[-1].shape
        make = partial(level, len(found))
        found.append(LazyLevel(((ny + 1) // 2, (nx + 1) // 2), np.float32, make))
    return found
