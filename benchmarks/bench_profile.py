"""Show where the time of an extraction goes: seconds in each function, on one core.

python benchmarks/bench_profile.py --side 8192 --data /var/tmp/mosaics
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
from pathlib import Path

from bench_segment import maps_of

from skyseg import BandData, Parameters
from skyseg.engine import Maps, segment_rows
from skyseg.products._packing import PackedCanvas


def main() -> None:
    """Run an extraction twice, the second time under the profiler, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--most", type=int, default=25, help="functions to show")
    arguments = parser.parse_args()
    sci, rms = maps_of(arguments.side, arguments.data.resolve(), None)
    band = BandData.from_files(sci, err=rms)
    maps = Maps(band.sci_rows(), band.err_rows(), "rms_err")

    def run() -> None:
        with PackedCanvas(maps.shape) as canvas:
            segment_rows(maps, Parameters(), (10.67, 16.67, 33.33, 50.0, 66.67), canvas)

    run()
    profile = cProfile.Profile()
    profile.runcall(run)
    # compiled loops count for the function that calls them
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(arguments.most)


if __name__ == "__main__":
    main()
