"""``skyseg depths``: how deep bands are, off the sources of one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skyseg.cli import main


def test_depths_are_measured_then_loaded(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    assert main(["depths", *where, "--detect", "F444W", "--aper-diams", "0.32,0.5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["band"] for each in told["bands"]] == ["F115W", "F444W"]
    assert all(Path(each["depths_path"]).is_file() for each in told["bands"])
    small, large = told["bands"][0]["apertures"]
    assert small["depth"] > large["depth"] > 20
    assert small["n_aper"] > large["n_aper"] > 100
    assert main(["depths", *where, "--detect", "F444W", "--aper-diams", "0.32,0.5"]) == 0
    shown = capsys.readouterr().out
    assert "0.32 arcsec" in shown
    assert "loaded" in shown
    assert main(["depths", *where, "--n-nearest", "1"]) == 2
    assert "--n-nearest is 1" in capsys.readouterr().err


def test_a_band_that_fails_is_named_and_sets_the_exit_code(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    asked = ["--detect", "F115W", "--err-type", "rms_err", "--json"]
    assert main(["depths", *where, *asked]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [each["band"] for each in told["bands"]] == ["F115W"]
    assert [each["band"] for each in told["failed"]] == ["F444W"]


def test_each_band_may_be_segmented_otherwise_for_its_depths(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path)]
    asked = ["depths", *where, "--band", "F444W", "--aper-diams", "0.32", "--json"]
    numbers = []
    for parameters in ("default", "deep"):
        assert main([*asked, "--detect-parameters", parameters]) == 0
        (told,) = json.loads(capsys.readouterr().out)["bands"]
        assert ("_deep_" in told["depths_path"]) is (parameters == "deep")
        numbers.append(told["apertures"][0]["n_aper"])
    assert numbers[1] < numbers[0]
