"""The most usual WCS, read and used without astropy's: a gnomonic projection in ICRS.

What comes of it is what astropy and wcslib make of the same header, on x86 to the last bit;
elsewhere wcslib is compiled so that some sums are rounded once less. Any header with a card of
the sky that is not known here is left to them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from skyseg import _loops
from skyseg.engine.types import FloatArray
from skyseg.imaging import observed
from skyseg.imaging.sky_cards import OF_WCS, TABLES, is_default_scale, is_possible_scale
from skyseg.imaging.warned import catching_warnings

if TYPE_CHECKING:
    from astropy.io import fits

_ALSO_OF_SKY: Final = re.compile(
    r".*\d_\d+[A-Z]|(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA)\d+[A-Z]?|(WCSAXES|LONPOLE|LATPOLE|RADESYS"
    r"|EQUINOX)[A-Z]|(WCSNAME|CNAME|CRDER|CSYER|CZPHS|CPERI|RESTFRQ|RESTFREQ|RESTWAV|SPECSYS"
    r"|SSYSOBS|SSYSSRC|VELOSYS|VELANGL|VELREF|VELTYP|VSOURCE|ZSOURCE|OBSGEO|OBSORBIT|TREFPOS"
    r"|TREFDIR|PLEPHEM|TIMESYS|TIMEUNIT|TIMEOFFS|TIMSYER|TIMRDER|TIMEDEL|TIMEPIXR|TSTART|TSTOP"
    r"|TELAPSE|XPOSURE|DATEREF|JDREF|RSUN|DSUN|CRLN|HGLN|HGLT|[ABC]_RADIUS|BLON|BLAT|BDIS|DVERR"
    r"|CQERR|WCSDVARR|D2IMARR|LTM|LTV|DC-|[AB]P?_DMAX|[AB]P?_ORDER).*"
)
"""Cards that wcslib and astropy read besides, of other axes, systems, times and observers."""

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([ED][+-]?\d+)?")
_CARD: Final = re.compile(r"(.{8})= *(?:'([^']*)'|([^'/ ]+)) *(?:/.*)?")

_TYPES: Final = {"RA---TAN": "Right ascension", "DEC--TAN": "Declination"}
_SIDES: Final = (1, 2)
_ELEMENTS: Final = tuple((i, j) for i in _SIDES for j in _SIDES)
_TEXTS: Final = {
    **{f"CTYPE{axis}": frozenset(_TYPES) for axis in _SIDES},
    **{f"CUNIT{axis}": frozenset({"", "deg"}) for axis in _SIDES},
    **observed.TEXTS,
}
_NUMBERS: Final = frozenset(
    {
        *(f"{key}{axis}" for key in ("CRVAL", "CRPIX", "CDELT") for axis in _SIDES),
        *(f"{key}{i}_{j}" for key in ("CD", "PC") for i, j in _ELEMENTS),
        *("LONPOLE", "LATPOLE", "EQUINOX", "NAXIS", "NAXIS1", "NAXIS2", "WCSAXES"),
        *observed.NUMBERS,
    }
)
_NEEDED: Final = frozenset(f"{key}{axis}" for key in ("CTYPE", "CRVAL", "CRPIX") for axis in _SIDES)
_LEAST: Final = 1e-90
"""What is nearer to 0 than this, or farther than its inverse, is no number of a sound header."""

_ARCSEC: Final = 3600.0
_AGREEING: Final = 1e-6
"""Part of the largest element of CD by which PC and CDELT may be off it."""

_Pair = tuple[float, float]


@dataclass(frozen=True)
class Tangent:
    """A plane that touches the sky, and where the pixels of an image lie in it.

    Attributes
    ----------
    pixel : tuple of float
        Where it touches, in pixels counted from 1: CRPIX.
    matrix : tuple of tuple of float
        PC.
    step : tuple of float
        CDELT in degrees.
    reference : tuple of float
        Where it touches, in degrees, in the order of the axes: CRVAL.
    pole : float
        LONPOLE in degrees.
    longitude : int
        Which axis is that of right ascension, 0 or 1.
    observed : tuple of tuple
        Keywords and values of when and from where it was observed.
    cards : str
        The header's cards of the sky as they stand there.
    """

    pixel: _Pair
    matrix: tuple[_Pair, _Pair]
    step: _Pair
    reference: _Pair
    pole: float
    longitude: int
    observed: observed.Told
    cards: str

    def find_world(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Find where pixels that are counted from 0 lie, in degrees along each axis.

        Returns
        -------
        ndarray of float64, shape (2, n)
        """
        away = [np.asarray(at) + 1.0 - zero for at, zero in zip((x, y), self.pixel, strict=True)]
        plane = [self._project(axis, away) for axis in (0, 1)]
        lng, lat = (0, 1) if self.longitude == 0 else (1, 0)
        found = _loops.deproject_tangent(
            x=plane[lng], y=plane[lat],
            longitude=self.reference[lng], latitude=self.reference[lat], pole=self.pole,
        )  # fmt: skip
        places = (found["longitude"], found["latitude"])
        return np.array([places[lng], places[lat]])

    def _project(self, axis: int, away: list[FloatArray]) -> FloatArray:
        """Return coordinates in the plane along an axis, of pixels so far from the reference."""
        step, row = self.step[axis], zip(self.matrix[axis], away, strict=True)
        return np.asarray(sum(step * part * each for part, each in row if part))

    @property
    def pixel_area(self) -> float:
        """Area of a pixel at the reference point in square degrees."""
        return float(np.abs(np.linalg.det(np.dot(np.diag(self.step), np.array(self.matrix)))))

    def write_cards(self) -> str:
        """Return the cards that astropy's ``to_header`` gives."""
        return "".join(f"{card[:80]:80}" for card in self._list_cards())

    def _list_cards(self) -> Iterator[str]:
        yield _spell("WCSAXES", "2", "Number of coordinate axes")
        for axis, pixel in zip(_SIDES, self.pixel, strict=True):
            yield _spell(f"CRPIX{axis}", pixel, "Pixel coordinate of reference point")
        for i, j in _ELEMENTS:
            element = self.matrix[i - 1][j - 1]
            if element != float(i == j):
                yield _spell(f"PC{i}_{j}", element, "Coordinate transformation matrix element")
        for axis, step in zip(_SIDES, self.step, strict=True):
            yield _spell(f"CDELT{axis}", step, "[deg] Coordinate increment at reference point")
        for axis in _SIDES:
            yield _quote(f"CUNIT{axis}", "deg", "Units of coordinate increment and value")
        types = list(_TYPES.items())[:: -1 if self.longitude else 1]
        for axis, (name, about) in zip(_SIDES, types, strict=True):
            yield _quote(f"CTYPE{axis}", name, f"{about}, gnomonic projection")
        for axis, value in zip(_SIDES, self.reference, strict=True):
            yield _spell(f"CRVAL{axis}", value, "[deg] Coordinate value at reference point")
        latitude = self.reference[1 - self.longitude]
        yield _spell("LONPOLE", self.pole, "[deg] Native longitude of celestial pole")
        yield _spell("LATPOLE", latitude, "[deg] Native latitude of celestial pole")
        for key, told in self.observed:
            write = _quote if isinstance(told, str) else _spell
            yield write(key, told, observed.ABOUT[key])


