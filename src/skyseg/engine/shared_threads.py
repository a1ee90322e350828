"""Threads that several images share: cores that one leaves idle do the work of another."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import count
from typing import Any, Final, Self, TypeVar

Result = TypeVar("Result")
_Job = tuple[int, int, "Future[Any]", Callable[[], Any]]


class SharedThreads:
    """Threads for the tasks of several images; those of an image that comes earlier go first.

    Parameters
    ----------
    workers : int
        Number of threads.

    Examples
    --------
    >>> with SharedThreads(2) as threads, threads.serving(0):
    ...     find_threads().submit(abs, -1).result()
    1
    """

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers, "skyseg shared")
        self._jobs: list[_Job] = []
        self._numbers = count()
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()

    @contextmanager
    def serving(self, rank: int) -> Iterator[None]:
        """Have `find_threads` give these threads to the block, in this thread alone.

        Parameters
        ----------
        rank : int
            Place of the image among the others: tasks of one with a lower rank go first.
        """
        token = _serving.set(_Share(self, rank))
        try:
            yield
        finally:
            _serving.reset(token)

    def add(self, rank: int, call: Callable[[], Result]) -> Future[Result]:
        """Have a function called in one of the threads.

        Parameters
        ----------
        rank : int
            As for `serving`; those of one rank are called in the order in which they came.
        call : callable
            The function, which takes nothing.

        Returns
        -------
        Future
            What will hold its result, or what it raises.

        Raises
        ------
        RuntimeError
            If the threads have ended.
        """
        future: Future[Result] = Future()
        with self._changing:
            self._threads.submit(self._work_next)
            heapq.heappush(self._jobs, (rank, next(self._numbers), future, call))
        return future

    def _work_next(self) -> None:
        with self._changing:
            if not self._jobs:  # an interrupt has kept it away
                return
            _, _, future, call = heapq.heappop(self._jobs)
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001
            future.set_exception(error)
        else:
            future.set_result(result)


class _Share(Executor):
    """The threads as they serve one image; they outlast it."""

    def __init__(self, threads: SharedThreads, rank: int) -> None:
        self._threads, self._rank = threads, rank

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Have a function called once its turn comes."""
        return self._threads.add(self._rank, partial(fn, *args, **kwargs))


_serving: Final[ContextVar[_Share | None]] = ContextVar("_serving", default=None)


def find_threads() -> Executor | None:
    """Return the threads that this thread's work shares with other images; None for its own."""
    return _serving.get()
