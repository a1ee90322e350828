"""Sources put into an image, segmented with its settings, and looked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from skyseg import methods
from skyseg.assessment.good_pixels import GoodPixels
from skyseg.assessment.injection import InjectedSources, Labels, choose_passes, find_places
from skyseg.assessment.noise_light import NoiseLight
from skyseg.assessment.profiles import Profile, Psf, see_source
from skyseg.engine.changing import ChangingImage, Place, PlaceSources
from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Rows, Window, as_box, as_rows
from skyseg.engine.sky_noise import measure_noise
from skyseg.engine.types import (
    FloatArray,
    FloatImage,
    IntArray,
    LabelImage,
)
from skyseg.methods.base import Request
from skyseg.methods.catalogue import without_unit
from skyseg.methods.columns import AskedColumn

FOUND, MISSED, BLENDED = 0, 1, 2
"""What became of a source that was put into an image."""

_MEASURED: Final = ("FLUX_ISO", "FLUXERR_ISO", "FLUX_AUTO", "FLUX_RADIUS")
_NEAR: Final = 2.0
_VIEW: Final = 4
_SIGMAS: Final = 2.0  # of the light of others that may be noise

_FAINTEST: Final = 0.02  # of the noise: light of a pixel that does not matter


class Light(Protocol):
    """How a source looks: a `Profile`, or a cutout of the image."""

    @property
    def half_light(self) -> float:
        """Radius in pixels of the circle that holds half of the light."""

    def find_reach(self, flux: float, level: float, most: int) -> int:
        """Return how far light is drawn, in pixels, and no farther than the most."""

    def settle(self, x: float, y: float) -> tuple[float, float]:
        """Return the nearest place that it can have."""

    def draw(
        self, flux: float, x: float, y: float, level: float, most: int
    ) -> tuple[int, int, FloatImage]:
        """Return the pixel that the light begins at, and the light, as far as it matters."""


@dataclass(frozen=True, eq=False)
class Fates:
    """What became of sources that were put into an image; all arrays have shape (n,).

    Attributes
    ----------
    sources : InjectedSources
        The sources, at their places.
    half_light : ndarray of float64
        Radius in pixels of the circle that holds half of the light, as it is seen.
    fate : ndarray of int64
        `FOUND`, `MISSED` or `BLENDED`.
    flux_auto, flux_radius : ndarray of float64
        What the run measured of those that were found; NaN of the others.
    n_passes : int
        How often the image was segmented.
    """

    sources: InjectedSources
    half_light: FloatArray
    fate: IntArray
    flux_auto: FloatArray
    flux_radius: FloatArray
    n_passes: int


@dataclass(frozen=True, eq=False)
class Stamp:
    """Light that is put into an image: where it begins, and how much each pixel has."""

    y0: int
    x0: int
    light: FloatImage

    def cut(self, window: Window) -> tuple[Window, FloatImage] | None:
        """Return the part in a window, and where it lies; None where there is none."""
        y0, x0 = max(self.y0, window.y0), max(self.x0, window.x0)
        y1 = min(self.y0 + self.light.shape[0], window.y1)
        x1 = min(self.x0 + self.light.shape[1], window.x1)
        if y0 >= y1 or x0 >= x1:
            return None
        rows, columns = slice(y0 - self.y0, y1 - self.y0), slice(x0 - self.x0, x1 - self.x0)
        return Window(y0, y1, x0, x1), self.light[rows, columns]


@dataclass(frozen=True, eq=False)
class InjectedRows:
    """A map with light put into it.

    Attributes
    ----------
    rows : Rows
        The map.
    stamps : tuple of Stamp
        The light.
    """

    rows: Rows
    stamps: tuple[Stamp, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (ny, nx) of the map."""
        return self.rows.shape

    def read(self, window: Window) -> FloatImage:
        """Read a part of the map, with the light that reaches into it."""
        values = self.rows.read(window)
        y0, y1, x0, x1 = self._boxes
        near = (y0 < window.y1) & (y1 > window.y0) & (x0 < window.x1) & (x1 > window.x0)
        for number in np.flatnonzero(near):
            part = self.stamps[number].cut(window)
            if part is not None:
                at, light = part
                rows = slice(at.y0 - window.y0, at.y1 - window.y0)
                values[rows, at.x0 - window.x0 : at.x1 - window.x0] += light
        return values

    @cached_property
    def _boxes(self) -> IntArray:
        boxes = [
            (each.y0, each.y0 + each.light.shape[0], each.x0, each.x0 + each.light.shape[1])
            for each in self.stamps
        ]
        return np.array(boxes, np.int64).reshape(-1, 4).T


