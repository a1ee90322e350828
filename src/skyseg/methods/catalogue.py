"""The catalogue's columns, and how measurements become its table."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine.flag_maps import FLAG_COLUMNS
from skyseg.engine.measuring import MEASUREMENTS, USUAL_MEASUREMENTS
from skyseg.engine.types import Measurements
from skyseg.errors import Advice, ParameterError
from skyseg.methods.base import Request
from skyseg.methods.columns import COLUMNS as COLUMNS
from skyseg.methods.columns import EXTRA_COLUMNS as EXTRA_COLUMNS
from skyseg.methods.columns import MASK_COLUMNS, find_column, known_columns, measurements_of
from skyseg.methods.columns import Column as Column
from skyseg.methods.filled import FilledCat, FilledColumn
from skyseg.methods.world import find_on_sky

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.table import Column as TableColumn
    from astropy.table import QTable, Table

logger = logging.getLogger(__name__)

_MAG_PER_RELATIVE_ERROR = 2.5 / math.log(10)
_SKY: Final = "_WORLD", "_SKY", "_J2000"


def build(measurements: Measurements, request: Request, *, quiet: bool = False) -> QTable:
    """Turn measurements in pixels and image units into the catalogue.

    Parameters
    ----------
    measurements : mapping of str to ndarray, shape (n,) or (n, n_apertures)
        Columns by SExtractor's names, with FLUX_BEST and FLUXERR_BEST among
        them; those that a method does not measure (CLASS_STAR) may be absent. One that is
        usually computed from others (MAG_AUTO) is taken as it is where it is among them.
    request : Request
        Gives zero point, WCS, unit and apertures.
    quiet : bool, optional
        Whether to say nothing of columns that cannot be filled: for rows of a catalogue
        that is there already.

    Returns
    -------
    QTable
        The columns that the request asks for, in that order. Where it asks for none,
        those of `COLUMNS`, then those of `EXTRA_COLUMNS` that were measured. Rows by
        NUMBER, with units and descriptions. What was not measured is NaN, or 0 in a
        column of whole numbers; values beyond the apertures there are, as SExtractor
        has them, 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skyseg.engine.parameters import Parameters
    >>> plane = np.ones((4, 4), np.float32)
    >>> request = Request(sci=plane, err=plane, err_type="wht", parameters=Parameters(),
    ...     aper_diams=(0.5,), pix_scale=0.04, zero_point=28.9, sky=None)
    >>> float(build({"NUMBER": np.array([1]), "FLUX_AUTO": np.array([100.0])},
    ...     request)["MAG_AUTO"][0].value)
    23.899999618530273
    """
    return fill(measurements, request, quiet=quiet).as_table()


def fill(measurements: Measurements, request: Request, *, quiet: bool = False) -> FilledCat:
    """Do as `build`, and return the columns that make the table.

    Parameters
    ----------
    measurements, request, quiet
        As for `build`.
    """
    order = np.argsort(measurements["NUMBER"], kind="stable")
    columns = {name: np.asarray(values)[order] for name, values in measurements.items()}
    listed = list_columns(request, columns)
    computed = {
        "EXT_NUMBER": np.ones(len(order)),
        **_magnitudes(columns, request),
        **_surface_brightness(columns, request),
        **_sky(columns, [column.name for column, _ in listed], request, quiet),
    }
    columns = computed | columns
    filled = []
    for column, shape in listed:
        absent = np.full((len(order), *shape), np.nan if column.dtype.startswith("f") else 0)
        values = _fit(columns.get(column.name, absent), shape, column, request, quiet)
        with np.errstate(over="ignore"):  # infinite, as in the program
            values = values.astype(column.dtype)
        filled.append(FilledColumn(column.name, values, column.unit, column.about))
    return FilledCat(tuple(filled), request.unit)


def list_columns(
    request: Request, measured: Iterable[str] = ()
) -> list[tuple[Column, tuple[int, ...]]]:
    """List the columns of a request's catalogue, and the shape of a row's value in each.

    Parameters
    ----------
    request : Request
        Says which are asked for, and has the apertures.
    measured : iterable of str
        Names of what was measured, for the columns of `EXTRA_COLUMNS`.
    """
    of_mask = () if request.mask is None else MASK_COLUMNS
    if request.columns is not None:
        asked: list[tuple[Column, tuple[int, ...]]] = [
            (find_column(each.name), () if each.size == 1 else (each.size,))
            for each in request.columns
        ]
        named = {column.name for column, _ in asked}
        return asked + [(find_column(name), ()) for name in of_mask if name not in named]
    measured = frozenset(measured).union(of_mask)
    extra = (column for column in EXTRA_COLUMNS if column.name in measured)
    return [(column, _usual_shape(column, request)) for column in (*COLUMNS, *extra)]


def count_values(column: Column, request: Request) -> int:
    """Count the values that a row has of a column: one, or one for each aperture or part."""
    if column.per_aperture:
        return len(request.aper_diams)
    return len(request.parameters.phot_fluxfrac) if column.per_fraction else 1


def count_circles(request: Request) -> int:
    """Count the apertures that are asked for, the first ones of those there are."""
    if request.columns is None:
        return len(request.aper_diams)
    asked = (each.size for each in request.columns if find_column(each.name).per_aperture)
    return min(max(asked, default=0), len(request.aper_diams))


def list_circles(request: Request) -> tuple[float, ...]:
    """List the diameters of the apertures that are asked for, in pixels."""
    circles = request.aper_diams[: count_circles(request)]
    return tuple(diameter / request.pix_scale for diameter in circles)


def _usual_shape(column: Column, request: Request) -> tuple[int, ...]:
    count = count_values(column, request)
    return (count,) if column.per_aperture or count > 1 else ()


def _fit(
    values: npt.NDArray[np.generic],
    shape: tuple[int, ...],
    column: Column,
    request: Request,
    quiet: bool,
) -> npt.NDArray[np.generic]:
    """Take as many values of each row as are asked for, with zeros for those there are not."""
    rows = len(values)
    offered = values.reshape(rows, math.prod(values.shape[1:]))
    asked, there, name = math.prod(shape), count_values(column, request), column.name
    if asked < there and not quiet:
        logger.warning(Advice(
            f"{name} holds the first {asked} of {there} values",
            f"ask for {name}({there}) to have all", where=request.name,
        ))  # fmt: skip
    elif asked > there and not quiet:
        logger.warning(Advice(
            f"{name} has {there} values and {asked} are asked for: the last ones are 0",
            f"ask for {name}({there}), or give more apertures", where=request.name,
        ))  # fmt: skip
    if asked > offered.shape[1]:
        offered = np.pad(offered, ((0, 0), (0, asked - offered.shape[1])))
    return offered[:, :asked].reshape(rows, *shape)


def list_measurements(request: Request) -> frozenset[str]:
    """List what the embedded engine is to measure for a request's catalogue."""
    if request.columns is None:
        return USUAL_MEASUREMENTS.union(() if request.flags is None else FLAG_COLUMNS)
    named = measurements_of(request.columns) & MEASUREMENTS
    # those of a mask are measured with it
    return named if request.mask is None else named.difference(FLAG_COLUMNS)


