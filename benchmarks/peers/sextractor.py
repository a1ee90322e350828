"""SExtractor on one pair of maps, with the columns, parameters and apertures of skyseg.

One run, as its users call it. With BACK_TYPE MANUAL its BACKGROUND map is then the
constant, which is less than skyseg makes; the mesh model takes it a second run.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from astropy.io import fits

from skyseg import Parameters
from skyseg.engine import make_kernel
from skyseg.methods.catalogue import COLUMNS


def write_kernel(folder: Path) -> None:
    """Write the kernel of the default parameters into a folder."""
    rows = "\n".join(" ".join(f"{v:.9g}" for v in row) for row in make_kernel("gauss_2.5_5x5"))
    (folder / "kernel.conv").write_text(f"CONV NORM\n{rows}\n")


def find_program() -> str:
    """Return the program that is installed."""
    program = next(filter(None, map(shutil.which, ("source-extractor", "sex", "sextractor"))), None)
    return program or sys.exit("SExtractor is not installed")


def sextractor_command(program: list[str], sci: Path, rms: Path, folder: Path) -> list[str]:
    """Write the settings into a folder with the kernel, and return the command to run there."""
    names = [c.name + ("(5)" if c.per_aperture else "") for c in COLUMNS if c.name != "CLASS_STAR"]
    (folder / "columns.param").write_text("\n".join(names))
    settings = {
        **Parameters().to_sextractor(),
        "FILTER_NAME": "kernel.conv",
        "PARAMETERS_NAME": "columns.param",
        "CATALOG_NAME": "cat.fits",
        "CATALOG_TYPE": "FITS_1.0",
        "CHECKIMAGE_TYPE": "SEGMENTATION,BACKGROUND",
        "CHECKIMAGE_NAME": "seg.fits,bkg.fits",
        "WEIGHT_TYPE": "MAP_RMS",
        "WEIGHT_IMAGE": str(rms),
        "PHOT_APERTURES": "10.67,16.67,33.33,50,66.67",
        "MEMORY_BUFSIZE": str(fits.getheader(sci)["NAXIS2"]),
        "MEMORY_PIXSTACK": "20000000",
        "MEMORY_OBJSTACK": "65000",
        "VERBOSE_TYPE": "QUIET",
    }
    lines = (f"{key} {value}\n" for key, value in settings.items())
    (folder / "run.sex").write_text("".join(lines))
    return [*program, str(sci), "-c", "run.sex"]


def mesh_command(command: list[str]) -> list[str]:
    """Return the command of the second run, which measures the background and detects nothing."""
    settings = {
        "BACK_TYPE": "AUTO",
        "CHECKIMAGE_TYPE": "BACKGROUND",
        "CHECKIMAGE_NAME": "bkg.fits",
        "CATALOG_TYPE": "NONE",
        "DETECT_THRESH": "1e29",
        "FILTER": "N",
    }
    return [*command, *(word for key, value in settings.items() for word in (f"-{key}", value))]
