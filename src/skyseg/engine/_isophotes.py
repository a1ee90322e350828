"""Measurements on the pixels of each source: isophotal light, area and FWHM."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine.detection import PixelLists
from skyseg.engine.flags import Flag
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import FloatImage


def measure_isophotes(
    light: FloatImage, variance: FloatImage, pixels: PixelLists, shapes: Shapes,
    parameters: Parameters, noise: float,
) -> dict[str, npt.NDArray[np.generic]]:  # fmt: skip
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
        ``analysis_thresh``, ``satur_level`` and ``gain`` are used.
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
    columns = _loops.measure_isophotes(
        light, variance, pixels.index, pixels.start, *pixels.shape, shapes.x, shapes.y, shapes.a,
        shapes.b, parameters.analysis_thresh, parameters.satur_level, int(Flag.SATURATED),
        parameters.gain, noise * noise,
    )  # fmt: skip
    names = ("flux", "variance", "fwhm", "area", "flags", "xmin", "xmax", "ymin", "ymax")
    return dict(zip(names, columns, strict=True))
