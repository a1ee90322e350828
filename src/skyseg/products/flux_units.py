"""Fluxes of a catalogue in a unit of flux density, by its AB zero point."""

from __future__ import annotations

import math

import astropy.units as u
import numpy as np
from astropy.table import QTable

from skyseg.errors import ParameterError
from skyseg.methods.catalogue import with_unit
from skyseg.methods.columns import FLUX_UNIT, known_columns


def convert_fluxes(table: QTable, unit: u.UnitBase | str, zero_point: float, name: str) -> None:
    """Give the flux columns of a catalogue a unit of flux density.

    Parameters
    ----------
    table : QTable
        The catalogue, which is changed: sums of light and their errors are in ``unit``,
        magnitudes stay, and so do values of single pixels.
    unit : astropy.units.UnitBase or str
        A flux density per frequency, such as nJy.
    zero_point : float
        AB magnitude of one unit of the image; NaN where unknown.
    name : str
        What the catalogue is of, for messages.

    Raises
    ------
    ParameterError
        If the unit is none, or the zero point is unknown.

    Notes
    -----
    A flux f of the image is f * 10^(-0.4 zero_point) * 3631 Jy (Oke & Gunn 1983).
    """
    wanted = _as_flux_density(unit)
    if not math.isfinite(zero_point):
        raise ParameterError(
            f"is {wanted}, and the zero point of the image is unknown",
            hint="give {zero_point_of_band}, or leave the fluxes as they are",
            argument="flux_unit",
            where=name,
        )
    factor = 10 ** (-0.4 * zero_point) * float(u.ABflux.to(wanted))
    for column in known_columns().values():
        if column.unit == FLUX_UNIT and column.name in table.colnames:
            values = np.asarray(getattr(table[column.name], "value", table[column.name]))
            about = table[column.name].info.description or ""
            scaled = (values * factor).astype(values.dtype)
            table[column.name] = with_unit(scaled, wanted, about)


def _as_flux_density(unit: u.UnitBase | str) -> u.UnitBase:
    try:
        wanted = u.Unit(unit)
        if wanted.is_equivalent(u.Jy):
            return wanted
    except (ValueError, TypeError):
        pass
    raise ParameterError(
        f"is {str(unit)!r}", hint="give a flux density such as 'nJy' or 'uJy'", argument="flux_unit"
    )
