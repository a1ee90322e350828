"""Simulate a run on a Dask cluster of many workers, from times that tasks took on a small one.

A step ends before the next one begins; sources are named, apertures laid and labels drawn in one
step, and the noise is measured in that of detection. The leader sends the tasks of a step in parts,
of which the scheduler passes on one after another; what is done the scheduler tells, and the leader
takes it: these are two processes, which work side by side. Between steps the leader reads, CLEANs
and writes while all workers wait; a worker takes the next task that was passed on.
Tasks are put together as `skyseg.engine.dask_mapper.DaskMapper` does it. Larger images than the
measured ones have the tasks of the largest several times.

    python benchmarks/bench_cluster.py --sides 4096 8192 16384 --times times.json
    python benchmarks/simulate_cluster.py times.json --sides 8192 32768 --workers 1 8 64
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

STEPS = (
    ("measure_sky",), ("measure_sky_mesh", "detect_and_measure", "detect_strips"),
    ("deblend_cut",), ("name_sources", "draw_strip", "lay_apertures"), ("copy_parts",),
)  # fmt: skip
_ALONE = frozenset(["measure_sky_mesh"])
"""Tasks of which there are as many whatever the size of the image."""
_LIGHT = frozenset(["measure_sky_mesh", "deblend_cut", "copy_parts"])
_LEAST_LIGHT = 3
_SENT = 64
_TOLD = frozenset(["detect_and_measure", "detect_strips", "deblend_cut"])
"""Tasks each of which has another one that tells of it."""


def share_out(tasks: Sequence[float], workers: int, *, light: bool) -> list[float]:
    """Put consecutive tasks together; how long each group takes."""
    groups, begin = [], 0
    least = len(tasks) // (8 * workers)
    if light:
        least = max(-(-len(tasks) // workers), _LEAST_LIGHT)
    while begin < len(tasks):
        count = max((len(tasks) - begin) // (2 * workers), least, 1)
        groups.append(sum(tasks[begin : begin + count]))
        begin += count
    return groups


class Passing(NamedTuple):
    """Seconds that a task costs the leading process and the scheduler, half of it before."""

    leader: float
    scheduler: float


def run_step(groups: Sequence[float], workers: int, passing: Passing) -> float:
    """Return how long a step takes."""
    free = [0.0] * workers
    most, passed, ends = max(2 * workers, _SENT), 0.0, []
    for number, seconds in enumerate(groups):
        sent = min((number // most + 1) * most, len(groups)) * passing.leader / 2
        passed = max(passed, sent) + passing.scheduler / 2
        ends.append(max(heapq.heappop(free), passed) + seconds)
        heapq.heappush(free, ends[-1])
    told = taken = passed
    for end in sorted(ends):
        told = max(told, end) + passing.scheduler / 2
        taken = max(taken, told) + passing.leader / 2
    return taken


class Model(NamedTuple):
    """What tasks and the leading process take, and of how large an image."""

    tasks: dict[int, dict[str, list[float]]]
    passing: Passing
    with_tasks: float
    fixed: float
    growing: float

    @classmethod
    def of(cls, measured: dict[str, Any]) -> Model:
        """Take the tasks of each image; the leading process is fitted to all."""
        sides = sorted(map(int, measured))
        runs = [(side, run) for side in sides for run in measured[str(side)].values()]
        count = np.array([run["count"] for _, run in runs])
        area = np.array([(side / sides[-1]) ** 2 for side, _ in runs])
        alone = np.array([run["alone"] for _, run in runs])
        along = np.array([run["leader"] for _, run in runs]) - alone
        leader, with_tasks = np.linalg.lstsq(np.stack([count, area], axis=1), along)[0]
        scheduling = np.array([run["scheduler"] for _, run in runs])
        scheduler = (count @ scheduling) / (count @ count)
        line = np.stack([np.ones(len(runs)), area], axis=1)
        fixed, growing = np.linalg.lstsq(line, alone)[0]
        tasks = {side: measured[str(side)]["alone"]["tasks"] for side in sides}
        return cls(tasks, Passing(leader, scheduler), with_tasks, fixed, growing)

    @property
    def side(self) -> int:
        """The largest image that was measured."""
        return max(self.tasks)

    def simulate(self, side: int, workers: int) -> float:
        """Return how long a run of an image takes."""
        area = (side / self.side) ** 2
        total = self.fixed + area * self.growing
        known = max((each for each in self.tasks if each <= side), default=min(self.tasks))
        times = max(round((side / known) ** 2), 1)
        steps: list[tuple[list[float], int]] = []
        for step in STEPS:
            groups: list[float] = []
            count = 0
            for name in step:
                tasks = self.tasks[known].get(name, [])
                whole = tasks if name in _ALONE else tasks * times
                shared = share_out(whole, workers, light=name in _LIGHT)
                groups += shared
                count += len(shared) * (1 + (name in _TOLD))
            if groups:
                steps.append((groups, count))
        along = self.with_tasks * area / sum(len(groups) for groups, _ in steps)
        for groups, count in steps:
            leader, scheduler = (count / len(groups) * each for each in self.passing)
            total += run_step(groups, workers, Passing(leader + along, scheduler))
        return total


def main() -> None:
    """Print how long runs take, and how much of all workers' time is used."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("times", type=Path, help="what bench_cluster.py --times wrote")
    parser.add_argument("--sides", type=int, nargs="+", default=[8192, 16384, 32768, 65536])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 8, 16, 32, 64])
    parser.add_argument(
        "--passing", type=float, nargs=2, metavar="MS",
        help="what a task costs leader and scheduler, in place of all that they do",
    )  # fmt: skip
    arguments = parser.parse_args()
    model = Model.of(json.loads(arguments.times.read_text()))
    if arguments.passing is not None:
        passing = Passing(*(each / 1000 for each in arguments.passing))
        model = Model(model.tasks, passing, 0.0, 0.0, 0.0)
    leader, scheduler = (1000 * each for each in model.passing)
    print(
        f"a task costs the leader {leader:.1f} ms, the scheduler {scheduler:.1f} ms, a run ", end=""
    )
    print(f"{model.fixed:.2f} s and {model.growing:.2f} s for {model.side} x {model.side} pixels")
    print(f"while no task is done; what these tell takes the leader {model.with_tasks:.2f} s")
    for side in arguments.sides:
        one = model.simulate(side, 1)
        for workers in arguments.workers:
            seconds = model.simulate(side, workers)
            gain = one / seconds
            print(
                f"{side:6} {workers:4} workers {seconds:8.2f} s  {gain:6.1f} x one, "
                f"efficiency {gain / workers:.2f}"
            )


if __name__ == "__main__":
    main()
