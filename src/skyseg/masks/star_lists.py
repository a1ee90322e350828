"""Lists of stars that a person gives: places on the sky and magnitudes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.wcs import WCS

from skyseg.engine.types import FloatArray
from skyseg.errors import DataNotFoundError, ParameterError, SkysegError
from skyseg.imaging.table_files import read_tables
from skyseg.writing import make_absolute

_COLUMNS = ("ra", "dec", "mag")
_LARGEST = {"ra": 360.0, "dec": 90.0, "mag": 50.0}


@dataclass(frozen=True)
class StarList:
    """Stars on the sky.

    Attributes
    ----------
    ra, dec : ndarray of float64, shape (n,)
        In degrees (ICRS).
    mag : ndarray of float64, shape (n,)
        AB magnitudes in the band.
    """

    ra: FloatArray
    dec: FloatArray
    mag: FloatArray

    @property
    def digest(self) -> str:
        """The same for the same stars, and for no others."""
        content = np.stack([self.ra, self.dec, self.mag]).astype("<f8").tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def place(self, wcs: WCS) -> tuple[FloatArray, FloatArray]:
        """Return x and y in pixels from 0."""
        x, y = wcs.world_to_pixel(SkyCoord(self.ra, self.dec, unit=u.deg))
        return np.asarray(x, np.float64), np.asarray(y, np.float64)


def read_star_list(given: str | Path | Table) -> StarList:
    """Read a list of stars.

    Parameters
    ----------
    given : str, Path or Table
        A table with the columns ra and dec in degrees and mag (AB), in either case, or a
        file of one that astropy reads.

    Raises
    ------
    DataNotFoundError
        If there is no such file.
    ParameterError
        If it cannot be read, lacks a column, or holds what is no number.

    Examples
    --------
    >>> stars = read_star_list(Table({"RA": [150.0], "DEC": [2.0], "MAG": [16.5]}))
    >>> stars.mag.tolist()
    [16.5]
    """
    table = given if isinstance(given, Table) else _read(given)
    names = {name.lower(): name for name in table.colnames}
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        raise ParameterError(
            f"has no column {missing[0]}", hint="give ra and dec in degrees, and mag",
            argument="stars",
        )  # fmt: skip
    values = [_as_numbers(table[names[name]], name) for name in _COLUMNS]
    return StarList(*values)


def _read(path: str | Path) -> Table:
    try:
        return next(read_tables(make_absolute(path, "stars")))
    except DataNotFoundError:
        raise
    except (SkysegError, StopIteration) as error:
        raise ParameterError(
            f"is {str(path)!r}, which is no table", hint="give a table of ra, dec and mag",
            argument="stars",
        ) from error  # fmt: skip


def _as_numbers(column: Any, name: str) -> FloatArray:
    try:
        values = u.Quantity(column).to_value(u.deg) if name != "mag" and column.unit else column
        numbers = np.asarray(getattr(values, "value", values), np.float64)
    except (TypeError, ValueError, u.UnitsError) as error:
        raise ParameterError(
            f"has a column {name} of no numbers", hint="give numbers", argument="stars"
        ) from error
    largest = _LARGEST.get(name, np.inf)
    if numbers.ndim != 1 or not (np.isfinite(numbers) & (np.abs(numbers) <= largest)).all():
        raise ParameterError(
            f"has a column {name} with values that are no numbers, or none of the sky",
            hint="leave these rows out", argument="stars",
        )  # fmt: skip
    return numbers
