"""Numbers and names of sources that stay from run to run."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from skyseg.comparison.identities import match_ids, name_by_position
from skyseg.errors import ComparisonError, ParameterError
from skyseg.imaging.sky_names import name_sources


def make_maps() -> tuple[np.ndarray, np.ndarray]:
    before, after = np.zeros((2, 30, 60), np.int32)
    before[2:8, 2:10], before[2:8, 20:32] = 7, 4
    before[15:20, 2:8], before[15:20, 9:16] = 9, 2
    before[15:20, 30:34] = 30
    after[2:8, 2:10] = 1
    after[2:8, 20:27], after[2:8, 27:32] = 2, 3
    after[15:20, 2:16] = 4
    after[25:28, 40:44] = 5
    return before, after


def test_a_source_that_matches_has_its_former_number_and_others_new_ones() -> None:
    before, after = make_maps()
    found = match_ids(after, before)
    assert found.labels[4, 4] == 7
    assert found.labels[4, 22] == 4
    assert found.labels[4, 30] > 30
    assert np.array_equal(found.labels > 0, after > 0)
    assert sorted(np.unique(found.labels[found.labels > 0])) == found.number.tolist()
    for number, was in zip(found.number, found.was, strict=True):
        assert np.array_equal(found.labels == number, after == was)
    assert np.array_equal(match_ids(before, before).labels, before)


def test_splits_and_merges_are_in_the_history() -> None:
    before, after = make_maps()
    history = match_ids(after, before).history
    told = {row["kind"]: (row["before"], row["after"]) for row in history}
    assert told["split"][0] == "4"
    assert told["split"][1].split()[0] == "4"
    assert told["merged"][0] == "2 9"
    assert told["lost"] == ("30", "")
    assert told["new"][0] == ""
    assert len(history) == 4


def test_sources_that_are_parted_otherwise_into_as_many_are_in_the_history() -> None:
    before, after = np.zeros((2, 1, 14), np.int32)
    before[:, :10], before[:, 10:] = 1, 2
    after[:, :2], after[:, 2:] = 1, 2
    found = match_ids(after, before)
    (row,) = found.history
    assert (row["kind"], row["before"]) == ("divided", "1 2")
    assert tuple(map(int, row["after"].split())) == (1, 3)
    assert found.follow(2) == (1, 3)


def test_a_source_is_followed_through_runs_and_no_number_is_given_twice() -> None:
    def bars(*widths: tuple[int, int]) -> np.ndarray:
        labels = np.zeros((6, 60), np.int32)
        for number, (first, last) in enumerate(widths, start=1):
            labels[1:5, first:last] = number
        return labels

    runs = [
        bars((0, 20), (30, 40), (50, 54)),  # 1, 2, 3
        bars((0, 12), (12, 20), (30, 40)),  # 1 is 1 and 4; 3 is lost
        bars((0, 12), (12, 40), (50, 54)),  # 4 and 2 are one; what is there is new
        bars((0, 5), (5, 12), (12, 40)),
    ]
    found = match_ids(runs[1], runs[0])
    third = match_ids(runs[2], found)
    fourth = match_ids(runs[3], third)
    assert found.follow(1) == (1, 4)
    merged = int(third.labels[2, 35])
    assert merged in (2, 4)
    assert third.follow(1) == tuple(sorted({1, merged}))
    assert third.follow(2) == third.follow(4) == (merged,)
    assert third.follow(3) == ()
    assert third.labels[2, 51] == 5
    assert fourth.follow(5) == ()
    assert len(fourth.follow(1)) == 3
    assert set(np.unique(fourth.labels[2, :40])) == set(fourth.follow(1))
    assert fourth.labels.max() == 6
    assert fourth.history["run"].tolist() == sorted(fourth.history["run"].tolist())
    assert set(fourth.history["run"]) == {1, 2, 3}
    with pytest.raises(ParameterError, match="77 is no source of any run"):
        fourth.follow(77)


def test_names_stay_with_the_source_though_its_position_moves() -> None:
    def cat(numbers: list[int], ra: list[float]) -> QTable:
        return QTable({
            "NUMBER": numbers, "ALPHA_J2000": ra * u.deg, "DELTA_J2000": [-27.8] * len(ra) * u.deg,
        })  # fmt: skip

    before, after = make_maps()
    found = match_ids(after, before)
    first = cat([2, 4, 7, 9, 30], [10.0, 11.0, 12.0, 13.0, 14.0])
    second = cat([1, 2, 3, 4, 5], [12.00001, 11.1, 11.2, 10.5, 12.0])
    named = found.rename(second, first)
    names = dict(zip(named["NUMBER"].tolist(), named["SKY_NAME"].tolist(), strict=True))
    assert names[7] == "J004800.00-274800.0"
    assert names[4] == "J004400.00-274800.0"
    last = int(found.number[found.was == 5][0])
    assert names[last] == "J004800.00-274800.0b", "two sources have one name"
    again = match_ids(after, found).rename(second, named)
    assert again["SKY_NAME"].tolist() == named["SKY_NAME"].tolist()
    assert "J004800.00-274800.0b" in found.rename(second, first)["SKY_NAME"]
    alone = found.rename(second)
    assert set(alone["SKY_NAME"]) >= {"J004800.00-274800.0", "J004424.00-274800.0"}
    assert "SKY_NAME" not in found.rename(QTable({"NUMBER": [1]})).colnames


def test_a_catalogue_takes_the_numbers() -> None:
    before, after = make_maps()
    found = match_ids(after, before)
    cat = QTable({"NUMBER": np.arange(1, 6), "FLUX_AUTO": np.arange(5.0)})
    named = found.rename(cat)
    assert named["NUMBER"].tolist() == found.number.tolist()
    assert named["FLUX_AUTO"][named["NUMBER"] == 7] == 0.0
    with pytest.raises(ParameterError, match="has source 6"):
        found.rename(QTable({"NUMBER": [6]}))
    with pytest.raises(ComparisonError, match="shapes"):
        match_ids(after, before[:5])


def test_a_position_that_is_not_known_has_no_name_and_names_last_beyond_the_alphabet() -> None:
    places = SkyCoord([np.nan] + [10.0] * 30, [1.0] * 31, unit="deg")
    names = name_sources(places)
    assert names[0] == ""
    assert len(set(names)) == 31
    assert (names[2][-1], names[26][-1], names[27][-2:]) == ("b", "z", "aa")


def test_names_are_cut_at_the_cell_and_never_carry() -> None:
    places = SkyCoord([359.9999999, 53.1, 10.0], [-0.0001, 89.99999999, -5.5], unit="deg")
    assert name_by_position(places).tolist() == [
        "J235959.99-000000.3", "J033224.00+895959.9", "J004000.00-053000.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "labels", [np.ones(5, int), np.ones((2, 2, 2), int), np.full((3, 3), np.nan), [["a"]], None]
)
def test_what_is_no_map_of_labels_has_no_ids(labels: object) -> None:
    with pytest.raises(ComparisonError, match="2-D map of labels"):
        match_ids(labels, labels)


def test_calls_on_matched_ids_that_make_no_sense_are_refused() -> None:
    found = match_ids(*make_maps())
    cat = QTable({"NUMBER": [int(found.was[0])], "ALPHA_J2000": [1.0], "DELTA_J2000": [1.0]})
    for call in (
        lambda: found.follow([7, 4]),
        lambda: found.rename(None),
        lambda: found.rename(QTable({"X": [1]})),
        lambda: found.rename(cat, 3),
        lambda: found.rename(cat, QTable({"NUMBER": [1]})),
    ):
        with pytest.raises(ParameterError):
            call()
