"""Time the engine with 1, 2, ... workers: threads here, and processes of a Dask cluster.

Threads work on arrays: computing alone. The cluster works from files to files.
Each round runs all, one after the other; the ratio to one worker is taken round
by round.

    python benchmarks/bench_scaling.py --side 4096 --workers 2
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from importlib import import_module
from pathlib import Path

from distributed import Client, LocalCluster

from skyseg import BandData, Parameters
from skyseg.engine import segment_image
from skyseg.samples import make_survey
from skyseg.tiles import ThreadMapper


def main() -> None:
    """Run the rounds and print the median ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096, help="pixels on a side of the image")
    parser.add_argument("--workers", type=int, default=2, help="most workers")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    side, most = arguments.side, arguments.workers
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SKYSEG_WORK_DIR"] = folder
        made = make_survey(
            Path(folder), bands=["F444W"], shape=(side, side), n_sources=side**2 // 1500, seed=1
        )
        band = BandData.from_files(made.images["F444W"])
        sci, err = band.load_sci(), band.load_err()

        def on_threads(workers: int) -> float:
            start = time.perf_counter()
            mapper = ThreadMapper(workers)
            segment_image(sci, err, "rms_err", Parameters(), (10.0,), strip_rows=256, mapper=mapper)
            return time.perf_counter() - start

        def on_cluster(workers: int) -> float:
            with (
                LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=None
                ) as cluster,
                Client(cluster) as client,
            ):
                client.run(import_module, "skyseg.engine.parameters")
                start = time.perf_counter()
                band.segment(overwrite=True, client=client)
                return time.perf_counter() - start

        times: dict[str, list[float]] = {}
        for _ in range(arguments.rounds + 1):
            for workers in range(1, most + 1):
                times.setdefault(f"{workers} threads", []).append(on_threads(workers))
                times.setdefault(f"{workers} Dask", []).append(on_cluster(workers))
    # the first round compiles
    for name, seconds in sorted(times.items(), key=lambda item: item[0].split()[::-1]):
        alone = times[f"1 {name.split()[1]}"][1:]
        gain = statistics.median(a / b for a, b in zip(alone, seconds[1:], strict=True))
        print(f"{name:12} {statistics.median(seconds[1:]):6.2f} s   {gain:5.2f} x one")


if __name__ == "__main__":
    main()
