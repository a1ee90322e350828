"""Names of sources by their positions on the sky."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from astropy.coordinates import SkyCoord
from astropy.table import Column as TableColumn

from skyseg.engine.types import BoolArray

NAME_COLUMN: Final = "SKY_NAME"
"""The column of a catalogue that holds them."""

NAME_ABOUT: Final = "Name by position on the sky (ICRS), the same in each run"
"""What it is."""

Names = npt.NDArray[np.str_]


def name_by_position(coords: SkyCoord) -> Names:
    """Name sources by their positions on the sky, as the IAU recommends.

    Parameters
    ----------
    coords : SkyCoord
        n positions.

    Returns
    -------
    ndarray of str, shape (n,)
        ``JHHMMSS.ss+DDMMSS.s``, ICRS; cut and not rounded, so that a source stays in its cell.

    Examples
    --------
    >>> import astropy.units as u
    >>> name_by_position(SkyCoord([53.123456], [-27.801234], unit="deg")).tolist()
    ['J033229.62-274804.4']
    """
    sky = coords.icrs
    names = [
        f"J{_cut(ra / 15, 2)}{'-' if dec < 0 else '+'}{_cut(abs(dec), 1)}"
        for ra, dec in zip(np.atleast_1d(sky.ra.deg), np.atleast_1d(sky.dec.deg), strict=True)
    ]
    return np.array(names, dtype=np.str_)


def name_sources(coords: SkyCoord, taken: Iterable[str] = ()) -> Names:
    """Name sources by position, no two by the same name.

    Parameters
    ----------
    coords : SkyCoord
        n positions.
    taken : iterable of str, optional
        Names that others have.

    Returns
    -------
    ndarray of str, shape (n,)
        As `name_by_position`; a source in the cell of an earlier one has a letter more, from
        ``b`` on. Empty for a position that is not known.

    Examples
    --------
    >>> near = SkyCoord([53.123456, 53.123457], [-27.801234] * 2, unit="deg")
    >>> name_sources(near).tolist()
    ['J033229.62-274804.4', 'J033229.62-274804.4b']
    """
    known = np.isfinite(coords.icrs.ra.deg) & np.isfinite(coords.icrs.dec.deg)
    names = np.full(known.shape, "", dtype=object)
    names[known] = name_by_position(coords[known])
    given, count = set(taken), Counter[str]()
    for place in np.flatnonzero(known):
        cell = name = names[place]
        while name in given:
            count[cell] += 1
            name = cell + _spell(count[cell])
        given.add(name)
        names[place] = name
    return names.astype(np.str_)


def keep_names(
    numbers: Iterable[int], former: Mapping[int, str], locate: Callable[[BoolArray], SkyCoord]
) -> Names:
    """Name sources by the names that they had, and those that had none by position.

    Parameters
    ----------
    numbers : iterable of int
        Numbers of n sources.
    former : mapping of int to str
        Names by number; no other source is given one of them.
    locate : callable
        Returns the positions of those sources that an array of bool, shape (n,), marks.

    Returns
    -------
    ndarray of str, shape (n,)

    Examples
    --------
    >>> places = SkyCoord([53.123456, 53.123457], [-27.801234] * 2, unit="deg")
    >>> keep_names([7, 8], {7: "J033229.62-274804.4"}, lambda new: places[new]).tolist()
    ['J033229.62-274804.4', 'J033229.62-274804.4b']
    """
    known = list(numbers)
    names = np.array([former.get(each, "") for each in known], dtype=object)
    new = np.array([each not in former for each in known], np.bool_)
    names[new] = name_sources(locate(new), former.values())
    return names.astype(np.str_)


def make_name_column(names: Names) -> TableColumn:
    """Make the column of a catalogue that holds names."""
    return TableColumn(names, name=NAME_COLUMN, description=NAME_ABOUT)


def _spell(number: int) -> str:
    """Write a number, from 0, in letters.

    Examples
    --------
    >>> _spell(1), _spell(25), _spell(26)
    ('b', 'z', 'aa')
    """
    return ("" if number < 26 else _spell(number // 26 - 1)) + chr(ord("a") + number % 26)


def _cut(value: float, digits: int) -> str:
    """Write hours or degrees, minutes and seconds, the last with some digits."""
    unit = 10**digits
    # a position that is written with fewer digits than it has stays what it is
    steps = int(np.floor(value * 3600 * unit + 1e-6))
    minutes, rest = divmod(steps, 60 * unit)
    hours, minutes = divmod(minutes, 60)
    whole, part = divmod(rest, unit)
    return f"{hours:02d}{minutes:02d}{whole:02d}.{part:0{digits}d}"
