"""What Run does: the chosen bands, segmented in another process and told as they are finished."""

from __future__ import annotations

from collections.abc import Callable

from skyseg.assessment import Recommendation
from skyseg.errors import SkysegError
from skyseg.panel.advice_box import advise_band
from skyseg.panel.controls import Panel
from skyseg.panel.following import JobFollower
from skyseg.panel.measured_bands import (
    MeasuredBand,
    give_measured,
    measure_in_turn,
    plan_measuring,
)
from skyseg.panel.naming import name_band
from skyseg.panel.runs import (
    FinishedTask,
    RunReport,
    give_all,
    plan_run,
    segment_in_turn,
    tell_lost,
)
from skyseg.panel.stack_work import make_stack
from skyseg.panel.wording import worded
from skyseg.survey import BandData


class Runner:
    """Runs what a panel's session has chosen, and tells the panel how it goes.

    Who owns it polls `follower`, shows each band that is finished, and calls `end` when
    all is shown.

    Parameters
    ----------
    panel : Panel
        The panel.
    on_finished : callable
        Told each band that is made or loaded, as soon as it is.
    on_done : callable
        Called when the process has done all.
    on_stacked : callable, optional
        Told a stack that was made or loaded; it is a band of the session by then.
    on_measured : callable, optional
        Told the detection when its sources were measured in all bands, but in those that have
        failed.
    on_note, on_failed : callable, optional
        Told what the panel says too: what should be known, and why the work has failed.

    Attributes
    ----------
    follower : JobFollower
        Follows the process; other work of the panel may be started by it too.

    Examples
    --------
    >>> from skyseg.panel.session import Session
    >>> panel = Panel(Session(), "ipynb")
    >>> runner = Runner(panel, on_finished=show, on_done=lambda: runner.end())
    """

    def __init__(
        self,
        panel: Panel,
        *,
        on_finished: Callable[[FinishedTask], None],
        on_done: Callable[[], None],
        on_stacked: Callable[[BandData], None] = lambda _: None,
        on_measured: Callable[[BandData], None] = lambda _: None,
        on_note: Callable[[str], None] = lambda _: None,
        on_failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._panel = panel
        self._on_finished, self._on_done = on_finished, on_done
        self._on_stacked, self._on_measured = on_stacked, on_measured
        self._on_note, self._on_failed = on_note, on_failed
        self._report = RunReport(())
        self._overwrites = False
        self.follower = JobFollower(
            on_progress=panel.show_progress,
            on_note=self._tell_note,
            on_failed=self.fail,
            on_cancelled=self.tell_cancelled,
        )

    def start(self) -> bool:
        """Start the process; return whether there is anything to do."""
        session = self._panel.session
        try:
            tasks = plan_run(session)
        except SkysegError as error:
            self.fail(worded(error))
            return False
        self._report = RunReport(tasks)
        self._overwrites = session.overwrite
        self._panel.begin()
        for text in tell_lost(session):
            self._tell_note(text)
        self.follower.start(
            segment_in_turn, tasks, on_done=lambda _: self._finish(), on_finished=self._take
        )
        return True

    def start_stack(self) -> bool:
        """Start to combine the bands that are chosen for a stack; return whether there are any."""
        session, chosen = self._panel.session, self._panel.stacks
        try:
            bands = chosen.chosen
        except SkysegError as error:
            self.fail(worded(error))
            return False
        self.start_other()
        self._overwrites = session.overwrite
        self.follower.start(
            *(make_stack, bands, chosen.method.value, session.err_type, session.overwrite),
            on_done=self._take_stack,
        )
        return True

    def start_measuring(self) -> bool:
        """Start to measure the chosen band's sources in all bands; return whether it can be."""
        session = self._panel.session
        try:
            plan = plan_measuring(session)
        except SkysegError as error:
            self.fail(worded(error))
            return False
        self._report = RunReport(plan.tasks)
        self._overwrites = session.overwrite
        self._panel.begin()
        self.follower.start(
            *(measure_in_turn, plan),
            on_done=self._finish_measuring,
            on_finished=self._take_measured,
        )
        return True

    def start_advising(self) -> bool:
        """Start to find which threshold is to be advised; return whether it can be."""
        box = self._panel.advice
        try:
            plan = box.plan()
        except SkysegError as error:
            self.fail(worded(error))
            return False
        self.start_other()
        self.follower.start(advise_band, *plan, on_done=self._take_advice)
        return True

    def start_other(self) -> None:
        """Let go of the last run, as other work of the panel begins."""
        self._report = RunReport(())
        self._panel.begin()

    def end(self) -> None:
        """Say what has come out, and offer Run again."""
        self._panel.end(self._report.text)
        if self._report.failed:
            self._on_failed(self._report.failed)

    def fail(self, text: str) -> None:
        """Say why the work has failed."""
        self._panel.end("")
        self._panel.complain(text)
        self._on_failed(text)

    def tell_cancelled(self) -> None:
        """Say what is done of a run that was cancelled."""
        self._panel.end(self._report.cancelled)

    def note(self, text: str) -> None:
        """Say what should be known beside what has come out."""
        self._report.note(text)
        self._panel.say(self._report.text)

    def _tell_note(self, text: str) -> None:
        self.note(text)
        self._on_note(text)

    def _take(self, task: FinishedTask) -> None:
        self._report.take(task)
        self._panel.say(self._report.text)
        if task.failure is None:
            give_all([task], self._report.bands)
            self._on_finished(task)

    def _take_advice(self, found: Recommendation) -> None:
        self._report.note(self._panel.advice.show(found))
        self._on_done()

    def _take_stack(self, stack: BandData) -> None:
        self._panel.session.add_stack(stack)
        self._report.note(f"{name_band(stack)} is a stack of {len(stack.members)} bands")
        self._on_stacked(stack)
        self._finish()

    def _take_measured(self, measured: MeasuredBand) -> None:
        self._report.take(measured)
        self._panel.say(self._report.text)
        give_measured(measured, self._panel.session.data())

    def _finish_measuring(self, detection: BandData) -> None:
        self._report.name_failed()
        bands = self._panel.session.data()
        self._on_measured(next(each for each in bands if each == detection))
        self._finish()

    def _finish(self) -> None:
        if self._overwrites:
            self._panel.session.overwrite = False
        self._on_done()
