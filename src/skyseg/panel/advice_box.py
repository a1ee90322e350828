"""The part of the panel that advises which threshold gives a purity, and takes what is advised."""

from __future__ import annotations

from typing import Any, Final

from magicgui import widgets
from psygnal import Signal

from skyseg.assessment import Recommendation
from skyseg.engine.types import Progress
from skyseg.errors import ParameterError
from skyseg.panel.naming import name_band
from skyseg.panel.session import ALL_BANDS, Session
from skyseg.survey import BandData

_ADVISED: Final = (
    "detect_thresh", "analysis_thresh", "thresh_type", "thresh_unit", "detect_minarea", "filter",
    "filter_name", "weight_type",
)  # fmt: skip
_OF_IMAGE: Final = ("data_dir", "survey", "version", "files", "band", "mask", "exclude")
_ABOUT: Final = (
    "Count what the image and its negative have at each threshold, in another process, and tell "
    "which error map, threshold, kernel and area give this purity"
)


class AdviceBox:
    """Asks for advice, shows that there is some, and takes it.

    The kind of window that its widgets are for is chosen as for `skyseg.panel.controls.Panel`.

    Parameters
    ----------
    session : Session
        What is chosen; taken advice goes there.

    Attributes
    ----------
    asked : psygnal.Signal
        Emitted when advice is asked for.
    purity, ask, take : magicgui widgets
        Part of the detections that is to be real, what asks, and what takes the advice; hidden
        while there is none.
    """

    asked = Signal()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Recommendation | None = None
        self._planned: tuple[str, tuple[Any, ...]] = "", ()
        self.purity = widgets.FloatSpinBox(
            label="Purity", value=0.99, min=0.5, max=0.999, step=0.01,
            tooltip="Part of the detections that is to be real, for Advise",
        )  # fmt: skip
        self.ask = widgets.PushButton(text="Advise", tooltip=_ABOUT)
        self.take = widgets.PushButton(
            text="Take advice",
            tooltip="Choose the error type, threshold, kernel and area that are advised",
            visible=False,
        )
        self.ask.changed.connect(lambda _: self.asked.emit())
        self.take.changed.connect(lambda _: self._take())
        for name in _OF_IMAGE:
            getattr(session.events, name).connect(self._forget)

    @property
    def boxes(self) -> list[Any]:
        """The widgets, from the top."""
        return [self.purity, self.ask, self.take]

    def plan(self) -> tuple[Any, ...]:
        """Return what `advise_band` is to be given for what is chosen.

        Raises
        ------
        ParameterError
            If several bands are chosen.
        SkysegError
            If the survey or the band is not there.
        """
        session = self._session
        if session.band == ALL_BANDS and len(session.data()) > 1:
            raise ParameterError("each band has a threshold of its own", hint="choose one band")
        (band,) = session.bands()
        self._planned = name_band(band), self._image
        chosen = session.segment_arguments()
        arguments = {name: chosen[name] for name in ("err_type", "parameters")}
        return band, self.purity.value, {**arguments, **session.mask_arguments()}

    def show(self, found: Recommendation) -> str:
        """Return advice in words, and offer to take it where what it is of is still chosen."""
        name, image = self._planned
        if image == self._image:
            self._found = found
            self.take.visible = True
        return f"{name}: {found}"

    @property
    def _image(self) -> tuple[Any, ...]:
        """What is chosen of that which advice is of."""
        return tuple(getattr(self._session, name) for name in _OF_IMAGE)

    def _forget(self) -> None:
        self._found = None
        self.take.visible = False

    def _take(self) -> None:
        if self._found is None:
            return
        advised = {name: getattr(self._found.parameters, name) for name in _ADVISED}
        changed = self._session.parameters.replace(**advised)
        self._session.update({"err_type": self._found.err_type, "parameters": changed})
        self._forget()


def advise_band(
    tell: Progress, band: BandData, purity: float, arguments: dict[str, Any]
) -> Recommendation:
    """Advise for a band; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of the work that is done, and what comes next.
    band : BandData
        The band.
    purity : float
        Part of the detections that is to be real.
    arguments : dict
        Further arguments of `skyseg.BandData.advise`.
    """
    tell(0.1, f"counting in {band.name} and its negative")
    return band.advise(purity, **arguments)
