"""Time skyseg against SExtractor, sep and photutils on the same maps, as whole processes.

Each round runs all of them, one after the other, from maps on disk to SEG map,
background and catalogue on disk. Ratios are taken round by round; those of the processor's
time are moved least by other work on the machine, and say nothing of how many cores it is on.

    python benchmarks/bench_segment.py --sides 4096 8192 --peers skyseg sextractor sep
    python benchmarks/bench_segment.py --sides 4096 --tiled SCI.fits WHT.fits
    python benchmarks/bench_segment.py --sides 2048 4096 --figure cost.png

Other versions of a program run beside the one that is installed here, each with a name, what it is
a version of, and its command; that of a library is a Python that has it:

    python benchmarks/bench_segment.py --also photutils-3.1 photutils /opt/new/bin/python
    python benchmarks/bench_segment.py --also sextractor-2.28 sextractor "/opt/sex -NTHREADS 2"
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
from peers.sextractor import find_program, mesh_command, sextractor_command, write_kernel

from skyseg.samples import make_survey

MEASURED = {
    "skyseg": "SEG, mesh background; all columns, CLEAN, neighbours mirrored; any sky",
    "sextractor": "SEG, constant background; the same columns, CLEAN, neighbours mirrored",
    "sextractor+mesh": "the same, and in a second run the mesh background",
    "sep": "SEG, mesh background; 5 circles, AUTO, radii, windowed positions; CLEAN, no neighbours",
    "photutils": "SEG, mesh background; 5 circles, its catalogue with AUTO and radii; no CLEAN",
}
"""What comes of a run of each program."""
SCRIPTS = Path(__file__).parent / "peers"
# the first run keeps the modules' bytecode, as pip does
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


class Program(NamedTuple):
    """A program that is timed: what it is one of, and the command that starts it."""

    peer: str
    command: list[str]


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
        # from a file that is mapped the system's cache gets single pages, a third as quick to read
        with fits.open(made.images["F444W"], memmap=False) as hdus:
            for path, ext in zip(paths, ("SCI", "ERR"), strict=True):
                fits.writeto(path, hdus[ext].data, hdus["SCI"].header)
    return paths


def program_of(peer: str) -> Program:
    """Return the program that is installed here."""
    if peer == "skyseg":
        return Program(peer, [str(Path(sys.executable).with_name("skyseg"))])
    if peer.startswith("sextractor"):
        return Program(peer, [find_program()])
    return Program(peer, [sys.executable])


def command_of(program: Program, sci: Path, rms: Path, folder: Path) -> list[str]:
    """Return what a user of a program types."""
    peer, start = program
    write_kernel(folder)
    if peer == "skyseg":
        files = ["--sci", str(sci), "--err", str(rms), "--zero-point", "28", "--out", str(folder)]
        return [*start, "segment", *files, "--json"]
    if peer.startswith("sextractor"):
        command = sextractor_command(start, sci, rms, folder)
        if peer == "sextractor":
            return command
        both = shlex.join(command), shlex.join(mesh_command(command))
        return ["sh", "-c", " && ".join(both)]
    return [*start, str(SCRIPTS / f"run_{peer}.py"), str(sci), str(rms), str(folder)]


def timed(program: Program, sci: Path, rms: Path) -> Run:
    """Run a program in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = command_of(program, sci, rms, Path(folder))
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
            sys.exit(f"{shlex.join(program.command)} failed on {sci}")
        if program.peer == "skyseg":
            sources = json.loads(said)["bands"][0]["n_sources"]
        else:
            sources = int(said) if said.strip() else len(fits.getdata(Path(folder) / "cat.fits"))
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, cpu, usage.ru_maxrss * 1024 / 1e9, sources)


def table_of(side: int, rounds: list[dict[str, Run]]) -> str:
    """Give the medians of a side, and how long skyseg takes for one second of the others."""
    lines = []
    for name, run in rounds[0].items():
        runs = [each[name] for each in rounds]
        seconds = statistics.median(each.seconds for each in runs)
        cpu = statistics.median(each.cpu for each in runs)
        peak = max(each.gigabytes for each in runs)
        ours = [each["skyseg"] for each in rounds]
        ratio = statistics.median(a.seconds / b.seconds for a, b in zip(ours, runs, strict=True))
        of_cpu = statistics.median(a.cpu / b.cpu for a, b in zip(ours, runs, strict=True))
        lines.append(
            f"{side:6d}  {name:15s}  {seconds:8.2f}  {1e6 * seconds / side**2:8.3f}  {cpu:7.2f}  "
            f"{peak:7.2f}  {run.sources:7d}  {ratio:15.2f}  {of_cpu:10.2f}"
        )
    return "\n".join(lines)


def draw(path: Path, results: dict[int, list[dict[str, Run]]]) -> None:
    """Draw the cost per pixel against the size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name in next(iter(results.values()))[0]:
        costs = [
            1e6 * statistics.median(each[name].seconds for each in rounds) / side**2
            for side, rounds in results.items()
        ]
        axes.plot(list(results), costs, "o-", label=name)
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
    parser.add_argument("--peers", nargs="+", choices=MEASURED, default=["skyseg", "sextractor"])
    parser.add_argument(
        "--also", nargs=3, action="append", default=[], metavar=("NAME", "PEER", "COMMAND")
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiled", type=Path, nargs=2, metavar=("SCI", "WHT"))
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "mosaics")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    programs = {peer: program_of(peer) for peer in dict.fromkeys(["skyseg", *arguments.peers])}
    programs |= {name: Program(peer, shlex.split(of)) for name, peer, of in arguments.also}
    results = {}
    if not arguments.json:
        print("  side  program           seconds  us/pixel    CPU s  peak GB  sources"
              "   skyseg/program  of its CPU")  # fmt: skip
    for side in arguments.sides:
        # the peak that the system tells of a program begins with the size of who starts it
        with ProcessPoolExecutor(1, get_context("spawn")) as maker:
            making = maker.submit(maps_of, side, arguments.data.resolve(), arguments.tiled)
            sci, rms = making.result()
        timed(programs["skyseg"], sci, rms)
        results[side] = [
            {name: timed(program, sci, rms) for name, program in programs.items()}
            for _ in range(arguments.rounds)
        ]
        if not arguments.json:
            print(table_of(side, results[side]), flush=True)
    if not arguments.json:
        for name, program in programs.items():
            print(f"{name:15s}  {MEASURED[program.peer]}")
    if arguments.figure:
        draw(arguments.figure, results)
    if arguments.json:
        plain = {
            side: [{name: run._asdict() for name, run in each.items()} for each in rounds]
            for side, rounds in results.items()
        }
        print(json.dumps(plain))


if __name__ == "__main__":
    main()
