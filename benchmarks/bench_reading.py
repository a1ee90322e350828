"""Time how a map is read in strips: as skyseg does it, by astropy and by fitsio.

    python benchmarks/bench_reading.py --side 8192

fitsio is timed where it is installed. Ratios are taken round by round; the map is in
the system's cache.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from skyseg.engine.rows import row_strips
from skyseg.imaging.reading import read_part

FloatImage = npt.NDArray[np.float32]
Reader = Callable[[Path, slice, int], FloatImage]


def by_skyseg(path: Path, rows: slice, side: int) -> FloatImage:
    """Read rows as the engine does."""
    return read_part(path, 0, rows, slice(0, side))


def by_astropy(path: Path, rows: slice, side: int) -> FloatImage:
    """Read rows through a section of astropy's, into native single precision."""
    with fits.open(path) as hdus:
        return np.array(hdus[0].section[rows, :side], dtype=np.float32)


def by_fitsio(path: Path, rows: slice, side: int) -> FloatImage:
    """Read rows through CFITSIO."""
    import fitsio

    with fitsio.FITS(path) as hdus:
        return np.array(hdus[0][rows, :side], dtype=np.float32)


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    readers: dict[str, Reader] = {"skyseg": by_skyseg, "astropy": by_astropy}
    if find_spec("fitsio"):
        readers["fitsio"] = by_fitsio
    strips = row_strips(arguments.side, max(2_000_000 // arguments.side, 16))
    times: dict[str, list[float]] = {name: [] for name in readers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.fits"
        noise = np.random.default_rng(0).normal(size=(arguments.side, arguments.side))
        fits.writeto(path, noise.astype(np.float32))
        for _ in range(arguments.rounds):
            for name, read in readers.items():
                start = time.perf_counter()
                for strip in strips:
                    read(path, slice(*strip), arguments.side)
                times[name].append(time.perf_counter() - start)
    print("reader    seconds  GB/s  skyseg/reader")
    for name, each in times.items():
        seconds = statistics.median(each)
        ratio = statistics.median(
            ours / theirs for ours, theirs in zip(times["skyseg"], each, strict=True)
        )
        rate = 4 * arguments.side**2 / seconds / 1e9
        print(f"{name:8s}  {seconds:7.3f}  {rate:4.1f}  {ratio:13.2f}")


if __name__ == "__main__":
    main()
