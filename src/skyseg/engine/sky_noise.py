"""The noise as it is: how far the sky of an image scatters, whatever its error map tells."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_instance, as_mapper, as_number
from skyseg.engine.flag_maps import FlagRows, as_flags
from skyseg.engine.mappers import LightTasks, Mapper, ThreadMapper
from skyseg.engine.maps import Maps, make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Rows
from skyseg.engine.scaling import choose_scale
from skyseg.engine.scatter import median_of
from skyseg.engine.sky_meshes import (
    LAGS,
    MESH_SIDE,
    MESHES_ALONG_AXIS,
    RADII,
    SkyMesh,
    draw_circle,
    find_scatter,
    measure_sky_mesh,
    sample_meshes,
)
from skyseg.engine.types import ErrType, FloatArray
from skyseg.engine.whole_image import keep_sky, needs_facts, prepare_image

USUAL_RADIUS: Final = 3.0
"""Radius in pixels of the circles whose light is compared with the errors by the error map."""

_PART_OF_RUN: Final = 0.02
_LEAST_APERTURES: Final = 30


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
        beta of sigma = alpha N^beta, where N is the number of an aperture's pixels, those on
        its edge counted by the square of their part in it: 0.5 in white noise, up to 1 where
        all pixels share it.
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
        sigma = self.aperture_sigma[RADII.index(USUAL_RADIUS)]
        return sigma / math.sqrt(_count_pixels(USUAL_RADIUS))

    def to_sigmas(self, thresh: float) -> float:
        """Return a threshold of a parameter set in units of the scatter of the filtered sky.

        Raises
        ------
        ParameterError
            If it is no number.

        Examples
        --------
        >>> noise = np.random.default_rng(1).normal(0, 1, (500, 500)).astype(np.float32)
        >>> measured = measure_noise(noise, np.ones_like(noise), "rms_err", Parameters())
        >>> f"{measured.to_sigmas(1.8):.1f}"
        '6.8'
        """
        return as_number(thresh, "thresh") / self.filtered_sigma

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
        return tell_known(known)


def tell_known(values: Mapping[str, float]) -> dict[str, float]:
    """Return what a run tells of numbers: four digits of each that is known.

    Examples
    --------
    >>> tell_known({"detect_sigma": 6.78349, "rms_scale": math.nan})
    {'detect_sigma': 6.783}
    """
    return {name: float(f"{value:.4g}") for name, value in values.items() if math.isfinite(value)}


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
    '2.0 0.5'
    """
    maps = make_maps(sci, err, err_type, mask=mask)
    as_instance(parameters, Parameters, "parameters")
    known = None if labels is None else as_flags(labels, maps.shape, "labels")
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
    return _begin(image, labels, mapper, along_axis)()


def _begin(
    image: PreparedImage, labels: FlagRows | None, mapper: Mapper, along_axis: int
) -> Callable[[], NoiseMeasure]:
    """Have meshes measured; return what puts them together."""
    # how deep filling has come is told at few rows, from which one would have to read on
    work = partial(measure_sky_mesh, replace(image, holes=None), labels)
    meshes = mapper(work, LightTasks(sample_meshes(image.maps.shape, along_axis)))

    def finish() -> NoiseMeasure:
        found = combine_meshes(meshes)
        if found.n_pixels or along_axis >= MESHES_ALONG_AXIS:
            return found
        return measure_prepared(image, labels, mapper)

    return finish


def measure_for_run(image: PreparedImage, mapper: Mapper = map) -> NoiseMeasure:
    """Measure the noise of an image on so few meshes that a run of it takes hardly longer."""
    return begin_for_run(image, mapper)()


def begin_for_run(image: PreparedImage, mapper: Mapper) -> Callable[[], NoiseMeasure]:
    """Do as `measure_for_run`, but wait for no cluster before what is returned is called."""
    ny, nx = image.maps.shape
    few = int(math.sqrt(_PART_OF_RUN * ny * nx) / MESH_SIDE)
    return _begin(image, None, mapper, min(max(few, 2), MESHES_ALONG_AXIS))


def measure_maps_for_run(maps: Maps, parameters: Parameters, mapper: Mapper) -> NoiseMeasure:
    """Measure the noise of maps as `measure_for_run` does."""
    return measure_for_run(_prepare(maps, parameters, mapper), mapper)


def _prepare(maps: Maps, parameters: Parameters, mapper: Mapper) -> PreparedImage:
    """Prepare an image by facts of the whole of it, where any matters to its noise."""
    scale = choose_scale(maps, parameters)
    maps, parameters = scale.scale_maps(maps), scale.scale_parameters(parameters)
    sky = keep_sky(parameters, "back_type", "back_value", "filter", "filter_name")
    sky = sky.replace(thresh_unit="rms")
    if not needs_facts(scale.source, sky):
        return PreparedImage(maps, sky, None)
    return prepare_image(maps, sky, mapper)


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
        filtered_sigma=median_of([mesh.filtered_sigma for mesh in known]),
        rms_scale=median_of([mesh.rms_scale for mesh in known]),
        correlation=tuple(correlation.tolist()), aperture_radii=RADII,
        aperture_sigma=tuple(scatter), growth=growth, growth_scale=scale,
        n_pixels=sum(mesh.n_pixels for mesh in known),
    )  # fmt: skip


def _find_light_scatter(light: FloatArray) -> float:
    if light.size < _LEAST_APERTURES:
        return math.nan
    return find_scatter(light)[1]


def _count_pixels(radius: float) -> float:
    """Count the pixels of a circle, those on its edge by the square of their part in it.

    So the light in it scatters as the root of this in white noise.
    """
    return float(np.sum(draw_circle(radius) ** 2))


def _fit_growth(scatter: Sequence[float]) -> tuple[float, float]:
    """Fit a straight line to the logarithms of scatter and size: its slope, and alpha."""
    sigma = np.array(scatter)
    known = np.isfinite(sigma) & (sigma > 0)
    if np.count_nonzero(known) < 2:
        return math.nan, math.nan
    pixels = np.array([_count_pixels(radius) for radius in RADII])
    slope, level = np.polyfit(np.log(pixels[known]), np.log(sigma[known]), 1)
    return float(slope), float(math.exp(level))
