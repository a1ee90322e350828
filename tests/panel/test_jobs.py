"""Work in another process: told, cancelled, failed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skyseg import Data
from skyseg.engine.types import Progress
from skyseg.errors import Advice, ImageError
from skyseg.panel.jobs import Done, Failed, Job, Message, Noted
from skyseg.panel.runs import segment_in_turn


def heard(job: Job, limit: float = 60.0) -> list[Message]:
    end = time.monotonic() + limit
    found: list[Message] = []
    while job.running and time.monotonic() < end:
        found += job.messages()
        time.sleep(0.01)
    return found + job.messages()


def wait_until(happened: Callable[[], object], limit: float = 60.0) -> None:
    end = time.monotonic() + limit
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError("it has not happened")
        time.sleep(0.005)


def _told_and_waiting(tell: Progress) -> None:
    tell(0.5, "half")
    time.sleep(600)


def _say_nothing(tell: Progress) -> None:
    pass


def test_what_was_told_before_a_cancel_is_heard_no_more() -> None:
    job = Job(_told_and_waiting)
    wait_until(lambda: not job._messages.empty())
    job.cancel()
    job.wait()
    assert not job.running
    assert job.messages() == []


def test_cancel_ends_the_process_and_leaves_no_half_product(imaging_dir: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    # more than a day of work
    job = Job(segment_in_turn, [(band, {"overwrite": True}) for band in data] * 100_000)
    wait_until(job.messages)
    job.cancel()
    job.wait()
    assert job.messages() == []
    fresh = Data.from_survey_version("UDS-B", "v1", data_dir=imaging_dir)
    fresh["F115W"].segment()
    assert fresh["F115W"].load_seg().any()


def broken(tell: Progress, kind: str) -> None:
    if kind == "ours":
        raise ImageError("a.fits is truncated", hint="copy it again")
    if kind == "gone":
        os._exit(3)
    raise KeyError("x")


def test_an_error_of_ours_is_told_with_its_fields() -> None:
    assert heard(Job(broken, "ours")) == [Failed(Advice("a.fits is truncated", "copy it again"))]


def test_a_process_that_has_done_its_work_ends_without_an_alarm(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for _ in range(3):
        job = Job(_say_nothing)
        assert job._process.wait() == 0
        job.wait()
    assert "Fatal" not in capfd.readouterr().err


def test_a_process_that_dies_is_told() -> None:
    assert heard(Job(broken, "gone")) == [
        Failed(Advice("the process that did the work ended with status 3", "run again"))
    ]


def test_a_bug_is_told_and_not_hidden() -> None:
    (message,) = heard(Job(broken, "bug"))
    assert isinstance(message, Failed)
    assert "KeyError" in message.advice.what


ADVICE = Advice("a.fits is foreign", "make it again with {overwrite}")


def talkative(tell: Progress, values: np.ndarray) -> float:
    sys.stdout.write("this goes to nobody\n")
    warnings.warn("the product is foreign", UserWarning, stacklevel=1)
    warnings.warn(UserWarning(ADVICE), stacklevel=1)
    logging.getLogger("skyseg.methods").warning(ADVICE)
    logging.getLogger("skyseg.methods").warning("the zero point is %s", "unknown")
    logging.getLogger("skyseg.methods").info("5 sources")
    return float(values.sum())


def test_warnings_and_what_is_logged_become_notes_and_prints_do_no_harm() -> None:
    messages = heard(Job(talkative, np.arange(5.0)))
    foreign, unknown = Advice("the product is foreign"), Advice("the zero point is unknown")
    notes = [Noted(advice) for advice in (foreign, ADVICE, ADVICE, unknown)]
    assert messages == [*notes, Done(10.0)]


def test_a_script_without_a_main_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import math\n"
        "from skyseg.panel.jobs import Job\n"
        "open('runs.txt', 'a').write('x')\n"
        "job = Job(math.hypot, 4.0)\n"
        "job.wait()\n"
    )
    subprocess.run([sys.executable, script.name], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "runs.txt").read_text() == "x"


def test_nothing_is_imported_from_the_folder_that_a_person_works_in(tmp_path: Path) -> None:
    for name in ("filelock", "numpy", "skyseg"):
        (tmp_path / f"{name}.py").write_text("open('stolen.txt', 'w').write('x')\n")
    program = (
        "import math\nfrom skyseg.panel.jobs import Job\n"
        "job = Job(math.dist)\njob.wait()\nprint(job.messages()[0].advice.what)\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=tmp_path, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    assert "dist expected 2 arguments" in done.stdout
    assert not (tmp_path / "stolen.txt").exists()


_KILLED = """
import os, signal, sys, time
from skyseg.panel.jobs import Job
from tests.panel.test_jobs import _busy
job = Job(_busy, sys.argv[1])
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""


def _busy(tell: Progress, path: str) -> None:
    Path(path + ".new").write_text(str(os.getpid()))
    Path(path + ".new").rename(path)
    time.sleep(600)


def test_the_other_process_ends_with_one_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    subprocess.run([sys.executable, "-c", _KILLED, path], check=False)
    pid = int(path.read_text())
    wait_until(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    """Whether a process runs, and is no mere entry that its parent has not read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
