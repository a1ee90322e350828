"""Any two maps compared under the names that a viewer shows, and where the result may be drawn."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import Any

from skyseg.comparison import Comparison, compare
from skyseg.comparison.classes import LEGEND, DifferenceClass
from skyseg.comparison.grids import is_same_grid
from skyseg.comparison.inputs import LabelMap, read_label_map
from skyseg.errors import ParameterError
from skyseg.survey import BandData


def compare_named(
    first: Any, second: Any, names: tuple[str, str] | None = None, band: BandData | None = None
) -> Comparison:
    """Compare any two maps, on one grid or on two that overlap.

    Parameters
    ----------
    first, second : object
        What `skyseg.compare` takes: an array, (array, WCS), a file, a band.
    names : tuple of str, optional
        What they are called; what is known of them unless told.
    band : BandData, optional
        The band over which they are shown: fluxes of maps that are of no band are measured
        in its image, where they lie on its pixels.

    Returns
    -------
    Comparison

    Raises
    ------
    ComparisonError
        If they cannot be compared.
    SkysegError
        If a file cannot be read.

    Examples
    --------
    >>> compare_named("f444w_seg.fits", band, ("mine", "F444W SEG rms_err")).a.name
    'mine'
    """
    sides = read_label_map(first, "a"), read_label_map(second, "b")
    if names is not None:
        a, b = (replace(side, name=name) for side, name in zip(sides, names, strict=True))
        sides = a, b
    if band is not None and all(side.band is None for side in sides):
        a, b = (replace(side, band=band) if _lies_on(side, band) else side for side in sides)
        sides = a, b
    return compare(*sides)


def check_belongs(comparison: Comparison, band: BandData) -> None:
    """Refuse a comparison that cannot be drawn over a band, as it is of another.

    Parameters
    ----------
    comparison : Comparison
        The comparison.
    band : BandData
        The band over which it would be drawn.

    Raises
    ------
    ParameterError
        If no side is of the band; where neither is known to be of one, if they lie on
        other pixels.
    """
    a, b = comparison.a, comparison.b
    said = f"the comparison of {a.name} with {b.name}"
    bands = [side.band for side in (a, b) if side.band is not None]
    if bands:
        if band not in bands:
            raise ParameterError(f"{said} is not of {band.name}", hint="choose its band first")
        return
    if not _lies_on(a, band):
        raise ParameterError(
            f"{said} lies on other pixels than {band.name}",
            hint="choose the band that it was made for first",
        )


def _lies_on(side: LabelMap, band: BandData) -> bool:
    """Tell whether a map lies on the pixels of a band."""
    return side.shape == band.shape and (
        side.wcs is None or band.wcs is None or is_same_grid(side.wcs, band.wcs, side.shape)
    )


def name_classes(name_a: str, name_b: str) -> dict[DifferenceClass, str]:
    """Say what the classes of a difference map mean, by the names of its sides.

    Examples
    --------
    >>> name_classes("F444W rms_err", "F444W wht")[DifferenceClass.ONLY_B]
    'only in wht'
    """
    shown = dict(zip("ab", shorten_names(name_a, name_b), strict=True))
    only = {DifferenceClass.ONLY_A: shown["a"], DifferenceClass.ONLY_B: shown["b"]}
    return {
        entry.value: f"only in {only[entry.value]}" if entry.value in only else entry.text
        for entry in LEGEND
    }


def shorten_names(name_a: str, name_b: str) -> tuple[str, str]:
    """Return what tells two names apart.

    Examples
    --------
    >>> shorten_names("JOF v11 F444W SEG rms_err", "JOF v11 F444W SEG wht")
    ('rms_err', 'wht')
    >>> shorten_names("F444W SEG rms_err", "F444W SEG rms_err sep")
    ('rms_err', 'rms_err sep')
    """
    name_a, name_b = drop_folder(name_a), drop_folder(name_b)
    a, b = name_a.split(), name_b.split()
    only_a = " ".join(word for word in a if word not in b)
    only_b = " ".join(word for word in b if word not in a)
    if only_a and only_b:
        return only_a, only_b
    alike = sum(1 for _ in takewhile(lambda words: words[0] == words[1], zip(a, b, strict=False)))
    last = max(alike - 1, 0)
    return " ".join(a[last:]), " ".join(b[last:])


def name_pair(comparison: Comparison) -> str:
    """Say which two maps a comparison is of, files without their folders."""
    first, second = map(drop_folder, (comparison.a.name, comparison.b.name))
    return f"{first} with {second}"


def drop_folder(name: str) -> str:
    """Return a name without the folder of a file that it is.

    Examples
    --------
    >>> drop_folder("/data/JOF/f444w_seg.fits[SEG]")
    'f444w_seg.fits[SEG]'
    """
    return name.replace("\\", "/").rpartition("/")[2]
