"""Sources that a person may want to look at: blends, large or faint ones, those with flags."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from skyseg.engine.types import BoolArray, Columns, FloatArray
from skyseg.panel.catalogue import Catalogue

Doubt = Literal["blend", "flags", "large", "low S/N"]

DOUBTS: Final[dict[Doubt, str]] = {
    "blend": "FLAGS says that it was deblended",
    "flags": "FLAGS says that it is saturated, cut off or incomplete",
    "large": "It has many times the area of most sources",
    "low S/N": "Its signal to noise is below 5",
}
"""Why a source is questionable, and what that means."""

_BLENDED: Final = 2
_SPOILT: Final = 4 | 8 | 16 | 32
_LARGE: Final = 20.0
_FAINT: Final = 5.0


def find_doubts(catalogue: Catalogue) -> dict[Doubt, BoolArray]:
    """Tell of each source of a catalogue why it is questionable.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue; what it has no columns for is not questioned.

    Returns
    -------
    dict of ndarray of bool
        By doubt, True at the rows of the sources.

    Examples
    --------
    >>> {doubt: int(rows.sum()) > 0 for doubt, rows in find_doubts(catalogue).items()}["blend"]
    True
    """
    columns, none = catalogue.columns, np.zeros(len(catalogue), np.bool_)
    flags = np.asarray(columns.get("FLAGS", none), np.int64)
    area, signal = _find_area(columns), _find_signal(columns)
    return {
        "blend": flags & _BLENDED > 0,
        "flags": flags & _SPOILT > 0,
        "large": none if area is None else area > _LARGE * np.median(area),
        "low S/N": none if signal is None else signal < _FAINT,
    }


def _find_area(columns: Columns) -> FloatArray | None:
    for name in ("ISOAREAF_IMAGE", "ISOAREA_IMAGE", "AREA"):
        if name in columns and len(columns[name]):
            return columns[name].astype(np.float64)
    return None


def _find_signal(columns: Columns) -> FloatArray | None:
    if "SNR_WIN" in columns:
        return columns["SNR_WIN"].astype(np.float64)
    for kind in ("AUTO", "ISO"):
        if {f"FLUX_{kind}", f"FLUXERR_{kind}"} <= columns.keys():
            error = columns[f"FLUXERR_{kind}"].astype(np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                return columns[f"FLUX_{kind}"] / error
    return None
