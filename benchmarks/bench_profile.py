"""Show where the time of an extraction goes: seconds of the processor by step and by function.

All of it runs in one thread, with memory that is kept as the program keeps it. What numpy, the
compiled loops and the system do counts for the function that calls them, and each function for the
step that its module is of.

python benchmarks/bench_profile.py --side 8192 --data /var/tmp/mosaics
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench_segment import maps_of

from skyseg import BandData, Parameters, _loops
from skyseg.engine import Maps, segment_rows
from skyseg.engine.mappers import ThreadMapper
from skyseg.products._packing import PackedCanvas

STEPS = {
    "reading, byte order included": ("stored", "reading", "rows", "writing"),
    "sky: levels and noise of the meshes": (
        "sky_meshes", "background", "image_levels", "noise", "sky_noise", "_levels",
    ),
    "bad pixels, variance, filter, threshold, connection": (
        "prepared", "bad_pixels", "filtering", "thresholding", "detection", "runs", "_strips",
    ),
    "deblending, shapes, isophotes": ("deblending", "shapes", "sources", "_isophotes"),
    "CLEAN": ("cleaning", "_neighbours"),
    "apertures": ("_photometry", "_windows", "_scene"),
    "drawing and packing SEG and BKG": ("_packing", "_rice", "canvases", "_streaming"),
}  # fmt: skip
STEP_OF = {module: step for step, modules in STEPS.items() for module in modules}
REST = "all else"

Function = tuple[str, int, str]


def by_function(profile: cProfile.Profile) -> Counter[Function]:
    """Seconds in each function of skyseg, with what it calls of others."""
    found: Counter[Function] = Counter()
    for function, (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if "skyseg" in function[0] or not callers:
            found[function] += own
            continue
        for caller, (_, _, part, _) in callers.items():
            found[caller] += part
    return found


def main() -> None:
    """Run an extraction twice, the second time under the profiler, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=4096)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--most", type=int, default=25, help="functions to show")
    arguments = parser.parse_args()
    _loops.keep_memory(stores=1)
    sci, rms = maps_of(arguments.side, arguments.data.resolve(), None)
    band = BandData.from_files(sci, err=rms)
    maps = Maps(band.sci_rows(), band.err_rows(), "rms_err")

    def run() -> None:
        with PackedCanvas(maps.shape) as canvas:
            segment_rows(
                maps, Parameters(), (10.67, 16.67, 33.33, 50.0, 66.67), canvas,
                mapper=ThreadMapper(1),
            )  # fmt: skip

    run()
    profile = cProfile.Profile(time.process_time)
    profile.runcall(run)
    functions = by_function(profile)
    steps: Counter[str] = Counter()
    for (file, _, _), seconds in functions.items():
        steps[STEP_OF.get(Path(file).stem, REST)] += seconds
    for step in (*STEPS, REST):
        print(f"{steps[step]:7.2f} s  {steps[step] / steps.total():5.0%}  {step}")
    print(f"{steps.total():7.2f} s\n")
    for (file, line, name), seconds in functions.most_common(arguments.most):
        print(f"{seconds:7.3f} s  {Path(file).name}:{line}({name})")


if __name__ == "__main__":
    main()
