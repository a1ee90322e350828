"""One simulated band: sources and noise drawn on rows of an image, with the true labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Unpack

import numpy as np
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.engine.types import FloatArray, FloatImage, IntArray, LabelImage
from skyseg.errors import ParameterError
from skyseg.samples import exposures
from skyseg.samples.additions import Clumps, add_sources, draw_clumps
from skyseg.samples.conditions import Conditions, ConditionValues
from skyseg.samples.profiles import Mixture, psf_sigma, source_mixture, wavelength
from skyseg.samples.sources import (
    PIX_SCALE,
    SimulatedSources,
    draw_sources,
    make_sky_wcs,
    make_truth_table,
)

PIXAR_SR = (PIX_SCALE / 206264.80625) ** 2
"""Solid angle of a pixel in steradian."""

TRUTH_THRESHOLD = 1.0
"""Truth SEG ends where a source's surface brightness is this many times the sky noise."""

_NJY_PER_UNIT = PIXAR_SR * 1e15  # nJy per pixel in 1 MJy/sr
_NOISE = 0.11 / _NJY_PER_UNIT  # MJy/sr where every exposure is present
_CUTOFF = 0.02  # of the noise: where stamps end
_PHOTON_LEVEL = 40.0  # times the noise: surface brightness at which photon noise equals it


@dataclass(frozen=True)
class SimulatedMaps:
    """Maps of some rows of a band.

    Attributes
    ----------
    sci, err : ndarray of float32, shape (n, nx)
        Image and rms of its noise (sky and photons) in MJy/sr; NaN is bad.
    wht : ndarray of float32, shape (n, nx)
        Inverse variance of the sky noise; 0 is bad.
    con : ndarray of int32, shape (n, nx)
        Exposures that saw a pixel, one bit each.
    truth_seg : ndarray of int32, shape (n, nx)
        NUMBER of the source that gives most light, where that source alone is
        above `TRUTH_THRESHOLD` times the sky noise; else 0.
    """

    sci: FloatImage
    err: FloatImage
    wht: FloatImage
    con: LabelImage
    truth_seg: LabelImage


@dataclass(frozen=True)
class Simulation(SimulatedMaps):
    """A simulated band in memory: the maps of `SimulatedMaps` over the whole image, and more.

    Attributes
    ----------
    truth_cat : astropy.table.QTable
        One row per source; NUMBER is the value in ``truth_seg``.
    header : astropy.io.fits.Header
        Header of SCI, with unit, pixel area and WCS.
    """

    truth_cat: QTable
    header: fits.Header

    def __repr__(self) -> str:
        ny, nx = self.sci.shape
        return f"Simulation({len(self.truth_cat)} sources in {ny} x {nx} pixels)"


