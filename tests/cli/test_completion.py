"""What a shell offers to complete."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("skyseg segment --method s", ["sep", "sextractor", "skyseg"]),
        ("skyseg segment --parameters cr", ["crowded"]),
        ("skyseg parameters gr", ["grizli"]),
    ],
)
def test_names_are_offered(typed: str, offered: list[str]) -> None:
    environment = {
        **os.environ,
        "_SKYSEG_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from skyseg.cli import run; run()"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == offered
