"""Work in another process, followed: one piece at a time, and what becomes of it told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from skyseg.engine.types import Progress
from skyseg.errors import SkysegError
from skyseg.panel.jobs import Done, Failed, Finished, Job, Message, Noted, Progressed
from skyseg.panel.wording import worded


class JobFollower:
    """Runs one function at a time in another process, and tells what becomes of it.

    Everything is told by `poll` and `cancel`, in the thread that calls them; a window
    polls by its timer, a kernel by a thread. Texts are in the panel's words.

    Parameters
    ----------
    on_progress : callable
        Told how far the work is.
    on_note : callable
        Told what a person should know while the work goes on.
    on_failed : callable
        Told why the work has failed.
    on_cancelled : callable
        Called when the work was cancelled.

    Examples
    --------
    >>> follower.start(segment_in_turn, tasks, on_finished=show, on_done=show)
    >>> while follower.running:
    ...     follower.poll()
    """

    def __init__(
        self,
        *,
        on_progress: Progress,
        on_note: Callable[[str], None],
        on_failed: Callable[[str], None],
        on_cancelled: Callable[[], None],
    ) -> None:
        self._on_progress, self._on_note = on_progress, on_note
        self._on_failed, self._on_cancelled = on_failed, on_cancelled
        self._on_done: Callable[[Any], None] = _pass_over
        self._on_finished: Callable[[Any], None] = _pass_over
        self._job: Job | None = None
        self._lock = threading.Lock()
        self._telling = threading.RLock()

    @property
    def running(self) -> bool:
        """Whether work goes on, or has ended and that is not told yet."""
        return self._job is not None

    def start(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        on_done: Callable[[Any], None],
        on_finished: Callable[[Any], None] | None = None,
    ) -> None:
        """Start work; what still goes on is abandoned.

        Parameters
        ----------
        function : callable
            As for `skyseg.panel.jobs.Job`.
        *arguments
            Its arguments after the first.
        on_done : callable
            Told what the function returned. If it raises an error of ours, the work
            has failed.
        on_finished : callable, optional
            Told each piece that a generator has yielded, likewise.
        """
        self.abandon()
        self._on_done, self._on_finished = on_done, on_finished or _pass_over
        self._job = Job(function, *arguments)

    def poll(self) -> None:
        """Tell what the process has told since the last call; never waits for it."""
        with self._telling:
            job = self._job
            for message in job.messages() if job is not None else ():
                if job is not self._job:
                    return
                self._tell(job, message)

    def cancel(self) -> None:
        """End the process, if there is one; what it was writing does not appear.

        What it had finished before is told first.
        """
        self.poll()
        if self.abandon():
            self._on_cancelled()

    def abandon(self) -> bool:
        """End the process and tell nobody; return whether there was one."""
        job = self._job
        if job is None or not self._let_go(job):
            return False
        job.cancel()
        return True

    def _let_go(self, job: Job | None) -> bool:
        """Follow a job no more; return whether it was the one that was followed."""
        with self._lock:
            followed = self._job is job
            if followed:
                self._job = None
        return followed

    def _tell(self, job: Job | None, message: Message) -> None:
        match message:
            case Progressed(part, text):
                self._on_progress(part, text)
            case Noted(advice):
                self._on_note(worded(advice))
            case Failed(advice):
                if self._let_go(job):
                    self._on_failed(worded(advice))
            case Finished(result):
                try:
                    self._on_finished(result)
                except SkysegError as error:
                    if self.abandon():
                        self._on_failed(worded(error))
            case Done(result):
                if self._let_go(job):
                    self._finish(result)

    def _finish(self, result: Any) -> None:
        try:
            self._on_done(result)
        except SkysegError as error:
            self._on_failed(worded(error))


def _pass_over(_: Any) -> None:
    """Do nothing with what is told."""
