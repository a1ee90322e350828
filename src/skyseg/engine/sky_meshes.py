"""Meshes of an image in which its noise is measured as it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.filtering import convolve
from skyseg.engine.flag_maps import FlagRows
from skyseg.engine.rows import Window
from skyseg.engine.scatter import SIGMA_OF_MAD
from skyseg.engine.types import BoolImage, FloatArray, FloatImage

if TYPE_CHECKING:
    from skyseg.engine.prepared import PreparedImage

MESH_SIDE: Final = 128
"""Side in pixels of the meshes that noise is measured in."""

LAGS: Final = (1, 2, 3, 4)
"""Distances in pixels, along rows and columns, at which the correlation is measured."""

MESHES_ALONG_AXIS: Final = 6
"""Meshes along each axis that are measured, at the most."""

RADII: Final = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Radii in pixels of the empty apertures."""

_LEAST_SKY: Final = 0.15
_LEAST_PIXELS: Final = 400
_SOURCE: Final = 4.0
_GROWN: Final = 8
_ROUNDS: Final = 4
_EVERY: Final = 2
_FINE: Final = 5
_SETTLED: Final = 0.002


@dataclass(frozen=True, eq=False)
class SkyMesh:
    """The sky of one mesh.

    Attributes
    ----------
    filtered_sigma, rms_scale : float
        As in `skyseg.engine.NoiseMeasure`; NaN where there is too little sky.
    n_pixels : int
        Pixels of sky.
    products : ndarray of float64, shape (number of lags, 2)
        Mean product of the noise that far apart over its variance, and of how many pairs.
    light : tuple of ndarray of float64
        For each radius the light of the empty apertures.
    """

    filtered_sigma: float
    rms_scale: float
    n_pixels: int
    products: FloatArray
    light: tuple[FloatArray, ...]


def cut_meshes(length: int) -> list[tuple[int, int]]:
    """Cut an axis into meshes: first and stop of each, the last one up to 1.5 times as long.

    Examples
    --------
    >>> cut_meshes(300)
    [(0, 128), (128, 300)]
    """
    count = max(round(length / MESH_SIDE), 1)
    starts = [MESH_SIDE * number for number in range(count)]
    return list(zip(starts, [*starts[1:], length], strict=True))


def sample_meshes(shape: tuple[int, int], along_axis: int) -> list[Window]:
    """Choose meshes that are spread over an image, by rows; so many along an axis at the most.

    Examples
    --------
    >>> len(sample_meshes((500, 3000), 6))
    24
    """
    rows, columns = (_spread(cut_meshes(length), along_axis) for length in shape)
    return [Window(*row, *column) for row in rows for column in columns]


