"""Light in circles, Kron ellipses and windows, and how it is spread: all apertures of a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._compact import Compact
from skyseg.engine._gaussian_window import MOMENTS, WINDOWED
from skyseg.engine._scene import MASKS, Scene
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import Shapes
from skyseg.engine.types import FloatArray, IntArray

PETRO: Final = frozenset(["FLUX_PETRO", "FLUXERR_PETRO", "PETRO_RADIUS"])
"""Columns of Petrosian ellipses."""

_CIRCLES: Final = frozenset(["FLUX_APER", "FLUXERR_APER"])
_KRON: Final = frozenset([
    "FLUX_AUTO", "FLUXERR_AUTO", "KRON_RADIUS", "FLUX_BEST", "FLUXERR_BEST",
])  # fmt: skip


Values = TypeVar("Values", bound=npt.NDArray[Any])


@dataclass(frozen=True)
class Reaches:
    """Radii of the ellipses of m sources in units of a and b, as an image shows them.

    Attributes
    ----------
    kron, petro : ndarray of float64, shape (m,)
        Of Kron and Petrosian ellipses; below 0 where the first ellipse holds no pixel.
    kron_flags, petro_flags : ndarray of int64, shape (m,)
        Bits of `Flag` from where each was found, or ``BEYOND``.
    """

    kron: FloatArray
    petro: FloatArray
    kron_flags: IntArray
    petro_flags: IntArray

    @property
    def flags(self) -> IntArray:
        """All bits, shape (m,)."""
        return self.kron_flags | self.petro_flags

    @classmethod
    def place(cls, parts: Sequence[Reaches], places: Sequence[IntArray], count: int) -> Reaches:
        """Put the sources of each part at its places among ``count``; see `Photometry.place`."""
        if not parts:
            none = np.empty(0, np.int64)
            return cls(np.empty(0), np.empty(0), none, none)
        names = [item.name for item in fields(cls)]
        return cls(*(
            place_parts([getattr(part, name) for part in parts], places, count) for name in names
        ))  # fmt: skip

    def take(self, which: IntArray) -> Reaches:
        """Return the radii of some of the sources."""
        return Reaches(*(getattr(self, item.name)[which] for item in fields(self)))


@dataclass(frozen=True)
class Photometry(Compact):
    """Measurements in apertures of m sources, in the unit of the image and in pixels.

    Zeros where they are not asked for, and do not serve others that are.

    Attributes
    ----------
    aper, aper_error : ndarray of float64, shape (m, number of apertures)
        Light in circles.
    auto, auto_error, kron : ndarray of float64, shape (m,)
        Light in Kron ellipses (AUTO), and their radii in units of a and b, 0
        where the smallest circle was used.
    petro, petro_error, petro_radius : ndarray of float64, shape (m,)
        The same of Petrosian ellipses (PETRO).
    radius : ndarray of float64, shape (m, number of parts)
        Radii of the parts of the light that ``phot_fluxfrac`` names.
    win_x, win_y, win, win_variance : ndarray of float64, shape (m,)
        Centre of a Gaussian window, from 0, the light in it, and its variance.
    win_xx, win_yy, win_xy, win_error_xx, win_error_yy, win_error_xy : ndarray of float64
        Sums of light and of variance in the window, times products of distances to its
        centre, shape (m,).
    win_steps : ndarray of int64, shape (m,)
        Steps of the search for the centre; one more than there may be where it has no end.
    flags : ndarray of int64, shape (m,)
        Bits of `Flag`, or ``BEYOND`` where the scene was too small.
    """

    aper: FloatArray
    aper_error: FloatArray
    auto: FloatArray
    auto_error: FloatArray
    kron: FloatArray
    petro: FloatArray
    petro_error: FloatArray
    petro_radius: FloatArray
    radius: FloatArray
    win_x: FloatArray
    win_y: FloatArray
    win: FloatArray
    win_variance: FloatArray
    win_xx: FloatArray
    win_yy: FloatArray
    win_xy: FloatArray
    win_error_xx: FloatArray
    win_error_yy: FloatArray
    win_error_xy: FloatArray
    win_steps: IntArray
    flags: IntArray

    @classmethod
    def place(
        cls, parts: Sequence[Photometry], places: Sequence[IntArray], count: int | None = None
    ) -> Photometry:
        """Put the sources of each part at its places, of as many as there are, or are said to be.

        A later part replaces an earlier one; what none has is 0.
        """
        names = [item.name for item in fields(cls)]
        return cls(*(
            place_parts([getattr(part, name) for part in parts], places, count) for name in names
        ))  # fmt: skip

    @classmethod
    def blank(cls, apertures: int, parts: int, count: int = 0) -> Photometry:
        """Return the measurements of sources that were not measured."""
        widths = {"aper": (apertures,), "aper_error": (apertures,), "radius": (parts,)}
        empty = {
            item.name: np.zeros((count, *widths.get(item.name, ()))) for item in fields(cls)
        }  # fmt: skip
        whole = np.zeros(count, np.int64)
        return cls(**{**empty, "win_steps": whole, "flags": whole})


class Laid(list[Photometry]):
    """Measurements of several parts of an image, which are those of one where they are sent."""

    def __reduce__(self) -> tuple[Any, ...]:
        joined = (np.concatenate([getattr(part, name) for part in self]) for name in _NAMES)
        return Laid, ([Photometry(*joined)],)


_NAMES: Final = [item.name for item in fields(Photometry)]


def place_parts(
    parts: Sequence[Values], places: Sequence[IntArray], count: int | None = None
) -> Values:
    """Put the values of each part at its places; a later part replaces an earlier one."""
    if count is None:
        count = 1 + max(int(place.max(initial=-1)) for place in places)
    values = np.zeros((count, *parts[0].shape[1:]), parts[0].dtype)
    for part, place in zip(parts, places, strict=True):
        values[place] = part
    return values  # type: ignore[return-value]


def measure_apertures(
    scene: Scene, numbers: IntArray, shapes: Shapes, sky: FloatArray, parameters: Parameters,
    aper_diams: tuple[float, ...], noise: float, columns: frozenset[str],
    reaches: Reaches | None = None,
) -> Photometry:  # fmt: skip
    """Lay the apertures that are asked for on some sources.

    Parameters
    ----------
    scene : Scene
        The image, or a part of it.
    numbers : ndarray of int64, shape (n,)
        Number of each source in ``scene.owner``.
    shapes : Shapes
        Their shapes.
    sky : ndarray of float64, shape (n,)
        What is left of the sky around each. It is subtracted from the light in circles
        and ellipses, but not where ellipses and photon noise are found, in the growth
        curve and in the window: so it is with SExtractor.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Diameters of the circles in pixels.
    noise : float
        Global noise of the image, which ``gain`` refers to.
    columns : frozenset of str
        What is asked for, by SExtractor's names. As there, what is not asked for is not
        laid, and sets no flag.
    reaches : Reaches, optional
        Radii of the ellipses, as another image has them; by default they are found in this one.

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
    - Petrosian (1976) radius: the first of 16 rings, in steps of a twentieth of that reach,
      on which the light is less than a fifth as dense as inside its middle. A ring is a fifth of
      its inner radius wide.
    - Radii of parts of the light: a growth curve of 64 steps out to 6 a, interpolated
      linearly, against the light in the Kron ellipse. Where the curve ends below, what it
      rose last prolongs it, up to its end.
    - Windowed signal to noise: the FWHM of the Gaussian window is the diameter
      of the circle that holds half the light, at least a pixel; the window is
      centred by iteration on the windowed barycentre (the SExtractor manual,
      "Windowed positional parameters").
    """
    kron_factor, kron_least = parameters.phot_autoparams
    petro_factor, petro_least = parameters.phot_petroparams
    first_circle, second_circle = parameters.phot_autoapers
    none = np.empty(0)
    circles = () if columns.isdisjoint(_CIRCLES) else aper_diams
    window = not columns.isdisjoint(WINDOWED)
    growth = window or "FLUX_RADIUS" in columns
    top, left = scene.origin
    ny, nx = scene.whole
    return Photometry(**_loops.measure_apertures(
        image=scene.image, variance=scene.variance, owner=scene.owner, top=top, left=left,
        ny=ny, nx=nx, number=numbers, x=shapes.x, y=shapes.y, a=shapes.a, b=shapes.b,
        cxx=shapes.cxx, cyy=shapes.cyy, cxy=shapes.cxy, sky=sky,
        radii=np.asarray(circles, np.float64) / 2, kron_factor=kron_factor,
        kron_least=kron_least, petro_factor=petro_factor, petro_least=petro_least,
        first_circle=first_circle, second_circle=second_circle,
        light_parts=np.asarray(parameters.phot_fluxfrac, np.float64),
        mask=MASKS[parameters.mask_type], gain=parameters.gain, noise2=noise * noise,
        weight_gain=parameters.weight_gain, kron=growth or not columns.isdisjoint(_KRON),
        growth=growth, window=window, moments=not columns.isdisjoint(MOMENTS),
        petro=not columns.isdisjoint(PETRO), kron_reach=none if reaches is None else reaches.kron,
        petro_reach=none if reaches is None else reaches.petro,
    ))  # fmt: skip


def needs_kron(columns: frozenset[str]) -> bool:
    """Tell whether Kron ellipses serve some columns."""
    return not columns.isdisjoint(_KRON | WINDOWED | {"FLUX_RADIUS"})


def find_reaches(
    scene: Scene, numbers: IntArray, shapes: Shapes, parameters: Parameters, *, petro: bool
) -> Reaches:
    """Find the radii of the ellipses of some sources; see `measure_apertures`.

    Parameters
    ----------
    scene, numbers, shapes, parameters
        As for `measure_apertures`.
    petro : bool
        Whether Petrosian radii are wanted besides those of Kron.

    Returns
    -------
    Reaches
    """
    kron_factor, kron_least = parameters.phot_autoparams
    petro_factor, petro_least = parameters.phot_petroparams
    top, left = scene.origin
    ny, nx = scene.whole
    return Reaches(**_loops.find_reaches(
        image=scene.image, variance=scene.variance, owner=scene.owner, top=top, left=left,
        ny=ny, nx=nx, number=numbers, x=shapes.x, y=shapes.y, a=shapes.a, b=shapes.b,
        cxx=shapes.cxx, cyy=shapes.cyy, cxy=shapes.cxy, kron_factor=kron_factor,
        kron_least=kron_least, petro_factor=petro_factor, petro_least=petro_least,
        first_circle=parameters.phot_autoapers[0], mask=MASKS[parameters.mask_type],
        kron=True, petro=petro,
    ))  # fmt: skip
