"""Segment and measure one pair of maps with photutils, as its users call it: SCI RMS FOLDER.

In the folder lies the kernel, kernel.conv, and goes what is made.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from astropy.convolution import convolve_fft
from astropy.io import fits
from photutils.aperture import CircularAperture, aperture_photometry
from photutils.background import Background2D
from photutils.segmentation import SourceCatalog, deblend_sources, detect_sources

warnings.simplefilter("ignore")
sci, rms, folder = sys.argv[1:]
kernel = np.loadtxt(Path(folder) / "kernel.conv", skiprows=1)
data = fits.getdata(sci).astype(np.float32)
error = fits.getdata(rms).astype(np.float32)
bad = ~(np.isfinite(data) & (error > 0) & np.isfinite(error))
data[bad], error[bad] = 0, 1e20
background = Background2D(data, 64, filter_size=3, mask=bad).background
smooth = convolve_fft(data, kernel, allow_huge=True)
seg = detect_sources(smooth, 1.8 * error, 9, mask=bad)
seg = deblend_sources(smooth, seg, 9, n_levels=32, contrast=0.005, progress_bar=False)
catalogue = SourceCatalog(data, seg, convolved_data=smooth, error=error, mask=bad)
table = catalogue.to_table()
table["radius"] = catalogue.fluxfrac_radius(0.5)
places = np.transpose((catalogue.xcentroid, catalogue.ycentroid))
circles = [CircularAperture(places, d / 2) for d in (10.67, 16.67, 33.33, 50, 66.67)]
circles_table = aperture_photometry(data, circles, error=error, mask=bad)
fits.writeto(Path(folder) / "seg.fits", seg.data)
fits.writeto(Path(folder) / "bkg.fits", background)
circles_table.write(Path(folder) / "circles.fits")
table[[name for name in table.colnames if table[name].ndim == 1 and name != "sky_centroid"]].write(
    Path(folder) / "cat.fits"
)
print(len(table))
