"""What is in the simulated sky: positions, fluxes, sizes and shapes."""

from __future__ import annotations

from dataclasses import dataclass

import astropy.units as u
import numpy as np
import numpy.typing as npt
from astropy.table import QTable
from astropy.wcs import WCS

from skyseg.engine.types import BoolImage, FloatArray, LabelImage
from skyseg.samples.profiles import SERSIC_INDICES, wavelength

PIX_SCALE = 0.03
"""Side of a pixel in arcsec."""

SOURCES_PER_PIXEL = 7e-4
"""Number density of sources where no number is asked for."""

_BRIGHTEST, _FAINTEST, _COUNT_SLOPE = 19.0, 30.5, 0.24
_STARS, _BLENDS = 0.03, 0.2
_REFERENCE = 2.0  # micrometres
_ALPHA, _DELTA = 53.16, -27.79  # degrees


@dataclass(frozen=True, kw_only=True)
class SimulatedSources:
    """Simulated sources, one element each; all arrays have shape (n,).

    Attributes
    ----------
    x, y : ndarray of float64
        Centre in pixels, 0 at the centre of the first pixel.
    mag : ndarray of float64
        AB magnitude at 2 micrometres.
    colour : ndarray of float64
        Magnitudes by which it fades per factor of ten in wavelength.
    star : ndarray of bool
        Whether it is a point source.
    index : ndarray of float64
        Sersic index; NaN for a star.
    half_light : ndarray of float64
        Half-light radius along the major axis, in pixels; 0 for a star.
    axis_ratio : ndarray of float64
        Minor over major axis.
    theta : ndarray of float64
        Angle of the major axis from x towards y, in radians.
    neighbour : ndarray of int32
        NUMBER of the source that it was placed next to, as a blend; 0 for none.
    companion, diffuse : ndarray of bool
        Whether it was put there as a companion, or as a galaxy of low surface brightness.
    """

    x: FloatArray
    y: FloatArray
    mag: FloatArray
    colour: FloatArray
    star: BoolImage
    index: FloatArray
    half_light: FloatArray
    axis_ratio: FloatArray
    theta: FloatArray
    neighbour: LabelImage
    companion: BoolImage
    diffuse: BoolImage

    def __len__(self) -> int:
        return len(self.x)

    def mags(self, band: str) -> FloatArray:
        """Return AB magnitudes in a band."""
        return np.asarray(self.mag + self.colour * np.log10(wavelength(band) / _REFERENCE))

    def fluxes(self, band: str) -> FloatArray:
        """Return total fluxes in a band, in nJy."""
        return np.asarray(10 ** (-0.4 * (self.mags(band) - 31.4)))


def draw_sources(shape: tuple[int, int], n_sources: int | None, seed: int) -> SimulatedSources:
    """Draw sources: number counts that rise as a power law, fainter ones smaller.

    Parameters
    ----------
    shape : tuple of int
        Image shape (ny, nx).
    n_sources : int or None
        How many; None is the density of a deep field.
    seed : int
        Same seed, shape and number: same sources.
    """
    ny, nx = shape
    n = round(SOURCES_PER_PIXEL * ny * nx) if n_sources is None else n_sources
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    bright, faint = 10 ** (_COUNT_SLOPE * np.array([_BRIGHTEST, _FAINTEST]))
    mag = np.log10(rng.uniform(bright, faint, n)) / _COUNT_SLOPE
    star = rng.random(n) < _STARS
    size = 0.22 * 10 ** (-0.11 * (mag - 24) + rng.normal(0, 0.18, n)) / PIX_SCALE
    half_light = np.where(star, 0, np.clip(size, 0.8, 50))
    chances = np.array([0.1, 0.45, 0.2, 0.12, 0.08, 0.05])
    index = np.where(star, np.nan, rng.choice(SERSIC_INDICES, n, p=chances))
    x, y = rng.uniform(-0.5, nx - 0.5, n), rng.uniform(-0.5, ny - 0.5, n)
    neighbour = _pair(rng, n)
    beside, host = np.flatnonzero(neighbour), neighbour[neighbour > 0] - 1
    distance = rng.uniform(1.2, 3.0, n) * np.hypot(half_light, 2.0)
    angle = rng.uniform(0, 2 * np.pi, n)
    reach = distance[beside] + half_light[host]
    x[beside] = np.clip(x[host] + reach * np.cos(angle[beside]), 0, nx - 1)
    y[beside] = np.clip(y[host] + reach * np.sin(angle[beside]), 0, ny - 1)
    return SimulatedSources(
        x=x,
        y=y,
        mag=mag,
        colour=rng.normal(-0.3, 0.8, n),
        star=star,
        index=index,
        half_light=half_light,
        axis_ratio=np.where(star, 1.0, rng.uniform(0.25, 1.0, n)),
        theta=rng.uniform(-np.pi / 2, np.pi / 2, n),
        neighbour=neighbour,
        companion=np.zeros(n, bool),
        diffuse=np.zeros(n, bool),
    )


