"""Which sources are put into an image: what they are, where they lie, which of them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Final, Literal, get_args

import astropy.units as u
import numpy as np
from astropy.table import Table

from skyseg.assessment.good_pixels import GoodPixels
from skyseg.engine.rows import Window
from skyseg.engine.types import FloatArray, IntArray, LabelImage
from skyseg.errors import ParameterError
from skyseg.imaging.refs import MapRef

Kind = Literal["sersic", "star", "cutout"]

Labels = Callable[[Window], LabelImage]
"""Gives labels of the run without the sources in a window of its part."""

_TRIES: Final = 12
_MOST: Final = 1_000_000
_MAGS: Final = -50.0, 90.0
_SIZES: Final = 1e-4, 1e4
_INDICES: Final = 0.75, 6.0
_AXIS_RATIOS: Final = 0.05, 1.0
_ANY: Final = -math.inf, math.inf
_GAP: Final = 8
_NEEDED: Final = ("X_IMAGE", "Y_IMAGE", "MAG")
_COLUMNS: Final = {
    "X_IMAGE": (u.pix, *_ANY),
    "Y_IMAGE": (u.pix, *_ANY),
    "MAG": (u.mag, *_MAGS),
    "R_HALF": (u.arcsec, *_SIZES),
    "SERSIC_N": (u.dimensionless_unscaled, *_INDICES),
    "AXIS_RATIO": (u.dimensionless_unscaled, *_AXIS_RATIOS),
    "THETA_IMAGE": (u.deg, *_ANY),
    "CUTOUT": (u.dimensionless_unscaled, 0.0, 2.0**31),
}
"""Unit and limits of each column of sources of one's own."""

_OF_CUTOUTS: Final = (*_NEEDED, "CUTOUT")

_USUAL: Final = {
    "R_HALF": 0.0, "SERSIC_N": 1.0, "AXIS_RATIO": 1.0, "THETA_IMAGE": 0.0, "CUTOUT": 0.0
}  # fmt: skip

