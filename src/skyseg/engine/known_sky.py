"""What is known of the empty places between some sources, for images that cover the same pixels."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Final, TypeAlias

import numpy as np

from skyseg.engine.neighbours import KnownNeighbours
from skyseg.engine.rows import Window
from skyseg.engine.types import BoolImage, ByteImage, IntArray

Places: TypeAlias = list[tuple[IntArray, IntArray]]
"""Rows and columns of apertures, for each diameter."""

_Asked: TypeAlias = tuple[tuple[int, int], Window, tuple[float, ...]]

_MOST_COVERAGES: Final = 4


class KnownSky:
    """What images tell of the empty sky between some sources, for the next ones.

    Bands that cover the same pixels have their empty apertures in the same places.
    """

    def __init__(self) -> None:
        self.neighbours = KnownNeighbours()
        self._lock = Lock()
        self._taken: dict[Window, ByteImage] = {}
        self._laid: dict[_Asked, list[tuple[bytes, Places]]] = {}

    def find_taken(self, part: Window, find: Callable[[], BoolImage]) -> BoolImage:
        """Tell which pixels of a part sources have.

        Parameters
        ----------
        part : Window
            The part.
        find : callable
            Finds them.
        """
        packed = self._taken.get(part)
        if packed is None:
            found = find()
            self._taken[part] = np.packbits(found, axis=1)
            return found
        return np.unpackbits(packed, axis=1, count=part.x1 - part.x0).view(np.bool_)

    def find_places(
        self,
        strip: tuple[int, int],
        part: Window,
        diameters: tuple[float, ...],
        full: BoolImage,
        find: Callable[[], Places],
    ) -> Places:
        """Find where apertures lie that have their centres in a strip.

        Parameters
        ----------
        strip : tuple of int
            First row, and the one after the last.
        part : Window
            The part that tells it, which strips of a low image have in common.
        diameters : tuple of float
            Those of the apertures.
        full : ndarray of bool
            Pixels of the part that none may hold.
        find : callable
            Finds them.
        """
        packed = np.packbits(full).tobytes()
        laid = self._laid.setdefault((strip, part, diameters), [])
        for was_full, places in laid:
            if was_full == packed:
                return places
        found = find()
        with self._lock:
            if len(laid) < _MOST_COVERAGES:
                laid.append((packed, found))
        return found
