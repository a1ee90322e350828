"""Edits of a segmentation map: done, undone, kept in a journal, done again on another map."""

from __future__ import annotations

import getpass
import hashlib
import logging
import reprlib
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
from pydantic import ValidationError

from skyseg.editing.anchors import Plane
from skyseg.editing.apart import tell_apart
from skyseg.editing.applying import foresee_operation
from skyseg.editing.editable import Editable, Segmented
from skyseg.editing.edited_map import EditedMap, Patch
from skyseg.editing.file_map import FileMap
from skyseg.editing.history import History
from skyseg.editing.journal_file import Base, Journal, read_journal, write_journal
from skyseg.editing.operations import Mark, Operation, Step, say_allowed
from skyseg.editing.replay import Replay, ReplayReport
from skyseg.editing.verbs import EditVerbs
from skyseg.engine.types import AnyLabelImage, LabelImage
from skyseg.errors import Advice, ParameterError
from skyseg.imaging.refs import MapRef
from skyseg.products.journals import locked_journal
from skyseg.writing import make_absolute

if TYPE_CHECKING:
    from astropy.wcs import WCS

logger = logging.getLogger(__name__)

Given: TypeAlias = Segmented | Editable | str | Path | MapRef | AnyLabelImage
"""A map that can be edited: of a band, in a file, labels, or as it was read of these."""


