"""``skyseg pipeline``: planned, made, loaded, and its exit code where a band fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skyseg.cli import main


def test_a_survey_is_planned_made_and_loaded(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    asked = ["pipeline", *where, "--detect", "F444W"]
    assert main([*asked, "--plan"]) == 0
    assert "it is not there" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["state"] for each in told["steps"]} == {"made"}
    assert Path(told["phot_cat_path"]).is_file()
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert shown.count("loaded") == len(told["steps"])
    assert main([*asked, "--psf", "F444W"]) == 2
    assert "--psf is 'F444W'" in capsys.readouterr().err


def test_a_band_that_fails_is_named_and_sets_the_exit_code(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    asked = ["--detect", "F115W", "--err-type", "rms_err", "--json"]
    assert main(["pipeline", *where, *asked]) == 3
    told = json.loads(capsys.readouterr().out)
    states = {(each["step"], each["band"]): each["state"] for each in told["steps"]}
    assert states["phot", "F444W"] == "failed"
    assert states["phot", "F115W"] == states["catalogue", None] == "made"
    assert Path(told["phot_cat_path"]).is_file()
