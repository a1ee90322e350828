"""Segment and measure one pair of maps with sep, as its users call it: SCI RMS FOLDER.

In the folder lies the kernel, kernel.conv, and goes what is made.
"""

import sys
from pathlib import Path

import numpy as np
import sep
from astropy.io import fits
from astropy.table import Table

sci, rms, folder = sys.argv[1:]
kernel = np.loadtxt(Path(folder) / "kernel.conv", skiprows=1)
data = fits.getdata(sci).astype(np.float32)
error = fits.getdata(rms).astype(np.float32)
bad = ~(np.isfinite(data) & (error > 0) & np.isfinite(error))
data[bad], error[bad] = 0, 1e20
sep.set_extract_pixstack(20_000_000)
sep.set_sub_object_limit(50_000)
background = sep.Background(data, mask=bad).back()
found, seg = sep.extract(
    data, 1.8, err=error, mask=bad, minarea=9, filter_kernel=kernel,
    deblend_nthresh=32, deblend_cont=0.005, clean=True, segmentation_map=True,
)  # fmt: skip
table = Table(found)
x, y, a, b, theta = (found[name] for name in ("x", "y", "a", "b", "theta"))
for diameter in (10.67, 16.67, 33.33, 50, 66.67):
    flux, flux_error, _ = sep.sum_circle(data, x, y, diameter / 2, err=error, mask=bad)
    table[f"flux_{diameter}"], table[f"error_{diameter}"] = flux, flux_error
kron, _ = sep.kron_radius(data, x, y, a, b, theta, 6.0, mask=bad)
kron = np.clip(np.nan_to_num(2.5 * kron), 4.0, 100)
table["auto"], table["auto_error"], _ = sep.sum_ellipse(
    data, x, y, a, b, theta, kron, err=error, mask=bad, subpix=1
)
table["radius"], _ = sep.flux_radius(
    data, x, y, 6 * a, 0.5, normflux=table["auto"], mask=bad, subpix=5
)
table["x_win"], table["y_win"], _ = sep.winpos(data, x, y, table["radius"] * 2 / 2.35, mask=bad)
fits.writeto(Path(folder) / "seg.fits", seg)
fits.writeto(Path(folder) / "bkg.fits", background)
table.write(Path(folder) / "cat.fits")
print(len(found))
