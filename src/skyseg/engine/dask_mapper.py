"""Strips of an image on a Dask cluster."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain, islice, repeat, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from skyseg.engine._parcels import Parcel, pack, unpack
from skyseg.engine.builds import check_build, check_versions, find_build
from skyseg.engine.mappers import GroupedTasks, LightTasks, Result, Task, Told
from skyseg.engine.stopping import end_if_stopped
from skyseg.errors import DataNotFoundError, ParameterError

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as DaskFuture

_RETRIES = 3
# seconds between two looks whether a cluster that gives no result has workers
_PATIENCE = 20.0
# seconds between two looks whether the work is stopped, in which more results may come
_STEP = 0.5
# of a cluster that has no workers yet
_EXPECTED_THREADS = 16
# bytes of tasks that are sent at a time, about; Dask warns of 10 MB
_MOST_BYTES = 2_000_000
# bytes of a function that goes with each task, at the most
_LITTLE = 10_000
# tasks that are sent at a time, at the least
_SENT = 64
# results that are fetched at a time, at the least
_FETCHED = 8
# seconds in which a worker that this process sees answers
_REACHED_WITHIN = 2.0
# the smallest groups of tasks are such that as many would keep a thread busy
_GROUPS_A_THREAD = 8
# light tasks that take as long as to pass one on, about
_LEAST_LIGHT = 3

logger = logging.getLogger(__name__)


class _Shared:
    """The function of all tasks: a little one goes with each, a large one to each worker once.

    Attributes
    ----------
    given : Parcel, str or Future
        What tasks get for it.
    task : tuple or None
        What brings a large one to workers, until it was sent with the first tasks.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.key, self.name = f"share-{uuid4()}", _name_tasks(function)
        parcel, fetched = _pack(function)
        is_little = len(parcel.content) <= _LITTLE and not fetched
        self.given: Any = parcel if is_little else self.key
        self.task = None if is_little else (_receive, find_build(), parcel, fetched)


class _Submitted(NamedTuple):
    """Futures of tasks, and of what is told of each, if anything is."""

    done: list[DaskFuture[Any]]
    told: list[DaskFuture[Any]]


def _receive(build: str, parcel: Parcel, fetched: list[Any]) -> Any:
    """Unpack what all tasks need, in a worker that runs the build of the leading process."""
    check_build(build)
    return unpack(parcel, fetched)


def _apply(
    build: str, given: Parcel | Callable[[Any], Any], parcel: Parcel, fetched: list[Any]
) -> Any:
    check_build(build)
    return _take_function(given)(unpack(parcel, fetched))


def _apply_and_pack(*given: Any) -> bytes:
    return _pack_result(_apply(*given))


def _apply_to_each(
    build: str, given: Parcel | Callable[[Any], Any], parcel: Parcel, fetched: list[Any]
) -> bytes:
    check_build(build)
    function = _take_function(given)
    return _pack_result([function(task) for task in unpack(parcel, fetched)])


def _take_function(given: Parcel | Callable[[Any], Any]) -> Callable[[Any], Any]:
    function: Callable[[Any], Any] = unpack(given, []) if isinstance(given, Parcel) else given
    return function


def _tell(tell: Callable[[Any], Any], result: Any) -> bytes:
    return _pack_result(tell(result))


def _pack_result(result: Any) -> bytes:
    """Pack what goes to the leading process: Dask would pass on each of its arrays by itself."""
    return _pack(result)[0].content


