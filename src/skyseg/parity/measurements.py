"""How far the measurements of the same sources agree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from astropy.table import QTable

from skyseg.engine.flags import Flag
from skyseg.engine.measuring import MEASUREMENTS
from skyseg.engine.types import BoolArray, FloatArray, IntArray, LabelImage
from skyseg.methods import catalogue
from skyseg.methods.base import Request
from skyseg.methods.columns import AskedColumn, find_column, known_columns

SHOWN: Final = ("X_IMAGE", "Y_IMAGE", "FLAGS", "ISOAREA_IMAGE", "ISOAREAF_IMAGE")
"""The columns that a report has of every source, whatever is asked for."""

_FIRST: Final = (
    "FLUX_APER",
    "FLUXERR_APER",
    "FLUX_AUTO",
    "FLUXERR_AUTO",
    "FLUX_ISO",
    "FLUXERR_ISO",
)
# What may be near 0 for no reason of its size: places, angles, magnitudes, cross terms, the sky.
_PLACES: Final = re.compile(
    r"[XY](WIN|PEAK|MIN|MAX)*_\w+|(ERR)?THETA.*|ALPHA.*|DELTA.*|MAG.*|MU_.*"
    r"|(ERR)?C?XY(WIN)?_\w+|BACKGROUND"
)
_NOT_COMPARED: Final = re.compile("NUMBER|CLASS_STAR|N?IMAFLAGS.*|FLAGS.*")
_ON_SKY: Final = re.compile(r"\w+_(WORLD|SKY|J2000)")
_NO_UNIT: Final = "image unit"
_MARGIN: Final = 1.0


@dataclass(frozen=True)
class ColumnAgreement:
    """Differences of one measurement between the two programs.

    They are relative, ``|skyseg - SExtractor| / |SExtractor|``; of places, angles, magnitudes,
    cross terms and the sky they are ``|skyseg - SExtractor|`` in the column's unit.

    Attributes
    ----------
    column : str
        Name in the catalogue.
    aperture : float or None
        Diameter in arcsec, where there is one value per aperture.
    n : int
        Number of sources.
    median, p90, largest : float
        Of the differences; NaN without a source.
    unit : str
        Unit of the differences; empty where they are relative.
    part : float or None
        Part of the light, where there is one value for each of several.
    source : int
        SExtractor's NUMBER of the source with the largest difference; 0 without a source.
    """

    column: str
    aperture: float | None
    n: int
    median: float
    p90: float
    largest: float
    unit: str = ""
    part: float | None = None
    source: int = 0


@dataclass(frozen=True)
class AskedColumns:
    """What a ``.param`` file asks to compare.

    Attributes
    ----------
    columns : tuple of str
        Those of its columns that are compared, with the sizes that it names.
    left_out : tuple of str
        Those that are not: the classifier, flags other than FLAGS, and what is on the sky
        without a WCS.
    zero_point : float or None
        AB magnitude of one unit of the image that both programs were given, 0 where it is
        not known; None where no column needs it.
    """

    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    zero_point: float | None


def list_compared(
    request: Request, asked: tuple[AskedColumn, ...] | None
) -> tuple[AskedColumn, ...]:
    """List the columns that both programs are asked for.

    Parameters
    ----------
    request : Request
        Has the apertures, the parts of the light and the WCS.
    asked : tuple of AskedColumn or None
        The columns to compare; None for all that the engine measures.

    Returns
    -------
    tuple of AskedColumn
        Of those asked for the ones that can be compared, with no more values than there
        are, after those that every report has.
    """
    if asked is not None:
        usual = {name: AskedColumn(name) for name in ("NUMBER", *SHOWN)}
        return tuple((usual | {
            each.name: AskedColumn(
                each.name, min(each.size, catalogue.count_values(find_column(each.name), request))
            )
            for each in asked
            if each.name not in usual and can_compare(each.name, request)
        }).values())  # fmt: skip
    return tuple(
        AskedColumn(column.name, catalogue.count_values(column, request))
        for column in known_columns().values()
        if column.name in MEASUREMENTS
        and (request.flags is not None or "IMAFLAGS" not in column.name)
    )


def can_compare(name: str, request: Request) -> bool:
    """Tell whether a column may stand among the measurements that are compared."""
    if _NOT_COMPARED.fullmatch(name):
        return False
    return request.sky is not None or not _ON_SKY.fullmatch(name)


def compared_names(sex_cat: QTable, cat: QTable) -> tuple[str, ...]:
    """Return the names of the measurements that both catalogues have, fluxes first."""
    both = [name for name in cat.colnames if name in sex_cat.colnames]
    found = [name for name in both if not _NOT_COMPARED.fullmatch(name)]
    return (
        *(each for each in _FIRST if each in found),
        *(each for each in found if each not in _FIRST),
    )


def find_isolated(
    occupied: LabelImage, cat: QTable, numbers: IntArray, diameter: float
) -> BoolArray:
    """Find the sources around which nothing else was detected.

    Parameters
    ----------
    occupied : ndarray of int32, shape (ny, nx)
        Label of every detected pixel, -1 where it belongs to no source.
    cat : QTable
        Catalogue of the labels.
    numbers : ndarray of int64, shape (n,)
        The sources to look at; 0 is none.
    diameter : float
        Diameter in pixels of the circle to look in.

    Returns
    -------
    ndarray of bool, shape (n,)
        True where FLAGS is 0 and every detected pixel in the circle, widened by
        one pixel, is the source's own.
    """
    row = find_rows(cat, numbers)
    flags = np.asarray(cat["FLAGS"])
    x, y = (np.asarray(cat[name].value) - 1 for name in ("X_IMAGE", "Y_IMAGE"))
    found = np.zeros(len(numbers), np.bool_)
    for k in np.flatnonzero((numbers > 0) & (row >= 0)):
        i = row[k]
        found[k] = flags[i] == 0 and _is_alone(
            occupied, int(numbers[k]), float(x[i]), float(y[i]), diameter / 2 + _MARGIN
        )
    return found


def _is_alone(occupied: LabelImage, number: int, x: float, y: float, radius: float) -> bool:
    y0, x0 = max(int(y - radius), 0), max(int(x - radius), 0)
    window = occupied[y0 : int(y + radius) + 2, x0 : int(x + radius) + 2]
    others_y, others_x = np.nonzero((window != 0) & (window != number))
    return not np.any((others_y + y0 - y) ** 2 + (others_x + x0 - x) ** 2 < radius**2)


def find_rows(cat: QTable, numbers: IntArray) -> IntArray:
    """Find the row of each NUMBER in a catalogue that is ordered by it; -1 where it has none.

    Parameters
    ----------
    cat : QTable
        The catalogue.
    numbers : ndarray of int64, shape (n,)
        Labels.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    listed = np.asarray(cat["NUMBER"])
    if not len(listed):
        return np.full(len(numbers), -1)
    row = np.minimum(np.searchsorted(listed, numbers), len(listed) - 1)
    return np.where(listed[row] == numbers, row, -1)


