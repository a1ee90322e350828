"""Time skyseg against SExtractor on one simulated mosaic, both as whole processes.

Each round runs both, one after the other, from maps on disk to SEG, BKG and the
full catalogue on disk. The ratio is taken round by round.

    python benchmarks/bench_segment.py --side 8192 --data /var/tmp/mosaics
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from skyseg.samples import make_survey

_RUN = """
import logging, sys
from skyseg import BandData
logging.disable(logging.WARNING)
band = BandData.from_files(sys.argv[1], survey="bench", version="v1", band="F444W")
band.segment("rms_err", sys.argv[2])
print(band.kept.n_sources)
"""


def timed(image: Path, method: str, work: Path) -> tuple[float, float, int]:
    """Run a method in a process; return seconds, peak memory in GB, and sources."""
    environment = os.environ | {"SKYSEG_WORK_DIR": str(work)}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, str(image), method], env=environment, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            family = [watched, *watched.children(recursive=True)]
            peak = max(peak, sum(each.memory_info().rss for each in family))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    assert process.stdout is not None
    if process.returncode:
        sys.exit(f"{method} failed")
    return seconds, peak / 1e9, int(process.stdout.read())


def main() -> None:
    """Run the rounds and print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    side = arguments.side
    survey = make_survey(
        arguments.data, survey=f"mosaic{side}", bands=["F444W"], shape=(side, side)
    )
    image = survey.images["F444W"]
    with tempfile.TemporaryDirectory() as folder:
        timed(image, "sep", Path(folder) / "warm")
        rounds = [
            {
                method: timed(image, method, Path(folder) / f"{number}")
                for method in ("sextractor", "sep")
            }
            for number in range(arguments.rounds)
        ]
    ratios = [each["sep"][0] / each["sextractor"][0] for each in rounds]
    if arguments.json:
        print(json.dumps({"side": side, "rounds": rounds, "ratios": ratios}))
        return
    print("round  method      seconds  us/pixel  peak GB  sources")
    for number, each in enumerate(rounds):
        for method, (seconds, peak, sources) in each.items():
            print(f"{number:5d}  {method:10s}  {seconds:7.2f}  {seconds / side**2 * 1e6:8.3f}  "
                  f"{peak:7.2f}  {sources:7d}")  # fmt: skip
    print(f"sep / sextractor: {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
