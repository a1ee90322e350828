"""When and from where an image was observed, as its header says and wcslib writes it again."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, Final

ABOUT: Final[Mapping[str, str]] = {
    "TIMESYS": "Time scale",
    "MJDREF": "[d] MJD of fiducial time",
    "DATE-OBS": "ISO-8601 time of observation",
    "MJD-OBS": "[d] MJD of observation",
    "DATE-BEG": "ISO-8601 time at start of observation",
    "MJD-BEG": "[d] MJD at start of observation",
    "DATE-AVG": "ISO-8601 time at midpoint of observation",
    "MJD-AVG": "[d] MJD at midpoint of observation",
    "DATE-END": "ISO-8601 time at end of observation",
    "MJD-END": "[d] MJD at end of observation",
    "XPOSURE": "[s] Exposure (integration) time",
    "TELAPSE": "[s] Elapsed time (start to stop)",
    "OBSGEO-X": "[m] observatory X-coordinate",
    "OBSGEO-Y": "[m] observatory Y-coordinate",
    "OBSGEO-Z": "[m] observatory Z-coordinate",
    "RADESYS": "Equatorial coordinate system",
    "SPECSYS": "Reference frame of spectral coordinates",
    "VELOSYS": "[m/s] Velocity towards source",
}
"""Comments of the cards that are read here, in the order in which they are written."""

DATES: Final = frozenset(key for key in ABOUT if key.startswith("DATE-"))
NUMBERS: Final = frozenset(key for key, about in ABOUT.items() if about.startswith("["))
TEXTS: Final[Mapping[str, frozenset[str]]] = {
    "TIMESYS": frozenset({"UTC", "TAI", "TT", "TDB"}),
    "RADESYS": frozenset({"ICRS"}),
    "SPECSYS": frozenset({"BARYCENT", "HELIOCEN", "TOPOCENT"}),
}
OTHERS: Final = frozenset({"OBSGEODX", "OBSGEODY", "OBSGEODZ"})
"""Cards of JWST that wcslib does not know."""

_DATE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d):(\d\d):(\d\d(?:\.\d{1,12})?))?")
_FIRST_DAY: Final = datetime.date(1858, 11, 17)
"""Day 0 of the modified Julian date."""

_LAST_DAY: Final = 88069
"""The year 2100."""

_PLACE: Final = ("OBSGEO-X", "OBSGEO-Y", "OBSGEO-Z")
_MS_OF_DAY: Final = 86_400_000

Told = tuple[tuple[str, Any], ...]
"""Keywords and values of cards, in the order of `ABOUT`."""


def complete(told: Mapping[str, Any]) -> Told | None:
    """Tell dates also as MJD, and MJD as dates.

    Parameters
    ----------
    told : mapping
        Values of a header by their keywords; those of other things are passed over.

    Returns
    -------
    tuple of tuple or None
        None where one of them is not usual.

    Examples
    --------
    >>> complete({"MJD-BEG": 59776.5, "XPOSURE": 42.0})[1:4]
    (('DATE-BEG', '2022-07-16T12:00:00'), ('MJD-BEG', 59776.5), ('XPOSURE', 42.0))
    """
    found: dict[str, Any] = {"MJDREF": 0.0, "RADESYS": "ICRS"}
    found |= {key: told[key] for key in ABOUT if key in told}
    if found["MJDREF"] != 0 or 0 < len(found.keys() & set(_PLACE)) < len(_PLACE):
        return None
    moments = {key[-3:] for key in found if key.startswith(("DATE-", "MJD-"))}
    # wcslib gives a date without time of day that of another date
    if len(moments) > 1 and any(_has_no_time(found.get(key)) for key in DATES):
        return None
    for moment in moments:
        date, mjd = f"DATE-{moment}", f"MJD-{moment}"
        if date not in found:
            found[date] = _write_date(found[mjd])
        elif (value := _read_date(found[date])) is None:
            return None
        else:
            found.setdefault(mjd, value)
    return None if None in found.values() else tuple((k, found[k]) for k in ABOUT if k in found)


def _has_no_time(date: str | None) -> bool:
    return date is not None and "T" not in date


def _read_date(text: str) -> float | None:
    """Return a date as MJD; None where it cannot be read."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    day, hours, minutes, seconds = found.groups(default="0")
    try:
        days = (datetime.date.fromisoformat(day) - _FIRST_DAY).days
    except ValueError:
        return None
    if days < 0 or int(hours) > 23 or int(minutes) > 59 or float(seconds) >= 60:
        return None
    return days + (int(hours) + (int(minutes) + float(seconds) / 60) / 60) / 24


def _write_date(mjd: float) -> str | None:
    """Write MJD as a date, to the millisecond; None where it is no usual day."""
    if not 1 <= mjd < _LAST_DAY:
        return None
    day = (_FIRST_DAY + datetime.timedelta(int(mjd))).isoformat()
    hours = 24 * (mjd - int(mjd))
    minutes = 60 * (hours - int(hours))
    seconds = 60 * (minutes - int(minutes))
    of_day = 60_000 * (60 * int(hours) + int(minutes)) + int(1000 * (seconds + 0.0005))
    if of_day >= _MS_OF_DAY:
        return None
    if mjd == int(mjd):
        return day
    rest, milliseconds = divmod(of_day, 1000)
    time = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{day}T{time}" + (f".{milliseconds:03d}" if milliseconds else "")
