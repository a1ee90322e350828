"""Sources cut out of an image, to be put into it fainter and elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
from astropy.table import Table

from skyseg.assessment.injection import InjectedSources, Labels
from skyseg.engine.rows import Rows, Window
from skyseg.engine.types import FloatArray, FloatImage
from skyseg.errors import ParameterError
from skyseg.methods.catalogue import first_values

FAINTER: Final = 1.25
"""Magnitudes by which a cutout is put in fainter at least: its noise is a third then."""

_NEEDED: Final = (
    "NUMBER", "X_IMAGE", "Y_IMAGE", "FLUX_AUTO", "FLUXERR_AUTO", "KRON_RADIUS", "A_IMAGE", "FLAGS",
)  # fmt: skip
_LEAST_SNR: Final = 30.0
_NEIGHBOURS: Final = 3  # in FLAGS; the labels tell better
_LARGEST: Final = 0.1  # of the shorter side of the image
_SKY: Final = 1.5
_SKY_MORE: Final = 3
_MOST: Final = 500
_FINER: Final = 5
_FINEST_SIDE: Final = 2000  # of what half of the light is looked for in


@dataclass(frozen=True, eq=False)
class Cutout:
    """A source as it is in an image, without the sky.

    Attributes
    ----------
    number : int
        Its NUMBER in the catalogue.
    light : ndarray of float32, shape (2 reach + 1, 2 reach + 1)
        Its light, of a sum of 1.
    dx, dy : float
        Where its centre is from the middle of the middle pixel.
    """

    number: int
    light: FloatImage
    dx: float
    dy: float

    @cached_property
    def half_light(self) -> float:
        """Radius in pixels of the circle that holds half of the light."""
        side = len(self.light)
        finer = min(_FINER, max(_FINEST_SIDE // side, 1))
        fine = np.repeat(np.repeat(self.light, finer, axis=0), finer, axis=1)
        steps = (np.arange(len(fine)) + 0.5) / finer - side / 2
        radius = np.hypot(steps - self.dx, steps[:, None] - self.dy).ravel()
        order = np.argsort(radius, kind="stable")
        held = np.cumsum(fine.ravel()[order], dtype=np.float64)
        return float(radius[order][np.argmax(held >= held[-1] / 2)])

    def find_reach(self, flux: float, level: float, most: int) -> int:
        """Return how far light is drawn, in pixels; it is as far however faint it is."""
        del flux, level, most
        return len(self.light) // 2

    def settle(self, x: float, y: float) -> tuple[float, float]:
        """Return the nearest place that it can have: pixels stay pixels."""
        return round(x - self.dx) + self.dx, round(y - self.dy) + self.dy

    def draw(
        self, flux: float, x: float, y: float, level: float, most: int
    ) -> tuple[int, int, FloatImage]:
        """Return the pixel that its light begins at, and the light, as `Profile.draw`."""
        del level, most
        reach = len(self.light) // 2
        y0, x0 = round(y - self.dy) - reach, round(x - self.dx) - reach
        return y0, x0, self.light * np.float32(flux)


@dataclass(frozen=True, eq=False)
class Cutouts:
    """Cutouts of an image.

    Attributes
    ----------
    cutouts : tuple of Cutout
        At least one.
    mags : ndarray of float64, shape (n,)
        The AB magnitude of each.
    """

    cutouts: tuple[Cutout, ...]
    mags: FloatArray

    @classmethod
    def of(
        cls, sci: Rows, catalogue: Table, labels: Labels, part: Window, zero_point: float,
        seed: int = 0,
    ) -> Self:  # fmt: skip
        """Cut the bright and isolated sources of a run out of its image.

        Parameters
        ----------
        sci : Rows
            The image.
        catalogue : Table
            NUMBER, positions from 1 in the part, FLUX_AUTO and its error, KRON_RADIUS, A_IMAGE
            and FLAGS of its sources.
        labels : callable
            Gives the labels of the run in a window of the part.
        part : Window
            The part of the image that the run is of.
        zero_point : float
            AB magnitude of one unit of the image.
        seed : int
            Seed of the choice where there are more than 500.

        Raises
        ------
        ParameterError
            If the catalogue lacks a column, or there is no such source.
        """
        for name in _NEEDED:
            if name not in catalogue.colnames:
                raise _make_error(f"the catalogue has no {name}")
        number, x, y, flux, error, kron, major, flags = (
            first_values(catalogue, name) for name in _NEEDED
        )
        reach = np.ceil(np.nan_to_num(kron * major, nan=np.inf))
        with np.errstate(divide="ignore", invalid="ignore"):
            good = (flux / error > _LEAST_SNR) & (reach > 0)
        good &= (reach <= _LARGEST * min(part.shape)) & np.isfinite(x) & np.isfinite(y)
        good &= (flags.astype(np.int64) & ~_NEIGHBOURS) == 0
        rng = np.random.default_rng(np.random.SeedSequence((seed, 2)))
        # by rows, as the labels are read
        tried = np.sort(rng.permutation(np.flatnonzero(good))[:_MOST])
        tried = tried[np.argsort(y[tried], kind="stable")]
        found = [
            _cut_out(sci, labels, part, int(number[k]), x[k] - 1, y[k] - 1, int(reach[k]))
            for k in tried
        ]
        known = [each for each in found if each is not None]
        if not known:
            raise _make_error("none is bright and far enough from others")
        light = np.array([each[1] for each in known])
        return cls(tuple(each[0] for each in known), zero_point - 2.5 * np.log10(light))

    @property
    def brightest(self) -> float:
        """Brightest magnitude at which one of them can be put in."""
        return float(self.mags.min()) + FAINTER

    def choose(
        self, sources: InjectedSources, seed: int
    ) -> tuple[InjectedSources, Sequence[Cutout]]:
        """Choose a cutout for each source, of those that are brighter by `FAINTER`.

        Raises
        ------
        ParameterError
            If a source is brighter than all of them, or names one that there is not.
        """
        order = np.argsort(self.mags, kind="stable")
        bright = np.searchsorted(self.mags[order], sources.mag - FAINTER + 1e-9, side="right")
        if not bright.all():
            raise ParameterError(
                f"go to {sources.mag.min():.2f}, and cutouts of less noise than the image has are "
                f"of {self.brightest:.2f} and fainter",
                hint="give fainter ones",
                argument="mags" if sources.cutout is None else "sources",
            )  # fmt: skip
        rng = np.random.default_rng(np.random.SeedSequence((seed, 3)))
        which = order[rng.integers(bright)]
        named = np.zeros(len(sources)) if sources.cutout is None else sources.cutout
        numbers = np.array([each.number for each in self.cutouts])
        for row in np.flatnonzero(named):
            (place,) = np.nonzero(numbers == named[row])
            if not len(place):
                raise ParameterError(
                    f"have CUTOUT {named[row]}, and that source cannot be cut out",
                    hint="name one that is bright and far from others, or 0 for any",
                    argument="sources",
                )
            which[row] = place[0]
        return replace(sources, cutout=numbers[which]), [self.cutouts[k] for k in which]


def _cut_out(
    sci: Rows, labels: Labels, part: Window, number: int, x: float, y: float, reach: int
) -> tuple[Cutout, float] | None:
    """Cut a source out of an image, with its light; None where others or no values are near."""
    (ny, nx), (row, column) = part.shape, (round(y), round(x))
    if not (reach <= row < ny - reach and reach <= column < nx - reach):
        return None
    wide = int(np.ceil(_SKY * reach)) + _SKY_MORE
    window = Window(
        max(row - wide, 0), min(row + wide + 1, ny), max(column - wide, 0),
        min(column + wide + 1, nx),
    )  # fmt: skip
    owner = labels(window)
    pixels = sci.read(_move(window, part)).astype(np.float64)
    rows, columns = np.ogrid[window.y0 : window.y1, window.x0 : window.x1]
    away = np.hypot(rows - row, columns - column)
    near = away <= reach
    around = pixels[~near & (owner == 0) & np.isfinite(pixels)]
    if (near & (owner != number) & (owner != 0)).any() or not around.size:
        return None
    light = np.where(near, pixels - np.median(around), 0.0)
    total = float(light.sum())
    if not total > 0:
        return None
    top, left = row - reach - window.y0, column - reach - window.x0
    square = light[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    made = Cutout(number, (square / total).astype(np.float32), x - column, y - row)
    return made, total


def _move(window: Window, part: Window) -> Window:
    """Return a window of a part in the pixels of the image."""
    return Window(
        window.y0 + part.y0, window.y1 + part.y0, window.x0 + part.x0, window.x1 + part.x0
    )


def _make_error(why: str) -> ParameterError:
    return ParameterError(
        f"no source can be cut out of the image: {why}", hint="put in another kind"
    )
