"""Tell how long cores wait at the ends of an extraction's steps.

The tasks of each step are worked one by one, in seconds of the processor, and given to threads
as `ThreadMapper` gives them, in a simulation: so other work on the machine does not matter, nor
how many cores it has.

    python benchmarks/bench_phases.py --side 8192 --workers 2 8
"""

from __future__ import annotations

import argparse
import heapq
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench_segment import maps_of

from skyseg import BandData, Parameters
from skyseg.engine import Maps, segment_rows
from skyseg.products._packing import PackedCanvas


class Timed:
    """A mapper that works tasks in this thread, and keeps how long each took."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, list[float]]] = []

    def __call__(self, function: Callable[..., Any], tasks: Iterable[Any], /) -> Iterator[Any]:
        """Yield the results."""
        named = function
        while isinstance(named, partial):
            named = named.func
        seconds: list[float] = []
        self.steps.append((named.__name__, seconds))
        for task in tasks:
            start = time.thread_time()
            result = function(task)
            seconds.append(time.thread_time() - start)
            yield result


def simulated(seconds: Sequence[float], workers: int) -> float:
    """Return when the last of some tasks ends, as `ThreadMapper` has them worked."""
    free = [0.0] * workers
    waiting: deque[float] = deque()
    now = 0.0
    for each in seconds:
        end = max(heapq.heappop(free), now) + each
        heapq.heappush(free, end)
        waiting.append(end)
        if len(waiting) > 2 * workers:
            now = max(now, waiting.popleft())
    return max(free)


def main() -> None:
    """Run an extraction twice, the second time with its tasks timed, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    arguments = parser.parse_args()
    sci, rms = maps_of(arguments.side, arguments.data.resolve(), None)
    band = BandData.from_files(sci, err=rms)
    maps = Maps(band.sci_rows(), band.err_rows(), "rms_err")
    for timed in (Timed(), mapper := Timed()):
        with PackedCanvas(maps.shape) as canvas:
            segment_rows(
                maps, Parameters(), (10.67, 16.67, 33.33, 50.0, 66.67), canvas, mapper=timed
            )
    shown = "  ".join(f"{workers:3d} threads" for workers in arguments.workers)
    print(f"{'step':20s}  tasks  seconds  longest  {shown}")
    totals = [0.0] * (1 + len(arguments.workers))
    for name, seconds in mapper.steps:
        ends = [simulated(seconds, workers) for workers in arguments.workers]
        totals = [a + b for a, b in zip(totals, [sum(seconds), *ends], strict=True)]
        print(f"{name:20s}  {len(seconds):5d}  {sum(seconds):7.3f}  {max(seconds):7.3f}  "
              + "  ".join(f"{end:11.3f}" for end in ends))  # fmt: skip
    print("all: " + ", ".join(
        f"{workers} threads take {end / (totals[0] / workers):.3f} of what they would without waits"
        for workers, end in zip(arguments.workers, totals[1:], strict=True)
    ))  # fmt: skip


if __name__ == "__main__":
    main()
