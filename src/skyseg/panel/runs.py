"""One run of the panel: what is segmented, and what a person is told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skyseg.engine.types import Progress
from skyseg.errors import Advice, ParameterError, explain
from skyseg.methods.base import ERR_TYPE_LABELS
from skyseg.panel.wording import worded
from skyseg.survey import BandData
from skyseg.survey.batch import Task, common_failure, segment_each

if TYPE_CHECKING:
    from skyseg.panel.session import Session


@dataclass(frozen=True)
class FinishedTask:
    """A band after `segment`.

    Attributes
    ----------
    band : BandData
        The band, with its products.
    seconds : float
        How long it took.
    failure : Advice or None
        Why it could not be segmented.
    """

    band: BandData
    seconds: float
    failure: Advice | None = None

    @property
    def line(self) -> str:
        """What came out, such as ``"F444W rms_err: made, 312 sources, 2.1 s"``."""
        if self.failure is not None:
            return f"{self.band.band} failed: {worded(self.failure)}"
        products = self.band.products
        assert products is not None
        number = "an unknown number of" if products.n_sources is None else products.n_sources
        return (
            f"{self.band.band} {ERR_TYPE_LABELS[products.recipe.err_type]}: "
            f"{'made' if products.made else 'loaded'}, {number} sources, {self.seconds:.1f} s"
        )


def plan_run(session: Session) -> list[Task]:
    """Return what Run does: the chosen bands, segmented as chosen.

    Raises
    ------
    SkysegError
        If the survey or the band is not there.
    """
    arguments = session.segment_arguments()
    return [(band, arguments) for band in session.bands()]


def plan_comparison(session: Session, band: BandData) -> list[Task]:
    """Return what is needed to compare two runs of a band, which keeps its own products.

    Raises
    ------
    ParameterError
        If the two runs are the same.
    """
    arguments = session.segment_arguments()
    chosen = [
        {"err_type": run.err_type, "method": run.method or session.method}
        for run in session.difference
    ]
    if chosen[0] == chosen[1]:
        raise ParameterError(
            "the two runs to compare are the same",
            hint="choose another error type or method for one of them",
        )
    return [(band.copy(), {**arguments, **each}) for each in chosen]


def segment_all(tell: Progress, tasks: Sequence[Task]) -> list[FinishedTask]:
    """Segment bands one after another, past those that fail; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of all the work that is done, and what comes next.
    tasks : sequence of (BandData, dict)
        The bands, which are segmented in place, and the arguments for each.

    Returns
    -------
    list of FinishedTask
        One for each task.

    Raises
    ------
    SkysegError
        As `BandData.segment` does, if that is why all have failed.
    """
    runs = list(segment_each(tasks, tell))
    if (error := common_failure(runs)) is not None:
        raise error
    return [
        FinishedTask(run.band, run.seconds, None if run.error is None else explain(run.error))
        for run in runs
    ]


def segment_to_compare(tell: Progress, tasks: Sequence[Task]) -> list[FinishedTask]:
    """Segment what is compared, as `segment_all` does, but all of it or nothing.

    Raises
    ------
    SkysegError
        As `BandData.segment` does; what comes later is not segmented.
    """
    done = []
    for run in segment_each(tasks, tell):
        if run.error is not None:
            raise run.error
        done.append(FinishedTask(run.band, run.seconds))
    return done


def give_all(done: Iterable[FinishedTask], bands: Iterable[BandData]) -> None:
    """Let the bands of this process know the products that were made in another."""
    made = {task.band: task for task in done if task.failure is None}
    for band in bands:
        if band in made:
            band.products = made[band].band.products
