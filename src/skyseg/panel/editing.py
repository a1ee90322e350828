"""The edits of the map that is worked with, as both viewers show them: done, undone, saved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from psygnal import Signal

from skyseg.comparison import Comparison
from skyseg.comparison.inputs import LabelMap
from skyseg.editing.edits import Edits
from skyseg.editing.file_map import FileMap
from skyseg.editing.operations import Operation
from skyseg.engine.types import AnyLabelImage, Box, IntArray, LabelImage, Slices
from skyseg.errors import ParameterError, SkysegError
from skyseg.imaging.reading import read_wcs
from skyseg.imaging.refs import MapRef
from skyseg.panel.catalogue import Catalogue
from skyseg.panel.compared_maps import compare_named
from skyseg.panel.draft import Draft, Tool, trace_ellipse
from skyseg.panel.edit_verbs import SelectionVerbs, find_parts
from skyseg.panel.edit_wording import count_edits
from skyseg.panel.edited_sources import EditedSources
from skyseg.panel.journal_table import JournalTable, find_box
from skyseg.panel.questionable import DOUBTS, Doubt, find_doubts
from skyseg.panel.session import Session
from skyseg.panel.wording import worded
from skyseg.survey import BandData
from skyseg.survey.band_edits import find_run, holds_edits

if TYPE_CHECKING:
    from astropy.wcs import WCS

R = TypeVar("R")
Kept = Literal["undo", "redo", "withdraw", "revise", "difference", "save"]
"""What is done to edits that are there."""

Work = Callable[[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]], None]


def work_here(
    work: Callable[[], R], then: Callable[[R], Any], on_failed: Callable[[Exception], Any]
) -> None:
    """Do work at once, for a viewer that has nothing to keep alive meanwhile."""
    try:
        found = work()
    except SkysegError as error:
        on_failed(error)
        return
    then(found)


class EditSession(SelectionVerbs):
    """The edits of one map at a time, and the catalogue that follows them.

    What is done to selected sources is done to those of the session, or to `labels` where
    they are given. Errors of ours are raised where an edit cannot be done; all is then as
    it was. The journal of a band is saved after each edit; `save` makes the edited map.

    Parameters
    ----------
    session : Session
        Its ``selected`` are the sources that are edited, and follow what becomes of them.
    work : callable, optional
        ``work(do, then, on_failed)`` calls ``do()`` in another thread and afterwards ``then``
        with what it returned, or ``on_failed`` with what it raised, where the window can be
        drawn on; by default all is done at once.

    Attributes
    ----------
    edits : Edits or None
        The edits; None where no map is worked with.
    band : BandData or None
        The band whose map it is.
    name : str
        What the map is called.
    catalogue : Catalogue or None
        The catalogue of the edited map, with the columns EDITED and MARK; None until it
        is measured.
    draft : Draft or None
        What a person is about to do.
    journal : JournalTable
        The rows of the journal.
    why : str
        A reason that the next edits are given.
    doubts : tuple of str
        Why sources are questionable that `step_questionable` goes to.
    problem : str
        Why the map cannot be edited or measured, in a sentence; empty where it can.
    changed : Signal
        Emitted when edits, journal, draft or what is unsaved are others.
    map_changed : Signal
        Emitted with the parts of the map, as tuples of slices, whose labels are others.
    catalogue_changed : Signal
        Emitted when the catalogue is another.

    Examples
    --------
    >>> edit = EditSession(Session())
    >>> edit.use_labels(np.array([[1, 1, 0, 2], [1, 0, 0, 2]]), name="mine")
    >>> edit.merge([1, 2]).title, edit.session.selected
    ('merge 1 2', (1,))
    >>> edit.undo().title, edit.unsaved
    ('merge 1 2', '')
    """

    changed = Signal()
    map_changed = Signal(tuple)
    catalogue_changed = Signal()

    def __init__(self, session: Session, work: Work = work_here) -> None:
        self.session, self._work = session, work
        self.journal = JournalTable()
        self.doubts: tuple[Doubt, ...] = tuple(DOUBTS)
        self.why = ""
        self._asked = 0
        self._forget()

    def _forget(self) -> None:
        self.edits: Edits | None = None
        self.band: BandData | None = None
        self.name, self.problem, self.note = "", "", ""
        self.catalogue: Catalogue | None = None
        self.draft: Draft | None = None
        self._base: LabelImage | None = None
        self._place: Path | None = None
        self._sources: EditedSources | None = None
        self._is_made = True
        self.journal.show((), ())

    def use(self, band: BandData | None, name: str = "") -> None:
        """Work with the map of a band, and take up its journal.

        Parameters
        ----------
        band : BandData or None
            The band, segmented; None works with no map.
        name : str, optional
            What the map is called.
        """
        self._begin(name)
        if band is None:
            return
        self.band = band
        self._open(lambda: _open(band), lambda edits: EditedSources(edits, band))

    def use_labels(self, labels: AnyLabelImage, wcs: WCS | None = None, name: str = "") -> None:
        """Work with labels that are of no band; `save` writes their journal.

        Parameters
        ----------
        labels : array_like of int, shape (ny, nx)
            The map, which stays as it is until it is read.
        wcs : WCS, optional
            Its celestial WCS.
        name : str, optional
            What it is called.
        """
        self._begin(name)
        asked = self._asked

        def read() -> Edits:
            base = np.array(labels, np.int32)
            self._keep_base(base, asked)
            return Edits(base, wcs=wcs)

        self._open(read, lambda edits: EditedSources(edits, None, wcs))

    def use_file(self, ref: MapRef, shown: AnyLabelImage, name: str = "") -> None:
        """Work with the SEG map of a file, and take up its journal in the work folder.

        Parameters
        ----------
        ref : MapRef
            Where the map is.
        shown : array_like of int, shape (ny, nx)
            Its labels as they are shown, which stay until they are read. Where they are not
            those of the file, as when they were painted on, they are edited as labels of no file.
        name : str, optional
            What it is called.
        """
        self._begin(name)
        asked, file = self._asked, FileMap(ref)

        def read() -> Edits:
            given = file.read_editable()
            base = np.array(shown, np.int32)
            self._keep_base(base, asked)
            if not np.array_equal(given.labels, base):
                return Edits(base, wcs=given.wcs)
            edits = Edits.open(given)
            if asked == self._asked:
                self._place = given.journal
            return edits

        wcs = read_wcs(ref.path, ref.ext, quiet=True)
        self._open(read, lambda edits: EditedSources(edits, None, wcs))

    def _keep_base(self, base: LabelImage, asked: int) -> None:
        if asked == self._asked:
            self._base = base

    def _begin(self, name: str) -> None:
        self._asked += 1
        self._forget()
        self.name = name
        self.changed.emit()

    def _open(self, read: Callable[[], Edits], follow: Callable[[Edits], EditedSources]) -> None:
        asked = self._asked

        def take(edits: Edits) -> None:
            if asked == self._asked:
                self.edits, self._sources = edits, follow(edits)
                self.note = _tell_replay(edits)
                edits.take_changes()
                self._tell([(slice(0, edits.labels.shape[0]), slice(0, edits.labels.shape[1]))])

        def fail(error: Exception) -> None:
            if asked == self._asked:
                self._fail(error)

        self._work(read, take, fail)

    @property
    def labels(self) -> LabelImage:
        """The edited map."""
        return self._need().labels

    @property
    def measuring(self) -> bool:
        """Whether sources are being measured."""
        return self._sources is not None and self._sources.working

    @property
    def chosen(self) -> tuple[int, ...]:
        """The selected sources that are in the map."""
        if self.edits is None:
            return ()
        return tuple(each for each in self.session.selected if each in self.edits.map)

    @property
    def edited(self) -> tuple[int, ...]:
        """The sources that have lost or gained pixels, or on which a word was said."""
        if self.edits is None:
            return ()
        touched = {each for each in self.edits.touched if each in self.edits.map}
        return tuple(sorted(touched | self.edits.marks.keys()))

    @property
    def needs_path(self) -> bool:
        """Whether `save` has to be given a file."""
        saved = self.edits is not None and self.edits.path is not None
        return self.band is None and self._place is None and not saved

    @property
    def unsaved(self) -> str:
        """What would be lost, or is not made yet, in a sentence; empty where nothing is."""
        if self.edits is None or (self._is_made and self.edits.path is not None):
            return ""
        number = len(self.edits)
        told = count_edits(number)
        if self.edits.path is None:
            return f"{told} of {self.name} {_is(number)} in no file" if number else ""
        return f"the edited map of {self.name} is not made with the {told} that its journal has"

    @property
    def ready(self) -> frozenset[Kept]:
        """What can be done to the edits that are there, so that something comes of it."""
        if self.edits is None:
            return frozenset()
        done, undone = bool(self.edits.operations), bool(self.edits.undone)
        can: dict[Kept, bool] = {
            "undo": done,
            "redo": undone,
            "withdraw": done,
            "revise": done,
            "difference": done,
            "save": done or bool(self.unsaved),
        }
        return frozenset(deed for deed, is_ready in can.items() if is_ready)

    def find_boxes(self, labels: Iterable[int]) -> IntArray:
        """First row, row after the last, and so columns, of sources, shape (n, 4)."""
        return self._need().map.boxes_of(labels)

    def start(self, tool: Tool, *, over: bool = False) -> None:
        """Begin to split the selected source, or to draw a new one; nothing is done yet.

        Raises
        ------
        ParameterError
            If not exactly one source is selected to be split.
        """
        self._need()
        label = 0
        if tool != "outline":
            chosen = self._choose(None)
            if len(chosen) != 1:
                raise ParameterError(
                    f"{len(chosen)} sources are selected", hint="select the one to split"
                )
            label = chosen[0]
        self._draft(Draft(tool, label, over=over))

    def start_revision(self, edit: str, **values: Any) -> None:
        """Begin to do an edit otherwise, or do so where nothing is clicked for it.

        Parameters
        ----------
        edit : str
            Its ``id``.
        **values
            What it may have: ``pixels``, ``radius`` or ``word``; the others are left out.

        Raises
        ------
        ParameterError
            If there is no such edit, or it has nothing that can be others.
        """
        found = [each for each in self._need().operations if each.id == edit]
        if not found:
            raise ParameterError("the edit was taken back", hint="redo it first")
        draft = Draft.of(found[0])
        if draft is not None:
            self._draft(draft)
            return
        known = {name: value for name, value in values.items() if hasattr(found[0], name)}
        if not known and self.why == found[0].why:
            raise ParameterError(
                f"{found[0].title} has no value that can be another",
                hint="withdraw it, or give another reason",
            )
        self.revise(edit, **known, why=self.why or found[0].why)

    def add_point(self, x: float, y: float) -> None:
        """Add a seed, or a corner of the line or outline, in pixels from 0."""
        if self.draft is not None:
            self._draft(replace(self.draft, points=(*self.draft.points, (x, y))))

    def set_ellipse(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Draw the ellipse that fills a box, given by two of its corners, as the outline."""
        if self.draft is not None:
            self._draft(replace(self.draft, points=trace_ellipse(x0, y0, x1, y1)))

    def drop_point(self) -> None:
        """Take the last point back."""
        if self.draft is not None:
            self._draft(replace(self.draft, points=self.draft.points[:-1]))

    def set_contrast(self, mincont: float, nthresh: int | None = None) -> None:
        """Try another contrast, and number of thresholds, on the source that is split."""
        if self.draft is not None:
            nthresh = self.draft.nthresh if nthresh is None else nthresh
            self._draft(replace(self.draft, mincont=mincont, nthresh=nthresh))

    def set_over(self, over: bool) -> None:
        """Let what is drawn take pixels of other sources, or not."""
        if self.draft is not None:
            self._draft(replace(self.draft, over=over))

    def accept(self) -> Operation:
        """Do what was drafted.

        Raises
        ------
        ParameterError
            If nothing was, or it cannot be done.
        """
        draft = self.draft
        if draft is None:
            raise ParameterError("there is no split or drawing", hint="begin one first")
        if draft.revises:
            why = {"why": self.why} if self.why else {}
            done = self._do(
                lambda edits: edits.revise(draft.revises, **draft.values, **why), find_parts
            )
        else:
            done = self._do(lambda edits: draft.do(edits, self.why), find_parts)
        self.cancel()
        return done

    def cancel(self) -> None:
        """Give up what was drafted."""
        self.draft = None
        self.changed.emit()

    def _draft(self, draft: Draft) -> None:
        patch, problem = None, ""
        if draft.is_enough and not draft.revises:
            try:
                patch = self._need().foresee(draft.do)
            except ParameterError as error:
                problem = worded(error)
        self.draft = replace(draft, patch=patch, problem=problem)
        self.changed.emit()

    def find_box(self, row: int) -> Box:
        """Where the edit of a row was done: first and last row, first and last column."""
        return find_box(self.journal.operation(row), self._need().map)

    def list_questionable(self) -> tuple[int, ...]:
        """Return the questionable sources that nobody has edited or said a word on."""
        if self.catalogue is None:
            return ()
        found = find_doubts(self.catalogue)
        numbers = self.catalogue.columns["NUMBER"]
        doubtful = np.zeros(len(numbers), np.bool_)
        for doubt in self.doubts:
            doubtful |= found[doubt]
        settled = set(self.edited)
        return tuple(each for each in numbers[doubtful].tolist() if each not in settled)

    def step_questionable(self, by: int = 1) -> int | None:
        """Select the next questionable source after the current one, or the one before.

        Returns
        -------
        int or None
            Its NUMBER; None where there is none.
        """
        numbers = self.list_questionable()
        if not numbers:
            return None
        current = self.session.selected[-1] if self.session.selected else 0
        if by > 0:
            place = int(np.searchsorted(numbers, current, side="right")) + by - 1
        else:
            place = int(np.searchsorted(numbers, current, side="left")) + by
        number = int(numbers[place % len(numbers)])
        self.session.selected = (number,)
        return number

    def tell_doubts(self, number: int) -> str:
        """Say why a source is questionable, such as ``"blend, large"``."""
        row = None if self.catalogue is None else self.catalogue.find_row(number)
        if self.catalogue is None or row is None:
            return ""
        return ", ".join(doubt for doubt, rows in find_doubts(self.catalogue).items() if rows[row])

    def compare_with_base(self) -> Comparison:
        """Compare the map as it was with the edited one.

        Raises
        ------
        SkysegError
            If no map is worked with, or that of the band cannot be read.
        """
        edits = self._need()
        before = self._base if self.band is None else find_run(self.band).load_seg()
        wcs = None if self.band is None else self.band.wcs
        assert before is not None
        return compare_named(
            LabelMap(before, self.name, wcs=wcs),
            LabelMap(edits.labels.copy(), f"{self.name} edited", wcs=wcs),
            band=self.band,
        )

    def save(self, path: str | Path | None = None) -> str:
        """Write the journal, and make the edited map with its catalogue; say what was written.

        It takes as long as measuring, and may be called in another thread; then call
        `note_saved` in the window's own.

        Parameters
        ----------
        path : str or Path, optional
            The journal's file; by default that beside the band's products.

        Raises
        ------
        SkysegError
            If something cannot be written.
        """
        edits = self._need()
        if self.band is None:
            written = edits.save(path or edits.path or self._place)
            return f"{count_edits(len(edits))}: {written} is written"
        run = find_run(self.band)
        journal = edits.save(path or edits.path or run.paths.journal)
        made = self.band.copy()
        arguments = {**run.arguments, "edits": journal, "overwrite": True}
        made.segment(**arguments, progress=False)
        assert made.products is not None
        paths = made.products.paths
        return (
            f"{count_edits(len(edits))}: the journal {journal.name}, the catalogue "
            f"{paths.cat.name}, and its _seg and _bkg are written in {paths.folder}"
        )

    def note_saved(self) -> None:
        """See anew what is unsaved."""
        self._tell([])

    def follow_file(self) -> bool:
        """Take in what another window has saved in the journal; return whether there was any."""
        if self.edits is None:
            return False
        try:
            with self._changing():
                found = self.edits.refresh()
        except ParameterError as error:
            self.note = worded(error)
            found = True
        if found:
            self._tell(self._collect())
        return found

    def _do(
        self, act: Callable[[Edits], R], choose: Callable[[R], tuple[int, ...]] | None = None
    ) -> R:
        edits = self._need()
        parts: list[Slices] = []
        try:
            with self._changing():
                done = act(edits)
        finally:
            parts = self._collect()
            if parts:
                self.map_changed.emit(tuple(parts))
        selected = self.chosen if choose is None else choose(done)
        if selected != self.session.selected:
            self.session.selected = selected
        self.note = "" if edits.doubt is None else worded(edits.doubt)
        self._tell([])
        return done

    def _need(self) -> Edits:
        if self.edits is None:
            raise ParameterError(
                self.problem or "there is no segmentation map to edit",
                hint="segment a band, or open a map, first",
            )
        return self.edits

    def _changing(self) -> AbstractContextManager[None]:
        return nullcontext() if self._sources is None else self._sources.editing()

    def _collect(self) -> list[Slices]:
        """Take the changes of the map since the last call, for the catalogue too."""
        if self.edits is None or self._sources is None:
            return []
        patches = self.edits.take_changes()
        self._sources.note(patches)
        return [patch.part for patch in patches]

    def _tell(self, parts: Sequence[Slices]) -> None:
        """Tell what is other, and measure it."""
        edits = self._need()
        if parts:
            self.map_changed.emit(tuple(parts))
        self.journal.show(edits.operations, edits.undone)
        self._is_made = self.band is None or holds_edits(self.band, edits.journal)
        self.changed.emit()
        self._measure()

    def _measure(self) -> None:
        sources = self._sources
        if sources is None or not sources.begin():
            return

        def take(catalogue: Catalogue | None) -> None:
            again = sources.end()
            if sources is not self._sources:
                return
            if catalogue is not None:
                self.catalogue = catalogue
                self.catalogue_changed.emit()
            if again:
                self._measure()

        def fail(error: Exception) -> None:
            sources.end()
            if sources is self._sources:
                self._fail(error)

        self._work(sources.measure, take, fail)

    def _fail(self, error: Exception) -> None:
        if not isinstance(error, SkysegError):
            raise error
        self.problem = worded(error)
        self.changed.emit()


def _open(band: BandData) -> Edits:
    if find_run(band).recipe.part is not None:
        raise ParameterError(
            f"{band.name} was segmented in a region alone", hint="segment the whole image to edit"
        )
    return Edits.open(band)


def _tell_replay(edits: Edits) -> str:
    """Say what became of a journal of another map."""
    if edits.path is not None or not len(edits.report):
        return ""
    told = ", ".join(f"{number} {end}" for end, number in edits.report.counts.items() if number)
    return f"the map was made anew; of its {count_edits(len(edits.report))}: {told}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
