"""Programs of others end with the process that runs them, and leave no folder behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from skyseg.methods._children import run_child, scratch_folder

_RUN = """
import sys
from pathlib import Path
from skyseg.methods._children import run_child, scratch_folder
with scratch_folder() as folder:
    run_child(["/bin/sh", "-c", f"echo $$ $PPID {folder} > new; mv new pids; exec sleep 600"],
              Path(sys.argv[1]))
"""


def wait_until(happened: Callable[[], bool], limit: float = 60.0) -> None:
    end = time.monotonic() + limit
    while not happened():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    """Whether a process runs, and is no mere entry that its parent has not read."""
    answer = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return bool(answer.stdout.strip()) and not answer.stdout.startswith("Z")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return place


def begin(tmp_path: Path) -> tuple[subprocess.Popen[bytes], list[int], Path]:
    """Start a process that runs a program; it, the numbers of program and guard, the folder."""
    process = subprocess.Popen([sys.executable, "-c", _RUN, tmp_path], stderr=subprocess.DEVNULL)
    wait_until((tmp_path / "pids").exists)
    program, guard, folder = (tmp_path / "pids").read_text().split()
    return process, [int(program), int(guard)], Path(folder)


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_ends_with_the_process_that_runs_it(
    tmp_path: Path, temporary: Path, kind: signal.Signals
) -> None:
    process, pids, folder = begin(tmp_path)
    assert folder.is_dir()
    process.send_signal(kind)
    assert process.wait() != 0
    for pid in pids:
        wait_until(lambda pid=pid: not is_running(pid))  # type: ignore[misc]
    assert folder.exists() == (kind != signal.SIGINT)


def test_a_program_ends_with_what_guards_it(tmp_path: Path, temporary: Path) -> None:
    process, (program, guard), folder = begin(tmp_path)
    os.kill(guard, signal.SIGTERM)
    assert process.wait() == 0
    assert not is_running(program)
    assert not folder.exists()


def test_what_a_program_says_and_its_status_come_back(tmp_path: Path) -> None:
    script = "cat; pwd; echo $LC_ALL >&2; exit 3"
    done = run_child(["/bin/sh", "-c", script], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (3, f"{tmp_path}\n", "C\n")
    assert run_child(["/bin/sh", "-c", "kill -9 $$"], tmp_path).returncode == 137
    absent = run_child([str(tmp_path / "absent")], tmp_path)
    assert absent.returncode == 126 and "cannot be started (No such file" in absent.stderr


def test_folders_of_killed_processes_are_swept_and_no_others(
    tmp_path: Path, temporary: Path
) -> None:
    process, _, folder = begin(tmp_path)
    of_a_person = temporary / "skyseg-scratch-mine"
    of_a_person.mkdir()
    for each in (folder, of_a_person):
        _make_old(each)
    with scratch_folder() as own:
        assert folder.is_dir()
        process.kill()
        process.wait()
        _make_old(own)
        with scratch_folder():
            assert not folder.exists()
            assert own.is_dir() and of_a_person.is_dir()
    assert sorted(temporary.iterdir()) == [of_a_person]


def _make_old(folder: Path) -> None:
    for path in (folder, *folder.iterdir()):
        os.utime(path, (0, 0))
