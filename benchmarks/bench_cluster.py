"""Count what a run on a Dask cluster moves, and what leader and scheduler cost.

Scheduler, workers and the leading process, this one, run on this machine and each counts its
messages, the bytes of its sockets and the time of its processor. Of the rounds after the first one
the middle one is told, by what leader and scheduler need of the workers' time. `--times FILE` keeps
how long each task took, for benchmarks/simulate_cluster.py, and how long the leading process worked
while no task was to be done: before the first ones, between steps and after the last ones.

    python benchmarks/bench_cluster.py --sides 4096 8192 --workers 2
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch
from weakref import ReferenceType, ref

import numpy as np
from bench_segment import maps_of
from distributed import Client, get_task_stream
from distributed.comm.tcp import TCP
from tornado.iostream import IOStream

from skyseg import BandData
from skyseg.engine.dask_mapper import DaskMapper
from skyseg.engine.known_facts import forget_facts

_IDLE = 5.0
_moved: Counter[str] = Counter()


class Used(NamedTuple):
    """What a process has used until now: seconds of the processor, bytes and messages."""

    seconds: float
    read: int
    written: int
    messages: int

    def __sub__(self, other: Used) -> Used:
        return Used(*(one - two for one, two in zip(self, other, strict=True)))


def dask_setup(_server: Any) -> None:
    """Count in a scheduler or worker that takes this file as its preload."""
    sys.modules["bench_cluster"] = sys.modules[__name__]
    _count_sockets()


def _count_sockets() -> None:
    read, write = IOStream.read_from_fd, IOStream.write_to_fd

    def read_counted(stream: IOStream, buffer: Any) -> int | None:
        size = read(stream, buffer)
        _moved["read"] += size or 0
        return size

    def write_counted(stream: IOStream, data: memoryview) -> int:
        size = write(stream, data)
        _moved["written"] += size
        return size

    send = TCP.write

    def send_counted(comm: TCP, *message: Any, **options: Any) -> Any:
        _moved["messages"] += 1
        return send(comm, *message, **options)

    IOStream.read_from_fd, IOStream.write_to_fd = read_counted, write_counted
    TCP.write = send_counted


def _look() -> Used:
    return Used(time.process_time(), _moved["read"], _moved["written"], _moved["messages"])


def _look_there() -> Used:
    return Used(*sys.modules["bench_cluster"]._look())


@contextmanager
def _cluster(workers: int, folder: Path) -> Iterator[Client]:
    """Start a scheduler and workers of one thread, each a process."""
    # Dask's name for leaving freed memory to the system's library: see docs/clusters.md
    environment = {**os.environ, "DASK_LOGGING__DISTRIBUTED": "error"}
    environment.pop("MALLOC_TRIM_THRESHOLD_", None)
    address = folder / "scheduler.json"
    usual = ["--scheduler-file", str(address), "--preload", __file__, "--no-dashboard"]
    alone = ["--nthreads", "1", "--no-nanny", "--local-directory", str(folder)]
    commands = [["scheduler", "--port", "0", *usual], *[["worker", *usual, *alone]] * workers]
    with ExitStack() as stack:
        for name, *options in commands:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{name}", *options],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.kill)
        with Client(scheduler_file=str(address)) as client:
            client.wait_for_workers(workers)
            client.run(import_module, "skyseg.engine.segmentation")
            client.run(import_module, "skyseg.survey")
            yield client


class _Alone:
    """Time of the processor of the leading process while no task is to be done."""

    def __init__(self) -> None:
        self.seconds, self._since = 0.0, time.process_time()
        # futures that are held here would keep results with the workers
        self._waiting: list[ReferenceType[Any]] = []

    def submit(self, futures: dict[str, Any]) -> None:
        """Count to here, where tasks are submitted."""
        now = time.process_time()
        if self._is_all_done():
            self.seconds += now - self._since
        self._since = now
        self._waiting += map(ref, futures.values())

    def take(self) -> None:
        """Count from here, where results are taken back, if there is nothing else to be done."""
        if self._waiting and self._is_all_done():
            self._since = time.process_time()

    def _is_all_done(self) -> bool:
        futures = (each() for each in self._waiting)
        is_done = all(future is None or future.done() for future in futures)
        if is_done:
            self._waiting = []
        return is_done

    def end(self) -> None:
        """Count to the end of the run."""
        self.take()
        self.seconds += time.process_time() - self._since


@contextmanager
def _watch_alone() -> Iterator[_Alone]:
    alone = _Alone()
    send, gather = DaskMapper._send, DaskMapper._gather

    def send_counted(mapper: DaskMapper, graph: dict[str, Any]) -> dict[str, Any]:
        futures = send(mapper, graph)
        alone.submit(futures)
        return futures

    def gather_counted(mapper: DaskMapper, done: list[Any]) -> Any:
        alone.take()
        return gather(mapper, done)

    with (
        patch.object(DaskMapper, "_send", send_counted),
        patch.object(DaskMapper, "_gather", gather_counted),
    ):
        yield alone
    alone.end()


def _watch_idle(client: Client) -> tuple[float, float]:
    """Return the part of a core that leader and scheduler need while there is nothing to do."""
    before = _look().seconds, client.run_on_scheduler(_look_there)[0]
    time.sleep(_IDLE)
    after = _look().seconds, client.run_on_scheduler(_look_there)[0]
    return (after[0] - before[0]) / _IDLE, (after[1] - before[1]) / _IDLE


class _Round(NamedTuple):
    """What leader, scheduler and workers used for a run, its tasks, and how long it took.

    Besides seconds of the leader's processor while no task was to be done.
    """

    used: dict[str, Used]
    tasks: list[dict[str, Any]]
    alone: float
    seconds: float

    def find_share(self, idle: Sequence[float]) -> float:
        """Return the part of the workers' time that leader and scheduler need, but when idle."""
        leading = self.used["leader"].seconds + self.used["scheduler"].seconds
        return (leading - sum(idle) * self.seconds) / self.used["workers"].seconds

    def sum_up(self, idle: Sequence[float]) -> dict[str, Any]:
        """Put together what simulate_cluster.py needs; tasks in seconds of the processor."""
        times = _list_times(self.tasks)
        scale = self.used["workers"].seconds / sum(map(sum, times.values()))
        return {
            "count": len(self.tasks),
            "leader": self.used["leader"].seconds - idle[0] * self.seconds,
            "scheduler": self.used["scheduler"].seconds - idle[1] * self.seconds,
            "alone": self.alone,
            "tasks": {step: [scale * each for each in found] for step, found in times.items()},
        }


