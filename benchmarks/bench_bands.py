"""Time several bands that are segmented one after another, and side by side.

The bands are links of one simulated mosaic. Each round segments all of them in both ways, in turn;
the last column is the median of the ratios, round by round.

    python benchmarks/bench_bands.py --side 4096 --bands 5 --rounds 5
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from bench_segment import maps_of

from skyseg import BandData
from skyseg.survey.batch import SIDE_BY_SIDE, segment_each

WAYS = {"one after another": 1, "side by side": SIDE_BY_SIDE}


def link_bands(count: int, maps: tuple[Path, Path], folder: Path) -> list[BandData]:
    """Return bands that are links of one."""
    bands = []
    for number in range(count):
        sci, err = (folder / f"band{number}_{name}.fits" for name in ("sci", "rms"))
        for path, link in zip(maps, (sci, err), strict=True):
            os.link(path, link)
        bands.append(BandData.from_files(sci, err, zero_point=28.0, work_dir=folder / "products"))
    return bands


def timed(bands: list[BandData], at_a_time: int) -> float:
    """Segment bands, and return the seconds that it takes."""
    tasks = [(band, {"overwrite": True}) for band in bands]
    start = time.perf_counter()
    for run in segment_each(tasks, lambda part, text: None, at_a_time=at_a_time):
        if run.error is not None:
            raise run.error
    return time.perf_counter() - start


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--bands", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--maps", type=Path, help="folder of the simulated mosaics, kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.maps) as name:
        folder = Path(name)
        maps = maps_of(given.side, given.maps or folder, None)
        bands = link_bands(given.bands, maps, folder)
        rounds = [
            [timed(bands, at_a_time) for at_a_time in WAYS.values()]
            for _ in range(1 + given.rounds)
        ][1:]
    print(f"{given.bands} bands of {given.side} x {given.side}   wall s  of one after another")
    for place, way in enumerate(WAYS):
        seconds = statistics.median(each[place] for each in rounds)
        ratio = statistics.median(each[place] / each[0] for each in rounds)
        print(f"{way:30s} {seconds:6.2f} {ratio:8.2f}")


if __name__ == "__main__":
    main()
