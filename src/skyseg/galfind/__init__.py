"""galfind's names over skyseg: a notebook of galfind runs with its imports changed.

What a name does is what it does in galfind, where that differs from `skyseg.Data` and
`skyseg.BandData`: `Band_Data.load_seg` returns the map and its header, `Band_Data.plot` shows
the image, SExtractor is the method where it is installed. Each object has what skyseg offers
beyond that in its attribute ``skyseg``.

>>> from skyseg.galfind import Data, morgan_version_to_dir
"""

from __future__ import annotations

from typing import Any

from skyseg.galfind import useful_funcs_austind
from skyseg.galfind.absent import OF_MODULE, refuse
from skyseg.galfind.bands import Band_Data, Band_Data_Base, Stacked_Band_Data
from skyseg.galfind.catalogue import Catalogue
from skyseg.galfind.data import EPOCHS_BANDS, Data
from skyseg.galfind.filters import Filter, Multiple_Filter
from skyseg.settings import config
from skyseg.survey import morgan_version_to_dir

__all__ = [
    "EPOCHS_BANDS",
    "Band_Data",
    "Band_Data_Base",
    "Catalogue",
    "Data",
    "Filter",
    "Multiple_Filter",
    "Stacked_Band_Data",
    "config",
    "morgan_version_to_dir",
    "useful_funcs_austind",
]


def __getattr__(name: str) -> Any:
    if name in OF_MODULE:
        raise refuse(name, OF_MODULE[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
