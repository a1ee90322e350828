"""What a shell offers to complete: values as well as names of options."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from skyseg.cli.program import app
from skyseg.samples import make_survey

PROGRAM = "from skyseg.cli import run; run()"
SHELLS = ("bash", "zsh", "fish")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("complete")
    bands = ["F115W", "F444W"]
    make_survey(folder, survey="JOF", version="v11", bands=bands, shape=(32, 32), n_sources=1)
    make_survey(folder, survey="GLASS", version="v9", bands=["F200W"], shape=(32, 32), n_sources=1)
    return folder


def complete(shell: str, typed: str, data: Path) -> list[str]:
    """Ask as the scripts of the shells do, by the protocol of typer."""
    words = typed.split(" ")
    environment = {
        **os.environ,
        "SKYSEG_DATA_DIR": str(data),
        "_SKYSEG_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment, capture_output=True, text=True, check=False, cwd=data,
    )  # fmt: skip
    assert done.stderr == ""
    if shell == "zsh":
        lines = done.stdout.partition("((")[2].rpartition("))")[0].splitlines()
        found = [line.strip().strip('"').partition('":"')[0] for line in lines]
        if not found:  # names without help
            plain = done.stdout.partition("_arguments '*: :(")[2].rpartition(")'")[0]
            found = [each.strip('"') for each in plain.split()]
        return [each.replace("\\", "") for each in found]
    return [line.split("\t")[0] for line in done.stdout.splitlines() if line]


OFFERED = [
    ("skyseg segment --method s", ["sep", "sextractor", "skyseg"]),
    ("skyseg segment --parameters cr", ["crowded"]),
    ("skyseg parameters gr", ["grizli"]),
    ("skyseg segment --err-type ", ["rms_err", "wht", "none"]),
    ("skyseg segment J", ["JOF"]),
    ("skyseg segment JOF ", ["v11"]),
    ("skyseg segment JOF v11 --band ", ["F115W", "F444W"]),
    ("skyseg segment JOF v11 --instrument ", ["NIRCam"]),
    ("skyseg segment JOF v11 --method sep --band F1", ["F115W"]),
    ("skyseg plot JOF v11 --ext S", ["SEG", "SCI"]),
    ("skyseg plot JOF v11 --cmap viridi", ["viridis", "viridis_r"]),
    ("skyseg info JOF ", ["v11"]),
    ("skyseg verify GL", ["GLASS"]),
    ("skyseg verify JOF v11 --band F4", ["F444W"]),
    ("skyseg parameters --format ", ["sex", "toml"]),
    ("skyseg phot J", ["JOF"]),
    ("skyseg depths JOF ", ["v11"]),
    ("skyseg phot JOF v11 --detect F1", ["F115W"]),
    ("skyseg phot JOF v11 --detect F115W --detect-parameters dee", ["deep"]),
    ("skyseg depths JOF v11 --detect F115W --detect-method photu", ["photutils"]),
    ("skyseg depths JOF v11 --detect-err-type w", ["wht"]),
    ("skyseg pipeline JOF v11 --detect F115W+F4", ["F115W+F444W"]),
    ("skyseg segment JOF v11 --band F115W+F", ["F115W+F444W"]),
    ("skyseg stack JOF v11 F4", ["F444W"]),
    ("skyseg stack JOF v11 F115W+F444W --method chi", ["chi", "chi_mean"]),
    ("skyseg stack JOF v11 F115W+F444W --err-type w", ["wht"]),
    ("skyseg mask JOF v11 --method a", ["auto"]),
    ("skyseg segment JOF v11 --mask --exclude S", ["STAR", "SPIKE"]),
    ("skyseg rm JOF v11 --parameters cr", ["crowded"]),
    ("skyseg sample data --band F47", ["F470N"]),
]


@pytest.mark.parametrize(("typed", "offered"), OFFERED)
def test_values_are_offered(typed: str, offered: list[str], data: Path) -> None:
    assert complete("bash", typed, data) == offered


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """All commands of the program, those of groups too."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for each, inner in command.commands.items():
        yield from commands(inner, f"{name} {each}")


def test_every_argument_whose_values_are_known_offers_them() -> None:
    known = {"SURVEY", "VERSION", "BAND", "BANDS", "SET", "BIT"}
    silent = [
        f"{name} {parameter.opts[0]}"
        for name, command in commands(get_command(app), "skyseg")
        for parameter in command.params
        if parameter.metavar is not None
        and (parameter.metavar.strip("[]") in known or "|" in parameter.metavar)
        and parameter._custom_shell_complete is None
    ]
    assert silent == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_values_are_offered_in_every_shell(shell: str, data: Path) -> None:
    for typed, offered in (OFFERED[3], OFFERED[6]):
        assert complete(shell, typed, data) == offered


@pytest.mark.parametrize(
    "typed",
    ["skyseg segment none v11 --band ", "skyseg segment JOF v11 --version-to-dir x --band "],
)
def test_where_nothing_fits_nothing_is_offered_or_said(typed: str, data: Path) -> None:
    assert complete("bash", typed, data) == []


def test_files_are_offered_where_a_survey_or_a_file_may_stand(data: Path) -> None:
    assert complete("bash", "skyseg info tr", data) == ["truth/"]
    (name,) = complete("bash", "skyseg verify truth/JOF/v11/JOF_nircam_f115w_v11_truth_s", data)
    assert name.endswith("truth_seg.fits")


def make_script(shell: str, folder: Path) -> Path:
    """Write what a person sources, and a program that it calls."""
    environment = {**os.environ, "_SKYSEG_COMPLETE": f"source_{shell}"}
    command = [sys.executable, "-c", PROGRAM]
    script = subprocess.run(command, env=environment, capture_output=True, check=False).stdout
    (folder / "script").write_bytes(script)
    program = folder / "skyseg"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{PROGRAM}'\n")
    program.chmod(0o755)
    return folder / "script"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_is_one_that_it_can_read(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", make_script(shell, tmp_path)], check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_itself_completes_a_band(data: Path, tmp_path: Path) -> None:
    asked = (
        f"source {make_script('bash', tmp_path)}; "
        "COMP_WORDS=(skyseg segment JOF v11 --band F1); COMP_CWORD=5; "
        f'_skyseg_completion {tmp_path / "skyseg"}; echo "${{COMPREPLY[@]}}"'
    )
    environment = {**os.environ, "SKYSEG_DATA_DIR": str(data)}
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["F115W"]