def _measure(band: BandData, client: Client) -> _Round:
    """Run a band."""
    forget_facts()
    start = time.perf_counter()
    there = client.run(_look_there)
    before = {"leader": _look(), "scheduler": client.run_on_scheduler(_look_there)}
    with get_task_stream(client=client) as stream:
        with _watch_alone() as alone:
            band.segment(overwrite=True, client=client, progress=False)
        leader = _look()
    used = {
        "leader": leader - before["leader"],
        "scheduler": Used(*client.run_on_scheduler(_look_there)) - Used(*before["scheduler"]),
    }
    after = client.run(_look_there)
    each = [Used(*after[worker]) - Used(*there[worker]) for worker in after]
    used["workers"] = Used(*map(sum, zip(*each, strict=True)))
    return _Round(used, stream.data, alone.seconds, time.perf_counter() - start)


def _list_times(tasks: list[dict[str, Any]]) -> dict[str, list[float]]:
    """How long each task of a step computed, in the order in which they began."""
    times: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for task in tasks:
        step = task["key"].rsplit("-", 6)[0]  # what comes after is a UUID and a number
        computed = [each for each in task["startstops"] if each["action"] == "compute"]
        times[step] += [(each["start"], each["stop"] - each["start"]) for each in computed]
    return {step: [seconds for _, seconds in sorted(each)] for step, each in times.items()}


def _take_alone(_mapper: DaskMapper, tasks: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Put no tasks together, so that each is timed."""
    return (tasks[k : k + 1] for k in range(len(tasks)))


def main() -> None:
    """Run each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[4096], help="pixels on a side")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=4, help="the first one warms up")
    parser.add_argument("--times", type=Path, help="file for the times of tasks")
    arguments = parser.parse_args()
    _count_sockets()
    kept: dict[str, Any] = {}
    for side in arguments.sides:
        band = BandData.from_files(*maps_of(side, arguments.data.resolve(), None), zero_point=28)
        with tempfile.TemporaryDirectory() as folder:
            os.environ["SKYSEG_WORK_DIR"] = folder
            with _cluster(arguments.workers, Path(folder)) as client:
                rounds = [_measure(band, client) for _ in range(arguments.rounds)]
                idle = _watch_idle(client)
                with patch.object(DaskMapper, "share_out", _take_alone):
                    apart = _measure(band, client)
            pixels = int(np.count_nonzero(band.load_seg()))
        warm = sorted(rounds[1:] or rounds, key=lambda each: each.find_share(idle))
        found = warm[len(warm) // 2]
        shares = [each.find_share(idle) for each in warm]
        print(f"{side}: {pixels} pixels of sources, {len(found.tasks)} tasks")
        print(f"  leader and scheduler: {found.find_share(idle):.3f} of the workers' CPU besides")
        print(f"  what they need when idle, {shares[0]:.3f} to {shares[-1]:.3f};")
        part = found.alone / found.used["workers"].seconds
        print(f"  {part:.3f} what the leader does while no task is to be done")
        for who, (cpu, read, written, messages) in found.used.items():
            print(
                f"  {who:10}{cpu:7.2f} s of CPU, {messages:5} messages, bytes a pixel of sources: "
                f"{read / pixels:6.2f} read, {written / pixels:6.2f} written"
            )
        kept[str(side)] = {"grouped": found.sum_up(idle), "alone": apart.sum_up(idle)}
    if arguments.times is not None:
        arguments.times.write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
