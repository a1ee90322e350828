"""Which sources are put into an image: what they are, where they lie, which of them together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from astropy.table import Table

from skyseg.assessment.good_pixels import GoodPixels
from skyseg.engine.types import FloatArray, IntArray
from skyseg.errors import ParameterError
from skyseg.imaging.refs import MapRef

Kind = Literal["sersic", "star"]

_TRIES: Final = 12
_LEAST_INDEX, _HIGHEST_INDEX = 0.75, 6.0
_GAP: Final = 8
_NEEDED: Final = ("X_IMAGE", "Y_IMAGE", "MAG")
_USUAL: Final = {"R_HALF": 0.0, "SERSIC_N": 1.0, "AXIS_RATIO": 1.0, "THETA_IMAGE": 0.0}


@dataclass(frozen=True, kw_only=True)
class Injection:
    """Sources to put into an image, for its completeness.

    Attributes
    ----------
    n : int
        How many.
    mags : tuple of float, or None
        AB magnitudes between which they lie, uniformly. None: from 3 mag brighter to 2 fainter
        than the one that a fifth of the catalogue is fainter than.
    kind : {"sersic", "star"}
        Sersic profiles, or point sources.
    sizes : tuple of float
        Half-light radii along the major axis in arcsec, before the PSF; uniform in the logarithm.
    indices : tuple of float
        Sersic indices, each as often as the others.
    axis_ratios : tuple of float
        Minor over major axis, uniformly.
    psf : float, str, Path, MapRef or None
        Full width at half maximum of a Gaussian in arcsec, or an image of the PSF, of which the
        mean radial profile counts. None: measured of stars of the field.
    sources : Table or None
        Sources of one's own in place of all above but the PSF: X_IMAGE, Y_IMAGE (from 1), MAG
        and, if need be, R_HALF in arcsec (0 is a point source), SERSIC_N, AXIS_RATIO and
        THETA_IMAGE in degrees.
    seed : int
        The same seed gives the same sources at the same places.

    Raises
    ------
    ParameterError
        If one of them is not what is asked for.

    Examples
    --------
    >>> Injection(n=200, mags=(25, 29), psf=0.15).mags
    (25, 29)
    """

    n: int = 1000
    mags: tuple[float, float] | None = None
    kind: Kind = "sersic"
    sizes: tuple[float, float] = (0.05, 0.3)
    indices: tuple[float, ...] = (1.0, 1.5, 2.0, 4.0)
    axis_ratios: tuple[float, float] = (0.3, 1.0)
    psf: float | str | Path | MapRef | None = None
    sources: Table | None = field(default=None, compare=False)
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("n", 1), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                _refuse(name, value, f"give a whole number of at least {least}")
        if self.kind not in get_args(Kind):
            _refuse("kind", self.kind, f"use one of {', '.join(get_args(Kind))}")
        if self.mags is not None:
            _check_range("mags", self.mags, -50.0, 90.0)
        _check_range("sizes", self.sizes, 1e-4, 1e4)
        _check_range("axis_ratios", self.axis_ratios, 0.05, 1.0)
        if not self.indices or not all(
            _LEAST_INDEX <= each <= _HIGHEST_INDEX for each in self.indices
        ):
            hint = f"give numbers from {_LEAST_INDEX} to {_HIGHEST_INDEX:g}"
            _refuse("indices", self.indices, hint)
        if isinstance(self.psf, int | float) and not self.psf > 0:
            _refuse("psf", self.psf, "give a width in arcsec above 0, or an image")
        if self.sources is not None:
            for name in _NEEDED:
                if name not in self.sources.colnames:
                    raise ParameterError(
                        f"have no {name}", hint=f"give {', '.join(_NEEDED)}", argument="sources"
                    )

    def draw(self, mags: tuple[float, float], pix_scale: float) -> InjectedSources:
        """Draw what the sources are.

        Parameters
        ----------
        mags : tuple of float
            Magnitudes between which they lie.
        pix_scale : float
            Side of a pixel in arcsec.
        """
        if self.sources is not None:
            return _read_sources(self.sources, pix_scale)
        rng = np.random.default_rng(np.random.SeedSequence((self.seed, 0)))
        mag = rng.uniform(*mags, self.n)
        low, high = (math.log(size / pix_scale) for size in self.sizes)
        size = np.exp(rng.uniform(low, high, self.n))
        index = rng.choice(np.asarray(self.indices, np.float64), self.n)
        axis_ratio = rng.uniform(*self.axis_ratios, self.n)
        theta = rng.uniform(-np.pi / 2, np.pi / 2, self.n)
        nowhere = np.full(self.n, np.nan)
        if self.kind == "star":
            size, index, axis_ratio = np.zeros(self.n), np.ones(self.n), np.ones(self.n)
        return InjectedSources(nowhere, nowhere, mag, size, index, axis_ratio, theta)


@dataclass(frozen=True, eq=False)
class InjectedSources:
    """Sources that are put into an image; all arrays have shape (n,).

    Attributes
    ----------
    x, y : ndarray of float64
        Places in pixels from 0; NaN where one is still to be found.
    mag : ndarray of float64
        Total AB magnitude.
    half_light : ndarray of float64
        Half-light radius along the major axis in pixels; 0 is a point source.
    index, axis_ratio, theta : ndarray of float64
        Sersic index, minor over major axis, angle from x towards y in radians.
    """

    x: FloatArray
    y: FloatArray
    mag: FloatArray
    half_light: FloatArray
    index: FloatArray
    axis_ratio: FloatArray
    theta: FloatArray

    def __len__(self) -> int:
        return len(self.mag)


def find_places(
    reach: FloatArray, good: GoodPixels, seed: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Find places for sources, several in each pass, whose light does not meet.

    Parameters
    ----------
    reach : ndarray of float64, shape (n,)
        How far the light of each reaches, in pixels.
    good : GoodPixels
        The pixels that they are put into.
    seed : int
        Seed of the places.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        The places, anywhere in good pixels alike.
    number : ndarray of int64, shape (n,)
        Pass of each.

    Raises
    ------
    ImageError
        If no pixel is good.
    """
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    x, y = np.full(len(reach), np.nan), np.full(len(reach), np.nan)
    number = np.full(len(reach), -1)
    # the widest first, which need most room
    left, now = np.argsort(-reach, kind="stable"), 0
    while len(left):
        at_x, at_y = (
            each.reshape(len(left), _TRIES) for each in good.draw(rng, len(left) * _TRIES)
        )
        for row, source in enumerate(left):
            there = number == now
            apart = np.hypot(
                at_x[row][:, None] - x[there], at_y[row][:, None] - y[there]
            )  # fmt: skip
            free = (apart > reach[source] + reach[there] + _GAP).all(axis=1)
            if free.any():
                place = int(np.argmax(free))
                x[source], y[source] = at_x[row, place], at_y[row, place]
                number[source] = now
        left, now = left[number[left] < 0], now + 1
    return x, y, np.unique(number, return_inverse=True)[1].astype(np.int64)


