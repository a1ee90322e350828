"""The noise as it is: how far the sky of an image scatters, whatever its error map tells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from skyseg.engine._arrays import as_instance, as_labels, as_mapper
from skyseg.engine.bad_pixels import BAD_VARIANCE
from skyseg.engine.depths import NMAD
from skyseg.engine.filtering import convolve
from skyseg.engine.flag_maps import FlagRows, as_flags
from skyseg.engine.mappers import Mapper, ThreadMapper
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.noise import NoiseSource
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage, keep_sky, measure_facts
from skyseg.engine.rows import Rows, Window
from skyseg.engine.scaling import choose_scale
from skyseg.engine.types import BoolImage, ErrType, FloatArray, FloatImage

MESH_SIDE: Final = 128
"""Side in pixels of the meshes that noise is measured in."""

LAGS: Final = (1, 2, 3, 4)
"""Distances in pixels, along rows and columns, at which the correlation is measured."""

MESHES_ALONG_AXIS: Final = 6
"""Meshes along each axis that are measured, at the most."""

RADII: Final = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Radii in pixels of the empty apertures."""

USUAL_RADIUS: Final = 3.0
"""Radius in pixels of the circles whose light is compared with the errors by the error map."""

_PART_OF_RUN: Final = 0.05
_LEAST_SKY: Final = 0.15
_LEAST_PIXELS: Final = 400
_LEAST_APERTURES: Final = 30
_SOURCE: Final = 4.0
_GROWN: Final = 8
_ROUNDS: Final = 4
_EVERY: Final = 2
_FINE: Final = 5
_SETTLED: Final = 0.002


@dataclass(frozen=True)
class NoiseMeasure:
    """The noise of the sky of an image, in units of what its error map tells.

    Attributes
    ----------
    filtered_sigma : float
        Scatter of the sky of the filtered image, which a threshold of 1 in
        ``detect_thresh`` is to be compared with; below 1 since the kernel averages noise.
    rms_scale : float
        Scatter of the image itself over the rms that its error map tells; above 1 the map
        tells too little noise.
    correlation : tuple of float
        Correlation of the noise of pixels `LAGS` apart, along rows and columns.
    aperture_radii, aperture_sigma : tuple of float
        Radii of empty apertures in pixels, and the scatter of the light in them over the
        rms that the error map tells of one pixel.
    growth : float
        beta of sigma = alpha N^beta, where N^2 is the number of an aperture's pixels, those on
        its edge counted by the square of their part in it: 1 in white noise, up to 2 where
        it is correlated.
    growth_scale : float
        alpha of it.
    n_pixels : int
        Pixels of sky that were measured.

    Notes
    -----
    NaN is what cannot be measured: without noise, or with too little sky.
    """

    filtered_sigma: float
    rms_scale: float
    correlation: tuple[float, ...]
    aperture_radii: tuple[float, ...]
    aperture_sigma: tuple[float, ...]
    growth: float
    growth_scale: float
    n_pixels: int

    @property
    def aperture_scale(self) -> float:
        """Scatter of the light in circles of `USUAL_RADIUS` over the errors by the error map."""
        pixels = float(np.sum(_draw_circle(USUAL_RADIUS) ** 2))
        return self.aperture_sigma[RADII.index(USUAL_RADIUS)] / math.sqrt(pixels)

    def to_sigmas(self, thresh: float) -> float:
        """Return a threshold of a parameter set in units of the scatter of the filtered sky.

        Examples
        --------
        >>> noise = np.random.default_rng(1).normal(0, 1, (500, 500)).astype(np.float32)
        >>> measured = measure_noise(noise, np.ones_like(noise), "rms_err", Parameters())
        >>> f"{measured.to_sigmas(1.8):.1f}"
        '6.8'
        """
        return thresh / self.filtered_sigma

    @property
    def told(self) -> dict[str, Any]:
        """What a run tells of its noise; what is not known is left out."""
        correlation = {
            f"noise_corr_{lag}": value for lag, value in zip(LAGS, self.correlation, strict=True)
        }
        known = {
            "filtered_sigma": self.filtered_sigma, "rms_scale": self.rms_scale,
            "aperture_scale": self.aperture_scale, "noise_growth": self.growth, **correlation,
        }  # fmt: skip
        return {
            name: float(f"{value:.4g}") for name, value in known.items() if math.isfinite(value)
        }


