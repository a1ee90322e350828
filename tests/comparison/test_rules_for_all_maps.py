"""What holds for any two maps: the rules of the comparison as properties."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import variation_of_information

from skyseg.comparison import DifferenceClass, compare
from skyseg.comparison.overlaps import combine, count_overlaps

Labels = npt.NDArray[np.int64]

SHAPE = (6, 9)
SWAPPED = {
    "new": "lost",
    "lost": "new",
    "split": "merged",
    "merged": "split",
    "grown": "shrunk",
    "shrunk": "grown",
    "matched": "matched",
}
without_deadline = settings(deadline=None)
label_maps = arrays(np.int64, SHAPE, elements=st.integers(0, 5))
numbers = st.lists(st.integers(1, 2**62), min_size=5, max_size=5, unique=True).map(
    lambda chosen: np.array([0, *chosen])
)


@without_deadline
@given(label_maps, numbers)
def test_a_map_and_the_same_map_renumbered_do_not_differ(a: Labels, new: Labels) -> None:
    comparison = compare(a, new[a])
    changed = {kind for kind, number in comparison.counts.items() if number}
    assert changed <= {"matched"}
    assert np.all(np.asarray(comparison.table["iou"]) == 1)
    np.testing.assert_array_equal(comparison.relabelled_b, a)
    np.testing.assert_array_equal(comparison.difference_map, a > 0)
    assert comparison.agreement.foreground_iou == 1
    assert comparison.agreement.adjusted_rand_index == 1
    assert comparison.agreement.variation_of_information == 0


@without_deadline
@given(label_maps, label_maps)
def test_swapping_the_sides_swaps_the_kinds(a: Labels, b: Labels) -> None:
    there, back = compare(a, b), compare(b, a)
    assert {SWAPPED[kind]: number for kind, number in there.counts.items()} == back.counts
    assert there.agreement.foreground_iou == back.agreement.foreground_iou
    np.testing.assert_equal(there.agreement.adjusted_rand_index, back.agreement.adjusted_rand_index)
    pairs = {tuple(pair) for pair in _matches(there)}
    assert pairs == {(i, j) for j, i in _matches(back)}
    swap = np.array([0, 1, 3, 2, 4])
    np.testing.assert_array_equal(swap[there.difference_map], back.difference_map)


@without_deadline
@given(label_maps, label_maps, numbers, numbers)
def test_nothing_depends_on_the_numbers(a: Labels, b: Labels, new_a: Labels, new_b: Labels) -> None:
    plain, renumbered = compare(a, b), compare(new_a[a], new_b[b])
    for name in plain.table.colnames:
        if not name.startswith("labels_"):
            np.testing.assert_array_equal(plain.table[name], renumbered.table[name])
    np.testing.assert_array_equal(plain.difference_map, renumbered.difference_map)
    assert plain.agreement.foreground_iou == renumbered.agreement.foreground_iou
    np.testing.assert_array_equal(compare(a, new_b[b]).relabelled_b, plain.relabelled_b)


@without_deadline
@given(label_maps, label_maps)
def test_every_source_is_in_just_one_row(a: Labels, b: Labels) -> None:
    table = compare(a, b).table
    for side, labels in (("a", a), ("b", b)):
        listed = np.concatenate([np.empty(0, int), *table[f"labels_{side}"]])
        assert sorted(listed) == [label for label in np.unique(labels) if label]
        np.testing.assert_array_equal(
            [len(each) for each in table[f"labels_{side}"]], table[f"n_{side}"]
        )
        areas = [np.isin(labels, each).sum() for each in table[f"labels_{side}"]]
        np.testing.assert_array_equal(areas, table[f"area_{side}"])


@without_deadline
@given(label_maps, label_maps)
def test_positions_and_boxes_are_those_of_the_pixels_of_either_map(a: Labels, b: Labels) -> None:
    for row in compare(a, b).table:
        y, x = np.nonzero(np.isin(a, row["labels_a"]) | np.isin(b, row["labels_b"]))
        assert [row[name] for name in ("x_min", "x_max", "y_min", "y_max")] == [
            x.min(),
            x.max(),
            y.min(),
            y.max(),
        ]
        assert (row["x"], row["y"]) == pytest.approx((x.mean(), y.mean()))


@without_deadline
@given(label_maps, label_maps)
def test_map_b_relabelled_is_divided_as_before_and_has_no_number_of_another(
    a: Labels, b: Labels
) -> None:
    comparison = compare(a, b)
    relabelled = comparison.relabelled_b
    again = compare(b, relabelled)
    assert {kind for kind, number in again.counts.items() if number} <= {"matched"}
    same = (relabelled == a) & (a > 0)
    np.testing.assert_array_equal(same, comparison.difference_map == DifferenceClass.BOTH)


@without_deadline
@given(label_maps, label_maps)
def test_agreement_is_that_of_counting_pairs_of_pixels(a: Labels, b: Labels) -> None:
    agreement = compare(a, b).agreement
    shared = (a > 0) & (b > 0)
    either = (a > 0) | (b > 0)
    if not either.any():
        return
    assert agreement.foreground_iou == shared.sum() / either.sum()
    if not shared.any():
        assert np.isnan(agreement.adjusted_rand_index)
        return
    assert agreement.adjusted_rand_index == pytest.approx(_rand_index(a[shared], b[shared]))
    assert agreement.variation_of_information == pytest.approx(
        sum(variation_of_information(a[shared], b[shared])), abs=1e-12
    )


@without_deadline
@given(label_maps, label_maps, st.integers(1, SHAPE[0] - 1), st.integers(1, SHAPE[1] - 1))
def test_tiles_give_the_table_of_one_piece(a: Labels, b: Labels, y: int, x: int) -> None:
    sci = np.arange(a.size, dtype=np.float32).reshape(SHAPE)
    err = np.ones_like(sci)
    tiles = [
        count_overlaps(a[window], b[window], sci[window], err[window], origin=origin)
        for window, origin in (
            ((slice(y, None), slice(None, x)), (y, 0)),
            ((slice(None, y), slice(x, None)), (0, x)),
            ((slice(None, y), slice(None, x)), (0, 0)),
            ((slice(y, None), slice(x, None)), (y, x)),
        )
    ]
    np.testing.assert_array_equal(combine(tiles), count_overlaps(a, b, sci, err))


def _matches(comparison: object) -> list[tuple[int, int]]:
    matching = comparison.matching
    matched = np.flatnonzero(matching.partner_a >= 0)
    partners = matching.b.label[matching.partner_a[matched]]
    return list(zip(matching.a.label[matched].tolist(), partners.tolist(), strict=True))


def _rand_index(a: Labels, b: Labels) -> float:
    """From all pairs of pixels: how many are together in a, in b, in both."""
    pairs = list(combinations(range(len(a)), 2))
    in_a = np.array([a[i] == a[j] for i, j in pairs], dtype=bool)
    in_b = np.array([b[i] == b[j] for i, j in pairs], dtype=bool)
    if not pairs:
        return 1.0
    expected = in_a.sum() * in_b.sum() / len(pairs)
    largest = (in_a.sum() + in_b.sum()) / 2
    return 1.0 if largest == expected else ((in_a & in_b).sum() - expected) / (largest - expected)