class Edits(EditVerbs):
    """Edits of a segmentation map.

    Nothing is written to the map: the edited one is in `labels`, and what was done in the
    journal. With a path the journal is saved after each edit.

    Parameters
    ----------
    base : BandData, str, Path or array_like of int, shape (ny, nx)
        The map: that of the band's last `segment`, a file's, or labels.
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
    report : ReplayReport
        What became of each operation, where the journal was loaded.
    doubt : Advice or None
        What a person should look at in the last edit, such as a merge of sources that lie far
        from each other; it is logged as a warning too.

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
        base: Given,
        *,
        path: str | Path | None = None,
        who: str | None = None,
        wcs: WCS | None = None,
    ) -> None:
        self.who = _find_user() if who is None else who
        self.path = None if path is None else make_absolute(path)
        given = _read(base, wcs)
        self._plane = Plane(given.wcs)
        self._history = History(EditedMap(given.labels), given.light)
        self.base = _describe(given, self.map.labels, self._plane)
        self.report = ReplayReport()
        self.doubt: Advice | None = None
        self._on_disk: tuple[bytes | None, tuple[str, ...]] = None, ()

    @property
    def map(self) -> EditedMap:
        """The edited map, with the places of its sources."""
        return self._history.map

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is done, in order."""
        return self._history.operations

    @property
    def undone(self) -> tuple[Operation, ...]:
        """What was taken back and may be done again, the last one last."""
        return tuple(self._history.undone)

    @property
    def labels(self) -> LabelImage:
        """The edited map, an array of int32 that cannot be written to, shape (ny, nx)."""
        return self.map.labels

    @property
    def touched(self) -> frozenset[int]:
        """The sources, by number, that have lost or gained pixels by what is done."""
        return self._history.touched

    def take_changes(self) -> tuple[Patch, ...]:
        """Return all changes of the map since the last call, done or taken back."""
        return self._history.take_changes()

    @property
    def marks(self) -> dict[int, str]:
        """The last word that was said on each source."""
        words = {each.label: each.word for each in self.operations if isinstance(each, Mark)}
        return {label: word for label, word in words.items() if label in self.map}

    def undo(self) -> Operation:
        """Take the last edit back, and return it.

        Raises
        ------
        ParameterError
            If there is none.
        """
        if not self.operations:
            raise ParameterError("there is nothing to take back", hint="edit first")
        last = self._history.step_back()
        self._history.undone.append(last)
        self._keep()
        return last

    def redo(self) -> Operation:
        """Do the edit again that was taken back last, and return it.

        Raises
        ------
        ParameterError
            If there is none.
        """
        undone = self._history.undone
        if not undone:
            raise ParameterError("there is nothing to do again", hint="undo first")
        doubt = self._doubt(undone[-1])
        again = self._history.do(undone[-1])
        undone.pop()
        self._keep(doubt)
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
        found = [each for each in self.operations if each.id == edit]
        if not found:
            raise ParameterError(f"there is no edit {edit!r}", hint="give its id")
        try:
            self._history.set_operations([each for each in self.operations if each.id != edit])
        except ParameterError as error:
            raise ParameterError(
                f"{edit!r} is needed by a later edit ({error.what})",
                hint="withdraw that one first", argument="withdraw",
            ) from error  # fmt: skip
        self._keep()
        return found[0]

    def revise(self, edit: str, **values: Any) -> Operation:
        """Do one edit otherwise, and those after it again.

        Parameters
        ----------
        edit : str
            Its ``id``; the revised one has another.
        **values
            Fields of the operation that are others, as in the journal: ``mincont=0.001``.

        Returns
        -------
        Operation
            The revised one, at the place of the former.

        Raises
        ------
        ParameterError
            If there is no such edit, it has no such field, or it or a later edit cannot be
            done then; then all is as it was.

        Examples
        --------
        >>> edits = Edits(np.ones((3, 9), int))
        >>> cut = edits.split(1, line=[(2, 0), (2, 2)])
        >>> edits.revise(cut.id, line=[(6, 0), (6, 2)]).made, edits.labels[0].tolist()
        ((2,), [1, 1, 1, 1, 1, 1, 2, 2, 2])
        """
        place = next((k for k, each in enumerate(self.operations) if each.id == edit), None)
        if place is None:
            raise ParameterError(f"there is no edit {edit!r}", hint="give its id")
        former = self.operations[place]
        kept = former.model_dump(exclude={"id", "who", "when", "made", "anchors", "sky", "kind"})
        if unknown := sorted(values.keys() - kept.keys()):
            raise ParameterError(
                f"{former.kind} has no {unknown[0]}", hint=f"give one of {', '.join(kept)}"
            )
        asked = self._ask(type(former), **kept | values)
        doubts: list[Advice | None] = []

        def locate() -> Operation:
            doubts.append(self._doubt(asked))
            return self._plane.locate(self.map, asked)

        self._history.revise(place, locate)
        self._keep(doubts[-1])
        return self._as_done(asked)

    def foresee(self, verb: Callable[[EditVerbs], Operation]) -> Patch | None:
        """Return what an edit would change, and leave map and journal as they are.

        Parameters
        ----------
        verb : callable
            Does the edit to what it is given.

        Returns
        -------
        Patch or None
            The pixels before and after; None where none would change.

        Raises
        ------
        ParameterError
            If it cannot be done.

        Examples
        --------
        >>> edits = Edits(np.ones((3, 9), int))
        >>> patch = edits.foresee(lambda map: map.split(1, line=[(2, 0), (2, 2)]))
        >>> sorted(patch.labels), len(edits)
        ([1, 2], 0)
        """
        asked = verb(_Tried(self._ask)) if callable(verb) else None
        if not isinstance(asked, Step):
            raise ParameterError(
                "does no edit", hint="give a function that returns one", argument="verb"
            )
        return foresee_operation(self.map, asked, self._history.light)[0]

    def combine(self, other: Journal | str | Path) -> ReplayReport:
        """Add the edits of another journal of the same map, such as a colleague's.

        Parameters
        ----------
        other : Journal, str or Path
            The journal, or its file.

        Returns
        -------
        ReplayReport
            What became of each edit that is not here: done; done with other numbers, where
            both journals made sources of the same numbers; or a conflict, where both edit the
            same source, and then it is left out. One that was taken back here stays so.

        Raises
        ------
        ParameterError
            If the journal is of another map.
        """
        journal = other if isinstance(other, Journal) else read_journal(other)
        if journal.base.pixels != self.base.pixels:
            raise ParameterError(
                f"is of {journal.base.name or 'another map'}, and its pixels are others",
                hint="load it on this map, and save it, first", argument="other",
            )  # fmt: skip
        ids = {each.id for each in journal.operations}
        ours = self._history.touched_by(set(self._history.ids) - ids)
        report = self._history.add_others(journal.operations, ours)
        self._keep()
        return report

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
        file = make_absolute(path or self.path or "")
        with locked_journal(file):
            if file == self.path:
                self._take_in(file)
            self._on_disk = write_journal(self.journal, file), self._history.ids
        self.path = file
        return file

    def refresh(self) -> bool:
        """Take in what another window has saved in the journal's file since.

        Returns
        -------
        bool
            Whether it has saved anything.

        Raises
        ------
        ParameterError
            If it does not go with what was done here; see `save`.
        """
        if self.path is None or not self.path.is_file():
            return False
        if self.path.read_bytes() == self._on_disk[0]:
            return False
        self.save()
        return True

    @property
    def journal(self) -> Journal:
        """The journal as it is written."""
        return Journal(base=self.base, operations=self.operations, undone=self.undone)

    @classmethod
    def load(cls, path: str | Path, base: Given, *, wcs: WCS | None = None) -> Self:
        """Read a journal, and do its edits to a map.

        Parameters
        ----------
        path : str or Path
            The journal.
        base : BandData, str, Path or array_like of int
            The map, as for `Edits`; where it is that of the journal every edit is done as it
            was. On another one `report` says what became of each; see
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
        file = make_absolute(path)
        content = file.read_bytes() if file.is_file() else None
        journal = read_journal(file)
        edits = cls.replay(journal, base, wcs=wcs)
        if journal.base.pixels == edits.base.pixels:
            edits.path = file
            edits._on_disk = content, edits._history.ids
        return edits

    @classmethod
    def open(
        cls, base: Segmented | Editable | str | Path | MapRef, *, who: str | None = None
    ) -> Self:
        """Take up the edits of a map: the journal that belongs to it, or a new one there.

        Parameters
        ----------
        base : BandData, str or Path
            The band, segmented, whose journal lies beside its products; or a SEG map of any
            program, ``"seg.fits"`` or ``"seg.fits[SEG]"``, whose journal lies in the folder
            ``edits`` of the work folder. The map's file is never written to.
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
        DataNotFoundError
            If there is no such file, or it holds no labels.
        ParameterError
            If the file of the journal is none.

        Examples
        --------
        >>> band.segment()
        >>> Edits.open(band).path.name
        'f444w_F444W_F444W_sel_cat_v0_edits.json'
        >>> Edits.open("f444w_seg.fits").path.parent.name
        'edits'
        """
        if not isinstance(base, Segmented | Editable | str | Path | MapRef):
            raise ParameterError(
                "is no band", hint="give a segmented one, or a file", argument="base"
            )
        given = _read(base, None)
        if given.journal is None:
            raise ParameterError("the map has no place for a journal", hint="give a path")
        if not given.journal.is_file():
            return cls(given, path=given.journal, who=who)
        edits = cls.load(given.journal, given)
        edits.who = edits.who if who is None else who
        return edits

    @classmethod
    def replay(cls, journal: Journal, base: Given, *, wcs: WCS | None = None) -> Self:
        """Do the edits of a journal to a map; see `load`."""
        edits = cls(base, wcs=wcs)
        same = journal.base.pixels == edits.base.pixels
        history = edits._history
        replay = Replay(edits.map, edits._plane, journal.base, history.light, same=same)
        edits.report = replay.run(journal.operations)
        history.adopt(edits.report)
        if same:
            history.undone = list(journal.undone)
        return edits

    def _make(self, kind: type[Any], why: str, **values: Any) -> Operation:
        asked = self._ask(kind, why=why, **values)
        for label in asked.named:
            self.map.part_of([label])
        doubt = self._doubt(asked)
        done = self._history.do(self._plane.locate(self.map, asked))
        self._history.undone.clear()
        self._keep(doubt)
        return self._as_done(done)

    def _as_done(self, asked: Operation) -> Operation:
        """Return an operation as it is done now, where saving has not taken it back."""
        return next((each for each in self.operations if each.id == asked.id), asked)

    def _ask(self, kind: type[Any], **values: Any) -> Operation:
        """Make an operation of today, and do not do it."""
        when = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        try:
            asked: Operation = kind(id=uuid.uuid4().hex, who=self.who, when=when, **values)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"][:1])
            raise ParameterError(
                f"is {reprlib.repr(values.get(name))}",
                hint=f"give {say_allowed(first)}",
                argument=name,
            ) from error
        return asked

    def _take_in(self, file: Path) -> None:
        """Put what has been done here since the last save upon what others have saved since.

        Raises
        ------
        ParameterError
            If the two do not go together; what was done here is then taken back, and may be
            done again.
        """
        content, ids = self._on_disk
        if not file.is_file() or file.read_bytes() == content:
            return
        disk, history = read_journal(file), self._history
        mine = [each for each in self.operations if each.id not in ids]
        gone = set(ids) - set(history.ids)
        known = {each.id for each in (*disk.operations, *mine)}
        history.undone = [each for each in disk.undone if each.id not in known] + [
            each for each in history.undone if each.id not in known | disk.known
        ]
        try:
            history.set_operations([each for each in disk.operations if each.id not in gone])
        except ParameterError as error:
            history.set_operations(disk.operations)
            self._on_disk = None, history.ids
            raise ParameterError(
                "an edit cannot be taken back, because another window has built on it",
                hint="take back what was done later first",
            ) from error
        history.undone += [each for each in disk.operations if each.id in gone]
        lost = history.add_others([*disk.operations, *mine]).conflicts
        if lost:
            history.undone += [step.was for step in lost]
            self._on_disk = None, history.ids
            raise ParameterError(
                f"{lost[0].was.title} does not go with what another window has saved "
                f"({lost[0].why})",
                hint="look at the map and edit again",
            )

    def _doubt(self, asked: Operation) -> Advice | None:
        """Say what a person should look at in an edit that is to be done."""
        return tell_apart(self.map, asked, self._plane.pix_scale)

    def _keep(self, doubt: Advice | None = None) -> None:
        self.doubt = doubt
        if doubt is not None:
            logger.warning(doubt)
        if self.path is not None:
            self.save()

    def __len__(self) -> int:
        return len(self.operations)

    def __repr__(self) -> str:
        return f"<Edits of {self.base.name or 'labels'}: {len(self)} done>"


class _Tried(EditVerbs):
    """Verbs that make operations, and do not do them."""

    def __init__(self, ask: Callable[..., Operation]) -> None:
        self._ask = ask

    def _make(self, kind: type[Any], why: str, **values: Any) -> Operation:
        return self._ask(kind, why=why, **values)


def _read(base: Given, wcs: WCS | None) -> Editable:
    if isinstance(base, Editable):
        return base
    if isinstance(base, str | Path | MapRef):
        return FileMap.find(base).read_editable()
    return base.read_editable() if isinstance(base, Segmented) else Editable(np.asarray(base), wcs)


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


def _find_user() -> str:
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""
