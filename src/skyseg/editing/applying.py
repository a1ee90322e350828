"""What each operation does to a map: pure decisions over a part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from skyseg.editing.drawn import fill_drawn, fill_runs
from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.editing.operations import (
    Cut,
    Deblend,
    Delete,
    Draw,
    FillHoles,
    Grow,
    Mark,
    Merge,
    Operation,
    Paint,
    Shrink,
    Smooth,
    Split,
)
from skyseg.engine.deblending import deblend
from skyseg.engine.labelled import list_pixels
from skyseg.engine.types import BoolImage, FloatImage, IntArray, LabelImage, Slices
from skyseg.errors import ParameterError

_LARGEST = 2**31
_EIGHT = np.ones((3, 3), np.bool_)


class Light(Protocol):
    """The light under a map."""

    def read(self, part: Slices) -> tuple[FloatImage, FloatImage]:
        """Return the filtered image and the detection threshold of a part."""
        ...


def apply_operation(
    edited: EditedMap, operation: Operation, light: Light | None = None
) -> tuple[Patch | None, tuple[int, ...]]:
    """Do an operation to a map.

    Parameters
    ----------
    edited : EditedMap
        The map.
    operation : Operation
        The operation. New sources have the numbers of ``made`` where it has them, else
        those above all that were ever given.
    light : Light, optional
        The light under the map, for operations that ask for it.

    Returns
    -------
    patch : Patch or None
        What was changed; None where nothing is.
    made : tuple of int
        The numbers of new sources.

    Raises
    ------
    ParameterError
        If the operation cannot be done; then the map is as it was.
    """
    patch, made = foresee_operation(edited, operation, light)
    if patch is not None:
        edited.apply(patch)
    return patch, made


def foresee_operation(
    edited: EditedMap, operation: Operation, light: Light | None = None
) -> tuple[Patch | None, tuple[int, ...]]:
    """Return what an operation would change, and leave the map as it is.

    Parameters
    ----------
    edited, operation, light
        As for `apply_operation`, which returns the same.

    Raises
    ------
    ParameterError
        If the operation cannot be done.
    """
    for label in operation.named:
        edited.part_of([label])
    if isinstance(operation, Mark):
        return None, ()
    part, after, count = _HOW[type(operation)](edited, operation, light)
    made = _number(edited, operation, count)
    for place, number in enumerate(made):
        after[after == -1 - place] = number
    before = edited.labels[part]
    if np.array_equal(before, after):
        raise ParameterError(f"{operation.title} changes no pixel", hint="choose another")
    return Patch(part, before.copy(), np.array(after, np.int32)), made


_Change = tuple[Slices, LabelImage, int]
"""A part, its new labels with new sources as -1, -2, ..., and how many these are."""


def _number(edited: EditedMap, operation: Operation, count: int) -> tuple[int, ...]:
    if not operation.made:
        if edited.next_label + count > _LARGEST:
            raise ParameterError(
                f"{operation.title} has no number left for a new source",
                hint="do it to a map with smaller numbers",
            )
        return tuple(range(edited.next_label, edited.next_label + count))
    if len(operation.made) != count:
        raise ParameterError(
            f"{operation.title} makes {count} sources and made {len(operation.made)}",
            hint="do it anew",
        )  # fmt: skip
    if taken := [label for label in operation.made if label in edited]:
        raise ParameterError(
            f"{operation.title} makes {taken[0]}, which is there already",
            hint="do it anew",
        )  # fmt: skip
    return operation.made


def _delete(edited: EditedMap, operation: Delete, _: Light | None) -> _Change:
    part = edited.part_of(operation.labels, margin=1)
    after = edited.labels[part].copy()
    gone = {label: after == label for label in operation.labels}
    if operation.to == "background":
        for mask in gone.values():
            after[mask] = 0
        return part, after, 0
    heirs = {label: _find_heir(after, label, operation.labels) for label in operation.labels}
    for label, mask in gone.items():
        after[mask] = heirs[label]
    return part, after, 0


def _find_heir(labels: LabelImage, label: int, others: Sequence[int]) -> int:
    """Return the source that another touches with most pixels; of equals the smallest number."""
    from scipy.ndimage import binary_dilation

    ring = binary_dilation(labels == label, _EIGHT) & (labels != label)
    numbers, counts = np.unique(labels[ring], return_counts=True)
    fit = (numbers > 0) & ~np.isin(numbers, others)
    if not fit.any():
        raise ParameterError(
            f"{label} touches no other source", hint="delete it to the background",
            argument="label",
        )  # fmt: skip
    return int(numbers[fit][np.argmax(counts[fit])])


def _merge(edited: EditedMap, operation: Merge, _: Light | None) -> _Change:
    part = edited.part_of(operation.labels)
    after = edited.labels[part].copy()
    after[np.isin(after, operation.labels)] = min(operation.labels)
    return part, after, 0


def _split(edited: EditedMap, operation: Split, light: Light | None) -> _Change:
    from skimage.segmentation import watershed

    part = edited.part_of([operation.label])
    mask = edited.labels[part] == operation.label
    markers = np.zeros(mask.shape, np.int32)
    for number, (x, y) in enumerate(operation.seeds, start=1):
        row, column = int(np.floor(y + 0.5)) - part[0].start, int(np.floor(x + 0.5)) - part[1].start
        inside = 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]
        if not (inside and mask[row, column]):
            raise ParameterError(
                f"({x:g}, {y:g}) is no pixel of source {operation.label}",
                hint="set seeds on the source", argument="seeds",
            )  # fmt: skip
        if markers[row, column]:
            raise ParameterError(
                f"({x:g}, {y:g}) has the pixel of another seed", hint="set seeds apart",
                argument="seeds",
            )  # fmt: skip
        markers[row, column] = number
    parts = watershed(-_height(mask, part, light), markers, mask=mask, connectivity=_EIGHT)
    return _renumber(edited, part, operation.label, np.asarray(parts))


def _height(mask: BoolImage, part: Slices, light: Light | None) -> npt.NDArray[np.floating]:
    """Return what water runs down from: the light, else the distance from the edge."""
    if light is not None:
        filtered = light.read(part)[0]
        return np.where(np.isfinite(filtered), filtered, 0)
    from scipy.ndimage import distance_transform_edt

    height: npt.NDArray[np.floating] = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return height


def _cut(edited: EditedMap, operation: Cut, _: Light | None) -> _Change:
    from scipy.ndimage import label as find_parts
    from skimage.segmentation import watershed

    part = edited.part_of([operation.label])
    mask = edited.labels[part] == operation.label
    points = np.floor(np.asarray(operation.line) + 0.5).astype(int)
    points -= [part[1].start, part[0].start]
    open_ = mask.copy()
    for start, stop in pairwise(points):
        if np.abs(start - stop).max() > 10 * max(edited.shape):
            raise ParameterError(
                "has a point far from the map", hint="draw it over the source", argument="line"
            )
        rows, columns = _trace(start, stop)
        inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
        open_[rows[inside], columns[inside]] = False
    whole, _ = find_parts(mask, _EIGHT)
    pieces, count = find_parts(open_, _EIGHT)
    owner = np.zeros(count + 1, np.int64)
    owner[pieces[open_]] = whole[open_]
    is_cut = np.bincount(owner[1:], minlength=2)[owner] > 1
    is_cut[0] = False
    if not is_cut.any():
        raise ParameterError(
            f"does not part source {operation.label}", hint="draw it from edge to edge",
            argument="line",
        )  # fmt: skip
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    order = np.lexsort((np.arange(count + 1), -sizes))
    order = order[is_cut[order]]
    # what the line leaves whole keeps the number, as the largest piece does
    rank = np.ones(count + 1, np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    rank[0] = 0
    parts = watershed(np.zeros(mask.shape), rank[pieces], mask=mask, connectivity=_EIGHT)
    return _renumber(edited, part, operation.label, np.asarray(parts))


def _trace(start: npt.NDArray[np.integer], stop: npt.NDArray[np.integer]) -> tuple[IntArray, ...]:
    """Rows and columns of a line that no two pixels touch across, not at a corner either."""
    from skimage.draw import line

    rows, columns = line(start[1], start[0], stop[1], stop[0])
    return np.append(rows, rows[:-1]), np.append(columns, columns[1:])


def _deblend(edited: EditedMap, operation: Deblend, light: Light | None) -> _Change:
    if light is None:
        raise ParameterError(
            "to deblend takes the image of the map", hint="split with seeds or a line"
        )
    part = edited.part_of([operation.label])
    mask = edited.labels[part] == operation.label
    filtered, threshold = light.read(part)
    lists, _ = list_pixels(mask.astype(np.int32), filtered, threshold)
    found = deblend(lists, operation.nthresh, operation.mincont)
    sums = np.add.reduceat(found.pixels.value.astype(np.float64), found.pixels.start[:-1])
    order = np.lexsort((found.pixels.first, -sums))
    drawn = found.pixels.draw_labels()
    rank = np.zeros(len(order) + 1, np.int32)
    rank[order + 1] = np.arange(1, len(order) + 1)
    if len(order) < 2:
        raise ParameterError(
            f"finds one source in {operation.label}", hint="lower mincont, or set seeds",
            argument="mincont",
        )  # fmt: skip
    return _renumber(edited, part, operation.label, rank[drawn])


def _renumber(
    edited: EditedMap, part: Slices, label: int, parts: npt.NDArray[np.integer]
) -> _Change:
    """Give parts of a source, from 1, numbers: the first keeps that of the source."""
    after = edited.labels[part].copy()
    after[parts > 1] = 1 - parts[parts > 1]
    return part, after, int(parts.max(initial=1)) - 1


def _draw(edited: EditedMap, operation: Draw, _: Light | None) -> _Change:
    part, inside = fill_drawn(operation, edited.shape)
    after = edited.labels[part].copy()
    free = inside if operation.over else inside & (after == 0)
    if not free.any():
        raise ParameterError(
            "what is drawn holds no pixel of the background",
            hint="draw it elsewhere, or over others",
        )  # fmt: skip
    after[free] = -1
    return part, after, 1


def _paint(edited: EditedMap, operation: Paint, _: Light | None) -> _Change:
    part, inside = fill_runs(operation.runs, edited.shape)
    after = edited.labels[part].copy()
    after[inside] = operation.label
    return part, after, 0


def _grow(edited: EditedMap, operation: Grow, _: Light | None) -> _Change:
    from scipy.ndimage import binary_dilation

    part = edited.part_of([operation.label], margin=operation.pixels)
    after = edited.labels[part].copy()
    own, free = after == operation.label, after == 0
    # step by step through the background, so that nothing grows behind a neighbour
    after[binary_dilation(own, _EIGHT, operation.pixels, mask=own | free)] = operation.label
    return part, after, 0


def _shrink(edited: EditedMap, operation: Shrink, _: Light | None) -> _Change:
    from scipy.ndimage import binary_erosion

    part = edited.part_of([operation.label])
    after = edited.labels[part].copy()
    mask = after == operation.label
    kept = binary_erosion(np.pad(mask, 1), _EIGHT, operation.pixels)[1:-1, 1:-1]
    if not kept.any():
        raise ParameterError(
            f"leaves nothing of source {operation.label}", hint="take fewer, or delete it",
            argument="pixels",
        )  # fmt: skip
    after[mask & ~kept] = 0
    return part, after, 0


def _smooth(edited: EditedMap, operation: Smooth, _: Light | None) -> _Change:
    from skimage.morphology import disk

    radius = operation.radius
    part = edited.part_of([operation.label], margin=2 * radius)
    after = edited.labels[part].copy()
    mask = after == operation.label
    kept = _open_and_close(np.pad(mask, 2 * radius), disk(radius))
    kept = kept[2 * radius : -2 * radius, 2 * radius : -2 * radius]
    if not kept.any():
        raise ParameterError(
            f"leaves nothing of source {operation.label}", hint="give a smaller radius",
            argument="radius",
        )  # fmt: skip
    after[mask & ~kept] = 0
    after[kept & (after == 0)] = operation.label
    return part, after, 0


def _open_and_close(mask: BoolImage, disc: npt.NDArray[np.integer]) -> BoolImage:
    from scipy.ndimage import binary_closing, binary_opening

    smooth: BoolImage = binary_closing(binary_opening(mask, disc), disc)
    return smooth


def _fill_holes(edited: EditedMap, operation: FillHoles, _: Light | None) -> _Change:
    from scipy.ndimage import binary_fill_holes

    part = edited.part_of([operation.label])
    after = edited.labels[part].copy()
    filled = binary_fill_holes(after == operation.label)
    after[filled & (after == 0)] = operation.label
    return part, after, 0


_HOW: dict[type, Callable[..., _Change]] = {
    Delete: _delete,
    Merge: _merge,
    Split: _split,
    Cut: _cut,
    Deblend: _deblend,
    Draw: _draw,
    Paint: _paint,
    Grow: _grow,
    Shrink: _shrink,
    Smooth: _smooth,
    FillHoles: _fill_holes,
}
