"""Light in circles and in Kron ellipses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine.parameters import Parameters
from skyseg.engine.scene import FLAG_BITS, MASKS, Scene
from skyseg.engine.shapes import Shapes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def aperture_photometry(
    scene: Scene, numbers: IntArray, shapes: Shapes, diameters: tuple[float, ...],
    parameters: Parameters, noise: float,
) -> tuple[FloatArray, FloatArray, IntArray]:  # fmt: skip
    """Sum the light in circles.

    Parameters
    ----------
    scene : Scene
        Image, variance and owners.
    numbers : ndarray of int64, shape (n,)
        Number of each source in ``scene.owner``.
    shapes : Shapes
        Their shapes.
    diameters : tuple of float
        Diameters in pixels, m of them.
    parameters : Parameters
        ``mask_type`` and ``gain`` are used.
    noise : float
        Global noise of the image, which the gain refers to.

    Returns
    -------
    flux, error : ndarray of float64, shape (n, m)
        In the unit of the image.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    A pixel on the rim counts by the part of its 5 x 5 subpixels inside, but its
    photon noise counts in full. A pixel of another source, or bad, is replaced
    by the one opposite the centre (CORRECT) or counts as zero (BLANK); as
    SExtractor does it.
    """
    count = len(numbers)
    flux, error = np.zeros((2, count, len(diameters)))
    flags = np.zeros(count, np.int64)
    radii = np.asarray(diameters, dtype=np.float64) / 2
    _loops.measure_circles(
        scene.flat, numbers, shapes.x, shapes.y, radii, MASKS[parameters.mask_type],
        (parameters.gain, noise * noise), FLAG_BITS, flux, error, flags,
    )  # fmt: skip
    return flux, error, flags


def kron_photometry(
    scene: Scene, numbers: IntArray, shapes: Shapes, parameters: Parameters, noise: float
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Sum the light in Kron ellipses (AUTO).

    Parameters
    ----------
    scene, numbers, shapes, parameters, noise
        As for `aperture_photometry`; ``phot_autoparams`` and
        ``phot_autoapers`` are used as well.

    Returns
    -------
    flux, error : ndarray of float64, shape (n,)
        In the unit of the image.
    radius : ndarray of float64, shape (n,)
        KRON_RADIUS in units of a and b; 0 where the smallest circle was used.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    Kron (1980), as in Bertin & Arnouts (1996, section 7.3): the first moment
    of the light inside 6 a sets the ellipse.
    """
    flux, error, radius = np.zeros((3, len(numbers)))
    flags = np.zeros(len(numbers), np.int64)
    ellipses = (shapes.x, shapes.y, shapes.a, shapes.b, shapes.cxx, shapes.cyy, shapes.cxy)
    _loops.measure_kron(
        scene.flat, numbers, ellipses, (*parameters.phot_autoparams, *parameters.phot_autoapers),
        MASKS[parameters.mask_type], (parameters.gain, noise * noise), FLAG_BITS,
        flux, error, radius, flags,
    )  # fmt: skip
    return flux, error, radius, flags
