"""Time skyseg against SExtractor, sep and photutils on the same maps, as whole processes.

Each round runs all of them, one after the other, from maps on disk to SEG map,
background and catalogue on disk. Ratios are taken round by round; those of the processor's
time are moved least by other work on the machine, and say nothing of how many cores it is on.

    python benchmarks/bench_segment.py --sides 4096 8192 --peers skyseg sextractor sep
    python benchmarks/bench_segment.py --sides 4096 --tiled SCI.fits WHT.fits
    python benchmarks/bench_segment.py --sides 2048 4096 --figure cost.png
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits
from peers.sextractor import mesh_command, sextractor_command

from skyseg.samples import make_survey

PEERS = ("skyseg", "sextractor", "sextractor+mesh", "sep", "photutils")
SCRIPTS = Path(__file__).parent / "peers"
# the first run keeps the modules' bytecode, as pip does
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


class Run(NamedTuple):
    """One run of one program."""

    seconds: float
    cpu: float
    gigabytes: float
    sources: int


def maps_of(side: int, folder: Path, tiled: list[Path] | None) -> tuple[Path, Path]:
    """Return image and rms map of a side, each in a file of its own, made where they are not."""
    name = f"{tiled[0].stem if tiled else 'simulated'}_{side}"
    paths = folder / f"{name}_sci.fits", folder / f"{name}_rms.fits"
    if all(path.exists() for path in paths):
        return paths
    folder.mkdir(parents=True, exist_ok=True)
    if tiled:
        image, weight = (fits.getdata(path).astype(np.float32) for path in tiled)
        with np.errstate(divide="ignore", invalid="ignore"):
            maps = image, np.where(weight > 0, 1 / np.sqrt(weight), 1e30).astype(np.float32)
        ny, nx = image.shape
        # mirrored at each seam, so that no edge cuts a source in two
        y, x = np.arange(side) % (2 * ny), np.arange(side) % (2 * nx)
        rows, columns = np.where(y < ny, y, 2 * ny - 1 - y), np.where(x < nx, x, 2 * nx - 1 - x)
        for path, each in zip(paths, maps, strict=True):
            fits.writeto(path, each[np.ix_(rows, columns)])
        return paths
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        made = make_survey(Path(scratch), bands=["F444W"], shape=(side, side))
        with fits.open(made.images["F444W"]) as hdus:
            for path, ext in zip(paths, ("SCI", "ERR"), strict=True):
                fits.writeto(path, hdus[ext].data, hdus["SCI"].header)
    return paths


def command_of(peer: str, sci: Path, rms: Path, folder: Path) -> list[str]:
    """Return what a user of a program types."""
    if peer == "skyseg":
        program = Path(sys.executable).with_name("skyseg")
        files = ["--sci", str(sci), "--err", str(rms), "--zero-point", "28", "--out", str(folder)]
        return [str(program), "segment", *files, "--json"]
    if peer.startswith("sextractor"):
        command = sextractor_command(sci, rms, folder)
        if peer == "sextractor":
            return command
        both = shlex.join(command), shlex.join(mesh_command(command))
        return ["sh", "-c", " && ".join(both)]
    return [sys.executable, str(SCRIPTS / f"run_{peer}.py"), str(sci), str(rms), str(folder)]


def timed(peer: str, sci: Path, rms: Path) -> Run:
    """Run a program in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = command_of(peer, sci, rms, Path(folder))
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
        )
        said = process.stdout.read() if process.stdout else ""
        # watching the memory as it runs would take time from programs that use all cores
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{peer} failed on {sci}")
        if peer == "skyseg":
            sources = json.loads(said)["bands"][0]["n_sources"]
        else:
            sources = int(said) if said.strip() else len(fits.getdata(Path(folder) / "cat.fits"))
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu, usage.ru_maxrss * 1024 / 1e9, sources)


def table_of(side: int, rounds: list[dict[str, Run]]) -> str:
    """Give the medians of a side, and how long skyseg takes for one second of the others."""
    lines = []
    for peer, run in rounds[0].items():
        runs = [each[peer] for each in rounds]
        seconds = statistics.median(each.seconds for each in runs)
        cpu = statistics.median(each.cpu for each in runs)
        peak = max(each.gigabytes for each in runs)
        ours = [each["skyseg"] for each in rounds]
        ratio = statistics.median(a.seconds / b.seconds for a, b in zip(ours, runs, strict=True))
        of_cpu = statistics.median(a.cpu / b.cpu for a, b in zip(ours, runs, strict=True))
        lines.append(
            f"{side:6d}  {peer:15s}  {seconds:8.2f}  {1e6 * seconds / side**2:8.3f}  {cpu:7.2f}  "
            f"{peak:7.2f}  {run.sources:7d}  {ratio:15.2f}  {of_cpu:10.2f}"
        )
    return "\n".join(lines)


def draw(path: Path, results: dict[int, list[dict[str, Run]]]) -> None:
    """Draw the cost per pixel against the size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for peer in next(iter(results.values()))[0]:
        costs = [
            1e6 * statistics.median(each[peer].seconds for each in rounds) / side**2
            for side, rounds in results.items()
        ]
        axes.plot(list(results), costs, "o-", label=peer)
    axes.set(xscale="log", xlabel="pixels on a side", ylabel="µs per pixel")
    axes.set_ylim(bottom=0)
    axes.set_xticks(list(results), [str(side) for side in results])
    axes.minorticks_off()
    axes.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Run the rounds and print a table, and draw the figure if one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[4096])
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=["skyseg", "sextractor"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiled", type=Path, nargs=2, metavar=("SCI", "WHT"))
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    peers = ["skyseg", *(peer for peer in arguments.peers if peer != "skyseg")]
    results = {}
    if not arguments.json:
        print("  side  program           seconds  us/pixel    CPU s  peak GB  sources"
              "   skyseg/program  of its CPU")  # fmt: skip
    for side in arguments.sides:
        # the peak that the system tells of a program begins with the size of who starts it
        with ProcessPoolExecutor(1, get_context("spawn")) as maker:
            making = maker.submit(maps_of, side, arguments.data.resolve(), arguments.tiled)
            sci, rms = making.result()
        timed("skyseg", sci, rms)
        results[side] = [
            {peer: timed(peer, sci, rms) for peer in peers} for _ in range(arguments.rounds)
        ]
        if not arguments.json:
            print(table_of(side, results[side]), flush=True)
    if arguments.figure:
        draw(arguments.figure, results)
    if arguments.json:
        plain = {
            side: [{peer: run._asdict() for peer, run in each.items()} for each in rounds]
            for side, rounds in results.items()
        }
        print(json.dumps(plain))


if __name__ == "__main__":
    main()
