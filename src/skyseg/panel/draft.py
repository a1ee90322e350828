"""An edit that a person is about to do: what was clicked so far, and what it would change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from skyseg.editing.edited_map import Patch
from skyseg.editing.operations import Operation, Point
from skyseg.editing.verbs import EditVerbs

Tool = Literal["contrast", "seeds", "line", "outline"]

STEPS: Final = 100
"""The largest step of a slider of contrasts."""

_NEEDED: Final[dict[Tool, int]] = {"contrast": 0, "seeds": 2, "line": 2, "outline": 3}
_ASKS: Final[dict[Tool, str]] = {
    "contrast": "move the contrast until the parts are right",
    "seeds": "click a seed on each part",
    "line": "click the line across the source, from edge to edge",
    "outline": "click the corners of the new source",
}


@dataclass(frozen=True)
class Draft:
    """An edit that is not done yet.

    Attributes
    ----------
    tool : {"contrast", "seeds", "line", "outline"}
        How a source is split, or that a new one is drawn.
    label : int
        The source that is split; 0 for a new one.
    points : tuple of (float, float)
        What was clicked: x and y in pixels from 0.
    mincont : float
        DEBLEND_MINCONT, for ``"contrast"``.
    nthresh : int
        DEBLEND_NTHRESH, for it.
    over : bool
        Whether what is drawn takes pixels of other sources.
    patch : Patch or None
        What it would change; None where it cannot be done as it is.
    problem : str
        Why it cannot be done; empty where it can.
    """

    tool: Tool
    label: int = 0
    points: tuple[Point, ...] = ()
    mincont: float = 0.005
    nthresh: int = 32
    over: bool = False
    patch: Patch | None = None
    problem: str = ""

    @property
    def is_enough(self) -> bool:
        """Whether enough was clicked for it to be tried."""
        return len(self.points) >= _NEEDED[self.tool]

    @property
    def text(self) -> str:
        """What is to be done next, or what it would give, in a line.

        Examples
        --------
        >>> Draft("seeds", 5).text
        'click a seed on each part'
        """
        if not self.is_enough:
            return _ASKS[self.tool]
        if self.patch is None:
            return self.problem or _ASKS[self.tool]
        if self.tool == "outline":
            drawn = int((self.patch.before != self.patch.after).sum())
            return f"a new source of {drawn} pixels"
        return f"source {self.label} in {len(self.patch.labels)} parts"

    def do(self, verbs: EditVerbs, why: str = "") -> Operation:
        """Do it.

        Parameters
        ----------
        verbs : EditVerbs
            What it is done to.
        why : str, optional
            A reason, for the journal.
        """
        if self.tool == "outline":
            return verbs.draw(self.points, over=self.over, why=why)
        if self.tool == "seeds":
            return verbs.split(self.label, self.points, why=why)
        if self.tool == "line":
            return verbs.split(self.label, line=self.points, why=why)
        return verbs.split(self.label, mincont=self.mincont, nthresh=self.nthresh, why=why)


def contrast_at(step: int) -> float:
    """Return the contrast (DEBLEND_MINCONT) at a step of a slider, from 0 to `STEPS`.

    Examples
    --------
    >>> [contrast_at(step) for step in (0, 50, 54, 100)]
    [1e-05, 0.00316, 0.00501, 1.0]
    """
    return float(f"{10 ** (step * 5 / STEPS - 5):.3g}")


def step_of(mincont: float) -> int:
    """Return the step of a slider that is nearest to a contrast.

    Examples
    --------
    >>> step_of(0.005)
    54
    """
    return min(max(round((math.log10(max(mincont, 1e-5)) + 5) * STEPS / 5), 0), STEPS)
