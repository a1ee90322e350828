"""The verbs by which a person edits a map: each makes one operation."""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from skyseg.editing.operations import (
    Cut,
    Deblend,
    Delete,
    Draw,
    FillHoles,
    Grow,
    Mark,
    Merge,
    Operation,
    Paint,
    Point,
    Run,
    Shrink,
    Smooth,
    Split,
    as_whole_number,
)
from skyseg.errors import ParameterError


class EditVerbs(ABC):
    """What can be done to a map; see `skyseg.Edits`."""

    @abstractmethod
    def _make(self, kind: type[Any], why: str, **values: Any) -> Operation:
        """Make an operation, and do it."""

    def delete(
        self,
        labels: int | Iterable[int],
        *,
        to: Literal["background", "neighbour"] = "background",
        why: str = "",
    ) -> Operation:
        """Remove sources; see `skyseg.editing.operations.Delete`."""
        return self._make(Delete, why, labels=_as_tuple(labels), to=to)

    def merge(self, labels: Iterable[int], *, why: str = "") -> Operation:
        """Make one source of several; see `skyseg.editing.operations.Merge`."""
        return self._make(Merge, why, labels=_as_tuple(labels))

    def split(
        self,
        label: int,
        seeds: Sequence[Point] | None = None,
        *,
        line: Sequence[Point] | None = None,
        nthresh: int | None = None,
        mincont: float | None = None,
        why: str = "",
    ) -> Operation:
        """Part a source: among seeds, along a line, or by deblending it anew.

        Parameters
        ----------
        label : int
            The source.
        seeds : sequence of (x, y), optional
            Pixels from 0, one on each part; the first part keeps the number.
        line : sequence of (x, y), optional
            Corners of a line across it; the largest part keeps the number.
        nthresh, mincont : optional
            DEBLEND_NTHRESH and DEBLEND_MINCONT; the brightest part keeps the number.
        why : str, optional
            A reason, for the journal.

        Returns
        -------
        Operation
            With the numbers of the new sources in ``made``.

        Raises
        ------
        ParameterError
            If it cannot be parted so, or not exactly one way is given.

        Examples
        --------
        >>> from skyseg import Edits
        >>> edits = Edits(np.ones((3, 9), int))
        >>> edits.split(1, seeds=[(1, 1), (7, 1)]).made
        (2,)
        """
        anew = {"nthresh": nthresh, "mincont": mincont}
        given = {name: value for name, value in anew.items() if value is not None}
        if (seeds is not None) + (line is not None) + bool(given) != 1:
            raise ParameterError(
                "a source is parted in one way at a time", hint="give seeds, a line, or mincont",
            )  # fmt: skip
        if seeds is not None:
            return self._make(Split, why, label=label, seeds=_as_points(seeds))
        if line is not None:
            return self._make(Cut, why, label=label, line=_as_points(line))
        return self._make(Deblend, why, label=label, **given)

    def draw(
        self,
        outline: Sequence[Point] | None = None,
        *,
        runs: Sequence[Run] | None = None,
        over: bool = False,
        why: str = "",
    ) -> Operation:
        """Make a source of what an outline or runs of pixels hold; see `Draw`."""
        return self._make(
            Draw, why, outline=_as_points(outline or ()), runs=tuple(runs or ()), over=over
        )

    def paint(self, label: int, runs: Sequence[Run], *, why: str = "") -> Operation:
        """Give pixels to a source, or to the background (0); see `Paint`."""
        return self._make(Paint, why, label=label, runs=tuple(runs))

    def grow(self, label: int, pixels: int = 1, *, why: str = "") -> Operation:
        """Let a source grow into the background; see `Grow`."""
        return self._make(Grow, why, label=label, pixels=pixels)

    def shrink(self, label: int, pixels: int = 1, *, why: str = "") -> Operation:
        """Take pixels from the edge of a source; see `Shrink`."""
        return self._make(Shrink, why, label=label, pixels=pixels)

    def smooth(self, label: int, radius: int = 2, *, why: str = "") -> Operation:
        """Smooth the edge of a source; see `Smooth`."""
        return self._make(Smooth, why, label=label, radius=radius)

    def fill_holes(self, label: int, *, why: str = "") -> Operation:
        """Give a source the background that it encloses; see `FillHoles`."""
        return self._make(FillHoles, why, label=label)

    def mark(self, label: int, word: str, *, why: str = "") -> Operation:
        """Say a word on a source, such as ``"star"``; see `Mark`."""
        return self._make(Mark, why, label=label, word=word)


def _as_tuple(labels: int | Iterable[int]) -> tuple[int, ...]:
    try:
        if isinstance(labels, bool | bytes | bytearray):
            raise TypeError
        if isinstance(labels, int | np.integer):
            return (int(labels),)
        return tuple(as_whole_number(each) for each in labels)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {reprlib.repr(labels)}", hint="give numbers of sources", argument="labels"
        ) from error


def _as_points(points: Sequence[Point]) -> tuple[Point, ...]:
    try:
        return tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {reprlib.repr(points)}",
            hint="give places (x, y) in pixels from 0",
            argument="points",
        ) from error
