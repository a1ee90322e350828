"""Identities of sources: numbers that stay from run to run, and names by position on the sky."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.coordinates import SkyCoord
from astropy.table import QTable, vstack

from skyseg.comparison.maps import relabel
from skyseg.comparison.matching import Matching, classify_groups, match
from skyseg.comparison.overlaps import ROW_BITS, count_overlaps
from skyseg.engine.types import AnyLabelImage, IntArray
from skyseg.errors import ComparisonError, ParameterError
from skyseg.imaging.sky_names import NAME_COLUMN, Names, keep_names, make_name_column, name_sources
from skyseg.imaging.sky_names import name_by_position as name_by_position

_PLACES: Final = ("ALPHA_J2000", "DELTA_J2000")


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
        What became of the sources that are not one and the same in two runs that follow each
        other: ``run``, from 1 for the first that was matched, ``kind`` ("split", "merged",
        "divided" otherwise into as many, "new" or "lost"), ``before`` and ``after``, the
        numbers in the previous run and in this one, with blanks between.
    known : ndarray of int64
        All numbers that a source has in any of the runs.
    """

    labels: npt.NDArray[np.signedinteger]
    number: IntArray
    was: IntArray
    history: QTable
    known: IntArray = field(repr=False)
    run: int = 1

    def follow(self, number: int) -> tuple[int, ...]:
        """Say which numbers a source of an earlier run has now.

        Parameters
        ----------
        number : int
            Its number in an earlier run.

        Returns
        -------
        tuple of int
            Several where it was split, since then or after it was merged with others; none
            where it was lost.

        Raises
        ------
        ParameterError
            If no source of any run has the number.
        """
        if not isinstance(number, (int, np.integer)) or number not in self.known:
            raise ParameterError(
                f"{reprlib.repr(number)} is no source of any run", hint="give the number of one"
            )
        now = {number}
        for row in self.history:
            before, after = (set(map(int, row[side].split())) for side in ("before", "after"))
            if now & before:
                now = (now - before) | after
        return tuple(sorted(now))

    def rename(self, cat: QTable, previous: QTable | None = None) -> QTable:
        """Return the catalogue of the run with the new numbers, in their order.

        Parameters
        ----------
        cat : QTable
            The catalogue.
        previous : QTable, optional
            That of the previous run, with its numbers.

        Returns
        -------
        QTable
            With a column ``SKY_NAME`` where it has ALPHA_J2000 and DELTA_J2000: a source that
            matches one of the previous catalogue has its name, others are named by position.

        Raises
        ------
        ParameterError
            If it has a source that the map has not, or a catalogue lacks a column.
        """
        _check_columns(cat, "cat", "NUMBER")
        if previous is not None:
            places = () if NAME_COLUMN in getattr(previous, "colnames", ()) else _PLACES
            _check_columns(previous, "previous", "NUMBER", *places)
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
        if set(_PLACES) <= set(named.colnames):
            named[NAME_COLUMN] = make_name_column(_name(named, previous))
        return named


