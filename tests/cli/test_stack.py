"""Stacks from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from skyseg.cli import main


@pytest.fixture
def uds(imaging_dir: Path, tmp_path: Path) -> list[str]:
    return ["UDS-B", "v1", "--data-dir", str(imaging_dir), "--out", str(tmp_path / "w")]


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_stack_is_made_and_told(uds: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    survey, version, *rest = uds
    made = _run(capsys, "stack", survey, version, "f444w+f115w", *rest, "--method", "chi_mean")
    assert (made["band"], made["members"]) == ("F115W+F444W_CHI_MEAN", ["F115W", "F444W"])
    assert fits.getheader(made["stack_path"], "SCI")["STACKBY"] == "chi_mean"
    assert main(["stack", survey, version, "F115W+F444W", *rest]) == 0
    said = capsys.readouterr().out
    assert "F115W+F444W" in said and "ivw" in said


def test_the_command_says_whether_a_stack_was_made_or_loaded(
    uds: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    survey, version, *rest = uds
    asked = ["stack", survey, version, "F115W+F444W", *rest]
    for options, made in ([], True), ([], False), (["--overwrite"], True):
        assert _run(capsys, *asked, *options)["made"] is made
    assert main(asked) == 0
    head, _, row, *_ = capsys.readouterr().out.splitlines()
    assert (head.split()[-1], row.split()[-1]) == ("STACK", "loaded")


def test_segment_makes_a_stack_that_is_missing(
    uds: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = _run(capsys, "segment", *uds, "--band", "F115W+F444W")["bands"]
    assert [(each["band"], each["made"]) for each in made] == [("F115W+F444W", True)]
    assert list((tmp_path / "w/stacks").rglob("*_stack.fits"))
    loaded = _run(capsys, "segment", *uds, "--band", "F115W+F444W")["bands"]
    assert (loaded[0]["made"], loaded[0]["n_sources"]) == (False, made[0]["n_sources"])


@pytest.mark.parametrize(
    ("bands", "options", "said", "code"),
    [
        ("F115W", [], "two or more bands", 2),
        ("F115W+F999W", [], "has no band 'F999W'", 3),
        ("F115W+F444W", ["--method", "mean"], "--method is 'mean'", 2),
        ("F115W+F444W", ["--err-type", "none"], "--err-type is 'none'", 2),
    ],
)
def test_what_makes_no_stack_is_told_in_words_of_the_shell(
    uds: list[str],
    bands: str,
    options: list[str],
    said: str,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    survey, version, *rest = uds
    assert main(["stack", survey, version, bands, *rest, *options]) == code
    assert said in capsys.readouterr().err
