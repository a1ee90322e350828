"""Why?: what a run made of the pixel that is clicked on, as viewers show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from psygnal import Signal

from skyseg.assessment import Why
from skyseg.assessment.why_text import Origin, tell
from skyseg.engine.types import ByteImage
from skyseg.errors import ParameterError, SkysegError
from skyseg.panel.figures import colour_axes, draw_figure, make_axes
from skyseg.panel.wording import worded
from skyseg.survey import BandData
from skyseg.survey.band_why import BandWhy

ABOUT_WHY: Final = (
    "Tell what the run made of the pixel that is clicked on: its light, its region, deblending "
    "and CLEAN, and what would change it"
)
_ORIGIN: Final[Origin] = 1  # viewers show pixels from 1
_CLICK: Final = "click on a pixel"
_INCHES = (3.3, 2.8)
_SMALL: Final = 7

Run = Callable[[Callable[[], Why], Callable[[Why], None], Callable[[Exception], None]], None]


class WhyAnswers:
    """Answers about the pixels that are clicked on, while they are asked for.

    Parameters
    ----------
    run : callable
        ``run(work, then, failed)`` calls ``work()`` in another thread and afterwards ``then``
        with what it returned, or ``failed`` with what it raised, where the window can be
        drawn on.

    Attributes
    ----------
    asking : bool
        Whether clicks ask.
    said : str
        The last answer in words, pixels from 1, what is to be done, or why there is none.
    answer : Why or None
        The last answer.
    changed : Signal
        Emitted when one of these is another.

    Examples
    --------
    >>> answers = WhyAnswers(lambda work, then, failed: then(work()))
    >>> answers.toggle(True)
    >>> answers.ask(band, 5, 5)
    >>> answers.answer.verdict
    'below'
    """

    changed = Signal()

    def __init__(self, run: Run) -> None:
        self._run = run
        self.asking, self.said = False, ""
        self.answer: Why | None = None
        self._kept: BandWhy | None = None
        self._asked: Any = None

    def toggle(self, asking: bool) -> None:
        """Let clicks ask, or not; what was told goes with it."""
        self.asking, self._asked = asking, None
        self._show(_CLICK if asking else "", None)

    def ask(self, band: BandData | None, x: float, y: float) -> None:
        """Ask about a pixel of the map of a band, while clicks ask.

        Parameters
        ----------
        band : BandData or None
            The band whose map is looked at; None for a map of no band.
        x, y : float
            Column and row of the map, from 0.
        """
        if self.asking:
            self._begin(band, lambda answers: _look_at(answers, x, y))

    def ask_source(self, band: BandData | None, number: int) -> None:
        """Ask about a source, while clicks ask."""
        if self.asking:
            self._begin(band, lambda answers: answers.of_source(number))

    def _begin(self, band: BandData | None, look: Callable[[BandWhy], Why]) -> None:
        asked = self._asked = object()
        try:
            answers = self._open(band)
        except SkysegError as error:
            self._show(worded(error), None)
            return
        self._show("looking ...", None)
        self._run(
            lambda: look(answers),
            lambda told: self._show(tell(told, _ORIGIN), told) if self._asked is asked else None,
            lambda error: self._fail(error, asked),
        )

    def _open(self, band: BandData | None) -> BandWhy:
        """Return the answers of a band's run; the image is read anew where the run is another."""
        if band is None or band.products is None:
            raise ParameterError("this map is of no run", hint="choose one that skyseg made")
        if self._kept is None or self._kept.products is not band.products:
            self._kept = BandWhy(band)
        return self._kept

    def _fail(self, error: Exception, asked: object) -> None:
        if not isinstance(error, SkysegError):
            raise error
        if self._asked is asked:
            self._show(worded(error), None)

    def _show(self, said: str, answer: Why | None) -> None:
        self.said, self.answer = said, answer
        self.changed.emit()


def _look_at(answers: BandWhy, x: float, y: float) -> Why:
    ny, nx = answers.shape
    if not (-0.5 <= x < nx - 0.5 and -0.5 <= y < ny - 0.5):
        raise ParameterError(
            f"pixel ({x + 1:.0f}, {y + 1:.0f}), counted from 1, is outside the map of {nx} x {ny} "
            "pixels",
            hint="click inside it",
        )
    return answers.at((x, y))


def draw_thresholds(why: Why | None, ink: str = "#bbbbbb") -> ByteImage | None:
    """Draw the tree of thresholds of an answer, pixels from 1; None where nothing falls apart.

    Parameters
    ----------
    why : Why or None
        The answer.
    ink : str, optional
        Colour of axes and texts; the ground is transparent.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4), or None
        Red, green, blue and opacity.
    """
    if why is None or why.tree is None or len(why.tree.branches) < 2:
        return None
    from skyseg.plotting import plot_tree

    axes = make_axes(_INCHES)
    plot_tree(why, origin=_ORIGIN, ax=axes)
    texts = (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts)
    colour_axes(axes, texts, ink, _SMALL)
    return draw_figure(axes.figure)
