"""``skyseg edits``: journals shown, done to maps, checked and compared."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skyseg import BandData, Edits
from skyseg.cli import main

UDS = "jwst/UDS-B/NIRCam/v1/40mas"


@pytest.fixture
def journal(imaging_dir: Path, tmp_path: Path) -> Path:
    stem = imaging_dir / UDS / "uds-b-f444w"
    band = BandData.from_files(f"{stem}_sci.fits", wht=f"{stem}_wht.fits", work_dir=tmp_path / "a")
    band.segment()
    edits = Edits(band, path=tmp_path / "edits.json", who="ada")
    numbers = np.asarray(band.load_cat()["NUMBER"]).tolist()
    edits.merge(numbers[:2], why="one galaxy")
    edits.mark(numbers[5], "star")
    return tmp_path / "edits.json"


def test_a_journal_is_shown_with_who_and_why(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["edits", "show", str(journal)]) == 0
    shown = capsys.readouterr().out
    for word in ("ada", "one galaxy", "merge", "star", "F444W"):
        assert word in shown
    assert main(["edits", "show", str(journal), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "skyseg edits"


def test_a_journal_is_done_to_the_map_of_a_band_and_loaded_then(
    journal: Path, imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--band", "F444W", "--data-dir", str(imaging_dir)]
    where += ["--out", str(tmp_path / "out"), "--journal", str(journal)]
    assert main(["edits", "apply", *where, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["made"]
    assert told["seg_path"].endswith("_edited_seg.fits")
    assert main(["edits", "apply", *where]) == 0
    assert f"{told['n_sources']} sources, loaded" in capsys.readouterr().out


def test_what_edits_come_to_on_another_band_is_told_and_a_conflict_is_an_exit_code(
    journal: Path, imaging_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "out")]
    check = ["edits", "check", *where, "--journal", str(journal)]
    assert main([*check, "--band", "F444W"]) == 0
    assert "2 applied, 0 changed, 0 conflict" in capsys.readouterr().out
    code = main([*check, "--band", "F115W", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert [each["what"].split()[0] for each in told["edits"]] == ["merge", "mark"]
    assert code == (6 if told["conflict"] else 0)
    assert main([*check]) == 2
    assert "--band" in capsys.readouterr().err


def test_edits_in_one_of_two_journals_are_listed(
    journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    content = json.loads(journal.read_text())
    content["operations"] = content["operations"][:1]
    other.write_text(json.dumps(content))
    assert main(["edits", "diff", str(journal), str(other), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["common"] == 1
    assert [(each["in"], each["edit"]) for each in told["alone"]] == [("a", 2)]
    assert main(["edits", "diff", str(journal), str(journal)]) == 0
    assert "2 edits in both, 0 in one" in capsys.readouterr().out


def test_what_a_journal_says_cannot_break_the_table(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads(journal.read_text())
    content["operations"][0]["why"] = "one\ngalaxy\x1b[31m"
    journal.write_text(json.dumps(content))
    assert main(["edits", "show", str(journal)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert any("merge" in line and "one galaxy" in line for line in shown.splitlines())