def read_tangent(header: fits.Header) -> Tangent | None:
    """Read the WCS of a header where it is the most usual one.

    Parameters
    ----------
    header : astropy.io.fits.Header
        Header of an image; it is not changed.

    Returns
    -------
    Tangent or None
        None where the header says anything else of the sky, or nothing.

    Examples
    --------
    >>> from astropy.io import fits
    >>> header = fits.Header({"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 53.0,
    ...     "CRVAL2": -27.0, "CRPIX1": 1.0, "CRPIX2": 1.0, "CDELT1": -1e-5, "CDELT2": 1e-5})
    >>> read_tangent(header).find_world([0.0], [0.0]).tolist()
    [[53.0], [-27.0]]
    """
    with catching_warnings():  # astropy mends cards before it reads them, as here
        cards = [str(card) for card in header.cards if _is_of_sky(card.keyword)]
    told = _read_cards(cards)
    if told is None or not told.keys() >= _NEEDED or not _is_usual(told):
        return None
    sides, of_observation = _read_matrix(told), observed.complete(told)
    if sides is None or of_observation is None:
        return None
    matrix, step = sides
    longitude = 0 if told["CTYPE1"] == "RA---TAN" else 1
    latitude = told[f"CRVAL{2 - longitude}"]
    return Tangent(
        pixel=(told["CRPIX1"], told["CRPIX2"]),
        matrix=matrix,
        step=step,
        reference=(told["CRVAL1"], told["CRVAL2"]),
        pole=told.get("LONPOLE", 180.0 if latitude < 90 else 0.0),
        longitude=longitude,
        observed=of_observation,
        cards="".join(cards),
    )


