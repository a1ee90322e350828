"""What a shell offers to complete."""

from __future__ import annotations

import os
import subprocess
import sys


def test_methods_are_offered_by_name() -> None:
    environment = {
        **os.environ,
        "_SKYSEG_COMPLETE": "complete_bash",
        "COMP_WORDS": "skyseg segment --method s",
        "COMP_CWORD": "3",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from skyseg.cli import run; run()"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["sep", "sextractor", "skyseg"]
