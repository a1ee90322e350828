"""Zero points that a person gives bands whose headers tell none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from skyseg.errors import ParameterError, SkysegError
from skyseg.imaging.zero_points import check_zero_point
from skyseg.panel.stack_work import add_stacks
from skyseg.survey import BandData, Data


def give_zero_points(
    data: Data, zero_points: Mapping[str, float], stacks: Iterable[str] = ()
) -> Data:
    """Give bands zero points in place of those that they were given before, if any.

    Parameters
    ----------
    data : Data
        The bands, which are changed; stacks are loaded again, since one of other zero points
        is stale, which ``lost`` then says.
    zero_points : mapping of str to float
        AB magnitudes of one unit, by keys of bands; others have those of their headers.
    stacks : iterable of str, optional
        Keys of stacks that are to be there besides, where they fit.

    Returns
    -------
    Data
        The same where nothing has changed, or there is no stack.
    """
    made = list(dict.fromkeys([*stacks, *(band.band for band in data if band.members)]))
    singles = {key: band for key, band in zip(data.keys(), data, strict=True) if not band.members}
    changed = {
        key: band
        for key, band in singles.items()
        if band.maps.given_zero_point != zero_points.get(key)
    }
    for key, band in changed.items():
        band.maps = band.maps.with_zero_point(zero_points.get(key))
    if not (changed and made):
        return data
    left = Data(singles.values())
    left.lost = {key: error for key, error in data.lost.items() if key not in made}
    return add_stacks(left, made)


def follow_zero_points(bands: Iterable[BandData], known: Iterable[BandData]) -> None:
    """Let bands have the zero points of those known that are of the same maps."""
    maps = {band.maps.with_zero_point(None): band.maps for band in known}
    for band in bands:
        band.maps = maps.get(band.maps.with_zero_point(None), band.maps)


def list_without(data: Data, given: Iterable[str]) -> list[str]:
    """List the keys of bands whose headers tell no zero point, those that were given one too."""
    pairs = zip(data.keys(), data, strict=True)
    return [key for key, band in pairs if not band.members and (key in given or _lacks(band))]


def _lacks(band: BandData) -> bool:
    try:
        return math.isnan(band.maps.known_zero_point)
    except SkysegError:  # it cannot be read, which a run says
        return False


def spell_zero_points(keys: Iterable[str], zero_points: Mapping[str, float]) -> str:
    """Spell the zero points of bands, for a person to fill in; of one band as a number.

    Examples
    --------
    >>> spell_zero_points(["F105W", "F160W"], {"F160W": 25.9463})
    'F105W=, F160W=25.9463'
    >>> spell_zero_points(["F160W"], {"F160W": 25.9463})
    '25.9463'
    """
    told = {key: f"{zero_points[key]:.10g}" if key in zero_points else "" for key in keys}
    if len(told) == 1:
        return next(iter(told.values()))
    return ", ".join(f"{key}={text}" for key, text in told.items())


def parse_zero_points(text: str, keys: Iterable[str]) -> dict[str, float]:
    """Read what `spell_zero_points` spells.

    Raises
    ------
    ParameterError
        If it names another band, or a value is no magnitude.

    Examples
    --------
    >>> parse_zero_points("F105W=, F160W=25.9463", ["F105W", "F160W"])
    {'F160W': 25.9463}
    """
    known = list(keys)
    if len(known) == 1 and "=" not in text:
        text = f"{known[0]}={text}"
    found = {}
    for part in filter(None, re.split(r"[,;]\s*|\s+(?=\S+=)", text.strip())):
        name, equals, value = (each.strip() for each in part.partition("="))
        key = next((each for each in known if each.upper() == name.upper()), None)
        if not equals or key is None:
            raise ParameterError(
                f"{part!r} names none of {', '.join(known)}", hint=f"write {known[0]}=26.3"
            )
        if value:
            found[key] = _read(value)
    return found


def _read(text: str) -> float:
    try:
        value = float(text)
        check_zero_point(value)
    except (ValueError, ParameterError) as error:
        raise ParameterError(
            f"{text!r} is no magnitude", hint="give a number such as 26.3"
        ) from error
    return value
