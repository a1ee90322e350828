"""How pure a catalogue is, as a figure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

import numpy as np

from skyseg.assessment import Purity
from skyseg.errors import check_kind
from skyseg.plotting.figures import check_choice, open_panel, write_plain_ticks

if TYPE_CHECKING:
    from astropy.table import QTable
    from matplotlib.axes import Axes

    from skyseg.engine.types import FloatArray

PurityBy: TypeAlias = Literal["snr", "mag", "area"]
"""By what the purity of a catalogue is told."""

_AXES: Final[dict[PurityBy, tuple[str, str]]] = {
    "snr": ("FLUX_AUTO / FLUXERR_AUTO", "log"),
    "mag": ("MAG_AUTO / AB mag", "linear"),
    "area": ("ISOAREAF_IMAGE / pix", "log"),
}
_OPEN: Final = 1.6  # an open bin is drawn as wide as this factor


def plot_purity(
    purity: Purity,
    by: PurityBy = "snr",
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot the part of detections that is real, bin by bin, with its error as far as 0 and 1.

    Parameters
    ----------
    purity : skyseg.assessment.Purity
        What was found.
    by : {"snr", "mag", "area"}, optional
        By S/N, by magnitude or by area.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError
        If it is no purity, or there is no such kind of bins.
    ProductError
        If the figure cannot be written.

    Examples
    --------
    >>> band.segment()
    >>> plot_purity(band.assess().purity, save="purity.png").get_ylabel()
    'purity'
    """
    check_kind(purity, Purity, "purity", "give the purity of an assessment")
    check_choice(by, get_args(PurityBy), "purity by")
    label, scale = _AXES[by]
    table: QTable = getattr(purity, f"by_{by}")
    known = table[np.isfinite(np.asarray(table["PURITY"]))]
    low, high = _close(np.asarray(known["LOW"]), np.asarray(known["HIGH"]), scale)
    middle = np.sqrt(low * high) if scale == "log" else (low + high) / 2
    part, error = np.asarray(known["PURITY"]), np.asarray(known["PURITY_ERR"])
    with open_panel(ax, None, None, save, show) as panel:
        panel.errorbar(
            middle, part, [np.minimum(error, part), np.minimum(error, 1 - part)],
            [middle - low, high - middle], fmt="o", ms=3, lw=1, color="#2a9d8f",
        )  # fmt: skip
        panel.axhline(1, lw=0.5, color="#888888")
        if not len(known):
            panel.set_xticks([])
            panel.text(0.5, 0.5, "no detections", ha="center", transform=panel.transAxes)
        elif scale == "log":
            panel.set_xscale(scale)
            write_plain_ticks(panel.xaxis)
        panel.set_ylim(-0.05, 1.1)
        panel.set_xlabel(label)
        panel.set_ylabel("purity")
    return panel


def _close(low: FloatArray, high: FloatArray, scale: str) -> tuple[FloatArray, FloatArray]:
    """Give open bins an end that can be drawn."""
    low, high = low.astype(np.float64), high.astype(np.float64)
    if scale == "log":
        low = np.where(low > 0, low, high / _OPEN)
    return low, np.where(np.isfinite(high), high, low * _OPEN)
