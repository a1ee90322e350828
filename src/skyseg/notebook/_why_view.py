"""Why?: what the run made of the pixel that is clicked on, beneath the sources."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from skyseg.notebook._latest import Latest
from skyseg.notebook._source_details import encode_png
from skyseg.panel.why_answers import ABOUT_WHY, WhyAnswers, draw_thresholds
from skyseg.survey import BandData

if TYPE_CHECKING:
    from skyseg.notebook._view_host import ViewHost
    from skyseg.notebook.canvas import BandCanvas


class WhyView:
    """A button by which clicks on a canvas ask why, and the answer.

    Parameters
    ----------
    viewer : ViewHost
        The viewer.

    Attributes
    ----------
    answers : WhyAnswers
        What was answered.
    button : ipywidgets.ToggleButton
        Lets clicks ask.
    text, picture : ipywidgets.HTML, ipywidgets.Image
        The answer, and the thresholds of its region as a PNG file.
    box : ipywidgets.VBox
        The widget that holds all.
    """

    def __init__(self, viewer: ViewHost) -> None:
        self._viewer = viewer
        self._work: Latest | None = None
        self.answers = WhyAnswers(self._run)
        self.button = ipywidgets.ToggleButton(
            description="Why?",
            tooltip=ABOUT_WHY,
            layout={"width": "auto", "align_self": "flex-start"},
        )
        self.text = ipywidgets.HTML()
        self.picture = ipywidgets.Image(
            format="png", layout={"max_width": "100%", "align_self": "flex-start"}
        )
        self.picture.add_class("skyseg-cutouts")
        self.box = ipywidgets.VBox(
            [
                self.button,
                ipywidgets.HBox([self.text, self.picture], layout={"flex_flow": "row wrap"}),
            ]
        )
        self.button.observe(lambda change: self._toggle(change.new), "value")
        self.answers.changed.connect(self._show)
        self._show()

    def follow(self, canvas: BandCanvas) -> None:
        """Listen to the clicks on a new canvas."""
        canvas.on_picked = lambda x, y: self._ask(canvas.band, x, y)

    def wait(self) -> None:
        """Wait until there is an answer."""
        if self._work is not None:
            self._work.wait()

    def _toggle(self, asking: bool) -> None:
        self.answers.toggle(asking)
        selected = self._viewer.session.selected
        if selected:
            self.answers.ask_source(self._find_own(self._viewer.active.band), selected[-1])

    def _ask(self, band: Any, x: float, y: float) -> None:
        """Ask about a pixel; a canvas counts from the corner of the first one."""
        self.answers.ask(self._find_own(band), math.floor(x), math.floor(y))

    def _find_own(self, band: Any) -> BandData | None:
        """Return the band whose run made the labels that are shown; None for others."""
        given = self._viewer.seg_maps.is_given(band)
        return band if isinstance(band, BandData) and not given else None

    def _run(self, work: Any, then: Any, failed: Any) -> None:
        self._work = Latest(then, failed)
        self._work.ask(work)

    def _show(self) -> None:
        said = escape(self.answers.said)
        self.text.value = f"<div role='status' style='white-space:pre-wrap'>{said}</div>"
        drawn = draw_thresholds(self.answers.answer)
        self.picture.layout.display = "none" if drawn is None else None
        self.picture.value = b"" if drawn is None else encode_png(drawn)
