"""Light in circles, Kron ellipses and windows, and how it is spread: all apertures of a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from skyseg import _loops
from skyseg.engine._scene import MASKS, Scene
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import FloatArray, IntArray


@dataclass(frozen=True)
class Photometry:
    """Measurements in apertures of m sources, in the unit of the image and in pixels.

    Attributes
    ----------
    aper, aper_error : ndarray of float64, shape (m, number of apertures)
        Light in circles.
    auto, auto_error, kron : ndarray of float64, shape (m,)
        Light in Kron ellipses (AUTO), and their radii in units of a and b, 0
        where the smallest circle was used.
    radius, snr : ndarray of float64, shape (m,)
        Radius of ``phot_fluxfrac`` of the light, and windowed signal to noise,
        NaN where the window holds no light.
    flags : ndarray of int64, shape (m,)
        Bits of `Flag`, or ``BEYOND`` where the scene was too small.
    """

    aper: FloatArray
    aper_error: FloatArray
    auto: FloatArray
    auto_error: FloatArray
    kron: FloatArray
    radius: FloatArray
    snr: FloatArray
    flags: IntArray

    @classmethod
    def place(cls, parts: Sequence[Photometry], places: Sequence[IntArray]) -> Photometry:
        """Put the sources of each part at its places; a later part replaces an earlier one."""
        count = 1 + max(int(place.max(initial=-1)) for place in places)
        whole = []
        for item in fields(cls):
            first = getattr(parts[0], item.name)
            values = np.empty((count, *first.shape[1:]), first.dtype)
            for part, place in zip(parts, places, strict=True):
                values[place] = getattr(part, item.name)
            whole.append(values)
        return cls(*whole)

    @classmethod
    def blank(cls, sources: int, apertures: int) -> Photometry:
        """Make room for the measurements of some sources."""
        aper, aper_error = np.zeros((2, sources, apertures))
        auto, auto_error, kron, radius, snr = np.zeros((5, sources))
        flags = np.zeros(sources, np.int64)
        return cls(aper, aper_error, auto, auto_error, kron, radius, snr, flags)


def measure_apertures(
    scene: Scene, numbers: IntArray, shapes: Shapes, parameters: Parameters,
    aper_diams: tuple[float, ...], noise: float,
) -> Photometry:  # fmt: skip
    """Lay all apertures on some sources.

    Parameters
    ----------
    scene : Scene
        The image, or a part of it.
    numbers : ndarray of int64, shape (n,)
        Number of each source in ``scene.owner``.
    shapes : Shapes
        Their shapes.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Diameters of the circles in pixels.
    noise : float
        Global noise of the image, which ``gain`` refers to.

    Returns
    -------
    Photometry

    Notes
    -----
    Everywhere a pixel of another source, or a bad one, is replaced by the one opposite
    the centre (CORRECT) or counts as zero (BLANK), as SExtractor does it.

    - Circles: a pixel on the edge counts by the part of its 5 x 5 subpixels
      inside, but its photon noise counts in full.
    - Kron (1980), as in Bertin & Arnouts (1996, section 7.3): the first moment
      of the light inside 6 a sets the ellipse.
    - Half-light radius: a growth curve of 64 steps out to 6 a, interpolated
      linearly, against the light in the ellipse.
    - Windowed signal to noise: the FWHM of the Gaussian window is the diameter
      of the circle that holds half the light, at least a pixel; the window is
      centred by iteration on the windowed barycentre (the SExtractor manual,
      "Windowed positional parameters").
    """
    kron_factor, kron_least = parameters.phot_autoparams
    first_circle, second_circle = parameters.phot_autoapers
    top, left = scene.origin
    ny, nx = scene.whole
    return Photometry(**_loops.measure_apertures(
        image=scene.image, variance=scene.variance, owner=scene.owner, top=top, left=left,
        ny=ny, nx=nx, number=numbers, x=shapes.x, y=shapes.y, a=shapes.a, b=shapes.b,
        cxx=shapes.cxx, cyy=shapes.cyy, cxy=shapes.cxy,
        radii=np.asarray(aper_diams, np.float64) / 2, kron_factor=kron_factor,
        kron_least=kron_least, first_circle=first_circle, second_circle=second_circle,
        light_part=parameters.phot_fluxfrac[0], mask=MASKS[parameters.mask_type],
        gain=parameters.gain, noise2=noise * noise,
    ))  # fmt: skip
