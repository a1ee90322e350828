"""How bands are segmented by galfind's names: what is there is loaded, what is stale made anew."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import astropy.units as u

from skyseg import methods
from skyseg.engine.types import ErrType
from skyseg.errors import Advice, MethodError, StaleProductError
from skyseg.products.column_values import DIAMETERS_KEY
from skyseg.products.fits_files import read_header
from skyseg.products.names import make_paths
from skyseg.survey import BandData
from skyseg.survey.band_extraction import make_recipe

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

    def segment(anew: bool, aper_diams: u.Quantity = band.aper_diams) -> None:
        band.segment(
            err_type, method, aper_diams=aper_diams, overwrite=anew, config_name=config_name,
            params_name=params_name,
        )  # fmt: skip

    def load_or_make(anew: bool) -> None:
        try:
            segment(anew)
        except StaleProductError:
            measured = _find_diameters(band, err_type, method, config_name)
            if measured is None:
                raise
            segment(False, measured)

    make_anew(load_or_make, overwrite)


def _find_diameters(
    band: BandData, err_type: ErrType, method: str, config_name: str | Path
) -> u.Quantity | None:
    """Find which apertures were measured beside the map on disk."""
    recipe = make_recipe(band.maps, err_type, method, config_name, band.aper_diams)
    paths = make_paths(
        method=method, instrument=band.instrument, version=band.version, survey=band.survey,
        band=band.band, err_type=recipe.err_type, set_name=recipe.set_name, work_dir=band.work_dir,
    )  # fmt: skip
    header = read_header(paths.seg)
    told = [] if header is None else str(header.get(DIAMETERS_KEY, "")).split()
    return [float(each) for each in told] * u.arcsec if told else None
