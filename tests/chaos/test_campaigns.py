"""The campaigns that `make chaos` runs at length, with a few trials of each."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def campaigns(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chaos", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_few_trials_of_each_campaign_break_no_promise() -> None:
    done = campaigns("--short", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("seed 1\n")
    assert "BROKEN" not in done.stdout


def test_a_campaign_that_is_not_there_is_refused_with_those_that_are() -> None:
    done = campaigns("kils")
    assert done.returncode == 2
    assert "there is no campaign kils; there are kills faults" in done.stderr


def test_a_promise_that_is_broken_shows_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT)
    from chaos.report import is_kept, table

    counts = Counter({"done": 7, "mixed": 2})
    assert not is_kept(counts, ("mixed", "hung"))
    assert is_kept(counts, ("hung",))
    assert [line.split() for line in table("kills", counts, ("mixed", "hung")).splitlines()] == [
        ["kills", "done", "7"],
        ["mixed", "2", "BROKEN"],
        ["hung", "0", "none,", "as", "promised"],
    ]


def test_every_call_that_concerns_a_folder_is_counted_and_one_can_be_met(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from chaos.file_calls import FileCalls

folder = Path({str(tmp_path)!r})
met = []
calls = FileCalls(str(folder), 3, lambda: met.append(calls.met))
(folder / "a").mkdir()
with (folder / "a" / "b").open("wb") as file:
    file.write(b"1234")
    file.flush()
    os.fsync(file.fileno())
(folder / "a" / "b").replace(folder / "c")
Path(os.devnull).read_bytes()
print(calls.count, met, (folder / "c").read_bytes())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    # mkdir, open, write, fsync, close, rename; of the write that is met, half comes before
    assert done.stdout == "6 ['write /a/b'] b'121234'\n"
