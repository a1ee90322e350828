from .band import BandData as BandData
from .data import Data as Data
from .finding import morgan_version_to_dir as morgan_version_to_dir