def _spread(meshes: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """Choose the meshes in the middle of equal parts of an axis."""
    count = min(len(meshes), most)
    return [meshes[(2 * number + 1) * len(meshes) // (2 * count)] for number in range(count)]


@dataclass(frozen=True, eq=False)
class _Filtered:
    """A mesh of an image: its pixels, their variance, the filtered ones in rms, what is no sky."""

    pixels: FloatImage
    variance: FloatImage
    filtered: FloatImage
    taken: BoolImage


def measure_filtered_sigma(image: PreparedImage, mesh: Window) -> float:
    """Measure the scatter of the filtered sky of one mesh; see `SkyMesh`."""
    seen = _filter_mesh(image, None, mesh)
    return math.nan if seen is None else _leave_sources(seen.filtered, seen.taken)[1]


def measure_sky_mesh(image: PreparedImage, labels: FlagRows | None, mesh: Window) -> SkyMesh:
    """Measure the sky of one mesh.

    Parameters
    ----------
    image : PreparedImage
        The image.
    labels : FlagRows or None
        Sources that are left out besides those that are found here.
    mesh : Window
        The mesh.
    """
    seen = _filter_mesh(image, labels, mesh)
    if seen is None:
        return _nothing()
    taken, sigma = _leave_sources(seen.filtered, seen.taken)
    if not math.isfinite(sigma):
        return _nothing()
    plain = _divide(seen.pixels, seen.variance, taken)
    middle, scale = find_scatter(plain[:, ::_EVERY][~taken[:, ::_EVERY]])
    if not np.float32(scale) > 0:  # most pixels are of one value
        return _nothing()
    plain -= np.float32(middle)
    products = _correlate(plain, taken, scale)
    plain[taken] = np.nan
    return SkyMesh(
        sigma, scale, int(np.count_nonzero(~taken)), products,
        tuple(_lay_apertures(plain, radius) for radius in RADII),
    )  # fmt: skip


def _filter_mesh(image: PreparedImage, labels: FlagRows | None, mesh: Window) -> _Filtered | None:
    """Filter a mesh, and mark what is no sky: bad, labelled, or within the kernel's reach of it."""
    half = max(image.kernel.shape) // 2
    ny, nx = image.maps.shape
    # all that the kernel reaches is there; at the image's edges it reaches beyond, and so they go
    window = Window(
        max(mesh.y0 - half, 0), min(mesh.y1 + half, ny),
        max(mesh.x0 - half, 0), min(mesh.x1 + half, nx),
    )  # fmt: skip
    inner = slice(half, window.shape[0] - half), slice(half, window.shape[1] - half)
    if min(window.shape) <= 2 * half:
        return None
    pixels, variance, bad = image.read_marked(window)
    taken = bad | ~(variance < BAD_VARIANCE)
    if labels is not None:
        taken |= labels.read(window) != 0
    taken = _grow(taken, half)[inner]
    spread = convolve(variance, image.noise_kernel)[inner]
    taken |= ~(spread > 0)
    filtered = _divide(convolve(pixels, image.kernel)[inner], spread, taken)
    return _Filtered(pixels[inner], variance[inner], filtered, taken)


def _nothing() -> SkyMesh:
    none = np.zeros(0)
    return SkyMesh(math.nan, math.nan, 0, np.zeros((len(LAGS), 2)), (none,) * len(RADII))


def _divide(values: FloatImage, variance: FloatImage, taken: BoolImage) -> FloatImage:
    """Return values in units of the rms, 0 where they are taken."""
    out = np.zeros_like(values)
    np.divide(values, np.sqrt(variance, where=~taken, out=out.copy()), where=~taken, out=out)
    return out


def _grow(marked: BoolImage, reach: int) -> BoolImage:
    """Mark all in a square around what is marked."""
    grown = marked.copy()
    covered = 0
    while covered < reach:
        step = min(2 * covered + 1, reach - covered)
        before = grown.copy()
        grown[step:] |= before[:-step]
        grown[:-step] |= before[step:]
        before = grown.copy()
        grown[:, step:] |= before[:, :-step]
        grown[:, :-step] |= before[:, step:]
        covered += step
    return grown


def _leave_sources(filtered: FloatImage, taken: BoolImage) -> tuple[BoolImage, float]:
    """Take what is no sky of a filtered mesh, and measure the scatter of what is left.

    Pixels of the filtered mesh are alike, so that every second one tells nearly all.
    """
    some = slice(None, None, _EVERY), slice(None, None, _EVERY)
    thinned = filtered[some]
    least = max(_LEAST_SKY * thinned.size, _LEAST_PIXELS)
    sky, sigma = taken, math.nan
    for _ in range(_ROUNDS):
        left = thinned[~sky[some]]
        if left.size < least:
            return sky, math.nan
        middle, now = find_scatter(left)
        if not now > 0:
            return sky, math.nan
        before, sigma = sigma, now
        marked = taken | _grow(~taken & (np.abs(filtered - middle) > _SOURCE * sigma), _GROWN)
        if abs(sigma - before) < _SETTLED * sigma:
            break
        sky = marked
    return sky, sigma


def find_scatter(values: FloatImage | FloatArray) -> tuple[float, float]:
    """Median, and 1.4826 times the median absolute deviation."""
    middle = _find_middle(values)
    return float(middle), float(SIGMA_OF_MAD * _find_middle(np.abs(values - middle)))


def _find_middle(values: FloatImage | FloatArray) -> Any:
    """Return the median; of two in the middle the higher one, which is quicker."""
    half = values.size // 2
    return np.partition(values, half)[half]


def _correlate(sky: FloatImage, taken: BoolImage, sigma: float) -> FloatArray:
    """Sum the products of the noise at some distances, and count the pairs."""
    free = ~taken
    with np.errstate(over="ignore"):
        units = np.clip(sky / np.float32(sigma), -_SOURCE, _SOURCE)
    values = np.where(free, units, np.float32(0))
    found = []
    for lag in LAGS:
        every, later, earlier = slice(None), slice(lag, None), slice(-lag)
        pairs = [((later, every), (earlier, every)), ((every, later), (every, earlier))]
        products = sum(float(np.sum(values[one] * values[other])) for one, other in pairs)
        found.append((products, sum(np.count_nonzero(free[a] & free[b]) for a, b in pairs)))
    return np.array(found, np.float64)


@lru_cache(maxsize=len(RADII))
def draw_circle(radius: float) -> FloatImage:
    """Draw a circle about the middle of a pixel: the part of each pixel that lies in it."""
    reach = math.ceil(radius - 0.5)
    fine = (np.arange((2 * reach + 1) * _FINE) + 0.5) / _FINE - reach - 0.5
    inside = np.hypot(fine[:, None], fine) < radius
    side = 2 * reach + 1
    parts: FloatImage = inside.reshape(side, _FINE, side, _FINE).mean((1, 3), dtype=np.float32)
    return parts


def _lay_apertures(sky: FloatImage, radius: float) -> FloatArray:
    """Sum the light in circles that lie half over one another, where no pixel near is NaN."""
    circle, step = draw_circle(radius), math.ceil(radius)
    if min(sky.shape) < len(circle):
        return np.zeros(0)
    places = sliding_window_view(sky, circle.shape)[::step, ::step]
    light: FloatImage = places.reshape(-1, circle.size) @ circle.ravel()
    return light[np.isfinite(light)].astype(np.float64)
