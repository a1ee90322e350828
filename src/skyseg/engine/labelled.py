"""Measuring sources whose pixels somebody has drawn."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from skyseg.engine._arrays import as_diameters, as_instance, as_labels
from skyseg.engine.detection import PixelLists
from skyseg.engine.flag_maps import FlagRows, check_flags, measure_flags
from skyseg.engine.maps import make_maps
from skyseg.engine.masking import Mask, measure_mask
from skyseg.engine.measuring import USUAL_MEASUREMENTS, as_measurements, measure_sources
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Rows, Window
from skyseg.engine.runs import Runs
from skyseg.engine.scaling import choose_scale
from skyseg.engine.shapes import measure_pixels
from skyseg.engine.sources import Sources, find_truncated
from skyseg.engine.types import Columns, ErrType, FloatImage, IntArray, LabelImage
from skyseg.engine.whole_image import prepare_image

_LEAST_LIGHT = np.float32(1e-3)
HIGHEST = np.float32(1e30)
"""Highest detection threshold that counts."""


def measure_labels(
    sci: npt.ArrayLike | Rows, err: npt.ArrayLike | Rows | None, err_type: ErrType,
    labels: npt.ArrayLike, parameters: Parameters, aper_diams: tuple[float, ...] = (), *,
    columns: Collection[str] = USUAL_MEASUREMENTS, flags: npt.ArrayLike | FlagRows | None = None,
    mask: Mask | None = None,
) -> Columns:  # fmt: skip
    """Measure the sources of a label map as it is: nothing is detected, deblended or CLEANed.

    Parameters
    ----------
    sci, err, err_type, parameters, aper_diams, columns, flags, mask
        As for `skyseg.engine.segment_image`.
    labels : array_like of int, shape (ny, nx)
        The map; 0 is background, and so is what is masked.

    Returns
    -------
    dict of str to ndarray
        See `skyseg.engine.measure`; NUMBER is the label. The pixels of a source
        count for its position and shape with at least a thousandth of the
        detection threshold, so that one drawn on the sky has both.

    Raises
    ------
    ImageError
        If one of the maps is no image, they differ in shape, or a label is negative,
        not whole or above 2^31 - 1.
    ParameterError
        If another argument is not what `skyseg.engine.segment_image` asks for.

    Examples
    --------
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> labels = (image > 0).astype(np.int32) * 7
    >>> columns = measure_labels(image, np.ones_like(image), "rms_err", labels, Parameters())
    >>> columns["NUMBER"].tolist(), columns["ISOAREAF_IMAGE"].tolist()
    ([7], [16])
    """
    maps = make_maps(sci, err, err_type, flags=flags, mask=mask)
    numbers = as_labels(labels, "labels", maps.shape)
    as_instance(parameters, Parameters, "parameters")
    diameters, wanted = as_diameters(aper_diams), as_measurements(columns)
    check_flags(maps.flags, wanted)
    scale = choose_scale(maps, parameters)
    prepared = prepare_image(scale.scale_maps(maps), scale.scale_parameters(parameters))
    whole = Window(0, maps.shape[0], 0, maps.shape[1])
    image, variance = prepared.read(whole)
    filtered, threshold = prepared.filter(image, variance, whole)
    sources = _find_labelled(numbers, filtered, threshold, parameters)
    measured = measure_sources(
        image, variance, sources, prepared.parameters, prepared.levels, diameters, wanted,
        prepared.source.highest_variance, count_light(filtered, threshold),
    )  # fmt: skip
    measured |= measure_flags(sources, maps.flags, parameters.flag_type, wanted)
    measured |= measure_mask(sources, maps.mask, parameters.flag_type)
    return scale.restore_columns(measured)


def _find_labelled(
    labels: LabelImage, filtered: FloatImage, threshold: FloatImage, parameters: Parameters
) -> Sources:
    """Make sources of labels."""
    return make_labelled(*list_pixels(labels, filtered, threshold), parameters.detect_minarea)


def make_labelled(pixels: PixelLists, numbers: IntArray, minarea: int) -> Sources:
    """Make sources of labels whose pixels are known.

    Parameters
    ----------
    pixels : PixelLists
        The pixels of n labels, ascending; with the light that counts for shapes.
    numbers : ndarray of int64, shape (n,)
        The labels, ascending.
    minarea : int
        DETECT_MINAREA.
    """
    ny, nx = pixels.shape
    own = np.arange(len(pixels))
    return Sources(
        shape=pixels.shape,
        runs=Runs.of(pixels),
        shapes=measure_pixels(pixels, minarea),
        flags=find_truncated(pixels, pixels.area),
        absorber=own,
        number=numbers,
        trigger=own,
        seen_to=np.full(len(pixels), ny * nx),
    )


def list_pixels(
    labels: LabelImage, filtered: FloatImage, threshold: FloatImage
) -> tuple[PixelLists, IntArray]:
    """Return the pixels of each label, with the light that counts, and the labels, ascending."""
    index = np.flatnonzero(labels > 0)
    index = index[np.argsort(labels.ravel()[index], kind="stable")]
    numbers, start = np.unique(labels.ravel()[index], return_index=True)
    limit = np.minimum(threshold.ravel()[index], HIGHEST)
    value = count_light(filtered.ravel()[index], limit)
    shape = labels.shape[0], labels.shape[1]
    lists = PixelLists(shape, np.append(start, index.size), index, value, limit)
    return lists, numbers.astype(np.int64)


def count_light(filtered: FloatImage, threshold: FloatImage) -> FloatImage:
    """Return filtered light as it counts for positions: at least a little in every pixel."""
    # of a bad pixel and a number, the number
    return np.fmax(filtered, _LEAST_LIGHT * np.minimum(threshold, HIGHEST))