def _pair(rng: np.random.Generator, n: int) -> LabelImage:
    """Choose the NUMBER next to which each source is placed, 0 for most; hosts have no host."""
    neighbour = np.zeros(n, np.int32)
    blended = rng.random(n) < _BLENDS
    hosts = np.flatnonzero(~blended)
    if hosts.size:
        neighbour[blended] = rng.choice(hosts, int(blended.sum())) + 1
    return neighbour


def make_sky_wcs(shape: tuple[int, int]) -> WCS:
    """Return a TAN WCS, north up and east left, whose reference is the image's centre."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = [_ALPHA, _DELTA]
    wcs.wcs.crpix = [(shape[1] + 1) / 2, (shape[0] + 1) / 2]
    wcs.wcs.cdelt = [-PIX_SCALE / 3600, PIX_SCALE / 3600]
    wcs.wcs.radesys = "ICRS"
    wcs.wcs.set()
    return wcs


def make_truth_table(sources: SimulatedSources, band: str, wcs: WCS) -> QTable:
    """Return the truth catalogue: one row per source, NUMBER is the value in truth SEG.

    Parameters
    ----------
    sources : SimulatedSources
        The simulated sources.
    band : str
        Band of the columns FLUX and MAG.
    wcs : astropy.wcs.WCS
        WCS of the image.

    Returns
    -------
    astropy.table.QTable
        Positions are SExtractor's: 1 at the centre of the first pixel. COMPANION and
        DIFFUSE are there where such sources were asked for.
    """
    alpha, delta = wcs.pixel_to_world_values(sources.x, sources.y)
    table = QTable()
    _add(table, "NUMBER", np.arange(1, len(sources) + 1, dtype=np.int32), "Value in truth SEG")
    _add(table, "X_IMAGE", (sources.x + 1) * u.pix, "Centre, first pixel is 1")
    _add(table, "Y_IMAGE", (sources.y + 1) * u.pix, "Centre, first pixel is 1")
    _add(table, "ALPHA_J2000", alpha * u.deg, "Right ascension")
    _add(table, "DELTA_J2000", delta * u.deg, "Declination")
    _add(table, "STAR", sources.star, "Whether it is a point source")
    _add(table, "SERSIC_N", sources.index, "Sersic index")
    _add(table, "R_HALF", sources.half_light * PIX_SCALE * u.arcsec, "Half-light radius, major")
    _add(table, "AXIS_RATIO", sources.axis_ratio, "Minor over major axis")
    _add(table, "THETA_IMAGE", np.degrees(sources.theta) * u.deg, "Major axis from x towards y")
    _add(table, "NEIGHBOUR", sources.neighbour, "NUMBER it was placed beside, 0 for none")
    _add(table, "FLUX", sources.fluxes(band) * u.nJy, f"Total flux in {band}")
    _add(table, "MAG", sources.mags(band) * u.mag, f"Total AB magnitude in {band}")
    if sources.companion.any():
        _add(table, "COMPANION", sources.companion, "Whether it was put beside a bright galaxy")
    if sources.diffuse.any():
        _add(table, "DIFFUSE", sources.diffuse, "Whether it is of low surface brightness")
    return table


def _add(table: QTable, name: str, values: npt.ArrayLike | u.Quantity, about: str) -> None:
    table[name] = values
    table[name].info.description = about
