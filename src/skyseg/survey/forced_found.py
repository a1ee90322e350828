"""Forced photometry that is on disk, found by the run of its detection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from skyseg.errors import SkysegError
from skyseg.products.fits_files import RUN_KEY, read_catalogue, read_header
from skyseg.products.flux_units import convert_fluxes
from skyseg.products.names import make_forced_path
from skyseg.products.recipe import DETECTION_KEY
from skyseg.survey._order import find_place
from skyseg.survey.cat_found import FLUX_UNIT, FoundCat, find_cat_of, tell_age
from skyseg.survey.collection import list_keys

if TYPE_CHECKING:
    from astropy.table import QTable

    from skyseg.survey.band import BandData


@dataclass(frozen=True, eq=False)
class MeasuredIn:
    """What was measured of the sources of a run in one band.

    Attributes
    ----------
    key : str
        Key of the band.
    wavelength : float
        In nm, as the filter's name says it; infinite where it is not known.
    table : QTable
        What was measured, fluxes in `skyseg.survey.cat_found.FLUX_UNIT` where the zero point
        is known; with what the survey's catalogue tells of the same, such as LOC_DEPTH_APER.
    """

    key: str
    wavelength: float
    table: QTable


def load_measured(bands: Sequence[BandData], run_id: str) -> list[MeasuredIn]:
    """Load what was measured of the sources of a run, by the wavelengths of the bands.

    It is what `BandData.perform_forced_phot` left and, of a band without that, or that is not
    among those given, what is in the catalogue of the survey.

    Parameters
    ----------
    bands : sequence of BandData
        Where it is looked for; a stack is no band between others, and passed over.
    run_id : str
        RUNID of the run in which they were detected.

    Raises
    ------
    ProductError
        If the catalogue of a band is there and cannot be read.
    """
    own = sorted((band for band in bands if not band.members), key=find_place)
    cat = find_cat_of(bands, run_id)
    found, known = [], set()
    for key, band in zip(list_keys(own), own, strict=True):
        named = {key.replace(" ", "_"), f"{band.instrument}_{band.band}"}
        table = _join(_load_forced_of(band, run_id), cat, named)
        if table is not None:
            known |= named
            found.append(MeasuredIn(key, find_place(band)[0], table))
    if cat is not None:
        others = [key for key in cat.runs if key not in known and "+" not in key]
        found += [MeasuredIn(key, cat.find_wavelength(key), cat.of_band(key)) for key in others]
    return sorted(found, key=lambda each: each.wavelength)


def find_forced_of(band: BandData, run_id: str) -> Path | None:
    """Find the catalogue of the sources of a run measured in a band: the last one made.

    Parameters
    ----------
    band : BandData
        The measured band.
    run_id : str
        RUNID of the run in which they were detected.
    """
    found: list[Path] = []
    for err_type in band.err_types:
        usual = make_forced_path(
            instrument=band.instrument,
            version=band.version,
            survey=band.survey,
            band=band.band,
            detection="*",
            err_type=err_type,
            work_dir=band.work_dir,
        ).cat
        begin, end = usual.stem.split("*")
        found += usual.parent.glob(f"{escape(begin)}*{escape(end)}*.fits")
    of_run = [path for path in found if _detected_in(path) == run_id]
    return max(of_run, key=tell_age, default=None)


def _load_forced_of(band: BandData, run_id: str) -> QTable | None:
    path = find_forced_of(band, run_id)
    if path is None:
        return None
    table = read_catalogue(path)
    zero_point = float(table.meta.get("MAGZERO", math.nan))
    if math.isfinite(zero_point):
        convert_fluxes(table, FLUX_UNIT, zero_point, str(path))
    return table


def _join(forced: QTable | None, cat: FoundCat | None, named: set[str]) -> QTable | None:
    """Return what was measured in a band, with what the catalogue tells of the same.

    The band has one of several names in the catalogue, or is not in it.
    """
    key = None if cat is None else next((each for each in cat.runs if each in named), None)
    if cat is None or key is None:
        return forced
    told = cat.of_band(key)
    if forced is None:
        return told
    if forced.meta.get(RUN_KEY) != cat.runs[key]:  # it was measured again since
        return forced
    for name in told.colnames:
        if name not in forced.colnames:
            forced[name] = told[name]
    return forced


def _detected_in(path: Path) -> str | None:
    try:
        header = read_header(path)
    except SkysegError:  # it is damaged, which a run says
        return None
    return None if header is None else header.get(DETECTION_KEY)
