"""Whatever a number is, a run makes products or says in an error of skyseg why it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "chaos" / "values.py"


def test_no_value_of_a_number_crashes_a_run_or_hangs_it() -> None:
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--seed", "1", "--number", "60"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert "0 crashed, 0 hung, 0 another error" in done.stdout
