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
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from itertools import chain, islice, takewhile
from threading import Event, local
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload
from uuid import uuid4

from skyseg.engine._arrays import as_count
from skyseg.engine._parcels import pack, unpack
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
# of a cluster that has no workers yet
_EXPECTED_THREADS = 16
# bytes of tasks that are sent at a time, about; Dask warns of 10 MB
_MOST_BYTES = 2_000_000
# results that are fetched at a time, at the least
_FETCHED = 8
# seconds in which more results may come before some are fetched
_COLLECTED_FOR = 0.3
# seconds in which a worker that this process sees answers
_REACHED_WITHIN = 2.0
# the smallest groups of tasks are such that as many would keep a thread busy
_GROUPS_A_THREAD = 8

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
                    # so many that a long one keeps no other thread waiting
                    if len(waiting) > 2 * self.workers:
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


def can_keep(mapper: Mapper) -> bool:
    """Tell whether what `map_kept` leaves behind is elsewhere than here."""
    return isinstance(mapper, DaskMapper)


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


class LightTasks(list[Task]):
    """Tasks that take so little time that a thread of a cluster gets all of its share at once."""


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


def _apply(function: Callable[[Any], Result], content: bytes, fetched: list[Any]) -> Result:
    return function(unpack(content, fetched))


def _apply_to_each(
    function: Callable[[Any], Result], content: bytes, fetched: list[Any]
) -> list[Result]:
    return [function(task) for task in unpack(content, fetched)]


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
        """Return the results in the order of the tasks; a sequence of these is begun at once."""
        if isinstance(tasks, Sequence) and not tasks:
            return iter(())
        shared, name = self._share(function), _name_tasks(function)
        if isinstance(tasks, Sequence):
            groups = list(self.share_out(tasks))
            submitted = self._submit(shared, name, _apply_to_each, groups)
            return chain.from_iterable(self._take(deque(submitted)))
        ahead = (self._submit(shared, name, _apply, [task])[0] for task in tasks)
        return chain.from_iterable(
            self._take(deque([future])) for future in self._hold_back(ahead)
        )  # fmt: skip

    def share_out(self, tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
        """Put tasks together; see `share_out` of this module."""
        threads = self._count_threads() or _EXPECTED_THREADS
        begin, least = 0, max(len(tasks) // (_GROUPS_A_THREAD * threads), 1)
        if isinstance(tasks, LightTasks):
            least = -(-len(tasks) // threads)
        while begin < len(tasks):
            count = max((len(tasks) - begin) // (2 * threads), least)
            yield tasks[begin : begin + count]
            begin += count

    def keep(
        self, function: Callable[[Task], Result], tasks: Iterable[Task],
        tell: Callable[[Result], Told],
    ) -> Iterator[tuple[Any, Told]]:  # fmt: skip
        """Leave the results with the workers; see `map_kept`."""
        groups = list(tasks)
        shared = self._share(function)
        submitted = self._submit(shared, _name_tasks(function), _apply, groups, tell)
        told = self._take(deque(submitted[len(groups) :]))
        return zip(submitted[: len(groups)], told, strict=True)

    def _share(self, function: Callable[..., Any]) -> DaskFuture[Any]:
        """Submit what all tasks need; it goes to each worker once."""
        return self._send({f"share-{uuid4()}": (unpack, *pack(function, _is_future))})[0]

    def _submit(
        self, shared: DaskFuture[Any], name: str, apply: Callable[..., Any], tasks: Sequence[Any],
        tell: Callable[[Any], Any] | None = None,
    ) -> list[DaskFuture[Any]]:  # fmt: skip
        """Submit tasks at once; futures of them, and then, of what tells of each.

        One by one they would cost the scheduler and this process twice as much, and as much again
        if the scheduler looked into them. Many that are large go in several parts, so that the
        first are begun before the last are packed.
        """
        run, size = uuid4(), 0
        graph: dict[str, Any] = {}
        futures: dict[str, DaskFuture[Any]] = {}
        for number, task in enumerate(tasks, start=1):
            content, fetched = pack(task, _is_future)
            key = f"{name}-{run}-{number:05}"
            graph[key] = (apply, shared, content, fetched)
            if tell is not None:
                graph[f"tell-{run}-{number:05}"] = (tell, key)
            size += len(content)
            if size > _MOST_BYTES or number == len(tasks):
                futures |= zip(graph, self._send(graph), strict=True)
                graph, size = {}, 0
        return sorted(futures.values(), key=lambda each: str(each.key).startswith("tell-"))

    def _send(self, graph: dict[str, Any]) -> list[DaskFuture[Any]]:
        return self.client.get(  # type: ignore[no-any-return, no-untyped-call]
            graph, list(graph), sync=False, retries=_RETRIES, fifo_timeout="100 ms"
        )

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

    def _take(self, waiting: deque[DaskFuture[Any]]) -> Iterator[Any]:
        """Yield results in their order, of which some are fetched together."""
        from distributed import wait

        while waiting:
            self._wait_for(waiting[0])
            some = list(islice(waiting, max(2 * self._known_threads, _FETCHED)))
            with suppress(TimeoutError):
                wait(some, timeout=_COLLECTED_FOR)  # type: ignore[no-untyped-call]
            done = list(takewhile(_is_done, some))
            del some
            try:
                results = self.client.gather(done, direct=self._sees_workers)  # type: ignore[no-untyped-call]
            except DataNotFoundError as error:
                raise DataNotFoundError(
                    error.what, hint="have all workers see the maps under the paths that you give",
                    where="a worker of the cluster",
                ) from error  # fmt: skip
            for _ in done:
                waiting.popleft()
            yield from results

    @cached_property
    def _sees_workers(self) -> bool:
        """Whether results can come from the workers themselves, and not by way of the scheduler."""
        try:
            self.client.sync(self._connect, next(iter(self._list_threads())))  # type: ignore[no-untyped-call]
        except (OSError, StopIteration):
            return False
        return True

    async def _connect(self, worker: str) -> None:
        from distributed.comm.core import connect

        options = self.client.connection_args
        comm = await connect(worker, timeout=_REACHED_WITHIN, **options)  # type: ignore[no-untyped-call]
        await comm.close()

    def _wait_for(self, future: DaskFuture[Any]) -> None:
        from distributed import wait

        stopped: Event | None = getattr(_of_thread, "stopped", None)
        step, waited = min(_STEP, _PATIENCE), 0.0
        while not _is_done(future):
            if stopped is not None and stopped.is_set():
                raise KeyboardInterrupt
            try:
                wait(future, timeout=step)  # type: ignore[no-untyped-call]
            except TimeoutError:
                waited += step
                if waited >= _PATIENCE:
                    waited = 0.0
                    self._warn_without_workers()

    def _warn_without_workers(self) -> None:
        if not self._count_threads():
            logger.warning(
                "no worker is connected to the Dask scheduler at %s; waiting for one",
                self.client.scheduler_info(n_workers=0)["address"],
            )

    def _count_threads(self) -> int:
        self._known_threads = sum(self._list_threads().values())
        return self._known_threads

    def _list_threads(self) -> Mapping[str, int]:
        threads: Mapping[str, int] = self.client.nthreads()  # type: ignore[no-untyped-call]
        return threads


def _is_future(each: Any) -> bool:
    from distributed import Future

    return isinstance(each, Future)


def _is_done(future: DaskFuture[Any]) -> bool:
    return bool(future.done())  # type: ignore[no-untyped-call]


def _name_tasks(function: Callable[..., Any]) -> str:
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__)).strip("_")
