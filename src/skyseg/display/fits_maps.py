"""Pixels of FITS maps for the screen: mapped from the file where it is plain, else read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skyseg.display.pyramids import make_image_pyramid
from skyseg.engine.types import AnyFloatImage
from skyseg.imaging.reading import map_pixels, read_image


def open_image(path: Path, ext: int) -> AnyFloatImage:
    """Return an image without reading it, where that can be done.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    ndarray of float, shape (ny, nx)
        Read-only and in the file's byte order where it is mapped, as an
        uncompressed and unscaled map of floats is; else native float32.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    pixels = map_pixels(path, ext)
    if pixels is not None and pixels.dtype.kind == "f":
        return pixels
    return read_image(path, ext)


def open_levels(path: Path, ext: int) -> list[Any]:
    """Return an image as `open_image` does, with its smaller copies.

    The copies are made through a mapping of their own, which is given up: the
    pages of the whole file do not stay in memory.

    Parameters
    ----------
    path : Path
        The file.
    ext : int
        Number of the HDU.

    Returns
    -------
    list of ndarray
        See `skyseg.display.pyramids.make_image_pyramid`.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    image, *smaller = make_image_pyramid(open_image(path, ext))
    if isinstance(image, np.memmap):
        image = open_image(path, ext)
    return [image, *smaller]
