"""Light of a source as a sum of Gaussians: a Sersic profile or a point, through a PSF."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

import numpy as np

from skyseg.engine.types import FloatArray, FloatImage, IntArray
from skyseg.errors import ImageError

_PIXEL_VARIANCE: Final = 1 / 12
_FWHM: Final = math.sqrt(8 * math.log(2))
_OUTERMOST: Final = 8.0  # half-light radii at which a Sersic profile ends
_ALIKE: Final = 0.35  # of the narrowest width of the PSF: narrower parts of a source look alike
_LEAST: Final = 1e-4
_RINGS: Final = 2  # a pixel of radius
_ANGLES: Final = (np.arange(12) + 0.5) * np.pi / 12
_LEAST_REACH: Final = 4


@dataclass(frozen=True, eq=False)
class Psf:
    """A point source, as circular Gaussians around one another.

    Attributes
    ----------
    fractions : ndarray of float64, shape (k,)
        Parts of the light, of a sum of 1.
    sigmas : ndarray of float64, shape (k,)
        Their standard deviations in pixels.
    """

    fractions: FloatArray
    sigmas: FloatArray

    @classmethod
    def of_fwhm(cls, fwhm: float) -> Self:
        """Make a Gaussian of a full width at half maximum in pixels.

        Examples
        --------
        >>> Psf.of_fwhm(2.3548).sigmas.round(3).tolist()
        [1.0]
        """
        return cls(np.ones(1), np.array([fwhm / _FWHM]))

    @classmethod
    def of_image(cls, image: FloatImage, scale: float = 1.0) -> Self:
        """Fit the mean radial profile of an image of a PSF.

        Parameters
        ----------
        image : ndarray of float32, shape (ny, nx)
            The PSF without a sky.
        scale : float
            Side of its pixels in those that sources are drawn on.

        Raises
        ------
        ImageError
            If it has bad pixels or no light.

        Examples
        --------
        >>> y, x = np.mgrid[-20:21, -20:21]
        >>> psf = Psf.of_image(np.exp(-(x**2 + y**2) / (2 * 3.0**2)), scale=0.5)
        >>> round(psf.fwhm / 2.3548, 2)
        1.47
        """
        total = float(image.sum(dtype=np.float64))
        if not total > 0 or not math.isfinite(total):
            raise ImageError(
                "has bad pixels or no light", hint="give an image of it", argument="psf"
            )
        bright = np.nonzero(image >= image.max() / 2)
        y, x = (float(np.average(each, weights=image[bright])) for each in bright)
        rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
        radius = np.hypot(rows - y, columns - x)
        light = image.ravel().astype(np.float64) / total
        return cls.of_light(radius.ravel(), light, min(image.shape) / 2, scale)

    @classmethod
    def of_light(
        cls, radius: FloatArray, light: FloatArray, reach: float, scale: float = 1.0, *,
        narrowest: float = 0.4,
    ) -> Self:  # fmt: skip
        """Fit the light that pixels at some distances from the middle have.

        Parameters
        ----------
        radius, light : ndarray of float64, shape (n,)
            Distance of each pixel, and its part of all light.
        reach : float
            Largest distance that counts.
        scale : float
            Side of these pixels in those that sources are drawn on.
        narrowest : float
            Standard deviation of the narrowest Gaussian, as it is seen.

        Raises
        ------
        ImageError
            If there is no light in the middle.
        """
        from scipy.optimize import nnls

        ring = np.rint(_RINGS * radius[radius <= reach]).astype(np.int64)
        order = np.argsort(ring, kind="stable")
        _, first, count = np.unique(ring[order], return_index=True, return_counts=True)
        at, level = (
            np.array([middle(each) for each in np.split(values[radius <= reach][order], first[1:])])
            for values, middle in ((radius, np.mean), (light, np.median))
        )
        sigmas = np.geomspace(narrowest, max(reach / 2.5, 2 * narrowest, 1.0), 16)
        shapes = np.exp(-0.5 * (at[:, None] / sigmas) ** 2) / (2 * np.pi * sigmas**2)
        weight = np.sqrt(count)
        fractions, _ = nnls(shapes * weight[:, None], level * weight)
        kept = fractions > _LEAST * fractions.sum()
        if not kept.any():
            raise ImageError(
                "has no light in its middle", hint="give an image of it", argument="psf"
            )
        variance = np.maximum(sigmas[kept] ** 2 - _PIXEL_VARIANCE, _LEAST) * scale**2
        return cls(fractions[kept] / fractions[kept].sum(), np.sqrt(variance))

    @property
    def fwhm(self) -> float:
        """Full width at half maximum in pixels, without that of a pixel."""
        radii = np.linspace(0, 4 * float(self.sigmas.max()), 4001)
        peaks = self.fractions / self.sigmas**2
        light = (peaks * np.exp(-0.5 * (radii[:, None] / self.sigmas) ** 2)).sum(axis=1)
        return float(2 * radii[np.argmax(light < light[0] / 2)])


@dataclass(frozen=True, eq=False)
class Profile:
    """A source as it is seen: Gaussians around one another, of a total of 1.

    Attributes
    ----------
    weights : ndarray of float64, shape (k,)
        Parts of the light.
    along, across : ndarray of float64, shape (k,)
        Variances along major and minor axis, in square pixels.
    theta : float
        Angle of the major axis from x towards y, in radians.
    """

    weights: FloatArray
    along: FloatArray
    across: FloatArray
    theta: float

    @property
    def half_light(self) -> float:
        """Radius in pixels of the circle that holds half of the light.

        Examples
        --------
        >>> round(see_source(Psf.of_fwhm(10.0), 0.0, 1.0, 1.0, 0.0).half_light, 1)
        5.0
        """
        usual = math.sqrt(float((self.weights * np.sqrt(self.along * self.across)).sum()))
        radii = usual * np.geomspace(0.1, 8, 60)
        form = (np.cos(_ANGLES) ** 2)[:, None] / self.along
        form += (np.sin(_ANGLES) ** 2)[:, None] / self.across
        outside = np.exp(-0.5 * form * radii[:, None, None] ** 2) / form
        scale = self.weights / np.sqrt(self.along * self.across) / len(_ANGLES)
        held = 1 - (outside * scale).sum(axis=(1, 2))
        return float(np.interp(0.5, held, radii))

    def find_reach(self, flux: float, level: float, most: int) -> int:
        """Return how far light is drawn, in pixels; see `draw`."""
        return max(int(self._find_radii(flux, level, most).max()), _LEAST_REACH)

    def settle(self, x: float, y: float) -> tuple[float, float]:
        """Return the nearest place that it can have, which is any."""
        return x, y

    def _find_radii(self, flux: float, level: float, most: int) -> IntArray:
        peaks = flux * self.weights / (2 * np.pi * np.sqrt(self.along * self.across))
        share = np.maximum(peaks * len(peaks) / level, 1)
        radii = np.ceil(np.sqrt(2 * np.log(share) * self.along))
        return np.minimum(radii, most).astype(np.int64)

    def draw(
        self, flux: float, x: float, y: float, level: float, most: int
    ) -> tuple[int, int, FloatImage]:
        """Draw the source on pixels, as far as its light is above a level.

        Parameters
        ----------
        flux : float
            Its total flux.
        x, y : float
            Its place, in pixels from 0.
        level : float
            Light per pixel that does not matter.
        most : int
            How far it is drawn at the most, in pixels.

        Returns
        -------
        y0, x0 : int
            Pixel that the light begins at; it may lie outside of an image.
        light : ndarray of float32, shape (side, side)

        Examples
        --------
        >>> seen = see_source(Psf.of_fwhm(3.0), 2.0, 1.0, 0.5, 0.0)
        >>> y0, x0, light = seen.draw(100, 9, 7, 1e-4, 99)
        >>> light.shape, y0 + light.shape[0] // 2, x0 + light.shape[1] // 2, round(light.sum())
        ((37, 37), 7, 9, 100)
        """
        peaks = flux * self.weights / (2 * np.pi * np.sqrt(self.along * self.across))
        radii = self._find_radii(flux, level, most)
        reach = max(int(radii.max()), _LEAST_REACH)
        y0, x0 = round(y) - reach, round(x) - reach
        light = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        dx = (np.arange(2 * reach + 1) + (x0 - x)).astype(np.float32)
        dy = (np.arange(2 * reach + 1) + (y0 - y)).astype(np.float32)[:, None]
        cos, sin = math.cos(self.theta), math.sin(self.theta)
        for peak, along, across, radius in zip(
            peaks, 1 / self.along, 1 / self.across, radii, strict=True
        ):
            near = slice(reach - radius, reach + radius + 1)
            xx, yy = cos**2 * along + sin**2 * across, sin**2 * along + cos**2 * across
            xy = 2 * cos * sin * (along - across)
            form = np.float32(xx) * dx[near] + np.float32(xy) * dy[near]
            form *= dx[near]
            form += np.float32(yy) * dy[near] ** 2
            form *= np.float32(-0.5)
            light[near, near] += np.float32(peak) * np.exp(form, out=form)
        return y0, x0, light


def see_source(
    psf: Psf, half_light: float, index: float, axis_ratio: float, theta: float
) -> Profile:
    """Return a source as it looks through a PSF and the pixels.

    Parameters
    ----------
    psf : Psf
        The PSF.
    half_light : float
        Half-light radius along the major axis in pixels; 0 is a point source.
    index : float
        Sersic index; not used for a point source.
    axis_ratio : float
        Minor over major axis.
    theta : float
        Angle of the major axis from x towards y, in radians.
    """
    parts, major = np.ones(1), np.zeros(1)
    if half_light > 0:
        parts, sigmas = fit_sersic(index)
        parts, major = _join_narrow(parts, (sigmas * half_light) ** 2, float(psf.sigmas.min()))
    spread = psf.sigmas**2 + _PIXEL_VARIANCE
    return Profile(
        (parts[:, None] * psf.fractions).ravel(),
        (major[:, None] + spread).ravel(),
        (major[:, None] * axis_ratio**2 + spread).ravel(),
        theta,
    )


@cache
def fit_sersic(index: float) -> tuple[FloatArray, FloatArray]:
    """Return fractions of light and widths of Gaussians that make a Sersic profile.

    Parameters
    ----------
    index : float
        Sersic index; below 0.75 a few Gaussians cannot follow the profile.

    Returns
    -------
    fractions, sigmas : ndarray of float64
        The widths in half-light radii; the fractions add up to 1. The profile ends at eight
        half-light radii.
    """
    from scipy.optimize import nnls
    from scipy.special import gammaincinv

    radii = np.geomspace(0.01, _OUTERMOST, 200)
    steepness = float(gammaincinv(2 * index, 0.5))
    profile = np.exp(-steepness * (radii ** (1 / index) - 1))
    sigmas = np.geomspace(0.02, _OUTERMOST / 2, 16)
    light = np.exp(-0.5 * (radii[:, None] / sigmas) ** 2)
    weight = radii / np.sqrt(profile)
    heights, _ = nnls(light * weight[:, None], profile * weight)
    fractions = heights * sigmas**2
    kept = fractions > _LEAST * fractions.sum()
    return fractions[kept] / fractions[kept].sum(), sigmas[kept]


def _join_narrow(
    parts: FloatArray, variance: FloatArray, width: float
) -> tuple[FloatArray, FloatArray]:
    """Join the Gaussians that look alike through a PSF of some width."""
    narrow = variance < (_ALIKE * width) ** 2
    if np.count_nonzero(narrow) < 2:
        return parts, variance
    light = parts[narrow].sum()
    mean = float((parts * variance)[narrow].sum() / light)
    return np.append(light, parts[~narrow]), np.append(mean, variance[~narrow])
