"""What is put into the simulated sky beside its sources: companions, diffuse galaxies, clumps."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from skyseg.engine.types import FloatArray, IntArray
from skyseg.errors import ParameterError
from skyseg.samples.conditions import Conditions
from skyseg.samples.sources import PIX_SCALE, SimulatedSources

_HOST_MAG = 25.0
_FAINTER = (2.0, 6.5)  # mag, of companions
_DIFFUSE_RADII = (20.0, 60.0)  # pixels
_DIFFUSE_BRIGHTNESS = (26.0, 28.5)  # mag/arcsec2, the mean inside the half-light radius
_CLUMPY_INDEX, _CLUMPY_RADIUS = 1.5, 6.0
_PIXELS_EACH = 25
_CLUMPS_LIGHT = 0.25  # of the disc's


@dataclass(frozen=True)
class Clumps:
    """Clumps of discs, one element each.

    Attributes
    ----------
    host : ndarray of int64
        Index of the source that it is a part of.
    x, y : ndarray of float64
        Centre in pixels.
    part : ndarray of float64
        Part of the host's flux that it is.
    half_light : ndarray of float64
        Half-light radius in pixels.
    """

    host: IntArray
    x: FloatArray
    y: FloatArray
    part: FloatArray
    half_light: FloatArray

    def of(self, host: int) -> Clumps:
        """Return those of one source."""
        mine = self.host == host
        return Clumps(*(getattr(self, each.name)[mine] for each in fields(self)))


def add_sources(
    sources: SimulatedSources, shape: tuple[int, int], conditions: Conditions, seed: int
) -> SimulatedSources:
    """Return the sources and, behind them, the companions and the diffuse galaxies asked for.

    Raises
    ------
    ParameterError
        If companions are asked for where there is no galaxy, or more than there is room for.
    """
    most = shape[0] * shape[1] // _PIXELS_EACH
    for name in ("companions", "diffuse"):
        if (n := getattr(conditions, name)) > most:
            raise ParameterError(
                f"is {n} in {shape[0]} x {shape[1]} pixels",
                hint=f"give up to {most}, one in {_PIXELS_EACH} pixels", argument=name,
            )  # fmt: skip
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 1))))
    parts = [sources]
    if conditions.companions:
        parts.append(_companions(sources, shape, conditions.companions, rng))
    if conditions.diffuse:
        parts.append(_diffuse(shape, conditions.diffuse, rng))
    if len(parts) == 1:
        return sources
    names = [each.name for each in fields(SimulatedSources)]
    joined = {name: np.concatenate([getattr(each, name) for each in parts]) for name in names}
    return SimulatedSources(**joined)


def _companions(
    sources: SimulatedSources, shape: tuple[int, int], n: int, rng: np.random.Generator
) -> SimulatedSources:
    galaxies = np.flatnonzero(~sources.star)
    if not galaxies.size:
        raise ParameterError(
            f"is {n} where there is no galaxy", hint="give more sources", argument="companions"
        )
    bright = galaxies[sources.mag[galaxies] < _HOST_MAG]
    host = rng.choice(bright if bright.size else galaxies, n)
    dx, dy = _places(sources, host, rng.uniform(0.6, 2.2, n), 1.5, rng)
    ny, nx = shape
    return SimulatedSources(
        x=np.clip(sources.x[host] + dx, 0, nx - 1),
        y=np.clip(sources.y[host] + dy, 0, ny - 1),
        mag=sources.mag[host] + rng.uniform(*_FAINTER, n),
        colour=sources.colour[host] + rng.normal(0, 0.3, n),
        star=np.zeros(n, bool),
        index=np.ones(n),
        half_light=rng.uniform(1.0, 3.0, n),
        axis_ratio=rng.uniform(0.5, 1.0, n),
        theta=rng.uniform(-np.pi / 2, np.pi / 2, n),
        neighbour=(host + 1).astype(np.int32),
        companion=np.ones(n, bool),
        diffuse=np.zeros(n, bool),
    )


def _diffuse(shape: tuple[int, int], n: int, rng: np.random.Generator) -> SimulatedSources:
    ny, nx = shape
    half_light, axis_ratio = rng.uniform(*_DIFFUSE_RADII, n), rng.uniform(0.5, 1.0, n)
    area = 2 * np.pi * (half_light * PIX_SCALE) ** 2 * axis_ratio
    return SimulatedSources(
        x=rng.uniform(-0.5, nx - 0.5, n),
        y=rng.uniform(-0.5, ny - 0.5, n),
        mag=rng.uniform(*_DIFFUSE_BRIGHTNESS, n) - 2.5 * np.log10(area),
        colour=np.zeros(n),
        star=np.zeros(n, bool),
        index=rng.choice([0.75, 1.0], n),
        half_light=half_light,
        axis_ratio=axis_ratio,
        theta=rng.uniform(-np.pi / 2, np.pi / 2, n),
        neighbour=np.zeros(n, np.int32),
        companion=np.zeros(n, bool),
        diffuse=np.ones(n, bool),
    )


def draw_clumps(sources: SimulatedSources, per_disc: int, seed: int) -> Clumps:
    """Draw the clumps of the discs that are large enough to show them."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 2))))
    large = (sources.half_light > _CLUMPY_RADIUS) & (sources.index <= _CLUMPY_INDEX)
    host = np.repeat(np.flatnonzero(large & ~sources.diffuse & ~sources.companion), per_disc)
    dx, dy = _places(sources, host, rng.uniform(0.3, 1.6, host.size), 0.0, rng)
    weight = rng.uniform(0.2, 1.0, host.size)
    total = np.bincount(host, weight, len(sources))[host]
    return Clumps(
        host,
        sources.x[host] + dx,
        sources.y[host] + dy,
        _CLUMPS_LIGHT * weight / total,
        rng.uniform(0.8, 2.0, host.size),
    )


def _places(
    sources: SimulatedSources,
    host: IntArray,
    radii: FloatArray,
    beyond: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Distances in x and y from hosts: on their ellipses of so many half-light radii."""
    angle = rng.uniform(0, 2 * np.pi, host.size)
    along = (radii * sources.half_light[host] + beyond) * np.cos(angle)
    across = (radii * sources.half_light[host] * sources.axis_ratio[host] + beyond) * np.sin(angle)
    cos, sin = np.cos(sources.theta[host]), np.sin(sources.theta[host])
    return cos * along - sin * across, sin * along + cos * across
