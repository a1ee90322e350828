"""A region as a scan along the rows meets it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from skyseg.engine.scanning import later_neighbours, neighbours, scan_order

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(2, 12)))


@settings(deadline=None, max_examples=150)
@given(mask=MASKS)
def test_the_list_is_that_of_parts_joined_as_the_scan_meets_them(
    mask: npt.NDArray[np.bool_],
) -> None:
    components, n = ndimage.label(mask, np.ones((3, 3)))
    for k in range(1, n + 1):
        index = np.flatnonzero(components == k)
        found = index[scan_order(index, mask.shape[1])]
        assert found.tolist() == _listed_by_hand(components == k)


def test_a_part_that_starts_left_of_the_rows_above_comes_first() -> None:
    mask = np.array([[0, 1, 1], [1, 1, 1], [0, 1, 0]], bool)
    index = np.flatnonzero(mask)
    assert index[scan_order(index, 3)].tolist() == [3, 1, 2, 4, 5, 7]


@settings(deadline=None, max_examples=60)
@given(mask=MASKS)
def test_neighbours_are_those_of_the_eight_around_a_pixel(mask: npt.NDArray[np.bool_]) -> None:
    index, width = np.flatnonzero(mask), mask.shape[1]
    before = neighbours(index, width)
    after = later_neighbours(before)
    for p, pixel in enumerate(index):
        found = {int(index[q]) for q in (*before[p], *after[p]) if q >= 0}
        y, x = divmod(int(pixel), width)
        around = {
            (y + dy) * width + x + dx
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if (dy or dx) and 0 <= x + dx < width and 0 <= y + dy < mask.shape[0]
        }
        assert found == around & {int(each) for each in index}


def _listed_by_hand(mask: npt.NDArray[np.bool_]) -> list[int]:
    """Sweep the rows pixel by pixel, with plain lists for the parts."""
    parts: list[list[int]] = []
    for y in range(mask.shape[0]):
        met = {id(part): _leftmost(part, y - 1, mask.shape[1]) for part in parts}
        running: list[int] | None = None
        for x in range(mask.shape[1] + 1):
            inside = x < mask.shape[1] and bool(mask[y, x])
            above = _part_at(parts, y - 1, x, mask.shape[1])
            starts = above is not None and _part_at(parts, y - 1, x - 1, mask.shape[1]) is None
            if inside and running is None:
                near = [_part_at(parts, y - 1, column, mask.shape[1]) for column in (x - 1, x)]
                running = next((part for part in near if part is not None), None)
                if running is None:
                    running = []
                    parts.append(running)
                    met[id(running)] = x
            if running is not None and starts and above is not running:
                assert above is not None
                first, second = sorted((running, above), key=lambda part: met[id(part)])
                first.extend(second)
                parts = [part for part in parts if part is not second]
                running = first
            if inside:
                assert running is not None
                running.append(y * mask.shape[1] + x)
            else:
                running = None
    assert len(parts) == 1
    return parts[0]


def _part_at(parts: list[list[int]], y: int, x: int, width: int) -> list[int] | None:
    if y < 0 or not 0 <= x < width:
        return None
    return next((part for part in parts if y * width + x in part), None)


def _leftmost(part: list[int], y: int, width: int) -> int:
    return min((pixel % width for pixel in part if pixel // width == y), default=-1)
