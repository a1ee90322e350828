"""Assess: how pure the catalogue of a run is, measured in another process, as viewers show it."""

from __future__ import annotations

from typing import Final

from psygnal import Signal

from skyseg.assessment import Assessment
from skyseg.engine.types import Progress
from skyseg.errors import ParameterError
from skyseg.panel.following import JobFollower
from skyseg.panel.naming import name_products
from skyseg.panel.purity_table import BY, PurityTable, tell_negatives
from skyseg.survey import BandData

_ABOUT: Final = (
    "Assess makes the run again on the negative image, which has as much noise and no source: "
    "how many of the sources are real"
)


def assess_band(tell: Progress, band: BandData) -> Assessment:
    """Assess the run of a band; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of the work that is done, and what comes next.
    band : BandData
        The band, segmented.
    """
    return band.assess(progress=tell)


class Assessing:
    """The purity of one run at a time: asked for, followed, shown.

    A viewer calls `poll` while `running` is true.

    Attributes
    ----------
    found : Assessment or None
        What was found last; None before.
    name : str
        The run that it is of.
    by : str
        By what it is shown: one of `skyseg.panel.purity_table.BY`.
    rows : PurityTable
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
        self.name, self.by, self.said = "", next(iter(BY)), _ABOUT
        self.rows = PurityTable()
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

    def begin(self, band: BandData | None) -> None:
        """Assess the run of a band, in another process.

        Raises
        ------
        ParameterError
            If it was not segmented.
        """
        if band is None or band.products is None:
            raise ParameterError("there is no run to assess", hint="segment a band first")
        name = f"{band.name} {name_products(band.products)}"
        self._follower.start(assess_band, band, on_done=lambda found: self._take(name, found))
        self._say(f"assessing {name}")

    def cancel(self) -> None:
        """End the work, if there is any."""
        self._follower.cancel()

    def poll(self) -> None:
        """Hear how far the work is."""
        self._follower.poll()

    def show_by(self, by: str) -> None:
        """Show the purity by S/N, magnitude or area."""
        self.by = by
        self._show()

    def _take(self, name: str, found: Assessment) -> None:
        self.found, self.name = found, name
        purity = found.purity
        told = tell_negatives(purity.n_positive, purity.n_negative)
        self.said = f"{name}: {purity.n_positive} sources, {told}"
        self._show()

    def _show(self) -> None:
        self.rows.show(None if self.found is None else self.found.purity, BY[self.by])
        self.changed.emit()

    def _say(self, text: str) -> None:
        self.said = text
        self.changed.emit()
