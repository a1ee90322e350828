"""The panel's Run and Cancel in a notebook: work in another process, told as it goes on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from skyseg.errors import SkysegError
from skyseg.panel.controls import Panel
from skyseg.panel.jobs import Failed, Job, Message, Noted, Progressed
from skyseg.panel.runs import FinishedTask, Task, segment_all
from skyseg.panel.wording import worded

_INTERVAL = 0.1

logger = logging.getLogger(__name__)

Then = Callable[[list[FinishedTask]], str]


class Runner:
    """Runs one piece of work after another for a panel.

    A thread of the kernel waits for the process and tells the panel, so that cells
    run meanwhile.

    Parameters
    ----------
    panel : Panel
        Where it is told how far the work is.
    on_busy : callable
        Called with whether work is going on.
    """

    def __init__(self, panel: Panel, on_busy: Callable[[bool], None]) -> None:
        self._panel = panel
        self._on_busy = on_busy
        self._job: Job | None = None
        self._thread: threading.Thread | None = None
        panel.cancelled.connect(self.cancel)

    def start(self, work: list[Task], then: Then) -> None:
        """Segment bands in another process, unless something runs already.

        Parameters
        ----------
        work : list of (BandData, dict)
            What is segmented, one after another.
        then : callable
            Called with all `skyseg.panel.runs.FinishedTask`; what it returns is said in the panel.
        """
        if self._job is not None:
            return
        self._job = Job(segment_all, work)
        self._panel.set_busy(True)
        self._on_busy(True)
        self._thread = threading.Thread(target=self._follow, args=(self._job, then), daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End the work."""
        if self._job is not None:
            self._job.cancel()

    def wait(self) -> None:
        """Wait until nothing runs."""
        if self._thread is not None:
            self._thread.join()

    def _follow(self, job: Job, then: Then) -> None:
        said = "cancelled"
        while job.running:
            for message in job.messages():
                said = self._hear(message, then) or said
            time.sleep(_INTERVAL)
        self._job = None
        self._panel.set_busy(False)
        self._panel.say(said)
        self._on_busy(False)

    def _hear(self, message: Message, then: Then) -> str:
        """Tell the panel what the process told; return what is to be said at the end."""
        if isinstance(message, Progressed):
            self._panel.show_progress(message.part, message.text)
        elif isinstance(message, Noted):
            self._panel.say(worded(message.advice))
        elif isinstance(message, Failed):
            return worded(message.advice)
        else:
            try:
                return then(message.result)
            except SkysegError as error:
                return worded(error)
        return ""
