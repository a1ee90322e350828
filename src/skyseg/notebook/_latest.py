"""Work that is done beside the kernel's cells, the last that was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from skyseg.errors import SkysegError


class Latest:
    """Does the last piece of work that was asked for, in a thread of its own.

    Parameters
    ----------
    on_done, on_failed : callable
        Told what came out, or the error, unless more was asked for meanwhile.
    """

    def __init__(
        self, on_done: Callable[[Any], None], on_failed: Callable[[SkysegError], None]
    ) -> None:
        self._on_done, self._on_failed = on_done, on_failed
        self._lock = threading.Lock()
        self._wanted: Callable[[], Any] | None = None
        self._thread: threading.Thread | None = None

    def ask(self, work: Callable[[], Any]) -> None:
        """Do this, and nothing that was asked for before and not begun."""
        with self._lock:
            self._wanted = work
            if self._thread is None:
                self._thread = threading.Thread(target=self._run)
                self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is left to do."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (work := self._take()) is not None:
            try:
                tell, done = self._on_done, work()
            except SkysegError as error:
                tell, done = self._on_failed, error
            if self._wanted is None:
                tell(done)

    def _take(self) -> Callable[[], Any] | None:
        with self._lock:
            work, self._wanted = self._wanted, None
            if work is None:
                self._thread = None
        return work
