"""Trying parameters out on a part of an image, with the pixels that the whole run would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.engine._foreground import make_threshold_map
from skyseg.engine.background import draw_background_part
from skyseg.engine.detection import detect
from skyseg.engine.filtering import filter_image
from skyseg.engine.kernels import make_kernel
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.maps import Maps, interpolate_bad, make_variance_map
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Rows, Window, as_rows, row_strips
from skyseg.engine.sky import Sky, gather_sky, measure_sky
from skyseg.engine.sources import find_sources
from skyseg.engine.types import BoolImage, Box, ErrType, FloatImage, LabelImage, Slices

MARGIN = 128
_CLEAN_REACH = 10.0
_GROWN_AXES = 2.0
_STRIP_PIXELS = 4_000_000


@dataclass(frozen=True)
class Preview:
    """Sources of a part of an image.

    Attributes
    ----------
    labels : ndarray of int32, shape (ny, nx)
        Labels of the part, 0 for background; the numbers are not those of the
        whole run.
    part : tuple of slice
        Where it lies in the image.
    n_sources : int
        Number of sources in it.
    """

    labels: LabelImage
    part: Slices
    n_sources: int


class Previewer:
    """An image whose parts are segmented again and again, with other parameters.

    Memory holds the part and its margin. What the whole image decides, the
    background and the scale of a weight map, is measured where it is needed, once
    for each size of the meshes, some rows at a time.

    Parameters
    ----------
    sci, err : ndarray of float32, shape (ny, nx), or Rows
        Image, and the rms of its noise or its weight.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    catalogue : mapping of str to array, optional
        X_IMAGE, Y_IMAGE and A_IMAGE of an earlier run; they tell how far bright
        sources reach.

    Examples
    --------
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> previewer = Previewer(image, np.ones_like(image), "rms_err")
    >>> previewer.run(Parameters(), (slice(0, 20), slice(0, 40))).n_sources
    1
    """

    def __init__(
        self,
        sci: FloatImage | Rows,
        err: FloatImage | Rows,
        err_type: ErrType,
        catalogue: Mapping[str, Any] | None = None,
    ) -> None:
        self._maps = Maps(as_rows(sci), as_rows(err), err_type)
        self._catalogue = catalogue
        self._read = lru_cache(maxsize=1)(self._maps.read)
        self._sky = lru_cache(maxsize=1)(self._measure_sky)
        self._background = lru_cache(maxsize=1)(self._draw_background)

    def run(self, parameters: Parameters, part: Slices) -> Preview:
        """Segment a part of the image.

        Parameters
        ----------
        parameters : Parameters
            The extraction parameters.
        part : tuple of slice
            Rows and columns.

        Returns
        -------
        Preview
            The pixels of a source are those that the whole run gives: the part is
            segmented with a margin that holds the whole of every source that
            reaches into it, and the bright sources that CLEAN might compare with
            those.

        Raises
        ------
        ImageError
            If the maps cannot be read.
        """
        inner = part[0].start, part[0].stop, part[1].start, part[1].stop
        margin = MARGIN
        while True:
            outer = self._outer(inner, margin)
            labels, cut = self._segment(parameters, outer, inner)
            if not cut or outer == (0, self._maps.shape[0], 0, self._maps.shape[1]):
                break
            margin *= 2
        y, x = inner[0] - outer[0], inner[2] - outer[2]
        inside = labels[y : y + inner[1] - inner[0], x : x + inner[3] - inner[2]]
        seen = _seen(inside, labels.max())
        numbers = np.cumsum(seen, dtype=np.int32)
        return Preview(numbers[inside], part, int(numbers[-1]))

    def _outer(self, inner: Box, margin: int) -> Box:
        """Box with a margin around another one and around the sources that reach into it."""
        ny, nx = self._maps.shape
        y0, y1, x0, x1 = inner
        boxes = np.array([[y0 - margin, y1 + margin, x0 - margin, x1 + margin]])
        if self._catalogue is not None:
            boxes = np.concatenate([boxes, _reaching(self._catalogue, inner, margin)])
        return (
            max(int(boxes[:, 0].min()), 0),
            min(int(boxes[:, 1].max()), ny),
            max(int(boxes[:, 2].min()), 0),
            min(int(boxes[:, 3].max()), nx),
        )

    def _segment(self, parameters: Parameters, outer: Box, inner: Box) -> tuple[LabelImage, bool]:
        """Labels of a box, and whether a source that reaches into the inner one is cut by it."""
        mesh = parameters.back_size, parameters.back_filtersize
        window = Window(*outer)
        sci, err, bad = self._read(window)
        auto = parameters.back_type == "AUTO"
        level = self._background(window, *mesh) if auto else np.float32(parameters.back_value)
        factor = self._sky(*mesh).weight_factor if self._maps.err_type == "wht" else 1.0
        variance = make_variance_map(err, bad, self._maps.err_type, factor)
        image, variance = interpolate_bad(sci - level, variance, bad)
        weights = (
            make_kernel(parameters.filter_name) if parameters.filter else np.ones((1, 1), "f4")
        )
        threshold = make_threshold_map(filter_image(variance, weights), parameters.detect_thresh)
        found = detect(filter_image(image, weights), threshold, parameters.detect_minarea)
        cut = _is_cut(found.regions.labels(), outer, inner, self._maps.shape, max(weights.shape))
        return find_sources(found, parameters).labels(), cut

    def _draw_background(self, window: Window, size: int, filter_size: int) -> FloatImage:
        return draw_background_part(self._sky(size, filter_size).mesh, window)

    def _measure_sky(self, size: int, filter_size: int) -> Sky:
        """Read the whole image, in strips of whole meshes."""
        ny, nx = self._maps.shape
        strips = row_strips(ny, max(_STRIP_PIXELS // (nx * size), 1) * size)
        parts = ThreadMapper()(partial(measure_sky, self._maps, size), strips)
        meshes = Parameters(back_size=size, back_filtersize=filter_size)
        return gather_sky(self._maps, meshes, strips, parts, (0,))


def _reaching(catalogue: Mapping[str, Any], inner: Box, margin: int) -> npt.NDArray[np.int_]:
    """Boxes, with a margin, of the sources that CLEAN compares with those of a box."""
    x, y, a = (
        np.asarray(getattr(catalogue[name], "value", catalogue[name]), float)
        for name in ("X_IMAGE", "Y_IMAGE", "A_IMAGE")
    )
    dy = np.maximum(np.maximum(inner[0] - y, y - inner[1]), 0)
    dx = np.maximum(np.maximum(inner[2] - x, x - inner[3]), 0)
    usual = np.median(a) if a.size else 0.0
    near = np.hypot(dy, dx) < _CLEAN_REACH * (a + usual)
    size = _GROWN_AXES * a[near] + margin / 2
    edges = (y[near] - size, y[near] + size, x[near] - size, x[near] + size)
    return np.column_stack(edges).astype(int)


def _is_cut(regions: LabelImage, outer: Box, inner: Box, shape: tuple[int, ...], edge: int) -> bool:
    """Tell whether a region that reaches into a box touches the border of the one around it."""
    borders = [
        regions[:edge] if outer[0] > 0 else None,
        regions[-edge:] if outer[1] < shape[0] else None,
        regions[:, :edge] if outer[2] > 0 else None,
        regions[:, -edge:] if outer[3] < shape[1] else None,
    ]
    highest = regions.max()
    at_border = [_seen(border, highest) for border in borders if border is not None]
    if not at_border:
        return False
    y, x = inner[0] - outer[0], inner[2] - outer[2]
    inside = regions[y : y + inner[1] - inner[0], x : x + inner[3] - inner[2]]
    return bool(np.any(np.logical_or.reduce(at_border) & _seen(inside, highest)))


def _seen(labels: LabelImage, highest: np.int32) -> BoolImage:
    """Whether each label from 0 to the highest is there, background being none."""
    seen = np.zeros(highest + 1, np.bool_)
    seen[labels.ravel()] = True
    seen[0] = False
    return seen
