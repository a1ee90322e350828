"""What a shell offers to complete: values as well as names of options."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
]


@pytest.mark.parametrize(("typed", "offered"), OFFERED)
def test_values_are_offered(typed: str, offered: list[str], data: Path) -> None:
    assert complete("bash", typed, data) == offered


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
