"""The panel with which a survey is chosen and segmented, for Qt and for notebooks alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from magicgui import widgets
from magicgui.application import Application, use_app
from psygnal import Signal

from skyseg import methods
from skyseg.engine.parameters import Parameters
from skyseg.engine.types import ErrType
from skyseg.errors import ParameterError, SkysegError
from skyseg.imaging.contents import Imaging
from skyseg.methods import parameter_sets
from skyseg.methods.base import ERR_TYPE_LABELS
from skyseg.panel.parameter_editors import make_editor, parse, show_value
from skyseg.panel.session import ALL_BANDS, MapRole, Session
from skyseg.panel.wording import worded
from skyseg.writing import make_absolute

Backend = Literal["qt", "ipynb"]
Choice = tuple[str, Any]

_MAPS: tuple[MapRole, ...] = ("ERR", "WHT", "BKG")
_ALL = "all"
_RUN, _APPLY, _CANCEL = "Run", "Apply", "Cancel"
_BAR = 10
_NO_ERROR_MAP = "no error map is there, so the noise is taken from the image itself"


@contextmanager
def use_backend(name: Backend) -> Iterator[None]:
    """Make the widgets that are built in the block for one kind of window.

    Parameters
    ----------
    name : {"qt", "ipynb"}
        For Qt, or for a notebook.

    Examples
    --------
    >>> with use_backend("ipynb"):
    ...     label = widgets.Label(value="hello")
    """
    before = Application._instance
    use_app(name)
    try:
        yield
    finally:
        Application._instance = before


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
        and calls `set_busy`, `show_progress` and `say`.
    container : magicgui.widgets.Container
        All widgets; ``container.native`` is what a window takes.

    Examples
    --------
    >>> panel = Panel(Session(), "ipynb")
    >>> _ = panel.started.connect(run)
    """

    started = Signal()
    cancelled = Signal()

    def __init__(self, session: Session, kind: Backend = "qt") -> None:
        self.session = session
        self.busy = False
        self._complaint = ""
        self._imaging: tuple[Imaging, ...] = session.imaging()
        if not session.survey and self._imaging:
            self._choose_survey(self._imaging[0].survey)
        self._bands = self._find_band_keys()
        self._err_types: tuple[ErrType, ...] = get_args(ErrType)
        self._given_up: ErrType | None = None
        with use_backend(kind):
            self._make_widgets()
            self._edit_parameters()
            self.container = widgets.Container(widgets=self._list_parts(), labels=False)
        self._listen()
        self._fit_err_type()
        self.refresh()
        self._tell_empty()

    def _make_widgets(self) -> None:
        self.archive = widgets.LineEdit(
            label="Archive", tooltip="Folder of the imaging: {facility}/{survey}/{instrument}/..."
        )
        self.survey = _make_combo("Survey", "The survey", self._list_surveys)
        self.version = _make_combo("Version", "Version of its imaging", self._list_versions)
        self.instrument = _make_combo(
            "Instrument", "One instrument, or all", self._list_instruments
        )
        self.band = _make_combo("Band", "One band, or all", self._list_bands)
        self.err_type = _make_combo(
            "Err type",
            "Where the noise comes from: the rms map (rms_err), the weight map (wht), "
            "or the image itself (none)",
            self._list_err_types,
        )
        self.method = _make_combo("Method", "What finds the sources", lambda _: methods.names())
        self.parameter_set = _make_combo(
            "Parameters", "A named set of extraction parameters", lambda _: parameter_sets.names()
        )
        self.show_parameters = _make_check("All parameters", "Show every value, open to change")
        self.maps = {role: _make_check(f"Show {role}", f"Add the {role} map too") for role in _MAPS}
        self.preview = _make_check(
            "Preview", "Try changed parameters on what is in view; saves nothing"
        )
        self.overwrite = _make_check("Overwrite", "Make the products again, whatever is on disk")
        self.run = widgets.PushButton(text=_RUN)
        self.bar = widgets.Label(value="")
        self.message = widgets.Label(value="")

    def _edit_parameters(self) -> None:
        self.parameters = {name: make_editor(name) for name in Parameters.names()}
        self.parameter_box = _stack(self.parameters.values())
        self.parameter_box.visible = False

    def _list_parts(self) -> list[Any]:
        self.choices = _stack(
            [
                *(self.archive, self.survey, self.version, self.instrument, self.band),
                *(self.err_type, self.method, self.parameter_set),
            ]
        )
        boxes = [*self.maps.values(), self.preview, self.overwrite]
        actions = [self.run, self.bar, self.message]
        return [self.choices, self.show_parameters, self.parameter_box, *boxes, *actions]

    def _listen(self) -> None:
        self.archive.changed.connect(self.open_archive)
        self.survey.changed.connect(self._choose_survey)
        self.instrument.changed.connect(self._choose_instrument)
        self.parameter_set.changed.connect(self._choose_parameter_set)
        self.show_parameters.changed.connect(self._show_parameters)
        for name in ("version", "band", "err_type", "method", "preview", "overwrite"):
            getattr(self, name).changed.connect(self._make_writer(name))
        for name, editor in self.parameters.items():
            editor.changed.connect(self._make_parameter_writer(name))
        for box in self.maps.values():
            box.changed.connect(self._choose_maps)
        self.run.changed.connect(self._press)
        for name in ("data_dir", "survey", "version", "instruments"):
            getattr(self.session.events, name).connect(self._look_again)
        self.session.events.band.connect(self._fit_err_type)
        self.session.events.err_type.connect(self._keep_err_type)
        self.session.events.connect(self.refresh)

    def refresh(self) -> None:
        """Show the session as it is."""
        session = self.session
        instrument = session.instruments[0] if len(session.instruments) == 1 else _ALL
        values = {
            self.survey: session.survey,
            self.version: session.version,
            self.instrument: instrument,
            self.band: session.band,
            self.err_type: session.err_type,
            self.method: session.method,
            self.parameter_set: session.parameter_set,
            self.preview: session.preview,
            self.overwrite: session.overwrite,
            **{box: role in session.maps for role, box in self.maps.items()},
        }
        with _silence((*values, self.archive, *self.parameters.values())):
            for widget, value in values.items():
                _show(widget, value)
            if not _is_same(self.archive.value, session.archive):
                self.archive.value = str(session.archive)
            for role in ("ERR", "WHT"):
                self.maps[role].enabled = "rms_err" in self._err_types
            for name, editor in self.parameters.items():
                show_value(editor, name, session.parameters)
        self._name_button()

    def begin(self) -> None:
        """Turn Run into Cancel, as work begins."""
        self.set_busy(True)
        self.show_progress(0.0, "starting")
        self.say("")

    def end(self, text: str) -> None:
        """Turn Cancel back into Run, and say what has come out."""
        self.set_busy(False)
        self.say(text)

    def set_busy(self, busy: bool) -> None:
        """Turn Run into Cancel while work is done, and back."""
        self.busy = busy
        self._name_button()
        if not busy:
            self.bar.value = ""

    def show_progress(self, part: float, text: str) -> None:
        """Show the part of the work that is done, 0 to 1, and what comes next."""
        full = round(_BAR * part)
        self.bar.value = f"{'█' * full}{'░' * (_BAR - full)} {part:4.0%}  {text}"

    def open_archive(self, folder: str | Path) -> None:
        """Look at an archive; if it is the one that is open, look again at what it holds."""
        try:
            self.session.data_dir = make_absolute(folder)
        except ParameterError as error:
            self.say(worded(error))
            return
        self._look_again()
        if self._imaging and self.session.survey not in {each.survey for each in self._imaging}:
            self._choose_survey(self._imaging[0].survey)
        self.refresh()

    @property
    def note(self) -> str:
        """What is to be known of the chosen bands; empty where there is nothing."""
        return "" if self._given_up is None else _NO_ERROR_MAP

    def say(self, text: str) -> None:
        """Show a line."""
        self.message.value = text

    def _name_button(self) -> None:
        start = _APPLY if self.session.preview else _RUN
        self.run.text = _CANCEL if self.busy else start

    def _press(self) -> None:
        (self.cancelled if self.busy else self.started).emit()

    def _make_writer(self, name: str) -> Callable[[Any], None]:
        return lambda value: setattr(self.session, name, value)

    def _make_parameter_writer(self, name: str) -> Callable[[Any], None]:
        def write(value: Any) -> None:
            try:
                changed = self.session.parameters.replace(**{name: parse(name, value)})
            except ParameterError as error:
                self._complaint = worded(error)
                self.say(self._complaint)
                return
            self.session.parameters = changed
            if self.message.value == self._complaint:
                self.say("")

        return write

    def _choose_survey(self, survey: str) -> None:
        versions = [each.version for each in self._imaging if each.survey == survey]
        version = self.session.version
        self.session.update(
            {
                "survey": survey,
                "version": version if version in versions else versions[-1],
                "instruments": (),
                "band": ALL_BANDS,
            }
        )

    def _choose_instrument(self, name: str) -> None:
        self.session.update({"instruments": () if name == _ALL else (name,), "band": ALL_BANDS})

    def _keep_err_type(self) -> None:
        self._given_up = None

    def _fit_err_type(self) -> None:
        """Choose an error type that the bands have; go back to the one of before when they have it.

        Of several bands all error types count that one of them has.
        """
        if not self.session.survey:
            return
        try:
            found = {each for band in self.session.bands() for each in band.err_types}
        except SkysegError:
            return
        self._err_types = tuple(each for each in ERR_TYPE_LABELS if each in found)
        chosen = self.session.err_type
        if chosen not in found:
            self.session.err_type = self._err_types[0]
            self._given_up = chosen
            self.say(self.note)
        elif self._given_up in found:
            self.session.err_type = self._given_up
            if self.message.value == _NO_ERROR_MAP:
                self.say("")

    def _choose_parameter_set(self, name: str) -> None:
        try:
            self.session.use_parameter_set(name)
        except ParameterError as error:
            self.say(worded(error))
            self.refresh()

    def _choose_maps(self) -> None:
        self.session.maps = tuple(role for role, box in self.maps.items() if box.value)

    def _show_parameters(self, shown: bool) -> None:
        self.parameter_box.visible = shown

    def _look_again(self) -> None:
        """See what the archive offers now."""
        self._imaging = self.session.imaging()
        if self._imaging and not self.session.survey:
            self._choose_survey(self._imaging[0].survey)
        self._bands = self._find_band_keys()
        self._fit_err_type()
        self._tell_empty()

    def _tell_empty(self) -> None:
        if not self._imaging:
            self.say(f"no survey is in {self.session.archive}; give the folder of another archive")

    def _find_band_keys(self) -> list[str]:
        if not self.session.survey:
            return []
        try:
            return self.session.data().keys()
        except SkysegError as error:
            if hasattr(self, "message"):
                self.say(worded(error))
            return []

    def _list_surveys(self, _: Any) -> list[str]:
        return _sort_names(self.session.survey, (each.survey for each in self._imaging))

    def _list_versions(self, _: Any) -> list[str]:
        found = (each.version for each in self._imaging if each.survey == self.session.survey)
        return _sort_names(self.session.version, found)

    def _list_instruments(self, _: Any) -> list[str]:
        chosen = (self.session.survey, self.session.version)
        found = [each for each in self._imaging if (each.survey, each.version) == chosen]
        return [_ALL, *_sort_names("", (each.instrument for each in found))]

    def _list_err_types(self, _: Any) -> list[Choice]:
        offered = {*self._err_types, self.session.err_type}
        return [(label, each) for each, label in ERR_TYPE_LABELS.items() if each in offered]

    def _list_bands(self, _: Any) -> list[Choice]:
        keys = _sort_names(self.session.band, self._bands)
        return [("all bands", ALL_BANDS), *((key, key) for key in keys)]