def _is_of_sky(key: str) -> bool:
    return key not in observed.OTHERS and any(
        each.fullmatch(key) for each in (OF_WCS, _ALSO_OF_SKY, TABLES)
    )


def _read_cards(cards: Iterable[str]) -> dict[str, Any] | None:
    """Read cards; None where one of them is not known, not plain, or there twice."""
    told: dict[str, Any] = {}
    for card in cards:
        found = _CARD.fullmatch(card)
        if found is None:
            return None
        key, text, number = found[1].rstrip(), found[2], found[3]
        if key in told:
            return None
        if key in _NUMBERS and number is not None and _NUMBER.fullmatch(number):
            told[key] = float(number.replace("D", "E"))
            if told[key] and not _LEAST <= abs(told[key]) <= 1 / _LEAST:
                return None
        elif text is not None and (key in observed.DATES or text.rstrip() in _TEXTS.get(key, ())):
            told[key] = text.rstrip()
        else:
            return None
    return told


def _is_usual(told: Mapping[str, Any]) -> bool:
    """Tell whether a plane touches the sky as the reader takes it."""
    if {told["CTYPE1"], told["CTYPE2"]} != set(_TYPES):
        return False
    if any(told.get(key, 2) != 2 for key in ("NAXIS", "WCSAXES")):
        return False
    # of another equinox without RADESYS it would be FK5 or FK4
    if "EQUINOX" in told and not ("RADESYS" in told and 1800 <= told["EQUINOX"] <= 2200):
        return False
    first, second = (told[f"CRVAL{axis}"] for axis in _SIDES)
    lng, lat = (first, second) if told["CTYPE1"] == "RA---TAN" else (second, first)
    poles = (told.get(key, 0.0) for key in ("LONPOLE", "LATPOLE"))
    return abs(lng) <= 360 and abs(lat) <= 90 and all(abs(pole) <= 360 for pole in poles)


def _read_matrix(told: Mapping[str, Any]) -> tuple[tuple[_Pair, _Pair], _Pair] | None:
    """Return PC and CDELT; None where they are not all there, contradict CD, or make no pixels."""
    has_step = "CDELT1" in told and "CDELT2" in told
    cd, pc = (_elements(told, key, diagonal) for key, diagonal in (("CD", 0.0), ("PC", 1.0)))
    step = (told["CDELT1"], told["CDELT2"]) if has_step else (1.0, 1.0)
    if cd is None:
        matrix = ((1.0, 0.0), (0.0, 1.0)) if pc is None else pc
    elif pc is None:
        matrix, step = cd, (1.0, 1.0)
    elif has_step and _agree(cd, pc, step):
        matrix = pc
    else:
        return None
    return (matrix, step) if _makes_pixels(matrix, step) and (has_step or cd) else None


def _elements(told: Mapping[str, Any], key: str, diagonal: float) -> tuple[_Pair, _Pair] | None:
    """Return the elements of a matrix, of which some may be left out; None where all are."""
    a, b, c, d = (told.get(f"{key}{i}_{j}") for i, j in _ELEMENTS)
    if a is b is c is d is None:
        return None
    a, d = (diagonal if each is None else each for each in (a, d))
    return ((a, b or 0.0), (c or 0.0, d))


def _agree(cd: tuple[_Pair, _Pair], pc: tuple[_Pair, _Pair], step: _Pair) -> bool:
    most = _AGREEING * max(abs(each) for row in cd for each in row)
    return all(
        abs(told - s * part) <= most
        for s, of_cd, of_pc in zip(step, cd, pc, strict=True)
        for told, part in zip(of_cd, of_pc, strict=True)
    )


def _makes_pixels(matrix: tuple[_Pair, _Pair], step: _Pair) -> bool:
    """Tell whether pixels have sides as they can have on the sky, which are not one line."""
    (a, b), (c, d) = ((s * p, s * q) for s, (p, q) in zip(step, matrix, strict=True))
    sides = math.hypot(a, c), math.hypot(b, d)
    if not all(is_possible_scale(s * _ARCSEC) and not is_default_scale(s * _ARCSEC) for s in sides):
        return False
    return abs(a * d - b * c) > 1e-5 * math.hypot(a, b) * math.hypot(c, d)


def _spell(key: str, value: float | str, about: str) -> str:
    text = value if isinstance(value, str) else f"{value:.14G}"
    if not isinstance(value, str) and "." not in text and "E" not in text:
        text += ".0"
    return f"{key:8}= {text:>20} / {about}"


def _quote(key: str, text: str, about: str) -> str:
    quoted = f"'{text}'"
    return f"{key:8}= {quoted:20} / {about}"
