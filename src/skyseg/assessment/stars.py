"""The PSF of a field, measured of its stars."""

from __future__ import annotations

from typing import Final

import numpy as np
from astropy.table import Table

from skyseg.assessment.profiles import Psf
from skyseg.engine.rows import Rows, Window
from skyseg.engine.types import FloatArray
from skyseg.errors import ImageError, ParameterError

_NEEDED: Final = (
    "X_IMAGE", "Y_IMAGE", "FLUX_AUTO", "FLUXERR_AUTO", "FLUX_RADIUS", "A_IMAGE", "B_IMAGE",
    "FLAGS",
)  # fmt: skip
_LEAST_SNR: Final = 50.0
_ROUND: Final = 0.75
_LOCUS: Final = 1.06  # of its lower end: radii of stars
_LEAST_STARS: Final = 4
_MOST_STARS: Final = 60
_PART_OF_PEAK: Final = 0.3
_REACH: Final = 6.0  # half-light radii
_SKY: Final = 1.5


def measure_psf(sci: Rows, catalogue: Table) -> Psf:
    """Measure the PSF of an image of the stars in its catalogue.

    Stars are bright, round and unflagged, and lie in the locus of the smallest FLUX_RADIUS.

    Parameters
    ----------
    sci : Rows
        The image.
    catalogue : Table
        Positions, FLUX_AUTO and its error, FLUX_RADIUS, axes and FLAGS of its sources.

    Returns
    -------
    Psf
        The median radial profile of up to 60 of them, the brightest ones.

    Raises
    ------
    ParameterError
        If the catalogue lacks a column, or holds fewer than four stars.
    """
    for name in _NEEDED:
        if name not in catalogue.colnames:
            raise ParameterError(
                f"cannot be measured: the catalogue has no {name}",
                hint="give its width in arcsec or an image of it", argument="psf",
            )  # fmt: skip
    x, y, flux, error, radius, major, minor, flags = (
        _read(catalogue[name]).reshape(len(catalogue), -1)[:, 0] for name in _NEEDED
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        good = (flux / error > _LEAST_SNR) & (minor > _ROUND * major) & (flags == 0) & (radius > 0)
    candidates = np.flatnonzero(good)
    candidates = candidates[np.argsort(radius[candidates], kind="stable")]
    size = radius[candidates]
    count = np.searchsorted(size, _LOCUS * size, side="right") - np.arange(len(size))
    least = max(_LEAST_STARS, _PART_OF_PEAK * count.max(initial=0))
    enough = np.flatnonzero(count >= least)
    if not len(enough):
        raise ParameterError(
            "cannot be measured: there are fewer than four stars",
            hint="give its width in arcsec or an image of it", argument="psf",
        )  # fmt: skip
    stars = candidates[enough[0] : enough[0] + count[enough[0]]]
    stars = stars[np.argsort(-flux[stars], kind="stable")][:_MOST_STARS]
    reach = int(np.ceil(_REACH * np.median(radius[stars])))
    seen = [_read_star(sci, x[star] - 1, y[star] - 1, flux[star], reach) for star in stars]
    away, light = (np.concatenate(each) for each in zip(*seen, strict=True))
    try:
        return Psf.of_light(away, light, float(reach))
    except ImageError as fault:
        raise ParameterError(
            "cannot be measured: the stars have no light in their middles",
            hint="give its width in arcsec or an image of it", argument="psf",
        ) from fault  # fmt: skip


def _read_star(
    sci: Rows, x: float, y: float, flux: float, reach: int
) -> tuple[FloatArray, FloatArray]:
    """Read the pixels around a star: how far each is, and its part of the light."""
    (ny, nx), wide = sci.shape, int(np.ceil(_SKY * reach))
    part = Window(
        max(round(y) - wide, 0), min(round(y) + wide + 1, ny),
        max(round(x) - wide, 0), min(round(x) + wide + 1, nx),
    )  # fmt: skip
    pixels = sci.read(part).astype(np.float64)
    rows, columns = np.ogrid[part.y0 : part.y1, part.x0 : part.x1]
    away = np.hypot(rows - y, columns - x)
    good = np.isfinite(pixels)
    around = pixels[good & (away > reach)]
    sky = float(np.median(around)) if around.size else 0.0
    near = good & (away <= reach)
    return away[near], (pixels[near] - sky) / flux


def _read(column: Table) -> FloatArray:
    return np.asarray(getattr(column, "value", column), np.float64)
