"""What a survey does with its bands: order them, find one by its name, list them."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skyseg.errors import AmbiguousDataError, DataNotFoundError, ParameterError, verbatim
from skyseg.survey._order import find_place
from skyseg.survey.band import BandData

COLUMNS = ("BAND", "INSTRUMENT", "SHAPE", "PIXEL SCALE", "ZERO POINT", "UNIT", "MAPS", "SEG")

_NEAR = 0.75  # bands are alike: F115W and F150W are 0.6

Keys: TypeAlias = list[str] | list[int] | list[bool] | npt.NDArray[np.bool_ | np.integer]
"""What selects several bands: their keys, their places, or a mask."""


def sort_bands(bands: Iterable[BandData]) -> tuple[BandData, ...]:
    """Return bands by wavelength, name and instrument, once they are found to be of one survey.

    Raises
    ------
    ParameterError
        If there is no band, something is no band, or they are of several surveys.
    AmbiguousDataError
        If an instrument has a band twice.
    """
    found = tuple(bands)
    for band in found:
        if not isinstance(band, BandData):
            raise ParameterError(f"{band!r} is not a band", hint="give objects of BandData")
    if not found:
        raise ParameterError("there is no band", hint="give at least one")
    surveys = sorted({band.survey for band in found})
    if len(surveys) > 1:
        raise ParameterError(
            f"the bands are of several surveys, {', '.join(surveys)}", hint="join those of one"
        )
    seen: dict[tuple[str, str], BandData] = {}
    for band in found:
        key = band.instrument, band.band
        if key in seen:
            raise AmbiguousDataError(
                f"{band.instrument} {band.band} is there twice, as {seen[key].sci} and {band.sci}",
                hint="leave one out, or open one under another name with {from_files}",
            )
        seen[key] = band
    return tuple(sorted(found, key=find_place))


def list_instruments(bands: Iterable[BandData]) -> set[str]:
    """Return the instruments of bands; of a stack those of its members."""
    return {one.instrument for band in bands for one in band.members or (band,)}


def select_by_mask(bands: Sequence[BandData], mask: Sequence[Any]) -> list[BandData]:
    """Return the bands where a mask is True.

    Raises
    ------
    ParameterError
        If the mask holds other values too, has not one for each band, or selects none.
    """
    if not all(isinstance(each, bool | np.bool_) for each in mask):
        raise ParameterError(
            f"{mask!r} mixes a mask with names or numbers", hint="give one or the other"
        )
    if len(mask) != len(bands) or not any(mask):
        raise ParameterError(
            f"the mask has {len(mask)} values, {sum(map(bool, mask))} of them True, "
            f"for {len(bands)} bands",
            hint="give one for each band, and select at least one",
        )
    return [band for band, wanted in zip(bands, mask, strict=True) if wanted]


def list_keys(bands: Iterable[BandData]) -> list[str]:
    """Return the shortest key of each band, in order."""
    found = list(bands)
    times = Counter(band.band for band in found)
    return [band.band if times[band.band] == 1 else _full_key(band) for band in found]


def _full_key(band: BandData) -> str:
    return f"{band.instrument} {band.band}"


def advise_key(key: str, known: Sequence[str]) -> str:
    """Return the hint for a band that is not there: the nearest one, or all in their order.

    Examples
    --------
    >>> advise_key("F444", ["F115W", "F444W"]), advise_key("x", ["F115W", "F444W"])
    ('did you mean F444W?', 'use one of F115W, F444W')
    """
    near = difflib.get_close_matches(key.upper(), known, 1, _NEAR)
    if near:
        return f"did you mean {verbatim(near[0])}?"
    return f"use one of {verbatim(', '.join(known))}"


def find_bands(bands: Iterable[BandData], key: str) -> list[BandData]:
    """Return the bands that a key names, such as ``"F200W"`` or ``"NIRISS F200W"``."""
    wanted = key.upper()
    return [band for band in bands if wanted in (band.band, _full_key(band).upper())]


def find_band(bands: Iterable[BandData], key: str, survey: str) -> BandData:
    """Return the only band that a key names.

    Raises
    ------
    DataNotFoundError
        If there is none; the message lists those that exist.
    AmbiguousDataError
        If there are several.
    """
    everything = list(bands)
    found = find_bands(everything, key)
    if not found:
        raise DataNotFoundError(
            f"{survey} has no band {key!r}",
            hint=advise_key(key, list_keys(everything)),
        )
    if len(found) > 1:
        raise AmbiguousDataError(
            f"{survey} has several bands {key!r}",
            hint=f"use one of {verbatim(', '.join(map(_full_key, found)))}",
        )
    return found[0]


def describe_band(band: BandData) -> list[str]:
    """Return what a table says of a band, under `COLUMNS`."""
    facts = band.summary()
    maps = [role for role, ref in (("SCI", band.sci), ("ERR", band.err), ("WHT", band.wht)) if ref]
    seg = "-" if band.seg_path is None else band.seg_path.name
    columns = [facts[key] for key in ("band", "instrument", "shape", "pixel scale", "zero point")]
    return [*columns, facts["unit"], " ".join(maps), seg]