NO_SHAPE: Final[Mapping[str, str]] = {
    "star": "stars have no size", "cutout": "cutouts have those of the image"
}  # fmt: skip
"""Kinds of sources that are of no size that is asked for, and why."""


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
    kind : {"sersic", "star", "cutout"}
        Sersic profiles, point sources, or bright and isolated sources of the image itself, as
        they are there, made fainter by 1.25 mag and more.
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
        Sources of one's own in place of all above but the PSF: X_IMAGE, Y_IMAGE (from 1, as the
        catalogue of the run counts), MAG and, if need be, R_HALF in arcsec (0 is a point source),
        SERSIC_N, AXIS_RATIO and THETA_IMAGE in degrees; with cutouts, CUTOUT in place of
        these, the NUMBER in the catalogue of the source that is cut out (0 is any). Columns may
        have units of their own. `Completeness.sources` is such a table.
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
        for name, least, most in (("n", 1, _MOST), ("seed", 0, math.inf)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                up = f"from {least} to {most}" if most < math.inf else f"of at least {least}"
                _refuse(name, value, f"give a whole number {up}")
        if not isinstance(self.kind, str) or self.kind not in get_args(Kind):
            _refuse("kind", self.kind, f"use one of {', '.join(get_args(Kind))}")
        if self.mags is not None:
            _check_range("mags", self.mags, *_MAGS)
        _check_range("sizes", self.sizes, *_SIZES)
        _check_range("axis_ratios", self.axis_ratios, *_AXIS_RATIOS)
        indices = self.indices if isinstance(self.indices, tuple | list) else ()
        if not indices or not all(_lies_in(each, *_INDICES) for each in indices):
            hint = f"give numbers from {_INDICES[0]:g} to {_INDICES[1]:g}"
            _refuse("indices", self.indices, hint)
        is_image = self.psf is None or isinstance(self.psf, str | Path | MapRef)
        is_width = isinstance(self.psf, int | float) and _lies_in(self.psf, *_SIZES)
        if not is_image and not is_width:
            hint = f"give a width from {_SIZES[0]:g} to {_SIZES[1]:g} arcsec, or an image"
            _refuse("psf", self.psf, hint)
        if self.kind == "cutout" and self.psf is not None:
            _refuse("psf", self.psf, "leave it out, as cutouts have that of the image")
        if self.sources is not None:
            _read_sources(self.sources, self.kind)
        if self.kind in NO_SHAPE:
            self._refuse_shapes(NO_SHAPE[self.kind])

    def _refuse_shapes(self, why: str) -> None:
        for name in ("sizes", "indices", "axis_ratios"):
            value = getattr(self, name)
            if tuple(value) != getattr(Injection, name):
                _refuse(name, value, "leave it out", f", and {why}")

    def draw(self, mags: tuple[float, float], pix_scale: float, part: Window) -> InjectedSources:
        """Draw what the sources are.

        Parameters
        ----------
        mags : tuple of float
            Magnitudes between which they lie.
        pix_scale : float
            Side of a pixel in arcsec.
        part : Window
            The part of the image that they are put into.

        Raises
        ------
        ParameterError
            If a source of one's own lies outside of the part.
        """
        if self.sources is not None:
            return _place_sources(_read_sources(self.sources, self.kind), pix_scale, part)
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
        if self.kind == "cutout":
            size = index = axis_ratio = theta = nowhere
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
        Sersic index, minor over major axis, angle from x towards y in radians; NaN of cutouts.
    cutout : ndarray of int64, or None
        NUMBER of the source that each is a cutout of, 0 of any; None where none are.
    """

    x: FloatArray
    y: FloatArray
    mag: FloatArray
    half_light: FloatArray
    index: FloatArray
    axis_ratio: FloatArray
    theta: FloatArray
    cutout: IntArray | None = None

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
        there, count = np.empty((3, len(left))), 0
        for row, source in enumerate(left):
            others_x, others_y, others_reach = there[:, :count]
            room = others_reach + (reach[source] + _GAP)
            for own_x, own_y in zip(at_x[row].tolist(), at_y[row].tolist(), strict=True):
                if (np.hypot(others_x - own_x, others_y - own_y) > room).all():
                    x[source], y[source], number[source] = own_x, own_y, now
                    there[:, count], count = (own_x, own_y, reach[source]), count + 1
                    break
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


def _read_sources(table: Table, kind: Kind) -> dict[str, FloatArray]:
    """Read the columns of sources of one's own, in the units of `_COLUMNS`."""
    if not isinstance(table, Table):
        _refuse("sources", table, "give a table")
    for name in _NEEDED:
        if name not in table.colnames:
            _refuse_sources(f"no {name}", f"give {', '.join(_NEEDED)}")
    if not len(table):
        raise ParameterError("are none", hint="give at least one", argument="sources")
    used = _OF_CUTOUTS if kind == "cutout" else _COLUMNS.keys() - {"CUTOUT"}
    found = {
        name: _read_column(table, name) if name in used else np.full(len(table), _USUAL[name])
        for name in _COLUMNS
    }
    points = found["R_HALF"] == 0
    found["SERSIC_N"] = np.where(points, 1.0, found["SERSIC_N"])
    for name, (_, least, most) in _COLUMNS.items():
        fits = np.isfinite(found[name]) & (found[name] >= least) & (found[name] <= most)
        if name == "CUTOUT":
            fits &= found[name] == np.floor(found[name])
        wrong = np.flatnonzero(~fits & ~points if name == "R_HALF" else ~fits)
        if len(wrong):
            what = f"numbers from {least:g} to {most:g}" if least > -math.inf else "finite numbers"
            hint = f"give {what}, or leave such rows out"
            _refuse_sources(f"{name} {found[name][wrong[0]]:g}", hint)
    return found


def _read_column(table: Table, name: str) -> FloatArray:
    unit = _COLUMNS[name][0]
    if name not in table.colnames:
        return np.full(len(table), _USUAL[name])
    column = getattr(table[name], "unmasked", table[name])
    if column.unit == u.ABmag and unit == u.mag:
        column = column.value
    try:
        values = u.Quantity(column, unit, dtype=np.float64).value
    except (u.UnitsError, TypeError, ValueError) as error:
        told = f" of the unit {unit}" if unit.to_string() else ""
        raise ParameterError(
            f"have a {name} that cannot be read ({error})", hint=f"give numbers{told}",
            argument="sources",
        ) from error  # fmt: skip
    if values.ndim != 1:
        _refuse_sources(f"several {name} each", "give one number a source")
    missing = np.asarray(getattr(table[name], "mask", False))
    return np.where(missing, np.nan, values)


def _place_sources(found: dict[str, FloatArray], pix_scale: float, part: Window) -> InjectedSources:
    """Make sources of one's own, whose places count from the corner of a part."""
    x, y = found["X_IMAGE"], found["Y_IMAGE"]
    ny, nx = part.shape
    outside = np.flatnonzero((x < 0.5) | (x >= nx + 0.5) | (y < 0.5) | (y >= ny + 0.5))
    if len(outside):
        first = outside[0]
        _refuse_sources(
            f"X_IMAGE {x[first]:g} and Y_IMAGE {y[first]:g}, outside of {nx} x {ny} pixels",
            "count from 1, as the catalogue of the run does",
        )
    return InjectedSources(
        x - 1 + part.x0, y - 1 + part.y0, found["MAG"], found["R_HALF"] / pix_scale,
        found["SERSIC_N"], found["AXIS_RATIO"], np.radians(found["THETA_IMAGE"]),
        found["CUTOUT"].astype(np.int64),
    )  # fmt: skip


def _refuse_sources(what: str, hint: str) -> None:
    raise ParameterError(f"have {what}", hint=hint, argument="sources")


def _check_range(name: str, value: Any, least: float, most: float) -> None:
    fits = isinstance(value, tuple | list) and len(value) == 2
    if not fits or not all(_lies_in(each, least, most) for each in value) or value[0] > value[1]:
        _refuse(name, value, f"give two ascending numbers from {least:g} to {most:g}")


def _lies_in(value: Any, least: float, most: float) -> bool:
    return isinstance(value, Real) and least <= float(value) <= most


def _refuse(name: str, value: Any, hint: str, why: str = "") -> None:
    raise ParameterError(f"is {value!r}{why}", hint=hint, argument=name)
