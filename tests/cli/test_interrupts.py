"""Ctrl-C counts wherever it falls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skyseg.cli.interrupts import is_interrupt, no_interrupt_lost


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


@pytest.mark.parametrize(
    "name", ["typer", "skyseg.cli.commands", "numpy", "astropy.io.fits", "skyseg.samples"]
)
def test_an_interrupt_that_falls_into_an_import_ends_the_program_quietly(
    name: str, tmp_path: Path
) -> None:
    program = INTERRUPTED.format(name=name, arguments=["sample", str(tmp_path / "data")])
    command = [sys.executable, "-c", program]
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_that_a_library_turns_into_an_error_is_one() -> None:
    error = ImportError("initialization failed")
    error.__cause__ = KeyboardInterrupt()
    assert is_interrupt(error)
    assert not is_interrupt(ImportError("initialization failed"))