@dataclass(frozen=True)
class SimulatedBand:
    """A band that can be drawn, any rows at a time.

    Attributes
    ----------
    band : str
        NIRCam filter.
    shape : tuple of int
        Image shape (ny, nx).
    seed : int
        Seed of the noise.
    sources : SimulatedSources
        What is in the image.
    n_asked : int
        How many of them are not added by the conditions.
    conditions : Conditions
        What the image has beside sources and white noise.
    clumps : Clumps
        Clumps of its discs.
    """

    band: str
    shape: tuple[int, int]
    seed: int
    sources: SimulatedSources
    n_asked: int
    conditions: Conditions
    clumps: Clumps

    @cached_property
    def wcs(self) -> WCS:
        """WCS of the image."""
        return make_sky_wcs(self.shape)

    @cached_property
    def _fluxes(self) -> FloatArray:
        return self.sources.fluxes(self.band) / _NJY_PER_UNIT

    @cached_property
    def _reach(self) -> IntArray:
        level = _CUTOFF * _NOISE
        radii = [self._mixture(i).radii(flux, level).max() for i, flux in enumerate(self._fluxes)]
        reach = np.array(radii, dtype=np.int64)
        clumps = self.clumps
        away = np.hypot(
            clumps.x - self.sources.x[clumps.host], clumps.y - self.sources.y[clumps.host]
        )
        for j, (host, distance) in enumerate(zip(clumps.host, away, strict=True)):
            flux = self._fluxes[host] * clumps.part[j]
            outermost = self._clump(clumps, j).radii(flux, level).max() + int(distance) + 2
            reach[host] = max(reach[host], outermost)
        return reach

    def _mixture(self, i: int) -> Mixture:
        source = self.sources
        return source_mixture(
            float(source.index[i]),
            float(source.half_light[i]),
            float(source.axis_ratio[i]),
            float(source.theta[i]),
            psf_sigma(self.band, PIX_SCALE),
            self.conditions.spikes,
        )

    def _clump(self, clumps: Clumps, j: int) -> Mixture:
        psf = psf_sigma(self.band, PIX_SCALE)
        return source_mixture(1.0, float(clumps.half_light[j]), 1.0, 0.0, psf)

    def rows(self, start: int, stop: int) -> SimulatedMaps:
        """Draw some rows; a row's values do not depend on which others are drawn.

        Parameters
        ----------
        start, stop : int
            First row, and the row after the last.
        """
        con = exposures.context(self.shape, start, stop)
        noise = exposures.background_noise(self.shape, con, start, _NOISE)
        light, brightest, seg = self._light(start, stop)
        seg[~(brightest > TRUTH_THRESHOLD * noise)] = 0
        err = np.sqrt(noise**2 + light * np.float32(_NOISE / _PHOTON_LEVEL))
        sci = light + self._standard_noise(start, stop) * err
        told = np.float32(self.conditions.err_scale)
        wht = np.where(con > 0, (noise * told) ** -2, 0).astype(np.float32)
        return SimulatedMaps(sci, err * told, wht, con, seg)

    def _standard_noise(self, start: int, stop: int) -> FloatImage:
        nx, entropy = self.shape[1], (self.seed, int.from_bytes(self.band.encode()))
        correlation = self.conditions.correlation
        if not correlation:
            return exposures.standard_noise(nx, start, stop, entropy)
        return exposures.correlated_noise(nx, start, stop, entropy, correlation)

    def _light(self, start: int, stop: int) -> tuple[FloatImage, FloatImage, LabelImage]:
        """Light of all sources, of the brightest one alone, and its NUMBER."""
        size = (stop - start, self.shape[1])
        light, brightest = np.zeros(size, np.float32), np.zeros(size, np.float32)
        seg = np.zeros(size, np.int32)
        centre = np.rint(self.sources.y).astype(np.int64)
        near = (centre + self._reach >= start) & (centre - self._reach < stop)
        for i in np.flatnonzero(near):
            window, stamp = self.stamp(int(i), start, stop)
            light[window] += stamp
            more = stamp > brightest[window]
            brightest[window][more] = stamp[more]
            seg[window][more] = i + 1
        return light, brightest, seg

    def stamp(self, i: int, start: int, stop: int) -> tuple[tuple[slice, slice], FloatImage]:
        """Draw the light of one source that reaches some rows.

        Parameters
        ----------
        i : int
            Index of the source.
        start, stop : int
            First row, and the row after the last.

        Returns
        -------
        window : tuple of slice
            Where in the rows it is.
        light : ndarray of float32
            Its light there, in MJy/sr.
        """
        x, y, reach = float(self.sources.x[i]), float(self.sources.y[i]), int(self._reach[i])
        left, low, side = round(x) - reach, round(y) - reach, 2 * reach + 1
        x0, x1 = max(left, 0), min(left + side, self.shape[1])
        y0, y1 = max(low, start), min(low + side, stop)
        stamp = self._draw_source(i, x - left, y - low, side)
        window = slice(y0 - start, y1 - start), slice(x0, x1)
        return window, stamp[y0 - low : y1 - low, x0 - left : x1 - left]

    def _draw_source(self, i: int, x: float, y: float, side: int) -> FloatImage:
        """Draw the square stamp of a source at (x, y), with its clumps."""
        clumps, flux = self.clumps.of(i), float(self._fluxes[i])
        smooth = flux * float(1 - clumps.part.sum())
        stamp = _draw(self._mixture(i), smooth, x, y, side)
        dx, dy = clumps.x - self.sources.x[i], clumps.y - self.sources.y[i]
        for j, part in enumerate(clumps.part):
            mixture, light = self._clump(clumps, j), flux * float(part)
            reach = int(mixture.radii(light, _CUTOFF * _NOISE).max())
            at_x, at_y = x + dx[j], y + dy[j]
            left, low = round(at_x) - reach, round(at_y) - reach
            clump = _draw(mixture, light, at_x - left, at_y - low, 2 * reach + 1)
            stamp[low : low + 2 * reach + 1, left : left + 2 * reach + 1] += clump
        return stamp


