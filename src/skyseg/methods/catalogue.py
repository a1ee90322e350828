"""The catalogue's columns, and how measurements become its table."""

from __future__ import annotations

import logging
import math
import re
from dataclasses import dataclass
from typing import Final

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.table import Column as TableColumn
from astropy.table import QTable

from skyseg.engine.types import Measurements
from skyseg.imaging.units import read_unit, unit_of_sum
from skyseg.methods.base import Request

logger = logging.getLogger(__name__)


_MAG_PER_RELATIVE_ERROR = 2.5 / math.log(10)
_FLUX_UNIT: Final = "flux"


@dataclass(frozen=True)
class Column:
    """One column of the catalogue.

    Attributes
    ----------
    name : str
        SExtractor's name.
    dtype : str
        Numpy dtype of a value.
    unit : str
        FITS unit, ``"flux"`` for that of sums over pixels of the image, or empty.
    about : str
        One line that says what it holds.
    per_aperture : bool
        Whether a row holds one value for each aperture.
    """

    name: str
    dtype: str
    unit: str
    about: str
    per_aperture: bool = False


COLUMNS: Final[tuple[Column, ...]] = (
    Column("NUMBER", "i4", "", "Label in the SEG map"),
    Column("X_IMAGE", "f8", "pix", "Isophotal centroid along x, first pixel is 1"),
    Column("Y_IMAGE", "f8", "pix", "Isophotal centroid along y, first pixel is 1"),
    Column("ALPHA_J2000", "f8", "deg", "Right ascension (ICRS); NaN without a WCS"),
    Column("DELTA_J2000", "f8", "deg", "Declination (ICRS); NaN without a WCS"),
    Column("MAG_APER", "f4", "mag", "AB mag in circular apertures; NaN where flux <= 0", True),
    Column("FLUX_APER", "f4", _FLUX_UNIT, "Sum of pixels in circular apertures", True),
    Column("MAGERR_APER", "f4", "mag", "Error of MAG_APER", True),
    Column("FLUXERR_APER", "f4", _FLUX_UNIT, "Error of FLUX_APER", True),
    Column("MAG_AUTO", "f4", "mag", "AB mag in the Kron ellipse; NaN where flux <= 0"),
    Column("MAGERR_AUTO", "f4", "mag", "Error of MAG_AUTO"),
    Column("FLUX_AUTO", "f4", _FLUX_UNIT, "Sum of pixels in the Kron ellipse"),
    Column("FLUXERR_AUTO", "f4", _FLUX_UNIT, "Error of FLUX_AUTO"),
    Column("MAG_BEST", "f4", "mag", "AUTO, or corrected ISO if crowded; NaN where flux <= 0"),
    Column("MAGERR_BEST", "f4", "mag", "Error of MAG_BEST"),
    Column("MAG_ISO", "f4", "mag", "AB mag in the isophote; NaN where flux <= 0"),
    Column("MAGERR_ISO", "f4", "mag", "Error of MAG_ISO"),
    Column("KRON_RADIUS", "f4", "", "Kron radius in units of A_IMAGE and B_IMAGE"),
    Column("FLUX_RADIUS", "f4", "pix", "Radius that holds PHOT_FLUXFRAC of FLUX_AUTO"),
    Column("FWHM_IMAGE", "f4", "pix", "Full width at half maximum of a Gaussian core"),
    Column("CLASS_STAR", "f4", "", "1 star, 0 galaxy; SExtractor alone, else NaN"),
    Column("SNR_WIN", "f4", "", "Signal to noise in a Gaussian window"),
    Column("ELONGATION", "f4", "", "A_IMAGE / B_IMAGE"),
    Column("THETA_IMAGE", "f4", "deg", "Angle of the major axis from x towards y"),
    Column("A_IMAGE", "f4", "pix", "Rms extent along the major axis"),
    Column("B_IMAGE", "f4", "pix", "Rms extent along the minor axis"),
    Column("FLAGS", "i2", "", "Extraction flags, SExtractor's bits"),
    Column("ISOAREA_IMAGE", "i4", "pix2", "Area above the analysis threshold"),
    Column("FLUX_ISO", "f4", _FLUX_UNIT, "Sum of pixels in the isophote"),
    Column("FLUXERR_ISO", "f4", _FLUX_UNIT, "Error of FLUX_ISO"),
    Column("ISOAREAF_IMAGE", "i4", "pix2", "Area above the detection threshold, filtered"),
    Column("XMIN_IMAGE", "i4", "pix", "First column of the source, from 1"),
    Column("YMIN_IMAGE", "i4", "pix", "First row of the source, from 1"),
    Column("XMAX_IMAGE", "i4", "pix", "Last column of the source, from 1"),
    Column("YMAX_IMAGE", "i4", "pix", "Last row of the source, from 1"),
)

EXTRA_COLUMNS: Final[tuple[Column, ...]] = (
    Column("XWIN_IMAGE", "f8", "pix", "Windowed centroid along x, first pixel is 1"),
    Column("YWIN_IMAGE", "f8", "pix", "Windowed centroid along y, first pixel is 1"),
)
"""Columns of the methods that measure them, after the others."""

