"""A part of an image segmented again and again, with the pixels that the whole run would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_image, as_instance
from skyseg.engine.detection import Detections, connect
from skyseg.engine.image_facts import ImageFacts
from skyseg.engine.mappers import ThreadMapper
from skyseg.engine.maps import make_maps
from skyseg.engine.masking import Mask
from skyseg.engine.parameters import Parameters
from skyseg.engine.prepared import PreparedImage
from skyseg.engine.rows import Rows, Window, as_box
from skyseg.engine.scaling import Scale, choose_scale
from skyseg.engine.sources import Sources, extract_sources
from skyseg.engine.thresholding import find_foreground
from skyseg.engine.types import (
    BoolArray,
    Box,
    ErrType,
    FloatArray,
    FloatImage,
    LabelImage,
    Slices,
)
from skyseg.engine.whole_image import keep_sky, measure_facts, needs_facts
from skyseg.errors import ParameterError

MARGIN = 128
_CLEAN_REACH = 10.0
_GROWN_AXES = 2.0
_FAR = 2.0**40


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Look:
    """What a run makes of a part of an image, step by step, and of what surrounds it.

    Attributes
    ----------
    image : PreparedImage
        The image; its values are those in the file times 2 to the power of ``-exponent``.
    window : Window
        The part with its margin. Pixels of regions and sources are counted in it.
    filtered, threshold : ndarray of float32, shape (ny, nx)
        Filtered image and its threshold; what is excluded is NaN.
    found : Detections
        Regions above the threshold.
    sources : Sources
        What became of them.
    exponent : int
        See ``image``.
    """

    image: PreparedImage
    window: Window
    filtered: FloatImage
    threshold: FloatImage
    found: Detections
    sources: Sources
    exponent: int


class Previewer:
    """An image whose parts are segmented again and again, with other parameters.

    Memory holds the part and its margin, prepared. What the whole image decides, the
    background and the scale of a weight map, is measured where it is needed, once
    for each size of the meshes, some rows at a time.

    Parameters
    ----------
    sci : array_like, shape (ny, nx), or Rows
        Image.
    err : array_like, shape (ny, nx), or Rows, or None
        The rms of its noise or its weight; None for ``none``.
    err_type : {"rms_err", "wht", "none"}
        Which of the two ``err`` is; ``none``: the noise is that of the image itself.
    catalogue : mapping of str to array, optional
        X_IMAGE, Y_IMAGE and A_IMAGE of an earlier run; they tell how far bright
        sources reach.
    mask : Mask, optional
        What is excluded from detection.

    Raises
    ------
    ImageError
        If one of the maps is no image, or they differ in shape.
    ParameterError
        If there is no such kind of error map, or the catalogue lacks one of the columns.

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
        sci: npt.ArrayLike | Rows,
        err: npt.ArrayLike | Rows | None,
        err_type: ErrType,
        catalogue: Mapping[str, Any] | None = None,
        mask: Mask | None = None,
    ) -> None:
        self._maps = make_maps(sci, err, err_type, mask=mask)
        kept = None if self._maps.err is None else _KeptRows(self._maps.err, "err")
        self._kept = replace(self._maps, sci=_KeptRows(self._maps.sci, "sci"), err=kept)
        self._catalogue = None if catalogue is None else _as_columns(catalogue)
        self._choose_scale = lru_cache(maxsize=1)(partial(choose_scale, self._maps))
        self._measure = lru_cache(maxsize=1)(self._measure_facts)
        self._read = lru_cache(maxsize=1)(self._read_prepared)
        self._filter = lru_cache(maxsize=1)(self._filter_prepared)

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
        ParameterError
            If the part holds no pixels of the image, or the parameters have ``clean_psf``.
        """
        inner = as_box(part, self._maps.shape)
        seen = self.look(parameters, part)
        labels, outer = seen.sources.draw_labels(), seen.window
        y, x = inner[0] - outer.y0, inner[2] - outer.x0
        inside = labels[y : y + inner[1] - inner[0], x : x + inner[3] - inner[2]]
        there = _find_seen(inside, labels.max())
        numbers = np.cumsum(there, dtype=np.int32)
        shown = slice(inner[0], inner[1]), slice(inner[2], inner[3])
        return Preview(numbers[inside], shown, int(numbers[-1]))

    def look(self, parameters: Parameters, part: Slices) -> Look:
        """Segment a part of the image with the margin that `run` needs; keep what is on the way.

        Parameters
        ----------
        parameters, part
            As for `run`.

        Raises
        ------
        ImageError
            If the maps cannot be read.
        ParameterError
            If the part holds no pixels of the image.
        """
        as_instance(parameters, Parameters, "parameters")
        inner = as_box(part, self._maps.shape)
        scale = self._choose_scale(keep_sky(parameters))
        margin = MARGIN
        while True:
            outer = self._surround(inner, margin)
            seen, cut = self._segment(scale, scale.scale_parameters(parameters), outer, inner)
            if not cut or outer == (0, self._maps.shape[0], 0, self._maps.shape[1]):
                return seen
            margin *= 2

    def _surround(self, inner: Box, margin: int) -> Box:
        """Box with a margin around another one and around the sources that reach into it."""
        ny, nx = self._maps.shape
        y0, y1, x0, x1 = inner
        boxes = np.array([[y0 - margin, y1 + margin, x0 - margin, x1 + margin]])
        if self._catalogue is not None:
            boxes = np.concatenate([boxes, _find_reaching(self._catalogue, inner, margin)])
        return (
            max(int(boxes[:, 0].min()), 0),
            min(int(boxes[:, 1].max()), ny),
            max(int(boxes[:, 2].min()), 0),
            min(int(boxes[:, 3].max()), nx),
        )

    def _segment(
        self, scale: Scale, parameters: Parameters, outer: Box, inner: Box
    ) -> tuple[Look, bool]:
        """Look at a box, and tell whether it cuts a source that reaches into the inner one."""
        prepared = self._prepare(scale, parameters)
        # prepared and filtered anew where what that is done with changes
        kept = keep_sky(parameters, "back_type", "back_value", "filter", "filter_name")
        window = Window(*outer)
        filtered, variance = self._filter(scale, window, kept)
        threshold = prepared.find_threshold(variance, window)
        if self._maps.mask is not None:
            filtered = self._maps.mask.hide(filtered, window)
        found = connect(find_foreground(filtered, threshold), parameters.detect_minarea)
        edge = max(prepared.kernel.shape)
        cut = _is_cut(found.regions.draw_labels(), outer, inner, self._maps.shape, edge)
        sources = extract_sources(found, parameters)
        return Look(prepared, window, filtered, threshold, found, sources, scale.sci), cut

    def _prepare(self, scale: Scale, parameters: Parameters) -> PreparedImage:
        """Prepare the image, by facts of the whole of it where they matter."""
        kept = scale.scale_maps(self._kept)
        if not needs_facts(scale.source, parameters):
            return PreparedImage(kept, parameters, None)
        facts = self._measure(scale, keep_sky(parameters))
        return PreparedImage(
            kept, parameters, facts.mesh, facts.weight_factor, noise=facts.noise,
            sky_scale=facts.sky_scale,
        )  # fmt: skip

    def _read_prepared(
        self, scale: Scale, window: Window, parameters: Parameters
    ) -> tuple[FloatImage, FloatImage]:
        return self._prepare(scale, parameters).read(window)

    def _filter_prepared(
        self, scale: Scale, window: Window, parameters: Parameters
    ) -> tuple[FloatImage, FloatImage]:
        read = self._read(scale, window, keep_sky(parameters, "back_type", "back_value"))
        filtered, variance = self._prepare(scale, parameters).convolve(*read)
        filtered.flags.writeable = variance.flags.writeable = False
        return filtered, variance

    def _measure_facts(self, scale: Scale, sky: Parameters) -> ImageFacts:
        return measure_facts(scale.scale_maps(self._maps), sky, mapper=ThreadMapper())


class _KeptRows:
    """A map whose part that was read last is kept in memory."""

    def __init__(self, rows: Rows, argument: str) -> None:
        self.shape = rows.shape
        self._read = lru_cache(maxsize=1)(lambda window: as_image(rows.read(window), argument))

    def read(self, window: Window) -> FloatImage:
        return self._read(window).copy()


def _as_columns(catalogue: Mapping[str, Any]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return position and size of the sources of a catalogue that have both."""
    names = ("X_IMAGE", "Y_IMAGE", "A_IMAGE")
    try:
        x, y, a = (
            np.asarray(getattr(catalogue[name], "value", catalogue[name]), float) for name in names
        )
        columns = np.stack([x, y, a])
        x, y, a = columns[:, np.isfinite(columns).all(axis=0)]
    except (LookupError, TypeError, ValueError) as error:
        raise ParameterError(
            f"is of type {type(catalogue).__name__}",
            hint=f"give one with the columns {', '.join(names)}", argument="catalogue",
        ) from error  # fmt: skip
    return x, y, a