def _draw(mixture: Mixture, flux: float, x: float, y: float, side: int) -> FloatImage:
    """Draw the square stamp of a source at (x, y), each Gaussian as far as it matters."""
    stamp = np.zeros((side, side), np.float32)
    dx = (np.arange(side) - x).astype(np.float32)
    dy = (np.arange(side) - y).astype(np.float32)[:, None]
    radii = mixture.radii(flux, _CUTOFF * _NOISE)
    peaks = (flux * mixture.peaks).astype(np.float32)
    forms = (-0.5 * mixture.forms).astype(np.float32)
    for peak, (xx, xy, yy), radius in zip(peaks, forms, radii, strict=True):
        near = slice(side // 2 - radius, side // 2 + radius + 1)
        light = (xx * dx[near] + xy * dy[near]) * dx[near]
        light += yy * dy[near] * dy[near]
        np.exp(light, out=light)
        light *= peak
        stamp[near, near] += light
    return stamp


def plan_band(
    band: str,
    shape: tuple[int, int],
    n_sources: int | None = None,
    seed: int = 0,
    **conditions: Unpack[ConditionValues],
) -> SimulatedBand:
    """Plan what one band is drawn from; its sources are the same in every band.

    Raises
    ------
    ParameterError
        If the band is no NIRCam filter, or shape, number, seed or conditions are not allowed.
    """
    asked = Conditions(**conditions)
    wavelength(band)
    if len(shape) != 2 or min(shape) < 16:
        raise ParameterError(
            f"is {shape!r}", hint="it must be two numbers of at least 16", argument="shape"
        )
    if n_sources is not None and n_sources < 0:
        raise ParameterError(f"is {n_sources}", hint="it must be 0 or more", argument="n_sources")
    if seed < 0:
        raise ParameterError(f"is {seed}", hint="it must be 0 or more", argument="seed")
    plain = draw_sources(shape, n_sources, seed)
    sources = add_sources(plain, shape, asked, seed)
    clumps = draw_clumps(sources, asked.clumps, seed)
    return SimulatedBand(
        band.upper(), (shape[0], shape[1]), seed, sources, len(plain), asked, clumps
    )


def make_sci_header(scene: SimulatedBand) -> fits.Header:
    """Return the header of a scene's SCI map."""
    header = scene.wcs.to_header()
    header["BUNIT"] = ("MJy/sr", "physical units of the array values")
    header["PIXAR_SR"] = (PIXAR_SR, "nominal pixel area in steradians")
    header["PIXAR_A2"] = (PIX_SCALE**2, "nominal pixel area in arcsec^2")
    return header


def simulate_image(
    band: str = "F444W",
    *,
    shape: tuple[int, int] = (1024, 1024),
    n_sources: int | None = None,
    seed: int = 0,
    **conditions: Unpack[ConditionValues],
) -> Simulation:
    """Simulate one band in memory.

    Parameters
    ----------
    band : str, optional
        NIRCam filter; sets the PSF and, with each source's colour, the fluxes.
    shape : tuple of int, optional
        Image shape (ny, nx).
    n_sources : int, optional
        Number of sources; by default the density of a deep field.
    seed : int, optional
        Same arguments and seed: same bytes.
    **conditions
        What it has beside sources and white noise: ``correlation``, ``err_scale``,
        ``spikes``, ``clumps``, ``companions``, ``diffuse``, as of `make_survey`.

    Returns
    -------
    Simulation
        Maps in MJy/sr on pixels of 0.03 arcsec, and the truth.

    Raises
    ------
    ParameterError
        If the band is no NIRCam filter, or shape, number, seed or conditions are not allowed.

    Examples
    --------
    >>> image = simulate_image("F200W", shape=(256, 256), seed=1)
    >>> image.sci.shape, image.sci.dtype.name, len(image.truth_cat)
    ((256, 256), 'float32', 46)
    """
    scene = plan_band(band, shape, n_sources, seed, **conditions)
    maps = scene.rows(0, scene.shape[0])
    table = make_truth_table(scene.sources, scene.band, scene.wcs)
    return Simulation(
        maps.sci, maps.err, maps.wht, maps.con, maps.truth_seg, table, make_sci_header(scene)
    )
