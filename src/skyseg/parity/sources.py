"""The table of sources: SExtractor's and the embedded engine's, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from astropy.table import Column, QTable

from skyseg.engine.types import BoolArray, IntArray
from skyseg.parity.agreement import Matches
from skyseg.parity.measurements import SHOWN, compared_names, find_rows

if TYPE_CHECKING:
    from skyseg.parity.report import ProgramResult


SIDES: Final[Mapping[str, str]] = {"SEX": "SExtractor", "SKYSEG": "the embedded engine"}


def tabulate_sources(
    sextractor: ProgramResult, skyseg: ProgramResult, matches: Matches, isolated: BoolArray
) -> QTable:
    """Put the sources of both programs side by side.

    Parameters
    ----------
    sextractor, skyseg : ProgramResult
        What the two gave.
    matches : Matches
        What became of SExtractor's sources.
    isolated : ndarray of bool, shape (n,)
        Which of them are isolated.

    Returns
    -------
    QTable
        One row for each source of SExtractor's map, in the order of its numbers,
        then one for each source of the embedded engine without a match.
        NUMBER_SEX and NUMBER_SKYSEG (0 where there is none), IOU, SPLIT and
        ISOLATED (1 for yes); then each measurement with the suffix _SEX and _SKYSEG, NaN, or
        -1 for whole numbers, where there is none.
    """
    own = np.asarray(skyseg.cat["NUMBER"]).astype(np.int64)
    alone = np.setdiff1d(own, matches.partner)
    none = np.zeros(len(alone), np.int64)
    numbers = {
        "SEX": np.concatenate([matches.label, none]),
        "SKYSEG": np.concatenate([matches.partner, alone]),
    }
    table = QTable()
    for suffix, values in numbers.items():
        text = f"Label in the map of {SIDES[suffix]}, 0 for none"
        table[f"NUMBER_{suffix}"] = Column(values.astype(np.int32), description=text)
    iou = np.concatenate([matches.iou, np.full(len(alone), np.nan)])
    table["IOU"] = Column(iou, description="Largest IoU of SExtractor's source with another")
    for name, flag, text in (
        ("SPLIT", matches.split, "SExtractor's source holds several"),
        ("ISOLATED", isolated, "Nothing else was detected in the largest aperture"),
    ):
        values = np.concatenate([flag, none]).astype(np.int16)
        table[name] = Column(values, description=text)
    names = compared_names(sextractor.cat, skyseg.cat)
    for name in (*SHOWN, *(each for each in names if each not in SHOWN)):
        for suffix, side in (("SEX", sextractor), ("SKYSEG", skyseg)):
            values = _picked(side.cat, name, numbers[suffix], SIDES[suffix])
            table[f"{name}_{suffix}"] = values
    return table


def _picked(cat: QTable, name: str, numbers: IntArray, whose: str) -> Column:
    """Values of a column for some numbers."""
    row = find_rows(cat, numbers)
    column = cat[name]
    values = np.asarray(getattr(column, "value", column))
    missing = -1 if values.dtype.kind == "i" else np.nan
    picked = np.full((len(numbers), *values.shape[1:]), missing, values.dtype)
    picked[row >= 0] = values[row[row >= 0]]
    text = f"{column.info.description}; {whose}"
    return Column(picked, unit=getattr(column, "unit", None), description=text)
