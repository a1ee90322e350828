from .assessment import Injection as Injection
from .assessment.advising import advise as advise
from .assessment.explaining import why as why
from .comparison import Comparison as Comparison
from .comparison import compare as compare
from .editing.edits import Edits as Edits
from .engine.parameters import Parameters as Parameters
from .engine.sky_noise import measure_noise as measure_noise
from .engine.types import ErrType as ErrType
from .errors import SkysegError as SkysegError
from .imaging.regions import Region as Region
from .notebook import view as view
from .products import Products as Products
from .settings import config as config
from .survey import BandData as BandData
from .survey import Data as Data
from .survey import morgan_version_to_dir as morgan_version_to_dir

__version__: str
