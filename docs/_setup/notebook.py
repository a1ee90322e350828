from pathlib import Path

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

import skyseg
from skyseg import Data

data = Data.from_survey_version("sample", "v1", data_dir="data")
data.segment()
band = data["F444W"]
image, header = fits.getdata("f444w_i2d.fits", "SCI", header=True)
fits.writeto("err.fits", fits.getdata("f444w_i2d.fits", "ERR"), header)
wcs, labels, table = WCS(header), band.load_seg(), band.load_cat()
fits.writeto("segm.fits", labels, header)
fits.writeto("mine_seg.fits", np.where(labels == 1, 0, labels), header)
Path("f444w_seg.fits").write_bytes(band.seg_path.read_bytes())
viewer = skyseg.view("f444w_i2d.fits", "segm.fits")
viewer.save_session("field.skyseg.json")
truth = Table.read("data/truth/sample/v1/sample_nircam_f444w_v1_truth_cat.fits")
viewer = band.view()
