"""Thresholding: from an image to the runs of pixels above the threshold."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from skyseg import _loops
from skyseg.engine._arrays import as_image, as_number, as_single
from skyseg.engine._spans import list_spans
from skyseg.engine.parameters import Parameters
from skyseg.engine.rows import Window
from skyseg.engine.types import FloatImage, IntArray
from skyseg.errors import Advice, ParameterError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Threshold:
    """What a pixel of an image has to exceed: a multiple of its noise, at least a level.

    Attributes
    ----------
    factor : float
        Multiple of the noise of each pixel; 0 where the level is all.
    level : float
        Least value, the same in every pixel, in the unit of the image; 0 where the noise
        is all.
    """

    factor: float = 0.0
    level: float = 0.0


@dataclass(frozen=True)
class Foreground:
    """Pixels above the threshold in some rows of an image, as runs along the rows.

    Attributes
    ----------
    shape : tuple of int
        Shape (ny, nx) of the image.
    start : ndarray of int64, shape (nrun,)
        Flat index of the first pixel of each run, ascending.
    length : ndarray of int64, shape (nrun,)
        Pixels of each run.
    values : ndarray of float32, shape (2 + m, npix)
        Filtered image, threshold, and m other maps at the pixels of all runs.
    """

    shape: tuple[int, int]
    start: IntArray
    length: IntArray
    values: FloatImage

    @classmethod
    def join(cls, parts: Sequence[Foreground]) -> Foreground:
        """Return the runs of consecutive rows, of one image, together."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            parts[0].shape,
            np.concatenate([part.start for part in parts]),
            np.concatenate([part.length for part in parts]),
            np.concatenate([part.values for part in parts], axis=1),
        )

    @property
    def index(self) -> IntArray:
        """Flat index of the pixels of all runs."""
        return list_spans(self.start, self.length)

    def placed(self, window: Window, shape: tuple[int, int]) -> Foreground:
        """Return the runs of a window as those of the image of some shape that it lies in."""
        if window.shape[1] == shape[1]:
            start = self.start + window.y0 * shape[1]
        else:
            row, column = np.divmod(self.start, window.shape[1])
            start = (row + window.y0) * shape[1] + column + window.x0
        return replace(self, shape=shape, start=start)


def find_foreground(filtered: FloatImage, threshold: FloatImage) -> Foreground:
    """Find the pixels of an image above the threshold.

    Parameters
    ----------
    filtered, threshold : ndarray of float32, shape (ny, nx)
        Filtered image and its threshold.

    Returns
    -------
    Foreground
    """
    return Foreground(
        (filtered.shape[0], filtered.shape[1]),
        **_loops.find_runs(filtered=filtered, threshold=threshold),
    )


def raise_thresholds(found: Foreground, factor: float) -> Foreground:
    """Return those pixels of a foreground that exceed their thresholds so many times.

    Parameters
    ----------
    found : Foreground
        The pixels.
    factor : float
        What their thresholds are multiplied by.

    Examples
    --------
    >>> found = find_foreground(np.float32([[3, 9, 9, 3]]), np.ones((1, 4), np.float32))
    >>> raise_thresholds(found, 4.0).start.tolist(), raise_thresholds(found, 4.0).length.tolist()
    ([1], [2])
    """
    limit = found.values[1] * np.float32(factor)
    keep = found.values[0] > limit
    start, length = join_runs(found.index[keep], found.shape[1])
    values = np.ascontiguousarray(found.values[:, keep])
    values[1] = limit[keep]
    return Foreground(found.shape, start, length, values)


def join_runs(index: IntArray, width: int) -> tuple[IntArray, IntArray]:
    """Join ascending flat indices to runs along the rows: where each begins, and its length."""
    begins = np.flatnonzero((np.diff(index, prepend=-2) != 1) | (index % width == 0))
    return index[begins], np.diff(np.append(begins, len(index)))


def find_in_maps(
    filtered: FloatImage, threshold: FloatImage, image: FloatImage, variance: FloatImage
) -> Foreground:
    """Find the pixels above the threshold, with image and variance as other maps."""
    found = find_foreground(filtered, threshold)
    index = found.index
    values = np.stack([*found.values, image.ravel()[index], variance.ravel()[index]])
    return replace(found, values=np.ascontiguousarray(values, np.float32))


def scan_rows(
    image: FloatImage, variance: FloatImage, kernel: FloatImage, threshold: Threshold,
    shape: tuple[int, int], rows: tuple[int, int, int],
) -> Foreground:  # fmt: skip
    """Filter some rows of an image and find the pixels above the threshold.

    The same as `filter_image`, `make_threshold_map` and `find_foreground`, row by row,
    so that what is made on the way stays small.

    Parameters
    ----------
    image, variance : ndarray of float32, shape (n, nx)
        The rows, with as many around them as the kernel reaches.
    kernel : ndarray of float32, shape (ky, kx)
        Detection kernel.
    threshold : Threshold
        The detection threshold.
    shape : tuple of int
        Shape (ny, nx) of the whole image.
    rows : tuple of int
        First row of ``image`` in the whole image, and of which rows of the whole
        image, from the first to before the last, the pixels are wanted.

    Returns
    -------
    Foreground
        With image and variance as other maps.
    """
    top, first, stop = rows
    found = _loops.scan_rows(
        image=image, variance=variance, kernel=kernel, factor=as_single(threshold.factor),
        level=as_single(threshold.level), first=first - top, stop=stop - top,
    )  # fmt: skip
    start = found["start"] + top * shape[1]
    return Foreground(shape, start, found["length"], found["values"])


