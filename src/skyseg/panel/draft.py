"""An edit that a person is about to do: what was clicked so far, and what it would change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

from skyseg.editing.edited_map import Patch
from skyseg.editing.operations import Cut, Deblend, Draw, Operation, Point, Split
from skyseg.editing.verbs import EditVerbs

Tool = Literal["contrast", "seeds", "line", "outline"]

TOOLS: Final[dict[str, Tool]] = {
    "contrast": "contrast",
    "seeds": "seeds",
    "line": "line",
    "outline": "outline",
}
"""All ways to begin a draft."""

STEPS: Final = 100
"""The largest step of a slider of contrasts."""

_CORNERS: Final = 32
_NEEDED: Final[dict[Tool, int]] = {"contrast": 0, "seeds": 2, "line": 2, "outline": 3}
_ASKS: Final[dict[Tool, str]] = {
    "contrast": "",
    "seeds": "click a seed on each part",
    "line": "click the line across the source, from edge to edge",
    "outline": "click the corners of the new source, or drag an ellipse",
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
    revises : str
        The edit that is done otherwise so; empty for a new one.
    """

    tool: Tool
    label: int = 0
    points: tuple[Point, ...] = ()
    mincont: float = 0.005
    nthresh: int = 32
    over: bool = False
    patch: Patch | None = None
    problem: str = ""
    revises: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it can be done, as far as is known."""
        return self.is_enough and (self.patch is not None or bool(self.revises))

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
        if self.revises:
            return "the edit is done otherwise, and those after it again"
        if self.patch is None and self.tool == "contrast":
            return f"source {self.label} stays one at this contrast"
        if self.patch is None:
            return self.problem
        if self.tool == "outline":
            drawn = int((self.patch.before != self.patch.after).sum())
            return f"a new source of {drawn} pixels"
        return f"source {self.label} in {len(self.patch.labels)} parts"

    @property
    def values(self) -> dict[str, Any]:
        """What it is done with, by the fields of the operation."""
        if self.tool == "contrast":
            return {"mincont": self.mincont, "nthresh": self.nthresh}
        if self.tool == "outline":
            return {"outline": self.points, "over": self.over}
        return {self.tool: self.points}

    @classmethod
    def of(cls, operation: Operation) -> Draft | None:
        """Return the draft by which an edit is done otherwise; None where there is none."""
        if isinstance(operation, Deblend):
            return cls(
                "contrast", operation.label, mincont=operation.mincont,
                nthresh=operation.nthresh, revises=operation.id,
            )  # fmt: skip
        if isinstance(operation, Split):
            return cls("seeds", operation.label, operation.seeds, revises=operation.id)
        if isinstance(operation, Cut):
            return cls("line", operation.label, operation.line, revises=operation.id)
        if isinstance(operation, Draw) and operation.outline:
            return cls(
                "outline", points=operation.outline, over=operation.over, revises=operation.id
            )
        return None

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


def trace_ellipse(x0: float, y0: float, x1: float, y1: float) -> tuple[Point, ...]:
    """Return the corners of the ellipse that fills a box, given by two of its corners.

    Examples
    --------
    >>> trace_ellipse(0, 0, 10, 4)[0]
    (10.0, 2.0)
    """
    centre, half = ((x0 + x1) / 2, (y0 + y1) / 2), (abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    angles = [2 * math.pi * step / _CORNERS for step in range(_CORNERS)]
    return tuple(
        (
            round(centre[0] + half[0] * math.cos(angle), 2),
            round(centre[1] + half[1] * math.sin(angle), 2),
        )
        for angle in angles
    )


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