def choose_passes(x: FloatArray, y: FloatArray, reach: FloatArray) -> IntArray:
    """Put sources of given places into as few passes as one finds, so that no light meets."""
    number = np.full(len(x), -1)
    for source in np.argsort(-reach, kind="stable"):
        near = np.hypot(x - x[source], y - y[source]) <= reach + reach[source] + _GAP
        taken = set(number[near & (number >= 0)].tolist())
        number[source] = next(each for each in range(len(x)) if each not in taken)
    return number


def _read_sources(table: Table, pix_scale: float) -> InjectedSources:
    def read(name: str) -> FloatArray:
        if name not in table.colnames:
            return np.full(len(table), _USUAL[name])
        values = np.asarray(getattr(table[name], "value", table[name]), np.float64)
        if not np.isfinite(values).all():
            raise ParameterError(
                f"have a {name} that is no number", hint="leave such rows out", argument="sources"
            )
        return values

    if not len(table):
        raise ParameterError("are none", hint="give at least one", argument="sources")
    return InjectedSources(
        read("X_IMAGE") - 1, read("Y_IMAGE") - 1, read("MAG"), read("R_HALF") / pix_scale,
        read("SERSIC_N"), read("AXIS_RATIO"), np.radians(read("THETA_IMAGE")),
    )  # fmt: skip


def _check_range(name: str, value: Any, least: float, most: float) -> None:
    fits = isinstance(value, tuple | list) and len(value) == 2
    if not fits or not least <= value[0] <= value[1] <= most:
        _refuse(name, value, f"give two ascending numbers from {least:g} to {most:g}")


def _refuse(name: str, value: Any, hint: str) -> None:
    raise ParameterError(f"is {value!r}", hint=hint, argument=name)