def not_measured(measurements: Measurements, request: Request) -> tuple[str, ...]:
    """Say which columns a method leaves empty, in a sentence; no sentence where it fills all.

    Examples
    --------
    >>> from skyseg.engine.parameters import Parameters
    >>> plane = np.ones((4, 4), np.float32)
    >>> request = Request(sci=plane, err=plane, err_type="wht", parameters=Parameters(),
    ...     aper_diams=(0.5,), pix_scale=0.04, zero_point=28.9, sky=None)
    >>> every = {column.name: np.zeros(0) for column in COLUMNS if column.name != "FLUX_ISO"}
    >>> not_measured(every | {"FLUX_BEST": 0, "FLUXERR_BEST": 0}, request)
    ('not measured: MAG_ISO MAGERR_ISO FLUX_ISO',)
    """
    names = [
        column.name
        for column, _ in list_columns(request)
        if not frozenset(column.made_of or (column.name,)) <= measurements.keys()
    ]
    return (f"not measured: {' '.join(names)}",) if names else ()


def without_unit(column: u.Quantity | TableColumn) -> npt.NDArray[np.float64]:
    """Return the values of a column of any table, whether it has a unit or not."""
    return np.asarray(getattr(column, "value", column), np.float64)


def check_table(table: Any) -> None:
    """Check that what a column is appended to is a table.

    Raises
    ------
    ParameterError
        If it is not.
    """
    from astropy.table import Table

    if not isinstance(table, Table):
        raise ParameterError(f"is {table!r}", hint="give what load_cat returns", argument="table")


