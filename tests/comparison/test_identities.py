"""Numbers and names of sources that stay from run to run."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from skyseg.comparison.identities import match_ids, name_by_position
from skyseg.errors import ComparisonError, ParameterError


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


def test_names_are_cut_at_the_cell_and_never_carry() -> None:
    places = SkyCoord([359.9999999, 53.1, 10.0], [-0.0001, 89.99999999, -5.5], unit="deg")
    assert name_by_position(places).tolist() == [
        "J235959.99-000000.3", "J033224.00+895959.9", "J004000.00-053000.0",
    ]  # fmt: skip