def inject(
    request: Request, method: str, sources: InjectedSources, seen: Sequence[Light],
    labels: Labels, *, seed: int = 0, mapper: Mapper | None = None,
) -> Fates:  # fmt: skip
    """Put sources into the image of a request, make its run at their places, and look for them.

    The method ``skyseg`` segments what surrounds the sources, as a run of the whole image would;
    for other ones the whole image is segmented in every pass.

    Parameters
    ----------
    request : Request
        What was asked for.
    method : str
        Name of the method that it was asked of.
    sources : InjectedSources
        What is put in; where places are NaN they are found.
    seen : sequence of Light
        How each looks.
    labels : callable
        Gives the labels that the run has in a window of the part that was asked for, without
        the sources.
    seed : int
        Seed of the places.
    mapper : callable, optional
        Has the work done in threads or on a cluster.

    Returns
    -------
    Fates

    Raises
    ------
    SkysegError
        As `skyseg.methods.run` does; or if no pixel of the part is good.

    Notes
    -----
    Of the sources of the run with a pixel within 2 pixels of the place, the one that has most of
    the light that was put in is looked at. The source is found where at least half of the
    FLUX_ISO of that one is light that was put in, where what noise has added is left out: the part
    of the light that its pixels had that is noise, see `NoiseLight`, and two FLUXERR_ISO, which
    grow with its area as the scatter of empty apertures does. Else it is blended where a
    source of the run without it has a pixel of that one, and missed where none has: it only lifted
    light that was too faint. The light has no photon noise of its own.
    """
    work, tell = mapper or ThreadMapper(), request.report
    parameters = request.parameters.replace(phot_fluxfrac=(0.5,))
    request = replace(request, parameters=parameters, canvas=None, flags=None, progress=None)
    ny, nx = request.sci.shape
    part = Window(0, ny, 0, nx) if request.part is None else _as_window(request, (ny, nx))
    runner = _Engine.of(request, work) if method == "skyseg" else _Whole.of(request, method)
    flux = 10 ** (-0.4 * (sources.mag - request.zero_point))
    noise = _measure_noise(runner.image, request, work)
    level = _FAINTEST * runner.image.noise
    placed, number = _place(sources, seen, flux, level, request, part, seed)
    fate, found = np.full(len(sources), MISSED), np.full((len(sources), 2), np.nan)
    n_passes = int(number.max(initial=-1)) + 1
    for now in range(n_passes):
        tell(now / n_passes, f"injection, pass {now + 1} of {n_passes}")
        # by rows, as the labels are read
        own = np.flatnonzero(number == now)
        which = own[np.argsort(placed.y[own], kind="stable")].tolist()
        # a pass at a time, whose light has room in the image
        light = tuple(
            Stamp(*seen[k].draw(flux[k], placed.x[k], placed.y[k], level, max(ny, nx)))
            for k in which
        )
        places = [
            _make_place(stamp, placed.x[k], placed.y[k], part)
            for k, stamp in zip(which, light, strict=True)
        ]
        whole = Window(0, ny, 0, nx)
        changed = [cut[0] for each in light if (cut := each.cut(whole)) is not None]
        there = runner.run(InjectedRows(as_rows(request.sci), light), changed, places)
        for k, stamp, place, near in zip(which, light, places, there, strict=True):
            at = placed.y[k], placed.x[k]
            before = labels(_within(place.view, part))
            fate[k], found[k] = look_for(near, place, stamp, before, at, noise)
    half_light = np.array([each.half_light for each in seen])
    return Fates(placed, half_light, fate, found[:, 0], found[:, 1], n_passes)


def see_sources(sources: InjectedSources, psf: Psf) -> list[Profile]:
    """Return how sources look through a PSF and the pixels."""
    return [
        see_source(psf, *each)
        for each in zip(
            sources.half_light.tolist(), sources.index.tolist(), sources.axis_ratio.tolist(),
            sources.theta.tolist(), strict=True,
        )
    ]  # fmt: skip


def look_for(
    found: PlaceSources,
    place: Place,
    stamp: Stamp,
    before: LabelImage,
    at: tuple[float, float],
    noise: NoiseLight,
) -> tuple[int, tuple[float, float]]:
    """Tell what became of a source; with its FLUX_AUTO and FLUX_RADIUS if it was found.

    Parameters
    ----------
    found : PlaceSources
        The sources near its place.
    place : Place
        Where they were looked for.
    stamp : Stamp
        Its light.
    before : ndarray of int32, shape of the view
        Labels of the run without it.
    at : tuple of float
        Row and column of its place.
    noise : NoiseLight
        The noise of the image without it.
    """
    nothing = math.nan, math.nan
    view, labels = place.view, found.labels
    y, x = np.ogrid[view.y0 : view.y1, view.x0 : view.x1]
    near = np.unique(labels[np.hypot(y - at[0], x - at[1]) <= _NEAR])
    near = near[near > 0]
    if not len(near):
        return MISSED, nothing
    light = np.zeros(labels.shape, np.float32)
    cut = stamp.cut(view)
    if cut is not None:
        there, values = cut
        rows = slice(there.y0 - view.y0, there.y1 - view.y0)
        light[rows, there.x0 - view.x0 : there.x1 - view.x0] = values
    own = np.bincount(labels.ravel(), weights=light.ravel(), minlength=int(near[-1]) + 1)
    best = int(near[np.argmax(own[near])])
    row = int(np.flatnonzero(found.columns["NUMBER"] == best)[0])
    flux, error = (float(found.columns[name][row]) for name in ("FLUX_ISO", "FLUXERR_ISO"))
    pixels = labels == best
    scatter = np.nan_to_num(error) * noise.find_growth(int(np.count_nonzero(pixels)))
    lacks = flux - 2 * own[best] - _SIGMAS * scatter
    if not own[best] > 0 or not (lacks <= 0 or lacks <= noise.find_light(view, pixels)):
        return BLENDED if (before[pixels] > 0).any() else MISSED, nothing
    auto, radius = (float(found.columns[name][row]) for name in ("FLUX_AUTO", "FLUX_RADIUS"))
    return FOUND, (auto, radius)


