"""The compiled loops: what they take, and steps of deblending that nothing else shows."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

import skyseg
from skyseg._loops import draw_spline, neighbours, rice, scan_order

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(2, 12)))


def test_the_stub_names_what_the_module_holds() -> None:
    stub = ast.parse((Path(skyseg.__file__).parent / "_loops.pyi").read_text(encoding="utf-8"))
    named = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    assert named == {name for name in dir(skyseg._loops) if not name.startswith("_")}


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 64), np.int64),
        np.zeros((4, 64), ">i4"),
        np.zeros((4, 128), np.int32)[:, ::2],
        np.zeros(64, np.int32),
    ],
    ids=["another type", "another byte order", "not contiguous", "another dimension"],
)
def test_an_array_that_does_not_fit_is_refused_and_not_copied(image: npt.NDArray[np.int32]) -> None:
    with pytest.raises(TypeError, match=r"contiguous image of numpy\.int32"):
        rice(image, 0, 64)


def test_an_array_that_may_not_be_written_is_not_filled() -> None:
    out = np.zeros((2, 8), np.float32)
    out.flags.writeable = False
    with pytest.raises(TypeError, match=r"contiguous image of numpy\.float32"):
        draw_spline(np.ones((1, 1)), 8, 0, 0, out)
    assert not out.any()


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
    around_each = neighbours(index, width)
    for p, pixel in enumerate(index):
        found = {int(index[q]) for q in around_each[p] if q >= 0}
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
