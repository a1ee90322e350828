"""Maps whose differences are known by construction are told apart as they were made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import binary_dilation

from skyseg.comparison import KINDS, Comparison, DifferenceClass, compare
from skyseg.errors import ComparisonError

Labels = npt.NDArray[np.integer]


def found(comparison: Comparison) -> dict[str, int]:
    return {kind: number for kind, number in comparison.counts.items() if number}


def row(comparison: Comparison, kind: str) -> object:
    rows = comparison.table[np.asarray(comparison.table["kind"]) == kind]
    assert len(rows) == 1
    return rows[0]


def test_a_map_does_not_differ_from_itself(field: Labels) -> None:
    comparison = compare(field, field)
    assert found(comparison) == {"matched": 6}
    assert np.all(np.asarray(comparison.table["iou"]) == 1)
    assert set(np.unique(comparison.difference_map)) == {
        DifferenceClass.BACKGROUND,
        DifferenceClass.BOTH,
    }
    assert vars(comparison.agreement) == {
        "foreground_iou": 1.0,
        "adjusted_rand_index": 1.0,
        "variation_of_information": 0.0,
    }


def test_renumbering_is_no_difference(field: Labels) -> None:
    numbers = np.array([0, 40, 7, 1, 99, 3, 12], dtype=np.int32)
    comparison = compare(field, numbers[field])
    assert found(comparison) == {"matched": 6}
    np.testing.assert_array_equal(comparison.relabelled_b, field)


def test_a_shifted_source_is_matched_with_the_iou_of_the_shift(field: Labels) -> None:
    b = field.copy()
    b[b == 1] = 0
    b[5:15, 8:18] = 1
    comparison = compare(field, b)
    assert found(comparison) == {"matched": 6}
    assert comparison.table["iou"][0] == 70 / 130
    assert np.count_nonzero(comparison.difference_map == DifferenceClass.ONLY_A) == 30
    assert np.count_nonzero(comparison.difference_map == DifferenceClass.ONLY_B) == 30


def test_a_source_shifted_by_more_than_half_is_lost_and_new(field: Labels) -> None:
    b = field.copy()
    b[b == 1] = 0
    b[5:15, 11:21] = 1
    assert found(compare(field, b)) == {"new": 1, "lost": 1, "matched": 5}


def test_a_source_that_shares_just_half_is_still_the_same() -> None:
    a, b = np.zeros((1, 9), int), np.zeros((1, 9), int)
    a[0, :4] = 1
    b[0, 2:6] = 1
    assert found(compare(a, b)) == {"matched": 1}
    a[0, 2] = 0
    assert found(compare(a, b)) == {"new": 1, "lost": 1}


def test_a_dropped_source_is_lost_and_an_added_one_new(field: Labels) -> None:
    b = field.copy()
    b[b == 2] = 0
    b[50:55, 70:76] = 7
    comparison = compare(field, b)
    assert found(comparison) == {"new": 1, "lost": 1, "matched": 5}
    lost, new = row(comparison, "lost"), row(comparison, "new")
    assert (lost["labels_a"].tolist(), lost["labels_b"].tolist()) == ([2], [])
    assert (lost["area_a"], lost["area_b"], lost["iou"]) == (72, 0, 0)
    assert (new["labels_a"].tolist(), new["labels_b"].tolist()) == ([], [7])
    assert [new[name] for name in ("x_min", "x_max", "y_min", "y_max")] == [70, 75, 50, 54]
    assert (new["x"], new["y"]) == (72.5, 52.0)


def test_a_split_source_is_one_row_with_its_pieces(field: Labels) -> None:
    b = field.copy()
    b[8:12, 55:60] = 21
    b[8:12, 60:70] = 20
    b[8:12, 50:55] = 22
    comparison = compare(field, b)
    assert found(comparison) == {"split": 1, "matched": 5}
    split = row(comparison, "split")
    assert split["labels_a"].tolist() == [3]
    assert split["labels_b"].tolist() == [20, 22, 21]
    assert split["iou"] == 0.5
    piece = comparison.relabelled_b[10, [52, 57, 65]].tolist()
    assert piece == [7, 8, 3]
    assert np.count_nonzero(comparison.difference_map == DifferenceClass.DIVIDED) == 40


def test_merged_sources_are_one_row(field: Labels) -> None:
    b = np.where(field == 6, 5, field)
    comparison = compare(field, b)
    assert found(comparison) == {"merged": 1, "matched": 4}
    assert sorted(row(comparison, "merged")["labels_a"].tolist()) == [5, 6]
    assert comparison.agreement.foreground_iou == 1
    assert comparison.agreement.adjusted_rand_index < 1
    assert comparison.agreement.variation_of_information > 0


def test_a_chain_of_merges_is_one_group() -> None:
    a, b = np.zeros((4, 30), int), np.zeros((4, 30), int)
    a[:, 0:6], a[:, 6:14], a[:, 14:20] = 1, 2, 3
    b[:, 0:10], b[:, 10:20] = 8, 9
    comparison = compare(a, b)
    assert found(comparison) == {"merged": 1}
    merged = row(comparison, "merged")
    assert sorted(merged["labels_a"].tolist()) == [1, 2, 3]
    assert sorted(merged["labels_b"].tolist()) == [8, 9]
    assert found(compare(b, a)) == {"split": 1}


def test_two_sources_divided_otherwise_are_one_row_that_is_not_in_full_agreement() -> None:
    a, b = np.zeros((2, 16), int), np.zeros((2, 16), int)
    a[:, :12], a[:, 12:] = 1, 2
    b[:, :4], b[:, 4:] = 1, 2
    comparison = compare(a, b)
    assert found(comparison) == {"matched": 1}
    assert (comparison.table["n_a"][0], comparison.table["n_b"][0]) == (2, 2)
    assert comparison.table["iou"][0] == 0.5
    assert np.count_nonzero(comparison.difference_map == DifferenceClass.DIVIDED) == 16


def test_sources_that_touch_are_not_confused(field: Labels) -> None:
    b = field.copy()
    b[30:40, 58:60] = 5
    comparison = compare(field, b)
    assert found(comparison) == {"grown": 1, "shrunk": 1, "matched": 4}
    assert row(comparison, "grown")["labels_a"].tolist() == [5]
    assert np.count_nonzero(comparison.difference_map == DifferenceClass.DIVIDED) == 20


@pytest.mark.parametrize(("one", "other"), [("grown", "shrunk"), ("shrunk", "grown")])
def test_a_source_grown_by_one_pixel_all_round_is_grown(
    field: Labels, one: str, other: str
) -> None:
    grown = np.where(binary_dilation(field == 1), 1, field)
    sides = (field, grown) if one == "grown" else (grown, field)
    comparison = compare(*sides)
    assert found(comparison) == {one: 1, "matched": 5}
    assert other not in found(comparison)


def test_one_more_pixel_is_enough_to_have_grown(field: Labels) -> None:
    b = field.copy()
    b[15, 5] = 1
    assert found(compare(field, b)) == {"grown": 1, "matched": 5}


def test_two_empty_maps_agree() -> None:
    empty = np.zeros((7, 9), np.int32)
    comparison = compare(empty, empty)
    assert comparison.counts == dict.fromkeys(KINDS, 0)
    assert len(comparison.table) == 0
    assert comparison.agreement.foreground_iou == 1
    assert not comparison.relabelled_b.any()


def test_against_an_empty_map_everything_is_lost(field: Labels) -> None:
    comparison = compare(field, np.zeros_like(field))
    assert found(comparison) == {"lost": 6}
    assert comparison.agreement.foreground_iou == 0
    assert np.isnan(comparison.agreement.adjusted_rand_index)
    assert np.isnan(comparison.agreement.variation_of_information)


def test_one_source_that_fills_the_map() -> None:
    comparison = compare(np.full((5, 4), 9), np.full((5, 4), 2))
    assert found(comparison) == {"matched": 1}
    assert comparison.agreement.adjusted_rand_index == 1


def test_a_map_without_pixels_has_no_sources() -> None:
    comparison = compare(np.zeros((0, 5), int), np.zeros((0, 5), int))
    assert found(comparison) == {}
    assert comparison.difference_map.shape == (0, 5)


@pytest.mark.parametrize("offset", [2**24, 2**31, 2**53, 2**62])
def test_large_and_sparse_labels_are_kept_exactly(field: Labels, offset: int) -> None:
    a = np.where(field > 0, field.astype(np.int64) * 3 + offset, 0)
    b = np.where(field == 2, 0, field)
    b[50:55, 70:76] = 77
    comparison = compare(a, b)
    assert found(comparison) == {"new": 1, "lost": 1, "matched": 5}
    matched = np.isin(field, [1, 3, 4, 5, 6])
    np.testing.assert_array_equal(comparison.relabelled_b[matched], a[matched])
    assert comparison.relabelled_b.dtype == (np.int32 if offset < 2**31 else np.int64)
    assert comparison.relabelled_b[52, 72] == offset + 6 * 3 + 1


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "uint64", ">i4", ">i8"])
def test_every_integer_type_will_do(field: Labels, dtype: str) -> None:
    assert found(compare(field.astype(dtype), field)) == {"matched": 6}


def test_sources_that_only_b_has_are_numbered_in_the_order_of_their_first_pixels() -> None:
    a = np.zeros((6, 6), int)
    a[0, 0] = 50
    b = np.zeros((6, 6), int)
    b[5, 0:2], b[2, 3:5], b[3, 0] = 1, 9, 4
    relabelled = compare(a, b).relabelled_b
    assert [relabelled[2, 3], relabelled[3, 0], relabelled[5, 0]] == [51, 52, 53]


def test_a_label_above_which_no_number_is_left_is_refused() -> None:
    a = np.array([[np.iinfo(np.int64).max, 0, 0]])
    comparison = compare(a, np.array([[0, 0, 1]]))
    with pytest.raises(ComparisonError, match="renumber map a"):
        _ = comparison.relabelled_b


def test_of_equal_candidates_the_first_in_the_image_is_matched_whatever_its_number() -> None:
    a = np.array([[1, 1, 1, 1]])
    for left, right in ((5, 8), (8, 5)):
        b = np.array([[left, left, right, right]])
        assert compare(a, b).relabelled_b.tolist() == [[1, 1, 2, 2]]
        assert compare(b, a).relabelled_b.tolist() == [[left] * 4]


def test_maps_changed_after_they_were_compared_are_noticed(field: Labels) -> None:
    b = field.copy()
    comparison = compare(field, b)
    b[0, 0] = 1234
    with pytest.raises(ComparisonError, match=r"map b holds label 1234.*compare again"):
        _ = comparison.difference_map
    with pytest.raises(ComparisonError, match=r"map b holds label 1234.*compare again"):
        _ = comparison.relabelled_b


def test_the_maps_given_are_not_changed(field: Labels) -> None:
    a, b = field.copy(), np.where(field == 2, 0, field)
    kept = a.copy(), b.copy()
    for array in (a, b):
        array.flags.writeable = False
    comparison = compare(a, b)
    assert comparison.difference_map.any()
    assert comparison.relabelled_b.any()
    np.testing.assert_array_equal(a, kept[0])
    np.testing.assert_array_equal(b, kept[1])
