"""The catalogue of a survey on disk: found by the run of its detection."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyseg import Data
from skyseg.survey import cat_found, forced_found
from skyseg.survey.cat_found import find_cat_of


@pytest.fixture
def data(three_bands: Path) -> Data:
    found = Data.from_survey_version("JOF", "v1", data_dir=three_bands / "data")
    found.perform_forced_phot("F444W", progress=False)
    found.make_cat("F444W")
    return found


def test_a_catalogue_that_is_damaged_or_gone_meanwhile_is_none(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    products, path = data["F444W"].products, data.phot_cat_path
    assert products is not None
    assert path is not None
    bands, run_id = list(data), products.run_id
    found = find_cat_of(bands, run_id)
    assert found is not None
    assert list(found.runs) == ["F115W", "F200W", "F444W"]
    assert find_cat_of(bands, "of another run") is None
    whole = path.read_bytes()
    in_table = whole[:-2880] + bytes([whole[-2880] ^ 1]) + whole[-2879:]
    for damaged in (whole[:-2880], in_table, whole.replace(b"B1RUN ", b"B1RUM ")):
        path.write_bytes(damaged)
        assert find_cat_of(bands, run_id) is None
    path.write_bytes(whole)
    read = cat_found.read_header

    def read_and_remove(of: Path) -> object:
        header = read(of)
        of.unlink()
        return header

    monkeypatch.setattr(cat_found, "read_header", read_and_remove)
    assert find_cat_of(bands, run_id) is None


def test_a_catalogue_of_a_band_that_goes_meanwhile_is_no_error(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    products, read = data["F444W"].products, forced_found.read_header
    assert products is not None

    def read_and_remove(of: Path) -> object:
        header = read(of)
        of.unlink()
        return header

    monkeypatch.setattr(forced_found, "read_header", read_and_remove)
    gone = forced_found.find_forced_of(data["F115W"], products.run_id)
    assert gone is not None
    assert not gone.exists()
