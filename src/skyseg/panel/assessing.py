"""Assess: how pure and complete a run is, measured in another process, as viewers show it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from psygnal import Signal

from skyseg.assessment import Assessment, Injection
from skyseg.engine.types import Progress
from skyseg.errors import Advice, ParameterError, SkysegError
from skyseg.panel.assessed_views import COMPLETE, VIEWS, BinTable, list_views, tell_negatives
from skyseg.panel.following import JobFollower
from skyseg.panel.injected_choice import InjectedChoice
from skyseg.panel.naming import name_products
from skyseg.panel.wording import worded
from skyseg.survey import BandData

REPORT: Final = "assessment.html"
"""What a report is called where no name is given."""

_ABOUT: Final = (
    "Assess makes the run again on the negative image, which has as much noise and no source: "
    "how many of the sources are real; and on sources that are put into the image, if any are: "
    "how many of them it finds"
)


def assess_band(
    tell: Progress, band: BandData, injection: Injection | None = None
) -> tuple[Assessment, Advice | None]:
    """Assess the run of a band; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of the work that is done, and what comes next.
    band : BandData
        The band, segmented.
    injection : Injection, optional
        Sources to put into its image.

    Returns
    -------
    found : Assessment
        Its purity alone where the sources cannot be put in.
    why : Advice or None
        Why they cannot.
    """
    try:
        return band.assess(injection, progress=tell), None
    except SkysegError as error:
        if injection is None:
            raise
        return band.assess(progress=tell), error.advice


class Assessing:
    """The assessment of one run at a time: asked for, followed, shown.

    A viewer calls `poll` while `running` is true.

    Attributes
    ----------
    found : Assessment or None
        What was found last; None before.
    name : str
        The run that it is of.
    choice : InjectedChoice
        The sources that are put in the next time.
    view : str
        What is shown: one of `views`.
    rows : BinTable
        The bins.
    said : str
        What was found, how far the work is, or why it has failed.
    changed : Signal
        Emitted when one of these is another.

    Examples
    --------
    >>> assessing = Assessing()
    >>> assessing.begin(None)
    Traceback (most recent call last):
        ...
    skyseg.errors.ParameterError: there is no run to assess; segment a band first
    """

    changed = Signal()

    def __init__(self) -> None:
        self.found: Assessment | None = None
        self.name, self.view, self.said = "", next(iter(VIEWS)), _ABOUT
        self.choice = InjectedChoice()
        self.rows = BinTable()
        self._follower = JobFollower(
            on_progress=lambda part, text: self._say(f"{text}, {part:.0%}"),
            on_note=lambda _: None,  # what doubts the noise was said by the run
            on_failed=self._say,
            on_cancelled=lambda: self._say("cancelled"),
        )

    @property
    def running(self) -> bool:
        """Whether a run is being assessed."""
        return self._follower.running

    @property
    def follower(self) -> JobFollower:
        """What follows the work."""
        return self._follower

    @property
    def views(self) -> list[str]:
        """What can be shown."""
        return list_views(self.found)

    def begin(self, band: BandData | None) -> None:
        """Assess the run of a band, in another process.

        Raises
        ------
        ParameterError
            If it was not segmented, or the sources that are chosen cannot be put in.
        """
        if band is None or band.products is None:
            raise ParameterError("there is no run to assess", hint="segment a band first")
        injection = self.choice.as_injection()
        name = f"{band.name} {name_products(band.products)}"
        self._follower.start(
            assess_band, band, injection, on_done=lambda found: self._take(name, *found)
        )
        self._say(f"assessing {name}")

    def cancel(self) -> None:
        """End the work, if there is any."""
        self._follower.cancel()

    def poll(self) -> None:
        """Hear how far the work is."""
        self._follower.poll()

    def show(self, view: str) -> None:
        """Show another view."""
        self.view = view
        self._show()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save a report, replacing what is there; a page where the name has no ending.

        Raises
        ------
        ParameterError
            If there is nothing to save, or the name has another ending.
        ProductError
            If it cannot be written.
        """
        if self.found is None:
            raise ParameterError("there is no report to save", hint="assess a run first")
        target = Path(path).expanduser()
        if not target.suffix:
            target = target.with_suffix(Path(REPORT).suffix)
        return self.found.write(target, overwrite=True)

    def _take(self, name: str, found: Assessment, why: Advice | None) -> None:
        self.found, self.name = found, name
        purity = found.purity
        told = tell_negatives(purity.n_positive, purity.n_negative)
        self.said = f"{name}: {purity.n_positive} sources, {told}"
        if why is not None:
            self.said += f". The completeness is left out: {worded(why)}"
        if found.completeness is not None:
            self.said += f"; {found.completeness.summary}"
            self.view = COMPLETE
        elif self.view not in self.views:
            self.view = self.views[0]
        self._show()

    def _show(self) -> None:
        self.rows.show(self.found, self.view)
        self.changed.emit()

    def _say(self, text: str) -> None:
        self.said = text
        self.changed.emit()
