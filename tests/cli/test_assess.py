"""``skyseg assess``: how pure the catalogues of bands are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from astropy.table import Table

from skyseg.cli import main


def test_the_purity_of_bands_is_printed_and_saved(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["assess", *where, "--band", "F444W"]
    saved = [tmp_path / "purity.csv", tmp_path / "purity.fits"]
    assert main([*asked, "--json", "--save", str(saved[0])]) == 0
    (band,) = json.loads(capsys.readouterr().out)["bands"]
    assert band["band"] == "F444W"
    assert band["purity"] > 0.5
    assert sum(each["n_positive"] for each in band["by_area"]) == band["n_positive"] > 0
    assert main([*asked, "--save", str(saved[1])]) == 0
    shown = capsys.readouterr().out
    assert "+-" in shown
    assert str(band["n_positive"]) in shown
    for file in saved:
        table = Table.read(file)
        assert set(table["BY"]) == {"snr", "mag", "area"}
        by_area = table[table["BY"] == "area"]
        assert by_area["N_POSITIVE"].sum() == band["n_positive"]
    assert main([*asked, "--save", str(saved[0])]) == 6
    assert "purity.csv" in capsys.readouterr().err
    assert main([*asked, "--save", str(tmp_path / "purity.reg")]) == 2
    assert "--save is" in capsys.readouterr().err


def test_a_band_that_fails_is_named_beside_the_purity_of_others(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    assert main(["assess", *where, "--err-type", "rms_err", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [each["band"] for each in told["bands"]] == ["F115W"]
    assert [each["band"] for each in told["failed"]] == ["F444W"]
