"""Maps made from a matching: where two label maps differ, and one in the other's numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from skyseg.comparison.classes import DifferenceClass
from skyseg.comparison.matching import MapSources, Matching
from skyseg.comparison.overlaps import LabelRuns, find_runs, row_blocks
from skyseg.engine.types import AnyLabelImage, ByteImage, IntArray
from skyseg.errors import ComparisonError


def draw_difference(a: AnyLabelImage, b: AnyLabelImage, matching: Matching) -> ByteImage:
    """Tell for every pixel in what way two maps differ.

    Parameters
    ----------
    a, b : array_like of integer, shape (ny, nx)
        The maps that were matched.
    matching : Matching
        Their matching.

    Returns
    -------
    ndarray of uint8, shape (ny, nx)
        A `DifferenceClass` each. A pixel is ``BOTH`` where its two sources are a
        one-to-one match, ``DIVIDED`` where it belongs to sources that are not.

    Raises
    ------
    ComparisonError
        If a label is not among those that were matched.
    """
    partner = np.append(matching.partner_a, -1)
    result = np.empty((a.shape[0], a.shape[1]), dtype=np.uint8)
    for rows, runs in _blocks(a, b):
        in_a, in_b = runs.a > 0, runs.b > 0
        i, j = _index(matching.a, runs.a, "a"), _index(matching.b, runs.b, "b")
        classes = np.full(len(runs.a), DifferenceClass.BACKGROUND, dtype=np.uint8)
        classes[in_a & ~in_b] = DifferenceClass.ONLY_A
        classes[in_b & ~in_a] = DifferenceClass.ONLY_B
        both = in_a & in_b
        classes[both] = np.where(
            partner[i[both]] == j[both], DifferenceClass.BOTH, DifferenceClass.DIVIDED
        )
        result[rows] = np.repeat(classes, runs.length).reshape(result[rows].shape)
    return result


def relabel(
    b: AnyLabelImage, matching: Matching, largest: int = 0
) -> npt.NDArray[np.signedinteger]:
    """Give the second map the numbers of the first where sources match.

    Parameters
    ----------
    b : array_like of integer, shape (ny, nx)
        The second of the maps that were matched.
    matching : Matching
        Their matching.
    largest : int, optional
        A number that no source without a match may have, nor any below it.

    Returns
    -------
    ndarray of int32, shape (ny, nx)
        A matched source has the number of its match. The others are numbered from
        the first map's largest number on, in the order of their first pixels.
        The type is int64 where int32 does not hold the numbers.

    Raises
    ------
    ComparisonError
        If a label is not among those that were matched, or a new number does not
        fit into int64.
    """
    number = np.append(_numbers(matching, largest), 0)
    dtype = np.int32 if number.max() <= np.iinfo(np.int32).max else np.int64
    result = np.empty((b.shape[0], b.shape[1]), dtype=dtype)
    for rows, runs in _blocks(b, b):
        values = number[_index(matching.b, runs.b, "b")].astype(dtype)
        result[rows] = np.repeat(values, runs.length).reshape(result[rows].shape)
    return result


def _numbers(matching: Matching, largest: int) -> IntArray:
    """Return the number in a's numbering of every source of b."""
    matched = matching.partner_b >= 0
    numbers = np.empty(len(matched), dtype=np.int64)
    numbers[matched] = matching.a.label[matching.partner_b[matched]]
    largest = max(int(matching.a.label.max(initial=0)), largest)
    n_others = int(np.count_nonzero(~matched))
    if largest + n_others > np.iinfo(np.int64).max:
        raise ComparisonError(
            f"no number is left above label {largest} of map a for the sources that only map b has",
            hint="renumber map a",
        )
    others = np.flatnonzero(~matched)
    numbers[others[np.argsort(matching.b.first[others])]] = largest + 1 + np.arange(n_others)
    return numbers


def _blocks(a: AnyLabelImage, b: AnyLabelImage) -> Iterator[tuple[slice, LabelRuns]]:
    for rows in row_blocks((a.shape[0], a.shape[1])):
        yield rows, find_runs(np.asarray(a[rows]), np.asarray(b[rows]))


def _index(sources: MapSources, labels: IntArray, side: str) -> IntArray:
    """Index of every label among the sources, -1 for background."""
    index = np.searchsorted(sources.label, labels)
    index[index == len(sources.label)] = -1
    found = np.append(sources.label, 0)[index] == labels
    if not np.all(found | (labels == 0)):
        raise ComparisonError(
            f"map {side} holds label {labels[~found].max()}, which it did not hold "
            "when it was compared",
            hint="compare again",
        )
    index[labels == 0] = -1
    return index
