"""Work in another process: a window stays alive, and ending the process ends the work.

Run as ``python -m skyseg.panel.jobs`` this module is the other process: it reads a
function and its arguments, and writes what it tells. No module of the person's
own program is imported there, so that a script without a main guard is safe.
"""

from __future__ import annotations

import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from skyseg.errors import Advice, SkysegError, explain

logger = logging.getLogger(__name__)

_GRACE = 3.0
_sending = threading.Lock()


@dataclass(frozen=True)
class Progressed:
    """How far the work is: the part that is done, 0 to 1, and what comes next."""

    part: float
    text: str


@dataclass(frozen=True)
class Noted:
    """Something a person should know; the work goes on."""

    advice: Advice


@dataclass(frozen=True)
class Finished:
    """A piece of the work is done; ``result`` is what the function yielded."""

    result: Any


@dataclass(frozen=True)
class Done:
    """The work is done; ``result`` is what the function returned."""

    result: Any


@dataclass(frozen=True)
class Failed:
    """The work has failed; ``advice`` says why."""

    advice: Advice


Message = Progressed | Noted | Finished | Done | Failed


class Job:
    """One function that runs in another process.

    Parameters
    ----------
    function : callable
        Its first argument is a `skyseg.engine.types.Progress`. It, its arguments
        and its result must be picklable. What a generator yields is told as it goes,
        and what it returns is its result.
    *arguments
        Its other arguments.

    Examples
    --------
    >>> job = Job(segment_in_turn, [(band, {"err_type": "wht"})])
    >>> while job.running:
    ...     for message in job.messages():
    ...         show(message)
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancelled = False
        self._process = subprocess.Popen(
            # -P: nothing is imported from the folder that a person works in
            [sys.executable, "-P", "-m", "skyseg.panel.jobs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        work = pickle.dumps((function, arguments))
        self._reader = threading.Thread(target=self._read, args=(work,), daemon=True)
        self._reader.start()

    @property
    def running(self) -> bool:
        """Whether the process lives, or has told something that is not yet read.

        What was told before it was cancelled counts no more.
        """
        return self._reader.is_alive() or not (self._cancelled or self._messages.empty())

    def messages(self) -> list[Message]:
        """Return what was told since the last call, without waiting."""
        found = []
        while not (self._cancelled or self._messages.empty()):
            found.append(self._messages.get())
        return found

    def cancel(self) -> None:
        """End the process; what it was writing does not appear. Nothing is told any more."""
        self._cancelled = True
        if self._process.poll() is None:
            self._process.terminate()
            threading.Thread(target=self._kill_later).start()

    def wait(self) -> None:
        """Wait until the process has ended."""
        self._reader.join()

    def _kill_later(self) -> None:
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _read(self, work: bytes) -> None:
        """Send the work, then hear what is told until the process ends."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        last: Message | None = None
        with stdout:
            try:
                with stdin:  # open to the end: the other process ends with it
                    stdin.write(work)
                    stdin.flush()
                    while not isinstance(last, (Done, Failed)):
                        last = pickle.load(stdout)
                        if not self._cancelled:
                            self._messages.put(last)
            except (EOFError, BrokenPipeError, pickle.UnpicklingError):
                code = self._process.wait()
                if not self._cancelled:
                    self._messages.put(Failed(_ended(code)))
        self._process.wait()


def _ended(code: int) -> Advice:
    return Advice(f"the process that did the work ended with status {code}", hint="run again")


def main() -> None:
    """Do the work that stands on the standard input, and tell on the standard output."""
    signal.signal(signal.SIGTERM, _leave)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        function, arguments = pickle.load(sys.stdin.buffer)
        done = threading.Event()
        threading.Thread(target=_end_with_parent, args=(done,), daemon=True).start()
        last = _run(function, arguments, out)
        done.set()
        _send(out, last)


def _run(function: Callable[..., Any], arguments: tuple[Any, ...], out: IO[bytes]) -> Message:
    def tell(part: float, text: str) -> None:
        _send(out, Progressed(part, text))

    try:
        with _noted(out):
            result = function(tell, *arguments)
            return Done(_exhaust(result, out) if isinstance(result, Generator) else result)
    except Exception as error:
        if not isinstance(error, SkysegError | MemoryError):
            logger.exception("work in another process has failed")
        return Failed(explain(error))


def _exhaust(pieces: Generator[Any, None, Any], out: IO[bytes]) -> Any:
    """Tell what a generator yields; return what it returns."""
    while True:
        try:
            _send(out, Finished(next(pieces)))
        except StopIteration as end:
            return end.value


class _Noting(logging.Handler):
    """Sends what skyseg logs as a warning."""

    def __init__(self, out: IO[bytes]) -> None:
        super().__init__(logging.WARNING)
        self._out = out

    def emit(self, record: logging.LogRecord) -> None:
        _send(self._out, Noted(Advice.told_by(record)))


@contextmanager
def _noted(out: IO[bytes]) -> Iterator[None]:
    """Send warnings, and what skyseg logs as one, as notes while the block runs."""

    def note(message: Warning | str, *_: object, **__: object) -> None:
        _send(out, Noted(Advice.told_by(message)))

    handler, ours = _Noting(out), logging.getLogger("skyseg")
    ours.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = note
            yield
    finally:
        ours.removeHandler(handler)


def _send(out: IO[bytes], message: Message) -> None:
    with _sending:
        pickle.dump(message, out)
        out.flush()


def _end_with_parent(done: threading.Event) -> None:
    """Wait until nobody holds the standard input, as where a window was killed; then end."""
    os.read(0, 1)  # not through a buffer, whose lock would stop the interpreter at its end
    if done.is_set():
        return
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # pickle must find the classes of the messages under the name that the parent knows
    from skyseg.panel.jobs import main as run

    run()
