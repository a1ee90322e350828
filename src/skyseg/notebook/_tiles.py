"""Tiles of pyramids: which pixels a tile holds, and the bytes it is sent as."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.display.pyramids import make_image_pyramid
from skyseg.notebook._encoding import Codes, compress
from skyseg.notebook._geometry import Extent
from skyseg.panel.mask_looks import colour_values

TILE = 256
GUTTER = 2  # pixels around a tile, as in tiles.js
SMALLEST = 2 * TILE
"""Longest side of the smallest copy of a map."""

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class TileGrid:
    """How an image is divided into tiles, level by level.

    Level 0 is the image, each further one half as wide and high. Zoom counts the
    other way: 0 is the coarsest level. Tiles count from the upper left corner, at
    the image's left edge and as far above its lower edge as whole tiles of the
    coarsest level reach.

    Attributes
    ----------
    shape : tuple of int
        Image shape (ny, nx).

    Examples
    --------
    >>> TileGrid((1000, 700)).levels
    2
    """

    shape: tuple[int, int]

    @property
    def levels(self) -> int:
        """Number of levels."""
        longest, number = max(self.shape), 1
        while longest > SMALLEST:
            longest, number = (longest + 1) // 2, number + 1
        return number

    @property
    def step(self) -> int:
        """Pixels of the image under a pixel of the coarsest level, along a side."""
        return 1 << (self.levels - 1)

    def cut(
        self, pyramid: list[Pixels], z: int, x: int, y: int, corner: tuple[int, int] = (0, 0)
    ) -> Pixels | None:
        """Return the pixels of a tile and the gutter around it, first row on top.

        Parameters
        ----------
        pyramid : list of ndarray
            The image and its smaller copies.
        z, x, y : int
            Zoom, column and row of the tile.
        corner : tuple of int, optional
            Row and column of the pyramid's first pixel in the image, in whole steps.

        Returns
        -------
        ndarray or None
            Shape (TILE + 4, TILE + 4), 0 or NaN outside the image; None where the
            tile has no pixel of it.
        """
        level = self.levels - 1 - z
        if not 0 <= level < self.levels:
            return None
        image = pyramid[level]
        step = TILE * self.step
        height = -(-self.shape[0] // step) * step >> level
        rows = _find_overlap(height - (y + 1) * TILE - (corner[0] >> level), image.shape[0])
        columns = _find_overlap(x * TILE - (corner[1] >> level), image.shape[1])
        if rows is None or columns is None:
            return None
        side = TILE + 2 * GUTTER
        outside = np.nan if np.issubdtype(image.dtype, np.floating) else 0
        tile = np.full((side, side), outside, image.dtype.newbyteorder("="))
        tile[rows[1], columns[1]] = image[rows[0], columns[0]]
        return tile[::-1]


def _find_overlap(start: int, length: int) -> tuple[slice, slice] | None:
    """Pixels from `start` on that lie in an image and in a tile: where in each."""
    begin = start - GUTTER
    first, last = max(begin, 0), min(start + TILE + GUTTER, length)
    if first >= last or start >= length or start + TILE <= 0:
        return None
    return slice(first, last), slice(first - begin, last - begin)


class TileLayer:
    """One map that is sent in tiles; its pyramid is built when the first is asked for.

    Parameters
    ----------
    grid : TileGrid
        The tiles.
    pixels : ndarray
        The map.
    build : callable
        Returns the pyramid of the map.
    encode : callable
        Makes bytes of the pixels of a tile.
    corner : tuple of int, optional
        Row and column of the map's first pixel in the image, in whole steps of the grid.

    Attributes
    ----------
    pixels : ndarray
        The map.
    version : str
        What no other layer is called.
    is_live : bool
        Whether the map changes in place; `renew` says that it has.
    """

    is_live = False

    def __init__(
        self,
        grid: TileGrid,
        pixels: Pixels,
        build: Callable[[Pixels], list[Pixels]],
        encode: Callable[[Pixels], bytes],
        corner: tuple[int, int] = (0, 0),
    ) -> None:
        self.pixels = pixels
        self.version = uuid.uuid4().hex
        self._grid = grid
        self._corner = corner
        self._build = build
        self._encode = encode
        self._lock = threading.Lock()
        self._pyramid: list[Pixels] | None = None

    @classmethod
    def of_image(cls, grid: TileGrid, image: Pixels, codes: Codes) -> TileLayer:
        """Make the layer of an image."""
        return cls(
            grid,
            image,
            lambda pixels: [*make_image_pyramid(pixels, SMALLEST)],
            lambda tile: compress(codes.encode(tile), reverse=True),
        )

    @classmethod
    def of_labels(
        cls, grid: TileGrid, labels: Pixels, corner: tuple[int, int] = (0, 0)
    ) -> TileLayer:
        """Make the layer of a label map, of the image or of a part; labels are below 2**32."""
        return cls(
            grid,
            labels,
            lambda pixels: [pixels[:: 1 << level, :: 1 << level] for level in range(grid.levels)],
            lambda tile: compress(tile.astype(np.uint32)) if tile.any() else b"",
            corner,
        )

    @classmethod
    def of_colours(
        cls, grid: TileGrid, pixels: Pixels, build: Callable[[Pixels], list[Pixels]]
    ) -> TileLayer:
        """Make the layer of colours over the image, whose pyramid is made when it is asked for.

        A pixel is four bytes: red, green, blue, and 0 where it is not there.
        """
        return cls(
            grid,
            pixels,
            build,
            lambda tile: compress(tile.astype(np.uint32)) if tile.any() else b"",
        )

    @classmethod
    def of_mask(cls, grid: TileGrid, bits: Pixels) -> TileLayer:
        """Make the layer of a mask: four bytes a pixel, as for colours."""
        packed = colour_values().view(np.dtype("<u4"))[:, 0]
        return cls.of_colours(
            grid,
            bits,
            lambda pixels: [packed[level] for level in _build_highest_pyramid(pixels, grid.levels)],
        )

    @classmethod
    def of_classes(cls, grid: TileGrid, classes: Pixels) -> TileLayer:
        """Make the layer of a difference map.

        A pixel of a smaller copy has the highest class of the four under it, so that
        a change that is one pixel wide is seen from afar.
        """
        return cls(
            grid,
            classes,
            lambda pixels: _build_highest_pyramid(pixels, grid.levels),
            lambda tile: compress(tile.astype(np.uint8)) if tile.any() else b"",
        )

    def renew(self) -> None:
        """Take another version, for labels have changed in place; smaller copies are views."""
        self.version = uuid.uuid4().hex

    def prepare(self) -> None:
        """Begin to build the pyramid, so that it is there when the browser asks."""
        threading.Thread(target=self._levels).start()

    def wait(self) -> None:
        """Wait until the pyramid is there."""
        self._levels()

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile's bytes; none where every pixel is 0 or outside the image."""
        pixels = self._grid.cut(self._levels(), z, x, y, self._corner)
        return b"" if pixels is None else self._encode(pixels)

    def part(self, rows: slice, columns: slice, longest: int) -> tuple[Pixels, Extent]:
        """Return a part of the map, from the finest copy that has not too many pixels.

        Parameters
        ----------
        rows, columns : slice
            The part, in pixels of the map.
        longest : int
            How many pixels a side of it may have.

        Returns
        -------
        pixels : ndarray
            The pixels.
        extent : tuple of float
            Their outer edges on a canvas.
        """
        level, side = 0, max(rows.stop - rows.start, columns.stop - columns.start)
        while side >> level > longest and level < self._grid.levels - 1:
            level += 1
        step = 1 << level
        y, x = (slice(part.start // step, -(-part.stop // step)) for part in (rows, columns))
        edges = [float(edge * step) for edge in (x.start, y.start, x.stop, y.stop)]
        return self._levels()[level][y, x], (edges[0], edges[1], edges[2], edges[3])

    def _levels(self) -> list[Pixels]:
        with self._lock:
            if self._pyramid is None:
                self._pyramid = self._build(self.pixels)
        return self._pyramid


def _build_highest_pyramid(classes: Pixels, levels: int) -> list[Pixels]:
    pyramid = [classes]
    for _ in range(levels - 1):
        last = pyramid[-1]
        even = np.pad(last, [(0, length % 2) for length in last.shape])
        pyramid.append(
            np.maximum(
                np.maximum(even[::2, ::2], even[1::2, ::2]),
                np.maximum(even[::2, 1::2], even[1::2, 1::2]),
            )
        )
    return pyramid
