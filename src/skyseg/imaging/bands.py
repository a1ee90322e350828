"""Which band a map is of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from astropy.io import fits

from skyseg.errors import AmbiguousDataError
from skyseg.imaging.instruments import Instrument, plain
from skyseg.imaging.names import check_name, stem

# Filters of NIRCam's pupil wheel, and the filter that light passes besides.
_CROSSED = {
    "F162M": "F150W2",
    "F164N": "F150W2",
    "F323N": "F322W2",
    "F405N": "F444W",
    "F466N": "F444W",
    "F470N": "F444W",
}
_NO_FILTER = re.compile(r"CLEAR\w*|OPEN|NONE|N/?A|", re.IGNORECASE)


def identify_band(headers: Iterable[fits.Header], path: Path, instrument: Instrument) -> str | None:
    """Find the band of a map.

    The header comes first: PUPIL where it names a band of the instrument (the
    narrow filters of NIRCam and the short-wave ones of NIRISS sit there), else
    FILTER, FILTER1 and FILTER2. Where it names no band of the instrument, the
    file's name does, as a whole word. Else the header's value stands as it is.

    Parameters
    ----------
    headers : iterable of astropy.io.fits.Header
        Headers that may say it, the map's own first.
    path : Path
        The file.
    instrument : Instrument
        Whose bands are looked for.

    Returns
    -------
    str or None
        The band in upper case; None where nothing says it.

    Raises
    ------
    AmbiguousDataError
        If header or name tell of several bands.
    ParameterError
        If the header's value cannot be a name.
    """
    headers = list(headers)
    pupil = _filters(headers, ("PUPIL",))
    wheel = _filters(headers, ("FILTER", "FILTER1", "FILTER2"))
    for words in (pupil, wheel):
        bands = _unique(band for word in words if (band := instrument.band_named(word)))
        if len(bands) > 1:
            _refuse(path, "has a header that names", bands)
        if bands:
            return bands[0]
    named = identify_band_by_name(path, instrument)
    if named is None and len(wheel) == 1:
        return check_name("band", wheel[0].upper())
    return named


def identify_band_by_name(path: Path, instrument: Instrument) -> str | None:
    """Find the band that a file's name holds as a whole word, case ignored.

    Parameters
    ----------
    path : Path
        The file.
    instrument : Instrument
        Whose bands are looked for.

    Returns
    -------
    str or None

    Raises
    ------
    AmbiguousDataError
        If it holds several.

    Examples
    --------
    >>> from skyseg.imaging.instruments import BUILT_IN
    >>> identify_band_by_name(Path("uds-b-f444w_sci.fits"), BUILT_IN["NIRCam"])
    'F444W'
    """
    name = stem(path)
    letters = plain(name)
    spans = [
        (match.span(), band)
        for spelling, band in instrument.spellings().items()
        if plain(spelling) in letters
        for match in re.finditer(_as_word(spelling), name, re.IGNORECASE)
    ]
    whole = [
        band
        for (start, end), band in spans
        if not any(s <= start and end <= e and (s, e) != (start, end) for (s, e), _ in spans)
    ]
    bands = [
        band for band in _unique(whole) if not any(_CROSSED.get(other) == band for other in whole)
    ]
    if len(bands) > 1:
        _refuse(path, "names", bands)
    return bands[0] if bands else None


def _filters(headers: list[fits.Header], keys: tuple[str, ...]) -> list[str]:
    """Values of filter keywords, without those that mean no filter."""
    words = []
    for key in keys:
        value = next((header[key] for header in headers if key in header), "")
        parts = [part for part in str(value).split("-") if not _NO_FILTER.fullmatch(part.strip())]
        words.append("-".join(parts).strip())
    return _unique(word for word in words if word)


def _as_word(spelling: str) -> str:
    inner = "[-_ ]?".join(re.escape(part) for part in re.split("[-_ ]", spelling))
    return rf"(?<![A-Z0-9]){inner}(?![A-Z0-9])"


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _refuse(path: Path, how: str, bands: list[str]) -> None:
    raise AmbiguousDataError(
        f"{path} {how} several bands, {', '.join(bands)}",
        hint="write the right one as FILTER into its header, or give {band} with {from_files}",
    )
