"""Work in threads and in other processes, of which the window is told by its own event loop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from napari.qt.threading import create_worker
from qtpy.compat import isalive
from qtpy.QtCore import QEventLoop, QObject, QThread, QTimer
from qtpy.QtWidgets import QApplication

from skyseg.napari_plugin.notifications import show_failure
from skyseg.panel.following import JobFollower

Result = TypeVar("Result")

_POLL_MS = 50


def run_in_thread(
    owner: QObject,
    work: Callable[[], Result],
    then: Callable[[Result], Any],
    on_failed: Callable[[Exception], Any] = show_failure,
) -> None:
    """Run a function in a thread, and go on in the window's own.

    Parameters
    ----------
    owner : QObject
        The widget that asks; once it is destroyed nobody is told.
    work : callable
        Called in the thread.
    then : callable
        Told in the window's thread what ``work`` returned.
    on_failed : callable, optional
        Told there what it raised.
    """
    # napari keeps workers that have ended: what was worked on, and who asked, is let go
    waiting = [work]
    asking: list[tuple[QObject, dict[str, Callable[[Any], Any]]]] = [
        (owner, {"returned": then, "errored": on_failed})
    ]

    def tell(event: str, what: Any) -> None:
        asker, told = asking.pop()
        if isalive(asker):
            told[event](what)

    # a returned exception would be raised, so the result travels in a tuple
    create_worker(
        lambda: (waiting.pop()(),),
        _connect={
            "returned": lambda result: tell("returned", *result),
            "errored": lambda error: tell("errored", error),
            "finished": asking.clear,  # a worker of a window that is closed returns nothing
        },
    )


def wait_for(work: Callable[[], Result]) -> Result:
    """Run a function in a thread, and return what it does, while the window lives on.

    For what napari waits for itself. Outside of the window's own thread, and without a
    window, the function is simply called.

    Parameters
    ----------
    work : callable
        Called in the thread; what it raises is raised here.
    """
    application = QApplication.instance()
    if application is None or QThread.currentThread() is not application.thread():
        return work()
    loop, timer = QEventLoop(), QTimer()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        timer.timeout.connect(lambda: loop.quit() if future.done() else None)
        timer.start(_POLL_MS)
        loop.exec()
        timer.stop()
        return future.result()


class FollowerTimer(QTimer):
    """Polls a follower from its start until its work has ended.

    Parameters
    ----------
    follower : JobFollower
        The follower; its work is abandoned when the parent is destroyed.
    parent : QObject
        The widget that the timer belongs to.
    """

    def __init__(self, follower: JobFollower, parent: QObject) -> None:
        super().__init__(parent)
        self._follower = follower
        self.setInterval(_POLL_MS)
        self.timeout.connect(self._poll)
        parent.destroyed.connect(follower.abandon)

    def _poll(self) -> None:
        self._follower.poll()
        if not self._follower.running:
            self.stop()
