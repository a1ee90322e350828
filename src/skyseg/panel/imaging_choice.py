"""The part of the panel in which imaging is chosen: archive, survey, version, instrument, band."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from magicgui import widgets

from skyseg.errors import ParameterError, SkysegError
from skyseg.imaging.contents import Imaging
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.panel.stacking import make_combo, show, silence
from skyseg.panel.wording import worded
from skyseg.writing import make_absolute

NEW_STACK: Final = "\n"  # no band has such a name
"""What the box of bands has in place of a band while a stack is put together."""

_ALL: Final = "all"
_OF_IMAGING: Final = ("data_dir", "survey", "version", "instruments", "files", "stacks")


class ImagingChoice:
    """Chooses a survey in an archive, and its bands.

    The kind of window that its widgets are for is chosen as for `skyseg.panel.controls.Panel`.

    Parameters
    ----------
    session : Session
        Where it is written. Where neither a survey nor files are chosen, the first survey
        of the archive is taken.

    Attributes
    ----------
    archive, survey, version, instrument, band : magicgui widgets
        The boxes, in their order.
    note : str
        Why there is nothing to choose from; empty where there is.
    stacking : bool
        Whether a stack of bands is put together in place of choosing one.
    on_stacking : callable
        Called when that has changed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.note = ""
        self.stacking = False
        self.on_stacking: Callable[[], None] = lambda: None
        self._imaging: tuple[Imaging, ...] = ()
        self._bands: list[str] = []
        self.archive = widgets.LineEdit(
            label="Archive", tooltip="Folder of the imaging: {facility}/{survey}/{instrument}/..."
        )
        self.survey = make_combo("Survey", "The survey that Run segments", self._list_surveys)
        self.version = make_combo("Version", "Version of its imaging", self._list_versions)
        self.instrument = make_combo("Instrument", "One instrument, or all", self._list_instruments)
        self.band = make_combo(
            "Band", "The band or stack that Run segments, or all", self._list_bands
        )
        self.survey.changed.connect(session.choose_survey)
        self.version.changed.connect(self._choose_version)
        self.instrument.changed.connect(self._choose_instrument)
        self.band.changed.connect(self._choose_band)
        for name in _OF_IMAGING:
            getattr(session.events, name).connect(self.look_again)
            getattr(session.events, name).connect(self._leave_stacking)
        session.events.band.connect(self._leave_stacking)
        session.events.zero_points.connect(self.look_again)
        self.look_again()

    @property
    def boxes(self) -> list[Any]:
        """The widgets, from the top."""
        return [self.archive, self.survey, self.version, self.instrument, self.band]

    def refresh(self) -> None:
        """Show the session's choice."""
        session = self._session
        instrument = session.instruments[0] if len(session.instruments) == 1 else _ALL
        with silence(self.boxes):
            show(self.survey, session.survey)
            show(self.version, session.version)
            show(self.instrument, instrument)
            show(self.band, NEW_STACK if self.stacking else session.band)
            if not _is_same(self.archive.value, session.archive):
                self.archive.value = str(session.archive)

    def open_archive(self, folder: str | Path) -> None:
        """Look at an archive; if it is the one that is open, look again at what it holds.

        Raises
        ------
        ParameterError
            If no such folder can be.
        """
        self._session.update({"files": None, "data_dir": make_absolute(folder)})
        self.look_again()
        if self._imaging and self._session.survey not in {each.survey for each in self._imaging}:
            self._session.choose_survey(self._imaging[0].survey)

    def look_again(self) -> None:
        """See what the archive offers now."""
        self._imaging = self._session.imaging()
        if self._imaging and not self._session.survey and self._session.files is None:
            self._session.choose_survey(self._imaging[0].survey)
            return  # called again by what has changed
        self._bands, self.note = self._find_bands()

    def _find_bands(self) -> tuple[list[str], str]:
        session = self._session
        if not self._imaging and session.files is None:
            return [], f"no survey is in {session.archive}; give the folder of another archive"
        try:
            return session.data().keys(), ""
        except SkysegError as error:
            return [], worded(error)

    def _choose_version(self, version: str) -> None:
        self._session.update({"version": version, "zero_points": {}, "stacks": ()})

    def _choose_instrument(self, name: str) -> None:
        self._session.update({"instruments": () if name == _ALL else (name,), "band": ALL_BANDS})

    def _choose_band(self, key: str) -> None:
        self.stacking = key == NEW_STACK
        if not self.stacking:
            self._session.band = key
        self.on_stacking()

    def _leave_stacking(self) -> None:
        self.stacking = False

    def _list_surveys(self, _: Any) -> list[tuple[str, str]]:
        chosen = self._session.survey
        names = _sort_names(chosen, (each.survey for each in self._imaging))
        return [*([] if chosen else [("none", "")]), *((name, name) for name in names)]

    def _list_versions(self, _: Any) -> list[str]:
        found = (each.version for each in self._imaging if each.survey == self._session.survey)
        return _sort_names(self._session.version, found)

    def _list_instruments(self, _: Any) -> list[str]:
        chosen = (self._session.survey, self._session.version)
        found = [each for each in self._imaging if (each.survey, each.version) == chosen]
        names = (*self._session.instruments, *(each.instrument for each in found))
        return [_ALL, *_sort_names("", names)]

    def _list_bands(self, _: Any) -> list[tuple[str, str]]:
        keys = _sort_names(self._session.band, self._bands)
        several = len(self._bands) > 1
        stack = [("stack of bands…", NEW_STACK)] if several or self.stacking else []
        # above the bands: a box that stays open puts what is new below what it had
        return [("all bands", ALL_BANDS), *stack, *((key, key) for key in keys)]


def _sort_names(first: str, others: Iterable[str]) -> list[str]:
    """Return all names once, sorted; one that is chosen is among them, whether it exists or not."""
    return sorted({*others, first} - {""})


def _is_same(typed: str, folder: Path) -> bool:
    """Tell whether a path that somebody typed is a folder's."""
    try:
        return make_absolute(typed) == folder
    except ParameterError:
        return False
