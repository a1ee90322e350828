"""A segmentation map that is changed in place, and what every change replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.engine.types import AnyLabelImage, BoolImage, Box, IntArray, LabelImage, Slices
from skyseg.errors import ImageError, ParameterError
from skyseg.products.seg_files import list_sources

_MOST = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of a map before and after a change.

    Attributes
    ----------
    part : tuple of slice
        Rows and columns.
    before, after : ndarray of int32
        The labels there.
    """

    part: Slices
    before: LabelImage
    after: LabelImage

    @cached_property
    def labels(self) -> frozenset[int]:
        """The sources that have lost or gained pixels."""
        changed = self.before != self.after
        both = np.concatenate([self.before[changed], self.after[changed]])
        return frozenset(np.unique(both[both > 0]).tolist())


class EditedMap:
    """A segmentation map that is changed in place.

    Parameters
    ----------
    labels : array_like of int, shape (ny, nx)
        The map; it is copied.
    largest : int, optional
        A number that no new source may have, nor any below it.

    Attributes
    ----------
    labels : ndarray of int32, shape (ny, nx)
        The map as it is now.

    Raises
    ------
    ImageError
        If it is no map of labels.

    Examples
    --------
    >>> edited = EditedMap(np.array([[0, 7, 7], [0, 0, 3]]))
    >>> edited.next_label, edited.part_of([7])
    (8, (slice(0, 1, None), slice(1, 3, None)))
    """

    def __init__(self, labels: AnyLabelImage, largest: int = 0) -> None:
        self.labels = np.array(_checked(labels), np.int32)
        self.labels.flags.writeable = False
        self.next_label = max(int(self.labels.max(initial=0)), largest) + 1
        table = list_sources(self.labels)
        bounds = (np.asarray(table[f"{side}_IMAGE"]) for side in ("YMIN", "YMAX", "XMIN", "XMAX"))
        ymin, ymax, xmin, xmax = bounds
        boxes = zip(ymin - 1, ymax, xmin - 1, xmax, strict=True)
        self._boxes: dict[int, Box] = {
            int(number): (int(y0), int(y1), int(x0), int(x1))
            for number, (y0, y1, x0, x1) in zip(table["NUMBER"], boxes, strict=True)
        }

    def __contains__(self, label: object) -> bool:
        return label in self._boxes

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self.labels.shape[0], self.labels.shape[1]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of its sources, ascending."""
        return tuple(sorted(self._boxes))

    def part_of(self, labels: Iterable[int], margin: int = 0) -> Slices:
        """Return rows and columns that hold some sources, with a margin inside the map.

        Raises
        ------
        ParameterError
            If there is no such source.
        """
        boxes = np.array([self._box(label) for label in labels])
        ny, nx = self.shape
        y0, x0 = (max(int(boxes[:, axis].min()) - margin, 0) for axis in (0, 2))
        y1, x1 = int(boxes[:, 1].max()) + margin, int(boxes[:, 3].max()) + margin
        return slice(y0, min(y1, ny)), slice(x0, min(x1, nx))

    def boxes_of(self, labels: Iterable[int]) -> IntArray:
        """Return the first row, the row after the last, and so the columns, of some sources.

        Parameters
        ----------
        labels : iterable of int
            n sources.

        Returns
        -------
        ndarray of int64, shape (n, 4)

        Raises
        ------
        ParameterError
            If there is no such source.
        """
        return np.array([self._box(label) for label in labels], np.int64).reshape(-1, 4)

    def mask_of(self, label: int) -> BoolImage:
        """Return the pixels of a source, in the part that `part_of` gives."""
        mask: BoolImage = self.labels[self.part_of([label])] == label
        return mask

    def apply(self, patch: Patch) -> None:
        """Make a change."""
        self._put(patch.part, patch.before, patch.after)

    def take_back(self, patch: Patch) -> None:
        """Undo a change, the last one that touches its part."""
        self._put(patch.part, patch.after, patch.before)

    def _put(self, part: Slices, before: LabelImage, after: LabelImage) -> None:
        self.labels.flags.writeable = True
        self.labels[part] = after
        self.labels.flags.writeable = False
        changed = before != after
        for label in np.unique(np.concatenate([before[changed], after[changed]])).tolist():
            if label > 0:
                self._follow(label, part, after)
        self.next_label = max(self.next_label, int(after.max(initial=0)) + 1)

    def _follow(self, label: int, part: Slices, after: LabelImage) -> None:
        """Find the box of a source again, where a part has changed."""
        boxes = [_find_box(after == label, part)]
        former = self._boxes.pop(label, None)
        if former is not None:
            around = slice(former[0], former[1]), slice(former[2], former[3])
            boxes.append(_find_box(self.labels[around] == label, around))
        known = [box for box in boxes if box is not None]
        if known:
            y0, y1, x0, x1 = zip(*known, strict=True)
            self._boxes[label] = min(y0), max(y1), min(x0), max(x1)

    def _box(self, label: int) -> Box:
        if label not in self._boxes:
            raise ParameterError(
                f"{label} is no source of the map", hint="give the number of one", argument="label"
            )
        return self._boxes[label]


def _find_box(mask: BoolImage, part: Slices) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    top, left = part[0].start, part[1].start
    return (
        int(rows[0]) + top, int(rows[-1]) + top + 1,
        int(columns[0]) + left, int(columns[-1]) + left + 1,
    )  # fmt: skip


def _checked(labels: Any) -> npt.NDArray[Any]:
    array = np.asarray(labels)
    whole = array.dtype.kind in "iu" and array.ndim == 2 and array.size > 0
    if not whole or array.min() < 0 or array.max() > _MOST:
        raise ImageError(
            f"is of type {array.dtype} and shape {array.shape}",
            hint=f"give a 2-D map of labels from 0 to {_MOST}",
            argument="labels",
        )
    return array
