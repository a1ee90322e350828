"""What an assessment found: in words, its bins as a table, and as a picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from astropy.table import QTable

from skyseg.assessment import Assessment, find_purity
from skyseg.assessment.bins import COLUMNS
from skyseg.engine.types import ByteImage
from skyseg.methods.catalogue import without_unit
from skyseg.panel.figures import colour_axes, draw_figure, make_axes

Part = Literal["purity", "completeness"]


@dataclass(frozen=True)
class BinColumn:
    """A column of bins: its title, and its name in the table of them."""

    title: str
    name: str


_EDGES: Final = (BinColumn("from", "LOW"), BinColumn("to", "HIGH"))
_COLUMNS: Final[dict[Part, tuple[BinColumn, ...]]] = {
    "purity": (
        *_EDGES,
        BinColumn("detected", "N_POSITIVE"),
        BinColumn("negative", "N_NEGATIVE"),
        BinColumn("purity", "PURITY"),
        BinColumn("error", "PURITY_ERR"),
    ),
    "completeness": (
        *_EDGES,
        BinColumn("put in", "N"),
        BinColumn("found", "FOUND"),
        BinColumn("completeness", "COMPLETENESS"),
        BinColumn("error", "COMPLETENESS_ERR"),
        BinColumn("blended", "BLENDED"),
        BinColumn("mag bias", "MAG_BIAS"),
    ),
}  # fmt: skip
_COUNTS: Final[dict[Part, tuple[str, ...]]] = {
    "purity": ("N_POSITIVE", "N_NEGATIVE"), "completeness": ("N",)
}  # fmt: skip
_WHOLE: Final = frozenset({"N_POSITIVE", "N_NEGATIVE", "N", "FOUND"})
VIEWS: Final[dict[str, tuple[Part, Any]]] = {
    "S/N": ("purity", "snr"),
    "magnitude": ("purity", "mag"),
    "area": ("purity", "area"),
    "completeness by magnitude": ("completeness", "mag"),
    "completeness by size": ("completeness", "size"),
    "completeness by surface brightness": ("completeness", "sb"),
}
"""What a person chooses: what is shown, the first ones of the purity."""

COMPLETE: Final = "completeness by magnitude"
"""What is shown once sources were put in."""

_INCHES, _SMALL = (3.4, 2.0), 7


def list_views(found: Assessment | None) -> list[str]:
    """List what can be shown of an assessment."""
    has_sources = found is not None and found.completeness is not None
    return [name for name, (part, _) in VIEWS.items() if part == "purity" or has_sources]


class BinTable:
    """Rows of the bins of an assessment; those without any source are left out.

    Examples
    --------
    >>> table = BinTable()
    >>> len(table), table.titles[2]
    (0, 'detected')
    """

    def __init__(self) -> None:
        self._part: Part = "purity"
        self._rows: list[tuple[float, ...]] = []
        self._units: dict[str, str] = {}

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of the columns."""
        return tuple(each.title for each in _COLUMNS[self._part])

    def show(self, found: Assessment | None, view: str = next(iter(VIEWS))) -> None:
        """Show the bins of an assessment; none where there is none."""
        self._part, by = VIEWS[view]
        self._rows, self._units = [], {}
        held = None if found is None else getattr(found, self._part)
        if held is not None:
            table: QTable = getattr(held, f"by_{by}")
            names = [each.name for each in _COLUMNS[self._part]]
            self._units = {
                name: str(table[name].unit) for name in names if table[name].unit is not None
            }
            full = np.any([table[name] > 0 for name in _COUNTS[self._part]], axis=0)
            columns = (without_unit(table[name])[full].tolist() for name in names)
            self._rows = list(zip(*columns, strict=True))

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        value, name = self._rows[row][column], _COLUMNS[self._part][column].name
        if not math.isfinite(value):
            return ""
        is_part = name not in _WHOLE and name not in ("LOW", "HIGH")
        return f"{value:.3f}" if is_part else f"{value:.4g}" if name not in _WHOLE else f"{value:g}"

    def colour(self, row: int, column: int) -> str | None:
        """Return none: cells have no colours."""
        return None

    def explain(self, column: int) -> str:
        """Say what a column holds, and in which unit."""
        name = _COLUMNS[self._part][column].name
        unit = self._units.get(name)
        return f"{COLUMNS[name]}{f' [{unit}]' if unit else ''}"

    def sort(self, column: int, *, rising: bool = True) -> None:
        """Sort the rows by a column; what has no number comes last."""
        place = max(column, 0)

        def find_key(row: tuple[float, ...]) -> tuple[bool, float]:
            value = row[place]
            return math.isnan(value), value if rising else -value

        self._rows.sort(key=find_key)


def tell_negatives(n_positive: int, n_negative: int) -> str:
    """Say what the negative has, and the purity of what was detected.

    Examples
    --------
    >>> tell_negatives(212, 3)
    '3 on the negative: 98.6 % ± 0.8 % pure'
    """
    told = f"{n_negative} on the negative"
    if not n_positive:
        return told
    purity, error = find_purity(n_positive, n_negative)
    return f"{told}: {100 * purity:.1f} % ± {100 * error:.1f} % pure"


def draw_view(found: Assessment, view: str, ink: str = "#bbbbbb") -> ByteImage:
    """Draw a view of an assessment, small.

    Parameters
    ----------
    found : Assessment
        What was found.
    view : str
        One of `list_views`.
    ink : str, optional
        Colour of axes and texts; the ground is transparent.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        Red, green, blue and opacity.
    """
    from skyseg.plotting.assessments import plot_completeness
    from skyseg.plotting.purity import plot_purity

    part, by = VIEWS[view]
    complete = found.completeness
    if part == "purity" or complete is None:
        return _draw_small(lambda axes: plot_purity(found.purity, by, ax=axes), ink)
    return _draw_small(lambda axes: plot_completeness(complete, by, ax=axes), ink)


def _draw_small(draw: Callable[[Any], Any], ink: str) -> ByteImage:
    axes = make_axes(_INCHES)
    draw(axes)
    legend = axes.get_legend()
    texts = [] if legend is None else legend.get_texts()
    colour_axes(axes, (axes.xaxis.label, axes.yaxis.label, *texts), ink, _SMALL)
    if legend is not None:
        legend.get_frame().set_alpha(0)
    return draw_figure(axes.figure)
