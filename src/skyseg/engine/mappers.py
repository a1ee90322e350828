"""The one dispatcher: strips of an image in this thread, in threads, or on a Dask cluster.

The engine's functions release the interpreter's lock, so threads use all cores
without copies of the maps. Whatever the mapper, the results come in the order of
the tasks, and the products are the same bytes.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event, local
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload
from uuid import uuid4

from skyseg.engine._arrays import as_count
from skyseg.engine.types import Progress
from skyseg.errors import DataNotFoundError, ParameterError

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

Task = TypeVar("Task")
Result = TypeVar("Result")
Told = TypeVar("Told")

_RETRIES = 3
# seconds between two looks whether a cluster that gives no result has workers
_PATIENCE = 20.0
# seconds between two looks whether the work is stopped
_STEP = 0.5

_of_thread = local()

logger = logging.getLogger(__name__)


class Mapper(Protocol):
    """Applies a function to tasks; the results come in the order of the tasks."""

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Return the results."""
        ...


class ThreadMapper:
    """Maps over tasks in threads, a few tasks ahead of what is asked for.

    Parameters
    ----------
    workers : int, optional
        Number of threads; all cores that this process may use by default.

    Raises
    ------
    ParameterError
        If it is not a whole number from 1 to 1024.

    Examples
    --------
    >>> list(ThreadMapper(2)(abs, [-1, 2, -3]))
    [1, 2, 3]
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = count_cores() if workers is None else as_count(workers, "workers", most=1024)

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Yield the results in the order of the tasks."""
        if self.workers == 1:
            yield from map(function, tasks)
            return
        with ThreadPoolExecutor(self.workers, "skyseg") as pool:
            waiting: deque[Future[Result]] = deque()
            try:
                for task in tasks:
                    waiting.append(pool.submit(function, task))
                    if len(waiting) > self.workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def waiting_until(stopped: Event) -> Iterator[None]:
    """End what waits for a cluster in this thread as an interruption does, once an event is set.

    An interruption by the keyboard comes to the main thread alone.
    """
    _of_thread.stopped = stopped
    try:
        yield
    finally:
        del _of_thread.stopped


def map_kept(
    mapper: Mapper, function: Callable[[Task], Result], tasks: Iterable[Task],
    tell: Callable[[Result], Told],
) -> Iterator[tuple[Any, Told]]:  # fmt: skip
    """Apply a function whose results stay where they are made, on a cluster with the workers.

    Parameters
    ----------
    mapper : Mapper
        Applies the function.
    function, tasks
        As the mapper takes them.
    tell : callable
        Says of a result what has to be known here.

    Yields
    ------
    kept
        What stands for a result in a later task, in whose lists and tuples the mapper looks.
    told
        What is said of it.

    Examples
    --------
    >>> list(map_kept(map, list, ["ab", "c"], len))
    [(['a', 'b'], 2), (['c'], 1)]
    """
    if isinstance(mapper, DaskMapper):
        return mapper.keep(function, tasks, tell)
    return ((result, tell(result)) for result in mapper(function, tasks))


def share_out(mapper: Mapper, tasks: Sequence[Task]) -> Iterable[Sequence[Task]]:
    """Put consecutive tasks together where each by itself costs more than it is worth.

    Parameters
    ----------
    mapper : Mapper
        Who works them: a cluster takes many at first and few at last, so that all of its
        threads end together; threads take one by one.
    tasks : sequence
        The tasks.

    Examples
    --------
    >>> list(share_out(map, range(3)))
    [range(0, 1), range(1, 2), range(2, 3)]
    """
    if isinstance(mapper, DaskMapper):
        return mapper.share_out(tasks)
    return (tasks[k : k + 1] for k in range(len(tasks)))


class LazyTasks(Sequence[Task]):
    """Tasks of which the number is known, and which are made when they are asked for.

    Parameters
    ----------
    make : callable
        Makes a task.
    items : sequence
        Of what.

    Examples
    --------
    >>> tasks = LazyTasks(str, range(4))
    >>> len(tasks), tasks[1], tasks[2:]
    (4, '1', ['2', '3'])
    """

    def __init__(self, make: Callable[[Any], Task], items: Sequence[Any]) -> None:
        self._make, self._items = make, items

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, place: int) -> Task: ...

    @overload
    def __getitem__(self, place: slice) -> list[Task]: ...

    def __getitem__(self, place: int | slice) -> Task | list[Task]:
        if isinstance(place, slice):
            return [self._make(item) for item in self._items[place]]
        return self._make(self._items[place])


def report_each(
    results: Iterable[Result], progress: Progress, count: int, what: str
) -> Iterator[Result]:
    """Yield results, and tell before each which part of ``count`` of them is done."""
    for number, result in enumerate(results):
        progress(number / count, what)
        yield result


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _return(function: Result) -> Result:
    return function


