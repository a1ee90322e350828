"""The part of the panel in which open files are chosen, in place of an archive's survey."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from magicgui import widgets

from skyseg.errors import SkysegError
from skyseg.imaging.names import is_map_name
from skyseg.panel.chosen_files import ChosenFiles, choose_files
from skyseg.panel.placeholders import set_placeholder
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.panel.wording import worded
from skyseg.settings import config

ARCHIVE, FILES = "archive", "open files"

_MAPS: Final = {
    "sci": "Science image; choose among the maps that are open",
    "err": "Rms of its noise, or its variance; none takes what the file of SCI has",
    "wht": "Inverse variance of its noise; none takes what the file of SCI has",
}
_TEXTS: Final = {
    "zero_point": ("Zero point", "AB magnitude of one unit of SCI; empty for the header's"),
    "work_dir": ("Products to", "Folder for the products; empty for that of the settings"),
}
_NONE: Final = "none"


class FilesBox:
    """Chooses SCI, ERR and WHT among open maps, a zero point, and where products go.

    The kind of window that its widgets are for is chosen as for `skyseg.panel.controls.Panel`.

    Parameters
    ----------
    session : Session
        Where it is written, as ``files``.
    complain : callable
        Told why a file cannot be taken; nothing where that is no longer so.

    Attributes
    ----------
    source : magicgui.widgets.ComboBox
        Whether the imaging is an archive's or that of open files.
    sci, err, wht, zero_point, work_dir, add : magicgui widgets
        The boxes; a file whose path is typed into ``add`` is open from then on.
    """

    def __init__(self, session: Session, complain: Callable[[str], Any]) -> None:
        self._session, self._complain = session, complain
        self._offered: dict[str, str] = {}
        self._last = session.files or ChosenFiles()
        self.source = widgets.ComboBox(
            label="Imaging",
            tooltip="Segment a survey of an archive, or files that are open",
            choices=[ARCHIVE, FILES],
        )
        self.maps = {name: self._make_choice(name) for name in _MAPS}
        self.sci, self.err, self.wht = self.maps.values()
        self.zero_point, self.work_dir = (
            widgets.LineEdit(name=name, label=label, tooltip=about)
            for name, (label, about) in _TEXTS.items()
        )
        self.add = widgets.LineEdit(
            label="Add a file", tooltip="Path of a FITS file that is to be open too"
        )
        set_placeholder(self.add, "path of a FITS file")
        self._listen()
        self.refresh()

    def _make_choice(self, name: str) -> Any:
        return widgets.ComboBox(
            name=name, label=name.upper(), tooltip=_MAPS[name], choices=self._list_maps
        )

    def _listen(self) -> None:
        self.source.changed.connect(self._choose_source)
        for box in (*self.maps.values(), self.zero_point, self.work_dir):
            box.changed.connect(self._make_writer(box.name))
        self.add.changed.connect(self.open_file)
        self._session.events.files.connect(self.refresh)

    @property
    def boxes(self) -> list[Any]:
        """The widgets of the files, from the top."""
        return [self.add, *self.maps.values(), self.zero_point, self.work_dir]

    @property
    def chosen(self) -> bool:
        """Whether open files are chosen."""
        return self._session.files is not None

    def offer(self, maps: Mapping[str, str]) -> None:
        """Offer the maps that are open: by what they are called, ``path[HDU]`` of each."""
        self._offered = dict(maps)
        self.refresh()

    def open_file(self, text: str) -> None:
        """Take a file that a person names, as what it is; a path that is not there yet waits."""
        path = Path(text.strip()).expanduser()
        if not (is_map_name(path) and path.is_file()):
            return
        path = path.absolute()
        try:
            chosen = choose_files([path], self._session.files or self._last)
        except SkysegError as error:
            self._complain(worded(error))
            return
        self._write(chosen)

    def refresh(self) -> None:
        """Show the session's choice."""
        if self._session.files is not None:
            self._last = self._session.files
        all_boxes = (self.source, *self.maps.values(), self.zero_point, self.work_dir)
        for box in all_boxes:
            with box.changed.blocked():
                if box is self.source:
                    box.value = FILES if self.chosen else ARCHIVE
                elif box.name in self.maps:
                    box.reset_choices()
                    box.value = getattr(self._last, box.name)
                elif box.value != getattr(self._last, box.name):
                    box.value = getattr(self._last, box.name)
        set_placeholder(self.zero_point, self._tell_zero_point())
        set_placeholder(self.work_dir, str(config.work_dir))

    def _tell_zero_point(self) -> str:
        """Tell what an empty box takes: the header's zero point, where it has one."""
        if not self.chosen:
            return ""
        try:
            (band,) = self._session.data()
            told = band.maps.with_zero_point(None).known_zero_point
        except SkysegError:  # which the panel says
            return ""
        return "not in the header" if math.isnan(told) else f"{told:.6g} of the header"

    def _choose_source(self, source: str) -> None:
        if source == ARCHIVE:
            self._session.update({"files": None, "band": ALL_BANDS})
            return
        images = [text for text in self._offered.values() if text]
        if not self._last.sci and images:
            self._last = self._choose_first(images)
        self._write(self._last)

    def _choose_first(self, texts: list[str]) -> ChosenFiles:
        paths = dict.fromkeys(Path(text.rpartition("[")[0]) for text in texts)
        try:
            return choose_files(paths, self._last)
        except SkysegError as error:
            self._complain(worded(error))
            return self._last

    def _make_writer(self, name: str) -> Callable[[Any], None]:
        return lambda value: self._write(self._last.change(**{name: value or ""}))

    def _write(self, chosen: ChosenFiles) -> None:
        self._session.update({"files": chosen, "band": ALL_BANDS})
        try:
            self._session.data()
        except SkysegError as error:
            self._complain(worded(error))
        else:
            self._complain("")

    def _list_maps(self, _: Any) -> list[tuple[str, str]]:
        """List what can be chosen: what is open, by its name, and what is chosen already."""
        named = {text: name for name, text in self._offered.items()}
        chosen = (getattr(self._last, name) for name in _MAPS)
        texts = dict.fromkeys([*named, *filter(None, chosen)])
        return [(_NONE, ""), *((named.get(text, _shorten(text)), text) for text in texts)]


def _shorten(text: str) -> str:
    """Return the end of a path: folder and file."""
    return "/".join(Path(text).parts[-2:])
