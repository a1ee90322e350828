"""What the values of a catalogue's columns are of: apertures, parts of the light, one run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

RUN_KEY: Final = "RUNID"
"""The card that is the same in the three products of one run, and in no other product."""

DIAMETERS_KEY: Final = "APERDIAM"
"""Diameters of the apertures in arcsec, as text."""

FRACTIONS_KEY: Final = "FLUXFRAC"
"""Parts of the light inside FLUX_RADIUS, as text."""

_TOLD: Final = (
    *("DATE", "CREATOR", "METHOD", "METHVERS", "ERRTYPE", "PARSET", "DETBAND"),
    *(DIAMETERS_KEY, "PIXSCALE", "MAGZERO", "REGION", RUN_KEY),
)
_FRACTIONS_CARD: Final = "PHOT_FLUXFRAC"


def find_run(header: Mapping[str, Any]) -> str | None:
    """Return the run that a product says it is of; None where skyseg did not write it.

    Images of other observatories have a RUNID, too, and what is made of them inherits it.

    Examples
    --------
    >>> find_run({"RUNID": "1f", "CREATOR": "skyseg 0.1.0"})
    '1f'
    >>> find_run({"RUNID": "08BF01", "CREATOR": "SExtractor"}) is None
    True
    """
    is_own = str(header.get("CREATOR", "")).startswith("skyseg ")
    return header.get(RUN_KEY) if is_own else None


def tell_run(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a catalogue's ``meta`` has of its header: the cards of the run, decoded.

    Parameters
    ----------
    header : mapping
        Header of the catalogue.

    Returns
    -------
    dict
        Empty where the header does not say what the catalogue was made from.

    Examples
    --------
    >>> tell_run({"RUNID": "1f", "APERDIAM": "0.32 0.5", "PHOT_FLUXFRAC": 0.5, "BITPIX": 8})
    {'APERDIAM': '0.32 0.5', 'RUNID': '1f', 'FLUXFRAC': '0.5'}
    """
    if RUN_KEY not in header:
        return {}
    told = {key: _decoded(header[key]) for key in _TOLD if key in header}
    if _FRACTIONS_CARD in header:
        told[FRACTIONS_KEY] = " ".join(str(header[_FRACTIONS_CARD]).split(","))
    return told


def find_zero_point(meta: Mapping[str, Any]) -> float:
    """Return the AB magnitude of one unit of the image, by a catalogue's ``meta``; NaN if unknown.

    Examples
    --------
    >>> find_zero_point({"MAGZERO": 28.9}), find_zero_point({"MAGZERO": "unknown"})
    (28.9, nan)
    """
    value = meta.get("MAGZERO")
    return float(value) if isinstance(value, int | float) else math.nan


def _decoded(value: Any) -> Any:
    return unquote(value) if isinstance(value, str) else value


def name_values(
    name: str, values: npt.NDArray[np.generic], meta: Mapping[str, Any]
) -> tuple[str, ...]:
    """Name what each value of a row is of, in a form that stands in a column's name.

    Parameters
    ----------
    name : str
        The column, ``*_APER`` or ``FLUX_RADIUS``, or one of these of a band, such as
        ``FLUX_APER_F444W``; of others nothing is known.
    values : ndarray, shape (n,) or (n, m)
        Its values.
    meta : mapping
        What `tell_run` returns.

    Returns
    -------
    tuple of str
        One for each of the m values, or empty.

    Examples
    --------
    >>> name_values("MAG_APER", np.zeros((9, 2)), {"APERDIAM": "0.32 0.5 1.0"})
    ('0.32arcsec', '0.5arcsec')
    """
    count = 1 if values.ndim == 1 else values.shape[1]
    if "_APER" in name:
        of = [f"{float(each):g}arcsec" for each in str(meta.get(DIAMETERS_KEY, "")).split()]
    elif name.startswith("FLUX_RADIUS"):
        parts = str(meta.get(FRACTIONS_KEY, "")).split()
        of = [f"{100 * float(each):g}percent" for each in parts]
    else:
        return ()
    return tuple(of[:count]) if len(of) >= count else ()


def spell_values(name: str, values: npt.NDArray[np.generic], meta: Mapping[str, Any]) -> str:
    """Say behind a column's description which apertures, or parts of the light, it has.

    Examples
    --------
    >>> spell_values("MAG_APER", np.zeros((9, 2)), {"APERDIAM": "0.32 0.5"})
    '; diameters 0.32, 0.5 arcsec'
    """
    named = name_values(name, values, meta)
    if not named:
        return ""
    ending, unit, what = "arcsec", " arcsec", "diameters"
    if name.startswith("FLUX_RADIUS"):
        ending, unit, what = "percent", " percent of the light", "radii of"
    return f"; {what} {', '.join(each.removesuffix(ending) for each in named)}{unit}"
