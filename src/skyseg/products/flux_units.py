"""Fluxes of a catalogue in a unit of flux density, by its AB zero point."""

from __future__ import annotations

import math

import astropy.units as u
import numpy as np
from astropy.table import QTable

from skyseg.errors import ParameterError
from skyseg.methods.columns import FLUX_UNIT, known_columns
from skyseg.methods.filled import with_unit


def convert_fluxes(
    table: QTable, unit: u.UnitBase | str, zero_point: float, name: str, *,
    told_by: str = "give {zero_point_of_band}",
) -> None:  # fmt: skip
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
    told_by : str, optional
        What to do where the zero point is unknown, for messages.

    Raises
    ------
    ParameterError
        If the unit is none, or the zero point is unknown.

    Notes
    -----
    A flux f of the image is f * 10^(-0.4 zero_point) * 3631 Jy (Oke & Gunn 1983). Fluxes of a
    survey's catalogue, which have a unit of flux density, need no zero point.
    """
    wanted = _as_flux_density(unit)
    if of_bands := _list_fluxes_of_bands(table):
        for column_name in of_bands:
            _scale(table, column_name, float(table[column_name].unit.to(wanted)), wanted)
        return
    if not math.isfinite(zero_point):
        raise ParameterError(
            f"is {wanted}, and the zero point of the image is unknown",
            hint=f"{told_by}, or leave the fluxes as they are",
            argument="flux_unit",
            where=name,
        )
    factor = 10 ** (-0.4 * zero_point) * float(u.ABflux.to(wanted))
    for column in known_columns().values():
        if column.unit == FLUX_UNIT and column.name in table.colnames:
            _scale(table, column.name, factor, wanted)


def _scale(table: QTable, name: str, factor: float, unit: u.UnitBase) -> None:
    values = np.asarray(getattr(table[name], "value", table[name]))
    about = table[name].info.description or ""
    table[name] = with_unit((values * factor).astype(values.dtype), unit, about)


def _list_fluxes_of_bands(table: QTable) -> list[str]:
    """List sums of light of a survey's catalogue, as FLUX_AUTO_F115W; none of a band's own."""
    if any(column.unit == FLUX_UNIT and column.name in table.colnames
           for column in known_columns().values()):  # fmt: skip
        return []
    units = {name: getattr(table[name], "unit", None) for name in table.colnames}
    return [
        name
        for name, unit in units.items()
        if name.startswith(("FLUX_", "FLUXERR_")) and not name.startswith("FLUX_MAX")
        and unit is not None and unit.is_equivalent(u.Jy)
    ]  # fmt: skip


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
