import os
from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.io import fits

from skyseg import BandData, Data, Parameters, config

sci, header = fits.getdata("f444w_i2d.fits", "SCI", header=True)
err = fits.getdata("f444w_i2d.fits", "ERR")
maps = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(sci, header, "SCI"), fits.ImageHDU(err)])
maps[2].header.extend(fits.Header({"EXTNAME": "ERR"}))
maps.writeto("mosaic.fits")
chips = [fits.PrimaryHDU()]
for number in (1, 2):
    chips += [fits.ImageHDU(sci, header, "SCI", number), fits.ImageHDU(err, header, "ERR", number)]
    chips[-1].ver = chips[-2].ver = number
fits.HDUList(chips).writeto("j_flt.fits")
folder = Path("data/jwst/JOF/NIRCam/v12/30mas")
folder.mkdir(parents=True)
named = fits.HDUList([fits.PrimaryHDU()])
weight = fits.getdata("f444w_i2d.fits", "WHT")
named += [fits.ImageHDU(sci, header, "SCI"), fits.ImageHDU(weight, header, "EXP")]
named.writeto(folder / "jof_f444w_bkgsub.fits")
band = BandData.from_files("f444w_i2d.fits")
band.segment()
cat = band.load_cat()
Path("psf_f200w.conv").write_text("CONV NORM\n1 2 1\n2 4 2\n1 2 1\n")
os.environ["SKYSEG_PARAMETERS_DIR"] = "parameters"
sets = Path("parameters")
sets.mkdir()
(sets / "faint.toml").write_text("detect_thresh = 1.5\n")
config.reload()
Path("survey.sex").write_text("DETECT_THRESH 2.0\n")
