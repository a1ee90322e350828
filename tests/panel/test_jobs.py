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

from skyseg import Data
from skyseg.engine.types import ErrType
from skyseg.errors import ImageError
from skyseg.panel.jobs import Done, Failed, Job, Message, Note, Progress
from skyseg.panel.runs import Segmented, segment_bands, segment_both

Tell = Callable[[float, str], None]


def heard(job: Job, limit: float = 60.0) -> list[Message]:
    end = time.monotonic() + limit
    found: list[Message] = []
    while job.running and time.monotonic() < end:
        found += job.messages()
        time.sleep(0.01)
    return found + job.messages()


def test_a_survey_is_segmented_with_progress_that_rises(shared_data: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=shared_data)
    messages = heard(Job(segment_bands, list(data), {"err_type": "wht"}))
    parts = [message.part for message in messages if isinstance(message, Progress)]
    assert parts == sorted(parts)
    assert len(parts) >= 8
    assert isinstance(messages[-1], Done)
    runs: list[Segmented] = messages[-1].result
    assert [run.band.band for run in runs] == ["F115W", "F444W"]
    for run, band in zip(runs, data, strict=True):
        assert "wht: made," in run.line
        band.products = run.band.products
        assert band.load_seg().max() == len(band.load_cat())
        assert str(len(band.load_cat())) in run.line
    again = heard(Job(segment_bands, list(data), {"err_type": "wht"}))[-1]
    assert isinstance(again, Done)
    assert "loaded," in again.result[0].line


def test_both_error_types_of_a_band(shared_data: Path) -> None:
    band = Data.from_survey_version("XDF", "v1", data_dir=shared_data)["F160W"]
    told: list[float] = []
    both: tuple[ErrType, ErrType] = ("rms_err", "wht")
    runs = segment_both(lambda part, text: told.append(part), band, {"method": "skyseg"}, both)
    assert [run.band.seg_args["err_type"] for run in runs if run.band.seg_args] == list(both)
    assert told == sorted(told)
    assert band.seg_path is None


def _told_and_waiting(tell: Tell) -> None:
    tell(0.5, "half")
    time.sleep(600)


def test_what_was_told_before_a_cancel_is_heard_no_more() -> None:
    job = Job(_told_and_waiting)
    while job._messages.empty():
        time.sleep(0.005)
    job.cancel()
    job.wait()
    assert not job.running
    assert job.messages() == []


def test_cancel_ends_the_process_and_leaves_no_half_product(shared_data: Path) -> None:
    data = Data.from_survey_version("UDS-B", "v1", data_dir=shared_data)
    job = Job(segment_bands, list(data) * 20, {"overwrite": True})
    while not job.messages():
        time.sleep(0.005)
    job.cancel()
    start = time.monotonic()
    job.wait()
    assert time.monotonic() - start < 10
    assert job.messages() == []
    fresh = Data.from_survey_version("UDS-B", "v1", data_dir=shared_data)
    fresh["F115W"].segment()
    assert fresh["F115W"].load_seg().any()


def broken(tell: Tell, kind: str) -> None:
    if kind == "ours":
        raise ImageError("a.fits is truncated; copy it again")
    if kind == "gone":
        os._exit(3)
    raise KeyError("x")


def test_an_error_of_ours_is_told_as_its_sentence() -> None:
    assert heard(Job(broken, "ours")) == [Failed("a.fits is truncated; copy it again")]


def test_a_process_that_dies_is_told() -> None:
    assert heard(Job(broken, "gone")) == [
        Failed("the process that did the work ended with status 3; run again")
    ]


def test_a_bug_is_told_and_not_hidden() -> None:
    (message,) = heard(Job(broken, "bug"))
    assert isinstance(message, Failed)
    assert "KeyError" in message.text


def talkative(tell: Tell, values: np.ndarray) -> float:
    sys.stdout.write("this goes to nobody\n")
    warnings.warn("the product is foreign", UserWarning, stacklevel=1)
    logging.getLogger("skyseg.methods").warning("the zero point is %s", "unknown")
    logging.getLogger("skyseg.methods").info("5 sources")
    return float(values.sum())


def test_warnings_and_what_is_logged_become_notes_and_prints_do_no_harm() -> None:
    messages = heard(Job(talkative, np.arange(5.0)))
    notes = [Note("the product is foreign"), Note("the zero point is unknown")]
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
