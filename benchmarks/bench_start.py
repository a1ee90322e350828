"""Time small calls of the program as whole processes: what its start and end cost.

Each round runs all calls, one after the other, and where another source tree is named that
one's too. Seconds are those of the processor, which other work on the machine moves least;
the last column is the median of the ratios, round by round.

    python benchmarks/bench_start.py --rounds 15
    python benchmarks/bench_start.py --rounds 15 --against ../former/src
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench_segment import ENVIRONMENT, maps_of

import skyseg

_PROGRAM = "from skyseg.cli import run; import sys; sys.exit(run())"


class Spent(NamedTuple):
    """What one process took."""

    cpu: float
    wall: float


def calls_of(side: int, folder: Path) -> dict[str, list[str]]:
    """Return the arguments of each call."""
    sci, rms = maps_of(side, folder, None)
    files = ["--sci", str(sci), "--err", str(rms), "--zero-point", "28"]
    made = ["--out", str(folder / "products"), "--overwrite"]
    return {
        f"segment, {side} x {side} pixels": ["segment", *files, *made],
        "segment --help": ["segment", "--help"],
        "--help": ["--help"],
    }


def timed(source: Path, arguments: list[str]) -> Spent:
    """Run the program of a source tree."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *arguments],
        env=ENVIRONMENT | {"PYTHONPATH": str(source)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments} of {source} failed")
    return Spent(usage.ru_utime + usage.ru_stime, time.perf_counter() - start)


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", type=Path, help="folder that holds another skyseg")
    arguments = parser.parse_args()
    here = Path(skyseg.__file__).parents[1]
    other = here if arguments.against is None else arguments.against.resolve()
    print("call                        CPU s  wall s  of the other's CPU")
    with tempfile.TemporaryDirectory() as name:
        for call, given in calls_of(arguments.side, Path(name)).items():
            for source in (here, other):
                timed(source, given)
            rounds = [(timed(here, given), timed(other, given)) for _ in range(arguments.rounds)]
            cpu, wall = (
                statistics.median(values)
                for values in zip(*(ours for ours, _ in rounds), strict=True)
            )
            ratio = statistics.median(ours.cpu / theirs.cpu for ours, theirs in rounds)
            print(f"{call:26s}  {cpu:5.2f}  {wall:6.2f}  {ratio:18.2f}", flush=True)


if __name__ == "__main__":
    main()