def make_threshold_map(filtered_variance: npt.ArrayLike, detect_thresh: float) -> FloatImage:
    """Give each pixel its detection threshold.

    Parameters
    ----------
    filtered_variance : array_like, shape (ny, nx)
        Variance convolved with the detection kernel.
    detect_thresh : float
        Threshold in sigma.

    Returns
    -------
    ndarray of float32, shape (ny, nx)
        ``detect_thresh * sqrt(filtered_variance)``, never 0, and infinite where the
        variance is below 0: a kernel with negative weights leaves such.

    Raises
    ------
    ImageError
        If the variance is no image.
    ParameterError
        If the threshold is not a finite number above zero.
    """
    variance = as_image(filtered_variance, "filtered_variance")
    return set_thresholds(variance, Threshold(factor=as_number(detect_thresh, "detect_thresh")))


def set_thresholds(filtered_variance: FloatImage, threshold: Threshold) -> FloatImage:
    """Give each pixel its threshold; never 0, infinite where the variance is below 0."""
    out = np.empty_like(filtered_variance)
    _loops.set_thresholds(
        variance=filtered_variance.ravel(), factor=as_single(threshold.factor),
        level=as_single(threshold.level), out=out.reshape(-1),
    )  # fmt: skip
    return out


def check_threshold_unit(parameters: Parameters) -> None:
    """Check that thresholds which are to be in units of the filtered sky are numbers of sigma.

    Raises
    ------
    ParameterError
        If one is a level.
    """
    pair = any(
        isinstance(each, tuple) for each in (parameters.detect_thresh, parameters.analysis_thresh)
    )
    if parameters.thresh_unit == "filtered" and (pair or parameters.thresh_type == "ABSOLUTE"):
        raise ParameterError(
            "is 'filtered', and a threshold is a level",
            hint="give numbers of sigma and the thresh_type RELATIVE, or the thresh_unit rms",
            argument="thresh_unit",
        )


def choose_detection(parameters: Parameters, noise: float, *, weighted: bool) -> Threshold:
    """Return the detection threshold of an image.

    Parameters
    ----------
    parameters : Parameters
        ``thresh_type``, ``detect_thresh`` and ``pixel_scale`` are used.
    noise : float
        Global noise of the image; not used where there is an error map.
    weighted : bool
        Whether each pixel has a noise of its own, from an error map.

    Returns
    -------
    Threshold
        ABSOLUTE, and a surface brightness: a level. RELATIVE: a multiple of the noise of
        the filtered pixel; without an error map the level that is this multiple of the
        global noise.

    Raises
    ------
    ParameterError
        If a surface brightness is given and no pixel scale, or one that SExtractor takes
        for a number of sigma is not above 0.

    Notes
    -----
    With an error map and RELATIVE, SExtractor 2.25 takes a surface brightness for a number of
    sigma, whatever its zero point. So it is here, and a warning says it.
    """
    thresh, name = parameters.detect_thresh, "detect_thresh"
    if parameters.thresh_type == "RELATIVE" and weighted:
        return Threshold(factor=_as_sigmas(thresh))
    return Threshold(level=_find_level(parameters, thresh, name, noise))


def choose_analysis(parameters: Parameters, noise: float, *, weighted: bool) -> Threshold:
    """Return the analysis threshold of an image; see `choose_detection`.

    Returns
    -------
    Threshold
        As SExtractor has it: with an error map a multiple of each pixel's noise even where
        a level is given, which then is that of a pixel with the global noise.
    """
    thresh = parameters.analysis_thresh
    if parameters.thresh_type == "RELATIVE" and weighted and not isinstance(thresh, tuple):
        return Threshold(factor=thresh)
    level = _find_level(parameters, thresh, "analysis_thresh", noise)
    return Threshold(factor=level / noise) if weighted else Threshold(level=level)


def _find_level(
    parameters: Parameters, thresh: float | tuple[float, float], name: str, noise: float
) -> float:
    """Return a threshold in the unit of the image."""
    if isinstance(thresh, tuple):
        if parameters.pixel_scale is None:
            raise ParameterError(
                f"is {thresh}, mag/arcsec2 and zero point, and nothing says how large a pixel is",
                hint="give pixel_scale in arcsec", argument=name,
            )  # fmt: skip
        brightness, zero_point = thresh
        return float(10 ** (-0.4 * (brightness - zero_point)) * parameters.pixel_scale**2)
    return thresh * noise if parameters.thresh_type == "RELATIVE" else thresh


def _as_sigmas(thresh: float | tuple[float, float]) -> float:
    """Return the number of sigma that SExtractor makes of a threshold with an error map."""
    if not isinstance(thresh, tuple):
        return thresh
    if thresh[0] <= 0:
        raise ParameterError(
            f"is {thresh}, and with an error map SExtractor takes the first for a number of sigma",
            hint="set thresh_type to ABSOLUTE", argument="detect_thresh",
        )  # fmt: skip
    what = f"is {thresh}, and with an error map that means {thresh[0]:g} sigma, as in SExtractor"
    hint = "set thresh_type to ABSOLUTE for a surface brightness"
    logger.warning(Advice(what, hint, "detect_thresh"))
    return thresh[0]
