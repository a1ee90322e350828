"""Time segmenting a part of an image again with other parameters, as the viewers do.

python benchmarks/bench_preview.py --side 4096 --part 1000
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from skyseg import BandData, Parameters
from skyseg.panel.live_preview import open_previewer
from skyseg.samples import make_survey


def main() -> None:
    """Print the time of the first preview and those of the ones that follow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096, help="pixels on a side of the image")
    parser.add_argument("--part", type=int, default=1000, help="pixels on a side of the part")
    parser.add_argument("--rounds", type=int, default=15, help="changes of the parameters")
    arguments = parser.parse_args()
    side, first = arguments.side, (arguments.side - arguments.part) // 2
    part = (slice(first, first + arguments.part),) * 2
    with tempfile.TemporaryDirectory() as folder:
        made = make_survey(
            Path(folder), bands=["F444W"], shape=(side, side), n_sources=side**2 // 1500, seed=1
        )
        band = BandData.from_files(made.images["F444W"])
        previewer = open_previewer(band, "rms_err")
        negative = open_previewer(band, "rms_err", negative=True)
        seconds, of_negative = [], []
        for number in range(arguments.rounds + 1):
            parameters = Parameters(detect_thresh=1.5 + 0.1 * number)
            start = time.perf_counter()
            found = previewer.run(parameters, part)
            middle = time.perf_counter()
            negative.run(parameters, part)
            seconds.append(middle - start)
            of_negative.append(time.perf_counter() - middle)
    print(f"{arguments.part} x {arguments.part} of {side} x {side}, {found.n_sources} sources")
    print(f"first (reading, loading compiled code)  {1000 * seconds[0]:7.0f} ms")
    print(f"after a change, median                 {1000 * statistics.median(seconds[1:]):7.0f} ms")
    share = statistics.median(of_negative[1:]) / statistics.median(seconds[1:])
    print(f"its negative, in that time             {share:7.2f}")
    print(f"after a change, longest                {1000 * max(seconds[1:]):7.0f} ms")


if __name__ == "__main__":
    main()
