"""One run of the panel: what is segmented, and what a person is told of it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from skyseg.engine.types import Progress
from skyseg.errors import Advice, ParameterError, explain
from skyseg.panel.naming import name_band, name_map
from skyseg.panel.session import ALL_BANDS
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
        """What came out: ``"JOF F444W SEG rms_err: made, 312 sources, 2.1 s"``."""
        if self.failure is not None:
            return f"{name_band(self.band)} failed: {worded(self.failure)}"
        products = self.band.products
        assert products is not None
        number = "an unknown number of" if products.n_sources is None else products.n_sources
        return (
            f"{name_map(self.band, 'SEG')}: {self.outcome}, {number} sources, {self.seconds:.1f} s"
        )

    @property
    def outcome(self) -> str:
        """What became of the band, in a word: ``"made"``, ``"loaded"`` or ``"failed"``."""
        products = self.band.products
        if self.failure is not None or products is None:
            return "failed"
        return "made" if products.made else "loaded"


class FinishedBand(Protocol):
    """A band with which something was done, and what a person is told of it."""

    @property
    def band(self) -> BandData:
        """The band."""
        ...

    @property
    def failure(self) -> Advice | None:
        """Why it could not be done."""
        ...

    @property
    def line(self) -> str:
        """What came out."""
        ...

    @property
    def outcome(self) -> str:
        """``"made"``, ``"loaded"`` or ``"failed"``."""
        ...


class RunReport:
    """What a person is told of a run while its bands are finished one after another.

    Parameters
    ----------
    tasks : sequence of (BandData, dict)
        What is to be done.

    Attributes
    ----------
    bands : list of BandData
        The bands of the run, in their order.

    Examples
    --------
    >>> RunReport([(band, {})]).cancelled
    'cancelled: f444w is not made'
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.bands = [band for band, _ in tasks]
        self._finished: list[FinishedBand] = []
        self._notes: list[str] = []

    def name_failed(self) -> None:
        """Note the names of the bands that have failed, if any, after the lines that say why."""
        names = [name_band(task.band) for task in self._finished if task.failure is not None]
        if names:
            self.note(_say(names, "not measured"))

    def take(self, task: FinishedBand) -> None:
        """Add a band that is finished; they come in their order."""
        self._finished.append(task)

    def note(self, text: str) -> None:
        """Add what a person should know, once."""
        if text not in self._notes:
            self._notes.append(text)

    @property
    def text(self) -> str:
        """What has come out so far, a line a band, and what should be known."""
        return "\n".join([*(task.line for task in self._finished), *self._notes])

    @property
    def failed(self) -> str:
        """Why bands have failed, a line each; empty where none has."""
        return "\n".join(task.line for task in self._finished if task.failure is not None)

    @property
    def cancelled(self) -> str:
        """What is done and what is not, of a run that was cancelled."""
        parts = []
        for outcome in ("made", "loaded", "failed"):
            names = [name_band(task.band) for task in self._finished if task.outcome == outcome]
            if names:
                parts.append(_say(names, outcome if outcome != "failed" else "not made (failed)"))
        rest = [name_band(band) for band in self.bands[len(self._finished) :]]
        if rest:
            parts.append(_say(rest, "not made" if not parts else "not"))
        return ": ".join(filter(None, ("cancelled", ", ".join(parts))))


def _say(names: Sequence[str], what: str) -> str:
    joined = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{joined} {'is' if len(names) == 1 else 'are'} {what}"


def plan_run(session: Session) -> list[Task]:
    """Return what Run does: the chosen bands, segmented as chosen.

    Raises
    ------
    SkysegError
        If the survey or the band is not there.
    """
    arguments = session.segment_arguments()
    return [(band, arguments) for band in session.bands()]


def tell_lost(session: Session) -> list[str]:
    """Say of each chosen band that a run goes without why its files cannot be read."""
    if session.band != ALL_BANDS:
        return []
    return [worded(explain(error).at(key)) for key, error in session.data().lost.items()]


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


def segment_in_turn(tell: Progress, tasks: Sequence[Task]) -> Generator[FinishedTask, None, None]:
    """Segment bands in their order, past those that fail; for `skyseg.panel.jobs.Job`.

    Parameters
    ----------
    tell : callable
        Told the part of all the work that is done, and what comes next.
    tasks : sequence of (BandData, dict)
        The bands, which are segmented in place, and the arguments for each.

    Yields
    ------
    FinishedTask
        One for each task, as soon as it is finished.

    Raises
    ------
    SkysegError
        As `BandData.segment` does, if that is why all have failed.
    """
    runs = []
    for run in segment_each(tasks, tell):
        runs.append(run)
        failure = None if run.error is None else explain(run.error)
        yield FinishedTask(run.band, run.seconds, failure)
    if (error := common_failure(runs)) is not None:
        raise error


def segment_to_compare(tell: Progress, tasks: Sequence[Task]) -> list[FinishedTask]:
    """Segment what is compared, as `segment_in_turn` does, but all of it or nothing.

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
