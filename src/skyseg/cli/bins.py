"""Bins of an assessment, as JSON and tables in files have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from skyseg.cli.printing import finite_or_none

if TYPE_CHECKING:
    from astropy.table import QTable


def list_bins(table: QTable) -> list[dict[str, Any]]:
    """List bins as values by names in lower case, with the unit of their edges."""
    from skyseg.assessment.bins import spell_edge_unit

    unit = spell_edge_unit(table) or None
    columns = {
        name.lower(): getattr(table[name], "value", table[name]).tolist() for name in table.colnames
    }
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) | {"unit": unit} for row in rows]


def finite_bins(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return bins as JSON has them."""
    return [
        {key: value if key == "unit" else finite_or_none(value) for key, value in each.items()}
        for each in rows
    ]


def join_bins(band: str, by: str, table: QTable) -> QTable:
    """Return bins with what they are of, and the unit of their edges in a column of its own."""
    from astropy.table import Column, QTable

    from skyseg.assessment.bins import spell_edge_unit
    from skyseg.methods.catalogue import without_unit

    count, unit = len(table), spell_edge_unit(table)
    told = QTable({"BAND": [band] * count, "BY": [by] * count})
    for name, which in (("LOW", "Lower"), ("HIGH", "Upper")):
        about = f"{which} edge of the bin, in UNIT"
        told[name] = Column(without_unit(table[name]), description=about)
    told["UNIT"] = Column([unit] * count, dtype="U16", description="Unit of LOW and HIGH")
    for name in table.colnames:
        if name not in told.colnames:
            told[name] = table[name]
    return told
