"""What came of the steps of the pipeline, or would, as a table that is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from skyseg.errors import PYTHON, SkysegError, Wording
from skyseg.imaging.tables import html_table, text_table

State: TypeAlias = Literal["made", "loaded", "made anew", "failed", "left out"]
"""What comes of a step: its product is made, loaded as it is, or made anew since it was stale;
or it has failed, or has been left out since one before it has."""

_MOST_CLAUSES: Final = 2
_PLANNED: Final[dict[str, str]] = {
    "made": "to make", "loaded": "to load", "made anew": "to make anew"
}  # fmt: skip


@dataclass(frozen=True)
class StepRun:
    """A step of the pipeline after it was done, or looked at.

    Attributes
    ----------
    name : {"stack", "mask", "segment", "edits", "phot", "depths", "catalogue"}
        What is done.
    key : str
        The band; that of the detection for a stack and a segmentation; empty for the catalogue.
    state : {"made", "loaded", "made anew", "failed", "left out"}
        What came of it; in a plan what would.
    why : str
        Why it is made anew, has failed or is left out.
    seconds : float
        How long it took.
    error : SkysegError or None
        Why it has failed.
    """

    name: str
    key: str
    state: State
    why: str = ""
    seconds: float = 0.0
    error: SkysegError | None = None

    @property
    def is_done(self) -> bool:
        """Whether its product is there."""
        return self.state in ("made", "loaded", "made anew")

    def tell_why(self, wording: Wording = PYTHON) -> str:
        """Return why, with arguments spelled as a surface does."""
        return self.why if self.error is None else self.error.advice.worded(wording)


class StepRuns(list[StepRun]):
    """Steps of the pipeline in their order, printed as a table.

    Parameters
    ----------
    runs : iterable of StepRun
        The steps.
    planned : bool, optional
        Whether they were looked at alone, and nothing was made.

    Examples
    --------
    >>> StepRuns([StepRun("segment", "F444W", "made", "it is not there")], planned=True)
    STEP     BAND   STATE    WHY
    -------  -----  -------  ---------------
    segment  F444W  to make  it is not there
    """

    def __init__(self, runs: Iterable[StepRun] = (), *, planned: bool = False) -> None:
        super().__init__(runs)
        self.planned = planned

    @property
    def columns(self) -> tuple[str, ...]:
        """Heads of the table."""
        return ("STEP", "BAND", "STATE", *(() if self.planned else ("SECONDS",)), "WHY")

    def list_rows(self, wording: Wording = PYTHON) -> list[list[str]]:
        """List the rows of the table: each reason once, and short where an error tells it too.

        Parameters
        ----------
        wording : Wording, optional
            How arguments are spelled.

        Returns
        -------
        list of list of str
        """
        return list(self._yield_rows(wording))

    def _yield_rows(self, wording: Wording) -> Iterator[list[str]]:
        for number, run in enumerate(self):
            why = _shorten(run.tell_why(wording))
            if (told := find_told(self[:number], run)) is not None:
                why = f"as {told.name} {told.key}".rstrip()
            elif run.error is not None and not self.planned:
                why = replace(run.error.advice, hint="", where="").worded(wording)
            state = _PLANNED.get(run.state, run.state) if self.planned else run.state
            seconds = [] if self.planned else [f"{run.seconds:.2f}"]
            yield [run.name, run.key or "-", state, *seconds, why or "-"]

    def __repr__(self) -> str:
        return text_table(self.columns, self.list_rows())

    def _repr_html_(self) -> str:
        return html_table("Plan" if self.planned else "Pipeline", self.columns, self.list_rows())


def find_told(before: Iterable[StepRun], run: StepRun) -> StepRun | None:
    """Find the step of the same band, done before, that has failed for the same reason."""
    if run.error is None:
        return None
    same = (each for each in before if each.key == run.key and each.why == run.why)
    return next((each for each in same if each.error is not None), None)


def _shorten(why: str) -> str:
    """Return the first clauses of a reason; the whole of it is in ``why`` of the step.

    Examples
    --------
    >>> _shorten("A was 1 and is 2; B was 1 and is 2; C was 1 and is 2; D was 1 and is 2")
    'A was 1 and is 2; B was 1 and is 2; and 2 more'
    """
    clauses = why.split("; ")
    more = len(clauses) - _MOST_CLAUSES
    return "; ".join([*clauses[:_MOST_CLAUSES], *([f"and {more} more"] if more > 0 else [])])
