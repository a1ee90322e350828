"""The whole extraction: maps in, segmentation out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from skyseg.engine.background import background_map, measure_mesh, weight_factor
from skyseg.engine.detection import detect, threshold_map
from skyseg.engine.filtering import filter_image
from skyseg.engine.kernels import kernel
from skyseg.engine.maps import bad_pixels, interpolate_bad, variance_map
from skyseg.engine.measuring import Columns, measure
from skyseg.engine.parameters import Parameters
from skyseg.engine.sources import find_sources
from skyseg.errors import ImageError

FloatImage = npt.NDArray[np.float32]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Segmentation:
    """What an extraction found.

    Attributes
    ----------
    labels : ndarray of int32, shape (ny, nx)
        Label of each pixel, 0 for background. Labels run from 1 in the order
        of the sources' first pixels along the rows.
    background : ndarray of float32, shape (ny, nx)
        Mesh background model, in the unit of the image.
    columns : dict of str to ndarray
        Measurements by SExtractor's names, in the order of the labels; see
        `skyseg.engine.measure`.
    facts : dict
        ``n_bad``, the number of bad pixels; ``weight_factor``, f in
        variance = f^2 / weight (1 for an rms map); ``noise``, the median noise
        of the background meshes in the unit of the image.
    """

    labels: npt.NDArray[np.int32]
    background: FloatImage
    columns: Columns
    facts: dict[str, Any]


def segment_image(
    sci: FloatImage,
    err: FloatImage,
    err_type: Literal["rms_err", "wht"],
    parameters: Parameters,
    aper_diams: tuple[float, ...] = (),
    progress: Progress | None = None,
) -> Segmentation:
    """Find, deblend, CLEAN and measure the sources of an image.

    Parameters
    ----------
    sci : ndarray of float32, shape (ny, nx)
        Image; NaN is a bad pixel.
    err : ndarray of float32, shape (ny, nx)
        Rms of the noise, or a weight proportional to the inverse variance;
        values not above zero, or not finite, are bad pixels.
    err_type : {"rms_err", "wht"}
        Which of the two ``err`` is.
    parameters : Parameters
        The extraction parameters.
    aper_diams : tuple of float
        Aperture diameters in pixels.
    progress : callable, optional
        Called with the part that is done, 0 to 1, and what comes next.

    Returns
    -------
    Segmentation

    Raises
    ------
    ImageError
        If the maps differ in shape or no pixel is good.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((40, 40), np.float32)
    >>> image[10:14, 20:24] = 50
    >>> found = segment_image(image, np.ones_like(image), "rms_err", Parameters())
    >>> len(found.columns["NUMBER"])
    1
    """
    tell = progress or (lambda part, what: None)
    tell(0.0, "background")
    bad = bad_pixels(sci, err, err_type)
    n_bad = int(np.count_nonzero(bad))
    if n_bad == bad.size:
        raise ImageError(
            f"all {n_bad} pixels of the image and its {err_type} map are bad; "
            "give maps that hold finite values and errors above zero"
        )
    size, filter_size = parameters.back_size, parameters.back_filtersize
    mesh = measure_mesh(sci, bad, size, filter_size)
    background = background_map(mesh)
    factor = weight_factor(sci, err, bad, size, filter_size) if err_type == "wht" else 1.0
    level = background if parameters.back_type == "AUTO" else np.float32(parameters.back_value)
    tell(0.15, "detection")
    variance = variance_map(err, bad, err_type, factor)
    image, variance = interpolate_bad(sci - level, variance, bad)
    weights = kernel(parameters.filter_name) if parameters.filter else np.ones((1, 1), np.float32)
    threshold = threshold_map(filter_image(variance, weights), parameters.detect_thresh)
    detections = detect(filter_image(image, weights), threshold, parameters.detect_minarea)
    tell(0.4, "deblending")
    sources = find_sources(detections, parameters)
    tell(0.6, "photometry")
    noise = mesh.global_sigma
    columns = measure(image, variance, sources, parameters, aper_diams, noise)
    tell(1.0, "done")
    facts = {"n_bad": n_bad, "weight_factor": factor, "noise": noise}
    return Segmentation(sources.labels(), background, columns, facts)
