"""The mesh background model: level and noise of the sky, and the scale of a weight map."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from skyseg import _loops
from skyseg.engine._arrays import as_count, as_image, as_instance, as_mask, as_number
from skyseg.engine._levels import EMPTY, invert_weight, measure_guided_mesh, measure_raw_mesh
from skyseg.engine._nearest import average_nearest
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.scatter import median_of, medians_along
from skyseg.engine.types import BoolImage, FloatArray, FloatImage, Int32Array, IntArray
from skyseg.errors import Advice, ImageError, ParameterError

logger = logging.getLogger(__name__)

_LARGEST_MESH = 2**20
_LEAST_EXPONENT = np.finfo(np.float32).minexp
_ROUNDED_ROWS = 64


@dataclass(frozen=True)
class MeshRule:
    """How meshes are measured and filtered.

    Attributes
    ----------
    size : int
        Side of a mesh in pixels (BACK_SIZE).
    filter_size : int
        Side of the median filter in meshes (BACK_FILTERSIZE).
    filter_thresh : float
        Least difference of a mesh's level from the median that has it replaced
        (BACK_FILTTHRESH).
    pearson : float
        f in mode = f median - (f - 1) mean (BACK_PEARSON).
    """

    size: int
    filter_size: int
    filter_thresh: float = 0.0
    pearson: float = 2.5

    @classmethod
    def of(cls, parameters: Parameters) -> MeshRule:
        """Return the rule that extraction parameters name."""
        return cls(
            parameters.back_size, parameters.back_filtersize, parameters.back_filtthresh,
            parameters.back_pearson,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Mesh:
    """Level and noise of the sky on a grid of meshes.

    Attributes
    ----------
    level, sigma : ndarray of float32, shape (nby, nbx)
        Background level and its scatter, in the image's unit.
    size : int
        Side of a mesh in pixels.
    shape : tuple of int
        Shape (ny, nx) of the image.
    """

    level: FloatImage
    sigma: FloatImage
    size: int
    shape: tuple[int, int]

    @cached_property
    def global_sigma(self) -> float:
        """Median noise over the meshes, in the image's unit; 1 for a constant image."""
        positive = self.sigma[self.sigma > 0]
        return median_of(self.sigma) or (median_of(positive) if positive.size else 1.0)


def measure_mesh(
    image: npt.ArrayLike, bad: npt.ArrayLike, size: int, filter_size: int, *,
    filter_thresh: float = 0.0, pearson: float = 2.5,
) -> Mesh:  # fmt: skip
    """Measure level and noise of the sky in meshes and median-filter them.

    Parameters
    ----------
    image : array_like, shape (ny, nx)
        Image; values under ``bad`` are not read.
    bad : array_like of bool, shape (ny, nx)
        Pixels without a measurement; those that are not finite have to be among them.
    size : int
        Side of a mesh in pixels (BACK_SIZE).
    filter_size : int
        Side of the median filter in meshes (BACK_FILTERSIZE).
    filter_thresh : float
        Least difference of a mesh's level from the median for the median to replace
        its level and noise (BACK_FILTTHRESH).
    pearson : float
        f in mode = f median - (f - 1) mean (BACK_PEARSON).

    Returns
    -------
    Mesh
        Filtered level and noise. A mesh with less than half of its pixels good
        takes the mean of its nearest good meshes.

    Raises
    ------
    ImageError
        If one is no image, the two differ in shape, or a pixel that is not bad is NaN,
        infinite or masked.
    ParameterError
        If a size is not a whole number of at least 1, or another number is below 0.

    Notes
    -----
    SExtractor's estimator (Bertin & Arnouts 1996, section 3): values within 2
    sigma of the mean are put in a histogram, which is clipped at 3 sigma around
    its median until it no longer changes; the level is
    ``2.5 median - 1.5 mean`` (for ``pearson`` 2.5), or the median where the two differ by more than
    0.3 sigma.
    """
    pixels = as_image(image, "image")
    holes = as_mask(bad, "bad", pixels.shape)
    _check_good(pixels, holes, "image")
    rule = MeshRule(
        *_as_sizes(size, filter_size),
        as_number(filter_thresh, "filter_thresh", allowed=True),
        as_number(pearson, "pearson", allowed=True),
    )
    level, sigma = measure_raw_mesh(pixels, holes, rule.size, rule.pearson)
    return filter_mesh(level, sigma, rule, (pixels.shape[0], pixels.shape[1]))


