"""The edits of one map in a notebook: done in cells, by the panel and by the other viewer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from skyseg.panel.editing import EditSession, work_here

if TYPE_CHECKING:
    from skyseg.editing.edits import Edits
    from skyseg.panel.draft import Draft
    from skyseg.panel.session import Session

R = TypeVar("R")


class NotebookEdits(EditSession):
    """The edits of one map; see `skyseg.panel.editing.EditSession` for what can be done.

    Sources are measured in a thread of their own: what is done meanwhile is measured after.
    Cells, the panel and what is read from the journal's file wait for each other.

    Parameters
    ----------
    session : Session
        Its ``selected`` are the sources that are edited.
    stay : callable
        Returns a context in which the view stays where it is, whatever is selected.
    """

    def __init__(self, session: Session, stay: Callable[[], AbstractContextManager[None]]) -> None:
        self._stay = stay
        self._lock = threading.RLock()
        self._threads: list[threading.Thread] = []
        self._seen: tuple[Path | None, int] = None, 0
        super().__init__(session, self._work_aside)

    def wait(self) -> None:
        """Wait until all sources that changed are measured."""
        while (thread := self._take_thread()) is not None:
            thread.join()

    def _take_thread(self) -> threading.Thread | None:
        with self._lock:
            return self._threads.pop() if self._threads else None

    def follow_file(self) -> bool:
        """Take in what another window has saved in the journal; return whether there was any."""
        with self._lock, self._stay():
            return super().follow_file()

    def look_at_file(self) -> None:
        """Take in what another window has saved, where the file is another than last time."""
        path = None if self.edits is None else self.edits.path
        try:
            now = (None, 0) if path is None else (path, path.stat().st_mtime_ns)
        except OSError:
            return
        if now != self._seen:
            self._seen = now
            self.follow_file()

    def _work_aside(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        if self.edits is None:  # a cell that asks for the edits goes on with them
            work_here(work, then, on_failed)
            return
        thread = threading.Thread(target=_run, args=(work, then, on_failed))
        with self._lock:  # none is waited for before it is started
            self._threads = [each for each in self._threads if each.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _do(
        self, act: Callable[[Edits], R], choose: Callable[[R], tuple[int, ...]] | None = None
    ) -> R:
        with self._lock, self._stay():
            return super()._do(act, choose)

    def _fail(self, error: Exception) -> None:
        if self.edits is None:
            raise error
        super()._fail(error)

    def _draft(self, draft: Draft) -> None:
        with self._lock:
            super()._draft(draft)


def _run(
    work: Callable[[], Any],
    then: Callable[[Any], None],
    on_failed: Callable[[Exception], None],
) -> None:
    try:
        found = work()
    except Exception as error:  # noqa: BLE001 - it is raised again by whom it is told
        on_failed(error)
        return
    then(found)
