"""What the README shows of the shell is what a newcomer may type."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def _shell_block() -> str:
    text = README.read_text(encoding="utf-8").partition("## From a shell")[2]
    return text.partition("```sh\n")[2].partition("```")[0]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_every_line_of_the_shell_runs_as_written(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "skyseg"
    program.parent.mkdir()
    call = "import sys; from skyseg.cli import run; sys.exit(run())"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{call}" "$@"\n')
    program.chmod(0o755)
    lines = _shell_block()
    if shutil.which("source-extractor") is None and shutil.which("sex") is None:
        lines = re.sub(r"(?m)^skyseg parity.*\n", "", lines)
    assert lines.count("\nskyseg ") >= 12
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("SKYSEG_", "XDG_"))
    }
    place = tmp_path / "newcomer"
    place.mkdir()
    done = subprocess.run(
        ["bash", "--norc", "-ec", lines],
        env={
            **kept,
            "HOME": str(place),
            "PATH": f"{program.parent}{os.pathsep}{kept['PATH']}",
            "MPLBACKEND": "Agg",
        },
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert {"source.png", "difference.png", "sources.csv", "survey.sex"} <= {
        path.name for path in place.iterdir()
    }


def test_every_command_is_in_the_page_about_the_shell() -> None:
    import typer.main

    from skyseg.cli.program import app

    page = (README.parent / "docs" / "shell.md").read_text(encoding="utf-8")
    for name in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        assert f"`skyseg {name}" in page, name
