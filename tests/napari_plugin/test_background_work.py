"""Work in threads and in other processes, as a window is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QWidget

from skyseg.errors import SkysegError
from skyseg.napari_plugin.background_work import FollowerTimer, run_in_thread
from skyseg.panel.following import JobFollower

Until = Callable[..., None]


def test_work_is_done_in_a_thread_and_told_in_the_own_one(qapp: Any, until: Until) -> None:
    owner, told = QObject(), []
    run_in_thread(owner, threading.get_ident, lambda ran: told.append((ran, threading.get_ident())))
    until(lambda: told)
    ((ran, heard),) = told
    assert ran != heard
    assert heard == threading.get_ident()


def test_an_error_that_is_returned_is_a_result(qapp: Any, until: Until) -> None:
    owner, told = QObject(), []
    run_in_thread(owner, lambda: SkysegError("no"), told.append)
    until(lambda: told)
    assert str(told[0]) == "no"


def test_what_is_raised_is_told(qapp: Any, until: Until) -> None:
    owner, told, failed = QObject(), [], []

    def fail() -> None:
        raise SkysegError("broken")

    run_in_thread(owner, fail, told.append, failed.append)
    until(lambda: failed)
    assert str(failed[0]) == "broken"
    assert not told


def test_a_widget_that_is_gone_is_told_nothing(qapp: Any, qtbot: Any, until: Until) -> None:
    owner, told, go = QWidget(), [], threading.Event()
    ended = []
    run_in_thread(owner, go.wait, told.append)
    owner.deleteLater()
    gone = []
    owner.destroyed.connect(lambda *_: gone.append(True))
    until(lambda: gone)
    go.set()
    other = QObject()
    run_in_thread(other, lambda: None, ended.append)
    until(lambda: ended)
    qtbot.wait(50)
    assert not told


def test_a_follower_is_polled_until_its_work_has_ended(qapp: Any, until: Until) -> None:
    owner, failed = QObject(), []
    follower = JobFollower(
        on_progress=lambda *_: None,
        on_note=lambda _: None,
        on_failed=failed.append,
        on_cancelled=lambda: None,
    )
    timer = FollowerTimer(follower, owner)
    follower.start(len, on_done=lambda _: None)
    timer.start()
    until(lambda: failed)
    until(lambda: not timer.isActive())
