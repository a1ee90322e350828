"""The kinds of change and the classes of the difference map, with their one set of colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, get_args

Kind = Literal["new", "lost", "split", "merged", "grown", "shrunk", "matched"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CHANGES: Final[tuple[Kind, ...]] = KINDS[:-1]

# Apart from each other for all forms of colour blindness; after Okabe and Ito (2008).
KIND_COLOURS: Final[dict[Kind, str]] = {
    "new": "#56b4e9",
    "lost": "#e69f00",
    "split": "#f0e442",
    "merged": "#cc79a7",
    "grown": "#009e73",
    "shrunk": "#d55e00",
    "matched": "#5a5a5a",
}


class DifferenceClass(IntEnum):
    """What a pixel of a difference map says; the number rises with what it tells."""

    BACKGROUND = 0
    BOTH = 1
    ONLY_A = 2
    ONLY_B = 3
    DIVIDED = 4


@dataclass(frozen=True)
class LegendEntry:
    """One class of the difference map as a viewer shows it.

    Attributes
    ----------
    value : DifferenceClass
        The value of the class in the map.
    text : str
        What the class means.
    colour : str
        Its colour as ``#rrggbb``.
    """

    value: DifferenceClass
    text: str
    colour: str


LEGEND: Final[tuple[LegendEntry, ...]] = (
    LegendEntry(DifferenceClass.BACKGROUND, "background in both", "#000000"),
    LegendEntry(DifferenceClass.BOTH, "same source in both", "#5a5a5a"),
    LegendEntry(DifferenceClass.ONLY_A, "only in a", "#e69f00"),
    LegendEntry(DifferenceClass.ONLY_B, "only in b", "#56b4e9"),
    LegendEntry(DifferenceClass.DIVIDED, "in both, divided otherwise", "#ffff99"),
)
