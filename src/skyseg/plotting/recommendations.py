"""How pure and how many detections are against the threshold, as a figure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

from skyseg.assessment import Recommendation
from skyseg.assessment.advising import spell_kernel
from skyseg.errors import check_kind
from skyseg.plotting.figures import open_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from skyseg.assessment.noise_curves import NoiseCurve

_LEAST: Final = 0.5


def plot_recommendation(
    found: Recommendation,
    *,
    ax: Axes | None = None,
    save: str | os.PathLike[str] | None = None,
    show: bool = False,
) -> Axes:
    """Plot what the image and its negative have against the threshold, as it is recommended.

    Parameters
    ----------
    found : Recommendation
        What `skyseg.advise` gave.
    ax, save, show : optional
        As for `skyseg.plotting.plot_band`.

    Raises
    ------
    ParameterError, ProductError
        If it is no recommendation, or the figure cannot be written.

    Examples
    --------
    >>> plot_recommendation(band.advise(0.95)).get_ylabel()
    'detections'
    """
    check_kind(found, Recommendation, "found", "give what advise returned")
    curve, best = found.best.curve, found.best
    with open_panel(ax, None, None, save, show) as panel:
        panel.plot(curve.sigma, curve.n_positive, color="C0", label="image")
        panel.plot(curve.sigma, curve.n_negative, ".", color="C1", label="negative")
        # a line that goes on to 0 would fall off the axis
        noise = np.where(curve.n_noise >= _LEAST, curve.n_noise, np.nan)
        panel.plot(curve.sigma, noise, color="C1", label="noise that is expected")
        label = f"purity {best.purity:.3f} at {best.sigma:.2f} sigma"
        panel.axvline(best.sigma, color="0.4", linestyle="--", label=label)
        own = found.as_it_is
        if own is not None:
            label = f"as it is: {own.sigma:.2f} sigma"
            if own.curve is not curve:
                label += f", {_spell_curve(own.curve)}"
            seen = own.curve.n_positive[own.place]
            panel.plot([own.sigma], [seen], "D", color="0.3", label=label)
        panel.set_yscale("log")
        panel.set_ylim(_LEAST, 2 * max(curve.n_positive.max(), 1))
        panel.set_xlabel("threshold / sigma of the filtered sky")
        panel.set_ylabel("detections")
        panel.set_title(_spell_curve(curve), fontsize="medium")
        panel.legend()
    return panel


def _spell_curve(curve: NoiseCurve) -> str:
    return f"{curve.err_type}, {spell_kernel(curve.kernel)}, {curve.minarea} pixels"