def take_values(cat: QTable, column: str) -> FloatArray:
    """Return the values of a column without their unit, shape (n, number of apertures or 1)."""
    values = np.asarray(getattr(cat[column], "value", cat[column]), dtype=np.float64)
    return values if values.ndim == 2 else values[:, np.newaxis]


def compare_values(values: FloatArray, reference: FloatArray) -> FloatArray:
    """Return ``|values - reference| / |reference|``; 0 where both are 0 or NaN.

    Examples
    --------
    >>> compare_values(np.array([2.0, np.nan, 1.0]), np.array([1.0, np.nan, 0.0]))
    array([ 1.,  0., inf])
    """
    same = (values == reference) | (np.isnan(values) & np.isnan(reference))
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.abs(values - reference) / np.abs(reference)
    return np.where(same, 0.0, np.where(np.isnan(difference), np.inf, difference))


def subtract_values(values: FloatArray, reference: FloatArray, turn: float | None) -> FloatArray:
    """Return ``|values - reference|``, of angles the smaller way round; 0 where both are NaN."""
    difference = np.abs(values - reference)
    if turn is not None:
        difference = np.minimum(difference % turn, -difference % turn)
    difference = np.where(np.isnan(values) & np.isnan(reference), 0.0, difference)
    return np.where(np.isnan(difference), np.inf, difference)


