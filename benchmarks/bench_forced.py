"""Time measuring the sources of one band in others against segmenting one of these.

A simulated survey on disk, each step a call of Python: each band is segmented, and then all
are measured at the sources of the last one; then once more where nothing is known of the bands,
as in a process that has segmented none. Times are those of the processor, over all threads; ratios
are taken round by round. Checksums of the inputs are taken where nothing is known yet.

    python benchmarks/bench_forced.py --side 4096 --bands F115W F200W F277W F356W F444W
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from skyseg import Data
from skyseg.products.input_maps import forget_checksums
from skyseg.samples import make_survey


def timed(work: Callable[[], object]) -> float:
    """Return how long a call takes of the processor, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def run_round(archive: Path, names: list[str]) -> dict[str, float]:
    """Segment each band, and measure all at the sources of the last one."""
    with tempfile.TemporaryDirectory() as products:
        data = Data.from_survey_version("bench", "v1", data_dir=archive, work_dir=products)
        bands = [data[name] for name in names]
        forget_checksums()
        segmented = [timed(band.segment) for band in bands]
        forced = timed(lambda: data.perform_forced_phot(bands[-1], progress=False))
        forget_checksums()
        alone = timed(lambda: data.perform_forced_phot(bands[-1], overwrite=True, progress=False))
        one = timed(lambda: bands[0].perform_forced_phot(bands[-1], overwrite=True))
    a_band = statistics.mean(segmented)
    return {
        "segment": a_band,
        "all bands": forced,
        "all bands, alone": alone,
        "one band": one,
        "a band of all/segment": forced / len(bands) / a_band,
        "a band of all, alone/segment": alone / len(bands) / a_band,
        "one band/segment": one / a_band,
    }


def main() -> None:
    """Run the rounds and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--bands", nargs="+", default=["F115W", "F200W", "F277W", "F356W", "F444W"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    archive = arguments.data.resolve() / f"forced_{arguments.side}"
    shape = arguments.side, arguments.side
    make_survey(archive, survey="bench", bands=arguments.bands, shape=shape)
    run_round(archive, arguments.bands)
    rounds = [run_round(archive, arguments.bands) for _ in range(arguments.rounds)]
    medians = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    if arguments.json:
        print(json.dumps(medians))
        return
    for name, value in medians.items():
        print(f"{name:30s} {value:8.2f}{'' if '/' in name else ' s'}")


if __name__ == "__main__":
    main()
