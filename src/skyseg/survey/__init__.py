"""What the user holds: a survey and its bands."""

from skyseg.survey.band import BandData
from skyseg.survey.data import Data
from skyseg.survey.finding import morgan_version_to_dir

__all__ = ["BandData", "Data", "morgan_version_to_dir"]