def agree_on_columns(
    sex_cat: QTable, cat: QTable, rows: tuple[IntArray, IntArray],
    aper_diams: tuple[float, ...], light_parts: tuple[float, ...],
) -> tuple[ColumnAgreement, ...]:  # fmt: skip
    """Compare the measurements of matched sources.

    Parameters
    ----------
    sex_cat, cat : QTable
        SExtractor's catalogue and the embedded engine's.
    rows : tuple of ndarray of int64, shape (n,)
        Rows of the same sources in the one and in the other.
    aper_diams : tuple of float
        Aperture diameters in arcsec.
    light_parts : tuple of float
        The parts of the light of FLUX_RADIUS.

    Returns
    -------
    tuple of ColumnAgreement
        One for each column that both have, and aperture or part of the light.
    """
    found = []
    numbers = np.asarray(sex_cat["NUMBER"])[rows[0]]
    for name in compared_names(sex_cat, cat):
        reference = take_values(sex_cat, name)[rows[0]]
        values = take_values(cat, name)[rows[1]]
        unit = str(cat[name].unit or _NO_UNIT) if _PLACES.fullmatch(name) else ""
        if unit:
            turn = 180.0 if "THETA" in name else 360.0 if unit == "deg" else None
            difference = subtract_values(values, reference, turn)
        else:
            difference = compare_values(values, reference)
        for k in range(difference.shape[1]):
            aperture = aper_diams[k] if name.endswith("_APER") else None
            several = name == "FLUX_RADIUS" and len(light_parts) > 1
            one = ColumnAgreement(
                name, aperture, *_summarise(difference[:, k]), unit,
                light_parts[k] if several else None,
                int(numbers[difference[:, k].argmax()]) if len(numbers) else 0,
            )  # fmt: skip
            found.append(one)
    return tuple(found)


def _summarise(difference: FloatArray) -> tuple[int, float, float, float]:
    """Return number, median, 90th percentile and largest of some differences."""
    if not len(difference):
        return 0, np.nan, np.nan, np.nan
    median, p90, largest = np.percentile(difference, [50, 90, 100], method="higher").tolist()
    return len(difference), median, p90, largest


@dataclass(frozen=True)
class FlagAgreement:
    """How often a bit of FLAGS is set in the matched sources.

    Attributes
    ----------
    bit : int
        Its value.
    name : str
        Its name in `skyseg.engine.flags.Flag`, in lower case; empty where it is none of ours.
    sextractor, skyseg : int
        Sources that have it in SExtractor's catalogue and in the embedded engine's.
    differ : int
        Sources that have it in one of the two.
    """

    bit: int
    name: str
    sextractor: int
    skyseg: int
    differ: int


def agree_on_flags(sex_flags: IntArray, flags: IntArray) -> tuple[FlagAgreement, ...]:
    """Compare FLAGS of matched sources bit by bit; bits that no source has are left out.

    Examples
    --------
    >>> agree_on_flags(np.array([3, 2, 0]), np.array([2, 2, 1]))[0]
    FlagAgreement(bit=1, name='crowded', sextractor=1, skyseg=1, differ=2)
    """
    names = {each.value: (each.name or "").lower() for each in Flag}
    found = []
    for bit in (1 << k for k in range(8)):
        theirs, ours = (sex_flags & bit) > 0, (flags & bit) > 0
        counts = (int(np.count_nonzero(each)) for each in (theirs, ours, theirs != ours))
        one = FlagAgreement(bit, names.get(bit, ""), *counts)
        if one.sextractor or one.skyseg:
            found.append(one)
    return tuple(found)
