"""Light profiles as sums of Gaussians: Sersic profiles, the PSF, and both convolved."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from skyseg.assessment.profiles import fit_sersic
from skyseg.engine.types import FloatArray, IntArray
from skyseg.errors import ParameterError

SERSIC_INDICES = (0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Sersic indices that simulated galaxies have."""

PRIMARY_MIRROR = 6.5
"""Diameter of the primary mirror in metres."""

_PIXEL_VARIANCE = 1 / 12
_PSF_FRACTIONS = np.array([0.78, 0.22])
_PSF_WIDTHS = np.array([1.0, 2.8])
_SPIKE_ANGLES = np.radians([30.0, 90.0, 150.0])
_HALO = ((0.3, 6.0), (0.2, 15.0))  # part of the light in halo and spikes, width in the core's
_SPIKES = ((0.3, 10.0), (0.2, 30.0))
_SPIKE_BREADTH = 0.9


@dataclass(frozen=True)
class Mixture:
    """Concentric Gaussians that add up to one source.

    Attributes
    ----------
    peaks : ndarray of float64, shape (k,)
        Central surface brightness of each, for a total flux of 1.
    forms : ndarray of float64, shape (k, 3)
        Quadratic form of each: ``xx``, ``xy``, ``yy``, in 1/pix**2.
    widths : ndarray of float64, shape (k,)
        Largest standard deviation of each, in pixels.
    """

    peaks: FloatArray
    forms: FloatArray
    widths: FloatArray

    def radii(self, flux: float, level: float) -> IntArray:
        """Return the radii in pixels where each Gaussian falls below its share of a level.

        Parameters
        ----------
        flux : float
            Total flux of the source.
        level : float
            Surface brightness, in flux per pixel.

        Returns
        -------
        ndarray of int64, shape (k,)
            0 for a Gaussian that is faint everywhere.
        """
        share = self.peaks * flux * self.peaks.size / level
        radii: FloatArray = self.widths * np.sqrt(2 * np.log(np.maximum(share, 1)))
        return np.ceil(radii).astype(np.int64)


def wavelength(band: str) -> float:
    """Return the wavelength in micrometres that a NIRCam filter's name states.

    Raises
    ------
    ParameterError
        If the name is not of a NIRCam filter.

    Examples
    --------
    >>> wavelength("F444W")
    4.44
    """
    found = re.fullmatch(r"F(\d{3})(W2?|M|N)", band.upper())
    micron = int(found[1]) / 100 if found else 0.0
    if not 0.6 < micron < 4.9:
        raise ParameterError(
            f"{band!r} is not a NIRCam filter",
            hint="give a name such as F115W, F200W or F444W",
            argument="band",
        )
    return micron


def psf_sigma(band: str, pix_scale: float) -> float:
    """Return the standard deviation, in pixels, of the core of a band's PSF.

    Parameters
    ----------
    band : str
        NIRCam filter.
    pix_scale : float
        Side of a pixel in arcsec.
    """
    fwhm = 1.03 * wavelength(band) * 1e-6 / PRIMARY_MIRROR * 206264.8
    return fwhm / 2.3548 / pix_scale


def source_mixture(
    index: float,
    half_light: float,
    axis_ratio: float,
    theta: float,
    psf: float,
    spikes: float = 0.0,
) -> Mixture:
    """Return a source as it looks through the PSF and the pixels.

    Parameters
    ----------
    index : float
        Sersic index; ignored for a point source.
    half_light : float
        Half-light radius along the major axis in pixels; 0 is a point source.
    axis_ratio : float
        Minor over major axis.
    theta : float
        Angle of the major axis from x towards y, in radians.
    psf : float
        Standard deviation of the core of the PSF, in pixels.
    spikes : float, optional
        Part of the light that the PSF puts into a halo and six spikes; those of a galaxy are
        of a Gaussian of its size.
    """
    if half_light > 0:
        fractions, sigmas = fit_sersic(index)
        major = (sigmas * half_light) ** 2
    else:
        fractions, major = np.ones(1), np.zeros(1)
    spread = (psf * _PSF_WIDTHS) ** 2 + _PIXEL_VARIANCE
    weights = (fractions[:, None] * (_PSF_FRACTIONS * (1 - spikes))).ravel()
    along = (major[:, None] + spread).ravel()
    across = (major[:, None] * axis_ratio**2 + spread).ravel()
    cos, sin = np.cos(theta), np.sin(theta)
    forms = np.stack(
        [
            cos**2 / along + sin**2 / across,
            2 * cos * sin * (1 / along - 1 / across),
            sin**2 / along + cos**2 / across,
        ],
        axis=1,
    )
    peaks = weights / (2 * np.pi * np.sqrt(along * across))
    core = Mixture(peaks, forms, np.sqrt(along))
    if not spikes:
        return core
    size = float((fractions * major).sum())
    turn = np.array([[cos, -sin], [sin, cos]])
    source = turn @ np.diag([size, size * axis_ratio**2]) @ turn.T + _PIXEL_VARIANCE * np.eye(2)
    wings = _wings(source, psf, spikes)
    return Mixture(
        np.concatenate([core.peaks, wings.peaks]),
        np.concatenate([core.forms, wings.forms]),
        np.concatenate([core.widths, wings.widths]),
    )


def _wings(source: FloatArray, psf: float, light: float) -> Mixture:
    """Return halo and spikes of a Gaussian source of that covariance."""
    parts = [(part, (width * psf) ** 2 * np.eye(2)) for part, width in _HALO]
    for angle in _SPIKE_ANGLES:
        along = np.outer([np.cos(angle), np.sin(angle)], [np.cos(angle), np.sin(angle)])
        breadth = (_SPIKE_BREADTH * psf) ** 2 * (np.eye(2) - along)
        parts += [
            (part / _SPIKE_ANGLES.size, (width * psf) ** 2 * along + breadth)
            for part, width in _SPIKES
        ]
    spreads = source + np.array([spread for _, spread in parts])
    inverse = np.linalg.inv(spreads)
    weights = light * np.array([part for part, _ in parts])
    return Mixture(
        weights / (2 * np.pi * np.sqrt(np.linalg.det(spreads))),
        np.stack([inverse[:, 0, 0], 2 * inverse[:, 0, 1], inverse[:, 1, 1]], axis=1),
        np.sqrt(np.linalg.eigvalsh(spreads)[:, -1]),
    )
