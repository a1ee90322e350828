"""Time the engine with 1, 2, ... workers: threads here, and processes of a Dask cluster.

Threads work from maps in memory to the compressed SEG and BKG: computing alone. The
cluster works from files to files.
Each round runs one worker, two, ..., one after the other; the ratio to one worker
is taken round by round. Dask's workers keep freed memory, as docs/clusters.md says.

    python benchmarks/bench_scaling.py --side 8192 --workers 2
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from importlib import import_module
from pathlib import Path

import dask
from distributed import Client, LocalCluster

from skyseg import BandData, Parameters
from skyseg.engine import Maps, segment_rows
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.rows import ArrayRows
from skyseg.products._packing import PackedCanvas
from skyseg.samples import make_survey


def main() -> None:
    """Run the rounds and print the median ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8192, help="pixels on a side of the image")
    parser.add_argument("--workers", type=int, default=2, help="most workers")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    side, most = arguments.side, arguments.workers
    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SKYSEG_WORK_DIR"] = folder
        made = make_survey(
            Path(folder), bands=["F444W"], shape=(side, side), n_sources=side**2 // 1500, seed=1
        )
        band = BandData.from_files(made.images["F444W"])
        maps = Maps(ArrayRows(band.load_sci()), ArrayRows(band.load_err()), "rms_err")

        def on_threads(workers: int) -> float:
            start = time.perf_counter()
            with PackedCanvas(maps.shape) as canvas:
                segment_rows(maps, Parameters(), (10.0,), canvas, mapper=ThreadMapper(workers))
            return time.perf_counter() - start

        def on_cluster(workers: int) -> float:
            with (
                LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address=":0"
                ) as cluster,
                Client(cluster) as client,
            ):
                client.run(import_module, "skyseg.engine.parameters")
                start = time.perf_counter()
                band.segment(overwrite=True, client=client)
                return time.perf_counter() - start

        for kind, run in (("threads", on_threads), ("Dask", on_cluster)):
            rounds = [
                [run(workers) for workers in range(1, most + 1)]
                for _ in range(arguments.rounds + 1)
            ]
            # the first round warms up
            for workers, seconds in enumerate(zip(*rounds[1:], strict=True), 1):
                gain = statistics.median(each[0] / each[workers - 1] for each in rounds[1:])
                typical = statistics.median(seconds)
                print(f"{workers} {kind:8} {typical:6.2f} s   {gain:5.2f} x one")


if __name__ == "__main__":
    main()
