"""Two surveys are compared band by band."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from skyseg import BandData, Data, compare
from skyseg.errors import ComparisonError, ParameterError
from skyseg.samples import make_survey


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("surveys")
    make_survey(folder, bands=["F115W", "F444W"], shape=(120, 140), n_sources=30, seed=4)
    return folder


def _open(archive: Path) -> Data:
    return Data.from_survey_version("sample", "v1", data_dir=archive)


def test_all_bands_of_two_surveys_are_compared(archive: Path) -> None:
    found = compare(
        (_open(archive), {"err_type": "rms_err"}), (_open(archive), {"err_type": "wht"})
    )
    band = _open(archive)["F444W"]
    assert list(found) == ["F115W", "F444W"]
    assert found["F444W"].counts == band.difference("rms_err", "wht").counts
    same = compare(_open(archive), _open(archive))
    assert all(set(np.asarray(each.table["kind"])) == {"matched"} for each in same.values())


def test_a_band_that_one_survey_has_alone_is_told(
    archive: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "skyseg"):
        found = compare(_open(archive), _open(archive)[["F444W"]])
    assert list(found) == ["F444W"]
    assert "F115W: left out, for only one side has it" in caplog.text


def test_what_is_no_pair_of_surveys_is_refused(archive: Path) -> None:
    data = _open(archive)
    with pytest.raises(ComparisonError, match="give two surveys, or one band of it"):
        compare(data, data["F444W"])
    with pytest.raises(ComparisonError, match="no band in common"):
        compare(data[["F115W"]], data[["F444W"]])
    with pytest.raises(ParameterError, match="sci is of one map"):
        compare(data, data, sci=np.ones((3, 3)))
    assert isinstance(data[0], BandData)
