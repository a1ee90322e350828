"""Measurements on the pixels of each source: isophotal light, area and FWHM."""

from __future__ import annotations

from skyseg import _loops
from skyseg.engine.detection import PixelLists
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes
from skyseg.engine.thresholding import Threshold
from skyseg.engine.types import Columns, FloatImage


def measure_isophotes(
    light: FloatImage, variance: FloatImage, pixels: PixelLists, shapes: Shapes,
    parameters: Parameters, analysis: Threshold, noise: float,
) -> Columns:  # fmt: skip
    """Measure the unfiltered light of each source's own pixels.

    Parameters
    ----------
    light, variance : ndarray of float32, shape (npix,)
        Image and variance, bad pixels filled, at the pixels.
    pixels : PixelLists
        Pixels of n sources.
    shapes : Shapes
        Their shapes.
    parameters : Parameters
        ``satur_level`` and ``gain`` are used.
    analysis : Threshold
        The analysis threshold.
    noise : float
        Global noise of the image, which the gain refers to.

    Returns
    -------
    dict of str to ndarray
        ``flux`` and ``variance`` (its variance), ``area`` (pixels above the
        analysis threshold), ``fwhm`` (pixels, of a Gaussian fitted to the
        core), ``flags``, and the box ``xmin``, ``xmax``, ``ymin``, ``ymax``
        (pixels counted from 0), each of shape (n,).
    """
    ny, nx = pixels.shape
    return _loops.measure_isophotes(
        light=light, variance=variance, index=pixels.index, start=pixels.start, ny=ny, nx=nx,
        x=shapes.x, y=shapes.y, a=shapes.a, b=shapes.b,
        analysis_factor=analysis.factor, analysis_level=analysis.level,
        satur_level=parameters.satur_level, gain=parameters.gain, noise2=noise * noise,
    )  # fmt: skip
