"""Measure: the labels of the active band, measured in its image."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets

from skyseg.errors import ParameterError, SkysegError
from skyseg.panel.following import JobFollower
from skyseg.panel.measuring import measure_in_image
from skyseg.panel.wording import worded
from skyseg.products.seg_files import MEASURED_KEY
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._label_sources import LabelSources
    from skyseg.notebook.canvas import BandCanvas
    from skyseg.panel.session import Session

_INTERVAL = 0.1
_MEASURE, _CANCEL = "Measure", "Cancel"


class Measuring:
    """A button that measures labels in another process, and says how far that is.

    Parameters
    ----------
    get_canvas : callable
        Returns the canvas of the active band.
    session : Session
        Whose parameters they are measured with.
    on_done : callable
        Called when its sources have another catalogue.

    Attributes
    ----------
    button : ipywidgets.Button
        Starts the work, or cancels it.
    message : ipywidgets.Label
        How far it is, or why it has failed.
    box : ipywidgets.HBox
        Both.
    """

    def __init__(
        self, get_canvas: Callable[[], BandCanvas], session: Session, on_done: Callable[[], None]
    ) -> None:
        self._get_canvas, self._session, self._on_done = get_canvas, session, on_done
        self._thread: threading.Thread | None = None
        self._note = ""
        self.button = ipywidgets.Button(
            description=_MEASURE,
            tooltip="Measure these labels in the image beneath them, with the parameters that are "
            "chosen, in another process",
            layout={"width": "auto"},
        )
        self.message = ipywidgets.Label()
        self.box = ipywidgets.HBox([self.button, self.message], layout={"display": "none"})
        self._follower = JobFollower(
            on_progress=lambda part, text: self._say(f"{text}, {part:.0%}"),
            on_note=self._keep_note,
            on_failed=self._end,
            on_cancelled=lambda: self._end("cancelled"),
        )
        self.button.on_click(lambda _: self._press())

    def start(self) -> None:
        """Measure the labels of the active band.

        Raises
        ------
        ParameterError
            If there are none, they have their catalogue, or its image is no file.
        """
        sources, band = find_labels(self._get_canvas())
        self._note = ""
        self._follower.start(
            *(measure_in_image, sources.labels, band),
            self._session.segment_arguments()["parameters"],
            on_done=lambda table: self._take(sources, table),
        )
        self.button.description = _CANCEL
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def offer(self, canvas: BandCanvas) -> None:
        """Show the button where a canvas has labels that it can measure."""
        try:
            find_labels(canvas)
        except ParameterError:
            self.box.layout.display = "none"
        else:
            self.box.layout.display = None

    def wait(self) -> None:
        """Wait until nothing is measured."""
        if self._thread is not None:
            self._thread.join()

    def _press(self) -> None:
        if self._follower.running:
            self._follower.cancel()
            return
        try:
            self.start()
        except SkysegError as error:
            self._say(worded(error))

    def _poll(self) -> None:
        while self._follower.running:
            self._follower.poll()
            time.sleep(_INTERVAL)

    def _take(self, sources: LabelSources, table: Any) -> None:
        sources.use_catalogue(table)
        self._end(self._note)
        self._on_done()

    def _keep_note(self, text: str) -> None:
        self._note = text

    def _end(self, text: str) -> None:
        self.button.description = _MEASURE
        self._say(text)

    def _say(self, text: str) -> None:
        self.message.value = text


def find_labels(canvas: BandCanvas) -> tuple[LabelSources, BandData]:
    """Return the labels on a canvas and the band that they are measured in.

    Raises
    ------
    ParameterError
        If there are none, they have their catalogue, or the image is no file.
    """
    sources, band = canvas.sources, canvas.band
    if sources is None:
        raise ParameterError(
            f"{band.name} has no labels to measure", hint="segment it first, or give labels"
        )
    if not isinstance(band, BandData):
        raise ParameterError(f"{band.name} is no image on disk", hint="give a file, or a BandData")
    if sources.catalogue is not None and MEASURED_KEY not in sources.catalogue.meta:
        raise ParameterError(
            f"the labels over {band.name} have their catalogue already",
            hint="show labels that have none",
        )
    return sources, band
