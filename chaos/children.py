"""Tasks in processes of their own, which are forked from this one and may be killed."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from chaos.report import raised

LIMIT = 300.0
"""Seconds after which a task counts as hung, on a busy machine."""


@dataclass(frozen=True)
class Ended:
    """How a task ended.

    Attributes
    ----------
    value : object
        What it returned; None where it did not.
    signal : int or None
        The signal that ended it.
    hung : bool
        Whether it was ended because its time was over.
    error : str
        What it raised, and where.
    """

    value: Any = None
    signal: int | None = None
    hung: bool = False
    error: str = ""


class Child:
    """A task at work in a forked process.

    Parameters
    ----------
    task : callable
        Its result must be one that pickle takes.
    """

    def __init__(self, task: Callable[[], Any]) -> None:
        self._read, write = os.pipe()
        self._start = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read)
            _work(task, write)
        os.close(write)

    def end(self, *, kill_after: float | None = None, limit: float = LIMIT) -> Ended:
        """Wait for the task; kill it after some seconds since its start, where these are given."""
        deadline = self._start + (limit if kill_after is None else min(limit, kill_after))
        said, killed = b"", False
        while True:
            left = deadline - time.monotonic()
            if not killed and (
                left <= 0 or not select.select([self._read], [], [], max(0.0, left))[0]
            ):
                os.kill(self.pid, signal.SIGKILL)
                killed = True
            part = os.read(self._read, 1 << 16)
            if not part:
                break
            said += part
        os.close(self._read)
        status = os.waitpid(self.pid, 0)[1]
        by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        value, error = pickle.loads(said) if by is None and said else (None, "")
        if by is None and not said:
            error = f"exit status {os.waitstatus_to_exitcode(status)}"
        return Ended(value, by, killed and by is not None and kill_after is None, error)


def run(task: Callable[[], Any], **how: Any) -> Ended:
    """Run a task in a forked process; see `Child.end`."""
    return Child(task).end(**how)


def _work(task: Callable[[], Any], write: int) -> None:
    """Run a task, send what it returned or raised, and end this process.

    It can be interrupted, though this may be a job of the background, for which that is off.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    said: tuple[Any, str] = None, ""
    try:
        said = task(), ""
    except BaseException as error:  # noqa: BLE001
        said = None, raised(error)
    finally:
        with suppress(BaseException):
            content = pickle.dumps(said)
            while content:
                content = content[os.write(write, content) :]
        os._exit(0)
