"""Marks over an image: the positions of a catalogue or a truth table, under a name, in a colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import astropy.units as u
import numpy as np
from astropy.coordinates import SkyCoord
from pydantic import BaseModel, ConfigDict, model_validator

from skyseg.engine.types import BoolArray, FloatArray
from skyseg.errors import ParameterError
from skyseg.imaging.table_files import read_tables
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from astropy.table import Table
    from astropy.wcs import WCS

COLOURS: Final = ("#00ffff", "#ff9f1c", "#ff66ff", "#7dff5c", "#ffee55", "#ff6b6b")
"""Colours that sets of marks are given in turn."""

_SKY: Final = (
    ("ALPHA_J2000", "DELTA_J2000"),
    ("ALPHAWIN_J2000", "DELTAWIN_J2000"),
    ("ALPHAPEAK_J2000", "DELTAPEAK_J2000"),
    ("RA", "DEC"),
    ("RAJ2000", "DEJ2000"),
    ("RA_ICRS", "DE_ICRS"),
    ("X_WORLD", "Y_WORLD"),
)
_FROM_ONE: Final = (("X_IMAGE", "Y_IMAGE"), ("XWIN_IMAGE", "YWIN_IMAGE"))
_FROM_ZERO: Final = (("X", "Y"), ("XCENTROID", "YCENTROID"), ("X_CENTROID", "Y_CENTROID"))
_WANTED: Final = "RA and Dec, X_IMAGE and Y_IMAGE (from 1) or x and y (from 0)"


class MarkSet(BaseModel):
    """Marks of one table.

    Attributes
    ----------
    name : str
        What they are called.
    colour : str
        As ``"#rrggbb"``.
    frame : {"sky", "pixel"}
        Whether positions are RA and Dec in degrees (ICRS), or pixels from 0.
    x, y : tuple of float
        The positions.
    path : Path or None
        The file they come from.

    Examples
    --------
    >>> marks = read_marks(table, "mine")
    >>> marks.frame, len(marks.x) == len(table)
    ('sky', True)
    """

    model_config = ConfigDict(frozen=True)

    name: str
    colour: str = COLOURS[0]
    frame: Literal["sky", "pixel"] = "sky"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    path: Path | None = None

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"{len(self.x)} x and {len(self.y)} y")
        return self

    def to_pixels(self, wcs: WCS | None) -> FloatArray:
        """Return where the marks are on an image.

        Parameters
        ----------
        wcs : astropy.wcs.WCS or None
            Celestial WCS of the image.

        Returns
        -------
        ndarray of float64, shape (n, 2)
            Columns and rows from 0; none where marks on the sky have no place.
        """
        at = np.array([self.x, self.y], float).T.reshape(-1, 2)
        if self.frame == "sky":
            if wcs is None:
                return at[:0]
            at = at[_lie_somewhere(self.frame, *at.T)]
            at = np.stack(wcs.world_to_pixel(SkyCoord(at, unit="deg")), axis=1).reshape(-1, 2)
        found: FloatArray = at[np.isfinite(at).all(axis=1)]
        return found


def read_marks(source: Any, name: str = "", colour: str = "") -> MarkSet:
    """Make marks of a catalogue.

    Parameters
    ----------
    source : str, Path, astropy Table or ndarray
        A file (FITS, ECSV, CSV or another that `astropy.table` knows), a table, a
        structured array, or x and y from 0 in an array of shape (n, 2). Columns are
        RA and Dec, X_IMAGE and Y_IMAGE (from 1) or x and y (from 0), in either case.
    name : str, optional
        What the marks are called; by default the name of the file.
    colour : str, optional
        As ``"#rrggbb"`` or a name that matplotlib knows.

    Returns
    -------
    MarkSet

    Raises
    ------
    ParameterError
        If the file holds no table with such columns, or there is no such colour.
    DataNotFoundError
        If there is no such file.
    ImageError
        If a FITS file is broken.
    """
    path = make_absolute(source) if isinstance(source, (str, Path)) else None
    for table in _read_tables(source if path is None else path):
        try:
            found = _find_positions(table)
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"{path or 'the table'} has positions that are no numbers ({error})",
                hint=f"it needs {_WANTED}",
            ) from error
        if found is not None:
            frame, x, y = found
            good = _lie_somewhere(frame, x, y)
            return MarkSet(
                name=name or (path.stem if path is not None else "marks"),
                colour=_settle_colour(colour),
                frame=frame,
                x=tuple(x[good].tolist()),
                y=tuple(y[good].tolist()),
                path=path,
            )
    raise ParameterError(
        f"{path or 'the table'} has no columns of positions", hint=f"it needs {_WANTED}"
    )


def add_marks(sets: Sequence[MarkSet], new: MarkSet) -> tuple[MarkSet, ...]:
    """Return sets of marks with a new one, which replaces that of its name and has its colour."""
    for place, old in enumerate(sets):
        if old.name == new.name:
            return (*sets[:place], new, *sets[place + 1 :])
    return (*sets, new)


def choose_colour(sets: Sequence[MarkSet]) -> str:
    """Return a colour that no set of marks has yet, as long as there is one."""
    used = {each.colour for each in sets}
    return next((each for each in COLOURS if each not in used), COLOURS[len(sets) % len(COLOURS)])


def _lie_somewhere(frame: str, x: FloatArray, y: FloatArray) -> BoolArray:
    """Tell which positions are any; catalogues write -99 for what they do not know."""
    there: BoolArray = np.isfinite(x) & np.isfinite(y)
    return there & (np.abs(y) <= 90) if frame == "sky" else there


def _settle_colour(colour: str) -> str:
    if not colour:
        return COLOURS[0]
    from matplotlib.colors import to_hex

    try:
        return to_hex(colour)
    except ValueError as error:
        raise ParameterError(
            f"is {colour!r}", hint="give one such as 'cyan' or '#00ffff'", argument="colour"
        ) from error


def _read_tables(source: Any) -> Iterator[Table]:
    """Yield the tables of a file, or the one that was given."""
    from astropy.table import Table

    if not isinstance(source, Path):
        plain = isinstance(source, np.ndarray) and source.dtype.names is None
        try:
            yield _table_of_array(source) if plain else Table(source, copy=False)
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"is {type(source).__name__}", hint="give a table or a file of one",
                argument="source",
            ) from error  # fmt: skip
        return
    yield from read_tables(source)


def _table_of_array(array: Any) -> Table:
    from astropy.table import Table

    if array.ndim != 2 or array.shape[1] != 2:
        raise ParameterError(
            f"has shape {array.shape}", hint="give x and y as (n, 2)", argument="source"
        )
    return Table({"x": array[:, 0], "y": array[:, 1]})


def _find_positions(table: Table) -> tuple[Literal["sky", "pixel"], FloatArray, FloatArray] | None:
    for name in table.colnames:
        if isinstance(table[name], SkyCoord):
            icrs = table[name].icrs
            return "sky", np.asarray(icrs.ra.deg), np.asarray(icrs.dec.deg)
    names = {name.upper(): name for name in reversed(table.colnames)}
    for pair in _SKY:
        if set(pair) <= set(names):
            return "sky", *_read_angles(*(table[names[each]] for each in pair))
    for pairs, first in ((_FROM_ONE, 1.0), (_FROM_ZERO, 0.0)):
        for pair in pairs:
            if set(pair) <= set(names):
                x, y = (_read_floats(table[names[each]]) - first for each in pair)
                return "pixel", x, y
    return None


def _read_angles(ra: Any, dec: Any) -> tuple[FloatArray, FloatArray]:
    """Read RA and Dec in degrees; texts are sexagesimal, RA in hours."""
    if np.asarray(ra).dtype.kind in "US":
        sky = SkyCoord(list(ra), list(dec), unit=(u.hourangle, u.deg))
        return np.asarray(sky.ra.deg), np.asarray(sky.dec.deg)
    angles = []
    for column in (ra, dec):
        unit = u.Unit(column.unit) if column.unit is not None else u.deg
        factor = unit.to(u.deg) if unit.is_equivalent(u.deg) else 1.0
        angles.append(_read_floats(column) * factor)
    return angles[0], angles[1]


def _read_floats(column: Any) -> FloatArray:
    if hasattr(column, "filled"):
        column = column.astype(float).filled(np.nan)
    floats: FloatArray = np.asarray(getattr(column, "value", column), float)
    if floats.ndim != 1:
        raise ValueError(f"{floats.ndim} dimensions")
    return floats
