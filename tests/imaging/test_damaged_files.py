"""The short form of `python chaos/files.py`: damaged files through the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_CAMPAIGN = Path(__file__).parents[2] / "chaos" / "files.py"


def test_a_hundred_damaged_files_crash_hold_and_deceive_nobody() -> None:
    ended = subprocess.run(
        [sys.executable, _CAMPAIGN, "--number", "100"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "100 files" in ended.stdout
