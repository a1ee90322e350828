"""What was measured of the sources of a catalogue in other bands: columns, and fluxes by band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from astropy.table import QTable

from skyseg.methods.filled import with_unit
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.source_columns import BAND_KEY
from skyseg.products.fits_files import RUN_KEY
from skyseg.survey import BandData
from skyseg.survey.cat_found import FLUX_UNIT
from skyseg.survey.forced_found import MeasuredIn, load_measured

_JOINED: Final = (
    *(f"{kind}_AUTO" for kind in ("FLUX", "FLUXERR", "MAG", "MAGERR")),
    *(f"{kind}_APER" for kind in ("FLUX", "FLUXERR", "MAG", "MAGERR")),
    *("FLUXERR_LOC_APER", "LOC_DEPTH_APER", "FLUX_APER_CORR", "FLUXERR_APER_CORR", "MASK"),
)
"""Those of a band that are shown; the last five are of the survey's catalogue."""

_WAVELENGTH_KEY: Final = "wavelength"
_NM_PER_UM: Final = 1000.0


@dataclass(frozen=True)
class BandFlux:
    """The light of a source in one band.

    Attributes
    ----------
    band : str
        Key of the band.
    wavelength : float
        In micrometres, as the filter's name says it; infinite where it is not known.
    flux, error : float
        FLUX_AUTO and its error in `skyseg.survey.cat_found.FLUX_UNIT`; NaN where the
        band does not cover the source, or its zero point is unknown.
    """

    band: str
    wavelength: float
    flux: float
    error: float


def join_bands(catalogue: Catalogue, bands: Sequence[BandData]) -> Catalogue:
    """Add columns of bands in which the sources were measured, such as FLUX_AUTO_F115W.

    Parameters
    ----------
    catalogue : Catalogue
        A catalogue of a run of skyseg; others stay as they are.
    bands : sequence of BandData
        The bands; those that are stacks are left out.

    Returns
    -------
    Catalogue
        The same one where there is nothing to add.

    Raises
    ------
    ProductError
        If a catalogue of a band is there and cannot be read.
    """
    run_id = catalogue.table.meta.get(RUN_KEY)
    if run_id is None:
        return catalogue
    measured = load_measured(bands, run_id)
    if not measured:
        return catalogue
    joined = QTable(catalogue.table, copy=False)
    for each in measured:
        _append(joined, catalogue, each)
    return Catalogue(joined)


def _append(joined: QTable, catalogue: Catalogue, of_band: MeasuredIn) -> None:
    found, key = of_band.table, of_band.key
    wavelength = of_band.wavelength
    numbers = np.asarray(found["NUMBER"])
    rows = catalogue.find_rows(numbers)
    known = np.isin(numbers, catalogue.columns["NUMBER"])
    for name in _JOINED:
        if name not in found.colnames:
            continue
        column = found[name]
        values = np.asarray(getattr(column, "value", column))
        is_bits = values.dtype.kind == "i"
        shape = len(joined), *values.shape[1:]
        placed = np.zeros(shape, np.int32) if is_bits else np.full(shape, np.nan, np.float32)
        placed[rows] = values[known]
        about = f"{column.info.description or name}, in {key}"
        title = f"{name}_{key.replace(' ', '_')}"
        joined[title] = with_unit(placed, getattr(column, "unit", None), about)
        told = None if math.isinf(wavelength) else wavelength
        joined[title].info.meta = {BAND_KEY: key, _WAVELENGTH_KEY: told}


def list_fluxes(catalogue: Catalogue, number: int) -> list[BandFlux]:
    """List the light of a source in the bands that `join_bands` found, by wavelength.

    Without a zero point, and so without a unit, the flux of a band is NaN.
    """
    row = catalogue.find_row(number)
    found = []
    for name in catalogue.table.colnames if row is not None else ():
        meta = catalogue.table[name].info.meta or {}
        if not name.startswith("FLUX_AUTO_") or BAND_KEY not in meta:
            continue
        has_unit = str(getattr(catalogue.table[name], "unit", None)) == FLUX_UNIT
        wavelength, error = meta[_WAVELENGTH_KEY], name.replace("FLUX_", "FLUXERR_", 1)
        found.append(
            BandFlux(
                meta[BAND_KEY],
                math.inf if wavelength is None else wavelength / _NM_PER_UM,
                float(catalogue.columns[name][row]) if has_unit else math.nan,
                float(catalogue.columns[error][row]),
            )
        )
    return found
