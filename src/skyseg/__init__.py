"""Survey imaging to source segmentation maps: made once, seen, questioned and compared.

>>> import skyseg
>>> "Data" in dir(skyseg)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from skyseg.errors import SkysegError

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

# read when first asked for, so that `import skyseg` stays quick
_HOMES = {
    "BandData": "skyseg.survey",
    "Comparison": "skyseg.comparison",
    "Data": "skyseg.survey",
    "Parameters": "skyseg.engine.parameters",
    "compare": "skyseg.comparison",
    "config": "skyseg.settings",
    "morgan_version_to_dir": "skyseg.survey",
    "view": "skyseg.notebook",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'skyseg' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
