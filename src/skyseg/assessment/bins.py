"""What the columns of bins of an assessment hold, and in which unit their edges are."""

from __future__ import annotations

from typing import Final

from astropy.table import QTable

COLUMNS: Final = {
    "LOW": "Lower edge of the bin",
    "HIGH": "Upper edge of the bin",
    "X_LOW": "Left edge of the cell, first pixel is 1",
    "X_HIGH": "Right edge of the cell, first pixel is 1",
    "Y_LOW": "Lower edge of the cell, first pixel is 1",
    "Y_HIGH": "Upper edge of the cell, first pixel is 1",
    "N_POSITIVE": "Sources of the run",
    "N_NEGATIVE": "Detections of the same run on the negative image",
    "PURITY": "Part of the sources that is real, 0 to 1; not known without any",
    "PURITY_ERR": "Error of PURITY, by the numbers that were counted",
    "N": "Sources that were put into the image",
    "FOUND": "Those of them that the run finds",
    "COMPLETENESS": "Part that is found, 0 to 1; not known without any",
    "COMPLETENESS_ERR": "Error of COMPLETENESS, by the numbers that were counted",
    "BLENDED": "Part that is lost in sources that were there, 0 to 1",
    "MAG_BIAS": "Median of MAG_AUTO less the magnitude that was put in",
    "MAG_SCATTER": "Scatter of that, 1.4826 times the median deviation",
    "SIZE_BIAS": "Median of FLUX_RADIUS over R_SEEN, less 1",
    "SIZE_SCATTER": "Scatter of that, 1.4826 times the median deviation",
}
"""What each column holds."""


def describe_columns(table: QTable, of: str) -> QTable:
    """Give the columns of bins their descriptions.

    Parameters
    ----------
    table : QTable
        The bins, which are changed.
    of : str
        What they are bins of; empty for cells of an image.

    Returns
    -------
    QTable
        The same table.

    Examples
    --------
    >>> table = describe_columns(QTable({"LOW": [1.0]}), "AB magnitude")
    >>> table["LOW"].info.description
    'Lower edge of the bin of AB magnitude'
    """
    for name in table.colnames:
        end = f" of {of}" if of and name in ("LOW", "HIGH") else ""
        table[name].info.description = COLUMNS[name] + end
    return table


def spell_edge_unit(table: QTable) -> str:
    """Spell the unit of the edges of bins; empty without one.

    Examples
    --------
    >>> import astropy.units as u
    >>> spell_edge_unit(QTable({"LOW": [24.0] * u.mag})), spell_edge_unit(QTable({"LOW": [3.0]}))
    ('mag', '')
    """
    unit = table["LOW"].unit
    return "" if unit is None else str(unit)
