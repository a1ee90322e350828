"""Work goes on where a user has switched bars off."""

import os
import subprocess
import sys

TOLD = """
from skyseg.survey.progress import follow
with follow(True) as tell:
    tell(0.5, "detecting")
    tell(1.0, "measuring")
"""


def test_work_is_told_of_where_bars_are_switched_off() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOLD],
        capture_output=True, text=True, env=os.environ | {"TQDM_DISABLE": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