def _apply(function: Callable[[Task], Result], task: Task) -> Result:
    return function(task)


def _apply_to_each(function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    return [function(task) for task in tasks]


class DaskMapper:
    """Maps over tasks on a Dask cluster; a task whose worker dies is done again.

    What all tasks need, the function that is applied, goes to each worker once, unless Dask's
    active memory manager takes a copy away. Workers may come and go. While there is none,
    tasks wait, as they do for jobs in the queue of a batch system, and a warning says so;
    Dask's setting ``distributed.scheduler.no-workers-timeout`` limits the time. Dask's
    dashboard shows tasks by the name of the function.

    Parameters
    ----------
    client : distributed.Client
        Connection to any cluster whose workers see the same files.

    Raises
    ------
    ParameterError
        If it is no client.
    """

    def __init__(self, client: Client) -> None:
        if not hasattr(client, "submit"):
            raise ParameterError(
                f"is {client!r}",
                hint="give a distributed.Client of that cluster",
                argument="client",
            )
        self.client = client
        self._known_threads = 0

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Yield the results in the order of the tasks."""
        if isinstance(tasks, Sequence):
            submitted = self._submit_all(function, self.share_out(tasks), _apply_to_each)
            for results in self._hold_back(submitted):
                yield from self._wait_for(results)
        else:
            yield from map(self._wait_for, self._hold_back(self._submit_all(function, tasks)))

    def share_out(self, tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
        """Put tasks together; see `share_out` of this module."""
        begin = 0
        while begin < len(tasks):
            left = len(tasks) - begin
            threads = self._known_threads or self._count_threads()
            count = max(left // (2 * max(threads, 1)), 1)
            yield tasks[begin : begin + count]
            begin += count

    def keep(
        self, function: Callable[[Task], Result], tasks: Iterable[Task],
        tell: Callable[[Result], Told],
    ) -> Iterator[tuple[Any, Told]]:  # fmt: skip
        """Leave the results with the workers; see `map_kept`."""
        submitted = (
            (kept, self._submit("tell", tell, kept)) for kept in self._submit_all(function, tasks)
        )
        for kept, told in self._hold_back(submitted):
            yield kept, self._wait_for(told)

    def _submit_all(
        self, function: Callable[..., Any], tasks: Iterable[Any],
        apply: Callable[..., Any] = _apply,
    ) -> Iterator[DaskFuture[Any]]:  # fmt: skip
        # what all tasks need goes to each worker once
        shared, name = self._submit("share", _return, function), _name_tasks(function)
        for task in tasks:
            yield self._submit(name, apply, shared, task)

    def _hold_back(self, submitted: Iterable[Result]) -> Iterator[Result]:
        """Yield what was submitted when as much comes after it as there is work for."""
        waiting: deque[Result] = deque()
        for each in submitted:
            waiting.append(each)
            # the scheduler is asked only where the answer may matter
            if len(waiting) > 2 * self._known_threads and len(waiting) > 2 * max(
                self._count_threads(), 1
            ):
                yield waiting.popleft()
        yield from waiting

    def _submit(self, name: str, function: Callable[..., Any], *arguments: Any) -> DaskFuture[Any]:
        key = f"{name}-{uuid4()}"
        return self.client.submit(function, *arguments, key=key, pure=False, retries=_RETRIES)

    def _wait_for(self, future: DaskFuture[Any]) -> Any:
        from distributed import wait

        stopped: Event | None = getattr(_of_thread, "stopped", None)
        step, waited = min(_STEP, _PATIENCE), 0.0
        while not future.done():  # type: ignore[no-untyped-call]
            if stopped is not None and stopped.is_set():
                raise KeyboardInterrupt
            try:
                wait(future, timeout=step)  # type: ignore[no-untyped-call]
            except TimeoutError:
                waited += step
                if waited >= _PATIENCE:
                    waited = 0.0
                    self._warn_without_workers()
        try:
            return future.result()
        except DataNotFoundError as error:
            raise DataNotFoundError(
                error.what, hint="have all workers see the maps under the paths that you give",
                where="a worker of the cluster",
            ) from error  # fmt: skip

    def _warn_without_workers(self) -> None:
        if not self._count_threads():
            logger.warning(
                "no worker is connected to the Dask scheduler at %s; waiting for one",
                self.client.scheduler_info(n_workers=0)["address"],
            )

    def _count_threads(self) -> int:
        threads: Mapping[str, int] = self.client.nthreads()  # type: ignore[no-untyped-call]
        self._known_threads = sum(threads.values())
        return self._known_threads


def _name_tasks(function: Callable[..., Any]) -> str:
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__)).strip("_")
