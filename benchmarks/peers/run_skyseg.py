"""Segment one pair of maps with skyseg: SCI RMS FOLDER."""

import logging
import sys

from skyseg import BandData

logging.disable(logging.WARNING)
band = BandData.from_files(sys.argv[1], err=sys.argv[2], survey="bench", zero_point=28.0)
band.segment("rms_err")
print(band.kept.n_sources)
