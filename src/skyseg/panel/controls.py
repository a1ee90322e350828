"""The panel with which a survey is chosen and segmented, for Qt and for notebooks alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from magicgui import widgets
from psygnal import Signal

from skyseg import methods
from skyseg.engine.types import ErrType
from skyseg.errors import ParameterError, SkysegError
from skyseg.methods.base import ERR_TYPE_LABELS
from skyseg.panel.advice_box import AdviceBox
from skyseg.panel.compared_runs import fit_compared_runs
from skyseg.panel.files_box import FilesBox
from skyseg.panel.imaging_choice import ImagingChoice
from skyseg.panel.mask_choice import MaskChoice
from skyseg.panel.parameter_box import ParameterBox
from skyseg.panel.session import MapRole, Session
from skyseg.panel.stack_box import StackBox
from skyseg.panel.stacking import (
    Backend,
    make_check,
    make_combo,
    show,
    silence,
    stack,
    use_backend,
)
from skyseg.panel.wording import worded
from skyseg.panel.zero_point_box import ZeroPointBox

Choice = tuple[str, Any]

_MAPS: tuple[MapRole, ...] = ("ERR", "WHT", "BKG")
_RUN, _APPLY, _CANCEL = "Run", "Apply", "Cancel"
_MEASURE = "Measure in all bands"
_ABOUT_RUN = "Segment what is chosen above, in another process; the work can be cancelled"
_NO_ERROR_MAP = "no error map is there, so the noise is taken from the image itself"
_ABOUT_MEASURE = (
    "Measure the sources of the chosen band or stack in every band, in another process; the band "
    "is segmented first if it has not been"
)
_OF_IMAGING = ("data_dir", "survey", "version", "instruments", "files", "stacks")
_OF_METHOD = ("err_type", "method", "parameter_set", "parameters", "overwrite")
_OF_RUN = (*_OF_IMAGING, "zero_points", "band", *_OF_METHOD, "mask", "exclude")
_SHOWN = (*_OF_RUN, "preview", "maps")


class Panel:
    """The panel of a session: each follows the other.

    Parameters
    ----------
    session : Session
        What is chosen. Where no survey is, the first of the archive is taken.
    kind : {"qt", "ipynb"}
        For Qt, or for a notebook.

    Attributes
    ----------
    started, cancelled : psygnal.Signal
        Emitted when Run or Cancel is pressed; who owns the panel does the work
        and calls `begin`, `show_progress` and `end`.
    stack_asked, measure_asked, advice_asked : psygnal.Signal
        Emitted when a stack is to be made, when sources are to be measured in all bands, and
        when a threshold is to be advised; likewise.
    progressed : psygnal.Signal
        Emitted with the part of the work that is done, 0 to 1, for a window's progress bar.
    bar : magicgui.widgets.Label
        That part and what comes next, as a text beside the bar.
    message : magicgui.widgets.Label
        What has come out, or why nothing has; a window gives it room that does not change.
    container : magicgui.widgets.Container
        All widgets; ``container.native`` is what a window takes.

    Examples
    --------
    >>> panel = Panel(Session(), "ipynb")
    >>> _ = panel.started.connect(run)
    """

    started = Signal()
    cancelled = Signal()
    stack_asked = Signal()
    measure_asked = Signal()
    advice_asked = Signal()
    progressed = Signal(float)

    def __init__(self, session: Session, kind: Backend = "qt") -> None:
        self.session = session
        self.busy = False
        self._complaint = self._told = ""
        self._err_types: tuple[ErrType, ...] = get_args(ErrType)
        self._given_up: ErrType | None = None
        self._wanted_runs = self._fitted_runs = session.difference
        self._files_shown: bool | None = None
        with use_backend(kind):
            self._make_widgets(kind)
            self.container = widgets.Container(widgets=self._list_parts(), labels=False)
        self._listen()
        self._fit_err_type()
        self.refresh()
        self._forget_complaint()

    def _make_widgets(self, kind: Backend) -> None:
        self.imaging = ImagingChoice(self.session)
        self.archive, self.survey, self.version, self.instrument, self.band = self.imaging.boxes
        self.files = FilesBox(self.session, self.complain)
        self.zero_points = ZeroPointBox(self.session, self.complain)
        self.stacks = StackBox(self.session)
        self.masks = MaskChoice(self.session)
        self.err_type = make_combo(
            "Err type",
            "Where the noise comes from: the rms map (rms_err), the weight map (wht), "
            "or the image itself (none)",
            self._list_err_types,
        )
        self.method = make_combo("Method", "What finds the sources", lambda _: methods.names())
        self.values = ParameterBox(self.session, kind, say=self.say, complain=self.complain)
        self.parameter_set, self.parameters = self.values.choice, self.values.editors
        self.show_parameters, self.parameter_box = self.values.show_all, self.values.all
        self.advice = AdviceBox(self.session)
        self.maps = {role: make_check(f"Show {role}", f"Add the {role} map too") for role in _MAPS}
        self.preview = make_check(
            "Preview",
            "Try changed parameters on what is in view, by skyseg's engine; saves nothing",
        )
        self.overwrite = make_check(
            "Overwrite", "Make the products again in the next run, whatever is on disk"
        )
        self.run = widgets.PushButton(text=_RUN, tooltip=_ABOUT_RUN)
        self.measure = widgets.PushButton(text=_MEASURE, tooltip=_ABOUT_MEASURE)
        self.bar = widgets.Label(value="", tooltip="How far the work is, and what comes next")
        self.message = widgets.Label(value="", tooltip="What has come out of the work")

    def _list_parts(self) -> list[Any]:
        common = [self.err_type, self.method, *self.masks.boxes, self.parameter_set]
        of_survey = [*self.imaging.boxes, *self.zero_points.boxes, *self.stacks.boxes]
        imaging = [*self.files.boxes, *of_survey]
        boxes = [self.files.source, *imaging, *common]
        self.choices = stack(boxes)
        ticks = [*self.maps.values(), self.preview, self.overwrite]
        advice = stack(self.advice.boxes)
        shown = [self.values.changes, advice, self.show_parameters, self.parameter_box]
        above = [self.choices, *shown]
        return [*above, *ticks, self.run, self.measure, self.bar, self.message]

    def _listen(self) -> None:
        session = self.session
        self.archive.changed.connect(self.open_archive)
        for name in ("err_type", "method", "preview", "overwrite"):
            getattr(self, name).changed.connect(self._make_writer(name))
        for box in self.maps.values():
            box.changed.connect(self._choose_maps)
        self.run.changed.connect(self._press)
        self.measure.changed.connect(lambda _: self._ask(self.measure_asked))
        self.stacks.asked.connect(lambda: self._ask(self.stack_asked))
        self.advice.asked.connect(lambda: self._ask(self.advice_asked))
        self.imaging.on_stacking = self.refresh
        for name in (*_OF_IMAGING, "band"):
            getattr(session.events, name).connect(self._fit_err_type)
        session.events.err_type.connect(self._keep_err_type)
        for name in (*_OF_RUN, "preview"):
            getattr(session.events, name).connect(self._forget_complaint)
        for name in _SHOWN:
            getattr(session.events, name).connect(self.refresh)

    def refresh(self) -> None:
        """Show the session as it is."""
        session = self.session
        values = {
            self.err_type: session.err_type,
            self.method: session.method,
            self.preview: session.preview,
            self.overwrite: session.overwrite,
            **{box: role in session.maps for role, box in self.maps.items()},
        }
        self.imaging.refresh()
        self.masks.refresh()
        if self._files_shown is not self.files.chosen:
            self._files_shown = self.files.chosen
            for boxes, shown in ((self.files.boxes, True), (self.imaging.boxes, False)):
                for box in boxes:
                    box.visible = self._files_shown is shown
        self.zero_points.refresh(of_all=self.imaging.stacking)
        self.stacks.show(self.imaging.stacking and not self.files.chosen)
        with silence(values):
            for widget, value in values.items():
                show(widget, value)
            for role in ("ERR", "WHT"):
                self.maps[role].enabled = "rms_err" in self._err_types
        self.values.refresh()
        self._name_button()

    def begin(self) -> None:
        """Turn Run into Cancel, as work begins."""
        self.say("")
        self.set_busy(True)
        self.show_progress(0.0, "starting")

    def end(self, text: str) -> None:
        """Turn Cancel back into Run, and say what has come out."""
        self.set_busy(False)
        self.say(text)

    def set_busy(self, busy: bool) -> None:
        """Turn Run into Cancel while work is done, and back."""
        self.busy = busy
        self._name_button()
        if not busy:
            self.progressed.emit(0.0)
            self.bar.value = ""

    def show_progress(self, part: float, text: str) -> None:
        """Show the part of the work that is done, 0 to 1, and what comes next."""
        self.progressed.emit(part)
        self.bar.value = f"{part:.0%}  {text}"

    def open_archive(self, folder: str | Path) -> None:
        """Look at an archive; if it is the one that is open, look again at what it holds."""
        self.say("")
        try:
            self.imaging.open_archive(folder)
        except ParameterError as error:
            self.refresh()
            self.complain(worded(error))
            return
        self._fit_err_type()
        self.refresh()
        self._forget_complaint()

    @property
    def note(self) -> str:
        """What is to be known of the choice; empty where there is nothing."""
        return self.imaging.note or ("" if self._given_up is None else _NO_ERROR_MAP)

    def say(self, text: str) -> None:
        """Say what has come out; it stays until something else is said."""
        self._complaint = ""
        self.message.value = text

    def complain(self, text: str) -> None:
        """Say what holds of the choice alone; it goes when that changes, or with an empty text."""
        if text:
            self.say(text)
            self._complaint = text
        else:
            self._forget_complaint()

    def _forget_complaint(self) -> None:
        """Say what is to be known of the choice now, in place of what was said of another."""
        note, said = self.note, self.message.value
        if note != self._told or said in (self._complaint, self._told):
            self.say(note)
        self._told = note

    def _name_button(self) -> None:
        start = _APPLY if self.session.preview else _RUN
        self.run.text = _CANCEL if self.busy else start
        for button in (self.measure, self.stacks.make, self.advice.ask):
            button.enabled = not self.busy

    def _ask(self, asked: Any) -> None:
        if not self.busy:
            asked.emit()

    def _press(self) -> None:
        (self.cancelled if self.busy else self.started).emit()

    def _make_writer(self, name: str) -> Callable[[Any], None]:
        return lambda value: setattr(self.session, name, value)

    def _keep_err_type(self) -> None:
        self._given_up = None

    def _fit_err_type(self) -> None:
        """Choose an error type that the bands have; go back to the one of before when they have it.

        Of several bands all error types count that one of them has.
        """
        try:
            found = {each for band in self.session.bands() for each in band.err_types}
        except SkysegError:
            return
        self._err_types = tuple(each for each in ERR_TYPE_LABELS if each in found)
        chosen = self.session.err_type
        if chosen not in found:
            self.session.err_type = self._err_types[0]
            self._given_up = chosen
        elif self._given_up in found:
            self.session.err_type = self._given_up
        self._fit_compared_runs()

    def _fit_compared_runs(self) -> None:
        """Choose two runs to compare that the bands can have, likewise."""
        session = self.session
        if session.difference != self._fitted_runs:
            self._wanted_runs = session.difference
        self._fitted_runs = fit_compared_runs(self._wanted_runs, self._err_types, session.method)
        session.difference = self._fitted_runs

    def _choose_maps(self) -> None:
        self.session.maps = tuple(role for role, box in self.maps.items() if box.value)

    def _list_err_types(self, _: Any) -> list[Choice]:
        offered = {*self._err_types, self.session.err_type}
        return [(label, each) for each, label in ERR_TYPE_LABELS.items() if each in offered]
