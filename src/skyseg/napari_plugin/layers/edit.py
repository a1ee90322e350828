"""A SEG map that is painted on, at one place or at several, and its way back into one map."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import ref

import numpy as np
import numpy.typing as npt
from napari.layers import Labels

from skyseg.engine.types import LabelImage, Slices
from skyseg.panel.map_info import MapInfo

EDIT_KEY = "skyseg_edit"
"""Key of a layer's metadata under which its `Edit` stands."""


class EditedMap:
    """A SEG map and the layers on which parts of it are painted.

    Parameters
    ----------
    labels : array_like of int, shape (ny, nx)
        The map as it was.
    info : MapInfo
        What it is.
    """

    def __init__(self, labels: Any, info: MapInfo) -> None:
        self.labels, self.info = labels, info
        self._layers: list[tuple[Edit, ref[Labels]]] = []

    def add(self, layer: Labels) -> None:
        """Let what is painted on a layer belong to the map."""
        self._layers.append((layer.metadata[EDIT_KEY], ref(layer)))

    def drop(self, layer: Labels) -> None:
        """Forget what was painted on a layer."""
        self._layers = [each for each in self._layers if each[1]() not in (None, layer)]

    def merge(
        self, painted: dict[Edit, npt.NDArray[Any]] | None = None, part: Slices | None = None
    ) -> LabelImage:
        """Return the map with what is painted on it anywhere.

        Parameters
        ----------
        painted : dict, optional
            What is painted on some of the parts, in place of what their layers hold.
        part : tuple of slice, optional
            Rows and columns that are wanted; by default all.

        Returns
        -------
        ndarray of int32
        """
        parts = {edit: np.asarray(layer.data) for edit, layer in self._alive()} | (painted or {})
        ny, nx = self.info.shape
        window = part or (slice(0, ny), slice(0, nx))
        merged: LabelImage = np.array(self.labels[window], np.int32)
        for edit, now in parts.items():
            both = tuple(_overlap(a, b) for a, b in zip(window, edit.part, strict=True))
            here, there = _seen_from(both, window), _seen_from(both, edit.part)
            changed = now[there] != edit.before[there]
            merged[here][changed] = now[there][changed]
        return merged

    def copy_painted(self) -> dict[Edit, npt.NDArray[Any]]:
        """Return what is painted now on each of the parts."""
        return {edit: np.array(layer.data) for edit, layer in self._alive()}

    def find_free_label(self) -> int:
        """Return a number above all of the map and of what is painted on it."""
        painted = (int(layer.data.max(initial=0)) for _, layer in self._alive())
        return max(self._largest, *painted, 0) + 1

    def is_taken(self, number: int) -> bool:
        """Tell whether a number is not above all of the map as it was."""
        return 0 < number <= self._largest

    @cached_property
    def _largest(self) -> int:
        return int(np.asarray(self.labels).max(initial=0))

    def _alive(self) -> list[tuple[Edit, Labels]]:
        return [(edit, layer) for edit, one in self._layers if (layer := one()) is not None]


@dataclass(frozen=True, eq=False)
class Edit:
    """Where a layer that is painted on comes from; in its metadata under ``"skyseg_edit"``.

    Attributes
    ----------
    map : EditedMap
        The whole map.
    part : tuple of slice
        Rows and columns that the layer shows.
    before : ndarray of int, shape (height, width)
        What the map holds there.
    """

    map: EditedMap
    part: Slices
    before: npt.NDArray[Any] = field(repr=False)

    @property
    def info(self) -> MapInfo:
        """What the whole map is."""
        return self.map.info


def _overlap(first: slice, second: slice) -> slice:
    start = max(first.start, second.start)
    return slice(start, max(start, min(first.stop, second.stop)))


def _seen_from(part: tuple[slice, ...], window: Slices) -> tuple[slice, ...]:
    return tuple(
        slice(each.start - frame.start, each.stop - frame.start)
        for each, frame in zip(part, window, strict=True)
    )
