"""How long a stack takes against reading its inputs, and how much memory.

Reading is what every run has to do: the rows of all maps, and the checksums of their files.

The bands are links to one mosaic, so that the disk holds two maps and the stack.

    python benchmarks/bench_stack.py --side 8192 --bands 3 14
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from astropy.io import fits

_PROGRAM = """
import json, resource, sys, time
from skyseg import BandData, Data
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.rows import Window, row_strips
from skyseg.engine.stacking import strip_rows
from skyseg.products.input_maps import InputMap, taking_checksums
folder, count, method = sys.argv[1], int(sys.argv[2]), sys.argv[3]
bands = [
    BandData.from_files(f"{folder}/{n}_sci.fits", f"{folder}/{n}_err.fits", survey="bench",
        version="v1", band=f"B{n}", instrument="NIRCam", zero_point=28.9) for n in range(count)
]
ny, nx = bands[0].shape
start = time.perf_counter()
if method == "read":
    def read(strip):
        for band in bands:
            for rows in band.sci_rows(), band.err_rows():
                rows.read(Window(*strip, 0, nx))
    inputs = tuple(InputMap.of("SCI", ref) for band in bands for ref in (band.sci, band.err))
    with taking_checksums(inputs):
        for _ in ThreadMapper()(read, row_strips(ny, strip_rows(nx))):
            pass
else:
    Data(bands).stack(method=method, overwrite=True, work_dir=f"{folder}/work")
seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9]))
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
            for method in ["read", *arguments.methods]:
                done = subprocess.run(
                    [sys.executable, "-c", _PROGRAM, name, str(count), method],
                    capture_output=True, check=True,
                )  # fmt: skip
                seconds, cpu, peak = json.loads(done.stdout)
                print(f"{count} bands of {arguments.side}^2, {method}: {seconds:.1f} s, "
                      f"{cpu:.1f} s of processors, {peak:.2f} GB")  # fmt: skip


if __name__ == "__main__":
    main()