@dataclass(frozen=True, eq=False)
class SkyMesh:
    """The sky of one mesh.

    Attributes
    ----------
    filtered_sigma, rms_scale : float
        As in `NoiseMeasure`; NaN where there is too little sky.
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


def measure_noise(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None, err_type: ErrType,
    parameters: Parameters, *, labels: npt.ArrayLike | FlagRows | None = None,
    mask: Mask | None = None, mapper: Mapper | None = None,
) -> NoiseMeasure:  # fmt: skip
    """Measure the noise of an image as it is, against what its error map tells.

    Parameters
    ----------
    sci : array_like, shape (ny, nx), or Rows
        Image; NaN is a bad pixel.
    err : array_like, shape (ny, nx), or Rows, or None
        Its error map; None for ``none``.
    err_type : {"rms_err", "wht", "none"}
        What ``err`` is; see `skyseg.engine.segment_image`.
    parameters : Parameters
        Those of background, noise and filter are used.
    labels : array_like of int, shape (ny, nx), or FlagRows, optional
        Labels of sources, which are left out besides those that are found here.
    mask : Mask, optional
        What it excludes is left out.
    mapper : Mapper, optional
        Works the meshes; by default all cores do.

    Returns
    -------
    NoiseMeasure
        The same whatever the mapper.

    Raises
    ------
    ImageError
        If one of the maps is no image, or they differ in shape.
    ParameterError
        If another argument is not allowed.

    Notes
    -----
    36 meshes of 128 pixels a side are measured, spread over the image, or all where there
    are fewer. In each, what is 4 of its own sigma off is taken for a source and left
    out, with 8 pixels around it, until nothing changes. The scatter is 1.4826 times the
    median absolute deviation, and of the meshes the median counts.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(0, 2, (500, 500)).astype(np.float32)
    >>> measured = measure_noise(noise, np.ones_like(noise), "rms_err", Parameters())
    >>> f"{measured.rms_scale:.1f} {measured.growth:.1f}"
    '2.0 1.0'
    """
    maps = make_maps(sci, err, err_type, mask=mask)
    as_instance(parameters, Parameters, "parameters")
    known = None if labels is None else _as_label_rows(labels, maps.shape)
    work = ThreadMapper() if mapper is None else as_mapper(mapper)
    return measure_prepared(_prepare(maps, parameters, work), known, work)


def measure_prepared(
    image: PreparedImage, labels: FlagRows | None = None, mapper: Mapper = map,
    along_axis: int = MESHES_ALONG_AXIS,
) -> NoiseMeasure:  # fmt: skip
    """Measure the noise of an image that is prepared; see `measure_noise`.

    Parameters
    ----------
    image : PreparedImage
        The image.
    labels : FlagRows, optional
        Sources that are left out.
    mapper : Mapper
        Works the meshes.
    along_axis : int
        Meshes along each axis, at the most.
    """
    work = partial(measure_sky_mesh, image, labels)
    found = combine_meshes(list(mapper(work, sample_meshes(image.maps.shape, along_axis))))
    if found.n_pixels or along_axis >= MESHES_ALONG_AXIS:
        return found
    return measure_prepared(image, labels, mapper)


def measure_for_run(image: PreparedImage, mapper: Mapper = map) -> NoiseMeasure:
    """Measure the noise of an image on so few meshes that a run of it takes hardly longer."""
    ny, nx = image.maps.shape
    few = round(math.sqrt(_PART_OF_RUN * ny * nx) / MESH_SIDE)
    return measure_prepared(image, None, mapper, min(max(few, 2), MESHES_ALONG_AXIS))


def measure_maps_for_run(maps: Maps, parameters: Parameters, mapper: Mapper) -> NoiseMeasure:
    """Measure the noise of maps as `measure_for_run` does."""
    return measure_for_run(_prepare(maps, parameters, mapper), mapper)


def _as_label_rows(labels: npt.ArrayLike | FlagRows, shape: tuple[int, int]) -> FlagRows:
    return as_flags(
        labels if hasattr(labels, "read") else as_labels(labels, "labels", shape), shape
    )


def _prepare(maps: Maps, parameters: Parameters, mapper: Mapper) -> PreparedImage:
    """Prepare an image by facts of the whole of it, where any matters to its noise."""
    scale = choose_scale(maps, parameters)
    maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
    source = NoiseSource.of(maps.err_type, parameters)
    if parameters.back_type == "MANUAL" and source.has_map and not source.rescaled:
        return PreparedImage(maps, parameters, None)
    sky = keep_sky(parameters, "back_type", "back_value", "filter", "filter_name")
    return PreparedImage.of(maps, measure_facts(maps, sky, mapper=mapper), sky)


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
    half = max(image.kernel.shape) // 2
    ny, nx = image.maps.shape
    # all that the kernel reaches is there; at the image's edges it reaches beyond, and so they go
    window = Window(
        max(mesh.y0 - half, 0), min(mesh.y1 + half, ny),
        max(mesh.x0 - half, 0), min(mesh.x1 + half, nx),
    )  # fmt: skip
    pixels, variance, bad = image.read_marked(window)
    taken = bad | ~(variance < BAD_VARIANCE)
    if labels is not None:
        taken |= labels.read(window) != 0
    inner = slice(half, window.shape[0] - half), slice(half, window.shape[1] - half)
    if not pixels[inner].size:
        return _nothing()
    taken = _grow(taken, half)[inner]
    spread = convolve(variance, image.kernel)[inner]
    taken |= ~(spread > 0)
    filtered = _divide(convolve(pixels, image.kernel)[inner], spread, taken)
    taken, sigma = _leave_sources(filtered, taken)
    if not math.isfinite(sigma):
        return _nothing()
    plain = _divide(pixels[inner], variance[inner], taken)
    middle, scale = _find_scatter(plain[:, ::_EVERY][~taken[:, ::_EVERY]])
    plain -= np.float32(middle)
    products = _correlate(plain, taken, scale)
    plain[taken] = np.nan
    return SkyMesh(
        sigma, scale, int(np.count_nonzero(~taken)), products,
        tuple(_lay_apertures(plain, radius) for radius in RADII),
    )  # fmt: skip


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
    for along in (grown, grown.T):
        covered = 0
        while covered < reach:
            step = min(2 * covered + 1, reach - covered)
            before = along.copy()
            along[step:] |= before[:-step]
            along[:-step] |= before[step:]
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
        middle, now = _find_scatter(left)
        if not now > 0:
            return sky, math.nan
        before, sigma = sigma, now
        marked = taken | _grow(~taken & (np.abs(filtered - middle) > _SOURCE * sigma), _GROWN)
        if abs(sigma - before) < _SETTLED * sigma:
            break
        sky = marked
    return sky, sigma


def _find_scatter(values: FloatImage | FloatArray) -> tuple[float, float]:
    """Median, and 1.4826 times the median absolute deviation."""
    middle = _find_middle(values)
    return float(middle), float(NMAD * _find_middle(np.abs(values - middle)))


def _find_middle(values: FloatImage | FloatArray) -> Any:
    """Return the median; of two in the middle the higher one, which is quicker."""
    half = values.size // 2
    return np.partition(values, half)[half]


def _correlate(sky: FloatImage, taken: BoolImage, sigma: float) -> FloatArray:
    """Sum the products of the noise at some distances, and count the pairs."""
    free = ~taken
    values = np.where(free, np.clip(sky / np.float32(sigma), -_SOURCE, _SOURCE), np.float32(0))
    found = []
    for lag in LAGS:
        every, later, earlier = slice(None), slice(lag, None), slice(-lag)
        pairs = [((later, every), (earlier, every)), ((every, later), (every, earlier))]
        products = sum(float(np.sum(values[one] * values[other])) for one, other in pairs)
        found.append((products, sum(np.count_nonzero(free[a] & free[b]) for a, b in pairs)))
    return np.array(found, np.float64)


@lru_cache(maxsize=len(RADII))
def _draw_circle(radius: float) -> FloatImage:
    """Draw a circle about the middle of a pixel: the part of each pixel that lies in it."""
    reach = math.ceil(radius - 0.5)
    fine = (np.arange((2 * reach + 1) * _FINE) + 0.5) / _FINE - reach - 0.5
    inside = np.hypot(fine[:, None], fine) < radius
    side = 2 * reach + 1
    parts: FloatImage = inside.reshape(side, _FINE, side, _FINE).mean((1, 3), dtype=np.float32)
    return parts


def _lay_apertures(sky: FloatImage, radius: float) -> FloatArray:
    """Sum the light in circles that lie half over one another, where no pixel near is NaN."""
    circle, step = _draw_circle(radius), math.ceil(radius)
    if min(sky.shape) < len(circle):
        return np.zeros(0)
    places = sliding_window_view(sky, circle.shape)[::step, ::step]
    light = np.tensordot(places, circle)
    return light[np.isfinite(light)].astype(np.float64)


def combine_meshes(meshes: Iterable[SkyMesh]) -> NoiseMeasure:
    """Put meshes together: of scatters the median, of all apertures the scatter."""
    known = [mesh for mesh in meshes if math.isfinite(mesh.filtered_sigma)]
    if not known:
        unknown = (math.nan,) * len(RADII)
        return NoiseMeasure(
            math.nan, math.nan, (math.nan,) * len(LAGS), RADII, unknown, math.nan, math.nan, 0
        )
    total, pairs = np.sum([mesh.products for mesh in known], axis=0).T
    correlation = np.where(pairs > 0, total / np.maximum(pairs, 1), np.nan)
    scatter = [
        _find_light_scatter(np.concatenate([mesh.light[number] for mesh in known]))
        for number in range(len(RADII))
    ]
    growth, scale = _fit_growth(scatter)
    return NoiseMeasure(
        filtered_sigma=float(np.median([mesh.filtered_sigma for mesh in known])),
        rms_scale=float(np.median([mesh.rms_scale for mesh in known])),
        correlation=tuple(correlation.tolist()), aperture_radii=RADII,
        aperture_sigma=tuple(scatter), growth=growth, growth_scale=scale,
        n_pixels=sum(mesh.n_pixels for mesh in known),
    )  # fmt: skip


def _find_light_scatter(light: FloatArray) -> float:
    if light.size < _LEAST_APERTURES:
        return math.nan
    return _find_scatter(light)[1]


def _fit_growth(scatter: Sequence[float]) -> tuple[float, float]:
    """Fit a straight line to the logarithms of scatter and size: its slope, and alpha."""
    sigma = np.array(scatter)
    known = np.isfinite(sigma) & (sigma > 0)
    if np.count_nonzero(known) < 2:
        return math.nan, math.nan
    # a pixel on the edge counts by the square of its part, as it does in white noise
    pixels = np.array([float(np.sum(_draw_circle(radius) ** 2)) for radius in RADII])
    slope, level = np.polyfit(0.5 * np.log(pixels[known]), np.log(sigma[known]), 1)
    return float(slope), float(math.exp(level))
