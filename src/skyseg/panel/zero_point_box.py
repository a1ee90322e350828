"""The part of the panel in which bands get zero points that their headers do not tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from magicgui import widgets

from skyseg.errors import ParameterError, SkysegError
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.panel.wording import worded
from skyseg.panel.zero_points import list_without, parse_zero_points, spell_zero_points


class ZeroPointBox:
    """Takes the zero points of the chosen bands of a survey, where their headers tell none.

    The kind of window that its widgets are for is chosen as for `skyseg.panel.controls.Panel`.

    Parameters
    ----------
    session : Session
        Where they are written, as ``zero_points``.
    complain : callable
        Told why what is typed cannot be taken; nothing where it can.

    Attributes
    ----------
    box : magicgui.widgets.LineEdit
        Of one band a number, of several ``F105W=26.27, F160W=25.95``.
    """

    def __init__(self, session: Session, complain: Callable[[str], Any]) -> None:
        self._session, self._complain = session, complain
        self._keys: list[str] = []
        self.box = widgets.LineEdit(
            label="Zero point",
            tooltip="AB magnitude of one unit of the image, which its header does not tell; of "
            "several bands F105W=26.27, F160W=25.95",
        )
        self.box.changed.connect(self._write)

    @property
    def boxes(self) -> list[Any]:
        """The widgets, from the top."""
        return [self.box]

    def refresh(self, *, of_all: bool) -> None:
        """Show the zero points of the chosen band, or of all; nothing where headers tell them."""
        session = self._session
        keys = [] if session.files is not None else self._list_without()
        if session.band != ALL_BANDS and not of_all:
            keys = [key for key in keys if key == session.band]
        given = {key: value for key, value in session.zero_points.items() if key in keys}
        with self.box.changed.blocked():
            # what is being typed stays while it says the same
            if keys != self._keys or self._read(keys) != given:
                self.box.value = spell_zero_points(keys, given)
        self._keys = keys
        self.box.visible = bool(keys)

    def _list_without(self) -> list[str]:
        try:
            return list_without(self._session.data(), self._session.zero_points)
        except SkysegError:  # which the panel says
            return []

    def _read(self, keys: list[str]) -> dict[str, float] | None:
        try:
            return parse_zero_points(self.box.value, keys) if keys else {}
        except ParameterError:
            return None

    def _write(self, text: str) -> None:
        try:
            found = parse_zero_points(text, self._keys)
        except ParameterError as error:
            self._complain(worded(error))
            return
        others = {
            key: value for key, value in self._session.zero_points.items() if key not in self._keys
        }
        self._session.zero_points = {**others, **found}
        self._complain("")