_FROM_FLUXES: Final = re.compile("MAG(|ERR)_(APER|AUTO|BEST|ISO)")
_FROM_POSITIONS: Final = ("ALPHA_J2000", "DELTA_J2000")


def build(measurements: Measurements, request: Request) -> QTable:
    """Turn measurements in pixels and image units into the catalogue.

    Parameters
    ----------
    measurements : mapping of str to ndarray, shape (n,) or (n, n_apertures)
        Columns by SExtractor's names, with FLUX_BEST and FLUXERR_BEST among
        them; those that a method does not measure (CLASS_STAR) may be absent.
    request : Request
        Gives zero point, WCS, unit and apertures.

    Returns
    -------
    QTable
        The columns of `COLUMNS` in their order, then those of `EXTRA_COLUMNS`
        that were measured; rows by NUMBER, with units and descriptions. What was
        not measured is NaN, or 0 in a column of whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skyseg.engine.parameters import Parameters
    >>> plane = np.ones((4, 4), np.float32)
    >>> request = Request(sci=plane, err=plane, err_type="wht", parameters=Parameters(),
    ...     aper_diams=(0.5,), pix_scale=0.04, zero_point=28.9, wcs=None)
    >>> float(build({"NUMBER": np.array([1]), "FLUX_AUTO": np.array([100.0])},
    ...     request)["MAG_AUTO"][0].value)
    23.899999618530273
    """
    order = np.argsort(measurements["NUMBER"], kind="stable")
    columns = {name: np.asarray(values)[order] for name, values in measurements.items()}
    columns.update(_magnitudes(columns, request))
    columns.update(_sky(columns, request))
    table = QTable()
    extra = (column for column in EXTRA_COLUMNS if column.name in columns)
    for column in (*COLUMNS, *extra):
        shape = (len(order), len(request.aper_diams)) if column.per_aperture else (len(order),)
        absent = np.full(shape, np.nan if column.dtype.startswith("f") else 0)
        values = columns.get(column.name, absent)
        table[column.name] = with_unit(
            values.astype(column.dtype).reshape(shape), _unit(column, request), column.about
        )
    return table


def not_measured(measurements: Measurements) -> tuple[str, ...]:
    """Say which columns a method leaves empty, in a sentence; no sentence where it fills all.

    Examples
    --------
    >>> every = {column.name: np.zeros(0) for column in COLUMNS if column.name != "FLUX_ISO"}
    >>> not_measured(every)
    ('not measured: MAG_BEST MAGERR_BEST MAG_ISO FLUX_ISO',)
    """
    names = [
        column.name
        for column in COLUMNS
        if _FROM_FLUXES.sub(r"FLUX\1_\2", column.name) not in measurements
        and column.name not in _FROM_POSITIONS
    ]
    return (f"not measured: {' '.join(names)}",) if names else ()


def with_unit(
    values: npt.NDArray[np.generic], unit: u.UnitBase | None, about: str = ""
) -> u.Quantity | TableColumn:
    """Give values a unit and a description; integers stay integers."""
    if unit is None:
        return TableColumn(values, description=about)
    quantity = u.Quantity(values, unit, dtype=values.dtype)
    quantity.info.description = about
    return quantity


def _unit(column: Column, request: Request) -> u.UnitBase | None:
    if column.unit != _FLUX_UNIT:
        return u.Unit(column.unit) if column.unit else None
    unit = read_unit(request.unit)
    return None if unit is None else unit_of_sum(unit)


def _magnitudes(columns: Measurements, request: Request) -> dict[str, npt.NDArray[np.float64]]:
    """AB magnitudes and their errors of every flux; NaN where the flux is not positive."""
    found = {}
    for kind in ("APER", "AUTO", "BEST", "ISO"):
        if f"FLUX_{kind}" not in columns:
            continue
        flux = columns[f"FLUX_{kind}"].astype(np.float64)
        flux = np.where(flux > 0, flux, np.nan)
        found[f"MAG_{kind}"] = request.zero_point - 2.5 * np.log10(flux)
        if f"FLUXERR_{kind}" in columns:
            error = columns[f"FLUXERR_{kind}"].astype(np.float64)
            found[f"MAGERR_{kind}"] = _MAG_PER_RELATIVE_ERROR * error / flux
    return found


def _sky(columns: Measurements, request: Request) -> dict[str, npt.NDArray[np.float64]]:
    """Positions on the sky, ICRS in degrees; empty without a WCS."""
    if request.wcs is None:
        logger.warning("%s: there is no WCS, so ALPHA_J2000 and DELTA_J2000 are NaN", request.name)
        return {}
    if not len(columns["NUMBER"]):
        return {}
    x, y = (columns[name].astype(np.float64) - 1 for name in ("X_IMAGE", "Y_IMAGE"))
    sky = request.wcs.pixel_to_world(x, y).icrs
    return {"ALPHA_J2000": sky.ra.deg, "DELTA_J2000": sky.dec.deg}
