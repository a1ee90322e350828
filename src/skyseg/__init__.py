"""Survey imaging to source segmentation maps: made once, seen, questioned and compared.

>>> import skyseg
>>> "Data" in dir(skyseg)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyseg.errors import SkysegError
from skyseg.lazy import lazy_names

if TYPE_CHECKING:
    from skyseg.comparison import Comparison, compare
    from skyseg.engine.parameters import Parameters
    from skyseg.notebook import view
    from skyseg.settings import config
    from skyseg.survey import BandData, Data, morgan_version_to_dir

__version__ = "0.1.0"

__all__ = [
    "BandData",
    "Comparison",
    "Data",
    "Parameters",
    "SkysegError",
    "compare",
    "config",
    "morgan_version_to_dir",
    "view",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BandData": "skyseg.survey",
        "Comparison": "skyseg.comparison",
        "Data": "skyseg.survey",
        "Parameters": "skyseg.engine.parameters",
        "compare": "skyseg.comparison",
        "config": "skyseg.settings",
        "morgan_version_to_dir": "skyseg.survey",
        "view": "skyseg.notebook",
    },
)
