"""How bands are segmented by galfind's names: what is there is loaded, what is stale made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from skyseg import methods
from skyseg.engine.types import ErrType
from skyseg.errors import Advice, MethodError, StaleProductError
from skyseg.survey import BandData
from skyseg.survey.detection_run import segment_detection

T = TypeVar("T")

logger = logging.getLogger(__name__)


def choose_method(method: str | None) -> str:
    """Return the method that is meant: SExtractor where none is named and it is installed."""
    if method is not None:
        return method.lower()
    try:
        methods.get("sextractor").version()
    except MethodError:
        return "skyseg"
    return "sextractor"


def make_anew(make: Callable[[bool], T], overwrite: bool, level: int = logging.WARNING) -> T:
    """Make or load a product; one that was made from something else is made anew, and said so."""
    try:
        return make(overwrite)
    except StaleProductError as error:
        logger.log(level, Advice(f"{error.what}; it is made anew"))
        return make(True)


def segment_band(
    band: BandData,
    err_type: ErrType,
    method: str,
    config_name: str | Path,
    params_name: str | Path,
    overwrite: bool,
) -> None:
    """Segment a band, or load the map on disk, whatever apertures were measured beside it.

    Parameters
    ----------
    band : BandData
        The band.
    err_type, method, config_name, params_name, overwrite
        As in `skyseg.BandData.segment`.

    Raises
    ------
    SkysegError
        As `skyseg.BandData.segment` does.
    """

    def load_or_make(anew: bool) -> None:
        segment_detection(
            band, err_type=err_type, method=method, aper_diams=band.aper_diams, overwrite=anew,
            config_name=config_name, params_name=params_name,
        )  # fmt: skip

    make_anew(load_or_make, overwrite)
