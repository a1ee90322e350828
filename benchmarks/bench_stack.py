"""How long a stack takes against reading its inputs once, and how much memory.

The bands are links to one mosaic, so that the disk holds two maps and the stack.

    python benchmarks/bench_stack.py --side 8192 --bands 3 14
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from astropy.io import fits

_STACK = """
import json, resource, sys, time
from skyseg import BandData, Data
folder, count, method, work = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
bands = [
    BandData.from_files(f"{folder}/{n}_sci.fits", f"{folder}/{n}_err.fits", survey="bench",
        version="v1", band=f"B{n}", instrument="NIRCam", zero_point=28.9) for n in range(count)
]
start = time.perf_counter()
Data(bands).stack(method=method, overwrite=True, work_dir=work)
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
print(json.dumps([seconds, peak]))
"""


def make_bands(folder: Path, side: int, count: int) -> None:
    """Write one image and its rms, and link them as so many bands."""
    rng = np.random.default_rng(0)
    header = fits.Header({"BUNIT": "nJy", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    header.update({"CDELT1": -1e-5, "CDELT2": 1e-5})
    for role, values in (
        ("sci", rng.standard_normal((side, side), np.float32)),
        ("err", np.ones((side, side), np.float32)),
    ):
        path = folder / f"0_{role}.fits"
        fits.writeto(path, values, header)
        for number in range(1, count):
            (folder / f"{number}_{role}.fits").symlink_to(path)


def read_all(folder: Path, count: int) -> float:
    """Read the files of the bands once, and return the seconds."""
    part = memoryview(bytearray(1 << 24))
    start = time.perf_counter()
    for number in range(count):
        for role in ("sci", "err"):
            with (folder / f"{number}_{role}.fits").open("rb", buffering=0) as file:
                while file.readinto(part):
                    pass
    return time.perf_counter() - start


def main() -> None:
    """Print a row for each number of bands and each method."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--bands", type=int, nargs="+", default=[3, 14])
    parser.add_argument("--methods", nargs="+", default=["ivw", "chi_mean"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_bands(folder, arguments.side, max(arguments.bands))
        for count in arguments.bands:
            reading = read_all(folder, count)
            for method in arguments.methods:
                done = subprocess.run(
                    [sys.executable, "-c", _STACK, name, str(count), method, f"{name}/work"],
                    capture_output=True, check=True,
                )  # fmt: skip
                seconds, peak = json.loads(done.stdout)
                print(f"{count} bands of {arguments.side}^2, {method}: {seconds:.1f} s, reading "
                      f"{reading:.1f} s, {peak:.2f} GB")  # fmt: skip


if __name__ == "__main__":
    main()
