"""What a person is offered to do to a map: words, keys, and for how many sources each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Deed = Literal[
    "delete",
    "give",
    "merge",
    "contrast",
    "seeds",
    "line",
    "outline",
    "brush",
    "grow",
    "shrink",
    "smooth",
    "fill_holes",
    "mark",
    "undo",
    "redo",
    "next",
    "previous",
]


@dataclass(frozen=True)
class Offer:
    """Something that can be done.

    Attributes
    ----------
    deed : str
        What it is.
    title : str
        What a button says.
    key : str
        The key that does it, such as ``"Shift+D"``.
    about : str
        What it does, in a sentence.
    least, most : int
        Of how many selected sources it can be done; -1 for any number.
    """

    deed: Deed
    title: str
    key: str
    about: str
    least: int = 0
    most: int = -1

    def suits(self, number: int) -> bool:
        """Tell whether it can be done with so many selected sources.

        Examples
        --------
        >>> [OFFERS["merge"].suits(number) for number in (1, 2, 3)]
        [False, True, True]
        """
        return number >= self.least and (self.most < 0 or number <= self.most)

    @property
    def hint(self) -> str:
        """What it does, and its key."""
        return f"{self.about} ({self.key})"


_ALL: Final = (
    Offer("delete", "Delete", "D", "Make the selected sources background", 1),
    Offer("give", "Give away", "Shift+D", "Give each to the neighbour that it touches most", 1),
    Offer("merge", "Merge", "J", "Make one source of the selected ones", 2),
    Offer("contrast", "Split", "S", "Deblend the source anew, with another contrast", 1, 1),
    Offer("seeds", "Seeds", "Shift+S", "Split the source among seeds that you click", 1, 1),
    Offer("line", "Line", "K", "Split the source along a line that you click", 1, 1),
    Offer(
        "outline", "Draw", "N", "Draw a new source: corners by clicks, or an ellipse by dragging"
    ),
    Offer("brush", "Brush", "R", "Paint, fill and erase what is in view with napari's tools"),
    Offer("grow", "Grow", "G", "Let the selected sources grow into the background", 1),
    Offer("shrink", "Shrink", "Shift+G", "Take pixels from the edge of the selected sources", 1),
    Offer("smooth", "Smooth", "O", "Smooth the edges of the selected sources", 1),
    Offer("fill_holes", "Fill holes", "H", "Give the selected sources what they enclose", 1),
    Offer("mark", "Mark", "W", "Say a word on the selected sources", 1),
    Offer("undo", "Undo", "U", "Take the last edit back"),
    Offer("redo", "Redo", "Shift+U", "Do the edit again that was taken back last"),
    Offer("next", "Next", "Q", "Go to the next questionable source"),
    Offer("previous", "Previous", "Shift+Q", "Go to the questionable source before"),
)

OFFERS: Final[dict[str, Offer]] = {offer.deed: offer for offer in _ALL}
"""All of them by what they are, in the order in which they are shown."""

WORDS: Final = ("star", "artefact", "keep", "questioned")
"""Words that are offered to be said on a source."""
