"""How the light of each source is spread: half-light radius and windowed signal to noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine.parameters import Parameters
from skyseg.engine.scene import FLAG_BITS, MASKS, Scene
from skyseg.engine.shapes import Shapes

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def light_radii(
    scene: Scene, numbers: IntArray, shapes: Shapes, total: FloatArray, parameters: Parameters
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Radii that hold a part and half of the light.

    Parameters
    ----------
    scene, numbers, shapes, parameters
        As for `aperture_photometry`; ``phot_fluxfrac`` is used.
    total : ndarray of float64, shape (n,)
        Whole light of each source: FLUX_AUTO.

    Returns
    -------
    radius, half_light : ndarray of float64, shape (n,)
        Radius of ``phot_fluxfrac`` of the light, and of half of it (at least
        half a pixel), in pixels.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    A growth curve of 64 steps out to 6 a, interpolated linearly.
    """
    radius, half_light = np.zeros((2, len(numbers)))
    flags = np.zeros(len(numbers), np.int64)
    _loops.measure_light_radii(
        scene.flat, numbers, shapes.x, shapes.y, shapes.a, total, parameters.phot_fluxfrac,
        parameters.phot_autoapers[0], MASKS[parameters.mask_type], FLAG_BITS, radius, half_light,
        flags,
    )  # fmt: skip
    return radius, half_light, flags


def windowed_snr(
    scene: Scene, numbers: IntArray, shapes: Shapes, half_light: FloatArray,
    parameters: Parameters, noise: float,
) -> tuple[FloatArray, IntArray]:  # fmt: skip
    """Signal to noise in a Gaussian window (SNR_WIN).

    Parameters
    ----------
    scene, numbers, shapes, parameters, noise
        As for `aperture_photometry`.
    half_light : ndarray of float64, shape (n,)
        Half-light radius in pixels; the window's FWHM is twice as large.

    Returns
    -------
    snr : ndarray of float64, shape (n,)
        Windowed flux over its error; NaN where the window holds no light.
    flags : ndarray of int64, shape (n,)
        Bits of `Flag`.

    Notes
    -----
    The window is centred by iteration on the windowed barycentre (the
    SExtractor manual, "Windowed positional parameters").
    """
    snr, flags = np.empty(len(numbers)), np.zeros(len(numbers), np.int64)
    _loops.measure_windows(
        scene.flat, numbers, shapes.x, shapes.y, half_light, MASKS[parameters.mask_type],
        (parameters.gain, noise * noise), FLAG_BITS, snr, flags,
    )  # fmt: skip
    return snr, flags