def _make_combo(label: str, about: str, choices: Callable[[Any], Iterable[Any]]) -> Any:
    return widgets.ComboBox(label=label, tooltip=about, choices=choices)


def _make_check(label: str, about: str) -> Any:
    return widgets.CheckBox(text=label, tooltip=about)


def _stack(rows: Iterable[Any]) -> Any:
    """Put widgets below each other; put in one by one, their labels are given one width."""
    box: Any = widgets.Container(label="")
    box.extend(rows)
    box.margins = (0, 0, 0, 0)
    return box


def _show(widget: Any, value: Any) -> None:
    if hasattr(widget, "reset_choices"):
        widget.reset_choices()
    if not (value == "" and value not in getattr(widget, "choices", ())):
        widget.value = value


def _sort_names(first: str, others: Iterable[str]) -> list[str]:
    """Return all names once, sorted; one that is chosen is among them, whether it exists or not."""
    return sorted({*others, first} - {""})


@contextmanager
def _silence(all_widgets: Iterable[Any]) -> Iterator[None]:
    """Let widgets change without telling anybody."""
    with ExitStack() as stack:
        for widget in all_widgets:
            stack.enter_context(widget.changed.blocked())
        yield


def _is_same(typed: str, folder: Path) -> bool:
    """Tell whether a path that somebody typed is a folder's."""
    try:
        return make_absolute(typed) == folder
    except ParameterError:
        return False
