"""Replace this process by SExtractor on one pair of maps: SCI RMS FOLDER.

One run as its users call it, with the columns, parameters and apertures that
skyseg has. With BACK_TYPE MANUAL its BACKGROUND map is the constant, so it does
less than skyseg, which draws the mesh model.
"""

import os
import shutil
import sys
from pathlib import Path

from astropy.io import fits

from skyseg import Parameters
from skyseg.engine import kernel
from skyseg.methods.catalogue import COLUMNS

sci, rms, folder = sys.argv[1:]
os.chdir(folder)
program = shutil.which("source-extractor") or shutil.which("sex") or shutil.which("sextractor")
if program is None:
    sys.exit("SExtractor is not installed")
height = fits.getheader(sci)["NAXIS2"]
names = [c.name + ("(5)" if c.per_aperture else "") for c in COLUMNS if c.name != "CLASS_STAR"]
Path("columns.param").write_text("\n".join(names))
rows = "\n".join(" ".join(f"{v:.9g}" for v in row) for row in kernel("gauss_2.5_5x5"))
Path("kernel.conv").write_text(f"CONV NORM\n{rows}\n")
settings = {
    **Parameters().to_sextractor(),
    "FILTER_NAME": "kernel.conv",
    "PARAMETERS_NAME": "columns.param",
    "CATALOG_NAME": "cat.fits",
    "CATALOG_TYPE": "FITS_1.0",
    "CHECKIMAGE_TYPE": "SEGMENTATION,BACKGROUND",
    "CHECKIMAGE_NAME": "seg.fits,bkg.fits",
    "WEIGHT_TYPE": "MAP_RMS",
    "WEIGHT_IMAGE": rms,
    "PHOT_APERTURES": "10.67,16.67,33.33,50,66.67",
    "MEMORY_BUFSIZE": str(height),
    "MEMORY_PIXSTACK": "20000000",
    "MEMORY_OBJSTACK": "65000",
    "VERBOSE_TYPE": "QUIET",
}
Path("run.sex").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
os.execv(program, [program, sci, "-c", "run.sex"])