def measure_weight_factor(
    image: npt.ArrayLike, weight: npt.ArrayLike, bad: npt.ArrayLike, size: int, filter_size: int
) -> float:
    """Measure the scale that makes a relative weight map absolute.

    Parameters
    ----------
    image, weight : array_like, shape (ny, nx)
        Image and its weight, proportional to the inverse variance.
    bad : array_like of bool, shape (ny, nx)
        Pixels without a measurement.
    size, filter_size : int
        BACK_SIZE in pixels and BACK_FILTERSIZE in meshes.

    Returns
    -------
    float
        f in variance = f^2 / weight: the median over meshes of the noise
        measured in the image divided by the root of the mesh's 1/weight.

    Raises
    ------
    ImageError, ParameterError
        As for `measure_mesh`; the weight, too, has to be finite where not bad, and above 0.
    """
    mesh = measure_mesh(image, bad, size, filter_size)
    pixels, weights = as_image(image, "image"), as_image(weight, "weight", mesh.shape)
    holes = as_mask(bad, "bad", mesh.shape)
    _check_good(np.where(weights > 0, weights, np.float32(np.nan)), holes, "weight")
    rule = MeshRule(*_as_sizes(size, filter_size))
    inverse = invert_weight(weights, holes)
    found = measure_guided_mesh(inverse, holes, pixels, rule.size, rule.pearson)
    return scale_weight(mesh, *found, rule)


def _as_sizes(size: int, filter_size: int) -> tuple[int, int]:
    """Return the sides of meshes and of their filter, checked."""
    return as_count(size, "size", most=_LARGEST_MESH), as_count(filter_size, "filter_size")


def _check_good(pixels: FloatImage, bad: BoolImage, argument: str) -> None:
    """Raise an ImageError where a pixel that is not bad holds no value."""
    if not (np.isfinite(pixels) | bad).all():
        raise ImageError(
            "holds no value in some pixels that are not bad", hint="mark them in bad",
            argument=argument,
        )  # fmt: skip


def scale_weight(
    mesh: Mesh, level: FloatImage, sigma: FloatImage, rule: MeshRule, name: str = ""
) -> float:
    """Scale relative variances, of some name, from the meshes of the image and of them."""
    level, _ = _filter_both(level, sigma, rule)
    good = level > 0
    with np.errstate(over="ignore"):
        ratio = mesh.sigma[good] / np.sqrt(level[good])
    ratio = ratio[(ratio > 0) & np.isfinite(ratio)]
    if not ratio.size:
        what = "the weight map cannot be scaled by the noise of the image: factor 1 used"
        logger.warning(Advice(what, where=name))
        return 1.0
    # in double precision: the two middle values may add up to more than single holds
    return float(np.float32(median_of(ratio.astype(np.float64))))


def filter_mesh(
    level: FloatImage, sigma: FloatImage, rule: MeshRule, shape: tuple[int, int]
) -> Mesh:
    """Median-filter the meshes of an image; see `measure_mesh`."""
    return Mesh(*_filter_both(level, sigma, rule), rule.size, shape)


def draw_background(mesh: Mesh) -> FloatImage:
    """Draw the background model on the image's pixels.

    Parameters
    ----------
    mesh : Mesh
        Levels on the meshes, which stand at the mesh centres.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        Bicubic spline through the levels.

    Raises
    ------
    ParameterError
        If it is no mesh, or its levels do not fit its image.
    """
    as_instance(mesh, Mesh, "mesh")
    size = as_count(mesh.size, "mesh", most=_LARGEST_MESH)
    level = as_image(mesh.level, "mesh")
    ny, nx = (as_count(length, "mesh") for length in mesh.shape)
    if level.shape[0] * size < ny or level.shape[1] * size < nx:
        raise ParameterError(
            f"has {level.shape} levels of {size} pixels for an image of {(ny, nx)}",
            hint="use the mesh that measure_mesh gives", argument="mesh",
        )  # fmt: skip
    return draw_background_part(mesh, Window(0, mesh.shape[0], 0, mesh.shape[1]))


def draw_background_part(mesh: Mesh, part: Window) -> FloatImage:
    """Draw a part of the background model; see `draw_background`."""
    return _draw_part(mesh.level, mesh.size, part)


def draw_sigma_part(mesh: Mesh, part: Window) -> FloatImage:
    """Draw a part of the noise on the image's pixels, by the spline of the background."""
    return _draw_part(mesh.sigma, mesh.size, part)