@dataclass(frozen=True, eq=False)
class _Engine:
    """The embedded engine, which segments what surrounds places."""

    image: ChangingImage
    mapper: Mapper

    @classmethod
    def of(cls, request: Request, mapper: Mapper) -> _Engine:
        return cls(ChangingImage.of(_make_maps(request), request.parameters, mapper), mapper)

    def run(
        self, sci: Rows, changed: Sequence[Window], places: Sequence[Place]
    ) -> Sequence[PlaceSources]:
        return self.image.segment(sci, changed, places, _MEASURED, self.mapper)


@dataclass(frozen=True, eq=False)
class _Whole:
    """Any method, which segments the whole image."""

    request: Request
    method: str
    image: ChangingImage

    @classmethod
    def of(cls, request: Request, method: str) -> _Whole:
        asked = tuple(AskedColumn(name) for name in ("NUMBER", *_MEASURED))
        image = ChangingImage.of(_make_maps(request), Parameters())
        return cls(replace(request, columns=asked), method, image)

    def run(
        self, sci: Rows, changed: Sequence[Window], places: Sequence[Place]
    ) -> Sequence[PlaceSources]:
        outcome = methods.run(self.method, replace(self.request, sci=sci))
        assert outcome.seg is not None  # there is no canvas
        columns = {name: without_unit(outcome.cat[name]) for name in outcome.cat.colnames}
        seg = outcome.seg
        return [PlaceSources(_cut(seg, place.view), columns) for place in places]


def _measure_noise(image: ChangingImage, request: Request, mapper: Mapper) -> NoiseLight:
    """Measure how noise that pixels share, or that the error map does not tell, adds up."""
    measured = measure_noise(
        request.sci, request.err, request.err_type, request.parameters, mask=request.mask,
        mapper=mapper,
    )  # fmt: skip
    return NoiseLight.of(image, measured, mapper)


def _make_maps(request: Request) -> Maps:
    return make_maps(request.sci, request.err, request.err_type, request.name, None, request.mask)


def _as_window(request: Request, shape: tuple[int, int]) -> Window:
    assert request.part is not None
    return Window(*as_box(request.part, shape))


def _cut(image: npt.NDArray[Any], window: Window) -> npt.NDArray[Any]:
    return image[window.y0 : window.y1, window.x0 : window.x1]


def _within(window: Window, part: Window) -> Window:
    """Return a window in the pixels of a part that holds it."""
    return Window(
        window.y0 - part.y0, window.y1 - part.y0, window.x0 - part.x0, window.x1 - part.x0
    )


def _make_place(stamp: Stamp, x: float, y: float, part: Window) -> Place:
    """Return where a source is looked for: what is near, and all its light."""
    side = stamp.light.shape[0]
    return Place(
        _around(round(y), round(x), math.ceil(_NEAR), part),
        _around(stamp.y0 + side // 2, stamp.x0 + side // 2, side // 2 + _VIEW, part),
    )


def _around(y: int, x: int, reach: int, part: Window) -> Window:
    return Window(
        max(y - reach, part.y0), min(y + reach + 1, part.y1),
        max(x - reach, part.x0), min(x + reach + 1, part.x1),
    )  # fmt: skip


def _place(
    sources: InjectedSources, seen: Sequence[Light], flux: FloatArray, level: float,
    request: Request, part: Window, seed: int,
) -> tuple[InjectedSources, IntArray]:  # fmt: skip
    """Give sources places, and each its pass."""
    most = max(request.sci.shape)
    reach = np.array([
        each.find_reach(light, level, most) for each, light in zip(seen, flux.tolist(), strict=True)
    ], np.float64)  # fmt: skip
    if np.isfinite(sources.x).all():
        x, y, number = sources.x, sources.y, choose_passes(sources.x, sources.y, reach)
    else:
        good = GoodPixels.of(_make_maps(request), request.parameters, part)
        x, y, number = find_places(reach, good, seed)
    places = [light.settle(*at) for light, *at in zip(seen, x.tolist(), y.tolist(), strict=True)]
    x, y = np.array(places, np.float64).reshape(-1, 2).T
    return replace(sources, x=x, y=y), number