def read_columns(table: Any, names: Sequence[str]) -> list[npt.NDArray[np.float64]]:
    """Read columns of one number a row, without their units; NaN is a missing one.

    Parameters
    ----------
    table : Table
        A catalogue.
    names : sequence of str
        Its columns.

    Raises
    ------
    ParameterError
        If it is no table, lacks one, or one has something else.

    Examples
    --------
    >>> from astropy.table import Table
    >>> [values.tolist() for values in read_columns(Table({"A": [1, 2], "B": [3, 4]}), ["B"])]
    [[3.0, 4.0]]
    """
    check_table(table)
    missing = [name for name in names if name not in table.colnames]
    if missing:
        raise ParameterError(
            f"has no {', '.join(missing)}", hint="give a catalogue with it", argument="table"
        )
    return [_read_numbers(table[name], name) for name in names]


def _read_numbers(column: Any, name: str) -> npt.NDArray[np.float64]:
    missing = getattr(column, "mask", False)
    try:
        values = without_unit(getattr(column, "unmasked", column))
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"has a {name} that is no numbers ({error})", hint="give a catalogue with numbers",
            argument="table",
        ) from error  # fmt: skip
    if values.ndim != 1:
        raise ParameterError(
            f"has several {name} a row", hint="give a catalogue with one", argument="table"
        )
    return np.where(missing, np.nan, values)


def first_values(catalogue: Table, name: str) -> npt.NDArray[np.float64]:
    """Return the values of a column without their unit; of several a row the first."""
    values = without_unit(catalogue[name])
    width = math.prod(values.shape[1:])
    return values.reshape(len(values), width)[:, 0]


def _magnitudes(columns: Measurements, request: Request) -> dict[str, npt.NDArray[np.float64]]:
    """AB magnitudes and their errors of every flux; NaN where the flux is not positive."""
    found = {}
    for name in columns:
        kind = name.removeprefix("FLUX_")
        if kind == name or f"MAG_{kind}" not in known_columns():
            continue
        flux = columns[name].astype(np.float64)
        flux = np.where(flux > 0, flux, np.nan)
        found[f"MAG_{kind}"] = request.zero_point - 2.5 * np.log10(flux)
        if f"FLUXERR_{kind}" in columns:
            error = columns[f"FLUXERR_{kind}"].astype(np.float64)
            found[f"MAGERR_{kind}"] = _MAG_PER_RELATIVE_ERROR * error / flux
    return found


def _surface_brightness(
    columns: Measurements, request: Request
) -> dict[str, npt.NDArray[np.float64]]:
    """AB magnitudes per square arcsec of the values of pixels; NaN where not positive."""
    found = {}
    for name, of in (("MU_MAX", "FLUX_MAX"), ("MU_THRESHOLD", "ANALYSIS_THRESHOLD")):
        if of in columns:
            value = columns[of].astype(np.float64) / request.sky_pix_scale**2
            value = np.where(value > 0, value, np.nan)
            found[name] = request.zero_point - 2.5 * np.log10(value)
    return found


def _sky(
    columns: Measurements, wanted: Sequence[str], request: Request, quiet: bool
) -> dict[str, npt.NDArray[np.float64]]:
    """Columns on the sky; empty without a WCS."""
    on_sky = [name for name in wanted if name.endswith(_SKY)]
    if on_sky and request.sky is None and not quiet:
        logger.warning("%s: there is no WCS, so %s are NaN", request.name, " and ".join(on_sky))
    if not on_sky or request.sky is None or not len(columns["NUMBER"]):
        return {}
    return find_on_sky(on_sky, columns, request.sky)
