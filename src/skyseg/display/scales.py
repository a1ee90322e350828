"""How values become grey or colour: cuts that are found in the pixels, and stretches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np

from skyseg.display.rendering import choose_sci_limits
from skyseg.engine.types import AnyFloatImage, FloatArray

Stretch = Literal["linear", "asinh", "sqrt", "log"]
STRETCHES: Final[tuple[Stretch, ...]] = get_args(Stretch)

Cuts = Literal["auto", "min to max", "99.5 %", "99 %", "98 %", "95 %", "by hand"]
CUTS: Final[tuple[Cuts, ...]] = get_args(Cuts)

# napari and matplotlib both know these names
Colormap = Literal["gray", "gray_r", "viridis", "magma", "inferno", "plasma", "turbo"]
COLORMAPS: Final[tuple[Colormap, ...]] = get_args(Colormap)

_LOG = 1000.0
_AUTO_PERCENT = 98.0
_SOFTENING = 0.1
_SOFTEST = 1e-4, 1.0


@dataclass(frozen=True)
class Limits:
    """What a stretch needs of an image.

    Attributes
    ----------
    low, high : float
        Values drawn with the first and the last colour; ``low < high``.
    softening : float
        Where asinh turns from linear to logarithmic, above ``low`` and in parts
        of ``high - low``.
    """

    low: float
    high: float
    softening: float = _SOFTENING

    def moved(self, low: float, high: float) -> Limits:
        """Return other limits, with the stretch as soft as before in values of the image.

        Examples
        --------
        >>> Limits(0.0, 10.0, 0.2).moved(0.0, 20.0).softening
        0.1
        """
        softening = self.softening * (self.high - self.low) / (high - low)
        return Limits(low, high, float(np.clip(softening, *_SOFTEST)))


def choose_limits(image: AnyFloatImage, role: str, cuts: Cuts) -> Limits:
    """Find the limits of an image in its pixels.

    Parameters
    ----------
    image : ndarray of float, shape (ny, nx)
        The image, or rows of it; what is not finite is ignored.
    role : str
        What it shows; in SCI the noise decides what "auto" gives, and how soft asinh
        is.
    cuts : str
        One of `CUTS`; a percentage is of the pixels, as many above as below it are
        cut. "by hand" finds what "auto" does.

    Returns
    -------
    Limits

    Examples
    --------
    >>> choose_limits(np.array([[0.0, 1.0], [2.0, 9.0]]), "WHT", "min to max")
    Limits(low=0.0, high=9.0, softening=0.1)
    """
    automatic = cuts in ("auto", "by hand")
    if role == "SCI":
        found = Limits(*choose_sci_limits(image))
        if automatic:
            return found
        return found.moved(*_find_edges(image, cuts))
    return Limits(*_find_edges(image, f"{_AUTO_PERCENT} %" if automatic else cuts))


def _find_edges(image: AnyFloatImage, cuts: str) -> tuple[float, float]:
    pixels = image[np.isfinite(image)]
    if not pixels.size:
        return 0.0, 1.0
    percent = 100.0 if cuts == "min to max" else float(cuts.removesuffix(" %"))
    outside = (100.0 - percent) / 2
    low, high = (float(edge) for edge in np.percentile(pixels, (outside, 100.0 - outside)))
    return (low, high) if high > low else (low, low + (abs(low) or 1.0))


def stretch_parts(parts: Any, stretch: Stretch, softening: float) -> FloatArray:
    """Return how bright values are drawn.

    Parameters
    ----------
    parts : array_like of float
        Where values lie between the limits, 0 to 1.
    stretch : {"linear", "asinh", "sqrt", "log"}
        The stretch; log is that of 1000 times the part, plus 1.
    softening : float
        Where asinh turns from linear to logarithmic.

    Returns
    -------
    ndarray of float64
        0 to 1, rising.

    Examples
    --------
    >>> stretch_parts([0.0, 0.25, 1.0], "sqrt", 0.1).tolist()
    [0.0, 0.5, 1.0]
    """
    clipped: FloatArray = np.clip(np.asarray(parts, np.float64), 0.0, 1.0)
    drawn: FloatArray = clipped
    if stretch == "asinh":
        drawn = np.arcsinh(clipped / softening) / np.arcsinh(1.0 / softening)
    elif stretch == "sqrt":
        drawn = np.sqrt(clipped)
    elif stretch == "log":
        drawn = np.log1p(_LOG * clipped) / np.log1p(_LOG)
    return drawn
