"""Which pixels of an image hold measurements, and places in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from skyseg.engine.maps import Maps
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window, choose_strips
from skyseg.engine.types import BoolImage, ByteImage, FloatArray, IntArray
from skyseg.errors import ImageError


@dataclass(frozen=True, eq=False)
class GoodPixels:
    """Which pixels of a part of an image hold measurements.

    Attributes
    ----------
    bits : ndarray of uint8, shape (ny, ceil(nx / 8))
        One bit a pixel.
    part : Window
        The part.
    """

    bits: ByteImage
    part: Window

    @classmethod
    def of(cls, maps: Maps, parameters: Parameters, part: Window) -> Self:
        """Read them from the maps of a run."""
        source = NoiseSource.of(maps.err_type, parameters)
        strips = [
            np.packbits(
                ~source.find_empty(
                    *maps.read(Window(part.y0 + y0, part.y0 + y1, part.x0, part.x1))
                ),
                axis=1,
            )
            for y0, y1 in choose_strips(part.shape, None)
        ]
        return cls(np.concatenate(strips), part)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[FloatArray, FloatArray]:
        """Draw places in them, anywhere alike.

        Parameters
        ----------
        rng : Generator
            What they are drawn by.
        count : int
            How many.

        Returns
        -------
        x, y : ndarray of float64, shape (count,)
            Places in pixels of the image, from 0.

        Raises
        ------
        ImageError
            If no pixel is good.

        Examples
        --------
        >>> good = np.array([[False, True], [False, False]])
        >>> pixels = GoodPixels(np.packbits(good, axis=1), Window(7, 9, 4, 6))
        >>> np.rint(pixels.draw(np.random.default_rng(0), 3)).tolist()
        [[5.0, 5.0, 5.0], [7.0, 7.0, 7.0]]
        """
        ends = self._ends
        if not ends[-1]:
            raise ImageError(
                "no pixel is good, and sources cannot be put into it",
                hint="choose a part that is covered",
            )
        which = rng.integers(ends[-1], size=count)
        row = np.searchsorted(ends, which, side="right")
        column = np.empty_like(which)
        order = np.argsort(row, kind="stable")
        rows, first = np.unique(row[order], return_index=True)
        for now, own in zip(rows.tolist(), np.split(order, first[1:]), strict=True):
            good = np.flatnonzero(self._unpack(now, now + 1))
            column[own] = good[which[own] - ends[now]]  # from the end
        beside_x, beside_y = rng.uniform(-0.5, 0.5, (2, count))
        return self.part.x0 + column + beside_x, self.part.y0 + row + beside_y

    @cached_property
    def _ends(self) -> IntArray:
        """How many good pixels there are up to the end of each row."""
        strips = choose_strips(self.part.shape, None)
        counts = [self._unpack(*rows).sum(axis=1, dtype=np.int64) for rows in strips]
        return np.cumsum(np.concatenate(counts))

    def _unpack(self, start: int, stop: int) -> BoolImage:
        width = self.part.x1 - self.part.x0
        return np.unpackbits(self.bits[start:stop], axis=1, count=width).astype(bool)
