"""Cut the real imaging of the tests, tests/data, out of larger files.

    python scripts/make_test_data.py ../shared/data

Cut-outs keep all header cards; only the size and the reference pixel change. The result is the
same bytes each time. tests/data/README.md says where the files are from.
"""

from __future__ import annotations

import argparse
import shutil
import warnings
from pathlib import Path

from astropy.io import fits
from astropy.nddata import Cutout2D
from astropy.wcs import WCS, FITSFixedWarning

TARGET = Path(__file__).resolve().parents[1] / "tests" / "data"
WHOLE = ("hst/XDF/WFC3_IR/v1/60mas/*.fits", "misc/jwst_ngc346_f444w_cal_100px.fits")
# rows and columns: many sources, steps of the weight in both bands
CUT = {
    "jwst/UDS-B/NIRCam/v1/40mas/*.fits": (slice(30, 330), slice(220, 992)),
    "misc/legacy_dr9_grz_image-invvar_256px.fits": (slice(8, 136), slice(0, 128)),
}


def cut_file(source: Path, target: Path, part: tuple[slice, slice]) -> None:
    """Write the same part of every image of a file, with its WCS."""
    (y0, y1), (x0, x1) = ((each.start, each.stop) for each in part)
    middle, size = ((x0 + x1 - 1) / 2, (y0 + y1 - 1) / 2), (y1 - y0, x1 - x0)
    with fits.open(source) as hdus:
        for hdu in hdus:
            if hdu.data is None:
                continue
            cutout = Cutout2D(hdu.data, middle, size, WCS(hdu.header), mode="strict")
            hdu.data = cutout.data
            hdu.header["CRPIX1"], hdu.header["CRPIX2"] = cutout.wcs.wcs.crpix
        hdus.writeto(target, overwrite=True)


def main() -> None:
    """Make all files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", type=Path, help="folder laid out as a survey archive is")
    source = parser.parse_args().source
    warnings.simplefilter("ignore", FITSFixedWarning)
    for pattern, part in {**dict.fromkeys(WHOLE), **CUT}.items():
        for path in sorted(source.glob(pattern)):
            target = TARGET / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if part is None:
                shutil.copyfile(path, target)
            else:
                cut_file(path, target, part)


if __name__ == "__main__":
    main()