def _draw_part(nodes: FloatImage | FloatArray, size: int, part: Window) -> FloatImage:
    """Draw the spline in the precision of its nodes: in the single one as SExtractor does."""
    out = np.empty(part.shape, np.float32)
    _loops.draw_spline(level=nodes, size=size, y0=part.y0, x0=part.x0, out=out)
    return out


def round_background(mesh: Mesh, part: Window) -> Int32Array:
    """Draw a part of the background model as whole multiples of `choose_background_step`."""
    level, scale = mesh.level.astype(np.float64), 1 / choose_background_step(mesh)
    out = np.empty(part.shape, np.int32)
    # some rows at a time, which are in memory twice
    for first in range(0, len(out), _ROUNDED_ROWS):
        steps = out[first : first + _ROUNDED_ROWS]
        y0 = part.y0 + first
        rows = _draw_part(level, mesh.size, Window(y0, y0 + len(steps), part.x0, part.x1))
        _loops.round_to_steps(background=rows, scale=scale, out=steps)
    return out


def choose_background_step(mesh: Mesh) -> float:
    """Step that the background is rounded to, in the image's unit.

    A power of two below a thousandth of the noise, far finer than the background is
    known, so that it packs well; single precision may hold no more than a coarser one.
    """
    fine = math.log2(mesh.global_sigma / 1000)
    held = math.log2(max(float(np.abs(mesh.level).max()), mesh.global_sigma)) - 22
    return 2.0 ** math.floor(max(fine, held, _LEAST_EXPONENT))


def interpolate_level(mesh: Mesh, x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the level at the pixels nearest to some places: SExtractor's BACKGROUND.

    Unlike `draw_background` it is bilinear between the centres of the meshes, and goes on
    in a straight line beyond the outer ones.

    Parameters
    ----------
    mesh : Mesh
        The sky.
    x, y : ndarray of float64, shape (n,)
        Places, in pixels from 0.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    level = mesh.level.astype(np.float64)
    (j, last_j, v), (i, last_i, u) = (
        _find_meshes(place, mesh.size, count)
        for place, count in zip((y, x), level.shape, strict=True)
    )
    low = (1 - u) * level[j, i] + u * level[j, last_i]
    high = (1 - u) * level[last_j, i] + u * level[last_j, last_i]
    return (1 - v) * low + v * high


def _find_meshes(place: FloatArray, size: int, count: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Find for each place two meshes along an axis, and how far it is from one to the other."""
    if count == 1:
        none = np.zeros(len(place), np.int64)
        return none, none, none.astype(np.float64)
    at = np.rint(place) / size - 0.5
    first = np.clip(np.floor(at), 0, count - 2).astype(np.int64)
    return first, first + 1, at - first


def _filter_both(
    level: FloatImage, sigma: FloatImage, rule: MeshRule
) -> tuple[FloatImage, FloatImage]:
    """Median-filter meshes whose level is off; at the edge the window shrinks about its centre."""
    level, sigma = _fill_empty(level, sigma)
    half = rule.filter_size // 2
    smooth, smooth_sigma = filter_median(level, half), filter_median(sigma, half)
    kept = np.abs(smooth - level) < np.float32(rule.filter_thresh)
    return np.where(kept, level, smooth), np.where(kept, sigma, smooth_sigma)


def filter_median(mesh: FloatImage, half: int) -> FloatImage:
    """Take the median of the meshes around each, ``half`` to each side at the most."""
    out = mesh.copy()
    nby, nbx = mesh.shape
    room_y = np.minimum(np.minimum(np.arange(nby), np.arange(nby)[::-1]), half)
    room_x = np.minimum(np.minimum(np.arange(nbx), np.arange(nbx)[::-1]), half)
    for dy in range(room_y.max() + 1):
        for dx in range(room_x.max() + 1):
            windows = sliding_window_view(mesh, (2 * dy + 1, 2 * dx + 1))
            j, i = np.flatnonzero(room_y == dy), np.flatnonzero(room_x == dx)
            around = windows[np.ix_(j - dy, i - dx)]
            out[np.ix_(j, i)] = medians_along(around.reshape(*around.shape[:2], -1))
    return out


def _fill_empty(level: FloatImage, sigma: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Give meshes without sky the mean of their nearest neighbours that have it."""
    good = level > EMPTY
    if good.all():
        return level, sigma
    if not good.any():
        return np.zeros_like(level), np.ones_like(sigma)
    level, sigma = average_nearest(good, level, sigma)
    return level, sigma
