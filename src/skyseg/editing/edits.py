"""Edits of a segmentation map: done, undone, kept in a journal, done again on another map."""

from __future__ import annotations

import getpass
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import ValidationError

from skyseg.editing.anchors import Plane
from skyseg.editing.applying import apply_operation
from skyseg.editing.editable import Editable, Segmented
from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.editing.journal_file import Base, Journal, read_journal, write_journal
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
)
from skyseg.editing.replay import Replay, ReplayReport
from skyseg.engine.types import AnyLabelImage, LabelImage
from skyseg.errors import ParameterError

if TYPE_CHECKING:
    from astropy.wcs import WCS


class Edits:
    """Edits of a segmentation map.

    Nothing is written to the map: the edited one is in `labels`, and what was done in the
    journal. With a path the journal is saved after each edit.

    Parameters
    ----------
    base : BandData or array_like of int, shape (ny, nx)
        The map: that of the band's last `segment`, or labels.
    path : str or Path, optional
        The file of the journal, saved after each edit; by default only `save` writes it.
    who : str, optional
        Who edits; by default the user of this machine.
    wcs : WCS, optional
        Celestial WCS of labels.

    Attributes
    ----------
    base : Base
        What the journal says of the map.
    operations : tuple of Operation
        What is done, in order.
    map : EditedMap
        The edited map, with the places of its sources.
    report : ReplayReport
        What became of each operation, where the journal was loaded.

    Raises
    ------
    ProductError
        If the band was not segmented, or its map cannot be read.
    ImageError
        If the labels are no map.

    Examples
    --------
    >>> edits = Edits(np.array([[1, 1, 0, 2], [1, 0, 0, 2]]))
    >>> edits.merge([1, 2]).kind, edits.labels.max().item()
    ('merge', 1)
    >>> edits.undo().kind, edits.labels.max().item()
    ('merge', 2)
    """

    def __init__(
        self,
        base: Segmented | AnyLabelImage,
        *,
        path: str | Path | None = None,
        who: str | None = None,
        wcs: WCS | None = None,
    ) -> None:
        self.who = _find_user() if who is None else who
        self.path = None if path is None else Path(path)
        given = (
            base.read_editable() if isinstance(base, Segmented) else Editable(np.asarray(base), wcs)
        )
        self._light = given.light
        self._plane = Plane(given.wcs)
        self.map = EditedMap(given.labels)
        self.base = _describe(given, self.map.labels, self._plane)
        self.operations: tuple[Operation, ...] = ()
        self.report = ReplayReport()
        self._patches: list[Patch | None] = []
        self._undone: list[Operation] = []

    @property
    def labels(self) -> LabelImage:
        """The edited map, an array of int32 that cannot be written to, shape (ny, nx)."""
        return self.map.labels

    @property
    def touched(self) -> frozenset[int]:
        """The sources, by number, that have lost or gained pixels by what is done."""
        changed = [patch.labels for patch in self._patches if patch is not None]
        return frozenset().union(*changed)

    @property
    def marks(self) -> dict[int, str]:
        """The last word that was said on each source."""
        words = {each.label: each.word for each in self.operations if isinstance(each, Mark)}
        return {label: word for label, word in words.items() if label in self.map}

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

    def undo(self) -> Operation:
        """Take the last edit back, and return it.

        Raises
        ------
        ParameterError
            If there is none.
        """
        if not self.operations:
            raise ParameterError("there is nothing to take back", hint="edit first")
        last, patch = self.operations[-1], self._patches.pop()
        if patch is not None:
            self.map.take_back(patch)
        self.operations = self.operations[:-1]
        self._undone.append(last)
        self._keep()
        return last

    def redo(self) -> Operation:
        """Do the edit again that was taken back last, and return it.

        Raises
        ------
        ParameterError
            If there is none.
        """
        if not self._undone:
            raise ParameterError("there is nothing to do again", hint="undo first")
        again = self._undone[-1]
        self._apply(again)
        self._undone.pop()
        self._keep()
        return again

    def withdraw(self, edit: str) -> Operation:
        """Take one edit out of the middle of the journal, and do those after it again.

        Parameters
        ----------
        edit : str
            Its ``id``.

        Returns
        -------
        Operation
            What was taken out.

        Raises
        ------
        ParameterError
            If there is none, or a later edit cannot be done without it; then all is as it was.
        """
        ids = [each.id for each in self.operations]
        if edit not in ids:
            raise ParameterError(f"there is no edit {edit!r}", hint="give its id")
        place = ids.index(edit)
        former, kept = self.operations, list(self._undone)
        for _ in former[place:]:
            self._step_back()
        try:
            for each in former[place + 1 :]:
                self._apply(each)
        except ParameterError as error:
            while len(self.operations) > place:
                self._step_back()
            for each in former[place:]:
                self._apply(each)
            raise ParameterError(
                f"{edit!r} is needed by a later edit ({error.what})",
                hint="withdraw that one first", argument="withdraw",
            ) from error  # fmt: skip
        finally:
            self._undone = kept
        self._keep()
        return former[place]

    def save(self, path: str | Path | None = None) -> Path:
        """Write the journal.

        Parameters
        ----------
        path : str or Path, optional
            The file; by default that of the edits.

        Returns
        -------
        Path

        Raises
        ------
        ParameterError
            If there is no path.
        ProductError
            If it cannot be written.
        """
        if path is None and self.path is None:
            raise ParameterError("the journal has no file", hint="give a path")
        self.path = write_journal(self.journal, path or self.path or "")
        return self.path

    @property
    def journal(self) -> Journal:
        """The journal as it is written."""
        return Journal(base=self.base, operations=self.operations, undone=tuple(self._undone))

    @classmethod
    def load(
        cls, path: str | Path, base: Segmented | AnyLabelImage, *, wcs: WCS | None = None
    ) -> Self:
        """Read a journal, and do its edits to a map.

        Parameters
        ----------
        path : str or Path
            The journal.
        base : BandData or array_like of int
            The map; where it is that of the journal every edit is done as it was. On
            another one `report` says what became of each; see
            `skyseg.editing.replay.Replay` for the rules.
        wcs : WCS, optional
            Celestial WCS of labels.

        Returns
        -------
        Edits
            Without ``path`` where the map is another one, so that the journal is not
            overwritten.

        Raises
        ------
        DataNotFoundError
            If there is no such file.
        ParameterError
            If it is no journal.
        """
        journal = read_journal(path)
        edits = cls.replay(journal, base, wcs=wcs)
        if journal.base.pixels == edits.base.pixels:
            edits.path = Path(path)
        return edits

    @classmethod
    def open(cls, base: Segmented, *, who: str | None = None) -> Self:
        """Take up the edits of a band: the journal beside its products, or a new one there.

        Parameters
        ----------
        base : BandData
            The band, segmented.
        who : str, optional
            Who edits; by default the user of this machine.

        Returns
        -------
        Edits
            Saved after each edit. Where the map has been made anew and is another one, what
            the journal did is done to it, `report` says how, and nothing is saved unasked.

        Raises
        ------
        ProductError
            If the band was not segmented.
        ParameterError
            If the file there is no journal.

        Examples
        --------
        >>> band.segment()
        >>> Edits.open(band).path.name
        'f444w_F444W_F444W_sel_cat_v0_edits.json'
        """
        given = base.read_editable()
        if given.journal is None:
            raise ParameterError("the map has no place for a journal", hint="give a path")
        if not given.journal.is_file():
            return cls(base, path=given.journal, who=who)
        edits = cls.load(given.journal, base)
        edits.who = edits.who if who is None else who
        return edits

    @classmethod
    def replay(
        cls, journal: Journal, base: Segmented | AnyLabelImage, *, wcs: WCS | None = None
    ) -> Self:
        """Do the edits of a journal to a map; see `load`."""
        edits = cls(base, wcs=wcs)
        same = journal.base.pixels == edits.base.pixels
        replay = Replay(edits.map, edits._plane, journal.base, edits._light, same=same)
        edits.report = replay.run(journal.operations)
        done = [step for step in edits.report if step.now is not None]
        edits.operations = tuple(step.now for step in done)
        edits._patches = [step.patch for step in done]
        if same:
            edits._undone = list(journal.undone)
        return edits

    def _make(self, kind: type[Any], why: str, **values: Any) -> Operation:
        when = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        try:
            asked: Operation = kind(id=uuid.uuid4().hex, who=self.who, when=when, why=why, **values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"][:1])
            raise ParameterError(
                f"is {values.get(name)!r} ({first['msg']})", hint="correct it", argument=name
            ) from error
        for label in asked.named:
            self.map.part_of([label])
        done = self._apply(self._plane.locate(self.map, asked))
        self._undone.clear()
        self._keep()
        return done

    def _apply(self, operation: Operation) -> Operation:
        patch, made = apply_operation(self.map, operation, self._light)
        done = operation.model_copy(update={"made": made})
        self.operations = (*self.operations, done)
        self._patches.append(patch)
        return done

    def _step_back(self) -> None:
        patch = self._patches.pop()
        if patch is not None:
            self.map.take_back(patch)
        self.operations = self.operations[:-1]

    def _keep(self) -> None:
        if self.path is not None:
            self.save()

    def __len__(self) -> int:
        return len(self.operations)

    def __repr__(self) -> str:
        return f"<Edits of {self.base.name or 'labels'}: {len(self)} done>"


def _describe(given: Editable, labels: LabelImage, plane: Plane) -> Base:
    header = "" if plane.wcs is None else plane.wcs.to_header(relax=True).tostring()
    return Base(
        name=given.name,
        made_by=given.made_by,
        run_id=given.run_id,
        shape=(labels.shape[0], labels.shape[1]),
        largest=int(labels.max(initial=0)),
        pixels=hashlib.sha256(np.ascontiguousarray(labels, "<i4").data).hexdigest(),
        pix_scale=plane.pix_scale,
        wcs=header,
    )


def _as_tuple(labels: int | Iterable[int]) -> tuple[int, ...]:
    if isinstance(labels, (int, np.integer)):
        return (int(labels),)
    try:
        return tuple(int(each) for each in labels)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {labels!r}", hint="give numbers of sources", argument="labels"
        ) from error


def _as_points(points: Sequence[Point]) -> tuple[Point, ...]:
    try:
        return tuple((float(x), float(y)) for x, y in points)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"is {points!r}", hint="give places (x, y) in pixels from 0", argument="points"
        ) from error


def _find_user() -> str:
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""
