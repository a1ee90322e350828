"""Identities of sources: numbers that stay from run to run, and names by position on the sky."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from astropy.coordinates import SkyCoord
from astropy.table import QTable

from skyseg.comparison.maps import relabel
from skyseg.comparison.matching import classify_groups, match
from skyseg.comparison.overlaps import ROW_BITS, count_overlaps
from skyseg.engine.types import AnyLabelImage, IntArray
from skyseg.errors import ComparisonError, ParameterError


@dataclass(frozen=True, eq=False)
class MatchedIds:
    """The sources of a run by the numbers of a previous one.

    Attributes
    ----------
    labels : ndarray of int, shape (ny, nx)
        The map of the run. A source that matches one of the previous run has its number;
        others have numbers above all of that.
    number, was : ndarray of int64, shape (n,)
        The new numbers, ascending, and those that the run gave the same sources.
    history : QTable
        What became of the sources that are not one and the same in both: ``kind`` ("split",
        "merged", "new" or "lost"), ``before`` and ``after``, the numbers in the previous run
        and the new ones, with blanks between.
    """

    labels: npt.NDArray[np.signedinteger]
    number: IntArray
    was: IntArray
    history: QTable

    def rename(self, cat: QTable) -> QTable:
        """Return the catalogue of the run with the new numbers, in their order.

        Raises
        ------
        ParameterError
            If it has a source that the map has not.
        """
        order = np.argsort(self.was)
        numbers = np.asarray(cat["NUMBER"]).astype(np.int64)
        place = np.minimum(np.searchsorted(self.was[order], numbers), max(len(order) - 1, 0))
        there = self.was[order][place] == numbers if len(order) else np.zeros(len(cat), np.bool_)
        if not np.all(there):
            raise ParameterError(
                f"the catalogue has source {numbers[~there][0]}, and the map has not",
                hint="give the catalogue of the same run",
            )
        named = cat.copy()
        new = self.number[order][place] if len(order) else numbers
        named["NUMBER"] = new.astype(np.int64)
        named.sort("NUMBER")
        return named


def match_ids(labels: AnyLabelImage, previous: AnyLabelImage) -> MatchedIds:
    """Give the sources of a run the numbers that a previous run gave them.

    Sources are matched by the rule of the comparison, `skyseg.comparison.matching`: by the
    pixels that they share.

    Parameters
    ----------
    labels : array_like of int, shape (ny, nx)
        The map of the run.
    previous : array_like of int, shape (ny, nx)
        The map of the previous one, on the same pixels.

    Returns
    -------
    MatchedIds

    Raises
    ------
    ComparisonError
        If the maps differ in shape, or there is no number left.

    Examples
    --------
    >>> found = match_ids(np.array([[1, 1, 0, 2]]), np.array([[7, 7, 0, 0]]))
    >>> found.labels.tolist(), found.history["kind"].tolist()
    ([[7, 7, 0, 8]], ['new'])
    """
    a, b = np.asarray(previous), np.asarray(labels)
    if a.shape != b.shape:
        raise ComparisonError(
            f"the maps have shapes {b.shape} and {a.shape}", hint="give maps on the same pixels"
        )
    pairs = count_overlaps(a, b)
    matching = match(pairs)
    new = relabel(b, matching)
    # the first pixel of each source, row and column in one number, tells its number
    row, column = matching.b.first >> ROW_BITS, matching.b.first & ((1 << ROW_BITS) - 1)
    number = new[row, column].astype(np.int64)
    order = np.argsort(number)
    before, after = (
        [numbers[group == k] for k in range(matching.n_groups)]
        for numbers, group in (
            (matching.a.label, matching.group_a), (number, matching.group_b),
        )
    )  # fmt: skip
    areas = (
        np.bincount(group, weights=side.area, minlength=matching.n_groups).astype(np.int64)
        for group, side in ((matching.group_a, matching.a), (matching.group_b, matching.b))
    )
    kinds = classify_groups(matching, *areas)
    told = [k for k, kind in enumerate(kinds) if kind in ("new", "lost", "split", "merged")]
    history = QTable({
        "kind": [str(kinds[k]) for k in told],
        "before": [" ".join(map(str, sorted(before[k].tolist()))) for k in told],
        "after": [" ".join(map(str, sorted(after[k].tolist()))) for k in told],
    })  # fmt: skip
    return MatchedIds(new, number[order], matching.b.label[order], history)


def name_by_position(coords: SkyCoord) -> npt.NDArray[np.str_]:
    """Name sources by their positions on the sky, as the IAU recommends.

    Parameters
    ----------
    coords : SkyCoord
        n positions.

    Returns
    -------
    ndarray of str, shape (n,)
        ``JHHMMSS.ss+DDMMSS.s``, ICRS; cut and not rounded, so that a source stays in its cell.

    Examples
    --------
    >>> import astropy.units as u
    >>> name_by_position(SkyCoord([53.123456], [-27.801234], unit="deg")).tolist()
    ['J033229.62-274804.4']
    """
    sky = coords.icrs
    names = [
        f"J{_cut(ra / 15, 2)}{'-' if dec < 0 else '+'}{_cut(abs(dec), 1)}"
        for ra, dec in zip(np.atleast_1d(sky.ra.deg), np.atleast_1d(sky.dec.deg), strict=True)
    ]
    return np.array(names, dtype=np.str_)


def _cut(value: float, digits: int) -> str:
    """Write hours or degrees, minutes and seconds, the last with some digits."""
    unit = 10**digits
    # a position that is written with fewer digits than it has stays what it is
    steps = int(np.floor(value * 3600 * unit + 1e-6))
    minutes, rest = divmod(steps, 60 * unit)
    hours, minutes = divmod(minutes, 60)
    whole, part = divmod(rest, unit)
    return f"{hours:02d}{minutes:02d}{whole:02d}.{part:0{digits}d}"
