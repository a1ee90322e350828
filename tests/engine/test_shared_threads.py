"""Threads that several images share: whose tasks go first, and what ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.shared_threads import SharedThreads, find_threads


@pytest.fixture
def threads() -> Iterator[SharedThreads]:
    with SharedThreads(1) as shared:
        yield shared


def test_tasks_of_an_earlier_image_go_first(threads: SharedThreads) -> None:
    order: list[str] = []
    begun, goes_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        goes_on.wait()

    first = threads.add(0, wait)
    begun.wait()
    rest = [
        threads.add(rank, lambda text=f"{rank}{letter}": order.append(text))
        for letter in "ab"
        for rank in (2, 1)
    ]
    goes_on.set()
    for future in (first, *rest):
        future.result(timeout=60)
    assert order == ["1a", "1b", "2a", "2b"]


def test_a_mapper_works_in_them_and_its_tasks_may_map_in_turn(threads: SharedThreads) -> None:
    def name(_: int) -> tuple[str, list[int]]:
        assert find_threads() is None
        return threading.current_thread().name, list(ThreadMapper(2)(abs, [-1, -2]))

    with threads.serving(0):
        assert list(ThreadMapper()(name, range(5))) == [("skyseg shared_0", [1, 2])] * 5
    assert find_threads() is None


def test_an_error_of_a_task_ends_its_image_alone(threads: SharedThreads) -> None:
    with threads.serving(0), pytest.raises(ZeroDivisionError):
        list(ThreadMapper()(lambda value: 1 // value, [1, 0, 1, 1]))
    with threads.serving(1):
        assert list(ThreadMapper()(abs, [-3])) == [3]


def test_tasks_of_a_map_that_is_left_are_not_begun(threads: SharedThreads) -> None:
    begun: list[int] = []
    with threads.serving(0):
        results = ThreadMapper()(begun.append, range(100))
        next(results)
        results.close()
        seen = len(begun)
        threads.add(0, int).result(timeout=60)
    assert len(begun) == seen < 100


def test_a_mapper_of_its_own_workers_shares_none(threads: SharedThreads) -> None:
    with threads.serving(0):
        names = set(ThreadMapper(2)(lambda _: threading.current_thread().name, range(20)))
    assert "skyseg shared_0" not in names


def test_threads_that_have_ended_take_nothing_that_would_be_waited_for() -> None:
    with SharedThreads(1) as ended:
        ended.add(0, int).result(timeout=60)
    with pytest.raises(RuntimeError):
        ended.add(0, int)


def test_a_process_ends_after_the_tasks_of_threads_that_nobody_waits_for() -> None:
    program = """
import time
from skyseg.engine.shared_threads import SharedThreads
threads = SharedThreads(1)
threads.add(0, lambda: (time.sleep(0.3), print("done")))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == "done\n"