class DaskMapper:
    """Maps over tasks on a Dask cluster; a task whose worker dies is done again.

    What all tasks need, the function that is applied, goes to each worker once where it is
    large, unless Dask's active memory manager takes a copy away. Workers may come and go. While
    there is none, tasks wait, as they do for jobs in the queue of a batch system, and a warning
    says so; Dask's setting ``distributed.scheduler.no-workers-timeout`` limits the time. Dask's
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
        self._checked = False

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], /
    ) -> Iterator[Result]:
        """Return the results in the order of the tasks; a sequence of these is begun at once."""
        if isinstance(tasks, Sequence) and not tasks:
            return iter(())
        shared = self._share(function)
        if isinstance(tasks, GroupedTasks):
            return self._take(deque(self._submit(shared, _apply_and_pack, tasks).done))
        if isinstance(tasks, Sequence):
            groups = list(self.share_out(tasks))
            submitted = self._submit(shared, _apply_to_each, groups)
            return chain.from_iterable(self._take(deque(submitted.done)))
        ahead = (self._submit(shared, _apply_and_pack, [task]).done[0] for task in tasks)
        return chain.from_iterable(
            self._take(deque([future])) for future in self._hold_back(ahead)
        )  # fmt: skip

    def share_out(self, tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
        """Put tasks together; see `share_out` of this module."""
        threads = self._count_threads() or _EXPECTED_THREADS
        begin, least = 0, max(len(tasks) // (_GROUPS_A_THREAD * threads), 1)
        if isinstance(tasks, LightTasks):
            least = max(-(-len(tasks) // threads), _LEAST_LIGHT)
        while begin < len(tasks):
            count = max((len(tasks) - begin) // (2 * threads), least)
            yield tasks[begin : begin + count]
            begin += count

    def keep(
        self, function: Callable[[Task], Result], tasks: Iterable[Task],
        tell: Callable[[Result], Told] | None,
    ) -> Iterator[tuple[Any, Told | None]]:  # fmt: skip
        """Leave the results with the workers; see `map_kept`."""
        submitted = self._submit(self._share(function), _apply, list(tasks), tell)
        if tell is None:
            return zip(submitted.done, repeat(None))
        return zip(submitted.done, self._take(deque(submitted.told)), strict=True)

    def _share(self, function: Callable[..., Any]) -> _Shared:
        if not self._checked:
            check_versions(self.client)
            self._checked = True
        return _Shared(function)

    def _submit(
        self, shared: _Shared, apply: Callable[..., Any], tasks: Sequence[Any],
        tell: Callable[[Any], Any] | None = None,
    ) -> _Submitted:  # fmt: skip
        """Submit tasks at once.

        One by one they would cost the scheduler and this process twice as much, and as much again
        if the scheduler looked into them. Many go in several parts, so that the first are begun
        before the last are packed.
        """
        run, size = uuid4(), 0
        most = max(2 * self._known_threads, _SENT)
        graph: dict[str, Any] = {}
        futures: dict[str, DaskFuture[Any]] = {}
        done = [f"{shared.name}-{run}-{number:05}" for number in range(1, len(tasks) + 1)]
        told = [] if tell is None else [f"tell-{run}-{n:05}" for n in range(1, len(tasks) + 1)]
        for number, (key, task) in enumerate(zip(done, tasks, strict=True)):
            parcel, fetched = _pack(task)
            graph[key] = (apply, find_build(), shared.given, parcel, fetched)
            if tell is not None:
                graph[told[number]] = (_tell, tell, key)
            size += len(parcel.content)
            if size > _MOST_BYTES or len(graph) >= most or key == done[-1]:
                if shared.task is not None:
                    graph[shared.key] = shared.task
                futures |= self._send(graph)
                if shared.task is not None:
                    shared.given, shared.task = futures[shared.key], None
                graph, size = {}, 0
        return _Submitted([futures[key] for key in done], [futures[key] for key in told])

    def _send(self, graph: dict[str, Any]) -> dict[str, DaskFuture[Any]]:
        futures = self.client.get(  # type: ignore[no-untyped-call]
            graph, list(graph), sync=False, retries=_RETRIES, fifo_timeout="100 ms"
        )
        return dict(zip(graph, futures, strict=True))

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
        while waiting:
            done = self._wait_for(islice(waiting, max(2 * self._known_threads, _FETCHED)))
            results = self._gather(done)
            for _ in done:
                waiting.popleft()
            del done
            yield from (unpack(Parcel(result), []) for result in results)

    def _gather(self, done: list[DaskFuture[Any]]) -> Any:
        """Return results; what workers say of themselves is told as it looks from here."""
        try:
            return self.client.gather(done, direct=self._sees_workers)  # type: ignore[no-untyped-call]
        except DataNotFoundError as error:
            raise DataNotFoundError(
                error.what, hint="have all workers see the maps under the paths that you give",
                where="a worker of the cluster",
            ) from error  # fmt: skip

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

    def _wait_for(self, some: Iterable[DaskFuture[Any]]) -> list[DaskFuture[Any]]:
        """Return the first ones that are done, and with them what is done soon."""
        from distributed import wait

        wanted = list(some)
        step, waited = min(_STEP, _PATIENCE), 0.0
        while not all(map(_is_done, wanted)):
            end_if_stopped()
            try:
                wait(wanted, timeout=step)  # type: ignore[no-untyped-call]
            except TimeoutError:
                if done := list(takewhile(_is_done, wanted)):
                    return done
                waited += step
                if waited >= _PATIENCE:
                    waited = 0.0
                    self._warn_without_workers()
        return wanted

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


def _pack(task: Any) -> tuple[Parcel, list[Any]]:
    """Pack a task, in which futures stand for what workers have."""
    from distributed import Future

    return pack(task, Future)


def _is_done(future: DaskFuture[Any]) -> bool:
    return bool(future.done())  # type: ignore[no-untyped-call]


def _name_tasks(function: Callable[..., Any]) -> str:
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__)).strip("_")
