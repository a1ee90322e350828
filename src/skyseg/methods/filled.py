"""A catalogue as the embedded engine fills it: arrays, which become a table where one is needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from skyseg.methods.column_units import find_unit

if TYPE_CHECKING:
    import astropy.units as u
    from astropy.table import Column as TableColumn
    from astropy.table import QTable


class FilledColumn(NamedTuple):
    """A column with its values; its unit is that of `skyseg.methods.columns.Column`."""

    name: str
    values: npt.NDArray[np.generic]
    unit: str
    about: str


@dataclass(frozen=True)
class FilledCat:
    """The columns of a catalogue.

    Attributes
    ----------
    columns : tuple of FilledColumn
        Of as many rows each.
    unit : str
        That of the image, as its header spells it.

    Examples
    --------
    >>> cat = FilledCat((FilledColumn("FLUX_ISO", np.ones(2), "flux", ""),), "nJy")
    >>> len(cat), cat.as_table()["FLUX_ISO"]
    (2, <Quantity [1., 1.] nJy>)
    """

    columns: tuple[FilledColumn, ...]
    unit: str

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        return {each.name: each.values for each in self.columns}[name]

    @property
    def colnames(self) -> list[str]:
        """Names of the columns."""
        return [each.name for each in self.columns]

    def but_with(self, columns: Iterable[FilledColumn]) -> FilledCat:
        """Return it with further columns."""
        return FilledCat((*self.columns, *columns), self.unit)

    def as_table(self) -> QTable:
        """Return it as a table, with units and descriptions."""
        from astropy.table import QTable

        units = {each.unit: find_unit(each.unit, self.unit) for each in self.columns}
        table = QTable()
        for each in self.columns:
            table[each.name] = with_unit(each.values, units[each.unit], each.about)
        return table


def with_unit(
    values: npt.NDArray[np.generic], unit: u.UnitBase | None, about: str = ""
) -> u.Quantity | TableColumn:
    """Give values a unit and a description; integers stay integers."""
    import astropy.units as u
    from astropy.table import Column as TableColumn

    if unit is None:
        return TableColumn(values, description=about)
    quantity = u.Quantity(values, unit, dtype=values.dtype)
    quantity.info.description = about
    return quantity
