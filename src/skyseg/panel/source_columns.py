"""The columns of a catalogue as a person sees them: one for each aperture, in groups."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from astropy.table import QTable

from skyseg.engine.types import Columns
from skyseg.survey import BandData

Parts = Mapping[str, tuple[str, ...]]
"""What each value of a row is of, by column: ``{"MAG_APER": ('0.32"', '0.5"')}``."""

BAND_KEY: Final = "band"
"""Key of a column's metadata under which the other band stands that it was measured in."""

_IN_BANDS: Final = "Other bands"
_GROUPS: Final = (
    ("Source", r"NUMBER$|SKY_NAME$|EXT_NUMBER|VECTOR_ASSOC"),
    ("Apertures", r".*_APER$"),
    ("Magnitudes", r"MAG(ERR)?_|MU_"),
    ("Sizes", r"FLUX_RADIUS|FWHM|KRON_|PETRO_|ISO\d|ISOAREA|NPIX|AREA"),
    ("Fluxes", r"FLUX|SNR"),
    ("Shapes", r"[AB](WIN)?_|THETA|ELONG|ELLIP|C[XY]{2}|X2|Y2|XY"),
    ("Flags", r"FLAGS|N?IMAFLAGS|MASK_|CLASS_STAR"),
    ("Position", r"[XY](MIN|MAX|PEAK|WIN|_|FOCAL)|ALPHA|DELTA|ERR|RA$|DEC$"),
    ("Other", r""),
)
GROUPS: Final = (
    "Source",
    "Position",
    "Magnitudes",
    "Fluxes",
    "Apertures",
    _IN_BANDS,
    "Shapes",
    "Sizes",
    "Flags",
    "Other",
)
"""Groups of columns, in the order in which they are offered."""


@dataclass(frozen=True)
class SourceColumn:
    """A column that is shown: one value for each source.

    Attributes
    ----------
    title : str
        What it is called, and how a filter calls it: ``'MAG_APER[0.32"]'``.
    name : str
        The column of the catalogue.
    part : int or None
        Which value of a row; None where a row has one.
    plain : str
        Its name where only letters, digits, dots and underlines may be.
    unit, about : str
        Its unit and what it holds; may be empty.
    band : str
        The other band that it was measured in; empty for the band of the catalogue.
    """

    title: str
    name: str
    part: int | None = None
    plain: str = ""
    unit: str = ""
    about: str = ""
    band: str = ""

    @property
    def group(self) -> str:
        """The group that it belongs to, one of `GROUPS`."""
        if self.band:
            return _IN_BANDS
        return next(group for group, names in _GROUPS if re.match(names, self.name.upper()))

    def take(self, columns: Columns) -> npt.NDArray[np.generic]:
        """Take its values, shape (n,), from the columns of a catalogue."""
        values = columns[self.name]
        return values if self.part is None else values[:, self.part]


def list_columns(table: QTable, parts: Parts) -> tuple[SourceColumn, ...]:
    """List the columns of a catalogue, each value of a row by itself.

    Parameters
    ----------
    table : QTable
        The catalogue.
    parts : mapping of str to tuple of str
        What the values are of, see `name_parts`; without, they are counted from 0.

    Returns
    -------
    tuple of SourceColumn
        In the order of the catalogue.

    Examples
    --------
    >>> table = QTable({"NUMBER": [1], "MAG_APER": [[24.0, 23.5]]})
    >>> [each.title for each in list_columns(table, {"MAG_APER": ('0.32"', '0.5"')})]
    ['NUMBER', 'MAG_APER[0.32"]', 'MAG_APER[0.5"]']
    """
    found: list[SourceColumn] = []
    for name in table.colnames:
        column = table[name]
        unit = str(getattr(column, "unit", None) or "")
        about = str(column.info.description or "")
        band = (column.info.meta or {}).get(BAND_KEY, "")
        if column.ndim == 1:
            found.append(SourceColumn(name, name, None, name, unit, about, band))
            continue
        if column.ndim > 2:
            continue
        names = parts.get(name, tuple(map(str, range(column.shape[1]))))
        found += [
            SourceColumn(f"{name}[{of}]", name, part, f"{name}_{_plain(of)}", unit, about, band)
            for part, of in enumerate(names)
        ]
    return tuple(found)


def name_parts(table: QTable, band: BandData | None) -> Parts:
    """Say what the values of columns with several are of, by what a product was made with.

    Parameters
    ----------
    table : QTable
        The catalogue.
    band : BandData or None
        The band whose product it is.

    Returns
    -------
    mapping of str to tuple of str
        Diameters in arcsec, or parts of the light; of a column of another length, or with
        one twice, nothing is said.
    """
    products = None if band is None else band.products
    if products is None:
        return {}
    recipe = products.recipe
    diameters = tuple(f'{each:g}"' for each in recipe.aper_diams)
    fractions = tuple(f"{100 * each:g}%" for each in recipe.parameters.phot_fluxfrac)
    named = {
        name: diameters if "_APER" in name else fractions
        for name in table.colnames
        if table[name].ndim == 2 and ("_APER" in name or name == "FLUX_RADIUS")
    }
    return {
        name: of for name, of in named.items() if len(set(of)) == len(of) == table[name].shape[1]
    }


def group_columns(columns: Sequence[SourceColumn]) -> dict[str, tuple[SourceColumn, ...]]:
    """Sort columns by group; groups without one are left out."""
    found = {group: tuple(each for each in columns if each.group == group) for group in GROUPS}
    return {group: of for group, of in found.items() if of}


def _plain(part: str) -> str:
    return part.replace('"', "arcsec").replace("%", "percent")
