"""Flag maps: whole numbers for each pixel, and what they come to for each source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_labels
from skyseg.engine.mappers import Mapper
from skyseg.engine.parameters import FlagType
from skyseg.engine.rows import Window, check_window, choose_strips
from skyseg.engine.runs import Drawing
from skyseg.engine.sources import Sources
from skyseg.engine.types import Columns, IntArray, LabelImage
from skyseg.errors import ImageError, ParameterError

FLAG_COLUMNS: Final = ("IMAFLAGS_ISO", "NIMAFLAGS_ISO")
"""What is made of a flag map."""


class FlagRows(Protocol):
    """A map of whole numbers of which any part can be read."""

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        ...

    def read(self, window: Window) -> LabelImage:
        """Read a part of the map, as numbers of 32 bits from 0 on."""
        ...


@dataclass(frozen=True, eq=False)
class _ArrayFlags:
    """A flag map in memory."""

    array: LabelImage

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    def read(self, window: Window) -> LabelImage:
        check_window(window, self.shape)
        return self.array[window.y0 : window.y1, window.x0 : window.x1]


def as_flags(value: Any, shape: tuple[int, int], argument: str = "flags") -> FlagRows:
    """Return a flag map as `FlagRows`, be it an array or not.

    Parameters
    ----------
    value : array_like of int, shape (ny, nx), or FlagRows
        The map; what is masked has no flag.
    shape : tuple of int
        Shape that it must have.
    argument : str
        What it is given as, for messages.

    Raises
    ------
    ImageError
        If it has another shape, or holds what is not whole, below 0 or above 2^31 - 1.
    """
    if not (hasattr(value, "read") and hasattr(value, "shape")):
        return _ArrayFlags(as_labels(value, argument, shape))
    rows: FlagRows = value
    if rows.shape != shape:
        raise ImageError(
            f"has shape {rows.shape} and the image {shape}", hint="give a map on the same pixels",
            argument=argument,
        )  # fmt: skip
    return rows


class FlagCounts(NamedTuple):
    """How many pixels of a source have a value, and the first of them, row by row."""

    label: IntArray
    value: IntArray
    pixels: IntArray
    first: IntArray


def check_flags(flags: FlagRows | None, columns: frozenset[str]) -> None:
    """Check that there is a flag map where something is to be made of one.

    Raises
    ------
    ParameterError
        If there is none.
    """
    wanted = [name for name in FLAG_COLUMNS if name in columns]
    if flags is None and wanted:
        raise ParameterError(
            f"has {wanted[0]}, and there is no flag map", hint="give {flag_image}, or leave it out",
            argument="columns",
        )  # fmt: skip


def measure_flags(
    sources: Sources, flags: FlagRows | None, flag_type: FlagType, columns: frozenset[str],
    mapper: Mapper = map,
) -> Columns:  # fmt: skip
    """Combine the flags of the pixels of each source that CLEAN left.

    Parameters
    ----------
    sources : Sources
        The sources.
    flags : FlagRows or None
        The flag map; 0 is no flag.
    flag_type : {"OR", "AND", "MIN", "MAX", "MOST"}
        How they are combined: the bits that any or all pixels have; the lowest, highest or
        most frequent flag, of flags that are equally frequent the one met first, row by row.
    columns : frozenset of str
        What is wanted.
    mapper : callable
        Applies a function to tasks; see `skyseg.engine.mappers`.

    Returns
    -------
    dict of str to ndarray
        What is wanted of IMAFLAGS_ISO, 0 where there is none, and NIMAFLAGS_ISO, the number
        of pixels with that flag, or with any for OR and AND; of shape (m,), in the order of
        NUMBER.
    """
    if flags is None or columns.isdisjoint(FLAG_COLUMNS):
        return {}
    found = count_source_flags(sources, flags, mapper)
    measured = combine_counts(sources.number[sources.kept], found, flag_type)
    return {name: each.astype(np.int32) for name, each in measured.items() if name in columns}


def count_source_flags(sources: Sources, flags: FlagRows, mapper: Mapper = map) -> FlagCounts:
    """Count the flags of the pixels of each source that CLEAN left."""
    parts = list(mapper(partial(_count_part, flags), _draw_parts(sources)))
    return _add_up(FlagCounts(*map(np.concatenate, zip(*parts, strict=True))) if parts else _NONE)


def count_label_flags(labels: LabelImage | FlagRows, flags: FlagRows) -> FlagCounts:
    """Count the flags of the pixels of each label of a map."""
    rows = as_flags(labels, flags.shape)
    strips = [Window(*strip, 0, rows.shape[1]) for strip in choose_strips(rows.shape, None)]
    parts = [_count_rows(flags, rows.read(window), window) for window in strips]
    return _add_up(FlagCounts(*map(np.concatenate, zip(*parts, strict=True))))


def combine_counts(numbers: IntArray, found: FlagCounts, flag_type: FlagType) -> Columns:
    """Combine the flags of each source; see `measure_flags`.

    Parameters
    ----------
    numbers : ndarray of int64, shape (m,)
        The sources, ascending.
    found : FlagCounts
        What was counted of them.
    flag_type : {"OR", "AND", "MIN", "MAX", "MOST"}
        How they are combined.

    Returns
    -------
    dict of str to ndarray of int64, shape (m,)
        IMAFLAGS_ISO and NIMAFLAGS_ISO.
    """
    at = np.searchsorted(numbers, found.label)
    flag = found.value > 0
    pixels = np.zeros(len(numbers), np.int64)
    np.add.at(pixels, at[flag], found.pixels[flag])
    if flag_type in ("OR", "AND"):
        values = _combine_bits(flag_type, at, found.value, len(numbers))
    else:
        choice = _choose(flag_type, found, flag)
        values, pixels = np.zeros((2, len(numbers)), np.int64)
        values[at[choice]], pixels[at[choice]] = found.value[choice], found.pixels[choice]
    return dict(zip(FLAG_COLUMNS, (values, pixels), strict=True))


_NONE: Final = FlagCounts(*np.zeros((4, 0), np.int64))


def _draw_parts(sources: Sources) -> Iterator[Drawing]:
    """Labels of all rows that have sources, some rows at a time."""
    for start, stop in choose_strips(sources.shape, None):
        drawing = sources.label_rows(start, stop)
        if len(drawing.runs.start):
            yield drawing


def _count_part(flags: FlagRows, drawing: Drawing) -> FlagCounts:
    """Count the flags of the sources in some rows."""
    return _count_rows(flags, drawing.draw(), drawing.window)


def _count_rows(flags: FlagRows, labels: LabelImage, window: Window) -> FlagCounts:
    own = labels > 0
    values = as_labels(flags.read(window), "flags", labels.shape)
    pairs, first, count = np.unique(
        labels[own].astype(np.int64) << 32 | values[own], return_index=True, return_counts=True
    )
    place = np.flatnonzero(own)[first] + window.y0 * labels.shape[1]
    return FlagCounts(pairs >> 32, pairs & 0xFFFFFFFF, count, place)


def _add_up(parts: FlagCounts) -> FlagCounts:
    """Add counts of the same label and value; by label, then by value."""
    pairs, place = np.unique(parts.label << 32 | parts.value, return_inverse=True)
    count = np.zeros(len(pairs), np.int64)
    np.add.at(count, place, parts.pixels)
    first = np.full(len(pairs), np.iinfo(np.int64).max)
    np.minimum.at(first, place, parts.first)
    return FlagCounts(pairs >> 32, pairs & 0xFFFFFFFF, count, first)


def _combine_bits(flag_type: FlagType, at: IntArray, value: IntArray, sources: int) -> IntArray:
    """Bits that any pixel of a source has, or that all have."""
    if flag_type == "OR":
        bits = np.zeros(sources, np.int64)
        np.bitwise_or.at(bits, at, value)
    else:
        bits = np.full(sources, np.iinfo(np.int32).max, np.int64)
        np.bitwise_and.at(bits, at, value)
    return bits


def _choose(flag_type: FlagType, found: FlagCounts, flag: npt.NDArray[np.bool_]) -> IntArray:
    """Choose one flag of each source that has any: where it stands in the counts."""
    where = np.flatnonzero(flag)
    label, value, count, first = (each[where] for each in found)
    rank = {"MIN": value, "MAX": -value, "MOST": -count}[flag_type]
    order = np.lexsort((first, rank, label))
    _, best = np.unique(label[order], return_index=True)
    chosen: IntArray = where[order[best]]
    return chosen