def match_ids(labels: AnyLabelImage, previous: AnyLabelImage | MatchedIds) -> MatchedIds:
    """Give the sources of a run the numbers that a previous run gave them.

    Sources are matched by the rule of the comparison, `skyseg.comparison.matching`: by the
    pixels that they share.

    Parameters
    ----------
    labels : array_like of int, shape (ny, nx)
        The map of the run.
    previous : array_like of int, shape (ny, nx), or MatchedIds
        The map of the previous one, on the same pixels; or what this function made of it,
        whose history goes on: then no number that any run has had is given to another source.

    Returns
    -------
    MatchedIds

    Raises
    ------
    ComparisonError
        If the maps are none of numbers, differ in shape, or there is no number left.

    Examples
    --------
    >>> second = match_ids(np.array([[1, 1, 0, 2]]), np.array([[7, 7, 0, 0]]))
    >>> second.labels.tolist(), second.history["kind"].tolist()
    ([[7, 7, 0, 8]], ['new'])
    >>> third = match_ids(np.array([[1, 2, 0, 0]]), second)
    >>> third.labels.tolist(), third.follow(7), third.follow(8)
    ([[7, 9, 0, 0]], (7, 9), ())
    """
    former = previous if isinstance(previous, MatchedIds) else None
    a = np.asarray(previous if former is None else former.labels)
    b = np.asarray(labels)
    for name, given in (("previous", a), ("labels", b)):
        if (
            given.ndim != 2
            or given.dtype.kind not in "biuf"
            or (given.dtype.kind == "f" and not np.isfinite(given).all())
        ):
            raise ComparisonError(
                f"{name} is of type {given.dtype} and shape {given.shape}, or has NaN in it",
                hint="give a 2-D map of labels",
            )
    if a.shape != b.shape:
        raise ComparisonError(
            f"the maps have shapes {b.shape} and {a.shape}", hint="give maps on the same pixels"
        )
    matching = match(count_overlaps(a, b))
    known = matching.a.label if former is None else former.known
    new = relabel(b, matching, int(known.max(initial=0)))
    # the first pixel of each source, row and column in one number, tells its number
    row, column = matching.b.first >> ROW_BITS, matching.b.first & ((1 << ROW_BITS) - 1)
    number = new[row, column].astype(np.int64)
    order = np.argsort(number)
    run = 1 if former is None else former.run + 1
    told = list(_tell_changes(matching, number))
    history = QTable(
        {
            "run": np.full(len(told), run, np.int64),
            "kind": np.array([kind for kind, _, _ in told], np.str_),
            "before": np.array([before for _, before, _ in told], np.str_),
            "after": np.array([after for _, _, after in told], np.str_),
        }
    )
    if former is not None:
        history = vstack([former.history, history])
    known = np.union1d(known, number)
    return MatchedIds(new, number[order], matching.b.label[order], history, known, run)


def _check_columns(cat: Any, argument: str, *columns: str) -> None:
    missing = [each for each in columns if each not in getattr(cat, "colnames", ())]
    if missing:
        raise ParameterError(
            f"has no {', '.join(missing)}", hint="give a catalogue with it", argument=argument
        )


def _tell_changes(matching: Matching, number: IntArray) -> Iterator[tuple[str, str, str]]:
    """Tell the kind, and the numbers before and after, of groups that are not one source."""
    sides = (
        (matching.group_a, matching.a.area, matching.a.label),
        (matching.group_b, matching.b.area, number),
    )
    count = matching.n_groups
    areas = (
        np.bincount(group, weights=area, minlength=count).astype(np.int64)
        for group, area, _ in sides
    )
    kinds = classify_groups(matching, *areas)
    alone = np.zeros(count, np.bool_)
    alone[matching.group_a[matching.partner_a < 0]] = True
    for k in np.flatnonzero(alone | np.isin(kinds, ["new", "split"])).tolist():
        before, after = (
            " ".join(map(str, np.sort(numbers[group == k]).tolist())) for group, _, numbers in sides
        )
        kind = str(kinds[k])
        yield kind if kind in ("new", "lost", "split", "merged") else "divided", before, after


def _name(cat: QTable, previous: QTable | None) -> Names:
    """Name the sources of a catalogue; those of a previous one keep their names."""
    former: dict[int, str] = {}
    if previous is not None:
        if NAME_COLUMN in previous.colnames:
            given = [str(each) for each in previous[NAME_COLUMN]]
        else:
            given = name_sources(_places(previous)).tolist()
        numbered = zip(np.asarray(previous["NUMBER"]).tolist(), given, strict=True)
        former = {number: name for number, name in numbered if name}
    numbers = np.asarray(cat["NUMBER"]).tolist()
    return keep_names(numbers, former, lambda new: _places(cat[new]))


def _places(cat: QTable) -> SkyCoord:
    ra, dec = (u.Quantity(cat[name], u.deg) for name in _PLACES)
    return SkyCoord(ra, dec)
