"""The part of the panel in which bands are combined into one to detect in."""

from __future__ import annotations

from typing import Any

from magicgui import widgets
from psygnal import Signal

from skyseg.errors import SkysegError
from skyseg.panel.session import Session
from skyseg.panel.stack_work import STACK_METHODS
from skyseg.panel.stacking import make_combo
from skyseg.survey import BandData


class StackBox:
    """Chooses the bands of a stack and how they are combined.

    The kind of window that its widgets are for is chosen as for `skyseg.panel.controls.Panel`.

    Parameters
    ----------
    session : Session
        Whose survey's bands are offered.

    Attributes
    ----------
    asked : psygnal.Signal
        Emitted when the stack that is chosen is to be made.
    bands, method, make : magicgui widgets
        The bands, how they are combined, and what has the stack made.
    """

    asked = Signal()

    def __init__(self, session: Session) -> None:
        self._session = session
        self.bands = widgets.Select(
            label="Stack of",
            tooltip="The bands that are combined; Ctrl-click adds one or takes it out",
            choices=self._list_bands,
        )
        self.method = make_combo(
            "Stacked by",
            "ivw: the mean weighted by the inverse variance. chi, chi mean and max SNR are in "
            "units of the noise",
            lambda _: [(label, each) for each, label in STACK_METHODS.items()],
        )
        self.method.value = next(iter(STACK_METHODS))
        self.make = widgets.PushButton(
            text="Make stack",
            tooltip="Combine the bands into one, by Err type; it is then a band like others",
        )
        self.make.changed.connect(lambda _: self.asked.emit())

    @property
    def boxes(self) -> list[Any]:
        """The widgets, from the top."""
        return [self.bands, self.method, self.make]

    @property
    def chosen(self) -> list[BandData]:
        """The bands that are chosen."""
        data = self._session.data()
        return [data[key] for key in self.bands.value]

    def show(self, shown: bool) -> None:
        """Show the boxes, with all bands chosen where none is; or hide them."""
        if shown and not self.boxes[0].visible:
            self.bands.reset_choices()
            self.bands.value = self.bands.value or list(self.bands.choices)
        for box in self.boxes:
            box.visible = shown

    def _list_bands(self, _: Any) -> list[str]:
        """List the bands that can be stacked: those that are none themselves."""
        try:
            data = self._session.data()
        except SkysegError:  # which the panel says
            return []
        return [key for key, band in zip(data.keys(), data, strict=True) if not band.members]
