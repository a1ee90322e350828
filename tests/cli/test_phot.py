"""``skyseg phot``: the sources of one band measured in all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skyseg.cli import main


def test_phot_measures_the_sources_of_one_band_in_all(
    imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    assert main(["phot", *where, "--detect", "F444W", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["band"] for each in told["bands"]] == ["F115W", "F444W"]
    assert all(each["made"] and each["detection"] == "F444W" for each in told["bands"])
    assert {each["n_sources"] for each in told["bands"]} == {42}
    assert all(Path(each["forced_phot_path"]).is_file() for each in told["bands"])
    assert main(["phot", *where, "--detect", "F444W", "--band", "F115W"]) == 0
    shown = capsys.readouterr().out
    assert "F115W" in shown
    assert "loaded" in shown
    assert len([line for line in shown.splitlines() if "NIRCam" not in line]) < 5


def test_a_band_that_fails_is_named_and_sets_the_exit_code(
    half_archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = half_archive / "jwst/UDS-B/NIRCam/v1/40mas"
    (folder / "uds-b-f444w_sci.fits").unlink()
    (folder / "uds-b-f444w_sci.fits").write_bytes(b"no image")
    where = ["UDS-B", "v1", "--data-dir", str(half_archive), "--out", str(tmp_path / "out")]
    assert main(["phot", *where, "--detect", "F115W", "--json"]) == 4
    told = capsys.readouterr()
    assert [each["band"] for each in json.loads(told.out)["failed"]] == ["F444W"]
    assert main(["phot", *where, "--detect", "F444W"]) == 4
