"""Measuring sources whose pixels somebody has drawn."""

from __future__ import annotations

import numpy as np

from skyseg import _loops
from skyseg.engine._foreground import make_threshold_map
from skyseg.engine.background import draw_background, measure_mesh, measure_weight_factor
from skyseg.engine.detection import PixelLists
from skyseg.engine.filtering import filter_image
from skyseg.engine.kernels import make_kernel
from skyseg.engine.maps import interpolate_bad, make_variance_map, mark_bad_pixels
from skyseg.engine.measuring import measure
from skyseg.engine.parameters import Parameters
from skyseg.engine.shapes import measure_shapes
from skyseg.engine.sources import Sources, find_runs, find_truncated
from skyseg.engine.types import Columns, ErrType, FloatImage, IntArray, LabelImage

_LEAST_LIGHT = np.float32(1e-3)


def measure_labels(
    sci: FloatImage, err: FloatImage, err_type: ErrType,
    labels: LabelImage, parameters: Parameters, aper_diams: tuple[float, ...] = (),
) -> Columns:  # fmt: skip
    """Measure the sources of a label map as it is: nothing is detected, deblended or CLEANed.

    Parameters
    ----------
    sci, err, err_type, parameters, aper_diams
        As for `skyseg.engine.segment_image`.
    labels : ndarray of int32, shape (ny, nx)
        The map; 0 is background.

    Returns
    -------
    dict of str to ndarray
        See `skyseg.engine.measure`; NUMBER is the label. The pixels of a source
        count for its position and shape with at least a thousandth of the
        detection threshold, so that one drawn on the sky has both.

    Examples
    --------
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> labels = (image > 0).astype(np.int32) * 7
    >>> columns = measure_labels(image, np.ones_like(image), "rms_err", labels, Parameters())
    >>> columns["NUMBER"].tolist(), columns["ISOAREAF_IMAGE"].tolist()
    ([7], [16])
    """
    bad = mark_bad_pixels(sci, err, err_type)
    size, filter_size = parameters.back_size, parameters.back_filtersize
    mesh = measure_mesh(sci, bad, size, filter_size)
    factor = measure_weight_factor(sci, err, bad, size, filter_size) if err_type == "wht" else 1.0
    auto = parameters.back_type == "AUTO"
    level = draw_background(mesh) if auto else np.float32(parameters.back_value)
    variance = make_variance_map(err, bad, err_type, factor)
    image, variance = interpolate_bad(sci - level, variance, bad)
    weights = (
        make_kernel(parameters.filter_name) if parameters.filter else np.ones((1, 1), np.float32)
    )
    threshold = make_threshold_map(filter_image(variance, weights), parameters.detect_thresh)
    pixels, numbers = _pixel_lists(labels, filter_image(image, weights), threshold)
    sources = _as_sources(pixels, numbers, parameters.detect_minarea)
    return measure(image, variance, sources, parameters, aper_diams, mesh.global_sigma)


def _pixel_lists(
    labels: LabelImage, filtered: FloatImage, threshold: FloatImage
) -> tuple[PixelLists, IntArray]:
    """Pixels of each label, and the labels, ascending."""
    index = np.flatnonzero(labels > 0)
    index = index[np.argsort(labels.ravel()[index], kind="stable")]
    numbers, start = np.unique(labels.ravel()[index], return_index=True)
    limit = threshold.ravel()[index]
    value = np.maximum(filtered.ravel()[index], _LEAST_LIGHT * limit)
    shape = labels.shape[0], labels.shape[1]
    lists = PixelLists(shape, np.append(start, index.size), index, value, limit)
    return lists, numbers.astype(np.int64)


def _as_sources(pixels: PixelLists, numbers: IntArray, minarea: int) -> Sources:
    moments = _loops.measure_moments(pixels.index, pixels.value, pixels.start, pixels.shape[1])
    own = np.arange(len(pixels))
    return Sources(
        shape=pixels.shape,
        runs=find_runs(pixels),
        shapes=measure_shapes(pixels, moments, minarea),
        flags=find_truncated(pixels, pixels.area),
        absorber=own,
        number=numbers,
        masked_from=np.full(len(pixels), pixels.shape[0]),
    )