def _find_reaching(
    catalogue: tuple[FloatArray, FloatArray, FloatArray], inner: Box, margin: int
) -> npt.NDArray[np.int_]:
    """Boxes, with a margin, of the sources that CLEAN compares with those of a box."""
    x, y, a = catalogue
    dy = np.maximum(np.maximum(inner[0] - y, y - inner[1]), 0)
    dx = np.maximum(np.maximum(inner[2] - x, x - inner[3]), 0)
    usual = np.median(a) if a.size else 0.0
    near = np.hypot(dy, dx) < _CLEAN_REACH * (a + usual)
    size = _GROWN_AXES * a[near] + margin / 2
    edges = (y[near] - size, y[near] + size, x[near] - size, x[near] + size)
    return np.clip(np.column_stack(edges), -_FAR, _FAR).astype(int)


def _is_cut(regions: LabelImage, outer: Box, inner: Box, shape: tuple[int, ...], edge: int) -> bool:
    """Tell whether a region that reaches into a box touches the border of the one around it."""
    borders = [
        regions[:edge] if outer[0] > 0 else None,
        regions[-edge:] if outer[1] < shape[0] else None,
        regions[:, :edge] if outer[2] > 0 else None,
        regions[:, -edge:] if outer[3] < shape[1] else None,
    ]
    highest = regions.max()
    at_border = [_find_seen(border, highest) for border in borders if border is not None]
    if not at_border:
        return False
    y, x = inner[0] - outer[0], inner[2] - outer[2]
    inside = regions[y : y + inner[1] - inner[0], x : x + inner[3] - inner[2]]
    return bool(np.any(np.logical_or.reduce(at_border) & _find_seen(inside, highest)))


def _find_seen(labels: LabelImage, highest: np.int32) -> BoolArray:
    """Whether each label from 0 to the highest is there, background being none."""
    seen = np.zeros(highest + 1, np.bool_)
    seen[labels.ravel()] = True
    seen[0] = False
    return seen
