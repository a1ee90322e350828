"""Which instrument and which band a map is of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from astropy.io import fits

from skyseg.errors import AmbiguousDataError
from skyseg.imaging.instruments import Instrument, any_instrument, identify_instrument, plain
from skyseg.imaging.layouts import find_layout
from skyseg.imaging.names import make_name, stem

# Filters of NIRCam's pupil wheel, and the filter that light passes besides.
_CROSSED = {
    "F162M": "F150W2",
    "F164N": "F150W2",
    "F323N": "F322W2",
    "F405N": "F444W",
    "F466N": "F444W",
    "F470N": "F444W",
}
_NO_FILTER = re.compile(
    r"CLEAR\w*|OPEN|EMPTY|BLANK|NONE|NULL|UNKNOWN|UNDEF\w*|N/?A|", re.IGNORECASE
)
_WHEELS = ("FILTER", "FILTER1", "FILTER2")
STACK_KEY = "STACKNAM"
"""Card of the name of a band that is a stack of others."""
_OTHER_KEYS = ("FILTNAME", "FILTNAM1", "FILTER01", "ESO INS FILT1 NAME", "BAND")


def choose_instrument(
    headers: Iterable[fits.Header], path: Path, known: Mapping[str, Instrument]
) -> Instrument:
    """Return the instrument of a map, or a stand-in where nothing tells it.

    INSTRUME, with DETECTOR where needed, comes first; then words that only one
    camera has, such as ``DECam`` or grizli's ``f115wn``, in INSTRUME, in the
    filter keywords and in the file's name, where that camera has the band. Where
    a word leaves several cameras, as ``WFC3`` does, the one that has the band is
    taken.

    Parameters
    ----------
    headers : iterable of astropy.io.fits.Header
        Headers that may say it, the map's own first.
    path : Path
        The file.
    known : mapping of str to Instrument
        Instruments that are looked for.

    Returns
    -------
    Instrument
        The stand-in is that of `skyseg.imaging.instruments.any_instrument`.

    Examples
    --------
    >>> from skyseg.imaging.instruments import BUILT_IN
    >>> choose_instrument([], Path("x-f115wn-clear_drc_sci.fits"), BUILT_IN).name
    'NIRISS'
    """
    headers = list(headers)
    found = identify_instrument(headers, known)
    if found is not None:
        return found
    cameras = [str(header["INSTRUME"]) for header in headers if "INSTRUME" in header]
    layout = find_layout(path)
    words = [*_filters(headers, ("PUPIL", *_WHEELS)), stem(path)]
    stand_in = any_instrument(known)
    named = [band for word in words for band in _bands_in(word, stand_in)]
    for text in (*cameras, layout.instrument if layout else "", *words):
        fitting = [each for each in known.values() if _is_told(each, text)]
        if text not in cameras:
            fitting = [each for each in fitting if all(map(each.band_named, named))]
        if len(fitting) > 1:
            fitting = [each for each in fitting if any(_bands_in(word, each) for word in words)]
        if len(fitting) == 1:
            return fitting[0]
    return stand_in


def identify_band(headers: Iterable[fits.Header], path: Path, instrument: Instrument) -> str | None:
    """Find the band of a map.

    A stack of bands has the name that its header gives it. Of any other map the header
    comes first: PUPIL where it names a band of the instrument (the narrow filters of
    NIRCam and the short-wave ones of NIRISS sit there), else FILTER, FILTER1 and FILTER2,
    else FILTNAME, BAND and the like, else EXTNAME.
    A text such as ``"g DECam SDSS c0001"`` names the band that it holds as a
    whole word. Where the header names no band of the instrument, the file's name
    does, as a whole word. Else the header's text stands, with what no file's
    name should hold replaced by ``_``. Cards that hold no text tell no band.

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
    """
    headers = list(headers)
    for header in headers[:1]:
        if isinstance(stack := header.get(STACK_KEY), str):
            return stack
    wheel = _filters(headers, _WHEELS)
    other = _filters(headers, _OTHER_KEYS)
    for words in (_filters(headers, ("PUPIL",)), wheel, other):
        bands = _unique(band for word in words if (band := _band_in(word, instrument)))
        if len(bands) > 1:
            _refuse(path, "has a header that names", bands)
        if bands:
            return bands[0]
    for word in _filters(headers[:1], ("EXTNAME",)):
        if band := instrument.band_named(word):
            return band
    named = identify_band_by_name(path, instrument)
    for words in (wheel, other):
        if named is None and len(words) == 1:
            named = make_name(words[0]).upper() or None
    return named


def identify_band_by_name(path: Path, instrument: Instrument) -> str | None:
    """Find the band that a file's name holds as a whole word, case ignored.

    Where the name has the form of a survey's, such as
    ``legacysurvey-1351p102-image-g.fits``, the band stands at its place there.

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
    layout = find_layout(path)
    if layout is not None and layout.band:
        return _band_in(layout.band, instrument) or _foreign_band(layout.band, instrument)
    bands = _bands_in(stem(path), instrument)
    if len(bands) > 1:
        _refuse(path, "names", bands)
    return bands[0] if bands else None


def _foreign_band(word: str, instrument: Instrument) -> str | None:
    """Return a band at its place in a name, where the instrument is not known."""
    return make_name(word).upper() if instrument.facility == "unknown" else None


def _band_in(text: str, instrument: Instrument) -> str | None:
    """Return the band that a text names, as a whole or by the only one of its words."""
    named = instrument.band_named(text)
    bands = _bands_in(text, instrument)
    return named or (bands[0] if len(bands) == 1 else None)


def _bands_in(text: str, instrument: Instrument) -> list[str]:
    """Return the bands that a text holds as whole words, case ignored."""
    letters = plain(text)
    spans = [
        (match.span(), band)
        for spelling, band in instrument.spellings().items()
        if plain(spelling) in letters
        for match in re.finditer(_as_word(spelling), text, re.IGNORECASE)
    ]
    whole = [
        band
        for (start, end), band in spans
        if not any(s <= start and end <= e and (s, e) != (start, end) for (s, e), _ in spans)
    ]
    return [
        band for band in _unique(whole) if not any(_CROSSED.get(other) == band for other in whole)
    ]


def _is_told(instrument: Instrument, text: str) -> bool:
    """Tell whether a text holds a word for an instrument; a number may follow the word."""
    letters = plain(text)
    return any(
        plain(word) in letters and re.search(_as_word(word, r"\d*"), text, re.IGNORECASE)
        for word in (instrument.name, *instrument.words)
    )


def _filters(headers: Sequence[fits.Header], keys: tuple[str, ...]) -> list[str]:
    """Texts of filter keywords, without those that mean no filter."""
    words = []
    for key in keys:
        # FILTER = T is a parameter of SExtractor, and a number is no name
        texts = [header[key] for header in headers if isinstance(header.get(key), str)]
        parts = re.split(r"\s*[-;]\s*", texts[0].strip() if texts else "")
        words.append("-".join(part for part in parts if not _NO_FILTER.fullmatch(part)))
    return _unique(word for word in words if word)


def _as_word(spelling: str, ending: str = "") -> str:
    inner = "[-_ /]?".join(re.escape(part) for part in re.split("[-_ ]", spelling))
    return rf"(?<![A-Z0-9]){inner}{ending}(?![A-Z0-9])"


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _refuse(path: Path, how: str, bands: list[str]) -> None:
    raise AmbiguousDataError(
        f"{path} {how} several bands, {', '.join(bands)}",
        hint="write the right one as FILTER into its header, or give {band} with {from_files}",
    )
