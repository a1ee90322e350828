from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.io import fits

from skyseg import Data
from skyseg.masks.bits import MaskBit

data = Data.from_survey_version("JOF", "v11")
band = data["F444W"]
Path("masks/JOF").mkdir(parents=True)
for each in data:
    Path(f"masks/JOF/{each.band}.reg").write_text("image\ncircle(200, 150, 30)\n")
dq = np.zeros(band.shape, np.int32)
dq[90:95, 40:60] = 4
fits.writeto("f444w_dq.fits", dq)
