"""The verbs of skyseg from a shell; ``skyseg --help`` lists them.

What they need is imported when they are called, so that an interrupt that falls into it ends
the program as one that comes later does.
"""

from __future__ import annotations

from collections.abc import Sequence

_INTERRUPTED = 130


def run() -> int:
    """Run the command line as a process of its own.

    Returns
    -------
    int
        Exit code; see `main`.
    """
    try:
        from skyseg.cli.program import run_process

        return run_process()
    except KeyboardInterrupt:
        return _INTERRUPTED


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
        return _INTERRUPTED
