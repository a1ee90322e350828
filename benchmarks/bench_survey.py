"""How long the pipeline of a survey takes, of nothing, again, and against SExtractor's runs.

SExtractor is run with two images once a band, detection and measured one, as surveys do; without
the program those lines are left out. Its runs make neither stack nor depths nor catalogue, so that
what they do is timed by itself too, in a process that knows nothing of the bands: the detection in
the stack, and its sources measured in the five bands. Seconds are those of the clock, then those
of the processor.

    python benchmarks/bench_survey.py --side 8192
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from skyseg.samples import make_survey

_BANDS = ("F115W", "F200W", "F277W", "F356W", "F444W")
_PIPELINE = """
import json, resource, sys, time
from skyseg import Data
data = Data.from_survey_version("sample", "v1", data_dir=sys.argv[1], work_dir=sys.argv[2])
start = time.perf_counter()
runs = data.pipeline("F277W+F356W+F444W", progress=False)
seconds = time.perf_counter() - start
by_step = {}
for run in runs:
    by_step[run.name] = by_step.get(run.name, 0) + run.seconds
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, peak, by_step, data.phot_cat.n_sources]))
"""
_MEASURED = """
import json, resource, sys, time
from skyseg import Data
from skyseg.survey.forced_detection import SharedDetection
data = Data.from_survey_version("sample", "v1", data_dir=sys.argv[1], work_dir=sys.argv[2])
stack = data["F277W+F356W+F444W"]
start, before = time.perf_counter(), time.process_time()
stack.segment(overwrite=True, progress=False)
shared = SharedDetection.of(stack.maps, stack.products)
for band in data:
    band.perform_forced_phot(shared, overwrite=True, progress=False)
print(json.dumps([time.perf_counter() - start, time.process_time() - before]))
"""
_COLUMNS = "NUMBER X_IMAGE Y_IMAGE FLUX_APER(5) FLUXERR_APER(5) FLUX_AUTO FLUXERR_AUTO FLAGS"


class Run(NamedTuple):
    """A pipeline in a process of its own: seconds, those of the processor, and what came of it."""

    seconds: float
    cpu: float
    peak: float
    by_step: dict[str, float]
    n_sources: int


def run_pipeline(folder: Path) -> Run:
    """Run the pipeline in a process of its own."""
    return Run(*_run(_PIPELINE, folder))


def run_measured(folder: Path) -> tuple[float, float]:
    """Detect in the stack that is there and measure the bands; seconds, those of the processor."""
    seconds, cpu = _run(_MEASURED, folder)
    return seconds, cpu


def _run(script: str, folder: Path) -> Any:
    """Run a script of Python, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder / "data"), str(folder / "work")],
        capture_output=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def run_program(program: str, folder: Path, images: dict[str, Path]) -> tuple[float, float]:
    """Run SExtractor on the stack and each band, and return the seconds on clock and processor."""
    stack = next((folder / "work/stacks").rglob("*_stack.fits"))
    (folder / "default.param").write_text(_COLUMNS.replace(" ", "\n") + "\n")
    (folder / "default.conv").write_text("CONV NORM\n1 2 1\n2 4 2\n1 2 1\n")
    start, before = time.perf_counter(), _processor_seconds()
    for path in images.values():
        subprocess.run(
            [
                program, f"{stack}[1],{path}[1]", "-c", "/dev/null",
                "-PARAMETERS_NAME", str(folder / "default.param"),
                "-FILTER_NAME", str(folder / "default.conv"),
                "-CATALOG_NAME", str(folder / "cat.fits"), "-CATALOG_TYPE", "FITS_1.0",
                "-WEIGHT_TYPE", "MAP_RMS,MAP_RMS", "-WEIGHT_IMAGE", f"{stack}[2],{path}[2]",
                "-PHOT_APERTURES", "10.7,16.7,33.3,50,66.7", "-DETECT_THRESH", "1.8",
                "-DETECT_MINAREA", "9", "-DEBLEND_MINCONT", "0.005", "-VERBOSE_TYPE", "QUIET",
                "-MEMORY_OBJSTACK", "60000", "-MEMORY_PIXSTACK", "10000000",
                "-MEMORY_BUFSIZE", "8192",
            ],
            check=True,
        )  # fmt: skip
    return time.perf_counter() - start, _processor_seconds() - before


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print what the survey took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8192)
    side = parser.parse_args().side
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = make_survey(folder / "data", bands=_BANDS, shape=(side, side))
        # imaging lies on disk before anybody works with it: products need not wait for it there
        os.sync()
        run = run_pipeline(folder)
        steps = ", ".join(f"{step} {each:.1f}" for step, each in run.by_step.items())
        print(
            f"5 bands of {side}^2, {run.n_sources} sources: {run.seconds:.1f} s, {run.cpu:.1f} s, "
            f"{run.peak:.2f} GB ({steps})"
        )
        again = run_pipeline(folder)
        print(f"nothing to do: {again.seconds:.2f} s, {again.cpu:.2f} s, {again.peak:.2f} GB")
        program = shutil.which("source-extractor") or shutil.which("sex")
        if program is not None:
            seconds, cpu = run_program(program, folder, made.images)
            print(
                f"SExtractor, 5 runs with two images: {seconds:.1f} s, {cpu:.1f} s; "
                f"ours {run.seconds / seconds:.2f}, {run.cpu / cpu:.2f}"
            )
            ours, ours_cpu = run_measured(folder)
            print(
                f"what these runs do: {ours:.1f} s, {ours_cpu:.1f} s; "
                f"ours {ours / seconds:.2f}, {ours_cpu / cpu:.2f}"
            )


if __name__ == "__main__":
    main()
