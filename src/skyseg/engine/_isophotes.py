"""Measurements on the pixels of each source: isophotal light, area and FWHM."""

from __future__ import annotations

from typing import Final

from skyseg import _loops
from skyseg.engine._gaussian_window import WINDOW_ERRORS
from skyseg.engine.detection import PixelLists
from skyseg.engine.image_levels import ImageLevels
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import Columns, FloatArray, FloatImage

LEVEL_AREAS: Final = tuple(f"ISO{k}" for k in range(8))
"""Areas above levels between the analysis threshold and the peak."""

CENTROIDS: Final = (
    "XPEAK_IMAGE", "YPEAK_IMAGE", "ERRX2_IMAGE", "ERRY2_IMAGE", "ERRXY_IMAGE", "ERRA_IMAGE",
    "ERRB_IMAGE", "ERRTHETA_IMAGE", "ERRCXX_IMAGE", "ERRCYY_IMAGE", "ERRCXY_IMAGE",
)  # fmt: skip
"""What is measured of the brightest filtered pixel, and of the barycentre's error."""


def measure_isophotes(
    light: FloatImage, variance: FloatImage, pixels: PixelLists, shapes: Shapes,
    parameters: Parameters, levels: ImageLevels, sky: FloatArray, columns: frozenset[str],
) -> Columns:  # fmt: skip
    """Measure the unfiltered light of each source's own pixels.

    Parameters
    ----------
    light, variance : ndarray of float32, shape (npix,)
        Image and variance, bad pixels filled, at the pixels.
    pixels : PixelLists
        Pixels of n sources, with their filtered light where `CENTROIDS`, or the errors of a
        window's centre, are wanted.
    shapes : Shapes
        Their shapes.
    parameters : Parameters
        ``satur_level`` and ``gain`` are used.
    levels : ImageLevels
        Those of the image.
    sky : ndarray of float64, shape (n,)
        What is left of the sky around each, and subtracted in ``flux``, ``fwhm``, ``peak``
        and ``lowest``.
    columns : frozenset of str
        What is wanted.

    Returns
    -------
    dict of str to ndarray
        ``flux`` and ``variance`` (its variance), ``area`` (pixels above the
        analysis threshold), ``fwhm`` (pixels, of a Gaussian fitted to the
        core), ``peak`` (highest value), ``lowest`` (lowest analysis threshold),
        ``flags``, and the box ``xmin``, ``xmax``, ``ymin``, ``ymax``
        (pixels counted from 0), each of shape (n,). Where `LEVEL_AREAS` are wanted,
        ``levels``, of shape (n, 8). Where `CENTROIDS` or those errors are, ``x_peak``,
        ``y_peak`` (of the filtered light), ``x_variance``, ``y_variance`` and ``covariance`` of
        the barycentre.

    Notes
    -----
    ``satur_level`` is a level over no sky: it is compared with the light and the sky that was
    subtracted at the source's barycentre. `LEVEL_AREAS` count the light with ``sky``, above
    levels that run from ``lowest`` to ``peak`` without it, or above 0 where ``lowest`` is not: so
    it is with SExtractor.
    """
    ny, nx = pixels.shape
    noise2 = levels.noise**2
    found = _loops.measure_isophotes(
        light=light, variance=variance, index=pixels.index, start=pixels.start, ny=ny, nx=nx,
        x=shapes.x, y=shapes.y, a=shapes.a, b=shapes.b,
        saturation=parameters.satur_level - levels.find_sky(shapes.x, shapes.y), sky=sky,
        analysis_factor=levels.analysis.factor, analysis_level=levels.analysis.level,
        gain=parameters.gain, noise2=noise2, weight_gain=parameters.weight_gain,
    )  # fmt: skip
    if not columns.isdisjoint(LEVEL_AREAS):
        found["levels"] = _loops.measure_level_areas(
            light=light, start=pixels.start, lowest=found["lowest"], peak=found["peak"],
            levels=len(LEVEL_AREAS),
        )  # fmt: skip
    if not columns.isdisjoint(WINDOW_ERRORS.union(CENTROIDS)):
        found |= _loops.measure_centroids(
            value=pixels.value, index=pixels.index, start=pixels.start, nx=nx, x=shapes.x,
            y=shapes.y, gain=parameters.gain, noise2=noise2,
        )  # fmt: skip
    return found
