import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord

from skyseg import Data

data = Data.from_survey_version("sample", "v1")
band = data["F444W"]
