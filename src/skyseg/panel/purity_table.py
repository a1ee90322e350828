"""A purity in words, its bins as a table, and as a picture."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from skyseg.assessment import Purity, find_purity
from skyseg.engine.types import ByteImage
from skyseg.plotting.purity import PurityBy, plot_purity

BY: Final[dict[str, PurityBy]] = {"S/N": "snr", "magnitude": "mag", "area": "area"}
"""What a person chooses: by what the purity is shown."""

_COLUMNS: Final = ("from", "to", "detected", "negative", "purity", "error")
_ABOUT: Final = {
    "from": "Lower edge of the bin",
    "to": "Upper edge of the bin",
    "detected": "Sources of the run",
    "negative": "Detections of the same run on the negative image",
    "purity": "Part of the sources that is real",
    "error": "Error of the purity, by the numbers that were counted",
}
_NAMES: Final = ("LOW", "HIGH", "N_POSITIVE", "N_NEGATIVE", "PURITY", "PURITY_ERR")
_INCHES, _DPI, _SMALL = (3.4, 2.0), 100, 7


class PurityTable:
    """Rows of a purity's bins; those without any detection are left out.

    Examples
    --------
    >>> table = PurityTable()
    >>> len(table), table.titles[2]
    (0, 'detected')
    """

    titles = _COLUMNS

    def __init__(self) -> None:
        self._rows: list[tuple[float, ...]] = []

    def show(self, purity: Purity | None, by: PurityBy = "snr") -> None:
        """Show the bins of a purity; none where there is none."""
        self._rows = []
        if purity is not None:
            table = getattr(purity, f"by_{by}")
            rows = zip(*(np.asarray(table[name]).tolist() for name in _NAMES), strict=True)
            self._rows = [row for row in rows if row[2] or row[3]]

    def __len__(self) -> int:
        return len(self._rows)

    def text(self, row: int, column: int) -> str:
        """Return what a cell holds."""
        value = self._rows[row][column]
        if _COLUMNS[column] in ("purity", "error"):
            return "" if math.isnan(value) else f"{value:.3f}"
        return "" if math.isinf(value) else f"{value:g}"

    def colour(self, row: int, column: int) -> str | None:
        """Return none: cells have no colours."""
        return None

    def explain(self, column: int) -> str:
        """Say what a column holds."""
        return _ABOUT[_COLUMNS[column]]

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


def draw_purity(purity: Purity, by: PurityBy = "snr", ink: str = "#bbbbbb") -> ByteImage:
    """Draw a purity, small.

    Parameters
    ----------
    purity : Purity
        What was found.
    by : {"snr", "mag", "area"}, optional
        As for `skyseg.plotting.purity.plot_purity`.
    ink : str, optional
        Colour of axes and texts; the ground is transparent.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        Red, green, blue and opacity.
    """
    figure = Figure(figsize=_INCHES, dpi=_DPI, facecolor="none", layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    axes: Any = figure.subplots()
    axes.patch.set_alpha(0)
    plot_purity(purity, by, ax=axes)
    axes.tick_params(colors=ink, labelsize=_SMALL, which="both", width=0.5)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=ink, fontsize=_SMALL)
    for side in axes.spines.values():
        side.set(color=ink, linewidth=0.5)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()
