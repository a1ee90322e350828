"""The verbs of skyseg from a shell; ``skyseg --help`` lists them.

What they need is imported when they are called, so that an interrupt that falls into it ends
the program as one that comes later does.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn

from skyseg.cli.interrupts import INTERRUPTED


def run() -> NoReturn:
    """Be the program: run the command line, and end the process with the exit code of `main`."""
    # what is loaded stays until the end: a search for garbage in it takes a third of a second
    gc.set_threshold(1_000_000)
    try:
        from skyseg.cli.program import run_process

        code = run_process()
    except KeyboardInterrupt:
        code = INTERRUPTED
    _end(code)


def _end(code: int) -> NoReturn:
    """End the process, and leave it to the system to clear away the libraries that it loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more would interrupt the end alone
    # as Python ends, but for daemon threads: cut off in a compiled loop they abort the process
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except OSError:
        sys.exit(code)  # Python says it in its own words
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit code; ``skyseg --help`` lists them.
    """
    try:
        from skyseg.cli.program import run_command

        return run_command(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
