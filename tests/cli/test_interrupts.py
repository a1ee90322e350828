"""Ctrl-C counts wherever it falls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skyseg.cli import main
from skyseg.cli.interrupts import is_interrupt, no_interrupt_lost
from skyseg.cli.messages import KEPT, KEPT_GOES_ON
from skyseg.samples import make_survey


class Finalized:
    """What an interrupt falls into the end of."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """As in a terminal: a shell that runs tests in its background has them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_falls_into_a_finalizer_ends_the_work() -> None:
    with pytest.raises(KeyboardInterrupt), no_interrupt_lost():
        Finalized()
        time.sleep(60)


def test_an_interrupt_that_falls_into_the_last_finalizer_counts() -> None:
    with pytest.raises(KeyboardInterrupt), no_interrupt_lost():
        Finalized()


INTERRUPTED = """import importlib.abc, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from skyseg.cli import run
sys.argv = ["skyseg", *{arguments!r}]
sys.exit(run())
"""


def _interrupt_in(
    name: str, arguments: list[str], folder: Path, stderr: int = subprocess.PIPE, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command that is interrupted when it loads a module."""
    command = [sys.executable, "-c", INTERRUPTED.format(name=name, arguments=arguments)]
    environment = os.environ | {"XDG_CONFIG_HOME": str(folder)} | more
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("typer", ""),
        ("skyseg.cli.commands", "skyseg: interrupted\n"),
        ("numpy", f"skyseg: interrupted{KEPT_GOES_ON}\n"),
        ("astropy.io.fits", f"skyseg: interrupted{KEPT_GOES_ON}\n"),
        ("skyseg.samples", f"skyseg: interrupted{KEPT_GOES_ON}\n"),
    ],
)
def test_an_interrupt_that_falls_into_an_import_ends_the_program_without_a_traceback(
    name: str, said: str, tmp_path: Path
) -> None:
    done = _interrupt_in(name, ["sample", str(tmp_path / "data")], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", said)


def test_after_an_interrupt_the_same_command_goes_on_and_the_message_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = make_survey(tmp_path, bands=["F444W"], shape=(160, 200), n_sources=40, seed=2)
    asked = ["pipeline", "sample", "v1", "--detect", "F444W", "--aper-diams", "0.2"]
    asked += ["--data-dir", str(sample.directory), "--out", str(tmp_path / "out")]
    in_depths = "skyseg.survey.band_depths"
    done = _interrupt_in(in_depths, asked, tmp_path)
    said = "skyseg: interrupted, and what is finished stays; the same command goes on from there\n"
    assert (done.returncode, done.stdout, done.stderr) == (130, "", said)
    assert main([*asked, "--json"]) == 0
    states = [each["state"] for each in json.loads(capsys.readouterr().out)["steps"]]
    assert states == ["loaded", "loaded", "made", "made"]
    done = _interrupt_in(in_depths, [*asked, "--overwrite"], tmp_path)
    assert (done.returncode, done.stderr) == (130, f"skyseg: interrupted{KEPT}\n")
    done = _interrupt_in(in_depths, [*asked, "--plan"], tmp_path)
    assert (done.returncode, done.stderr) == (130, "skyseg: interrupted\n")


def test_an_interrupt_of_a_completion_is_not_told(tmp_path: Path) -> None:
    completing = {"_SKYSEG_COMPLETE": "complete_bash", "COMP_WORDS": "skyseg s", "COMP_CWORD": "1"}
    done = _interrupt_in("skyseg.cli.commands", [], tmp_path, **completing)
    assert done.stderr == ""
    assert "interrupted" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="has no such pipes")
def test_an_interrupt_that_nobody_hears_of_is_one_nevertheless(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = ["sample", str(tmp_path / "data")]
    done = _interrupt_in("skyseg.samples", arguments, tmp_path, stderr=writer)
    os.close(writer)
    assert done.returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="has no such shell")
def test_without_stderr_a_command_ends_as_with_it(tmp_path: Path) -> None:
    closed = ["sh", "-c", 'exec "$@" 2>&-', "sh"]
    sample = ["sample", str(tmp_path / "data"), "--band", "F444W", "--shape", "160", "200"]
    interrupted = INTERRUPTED.format(name="skyseg.samples", arguments=sample)
    program = [sys.executable, "-c", "from skyseg.cli import run; run()"]
    where = ["--data-dir", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    expected = {
        130: [sys.executable, "-c", interrupted],
        3: [*program, "info", str(tmp_path / "nothere.fits")],
        0: [*program, *sample],
    }
    for code, command in expected.items():
        assert subprocess.run([*closed, *command]).returncode == code
    assert subprocess.run([*closed, *program, "segment", "sample", "v1", *where]).returncode == 0


def test_an_interrupt_that_a_library_turns_into_an_error_is_one() -> None:
    error = ImportError("initialization failed")
    error.__cause__ = KeyboardInterrupt()
    assert is_interrupt(error)
    assert not is_interrupt(ImportError("initialization failed"))
