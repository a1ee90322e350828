"""The one dispatcher: strips of an image in this thread, in threads, or on a cluster.

The engine's functions release the interpreter's lock, so threads use all cores
without copies of the maps. Whatever the mapper, the results come in the order of
the tasks, and the products are the same bytes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar, overload, runtime_checkable

from skyseg.engine._arrays import as_count
from skyseg.engine.shared_threads import find_threads
from skyseg.engine.types import Progress

Task = TypeVar("Task")
Result = TypeVar("Result")
Told = TypeVar("Told")


class Mapper(Protocol):
    """Applies a function to tasks; the results come in the order of the tasks."""

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Return the results."""
        ...


@runtime_checkable
class KeepingMapper(Mapper, Protocol):
    """A mapper that works elsewhere, where results may stay; see `skyseg.engine.DaskMapper`."""

    def share_out(self, tasks: Sequence[Task], /) -> Iterable[Sequence[Task]]:
        """Put consecutive tasks together; see `share_out` of this module."""
        ...

    def keep(
        self, function: Callable[[Task], Result], tasks: Iterable[Task],
        tell: Callable[[Result], Told] | None, /,
    ) -> Iterator[tuple[Any, Told | None]]:  # fmt: skip
        """Leave the results where they are made; see `map_kept`."""
        ...


class ThreadMapper:
    """Maps over tasks in threads, a few tasks ahead of what is asked for.

    Parameters
    ----------
    workers : int, optional
        Number of threads of its own; by default as many as there are cores that this process
        may use, or those that several images share, see `skyseg.engine.shared_threads`.

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
        self._can_share = workers is None

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Yield the results in the order of the tasks."""
        if self._can_share and (shared := find_threads()) is not None:
            yield from self._map(shared, function, tasks)
        elif self.workers == 1:
            yield from map(function, tasks)
        else:
            with ThreadPoolExecutor(self.workers, "skyseg") as own:
                yield from self._map(own, function, tasks)

    def _map(
        self, threads: Executor, function: Callable[[Task], Result], tasks: Iterable[Task]
    ) -> Iterator[Result]:
        waiting: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                waiting.append(threads.submit(function, task))
                # so many that a long one keeps no other thread waiting
                if len(waiting) > 2 * self.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            wait([future for future in waiting if not future.cancel()])


@overload
def map_kept(
    mapper: Mapper, function: Callable[[Task], Result], tasks: Iterable[Task],
    tell: Callable[[Result], Told],
) -> Iterator[tuple[Any, Told]]: ...  # fmt: skip


@overload
def map_kept(
    mapper: Mapper, function: Callable[[Task], Result], tasks: Iterable[Task], tell: None
) -> Iterator[tuple[Any, None]]: ...  # fmt: skip


def map_kept(
    mapper: Mapper, function: Callable[[Task], Any], tasks: Iterable[Task],
    tell: Callable[[Any], Any] | None,
) -> Iterator[tuple[Any, Any]]:  # fmt: skip
    """Apply a function whose results stay where they are made, on a cluster with the workers.

    Parameters
    ----------
    mapper : Mapper
        Applies the function.
    function, tasks
        As the mapper takes them.
    tell : callable or None
        Says of a result what has to be known here; None for nothing, which is not waited for.

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
    if isinstance(mapper, KeepingMapper):
        return mapper.keep(function, tasks, tell)
    results = mapper(function, tasks)
    return ((result, None if tell is None else tell(result)) for result in results)


def can_keep(mapper: Mapper) -> bool:
    """Tell whether what `map_kept` leaves behind is elsewhere than here."""
    return isinstance(mapper, KeepingMapper)


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
    if isinstance(mapper, KeepingMapper):
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


class GroupedTasks(LazyTasks[Task]):
    """Tasks each of which is a group that `share_out` has put together."""


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
