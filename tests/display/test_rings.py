"""Closed lines around chosen pixels."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skyseg.display.rings import trace_rings

Ring = npt.NDArray[np.float64]
masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def count_turns(ring: Ring, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """Return how often a ring goes around the centre of each pixel."""
    turns = np.zeros(shape, np.int64)
    for (row, column), (after, _) in itertools.pairwise(ring):
        low, high = sorted((row, after))
        rows, columns = slice(int(low + 0.5), int(high + 0.5)), slice(0, int(column + 0.5))
        turns[rows, columns] += int(np.sign(after - row))
    return turns


@settings(max_examples=100, deadline=None)
@given(mask=masks)
def test_rings_go_once_around_the_chosen_pixels_along_their_edges(
    mask: npt.NDArray[np.bool_],
) -> None:
    rings = trace_rings(mask)
    np.testing.assert_array_equal(
        sum((count_turns(ring, mask.shape) for ring in rings), np.zeros(mask.shape)), mask
    )
    for ring in rings:
        np.testing.assert_array_equal(ring[0], ring[-1])
        np.testing.assert_array_equal(ring % 1, 0.5)
        steps = np.diff(ring, axis=0)
        assert ((steps == 0).sum(axis=1) == 1).all()
        assert (np.diff(steps != 0, axis=0)).all()  # each corner is one
        around = count_turns(ring, mask.shape)
        assert abs(around).max() == 1
        assert around.max() * around.min() >= 0  # no line crosses itself


def test_pixels_that_touch_at_a_corner_have_rings_of_their_own() -> None:
    assert len(trace_rings(np.eye(4, dtype=bool))) == 4
    assert trace_rings(np.zeros((3, 3), bool)) == []


def test_a_hole_has_a_ring_the_other_way_round() -> None:
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    turns = sorted(int(count_turns(ring, mask.shape).sum()) for ring in trace_rings(mask))
    assert turns == [-1, 9]
