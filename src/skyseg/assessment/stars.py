"""The PSF of a field, measured of its stars."""

from __future__ import annotations

from typing import Final

import numpy as np
from astropy.table import Table

from skyseg.assessment.profiles import Psf
from skyseg.engine.rows import Rows, Window
from skyseg.engine.types import BoolArray, FloatArray, IntArray
from skyseg.errors import ImageError, ParameterError
from skyseg.methods.catalogue import first_values

_NEEDED: Final = (
    "X_IMAGE", "Y_IMAGE", "FLUX_AUTO", "FLUXERR_AUTO", "FLUX_RADIUS", "A_IMAGE", "B_IMAGE",
    "FLAGS",
)  # fmt: skip
_LEAST_SNR: Final = 20.0
_ROUND: Final = 0.9
_LOCUS: Final = 1.08  # of its lower end: radii of stars
_SMALLER: Final = 0.3  # of the stars: sources that may be smaller than all of them
_BAD_PIXELS: Final = 16  # in FLAGS; those are left out of the profile
_LEAST_STARS: Final = 4
_MOST_STARS: Final = 60
_PART_OF_MOST: Final = 0.5
_REACH: Final = 6.0  # half-light radii
_SKY: Final = 1.5
_NARROWEST: Final = 0.65  # half-light radii: anything narrower would be noise of a few pixels


def measure_psf(sci: Rows, catalogue: Table) -> Psf:
    """Measure the PSF of an image of the stars in its catalogue.

    Stars are bright, round and isolated, are not saturated, and lie in the locus of the smallest
    FLUX_RADIUS: hardly any other source of their S/N is smaller.

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
            raise _make_error(f"the catalogue has no {name}")
    x, y, flux, error, radius, major, minor, flags = (
        first_values(catalogue, name) for name in _NEEDED
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        good = (flux / error > _LEAST_SNR) & (radius > 0)
        good &= (flags.astype(np.int64) & ~_BAD_PIXELS) == 0
        stars = _find_stars(radius, good, good & (minor > _ROUND * major))
    if not len(stars):
        raise _make_error("there are fewer than four stars")
    stars = stars[np.argsort(-flux[stars], kind="stable")][:_MOST_STARS]
    usual = float(np.median(radius[stars]))
    reach = int(np.ceil(_REACH * usual))
    seen = [_read_star(sci, x[star] - 1, y[star] - 1, flux[star], reach) for star in stars]
    away, light = (np.concatenate(each) for each in zip(*seen, strict=True))
    try:
        return Psf.of_light(away, light, float(reach), narrowest=_NARROWEST * usual)
    except ImageError as fault:
        raise _make_error("the stars have no light in their middles") from fault


def _find_stars(radius: FloatArray, good: BoolArray, round_: BoolArray) -> IntArray:
    """Find the round sources of the smallest locus of radii; none where there is no such locus."""
    candidates = np.flatnonzero(round_)
    candidates = candidates[np.argsort(radius[candidates], kind="stable")]
    size = radius[candidates]
    count = np.searchsorted(size, _LOCUS * size, side="right") - np.arange(len(size))
    smaller = np.searchsorted(np.sort(radius[good]), size)
    count[(count < _LEAST_STARS) | (smaller > _SMALLER * count)] = 0
    if not count.any():
        return candidates[:0]
    first = np.flatnonzero(count >= _PART_OF_MOST * count.max())[0]
    return candidates[first : first + count[first]]


def _make_error(why: str) -> ParameterError:
    return ParameterError(
        f"the PSF cannot be measured: {why}",
        hint="give its width in arcsec or an image of it with {psf}",
    )


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
